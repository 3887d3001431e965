package share

import (
	"context"
	"slices"
	"sync"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Bounds of questions that travel together.
const (
	mostOnWay   = 4                // envelopes about one resource that are on their way at once
	mostQueued  = 1024             // questions about one resource that wait for the next
	mostBytes   = 768 << 10        // of the questions of one envelope; the channel takes 1.5 MB with their spelling in base64
	mostForWord = 10 * time.Second // for the answer to an envelope
	// mostAtOnce is how many messages of all kinds one node has from us at a time: a node that gets more says that it is busy.
	mostAtOnce = 8
)

// lane is what questions have to have in common to travel together. A source that is slow keeps those waiting that ask it, and
// nobody else.
type lane struct {
	to       office.NodeID
	resource string
}

// asked is one question on its way; done holds one answer, so that whoever gives it does not wait.
type asked struct {
	question proof.Signed
	done     chan told
}

type told struct {
	answer proof.Signed
	err    error
}

// road is where questions gather: who comes while envelopes are on their way shares the next, each with its own case and
// signature. The zero value is ready.
type road struct {
	mu      sync.Mutex // guards what follows
	onWay   map[lane]int
	waiting map[lane][]*asked
	gates   map[office.NodeID]chan struct{}
}

func (r *road) gate(to office.NodeID) chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, ok := r.gates[to]
	if !ok {
		if r.gates == nil {
			r.gates = map[office.NodeID]chan struct{}{}
		}
		g = make(chan struct{}, mostAtOnce)
		r.gates[to] = g
	}
	return g
}

// message gives a node one message once it has few enough of ours, and brings the answer. errs.ProviderAway.
func (a *Asker) message(ctx context.Context, by Channel, to office.NodeID, body []byte) ([]byte, error) {
	g := a.road.gate(to)
	select {
	case g <- struct{}{}:
		defer func() { <-g }()
	case <-ctx.Done():
		return nil, errs.Wrap(errs.ProviderAway, ctx.Err(), "%s", to)
	}
	raw, err := by.Ask(ctx, to, body)
	if err != nil {
		return nil, errs.Wrap(errs.ProviderAway, err, "%s", to)
	}
	return raw, nil
}

// enter lets a question wait; lead says that an envelope has to be sent for it.
func (r *road) enter(l lane, q *asked) (lead bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.onWay == nil {
		r.onWay, r.waiting = map[lane]int{}, map[lane][]*asked{}
	}
	if len(r.waiting[l]) >= mostQueued {
		return false, errs.New(errs.ProviderAway, "%d questions wait for %s", mostQueued, l.to)
	}
	r.waiting[l] = append(r.waiting[l], q)
	if r.onWay[l] == mostOnWay {
		return false, nil
	}
	r.onWay[l]++
	return true, nil
}

// leave takes a question back that is not on its way yet.
func (r *road) leave(l lane, q *asked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting[l] = slices.DeleteFunc(r.waiting[l], func(x *asked) bool { return x == q })
}

// board takes what fits into one envelope from the front; nil, and the place on the road is free again, if nobody waits.
func (r *road) board(l lane) []*asked {
	r.mu.Lock()
	defer r.mu.Unlock()
	queue, n, size := r.waiting[l], 0, 0
	for n < len(queue) && n < mostBatch {
		if size += len(queue[n].question.Body); n > 0 && size > mostBytes {
			break
		}
		n++
	}
	if n == 0 {
		if r.onWay[l]--; r.onWay[l] == 0 {
			delete(r.onWay, l)
			delete(r.waiting, l)
		}
		return nil
	}
	group := slices.Clone(queue[:n])
	r.waiting[l] = slices.Delete(queue, 0, n)
	return group
}

// together sends a signed question in one envelope with those that are asked of the same resource at this time, and gives its
// answer. errs.ProviderAway, also if ctx ends first.
func (a *Asker) together(ctx context.Context, l lane, s proof.Signed) (proof.Signed, error) {
	q := &asked{s, make(chan told, 1)}
	lead, err := a.road.enter(l, q)
	if err != nil {
		return proof.Signed{}, err
	}
	if lead {
		go a.carry(context.WithoutCancel(ctx), l) // the others' question does not end with the first one's patience
	}
	select {
	case t := <-q.done:
		return t.answer, t.err
	case <-ctx.Done():
		a.road.leave(l, q)
		return proof.Signed{}, errs.Wrap(errs.ProviderAway, ctx.Err(), "%s", l.to)
	}
}

// carry sends envelopes until nobody waits.
func (a *Asker) carry(ctx context.Context, l lane) {
	for {
		group := a.road.board(l)
		if group == nil {
			return
		}
		list := make([]proof.Signed, len(group))
		for i, q := range group {
			list[i] = q.question
		}
		patient, cancel := context.WithTimeout(ctx, mostForWord)
		answers, err := a.Send(patient, l.to, list)
		cancel()
		for i, q := range group {
			switch {
			case err != nil:
				q.done <- told{err: err}
			case answers[i].Typ == "":
				q.done <- told{err: errs.New(errs.ProviderAway, "%s could not answer", l.to)}
			default:
				q.done <- told{answer: answers[i]}
			}
		}
	}
}
