// Package allot says who of an office works on which case: officers take and give back, the lead gives to somebody else. It
// moves no leg and is told to nobody outside the office; each change leaves a log entry in the same transaction (rule I5).
package allot

import (
	"context"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
)

// Store is where cases are kept. Commit is durable when it returns and fails with errs.Stale if the case was changed
// since it was read. Safe for concurrent use.
type Store interface {
	unit.Cases
	Commit(ctx context.Context, u unit.Unit) error
}

// Desk allots an office's work.
type Desk struct {
	Kit   *unit.Kit
	Store Store
}

// Claim takes a case. Of two officers at once one gets it, and the other errs.TakenByColleague.
func (d *Desk) Claim(ctx context.Context, by casefile.Actor, id string) (casefile.Case, error) {
	return d.change(ctx, by, id, office.ClaimCase, func(c casefile.Case, now time.Time) (casefile.Case, error) {
		return casefile.Claim(c, d.Kit.Me, by, now)
	})
}

// Release gives a case back to the office.
func (d *Desk) Release(ctx context.Context, by casefile.Actor, id string) (casefile.Case, error) {
	return d.change(ctx, by, id, office.ReleaseCase, func(c casefile.Case, now time.Time) (casefile.Case, error) {
		return casefile.Release(c, d.Kit.Me, by, now)
	})
}

// Assign gives a case to an officer of the lead's office.
func (d *Desk) Assign(ctx context.Context, by casefile.Actor, id string, to office.Officer) (casefile.Case, error) {
	return d.change(ctx, by, id, office.AssignCase, func(c casefile.Case, now time.Time) (casefile.Case, error) {
		return casefile.Assign(c, d.Kit.Me, by, to, now)
	})
}

// change begins again on what is stored when somebody else changed the case meanwhile, so that the answer is about it.
func (d *Desk) change(ctx context.Context, by casefile.Actor, id string, act office.Act,
	do func(c casefile.Case, now time.Time) (casefile.Case, error),
) (out casefile.Case, err error) {
	err = unit.Retry(ctx, func() error {
		out, err = unit.Act(ctx, d.Store, id, 0, func(c casefile.Case) (casefile.Case, error) {
			now := d.Kit.Now()
			was := c.Claimed
			c, err := do(c, now)
			if err != nil || c.Claimed == was {
				return c, err
			}
			at := now.UTC().Truncate(time.Microsecond)
			return c, d.Store.Commit(ctx, unit.Unit{At: at, Case: &c, Log: []accesslog.Entry{
				{Kind: accesslog.Act, At: at, Case: c.ID, Who: by.ID, Office: by.Office, What: string(act), Reason: c.Claimed},
			}})
		})
		return err
	})
	return out, err
}
