package decide

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/item"
	"tongban/internal/handling/unit"
	"tongban/internal/proof"
)

// Suspend stops the clock for a procedure of 行政许可法 第45条, with P-18: what is done, why, and how long it will take.
func (b *Bench) Suspend(ctx context.Context, by casefile.Actor, ref Ref, s casefile.Suspension) (casefile.Case, error) {
	return b.act(ctx, by.ID, ref, func(c casefile.Case, law casefile.Law) (casefile.Case, casefile.Step, error) {
		return casefile.Suspend(c, b.Kit.Me, by, law, s, b.Kit.Now())
	}, func(u *unit.Unit, c casefile.Case, fact proof.Signed) error {
		data := b.Kit.DocData(c, b.Kit.Holder(c, item.Decide))
		data.Procedure, data.ProcedureDays, data.Reasons = s.Procedure, s.Days, []string{s.Reason}
		return b.tellWith(u, c, fact, document.Procedure, data)
	})
}

// Resume ends a suspension.
func (b *Bench) Resume(ctx context.Context, by casefile.Actor, ref Ref) (casefile.Case, error) {
	return b.act(ctx, by.ID, ref, func(c casefile.Case, law casefile.Law) (casefile.Case, casefile.Step, error) {
		return casefile.Resume(c, b.Kit.Me, by, law, b.Kit.Now())
	}, b.tell)
}

// AskExtend asks the lead for more time; nobody outside the office is told.
func (b *Bench) AskExtend(ctx context.Context, by casefile.Actor, ref Ref, reason string) (casefile.Case, error) {
	return b.act(ctx, by.ID, ref, func(c casefile.Case, law casefile.Law) (casefile.Case, casefile.Step, error) {
		return casefile.AskExtend(c, b.Kit.Me, by, law, reason, b.Kit.Now())
	}, nil)
}

// Extend approves it, with P-05 for the applicant: the reason, the day before and the day now, and who approved.
func (b *Bench) Extend(ctx context.Context, by casefile.Actor, ref Ref) (casefile.Case, error) {
	var basis string
	return b.act(ctx, by.ID, ref, func(c casefile.Case, law casefile.Law) (casefile.Case, casefile.Step, error) {
		c, step, err := casefile.Extend(c, b.Kit.Me, by, law, b.Kit.Now())
		if err != nil {
			return c, step, err
		}
		for _, r := range law.Version.LimitsOf(step.Leg) {
			if r.Key == c.Private.Extension.Limit {
				basis = law.Version.Cite(r.Basis)
			}
		}
		return c, step, nil
	}, func(u *unit.Unit, c casefile.Case, fact proof.Signed) error {
		e := c.Private.Extension
		data := b.Kit.DocData(c, b.Kit.Holder(c, item.Decide))
		data.OldDue, data.Due, data.Reasons, data.Approver = e.Old.String(), e.New.String(), []string{e.Reason}, by.Name
		if basis != "" {
			data.Basis = []string{basis}
		}
		return b.tellWith(u, c, fact, document.Extension, data)
	})
}

// KeepLimit says no to what was asked.
func (b *Bench) KeepLimit(ctx context.Context, by casefile.Actor, ref Ref, reason string) (casefile.Case, error) {
	return b.act(ctx, by.ID, ref, func(c casefile.Case, _ casefile.Law) (casefile.Case, casefile.Step, error) {
		return casefile.KeepLimit(c, b.Kit.Me, by, reason, b.Kit.Now())
	}, nil)
}
