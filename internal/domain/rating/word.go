package rating

import (
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Word is what the node that took a rating and that of the office tell each other. It names nobody: not who rated, and not
// which officer did a step.
type Word struct {
	Rating string  `json:"rating"`          // id
	Given  *Rating `json:"given,omitempty"` // a new rating, or
	Act    Act     `json:"act,omitempty"`   // the step that moved the care to the other side
	Text   string  `json:"text,omitempty"`
}

// Tell is the word that the other node has to hear of the rating's last step, and that node; false if there is none.
func (r Rating) Tell(me office.NodeID) (Word, office.NodeID, bool) {
	if r.Node == r.Taker {
		return Word{}, "", false
	}
	n := len(r.Care.Steps)
	if n == 0 {
		given := r
		return Word{Rating: r.ID, Given: &given}, r.Node, me == r.Taker
	}
	last := r.Care.Steps[n-1]
	if last.Act == EndUnread {
		last = r.Care.Steps[n-2]
	}
	to := r.Taker
	switch last.Act {
	case Fix, Explain, Uphold:
		return Word{Rating: r.ID, Act: last.Act, Text: last.Text}, to, me == r.Node
	case Content, Unhappy, NoAnswer:
		return Word{Rating: r.ID, Act: last.Act, Text: last.Text}, r.Node, me == r.Taker
	case Verify, Appeal, Reject, EndUnread:
	}
	return Word{}, "", false
}

// Arrived judges a word that another node sent about a case, and gives the rating as it is after it. have are the ratings of
// the case that are here. errs.BadEnvelope and errs.WrongSender: the word is not one that its sender may say.
func (w Word) Arrived(c casefile.Case, from, me office.NodeID, have []Rating, book *Book, cal *workday.Calendar, now time.Time) (Rating, error) {
	if text, err := clean(w.Text); err != nil || text != w.Text || w.Rating == "" {
		return Rating{}, errs.New(errs.BadEnvelope, "word of %s", from)
	}
	i := slices.IndexFunc(have, func(r Rating) bool { return r.ID == w.Rating })
	if w.Given != nil {
		if i >= 0 {
			return Rating{}, errs.New(errs.BadEnvelope, "%s is here", w.Rating)
		}
		return w.given(c, from, me, have, book, cal, now)
	}
	if i < 0 {
		return Rating{}, errs.New(errs.BadEnvelope, "%s is not here", w.Rating)
	}
	r := have[i]
	other, acts := r.Node, []Act{Fix, Explain, Uphold}
	if me == r.Node {
		other, acts = r.Taker, []Act{Content, Unhappy, NoAnswer}
	}
	if from != other || r.Node == r.Taker || !slices.Contains(acts, w.Act) {
		return Rating{}, errs.New(errs.WrongSender, "%s says %q", from, w.Act)
	}
	expected := Answered
	if me == r.Taker {
		expected = Open
	}
	if r.Care.State != expected {
		return Rating{}, errs.New(errs.BadEnvelope, "%s is %s", r.ID, r.Care.State)
	}
	if me == r.Taker { // what the office did on the way to its answer is its own
		r.Care.State = Verified
		if w.Act == Uphold {
			r.Care.State = Appealed
		}
	}
	return r.done(w.Act, "", w.Text, book, cal, now), nil
}

func (w Word) given(c casefile.Case, from, me office.NodeID, have []Rating, book *Book, cal *workday.Calendar, now time.Time) (Rating, error) {
	r := *w.Given
	l, ok := c.LegOf(kinds[r.Target])
	n := 0
	for _, x := range have {
		if x.Target == r.Target {
			n++
		}
	}
	text, err := clean(r.Text)
	known := []Channel{Web, Code, Paper, Phone}
	switch {
	case from != c.Coordinator || r.Taker != from || r.Node != me || !ok || l.Node != me || l.Office != r.Office:
		return Rating{}, errs.New(errs.WrongSender, "%s rates %s", from, r.Office)
	case err != nil || text != r.Text || r.ID != w.Rating || r.Case != c.ID || r.Item != c.Item || r.Nth != n+1 || n >= most ||
		!slices.Contains(known, r.Channel) || r.Set != Online:
		return Rating{}, errs.New(errs.BadEnvelope, "rating of %s", from)
	}
	r.At = now.UTC().Truncate(time.Microsecond) // the sender's clock decides nothing here
	if !r.sound(book) {
		return Rating{}, errs.New(errs.BadEnvelope, "level %d", r.Level)
	}
	r.open(book, cal)
	return r, nil
}
