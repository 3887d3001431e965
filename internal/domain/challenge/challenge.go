// Package challenge is the 数据异议: somebody holds a value wrong that one province told another for a case, and its owner answers within
// its clock: corrected, right as it is, or not ours (校核, 政务数据共享条例 第26条: within 10 working days, without extension; 个人信息保护法
// 第46条). A correction names the field and no value: every case that used it asks anew, with its own proof (rule I4).
package challenge

import (
	"slices"
	"time"

	"tongban/internal/domain/message"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Kind is how an owner answers.
type Kind string

// The kinds. Names cross nodes: append only.
const (
	Corrected Kind = "corrected"
	Right     Kind = "right"     // as it is, for a reason
	NotOurs   Kind = "elsewhere" // and whose it is
)

// Kinds lists them in the order in which a page shows them.
var Kinds = []Kind{Corrected, Right, NotOurs}

// Told is the answer to a question that a challenge is about, as both sides know it.
type Told struct {
	ID       string     `json:"id"`       // of the question
	Question proof.Hash `json:"question"` // its hash
	Case     string     `json:"case"`
	No       string     `json:"no"`
	Item     string     `json:"item"`
	Resource string     `json:"resource"`
}

// Challenge is one. It crosses nodes as it stands here, without the person: who it is about follows from the question.
type Challenge struct {
	ID     string        `json:"id"` // UUIDv7
	Told   Told          `json:"told"`
	Asker  office.NodeID `json:"asker"`            // who had asked
	Owner  office.NodeID `json:"owner"`            // who had told, and answers
	Person bool          `json:"person,omitempty"` // the person says so, at the owner; otherwise the office that had asked
	Field  string        `json:"field"`
	Words  string        `json:"words"` // why; "" in what other askers hear of a correction
	At     time.Time     `json:"at"`    // business time at who said so, UTC
	Answer *Answer       `json:"answer,omitempty"`

	Due    workday.Date `json:"-"` // at the owner: the last day to answer
	Office string       `json:"-"` // at the asker: whose case it is
	By     string       `json:"-"` // officer who said so or answered, at this node
	Row    int64        `json:"-"`
}

// Answer is the owner's word.
type Answer struct {
	Kind Kind      `json:"kind"`
	Text string    `json:"text"` // what was done, why it is right, or whose it is
	At   time.Time `json:"at"`   // business time of the owner, UTC
}

// Open reports whether it waits for its answer.
func (o Challenge) Open() bool { return o.Answer == nil }

// Todo reports whether node me has to answer.
func (o Challenge) Todo(me office.NodeID) bool { return o.Owner == me && o.Open() }

// Late reports whether the owner's last day is over.
func (o Challenge) Late(today workday.Date) bool {
	return o.Open() && !o.Due.IsZero() && today.After(o.Due)
}

// New makes a challenge to one field of an answer. have are those about the same case. Errors: errs.ObjectionWords for a field that was
// not asked for or without words, errs.MessageLong, errs.ObjectionOpen for one about the same field that waits.
func New(o Challenge, fields []string, have []Challenge) (Challenge, error) {
	if !id.MatchString(o.ID) {
		return o, errs.New(errs.BadRequest, "form without its key")
	}
	if !slices.Contains(fields, o.Field) {
		return o, errs.New(errs.ObjectionWords, "field %.40q", o.Field)
	}
	if slices.ContainsFunc(have, func(x Challenge) bool { return x.Told.ID == o.Told.ID && x.Field == o.Field && x.Open() }) {
		return o, errs.New(errs.ObjectionOpen, "%s %s", o.Told.ID, o.Field)
	}
	var err error
	o.Words, err = words(o.Words, errs.ObjectionWords)
	return o, err
}

// Answered gives it its answer. errs.ObjectionOver if it has one, errs.ObjectionAnswer for one without kind or words, errs.MessageLong.
func (o Challenge) Answered(a Answer) (Challenge, error) {
	if !o.Open() {
		return o, errs.New(errs.ObjectionOver, "%s", o.ID)
	}
	if !slices.Contains(Kinds, a.Kind) {
		return o, errs.New(errs.ObjectionAnswer, "kind %.20q", a.Kind)
	}
	var err error
	if a.Text, err = words(a.Text, errs.ObjectionAnswer); err != nil {
		return o, err
	}
	o.Answer = &a
	return o, nil
}

func words(s string, empty errs.Code) (string, error) {
	out, err := message.Clean(s)
	if errs.Is(err, errs.MessageEmpty) {
		return "", errs.New(empty, "without words")
	}
	return out, err
}

// For is what another asker hears of a correction: nothing of who objected and why.
func (o Challenge) For(id string, told Told, asker office.NodeID) Challenge {
	return Challenge{ID: id, Told: told, Asker: asker, Owner: o.Owner, Field: o.Field, At: o.At, Answer: o.Answer}
}
