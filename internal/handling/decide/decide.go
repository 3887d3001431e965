// Package decide is the deciding place's work (属地): look, accept or send back once with everything that is missing, and
// decide. Each act is one unit: the case, the signed fact, the legal document, and what the other place is told.
package decide

import (
	"context"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Store is where cases are kept. Commit is durable when it returns and fails with errs.Stale if the case was changed
// since it was read. Safe for concurrent use.
type Store interface {
	unit.Cases
	Facts(ctx context.Context, caseID string) ([]casefile.Known, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Fees says whether an act has to wait for money: errs.PayFirst then.
type Fees interface {
	Cleared(ctx context.Context, c casefile.Case, act casefile.Act) error
}

// Results says what a yes would be made into.
type Results interface {
	// Next is the version of a licence of which a yes makes the next one: renews is false for a matter that makes a new one, and the
	// version 0 for a licence that this node does not know, where the decision itself is the result. Errors: errs.RenewNotTheirs,
	// errs.RenewSuspended, errs.RenewOver.
	Next(ctx context.Context, c casefile.Case) (version int, renews bool, err error)
}

// Bench is a deciding office's bench.
type Bench struct {
	Kit     *unit.Kit
	Store   Store
	Fees    Fees    // nil: nothing waits for money
	Results Results // nil: no result renews a licence
}

// Next is Results.Next.
func (b *Bench) Next(ctx context.Context, c casefile.Case) (version int, renews bool, err error) {
	if b.Results == nil {
		return 0, false, nil
	}
	return b.Results.Next(ctx, c)
}

// Paid says whether money stands against an act.
func (b *Bench) Paid(ctx context.Context, c casefile.Case, act casefile.Act) error {
	if b.Fees == nil {
		return nil
	}
	return b.Fees.Cleared(ctx, c, act)
}

// Ref names the case as the officer saw it: with a Row other than the stored one every act fails with errs.Stale, so that
// nobody decides on a page that is out of date. Row 0 takes the case as it is.
type Ref struct {
	Case string
	Row  int64
}

// act is the common course of every act: load, let the domain decide, record, add papers, commit.
func (b *Bench) act(ctx context.Context, by string, ref Ref,
	domain func(c casefile.Case, law casefile.Law) (casefile.Case, casefile.Step, error),
	more func(u *unit.Unit, c casefile.Case, fact proof.Signed) error,
) (casefile.Case, error) {
	return unit.Act(ctx, b.Store, ref.Case, ref.Row, func(c casefile.Case) (casefile.Case, error) {
		law, err := b.Kit.Law(c, c.Day(b.Kit.Now()))
		if err != nil {
			return casefile.Case{}, err
		}
		c, step, err := domain(c, law)
		if err != nil {
			return casefile.Case{}, err
		}
		var u unit.Unit
		c, fact, err := b.Kit.Record(&u, c, step, by)
		if err != nil {
			return casefile.Case{}, err
		}
		if more != nil {
			if err := more(&u, c, fact); err != nil {
				return casefile.Case{}, err
			}
		}
		if err := b.Store.Commit(ctx, u); err != nil {
			return casefile.Case{}, err
		}
		if len(u.Out) > 0 {
			b.Kit.Woken()
		}
		return *u.Case, nil
	})
}

// Recuse records that an officer declared an interest: a colleague goes on with the case. Nobody outside the office is told.
func (b *Bench) Recuse(ctx context.Context, by casefile.Actor, ref Ref) (casefile.Case, error) {
	return unit.Act(ctx, b.Store, ref.Case, ref.Row, func(c casefile.Case) (casefile.Case, error) {
		now := b.Kit.Now()
		c, err := casefile.Recuse(c, by, now)
		if err != nil {
			return casefile.Case{}, err
		}
		at := now.UTC().Truncate(time.Microsecond)
		return c, b.Store.Commit(ctx, unit.Unit{At: at, Case: &c, Log: []accesslog.Entry{
			{Kind: accesslog.Act, At: at, Case: c.ID, Who: by.ID, What: string(office.Recuse)},
		}})
	})
}

// Review stores the findings on the checklist.
func (b *Bench) Review(ctx context.Context, by casefile.Actor, ref Ref, marks map[string]casefile.Mark) (casefile.Case, error) {
	return b.act(ctx, by.ID, ref, func(c casefile.Case, _ casefile.Law) (casefile.Case, casefile.Step, error) {
		return casefile.Review(c, b.Kit.Me, by, marks, b.Kit.Now())
	}, nil)
}

// Accept is 受理, with P-02 for the applicant (行政许可法 第32条: in writing, with seal and date).
func (b *Bench) Accept(ctx context.Context, by casefile.Actor, ref Ref) (casefile.Case, error) {
	return b.act(ctx, by.ID, ref, func(c casefile.Case, law casefile.Law) (casefile.Case, casefile.Step, error) {
		if err := b.Paid(ctx, c, casefile.ActAccept); err != nil {
			return casefile.Case{}, casefile.Step{}, err
		}
		c, err := b.entrusted(c)
		if err != nil {
			return casefile.Case{}, casefile.Step{}, err
		}
		return casefile.Accept(c, b.Kit.Me, by, law, b.Kit.Now())
	}, b.accepted)
}

// Silence accepts a case whose intake limit ended without a word; it is called by the clock.
func (b *Bench) Silence(ctx context.Context, id string) (casefile.Case, error) {
	return b.act(ctx, "clock", Ref{Case: id}, func(c casefile.Case, law casefile.Law) (casefile.Case, casefile.Step, error) {
		if i, ok := c.SilenceFrom(); ok { // the rule of the day of receipt applies, which is the legal day of acceptance
			v, found := b.Kit.Catalogue.Local(c.Item, c.Here, c.There, i, b.Kit.Regions)
			if found {
				law.Version = v
			}
		}
		return casefile.DeemAccept(c, b.Kit.Me, law, b.Kit.Now())
	}, b.accepted)
}

func (b *Bench) accepted(u *unit.Unit, c casefile.Case, fact proof.Signed) error {
	u.Due = append(u.Due, unit.Due{Case: c.ID, Kind: unit.DueSilence})
	return b.tellWith(u, c, fact, document.Acceptance, b.Kit.DocData(c, b.Kit.Holder(c, item.Decide)))
}

func (b *Bench) tellWith(u *unit.Unit, c casefile.Case, fact proof.Signed, kind document.Kind, data document.Data) error {
	paper, err := b.Kit.Issue(u, c, kind, data)
	if err != nil {
		return err
	}
	l, _ := c.LegOf(item.Decide)
	return b.Kit.Tell(u, c, c.Coordinator, l.Key, []proof.Signed{fact}, []proof.Signed{paper})
}

// Correct tells everything that is missing at once, with P-03, and the papers travel back.
func (b *Bench) Correct(ctx context.Context, by casefile.Actor, ref Ref, items []casefile.Correction) (casefile.Case, error) {
	return b.act(ctx, by.ID, ref, func(c casefile.Case, law casefile.Law) (casefile.Case, casefile.Step, error) {
		return casefile.Correct(c, b.Kit.Me, by, law, items, unit.NewID(), b.Kit.Now())
	}, func(u *unit.Unit, c casefile.Case, fact proof.Signed) error {
		data := b.Kit.DocData(c, b.Kit.Holder(c, item.Decide))
		for _, it := range items {
			data.Corrections = append(data.Corrections, document.Fix{
				Material: it.Material, Problem: it.Problem, Fix: it.Fix, Basis: it.Basis,
			})
		}
		data.Channel = "/cases/" + string(c.No)
		return b.offerBack(u, c, fact, document.Correction, &data)
	})
}

// Return sends the leg back with a shared reason code; no notice is counted.
func (b *Bench) Return(ctx context.Context, by casefile.Actor, ref Ref, reason string) (casefile.Case, error) {
	if _, ok := b.Kit.Catalogue.Reason(reason); !ok {
		return casefile.Case{}, errs.New(errs.ReasonNeeded, "no shared reason %q", reason)
	}
	return b.act(ctx, by.ID, ref, func(c casefile.Case, _ casefile.Law) (casefile.Case, casefile.Step, error) {
		return casefile.Return(c, b.Kit.Me, by, reason, unit.NewID(), b.Kit.Now())
	}, func(u *unit.Unit, c casefile.Case, fact proof.Signed) error {
		return b.offerBack(u, c, fact, "", nil)
	})
}

func (b *Bench) offerBack(u *unit.Unit, c casefile.Case, fact proof.Signed, kind document.Kind, data *document.Data) error {
	u.Due = append(u.Due, unit.Due{Case: c.ID, Kind: unit.DueSilence})
	var papers []proof.Signed
	if data != nil {
		paper, err := b.Kit.Issue(u, c, kind, *data)
		if err != nil {
			return err
		}
		papers = append(papers, paper)
	}
	l, _ := c.LegOf(item.Decide)
	if l.Transit == nil { // the window is in this house, or the applicant reads the notice on the own page
		return nil
	}
	return b.Kit.Offer(u, c, l.Key, []proof.Signed{fact}, papers)
}

// Decline is 不予受理, with P-04; the result still has to be sent (certify.Issuer).
func (b *Bench) Decline(ctx context.Context, by casefile.Actor, ref Ref, d casefile.Decision) (casefile.Case, error) {
	return b.act(ctx, by.ID, ref, func(c casefile.Case, law casefile.Law) (casefile.Case, casefile.Step, error) {
		c, err := b.entrusted(c)
		if err != nil {
			return casefile.Case{}, casefile.Step{}, err
		}
		return casefile.Decline(c, b.Kit.Me, by, law, d, b.Kit.Now())
	}, func(u *unit.Unit, c casefile.Case, fact proof.Signed) error {
		u.Due = append(u.Due, unit.Due{Case: c.ID, Kind: unit.DueSilence})
		if _, elsewhere := c.Sealing(); elsewhere {
			return b.toSeal(ctx, u, c, by, fact)
		}
		data := b.Kit.ReasonedData(c, *c.Private.Decision)
		return b.tellWith(u, c, fact, document.NotAccepted, data)
	})
}

// Decide concludes: P-06 for a yes, P-07 with reasons and remedies for a no. What is decided in another place's name is sent there in
// the same unit; that place makes the document.
func (b *Bench) Decide(ctx context.Context, by casefile.Actor, ref Ref, d casefile.Decision) (casefile.Case, error) {
	return b.act(ctx, by.ID, ref, func(c casefile.Case, law casefile.Law) (casefile.Case, casefile.Step, error) {
		if d.Outcome == casefile.Granted { // a refusal waits for no money
			if err := b.Paid(ctx, c, casefile.ActDecide); err != nil {
				return casefile.Case{}, casefile.Step{}, err
			}
			if _, _, err := b.Next(ctx, c); err != nil { // what cannot be issued is not granted
				return casefile.Case{}, casefile.Step{}, err
			}
		}
		c, err := b.entrusted(c)
		if err != nil {
			return casefile.Case{}, casefile.Step{}, err
		}
		return casefile.Decide(c, b.Kit.Me, by, law, d, b.Kit.Now())
	}, func(u *unit.Unit, c casefile.Case, fact proof.Signed) error {
		if _, elsewhere := c.Sealing(); elsewhere {
			return b.toSeal(ctx, u, c, by, fact)
		}
		kind := document.Grant
		if d.Outcome == casefile.Denied {
			kind = document.Refusal
		}
		return b.tellWith(u, c, fact, kind, b.Kit.ReasonedData(c, *c.Private.Decision))
	})
}

func (b *Bench) tell(u *unit.Unit, c casefile.Case, fact proof.Signed) error {
	l, _ := c.LegOf(item.Decide)
	return b.Kit.Tell(u, c, c.Coordinator, l.Key, []proof.Signed{fact}, nil)
}
