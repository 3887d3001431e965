package complaint

import (
	"slices"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// State is where a complaint stands. Names are stored: append only.
type State string

// The states.
const (
	Open     State = "open"     // oversight has to take it up
	Taken    State = "taken"    // it is looked into; the person waits for an answer
	Answered State = "answered" // the return call is due
	Closed   State = "closed"
)

// Act is a step. Names are stored and cross nodes: append only.
type Act string

// The steps.
const (
	Take     Act = "take"      // 受理
	Settle   Act = "settle"    // 已解决: what went wrong was put right
	Explain  Act = "explain"   // 解释说明: nothing went wrong, and why
	Content  Act = "content"   // 回访: the person is content
	Unhappy  Act = "unhappy"   // 回访: is not; it is taken up once more
	NoAnswer Act = "no-answer" // 回访: could not be reached
)

// move is one sentence of what may happen. Who may stands in the table of authority under the act that is named there.
type move struct {
	from State
	act  Act
	by   office.Act
	to   State
}

var moves = []move{
	{Open, Take, office.AnswerComplaint, Taken},
	{Taken, Settle, office.AnswerComplaint, Answered},
	{Taken, Explain, office.AnswerComplaint, Answered},
	{Answered, Content, office.CallComplaint, Closed},
	{Answered, Unhappy, office.CallComplaint, Open}, // or Closed, once the rounds are used up
	{Answered, NoAnswer, office.CallComplaint, Answered},
}

// wordless reports whether there is nothing to say about a step.
func (a Act) wordless() bool { return a == Take || a == NoAnswer }

// Step is one that was done.
type Step struct {
	Act  Act       `json:"act"`
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty"`   // officer; stays at that officer's node
	Text string    `json:"text,omitempty"` // what was found, done or said
}

// Care is what came of a complaint.
type Care struct {
	State       State     `json:"state"`
	Steps       []Step    `json:"steps,omitempty"`
	Round       int       `json:"round"`
	Calls       int       `json:"calls,omitempty"` // tries of the return call in this round
	Due         time.Time `json:"due,omitzero"`    // when the step that is due is late; zero if none is
	Provisional bool      `json:"provisional,omitempty"`
}

// Todo says who has to do something at a node.
type Todo string

// The lists. A complaint stands in one of them, or in none.
const (
	Work  Todo = "work" // oversight of the province of the office
	Calls Todo = "call" // oversight of the province where it was said
)

// Todo is the list of node me in which the complaint stands, "" for none.
func (x Complaint) Todo(me office.NodeID) Todo {
	switch x.Care.State {
	case Open, Taken:
		if x.Node == me {
			return Work
		}
	case Answered:
		if x.Taker == me {
			return Calls
		}
	case Closed:
	}
	return ""
}

// Acts are the steps that may be done now at node me, with what each asks of the table of authority.
func (x Complaint) Acts(me office.NodeID) map[Act]office.Act {
	out := map[Act]office.Act{}
	if x.Todo(me) == "" {
		return out
	}
	for _, m := range moves {
		if m.from == x.Care.State {
			out[m.act] = m.by
		}
	}
	return out
}

// clock sets when the step that is due now is late: the day of beginning is not counted (民法典 第201条).
func (x *Complaint) clock(at time.Time, book *Book, cal *workday.Calendar) {
	rules := book.On(workday.DateOf(at))
	n := map[State]int{Open: rules.Take.N, Taken: rules.Answer.N, Answered: rules.Call.N}[x.Care.State]
	x.Care.Due, x.Care.Provisional = time.Time{}, false
	if n > 0 {
		day, open := cal.Due(workday.DateOf(at), workday.Limit{N: n, Unit: workday.WorkingDays})
		x.Care.Due, x.Care.Provisional = day.End(), open
	}
}

// Do does a step at node me. It returns errs.ComplaintMove if the step cannot be done now or not here, and errs.ComplaintWords for one
// without words: what was found, done or said.
func (x Complaint) Do(me office.NodeID, a Act, by, text string, book *Book, cal *workday.Calendar, now time.Time) (Complaint, error) {
	if _, ok := x.Acts(me)[a]; !ok {
		return x, errs.New(errs.ComplaintMove, "%s, %s at %s", x.Care.State, a, me)
	}
	text, err := words(text)
	if err != nil && (!a.wordless() || !errs.Is(err, errs.ComplaintWords)) {
		return x, err
	}
	return x.done(a, by, text, book, cal, now), nil
}

// moved is the sentence about a step from where the complaint stands; false if there is none.
func (x Complaint) moved(a Act) (move, bool) {
	i := slices.IndexFunc(moves, func(m move) bool { return m.from == x.Care.State && m.act == a })
	if i < 0 {
		return move{}, false
	}
	return moves[i], true
}

// done applies a step that the table has.
func (x Complaint) done(a Act, by, text string, book *Book, cal *workday.Calendar, now time.Time) Complaint {
	m, _ := x.moved(a)
	at := now.UTC().Truncate(time.Microsecond)
	rules := book.On(workday.DateOf(at))
	c := x.Care
	c.Steps = append(slices.Clone(c.Steps), Step{Act: a, At: at, By: by, Text: text})
	c.State = m.to
	switch a { //nolint:exhaustive // the others do what the table says
	case Unhappy:
		if c.Round >= rules.Rounds.N { // the person's word stands, and the file is closed with it
			c.State = Closed
		} else {
			c.Round, c.Calls = c.Round+1, 0
		}
	case NoAnswer:
		if c.Calls++; c.Calls >= rules.Calls.N {
			c.State = Closed
		}
	}
	x.Care = c
	x.clock(at, book, cal)
	return x
}

// Answer is the last answer for the person; false if there is none.
func (c Care) Answer() (Step, bool) {
	for _, s := range slices.Backward(c.Steps) {
		if s.Act == Settle || s.Act == Explain {
			return s, true
		}
	}
	return Step{}, false
}
