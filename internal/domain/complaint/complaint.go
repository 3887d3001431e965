// Package complaint is 投诉 and 办不成事反映 (国发〔2022〕5号: “办不成事”反映窗口): somebody says that a service of their case went wrong. It goes
// to those who watch over the office, never to the office itself; they answer within a clock, the person reads the answer on the
// page of the case, and is called back by the oversight of the province where it was said.
//
// The window that took the papers and the office that decides are complained about apart. A complaint names the case, because without it
// nothing can be looked into, and no person: whom to call only the oversight of the case's own province learns.
package complaint

import (
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/message"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Target is which service of a case it is about. Names are stored and cross nodes: append only.
type Target string

// The targets.
const (
	Window  Target = "window"  // 收件窗口
	Decider Target = "decider" // 属地: who decides
)

// Targets lists both, in the order in which a person meets them.
var Targets = []Target{Window, Decider}

var kinds = map[Target]item.LegKind{Window: item.Collect, Decider: item.Decide}

// Complaint is one. It crosses nodes as it stands here, inside an envelope, from the node that took it to that of the office.
type Complaint struct {
	ID     string        `json:"id"` // UUIDv7, made with the form
	Case   string        `json:"case"`
	No     string        `json:"no"` // the case's number
	Item   string        `json:"item"`
	Target Target        `json:"target"`
	Office string        `json:"office"` // code of whom it is about
	Node   office.NodeID `json:"node"`   // where that office is: its oversight looks into it
	Taker  office.NodeID `json:"taker"`  // the case's coordinator, whose oversight calls back
	Nth    int           `json:"nth"`    // from 1, of this service of the case
	About  string        `json:"about"`  // key of the book
	Text   string        `json:"text"`
	At     time.Time     `json:"at"`

	Care Care `json:"-"` // what came of it, as this node knows

	// Row is the store's guard: the version that was read, 0 for a new one.
	Row int64 `json:"-"`
}

// Chance is a service of a case that can be complained about.
type Chance struct {
	Target Target
	Office string
	Node   office.NodeID
	Nth    int       // what one made now would be; 0: none is taken
	Why    errs.Code // why none is taken
}

// Chances lists the services of a case, from the first day on and as long as the case is kept. One at a time about each.
func Chances(c casefile.Case, made []Complaint, rules Rules) []Chance {
	var out []Chance
	for _, t := range Targets {
		l, ok := c.LegOf(kinds[t])
		if !ok || l.Office == "" {
			continue
		}
		ch := Chance{Target: t, Office: l.Office, Node: l.Node, Nth: 1}
		for _, x := range made {
			if x.Target != t {
				continue
			}
			if ch.Nth++; x.Care.State != Closed {
				ch.Why = errs.ComplaintOpen
			}
		}
		if ch.Nth > rules.Most.N && ch.Why == 0 {
			ch.Why = errs.ComplaintsMany
		}
		if ch.Why != 0 {
			ch.Nth = 0
		}
		out = append(out, ch)
	}
	return out
}

// Wish is what somebody says.
type Wish struct {
	ID     string
	Target Target
	About  string
	Text   string
}

// New makes a complaint about a case that is coordinated at me. It returns errs.NoSuchComplaint for a service that the case has not, why
// none is taken now, errs.ComplaintAbout if it does not say about what, errs.ComplaintWords without words, and errs.MessageLong.
func New(c casefile.Case, me office.NodeID, made []Complaint, w Wish, book *Book, cal *workday.Calendar, now time.Time) (Complaint, error) {
	list := Chances(c, made, book.On(workday.DateOf(now)))
	i := slices.IndexFunc(list, func(ch Chance) bool { return ch.Target == w.Target })
	if i < 0 || c.Coordinator != me {
		return Complaint{}, errs.New(errs.NoSuchComplaint, "%s has no %q", c.No, w.Target)
	}
	ch := list[i]
	if ch.Nth == 0 {
		return Complaint{}, errs.New(ch.Why, "%s %s", c.No, w.Target)
	}
	x := Complaint{
		ID: w.ID, Case: c.ID, No: string(c.No), Item: c.Item, Target: w.Target, Office: ch.Office, Node: ch.Node, Taker: me, Nth: ch.Nth,
		About: w.About, At: now.UTC().Truncate(time.Microsecond),
	}
	if !book.Knows(w.About) {
		return Complaint{}, errs.New(errs.ComplaintAbout, "about %q", w.About)
	}
	var err error
	if x.Text, err = words(w.Text); err != nil {
		return Complaint{}, err
	}
	x.Care = Care{State: Open, Round: 1}
	x.clock(x.At, book, cal)
	return x, nil
}

// words are what somebody wrote, as it is kept; errs.ComplaintWords for none.
func words(s string) (string, error) {
	out, err := message.Clean(s)
	if errs.Is(err, errs.MessageEmpty) {
		return "", errs.New(errs.ComplaintWords, "without words")
	}
	return out, err
}
