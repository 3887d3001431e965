package complaint

import (
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Word is what the node that took a complaint and that of the office tell each other. It names nobody: not whose it is, and not which
// officer did a step.
type Word struct {
	Complaint string     `json:"complaint"`       // id
	Given     *Complaint `json:"given,omitempty"` // a new one, or
	Act       Act        `json:"act,omitempty"`   // a step
	Text      string     `json:"text,omitempty"`
}

// Tell is the word that the other node has to hear of the last step, and that node; false if there is none.
func (x Complaint) Tell(me office.NodeID) (Word, office.NodeID, bool) {
	if x.Node == x.Taker {
		return Word{}, "", false
	}
	n := len(x.Care.Steps)
	if n == 0 {
		given := x
		return Word{Complaint: x.ID, Given: &given}, x.Node, me == x.Taker
	}
	last := x.Care.Steps[n-1]
	to := x.Node
	if me == x.Node {
		to = x.Taker
	}
	return Word{Complaint: x.ID, Act: last.Act, Text: last.Text}, to, true
}

// Arrived judges a word that another node sent about a case, and gives the complaint as it is after it. have are those of the case
// that are here; a word that a later one overtook changes nothing. errs.BadEnvelope and errs.WrongSender: the word is not one that its sender may say. The receiver's clock decides when.
func (w Word) Arrived(c casefile.Case, from, me office.NodeID, have []Complaint, book *Book, cal *workday.Calendar, now time.Time) (Complaint, error) {
	if w.Complaint == "" {
		return Complaint{}, errs.New(errs.BadEnvelope, "word of %s", from)
	}
	i := slices.IndexFunc(have, func(x Complaint) bool { return x.ID == w.Complaint })
	if w.Given != nil {
		if i >= 0 {
			return Complaint{}, errs.New(errs.BadEnvelope, "%s is here", w.Complaint)
		}
		return w.given(c, from, me, have, book, cal, now)
	}
	if i < 0 {
		return Complaint{}, errs.New(errs.BadEnvelope, "%s is not here", w.Complaint)
	}
	x := have[i]
	other, acts := x.Node, []Act{Take, Settle, Explain}
	if me == x.Node {
		other, acts = x.Taker, []Act{Content, Unhappy, NoAnswer}
	}
	if from != other || x.Node == x.Taker || !slices.Contains(acts, w.Act) {
		return Complaint{}, errs.New(errs.WrongSender, "%s says %q", from, w.Act)
	}
	if text, err := words(w.Text); text != w.Text || err != nil && (!w.Act.wordless() || !errs.Is(err, errs.ComplaintWords)) {
		return Complaint{}, errs.New(errs.BadEnvelope, "words of %s", from)
	}
	if slices.Contains([]Act{Settle, Explain}, w.Act) && x.Care.State == Open { // the word that it was taken up is still on its way
		x = x.done(Take, "", "", book, cal, now)
	}
	if _, ok := x.moved(w.Act); !ok { // a later word was faster
		return x, nil
	}
	return x.done(w.Act, "", w.Text, book, cal, now), nil
}

func (w Word) given(c casefile.Case, from, me office.NodeID, have []Complaint, book *Book, cal *workday.Calendar, now time.Time) (Complaint, error) {
	x := *w.Given
	l, ok := c.LegOf(kinds[x.Target])
	n := 0
	for _, y := range have {
		if y.Target == x.Target {
			n++
		}
	}
	text, err := words(x.Text)
	switch {
	case from != c.Coordinator || x.Taker != from || x.Node != me || !ok || l.Node != me || l.Office != x.Office:
		return Complaint{}, errs.New(errs.WrongSender, "%s complains about %s", from, x.Office)
	case err != nil || text != x.Text || x.ID != w.Complaint || x.Case != c.ID || x.No != string(c.No) || x.Item != c.Item || x.Nth != n+1 ||
		x.Nth > book.On(workday.DateOf(now)).Most.N || !book.Knows(x.About):
		return Complaint{}, errs.New(errs.BadEnvelope, "complaint of %s", from)
	}
	x.At = now.UTC().Truncate(time.Microsecond) // the sender's clock decides nothing here
	x.Care = Care{State: Open, Round: 1}
	x.clock(x.At, book, cal)
	return x, nil
}
