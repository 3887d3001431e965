package inquire

import (
	"context"
	"slices"

	"tongban/internal/domain/assist"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Settle is what the clock does about a case's questions: those whose leg is no longer worked on here are taken back, of those that
// are late the other office is reminded, and the next look is set. Nothing is lost if it is done twice or late.
func (d *Desk) Settle(ctx context.Context, caseID string) error {
	c, err := d.Store.Case(ctx, caseID)
	if err != nil {
		return err
	}
	list, err := d.Store.Inquiries(ctx, caseID)
	if err != nil {
		return err
	}
	u := unit.Unit{At: d.now()}
	next := unit.Due{Case: caseID, Kind: unit.DueInquiry} // a zero time ends it
	for _, q := range list {
		if q.From != d.Kit.Me || q.State != inquiry.Open {
			continue
		}
		if !c.Works(d.Kit.Me, q.Leg) {
			if _, err := d.back(&u, q, d.why(c)); err != nil {
				return err
			}
			continue
		}
		at := q.NextRemind(assist.Default(), d.Kit.Calendar)
		if !u.At.Before(at) {
			q = q.Remind(u.At)
			if err := d.reminder(&u, q); err != nil {
				return err
			}
			at = q.NextRemind(assist.Default(), d.Kit.Calendar)
		}
		if next.At.IsZero() || at.Before(next.At) {
			next.At = at
		}
	}
	u.Due = append(u.Due, next)
	if err := d.Store.Commit(ctx, u); err != nil {
		return err
	}
	if len(u.Out) > 0 {
		d.Kit.Woken()
	}
	return nil
}

func (d *Desk) why(c casefile.Case) string {
	for _, l := range c.Legs {
		if l.State == casefile.Withdrawn {
			return whyWithdrawn
		}
	}
	return whyNeedless
}

func (d *Desk) reminder(u *unit.Unit, q inquiry.Inquiry) error {
	u.Inquiries = append(u.Inquiries, q)
	if q.To == d.Kit.Me {
		return nil
	}
	return d.post(u, q, unit.NewID(), q.To, inquiry.Word{Reminded: q.ID})
}

// Look gives an inquiry to an officer of one of its two offices. errs.NotAsked for anybody else.
func (d *Desk) Look(ctx context.Context, by casefile.Actor, id string) (inquiry.Inquiry, error) {
	q, err := d.Store.Inquiry(ctx, id)
	if err != nil {
		return q, err
	}
	var ours []string
	if q.To == d.Kit.Me {
		ours = append(ours, q.Desk)
	}
	if q.From == d.Kit.Me {
		ours = append(ours, q.Office)
	}
	if !slices.Contains(ours, by.Office) {
		return q, errs.New(errs.NotAsked, "%s is between %s and %s", id, q.Office, q.Desk)
	}
	return q, by.Officer().May(office.ReadInquiry, office.Matter{Offices: ours, On: workday.DateOf(d.Kit.Now())})
}

// Proved says whether both letters of an inquiry are what they should be.
func (d *Desk) Proved(q inquiry.Inquiry) error { return q.Proved(d.Kit.Trust()) }
