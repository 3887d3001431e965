package rating

import (
	"slices"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// State is where the care for a rating stands. Names are stored: append only.
type State string

// The states.
const (
	Given    State = "given"    // nothing to do: the rating is not bad
	Open     State = "open"     // the office has to verify (核实)
	Verified State = "verified" // what happened is established
	Appealed State = "appealed" // the office says that it is mistaken (申诉); somebody else reviews
	Answered State = "answered" // put right, explained, or found to be mistaken; the return call is due
	Closed   State = "closed"
)

// Act is a step. Names are stored and cross nodes: append only.
type Act string

// The steps.
const (
	Verify    Act = "verify"     // 核实
	Fix       Act = "fix"        // 整改
	Explain   Act = "explain"    // 解释: what was asked has no ground in law
	Appeal    Act = "appeal"     // 申诉: 误评 or 不实
	Uphold    Act = "uphold"     // the appeal is right: the rating counts in no figure
	Reject    Act = "reject"     // the appeal is not right
	Content   Act = "content"    // 回访: the person is content with what was done
	Unhappy   Act = "unhappy"    // 回访: is not
	NoAnswer  Act = "no-answer"  // 回访: could not be reached
	EndUnread Act = "end-unread" // nobody wanted a call
)

// move is one sentence of what may happen. Who may stands in the table of authority under the act that is named there.
type move struct {
	from State
	act  Act
	by   office.Act
	to   State
}

var moves = []move{
	{Open, Verify, office.HandleRating, Verified},
	{Verified, Fix, office.HandleRating, Answered},
	{Verified, Explain, office.HandleRating, Answered},
	{Verified, Appeal, office.HandleRating, Appealed},
	{Appealed, Uphold, office.ReviewRating, Answered},
	{Appealed, Reject, office.ReviewRating, Verified},
	{Answered, Content, office.CallBack, Closed},
	{Answered, Unhappy, office.CallBack, Open}, // or Closed, once the rounds are used up
	{Answered, NoAnswer, office.CallBack, Answered},
	{Answered, EndUnread, "", Closed},
}

// Step is one that was done.
type Step struct {
	Act  Act       `json:"act"`
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty"`   // officer; stays at that officer's node
	Text string    `json:"text,omitempty"` // what was found, done or said
}

// Care is what came of a rating.
type Care struct {
	State       State     `json:"state"`
	Steps       []Step    `json:"steps,omitempty"`
	Round       int       `json:"round,omitempty"`
	Void        bool      `json:"void,omitempty"`  // found to be mistaken: counts in no figure
	Calls       int       `json:"calls,omitempty"` // tries of the return call in this round
	Due         time.Time `json:"due,omitzero"`    // when the step that is due is late; zero if none is
	Provisional bool      `json:"provisional,omitempty"`
}

// Todo says who has to do something at a node.
type Todo string

// The lists. A rating stands in one of them, or in none.
const (
	Work   Todo = "work"   // the office that it is about
	Review Todo = "review" // who reviews appeals
	Calls  Todo = "call"   // who makes return calls
)

// Todo is the list of node me in which the rating stands, "" for none.
func (r Rating) Todo(me office.NodeID) Todo {
	switch r.Care.State {
	case Open, Verified:
		if r.Node == me {
			return Work
		}
	case Appealed:
		if r.Node == me {
			return Review
		}
	case Answered:
		if r.Taker == me {
			return Calls
		}
	case Given, Closed:
	}
	return ""
}

// Acts are the steps that may be done now at node me, with what each asks of the table of authority.
func (r Rating) Acts(me office.NodeID) map[Act]office.Act {
	out := map[Act]office.Act{}
	if r.Todo(me) == "" {
		return out
	}
	for _, m := range moves {
		if m.from == r.Care.State && m.by != "" {
			out[m.act] = m.by
		}
	}
	return out
}

// open begins the care for a bad rating.
func (r *Rating) open(book *Book, cal *workday.Calendar) {
	r.Care = Care{State: Given}
	if r.Level.Bad() {
		r.Care.State, r.Care.Round = Open, 1
		r.clock(r.At, book, cal)
	}
}

// clock sets when the step that is due now is late: the day of beginning is not counted (民法典 第201条).
func (r *Rating) clock(at time.Time, book *Book, cal *workday.Calendar) {
	rules := book.On(workday.DateOf(at))
	n := map[State]int{Open: rules.Verify.N, Verified: rules.Handle.N, Appealed: rules.Review.N, Answered: rules.Call.N}[r.Care.State]
	r.Care.Due, r.Care.Provisional = time.Time{}, false
	if n > 0 {
		day, open := cal.Due(workday.DateOf(at), workday.Limit{N: n, Unit: workday.WorkingDays})
		r.Care.Due, r.Care.Provisional = day.End(), open
	}
}

// Do does a step at node me. It returns errs.RatingMove if the step cannot be done now or not here, and errs.RatingWords for
// one without words: what was found, done or said.
func (r Rating) Do(me office.NodeID, a Act, by, text string, book *Book, cal *workday.Calendar, now time.Time) (Rating, error) {
	if _, ok := r.Acts(me)[a]; !ok {
		return r, errs.New(errs.RatingMove, "%s, %s at %s", r.Care.State, a, me)
	}
	text, err := clean(text)
	if err != nil {
		return r, err
	}
	if text == "" && a != NoAnswer {
		return r, errs.New(errs.RatingWords, "%s without words", a)
	}
	return r.done(a, by, text, book, cal, now), nil
}

// done applies a step that the table has.
func (r Rating) done(a Act, by, text string, book *Book, cal *workday.Calendar, now time.Time) Rating {
	i := slices.IndexFunc(moves, func(m move) bool { return m.from == r.Care.State && m.act == a })
	at := now.UTC().Truncate(time.Microsecond)
	rules := book.On(workday.DateOf(at))
	c := r.Care
	c.Steps = append(slices.Clone(c.Steps), Step{Act: a, At: at, By: by, Text: text})
	c.State = moves[i].to
	switch a { //nolint:exhaustive // the others do what the table says
	case Uphold:
		c.Void = true
	case Unhappy:
		if c.Void || c.Round >= rules.Rounds.N { // the person's word stands, and the file is closed with it
			c.State = Closed
		} else {
			c.Round, c.Calls = c.Round+1, 0
		}
	case NoAnswer:
		if c.Calls++; c.Calls >= rules.Calls.N {
			c.State = Closed
		}
	}
	r.Care = c
	r.clock(at, book, cal)
	if c.State == Answered && !r.Named {
		return r.done(EndUnread, "", "", book, cal, now)
	}
	return r
}

// Answer is the last answer of the office or of the review, for the person; false if there is none.
func (c Care) Answer() (Step, bool) {
	for _, s := range slices.Backward(c.Steps) {
		if slices.Contains([]Act{Fix, Explain, Uphold}, s.Act) {
			return s, true
		}
	}
	return Step{}, false
}

// Called reports whether the return call was made: the person spoke, or was tried as often as the rules ask.
func (c Care) Called() bool {
	n := len(c.Steps)
	return c.State == Closed && n > 0 && c.Steps[n-1].Act != EndUnread
}
