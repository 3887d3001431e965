package handover

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/workday"
)

// unsealable says why what was decided in this place's name is not sealed: a code of catalogue/items/reasons.toml, "" if nothing
// stands against it. Everything is judged by this node's own rules and mandates, as of the day of the decision that the other node
// signed, and for the office that its fact names: the word of the case that came counts for nothing.
func (p *Post) unsealable(in casefile.Offered, e exchange.Envelope, facts []casefile.Known) string {
	c := in.Case
	c.Private = in.Private
	l, _ := c.Sealing()
	d, ok := c.Decided(facts)
	if !ok || !c.Vouched(d) || d.By != e.From || d.Item != c.Item || d.At.After(e.At) {
		return "decision-unproven"
	}
	day := workday.DateOf(d.At)
	a, inForce := p.Kit.Catalogue.Mandated(c.Item, c.Here, c.There, day, p.Kit.Regions)
	if why := c.Against(a, inForce); why != "" {
		return why
	}
	decider, known := p.Kit.Office(d.Office)
	switch {
	case a.Digest != d.Mandate:
		return item.MandateEnded
	case !known || decider.Node != d.By || decider.Region != c.Here:
		return item.MandateOffice
	case l.Place != c.There || !p.ours(l.Office):
		return "wrong-office"
	}
	if !p.sameRule(c, d, facts, day) {
		return "rules-moved"
	}
	return ""
}

// sameRule reports whether the decision went by the rule that held here: on the day of the signed acceptance, or on that of a refusal
// to accept.
func (p *Post) sameRule(c casefile.Case, d casefile.Fact, facts []casefile.Known, day workday.Date) bool {
	if d.Act == casefile.ActDecide {
		accepted := false
		for _, k := range facts {
			f := k.Fact
			if f.By != d.By || f.Leg != d.Leg || f.Step >= d.Step || f.Rule != d.Rule || f.Pins != c.Rule.Pins {
				continue
			}
			on := workday.DateOf(f.At)
			accepted = accepted || f.Act == casefile.ActAccept && on == c.Rule.On || f.Act == casefile.ActDeemAccept && !c.Rule.On.After(on)
		}
		if !accepted {
			return false
		}
		day = c.Rule.On
	}
	v, ok := p.Kit.Catalogue.Local(c.Item, c.Here, c.There, day, p.Kit.Regions)
	return ok && v.Digest == c.Rule.Digest && v.Pins.There == c.Rule.Pins.There
}

// PassOn gives a case up that the mandate does not carry (any more): the place that has the power goes on with it, by the plan that
// needs no mandate.
func (p *Post) PassOn(ctx context.Context, by casefile.Actor, id string, row int64) (casefile.Case, error) {
	return unit.Act(ctx, p.Store, id, row, func(c casefile.Case) (casefile.Case, error) {
		facts, err := p.ownFacts(ctx, c)
		if err != nil {
			return casefile.Case{}, err
		}
		law, err := p.Kit.Today(c)
		if err != nil {
			return casefile.Case{}, err
		}
		before := c
		c, step, err := casefile.PassOn(c, p.Kit.Me, by, law, unit.NewID, p.Kit.Now())
		if err != nil {
			return casefile.Case{}, err
		}
		var u unit.Unit
		c, fact, err := p.Kit.Record(&u, c, step, by.ID)
		if err != nil {
			return casefile.Case{}, err
		}
		u.Due = append(u.Due, unit.Due{Case: c.ID, Kind: unit.DueSilence})
		if err := p.Kit.Offers(&u, before, c, append(facts, fact)); err != nil {
			return casefile.Case{}, err
		}
		if err := p.Store.Commit(ctx, u); err != nil {
			return casefile.Case{}, err
		}
		p.Kit.Woken()
		return c, nil
	})
}

// outdated are the reasons after which this node's rules or mandates are older than those of who refused.
var outdated = []string{"rules-moved", item.MandateEnded, item.MandateLimits, item.MandateOffice}
