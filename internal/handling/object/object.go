// Package object brings objections to a value (数据异议) from who holds it wrong to its owner, and the owner's answer to every case that
// used the value (政务数据共享条例 第26条; 个人信息保护法 第46条).
package object

import (
	"context"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/question"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Store is where objections and what they are about are kept. AnsweredAbout gives what this node told about somebody, the newest first;
// AskedAbout the number of whom a question was about. Commit fails with errs.Stale if an objection changed meanwhile. Safe for
// concurrent use.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	FoundOf(ctx context.Context, caseID string) ([]unit.Found, error)
	Challenge(ctx context.Context, id string) (challenge.Challenge, error)
	Challenges(ctx context.Context, caseID string) ([]challenge.Challenge, error)
	AnsweredAbout(ctx context.Context, who party.Person, limit int) ([]unit.Answered, error)
	AskedAbout(ctx context.Context, asker office.NodeID, id string) (string, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Desk takes objections up and answers them at one node. Safe for concurrent use.
type Desk struct {
	Kit   *unit.Kit
	Store Store
}

// Most is how many answers about one person are looked through.
const Most = 100

// Wish is what somebody objects to.
type Wish struct {
	ID    string // UUIDv7, made with the form, so that a second submit changes nothing
	Told  string // id of the question
	Field string
	Words string
}

func (d *Desk) now() time.Time { return d.Kit.Now().UTC().Truncate(time.Microsecond) }

// Raise is an officer's objection to what another province told for a case of the own office. Errors: office.Officer.May,
// errs.NoSuchObjection for an answer that is not here, and those of challenge.New.
func (d *Desk) Raise(ctx context.Context, by casefile.Actor, caseID string, w Wish) error {
	c, err := d.Store.Case(ctx, caseID)
	if err != nil {
		return err
	}
	m := c.Matter(d.Kit.Now())
	m.Offices = nil
	for _, l := range c.Legs {
		if l.Node == d.Kit.Me {
			m.Offices = append(m.Offices, l.Office)
		}
	}
	if err := by.Officer().May(office.AskData, m); err != nil {
		return err
	}
	if w.Field == "" {
		return errs.New(errs.ObjectionWords, "no field")
	}
	list, err := d.Store.FoundOf(ctx, caseID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(f unit.Found) bool { return f.ID == w.Told })
	var q question.Query
	var a question.Answer
	if i < 0 || list[i].Query.Into(&q) != nil || list[i].Answer.Into(&a) != nil || a.Refused != 0 {
		return errs.New(errs.NoSuchObjection, "answer %.40q", w.Told)
	}
	o := challenge.Challenge{
		ID: w.ID, Asker: d.Kit.Me, Owner: list[i].Provider, Field: w.Field, Words: w.Words, At: d.now(), Office: by.Office, By: by.ID,
		Told: challenge.Told{ID: q.Number, Question: list[i].Query.Hash(), Case: c.ID, No: string(c.No), Item: c.Item, Resource: q.Resource},
	}
	return d.keep(ctx, o, q.Asked(), accesslog.Entry{Who: by.ID, Office: by.Office}, leg(c))
}

func leg(c casefile.Case) string {
	l, _ := c.LegOf(item.Decide)
	return l.Key
}

// Say is a person's objection, at the owner, to what it told about them. errs.NoSuchObjection for what was not told about this person.
func (d *Desk) Say(ctx context.Context, who party.Person, w Wish) error {
	if w.Field == "" {
		return errs.New(errs.ObjectionWords, "no field")
	}
	list, err := d.Store.AnsweredAbout(ctx, who, Most)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(a unit.Answered) bool { return a.ID == w.Told && len(a.Fields) > 0 })
	if i < 0 {
		return errs.New(errs.NoSuchObjection, "answer %.40q", w.Told)
	}
	a := list[i]
	o := challenge.Challenge{
		ID: w.ID, Asker: a.Asker, Owner: d.Kit.Me, Person: true, Field: w.Field, Words: w.Words, At: d.now(), Told: a.About(),
		Due: sharing.DefaultClocks().VerifyBy(d.Kit.Calendar, workday.DateOf(d.Kit.Now())),
	}
	return d.keep(ctx, o, a.Fields, accesslog.Entry{Who: "applicant"}, "")
}

// keep stores a new objection, and sends it to its owner if that is another node.
func (d *Desk) keep(ctx context.Context, o challenge.Challenge, fields []string, e accesslog.Entry, leg string) error {
	have, err := d.Store.Challenges(ctx, o.Told.Case)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(have, func(x challenge.Challenge) bool { return x.ID == o.ID }) {
		return nil // sent twice
	}
	if o, err = challenge.New(o, fields, have); err != nil {
		return err
	}
	e.Kind, e.At, e.Case, e.What, e.Fact, e.Fields = accesslog.Act, o.At, o.Told.Case, "objection.raised", o.Told.Question, []string{o.Field}
	u := unit.Unit{At: o.At, Challenges: []challenge.Challenge{o}, Log: []accesslog.Entry{e}}
	if o.Owner != d.Kit.Me {
		if err := d.post(&u, o, o.Owner, leg); err != nil {
			return err
		}
	}
	return d.commit(ctx, u)
}

// Answer is the owner's word. A correction goes to every case for which the value was told; any other answer only to who objected.
// Errors: office.Officer.May, errs.NoSuchObjection, errs.Stale, and those of challenge.Challenge.Answered.
func (d *Desk) Answer(ctx context.Context, by office.Officer, id string, row int64, a challenge.Answer) error {
	if err := by.May(office.AnswerObjection, office.Matter{On: workday.DateOf(d.Kit.Now())}); err != nil {
		return err
	}
	o, err := d.Mine(ctx, id)
	if err != nil {
		return err
	}
	if o.Row != row {
		return errs.New(errs.Stale, "%s was read at %d, is at %d", id, row, o.Row)
	}
	a.At = d.now()
	if o, err = o.Answered(a); err != nil {
		return err
	}
	o.By = by.ID
	u := unit.Unit{At: a.At, Challenges: []challenge.Challenge{o}, Log: []accesslog.Entry{{
		Kind: accesslog.Act, At: a.At, Case: o.Told.Case, Who: by.ID, Office: by.Office, What: "objection." + string(a.Kind), Fact: o.Told.Question, Fields: []string{o.Field},
	}}}
	if !o.Person {
		if err := d.post(&u, o, o.Asker, ""); err != nil {
			return err
		}
	}
	if a.Kind == challenge.Corrected {
		if err := d.spread(ctx, &u, o); err != nil {
			return err
		}
	}
	return d.commit(ctx, u)
}

// spread tells every asker to which the field was told, about each of its cases, that it is corrected.
func (d *Desk) spread(ctx context.Context, u *unit.Unit, o challenge.Challenge) error {
	number, err := d.Store.AskedAbout(ctx, o.Asker, o.Told.ID)
	if err != nil {
		return err
	}
	list, err := d.Store.AnsweredAbout(ctx, party.Person{IDNo: number}, Most)
	if err != nil {
		return err
	}
	told := map[string]bool{}
	if !o.Person {
		told[string(o.Asker)+o.Told.Case] = true // hears it as the answer
	}
	for _, a := range list {
		one := string(a.Asker) + a.Case
		if a.Resource != o.Told.Resource || !slices.Contains(a.Fields, o.Field) || told[one] {
			continue
		}
		told[one] = true
		if err := d.post(u, o.For(unit.NewID(), a.About(), a.Asker), a.Asker, ""); err != nil {
			return err
		}
	}
	return nil
}

// Mine is an objection that this node has to answer, or has answered; errs.NoSuchObjection.
func (d *Desk) Mine(ctx context.Context, id string) (challenge.Challenge, error) {
	o, err := d.Store.Challenge(ctx, id)
	if errs.Is(err, errs.Missing) || err == nil && o.Owner != d.Kit.Me {
		return o, errs.New(errs.NoSuchObjection, "%.40q", id)
	}
	return o, err
}

// post adds the envelope of an objection. Who told does not know the case's legs; the name says only what kind the envelope is of.
func (d *Desk) post(u *unit.Unit, o challenge.Challenge, to office.NodeID, leg string) error {
	if leg == "" {
		leg = string(item.Decide)
	}
	body, err := proof.Marshal(challenge.Word{Challenge: o})
	if err != nil {
		return err
	}
	return d.Kit.Post(u, exchange.Envelope{ID: unit.NewID(), To: to, Kind: exchange.Challenge, Case: o.Told.Case, Leg: leg, At: u.At, Private: body})
}

func (d *Desk) commit(ctx context.Context, u unit.Unit) error {
	if err := d.Store.Commit(ctx, u); err != nil {
		return err
	}
	if len(u.Out) > 0 {
		d.Kit.Woken()
	}
	return nil
}
