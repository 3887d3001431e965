package empower_test

import (
	"slices"
	"testing"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/party"
	"tongban/internal/handling/empower"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/workday"
)

// A stranger who knows name and number of an agent writes a hundred papers that nobody signs: what the agent really holds stays.
func TestUnsignedPapersPushNobodyOut(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	elder := party.Person{Name: "张守田", IDType: party.ResidentID, IDNo: "520103194803030014"}
	today := workday.DateOf(w.now)
	g := empower.Grant{ID: unit.NewID(), Agent: lin, Items: []string{filing}, From: today, Until: today.AddDays(30)}
	r, err := w.Ask(ctx, g)
	w.want("ask", err, 0)
	r, err = w.Take(ctx, elder, r.ID)
	w.want("take", err, 0)
	r, err = w.Sign(ctx, elder, r.ID, w.consent(r, elder, w.now))
	w.want("sign", err, 0)
	v, _ := w.Kit.Catalogue.Version(filing, today)
	_, right, err := w.MayFor(ctx, lin, r.ID, v, filing)
	w.want("may", err, 0)
	c := casefile.Case{Item: filing, Private: casefile.Private{Applicant: elder, Acting: &right}}
	for range 100 {
		g.ID = unit.NewID()
		_, err := w.Let(ctx, shi, g)
		w.want("a stranger's paper", err, 0)
	}
	if _, _, err := w.MayFor(ctx, lin, r.ID, v, filing); err != nil {
		t.Errorf("the agent's own authority: %v", err)
	}
	if err := w.Sees(ctx, lin, c); err != nil {
		t.Errorf("the agent's own case: %v", err)
	}
	if _, held, _ := w.Family(ctx, lin); len(held) != 1 {
		t.Errorf("held: %d", len(held))
	}
}

// What the form does not offer is not taken either: a matter of units only is no person's to hand on.
func TestOnlyMattersOfPeople(t *testing.T) {
	w := newWorld(t)
	today := workday.DateOf(w.now)
	offered := w.Matters()
	for _, it := range w.Kit.Catalogue.All() {
		v, ok := w.Kit.Catalogue.Version(it.Code, today)
		if !ok || !v.ByAgent() {
			continue
		}
		if slices.ContainsFunc(offered, func(o item.Item) bool { return o.Code == it.Code }) {
			continue
		}
		_, err := w.Ask(t.Context(), empower.Grant{ID: unit.NewID(), Agent: lin, Items: []string{it.Code}, From: today, Until: today.AddDays(30)})
		if err == nil {
			t.Errorf("%s %v is not offered and was taken", it.Code, it.Subject)
		}
	}
}
