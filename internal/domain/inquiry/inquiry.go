// Package inquiry is the 协查: the office that holds a part of a case asks another one a structured question about it, which a
// person there answers in fields and under the office's signature, instead of by telephone and fax (procedures §5). The part stays
// with its holder (rule I1) and its limit runs on; the question has a clock of its own. Unlike domain/question, which a register
// answers at once by an agreement, nothing is told here without an officer, and both letters (P-09) are signed.
package inquiry

import (
	"maps"
	"slices"
	"time"

	"tongban/internal/domain/assist"
	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// State is how an inquiry stands. Names cross no node, but both sides keep the same one.
type State string

// The states.
const (
	Open      State = "open"
	Answered  State = "answered"
	Declined  State = "declined"  // for a shared reason
	Withdrawn State = "withdrawn" // by who asked
	Refused   State = "refused"   // the other node did not take it
)

// Most is how many inquiries one case may have.
const Most = 20

// Ask is one question. It crosses nodes as it stands here.
type Ask struct {
	ID     string         `json:"id"` // UUIDv7, made with the form
	Of     caseproof.Case `json:"of"`
	Leg    string         `json:"leg"` // for which it is asked
	Type   string         `json:"type"`
	Fields []string       `json:"fields"` // of the type
	From   office.NodeID  `json:"from"`
	Office string         `json:"office"` // code of who asks
	To     office.NodeID  `json:"to"`
	Desk   string         `json:"desk"`  // code of who is asked
	About  party.Person   `json:"about"` // the applicant
	Words  string         `json:"words"` // what exactly, "" if the fields say it
	At     time.Time      `json:"at"`    // business time of who asks, UTC
	Due    workday.Date   `json:"due"`   // as the letter says it, Asia/Shanghai
}

// Reply is the answer, or why there is none.
type Reply struct {
	ID       string            `json:"id"`  // UUIDv7 of the answer
	Ask      string            `json:"ask"` // id
	At       time.Time         `json:"at"`  // business time of who answers, UTC
	Values   map[string]string `json:"values,omitempty"`
	Note     string            `json:"note,omitempty"`
	Declined string            `json:"declined,omitempty"` // code of catalogue/items/reasons.toml
}

// Inquiry is a question as one node keeps it.
type Inquiry struct {
	Ask

	State    State        `json:"state"`
	Letter   proof.Signed `json:"letter"` // P-09, signed by who asks
	Reply    *Reply       `json:"reply,omitempty"`
	Paper    proof.Signed `json:"paper,omitzero"` // P-09, signed by who answers
	Ended    time.Time    `json:"ended,omitzero"`
	Why      string       `json:"why,omitempty"` // of a withdrawal or a refusal: code of reasons.toml
	Reminded []time.Time  `json:"reminded,omitempty"`
	By       string       `json:"by,omitempty"` // officer who asked, at who asks; who answered, at who answers

	Row int64 `json:"-"`
}

// Late reports whether the deadline is over without an answer.
func (q Inquiry) Late(today workday.Date) bool { return q.State == Open && today.After(q.Due) }

// Todo is the office at node me that has to answer, "" if none.
func (q Inquiry) Todo(me office.NodeID) string {
	if q.State == Open && q.To == me {
		return q.Desk
	}
	return ""
}

// Waits is the office at node me that waits for the answer, "" if none.
func (q Inquiry) Waits(me office.NodeID) string {
	if q.State == Open && q.From == me {
		return q.Office
	}
	return ""
}

// NextRemind is when the other office is reminded: the first time on the day after the deadline.
func (q Inquiry) NextRemind(b *assist.Book, c *workday.Calendar) time.Time {
	if n := len(q.Reminded); n > 0 {
		last := workday.DateOf(q.Reminded[n-1])
		next, _ := c.Due(last, workday.Limit{N: b.Remind(last), Unit: workday.WorkingDays})
		return next.Start()
	}
	return q.Due.End()
}

// Make checks a question before it is asked. Errors: errs.NoSuchInquiry (the type may not be asked in this matter on that day, or a
// field is not its own), errs.InquiryWords.
func (a Ask) Make(b *assist.Book) (Ask, error) {
	t, ok := b.On(a.Type, workday.DateOf(a.At))
	if !ok || !slices.Contains(t.Items, a.Of.Item) {
		return a, errs.New(errs.NoSuchInquiry, "%.40q in %s", a.Type, a.Of.Item)
	}
	if len(a.Fields) == 0 {
		return a, errs.New(errs.NoSuchInquiry, "%s asks nothing", a.Type)
	}
	for i, key := range a.Fields {
		if _, ok := t.Field(key); !ok || slices.Contains(a.Fields[:i], key) {
			return a, errs.New(errs.NoSuchInquiry, "%s has no field %.40q", a.Type, key)
		}
	}
	var err error
	a.Words, err = assist.Note(a.Words)
	return a, err
}

// Answer is the answer of an officer of the office that was asked. Errors: errs.InquiryOver, errs.InquiryGap naming the field,
// errs.InquiryWords, errs.ReasonNeeded for an answer that is neither values nor a reason.
func (q Inquiry) Answer(b *assist.Book, r Reply) (Inquiry, error) {
	if q.State != Open {
		return q, errs.New(errs.InquiryOver, "%s is %s", q.ID, q.State)
	}
	r, err := q.fits(b, r)
	if err != nil {
		return q, err
	}
	q.State, q.Reply, q.Ended = Answered, &r, r.At
	if r.Declined != "" {
		q.State = Declined
	}
	return q, nil
}

// fits gives a reply in its canonical form.
func (q Inquiry) fits(b *assist.Book, r Reply) (Reply, error) {
	t, ok := b.On(q.Type, workday.DateOf(q.At))
	if !ok {
		return r, errs.New(errs.NoSuchInquiry, "%.40q", q.Type)
	}
	var err error
	if r.Note, err = assist.Note(r.Note); err != nil {
		return r, err
	}
	if r.Declined != "" {
		r.Values = nil
		return r, nil
	}
	given := r.Values
	r.Values = map[string]string{}
	for _, key := range q.Fields {
		f, _ := t.Field(key)
		value, ok := f.Clean(given[key])
		if !ok {
			return r, errs.New(errs.InquiryGap, "%s", key)
		}
		if value != "" {
			r.Values[key] = value
		}
	}
	return r, nil
}

// Withdraw takes a question back. One that was answered stays so.
func (q Inquiry) Withdraw(why string, at time.Time) (Inquiry, bool) {
	if q.State != Open {
		return q, false
	}
	q.State, q.Why, q.Ended = Withdrawn, why, at
	return q, true
}

// Remind notes a reminder.
func (q Inquiry) Remind(at time.Time) Inquiry {
	q.Reminded = append(slices.Clip(q.Reminded), at)
	return q
}

// same reports whether a reply that came is exactly what its cleaning gives.
func same(a, b Reply) bool {
	return a.ID == b.ID && a.Ask == b.Ask && a.At.Equal(b.At) && a.Note == b.Note && a.Declined == b.Declined && maps.Equal(a.Values, b.Values)
}
