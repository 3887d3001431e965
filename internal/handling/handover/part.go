package handover

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Verify is a place's answer for its part of a matter that several places share; the place that leads goes on with it.
func (p *Post) Verify(ctx context.Context, by casefile.Actor, id string, row int64, v casefile.Verified) (casefile.Case, error) {
	return p.part(ctx, by, id, row, func(c casefile.Case) (casefile.Case, casefile.Step, error) {
		return casefile.Verify(c, p.Kit.Me, by, v, p.Kit.Now())
	})
}

// GiveBack says that a part is not this office's, with a shared reason code.
func (p *Post) GiveBack(ctx context.Context, by casefile.Actor, id string, row int64, reason string) (casefile.Case, error) {
	if _, ok := p.Kit.Catalogue.Reason(reason); !ok {
		return casefile.Case{}, errs.New(errs.ReasonNeeded, "no shared reason %q", reason)
	}
	return p.part(ctx, by, id, row, func(c casefile.Case) (casefile.Case, casefile.Step, error) {
		return casefile.GiveBack(c, p.Kit.Me, by, reason, p.Kit.Now())
	})
}

// Undo says that what was done here for a case that came to nothing is undone.
func (p *Post) Undo(ctx context.Context, by casefile.Actor, id string, row int64) (casefile.Case, error) {
	return p.part(ctx, by, id, row, func(c casefile.Case) (casefile.Case, casefile.Step, error) {
		return casefile.Undo(c, p.Kit.Me, by, p.Kit.Now())
	})
}

// part is the common course: the act on the part, and what follows it here or at the place that leads.
func (p *Post) part(ctx context.Context, by casefile.Actor, id string, row int64,
	domain func(casefile.Case) (casefile.Case, casefile.Step, error),
) (casefile.Case, error) {
	return unit.Act(ctx, p.Store, id, row, func(c casefile.Case) (casefile.Case, error) {
		facts, err := p.ownFacts(ctx, c)
		if err != nil {
			return casefile.Case{}, err
		}
		c, step, err := domain(c)
		if err != nil {
			return casefile.Case{}, err
		}
		var u unit.Unit
		c, fact, err := p.Kit.Record(&u, c, step, by.ID)
		if err != nil {
			return casefile.Case{}, err
		}
		if c, err = p.react(&u, c, p.Kit.Me, nil, append(facts, fact)); err != nil {
			return casefile.Case{}, err
		}
		var said []casefile.Verified
		if v, ok := step.Private.(casefile.Verified); ok {
			said = append(said, v)
		}
		if err := p.Kit.TellPart(&u, c, c.Coordinator, step.Leg, []proof.Signed{fact}, casefile.Offered{Verified: said}); err != nil {
			return casefile.Case{}, err
		}
		if err := p.Store.Commit(ctx, u); err != nil {
			return casefile.Case{}, err
		}
		p.Kit.Woken()
		return c, nil
	})
}

// react lets the place that leads go on after it heard of a part: what waited for it begins. Nothing happens elsewhere.
func (p *Post) react(u *unit.Unit, c casefile.Case, from office.NodeID, said []casefile.Verified, facts []proof.Signed) (casefile.Case, error) {
	if _, shared := c.LegOf(item.Verify); c.Coordinator != p.Kit.Me || !shared {
		return c, nil
	}
	law, err := p.Kit.Law(c, c.Day(p.Kit.Now()))
	if err != nil {
		return c, err
	}
	next := casefile.React(c, p.Kit.Me, from, said, law, unit.NewID, p.Kit.Now())
	u.Case = &next
	if u.At.Before(next.Last) {
		u.At = next.Last
	}
	if until, ok := next.SilenceAt(); ok {
		u.Due = append(u.Due, unit.Due{Case: c.ID, Kind: unit.DueSilence, At: until})
	}
	return next, p.Kit.Offers(u, c, next, facts)
}
