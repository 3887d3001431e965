package casefile

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/domain/office"
)

// Facts may come repeated and in any order; the end is the same. What only the post tells (receipts) is left out.
func TestLearnInAnyOrder(t *testing.T) {
	for _, life := range []string{
		"hand-over mail accept grant",
		"hand-over mail review accept suspend resume deny",
		"hand-over mail decline",
		"hand-over mail accept suspend",
	} {
		w := newWorld(t, "none")
		for word := range strings.FieldsSeq(life) {
			w.step(word)
		}
		start, facts := w.cases[north], w.known[west]
		want := start
		for _, k := range facts {
			want = want.Learn(k.Fact, k.Hash)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			got := start
			for range 3 { // each fact up to three times, and each at least once
				for _, i := range rng.Perm(len(facts)) {
					got = got.Learn(facts[i].Fact, facts[i].Hash)
				}
			}
			if d := cmp.Diff(snapshot(t, want), snapshot(t, got)); d != "" {
				t.Fatalf("%s:\n%s", life, d)
			}
		}
	}
}

// The end of a case closes it whatever else arrives before or after.
func TestLearnTheEnd(t *testing.T) {
	w := newWorld(t, "none")
	for word := range strings.FieldsSeq("hand-over mail accept grant ask-withdraw") {
		w.step(word)
	}
	for word := range strings.FieldsSeq("mail dispatch mail deliver") {
		w.step(word)
	}
	facts, start := w.known[north], w.cases[west]
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {3, 0, 3, 1}} {
		c := start
		for _, i := range order {
			c = c.Learn(facts[i].Fact, facts[i].Hash)
		}
		if c.Closed.IsZero() || c.Status() != StatusDone {
			t.Errorf("order %v: closed %v, %s", order, c.Closed, c.Status())
		}
	}
}

func TestLearnBelievesNobodyAboutAnothersLeg(t *testing.T) {
	w := newWorld(t, "none")
	w.step("hand-over")
	w.step("mail")
	before := snapshot(t, w.cases[north])
	for _, f := range []Fact{
		{By: north, Leg: "decide", Step: 99, Act: ActWithdraw, State: Withdrawn}, // the coordinator about the deciding leg
		{By: "11", Leg: "decide", Step: 99, Act: ActWithdraw, State: Withdrawn},  // a stranger
		{By: west, Leg: "collect", Step: 99, Act: ActWithdraw, State: Withdrawn},
		{By: west, Leg: "no such leg", Step: 99, Act: ActWithdraw, State: Withdrawn},
		{By: west, Leg: "decide", Step: 1, Act: ActWithdraw, State: Withdrawn}, // old news
	} {
		c := w.cases[north].Learn(f, f.Prev)
		if d := cmp.Diff(before, snapshot(t, c)); d != "" {
			t.Errorf("%s of %s about %s was believed:\n%s", f.Act, f.By, f.Leg, d)
		}
	}
}

func TestOnlyTheRightNodeOffers(t *testing.T) {
	w := newWorld(t, "none")
	w.step("hand-over")
	offer := w.post[0]
	for _, from := range []office.NodeID{"11", west} {
		e := offer.Envelope
		e.From = from
		if _, _, err := Take(Case{}, e, offer.in, offer.facts, west, w.law, w.now); err == nil {
			t.Errorf("an offer of %s's case was taken from %s", north, from)
		}
	}
	for word := range strings.FieldsSeq("mail accept mail grant dispatch") {
		w.step(word)
	}
	offer = w.post[len(w.post)-1]
	e := offer.Envelope
	e.From = "11"
	if _, _, err := Take(w.cases[north], e, offer.in, nil, north, w.law, w.now); err == nil {
		t.Error("a result was taken from a stranger")
	}
}
