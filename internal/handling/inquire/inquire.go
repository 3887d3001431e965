// Package inquire lets the office that holds a part of a case ask another office about it, in the own province or elsewhere, and an
// officer there answer (协查). Each step is one unit: the inquiry, the signed letter P-09, the envelope that carries it.
package inquire

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/assist"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/document"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Store is where cases and inquiries are kept. Commit is durable when it returns; it fails with errs.Stale if the case or the inquiry
// was changed since it was read, and with errs.Duplicate for an inquiry that is there. Safe for concurrent use.
type Store interface {
	unit.Cases
	Inquiry(ctx context.Context, id string) (inquiry.Inquiry, error)
	Inquiries(ctx context.Context, caseID string) ([]inquiry.Inquiry, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Desk asks and answers.
type Desk struct {
	Kit   *unit.Kit
	Store Store
	// Prove gives what proves a case that this node holds to another (share.Asker.Prove).
	Prove  func(ctx context.Context, c casefile.Case) (caseproof.Standing, []proof.Signed, error)
	Secure func() time.Time // security time
}

// Want is what an officer asks.
type Want struct {
	ID     string // UUIDv7, made with the form, so that a second submit changes nothing
	Row    int64  // of the case as the officer saw it
	Desk   string // code of the office that is asked
	Type   string
	Fields []string
	Words  string
}

// Ask puts a question about a case to another office. The case stays where it is (I1). Errors: casefile.Inquire, inquiry.Ask.Make,
// errs.AskedItself, errs.UnknownNode for an office that nobody knows, errs.TooManyInquiries, and for an office of another province
// those of Prove.
func (d *Desk) Ask(ctx context.Context, by casefile.Actor, caseID string, w Want) (inquiry.Inquiry, error) {
	if key, err := uuid.Parse(w.ID); err != nil || key.Version() != 7 || key.String() != w.ID {
		return inquiry.Inquiry{}, errs.New(errs.BadRequest, "form without its key")
	}
	if have, err := d.Store.Inquiry(ctx, w.ID); err == nil && have.Of.ID == caseID {
		return have, nil
	}
	to, ok := d.Kit.Office(w.Desk)
	switch {
	case !ok:
		return inquiry.Inquiry{}, errs.New(errs.UnknownNode, "office %.40q", w.Desk)
	case to.Code == by.Office:
		return inquiry.Inquiry{}, errs.New(errs.AskedItself, "%s", by.Office)
	}
	list, err := d.Store.Inquiries(ctx, caseID)
	if err != nil {
		return inquiry.Inquiry{}, err
	}
	if len(list) >= inquiry.Most {
		return inquiry.Inquiry{}, errs.New(errs.TooManyInquiries, "%d", len(list))
	}
	var q inquiry.Inquiry
	_, err = unit.Act(ctx, d.Store, caseID, w.Row, func(c casefile.Case) (casefile.Case, error) {
		var u unit.Unit
		var err error
		if c, q, err = d.asked(ctx, &u, by, c, to, w); err != nil {
			return c, err
		}
		if err := d.Store.Commit(ctx, u); err != nil {
			return c, err
		}
		d.Kit.Woken()
		return c, nil
	})
	return q, err
}

// asked makes the unit of a question.
func (d *Desk) asked(ctx context.Context, u *unit.Unit, by casefile.Actor, c casefile.Case, to office.Office, w Want) (casefile.Case, inquiry.Inquiry, error) {
	var q inquiry.Inquiry
	c, step, err := casefile.Inquire(c, d.Kit.Me, by, casefile.Inquired{ID: w.ID, Office: to.Code, Type: w.Type}, d.Kit.Now())
	if err != nil {
		return c, q, err
	}
	a, err := inquiry.Ask{
		ID: w.ID, Of: caseproof.Of(c), Leg: step.Leg, Type: w.Type, Fields: w.Fields, From: d.Kit.Me, Office: by.Office, To: to.Node, Desk: to.Code,
		About: inquiry.Whom(c.Private.Applicant), Words: w.Words, At: step.At,
	}.Make(assist.Default())
	if err != nil {
		return c, q, err
	}
	kind, _ := assist.Default().On(a.Type, a.Day())
	a.Due, _ = kind.Due(d.Kit.Calendar, a.Day())
	q = inquiry.Inquiry{Ask: a, State: inquiry.Open, By: by.ID}
	c, fact, err := d.Kit.Record(u, c, step, by.ID)
	if err != nil {
		return c, q, err
	}
	if q.Letter, err = d.Kit.Issue(u, c, document.Inquiry, d.letter(q)); err != nil {
		return c, q, err
	}
	u.Inquiries = append(u.Inquiries, q)
	u.Due = append(u.Due, unit.Due{Case: c.ID, Kind: unit.DueInquiry, At: q.NextRemind(assist.Default(), d.Kit.Calendar)})
	if err := d.Kit.Tell(u, c, c.Coordinator, step.Leg, []proof.Signed{fact}, nil); err != nil {
		return c, q, err
	}
	if to.Node == d.Kit.Me {
		return c, q, nil
	}
	p := inquiry.Proof{At: d.Secure().UTC().Truncate(time.Microsecond)}
	if p.Standing, p.Chain, err = d.Prove(ctx, c); err != nil {
		return c, q, err
	}
	return c, q, d.post(u, q, a.ID, to.Node, inquiry.Word{Ask: &a, Letter: &q.Letter, Proof: &p})
}

// post adds the envelope of a word.
func (d *Desk) post(u *unit.Unit, q inquiry.Inquiry, id string, to office.NodeID, w inquiry.Word) error {
	body, err := proof.Marshal(w)
	if err != nil {
		return err
	}
	return d.Kit.Post(u, exchange.Envelope{ID: id, To: to, Kind: exchange.Inquiry, Case: q.Of.ID, Leg: q.Leg, At: u.At, Private: body})
}

// Answer is what an officer of the asked office says: values and a note, or why there are none. The letter is signed in the same
// unit. Errors: office.Officer.May, errs.NotAsked, errs.Stale, errs.ReasonNeeded for a reason that is no shared one, inquiry.Inquiry.Answer.
func (d *Desk) Answer(ctx context.Context, by casefile.Actor, id string, row int64, r inquiry.Reply) (inquiry.Inquiry, error) {
	q, err := d.mine(ctx, by, id)
	if err != nil {
		return q, err
	}
	if q.Row != row {
		return q, errs.New(errs.Stale, "%s was read at %d, is at %d", id, row, q.Row)
	}
	if _, ok := d.Kit.Catalogue.Reason(r.Declined); r.Declined != "" && !ok {
		return q, errs.New(errs.ReasonNeeded, "no shared reason %.40q", r.Declined)
	}
	r.ID, r.Ask, r.At = unit.NewID(), q.ID, d.now()
	if q, err = q.Answer(assist.Default(), r); err != nil {
		return q, err
	}
	u := unit.Unit{At: r.At, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: r.At, Case: q.Of.ID, Who: by.ID, Office: by.Office, What: "inquiry.answer"},
	}}
	if q.Paper, err = d.Kit.Issue(&u, casefile.Case{ID: q.Of.ID}, document.Inquiry, d.letter(q)); err != nil {
		return q, err
	}
	if q.From != d.Kit.Me {
		q.By = by.ID // who asked is known at the other node
		if err := d.post(&u, q, r.ID, q.From, inquiry.Word{Reply: q.Reply, Paper: &q.Paper}); err != nil {
			return q, err
		}
	}
	u.Inquiries = append(u.Inquiries, q)
	if err := d.Store.Commit(ctx, u); err != nil {
		return q, err
	}
	d.Kit.Woken()
	return q, nil
}

// mine is an inquiry that the officer's own office was asked.
func (d *Desk) mine(ctx context.Context, by casefile.Actor, id string) (inquiry.Inquiry, error) {
	q, err := d.Store.Inquiry(ctx, id)
	if err != nil {
		return q, err
	}
	if q.To != d.Kit.Me || q.Desk != by.Office {
		return q, errs.New(errs.NotAsked, "%s is put to %s", id, q.Desk)
	}
	return q, by.Officer().May(office.AnswerInquiry, office.Matter{Offices: []string{q.Desk}, On: workday.DateOf(d.Kit.Now())})
}

// Withdraw takes a question back that an officer of the asking office put.
func (d *Desk) Withdraw(ctx context.Context, by casefile.Actor, id string) (inquiry.Inquiry, error) {
	q, err := d.Store.Inquiry(ctx, id)
	if err != nil {
		return q, err
	}
	c, err := d.Store.Case(ctx, q.Of.ID)
	if err != nil || q.From != d.Kit.Me || q.Office != by.Office {
		return q, errs.New(errs.NotAsked, "%s is of %s", id, q.Office)
	}
	if err := by.Officer().May(office.Act(casefile.ActInquire), c.Matter(d.Kit.Now())); err != nil {
		return q, err
	}
	at := d.now()
	u := unit.Unit{At: at, Log: []accesslog.Entry{{Kind: accesslog.Act, At: at, Case: q.Of.ID, Who: by.ID, Office: by.Office, What: "inquiry.withdraw"}}}
	if q, err = d.back(&u, q, whyNeedless); err != nil {
		return q, err
	}
	if err := d.Store.Commit(ctx, u); err != nil {
		return q, err
	}
	d.Kit.Woken()
	return q, nil
}

// The shared reasons for which a question is taken back.
const (
	whyNeedless  = "needless"
	whyWithdrawn = "withdrawn"
)

// back adds the taking back of an open question to a unit. errs.InquiryOver if it is not open.
func (d *Desk) back(u *unit.Unit, q inquiry.Inquiry, why string) (inquiry.Inquiry, error) {
	q, ok := q.Withdraw(why, u.At)
	if !ok {
		return q, errs.New(errs.InquiryOver, "%s is %s", q.ID, q.State)
	}
	u.Inquiries = append(u.Inquiries, q)
	if q.To == d.Kit.Me {
		return q, nil
	}
	return q, d.post(u, q, unit.NewID(), q.To, inquiry.Word{Back: q.ID, Why: why})
}

func (d *Desk) now() time.Time { return d.Kit.Now().UTC().Truncate(time.Microsecond) }
