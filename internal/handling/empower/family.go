package empower

import (
	"context"
	"slices"

	"tongban/internal/domain/item"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Matters are the items in which people may let others act today, in the catalogue's order.
func (o *Office) Matters() []item.Item {
	today := workday.DateOf(o.now())
	var out []item.Item
	for _, it := range o.Kit.Catalogue.All() {
		if v, ok := o.Kit.Catalogue.Version(it.Code, today); ok && byAgent(it, v) {
			out = append(out, it)
		}
	}
	return out
}

// byAgent reports whether a matter is one that a person may let somebody else handle.
func byAgent(it item.Item, v item.Version) bool {
	return slices.Contains(it.Subject, "person") && v.ByAgent()
}

// Family is what somebody gave for their own matters, and what they hold or asked for of others; newest first.
func (o *Office) Family(ctx context.Context, who party.Person) (given, held []mandate.Record, err error) {
	if who.IDNo == "" {
		return nil, nil, nil
	}
	if given, err = o.Store.MandatesBy(ctx, who, most); err != nil {
		return nil, nil, err
	}
	given = slices.DeleteFunc(given, func(r mandate.Record) bool { return !r.Personal() || !party.SameDocument(r.Representative, who) })
	if held, err = o.Store.MandatesFor(ctx, who, most); err != nil {
		return nil, nil, err
	}
	held = slices.DeleteFunc(held, func(r mandate.Record) bool { return !r.Personal() || !r.Sees(who, false) })
	return given, held, nil
}

// Let writes down that somebody lets an agent act in their own matters, unsigned. Errors: those of mandate.Draw, errs.NotByAgent for
// an item whose rules know no agent.
func (o *Office) Let(ctx context.Context, who party.Person, g Grant) (mandate.Record, error) {
	given, _, err := o.Family(ctx, who)
	if err != nil {
		return mandate.Record{}, err
	}
	return o.write(ctx, given, g, "mandate.draw", func(m mandate.Mandate, today workday.Date) (mandate.Record, error) {
		m.Representative = who
		m, err := mandate.Draw(m, today)
		return mandate.Record{Mandate: m, State: mandate.Drawn}, err
	})
}

// Ask writes down what an agent asks somebody for whom they do not name: whoever is sent its address, signs in and takes it up. g.Agent
// is who asks. Errors: those of Let.
func (o *Office) Ask(ctx context.Context, g Grant) (mandate.Record, error) {
	_, held, err := o.Family(ctx, g.Agent)
	if err != nil {
		return mandate.Record{}, err
	}
	return o.write(ctx, held, g, "mandate.ask", func(m mandate.Mandate, today workday.Date) (mandate.Record, error) {
		m, err := mandate.AskFor(m, today)
		return mandate.Record{Mandate: m, State: mandate.Asked, Wanted: true}, err
	})
}

// write stores a new record; a form that comes a second time finds the first among those that are there.
func (o *Office) write(ctx context.Context, have []mandate.Record, g Grant, what string, draw func(mandate.Mandate, workday.Date) (mandate.Record, error)) (mandate.Record, error) {
	if err := keyed(g); err != nil {
		return mandate.Record{}, err
	}
	if i := slices.IndexFunc(have, func(r mandate.Record) bool { return r.ID == g.ID }); i >= 0 {
		return have[i], nil
	}
	if len(have) >= most {
		return mandate.Record{}, errs.New(errs.TooMany, "%d mandates", len(have))
	}
	today := workday.DateOf(o.now())
	for _, code := range g.Items {
		it, ok := o.Kit.Catalogue.Item(code)
		if !ok {
			return mandate.Record{}, errs.New(errs.MandateScope, "no item %.20q", code)
		}
		if v, ok := o.Kit.Catalogue.Version(code, today); !ok || !byAgent(it, v) {
			return mandate.Record{}, errs.New(errs.NotByAgent, "%s", code)
		}
	}
	r, err := draw(mandate.Mandate{ID: g.ID, At: o.Kit.Me, Agent: g.Agent, Items: g.Items, From: g.From, Until: g.Until}, today)
	if err != nil {
		return mandate.Record{}, err
	}
	r.Drawn = o.now()
	return r, o.commit(ctx, what, unit.Unit{Mandates: []mandate.Record{r}})
}

// Take makes a mandate that was asked for the visitor's to sign. A second press finds it theirs. Errors: those of Record.Move.
func (o *Office) Take(ctx context.Context, who party.Person, id string) (mandate.Record, error) {
	r, leads, err := o.open(ctx, who, id)
	if err == nil && leads && r.State == mandate.Drawn {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	return o.move(ctx, who, id, mandate.Take, func(r *mandate.Record, _ *unit.Unit) error {
		_, err := mandate.Draw(r.Mandate, workday.DateOf(o.now()))
		return err
	})
}

// MayFor says for whom a mandate lets somebody act in a matter now, and in which right. Errors: those of mandate.Names.MayFor, and
// errs.NotByAgent where the rules of today know no agent.
func (o *Office) MayFor(ctx context.Context, who party.Person, id string, v item.Version, code string) (party.Person, party.Acting, error) {
	if it, ok := o.Kit.Catalogue.Item(code); !ok || !byAgent(it, v) {
		return party.Person{}, party.Acting{}, errs.New(errs.NotByAgent, "%s", code)
	}
	names, err := o.Names(ctx, who)
	if err != nil {
		return party.Person{}, party.Acting{}, err
	}
	return names.MayFor(id, code, workday.DateOf(o.now()))
}

// withKin adds a mandate to those of who gave it. One that nobody took up yet is nobody's.
func withKin(list []mandate.Kin, r mandate.Record) []mandate.Kin {
	if r.Representative.IDNo == "" {
		return list
	}
	i := slices.IndexFunc(list, func(k mandate.Kin) bool { return party.SameDocument(k.Person, r.Representative) })
	if i < 0 {
		i, list = len(list), append(list, mandate.Kin{Person: r.Representative})
	}
	list[i].Mandates = append(list[i].Mandates, r)
	return list
}
