package node_test

import (
	"strings"
	"testing"

	"tongban/internal/domain/bundle"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/node"
)

const leaseRule = `from = "DAY"
source = "示例"

[[basis]]
key = "办法"
law = "西宁市示例办法"
article = "第3条"
text = "住所为租赁的提交租赁合同"
text_en = "A rented address needs its lease"
rank = "regulation"

[[questions]]
key = "rented"
text = "住所是租来的吗？"
text_en = "Is the address rented?"
why = "租来的要有租赁合同"
why_en = "A rented address needs its lease"

[[materials]]
key = "lease"
name = "租赁合同"
name_en = "Lease"
sources = ["upload"]
form = "copy"
when = "住所是租来的"
when_en = "if the address is rented"
if = "rented"
basis = "办法"
`

// publishLease makes 青海 ask for a lease from today on, by two stewards.
func publishLease(t *testing.T, n *node.Node) {
	t.Helper()
	today := workday.DateOf(n.Kit.Now())
	steward := func(id string) office.Officer { return office.Officer{ID: id, Roles: []office.Role{office.Steward}} }
	place := region.Must("630100")
	d, err := n.Rules.Begin(t.Context(), steward("a"), bundle.Content{
		Kind: bundle.Overlay, Place: place, Item: "2020-030", From: today, Text: strings.Replace(leaseRule, "DAY", today.String(), 1),
		Trials: []item.Trial{{Name: "租", Here: region.Must("230183"), There: place, On: today, Answers: map[string]bool{"rented": true}, Mode: item.Online}},
	})
	for _, who := range []string{"b", "c"} {
		if err == nil {
			d, err = n.Rules.Approve(t.Context(), steward(who), d.ID, d.Row)
		}
	}
	if err == nil {
		_, err = n.Rules.Publish(t.Context(), steward("c"), d.ID, d.Row)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A rule comes into force at the deciding place and the receiving one has not heard of it: the case comes back with what
// is new, nothing that was entered is lost, and it is accepted once that is answered.
func TestRulesMoveUnderACase(t *testing.T) {
	here, there := pair(t)
	ctx := t.Context()
	clerk := actor(t, here, "230183", office.Window)
	c, err := here.Lodge.TakeIn(ctx, clerk, application(t, here))
	if err != nil {
		t.Fatal(err)
	}
	answers := c.Private.Answers
	publishLease(t, there)
	if _, err := here.Post.HandOver(ctx, clerk, c.ID, 0); err != nil {
		t.Fatal(err)
	}
	settle(t, here, there)
	look := func(n *node.Node) casefile.Case {
		t.Helper()
		c, err := n.Store.Case(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	back := look(here)
	if collect, _ := back.LegOf(item.Collect); collect.Reason != "rules-moved" || collect.State != casefile.Received {
		t.Fatalf("%+v", collect)
	}
	if _, err := there.Store.Case(ctx, c.ID); !errs.Is(err, errs.Missing) {
		t.Fatalf("the deciding place kept a case that it refused: %v", err)
	}
	if err := here.MeetRules(ctx, "63"); err != nil { // the loop does it by itself: see rulesRound
		t.Fatal(err)
	}
	if _, err := here.Post.HandOver(ctx, clerk, c.ID, 0); !errs.Is(err, errs.RulesMovedHere) {
		t.Fatalf("handed over without a look: %v", err)
	}
	law, err := here.Kit.Law(back, workday.DateOf(here.Kit.Now()))
	if err != nil {
		t.Fatal(err)
	}
	if news := here.Kit.Moved(back, law); len(news) != 1 || news[0].Part != "question" || news[0].Key != "rented" {
		t.Fatalf("%+v", news)
	}
	// Rented, but the lease is not there yet: that is what is asked next, and nothing else.
	if _, err := here.Lodge.Recheck(ctx, clerk, c.ID, 0, map[string]bool{"rented": true}, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	if news := here.Kit.Moved(look(here), law); len(news) != 1 || news[0].Key != "lease" {
		t.Fatalf("%+v", news)
	}
	lease := []casefile.Material{{Key: "lease", Name: "租赁合同", Source: "upload"}}
	if _, err := here.Lodge.Recheck(ctx, clerk, c.ID, 0, nil, nil, lease, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := here.Post.HandOver(ctx, clerk, c.ID, 0); err != nil {
		t.Fatal(err)
	}
	settle(t, here, there)
	got := look(there)
	if d, _ := got.LegOf(item.Decide); d.State != casefile.Received || d.Holder != "63" {
		t.Fatalf("%+v", d)
	}
	for key, value := range answers {
		if got.Private.Answers[key] != value {
			t.Errorf("%s was %q, is %q", key, value, got.Private.Answers[key])
		}
	}
	want, _ := there.Kit.Catalogue.OverlayOf("2020-030", region.Must("630100"), workday.DateOf(there.Kit.Now()))
	if got.Rule.Pins.There != want.Digest || got.Rule.Pins.Here != item.NoRules {
		t.Errorf("%+v", got.Rule)
	}
}

// Whoever lives in an address of their own is asked one question and no paper; and a rule that asks nothing new of a case lets it pass.
func TestRulesThatAskNothing(t *testing.T) {
	here, there := pair(t)
	ctx := t.Context()
	clerk := actor(t, here, "230183", office.Window)
	a := application(t, here)
	a.Materials = append(a.Materials, casefile.Material{Key: "lease", Name: "租赁合同", Source: "upload"})
	c, err := here.Lodge.TakeIn(ctx, clerk, a)
	if err != nil {
		t.Fatal(err)
	}
	publishLease(t, there)
	if err := here.MeetRules(ctx, "63"); err != nil {
		t.Fatal(err)
	}
	if _, err := here.Lodge.Recheck(ctx, clerk, c.ID, 0, map[string]bool{"rented": false}, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := here.Post.HandOver(ctx, clerk, c.ID, 0); err != nil {
		t.Fatal(err)
	}
	settle(t, here, there)
	if got, err := there.Store.Case(ctx, c.ID); err != nil || got.Private.Said["rented"] || len(got.Private.Said) != 1 {
		t.Errorf("%+v %v", got.Private.Said, err)
	}
}
