// Package phone is the telephones and letter boxes of the demonstration's made-up people: whatever a province sends them can be
// read on a page. It stands where a gateway of the operators and the post would stand, and keeps what came until it is stopped.
package phone

import (
	"context"
	"slices"
	"sync"

	"tongban/internal/demo/people"
	"tongban/internal/domain/notice"
	"tongban/internal/handling/notify"
	"tongban/internal/kernel/errs"
)

// most is how many messages one person's box keeps.
const most = 200

// other is the box of those whom nobody knows.
const other = "other"

// Phone is everybody's. Safe for concurrent use.
type Phone struct {
	people []people.Person

	mu    sync.Mutex // guards what follows
	boxes map[string][]notify.Message
	off   map[string]bool
}

var _ notify.Gateway = (*Phone)(nil)

// New makes empty boxes.
func New(book *people.Book) *Phone {
	return &Phone{people: book.Residents(), boxes: map[string][]notify.Message{}, off: map[string]bool{}}
}

// Gateways are the channels that end here.
func (p *Phone) Gateways() map[notice.Channel]notify.Gateway {
	return map[notice.Channel]notify.Gateway{notice.SMS: p, notice.Voice: p, notice.Letter: p}
}

// Send delivers at once, and the same message once. A telephone that is switched off refuses for good, as an operator says of
// a number that is out of service.
func (p *Phone) Send(_ context.Context, m notify.Message) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.owner(m)
	if p.off[who] {
		return false, errs.New(errs.NoticeRefused, "switched off")
	}
	box := p.boxes[who]
	if slices.ContainsFunc(box, func(have notify.Message) bool { return have.ID == m.ID }) {
		return true, nil
	}
	p.boxes[who] = append(box[max(0, len(box)-most+1):], m)
	return true, nil
}

func (p *Phone) owner(m notify.Message) string {
	i := slices.IndexFunc(p.people, func(one people.Person) bool {
		if m.Channel == notice.Letter {
			return one.Name == m.Name
		}
		return one.Phone != "" && one.Phone == m.To
	})
	if i < 0 {
		return other
	}
	return p.people[i].Sub
}

// Of is what a person got, the latest first.
func (p *Phone) Of(sub string) []notify.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := slices.Clone(p.boxes[sub])
	slices.Reverse(list)
	return list
}

// Switch takes somebody's telephone out of service or back into it.
func (p *Phone) Switch(sub string, off bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off[sub] = off
}

func (p *Phone) isOff(sub string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.off[sub]
}

func (p *Phone) count(sub string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.boxes[sub])
}
