// Package correspond lets an applicant write to the office that holds the case, and the office answer, also across provinces:
// each word commits with the envelope that carries it, and is kept with the case on both sides.
package correspond

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/message"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Store is where cases and messages are kept. Commit is durable when it returns. Safe for concurrent use.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	Messages(ctx context.Context, caseID string) ([]message.Message, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Desk passes words on.
type Desk struct {
	Kit   *unit.Kit
	Store Store
}

// Ask is the applicant's word, on a case of theirs that is coordinated here; id was made with the form, so that a second submit
// changes nothing. It goes to the office that answers for the case now. Errors: those of message.Clean and message.May.
func (d *Desk) Ask(ctx context.Context, c casefile.Case, id, text string) error {
	if c.Coordinator != d.Kit.Me {
		return errs.New(errs.NotAllowedNow, "%s is coordinated by %s", c.No, c.Coordinator)
	}
	m, again, err := d.write(ctx, c, id, text, message.Applicant)
	if err != nil || again {
		return err
	}
	holder, _ := c.Holder()
	m.Office, m.Open = holder.Office, holder.Node == d.Kit.Me
	u := unit.Unit{At: m.At, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: m.At, Case: c.ID, Who: c.Visitor(), What: "message"},
	}}
	return d.send(ctx, u, c, m, holder.Node)
}

// Answer is an officer's word to the applicant: the applicant is told that there is one, by the node that has the contact. It
// returns what office.Officer.May says, and the errors of Ask.
func (d *Desk) Answer(ctx context.Context, by casefile.Actor, caseID, id, text string) error {
	c, err := d.Store.Case(ctx, caseID)
	if err != nil {
		return err
	}
	matter := c.Matter(d.Kit.Now())
	matter.Offices = nil // only those of this node: another province's office speaks from there
	for _, l := range c.Legs {
		if l.Node == d.Kit.Me {
			matter.Offices = append(matter.Offices, l.Office)
		}
	}
	if err := by.Officer().May(office.AnswerMessage, matter); err != nil {
		return err
	}
	m, again, err := d.write(ctx, c, id, text, message.Office)
	if err != nil || again {
		return err
	}
	m.Office, m.By = by.Office, by.ID
	u := unit.Unit{At: m.At, Read: &unit.Reading{Case: c.ID, Side: message.Office, Answered: true}, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: m.At, Case: c.ID, Who: by.ID, Office: by.Office, What: "message"},
	}}
	if c.Coordinator == d.Kit.Me {
		d.Kit.Notify(&u, notice.Spoken(c, m.ID, m.Office, m.At))
	}
	return d.send(ctx, u, c, m, c.Coordinator)
}

// write makes a message; again is true if the same form was submitted before.
func (d *Desk) write(ctx context.Context, c casefile.Case, id, text string, from message.Side) (_ message.Message, again bool, _ error) {
	if key, err := uuid.Parse(id); err != nil || key.Version() != 7 || key.String() != id {
		return message.Message{}, false, errs.New(errs.BadRequest, "form without its key")
	}
	text, err := message.Clean(text)
	if err != nil {
		return message.Message{}, false, err
	}
	thread, err := d.Store.Messages(ctx, c.ID)
	if err != nil {
		return message.Message{}, false, err
	}
	for _, m := range thread {
		if m.ID == id {
			return m, true, nil
		}
	}
	now := d.Kit.Now().UTC().Truncate(time.Microsecond)
	return message.Message{ID: id, Case: c.ID, From: from, At: now, Text: text}, false, message.May(c, thread, from, now)
}

// send commits a message, with the envelope that carries it if its reader is at another node.
func (d *Desk) send(ctx context.Context, u unit.Unit, c casefile.Case, m message.Message, to office.NodeID) error {
	u.Messages = append(u.Messages, m)
	if to != d.Kit.Me {
		body, err := proof.Marshal(m)
		if err != nil {
			return err
		}
		err = d.Kit.Post(&u, exchange.Envelope{ID: m.ID, To: to, Kind: exchange.Message, Case: c.ID, Leg: c.Legs[0].Key, At: m.At, Private: body})
		if err != nil {
			return err
		}
	}
	if err := d.Store.Commit(ctx, u); err != nil {
		return err
	}
	if len(u.Out) > 0 {
		d.Kit.Woken()
	}
	return nil
}
