package casefile

import (
	"testing"
	"time"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/proof"
)

// The payload of an offer comes from another node: whatever stands in it, taking it ends in a case or an error.
func FuzzOffered(f *testing.F) {
	w := newWorld(f, "accepted")
	w.step("hand-over")
	offer := w.post[0]
	for _, known := range []bool{false, true} {
		b, err := proof.Marshal(offer.in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, "decide", string(north), string(west), known)
		f.Add(b, "deliver", string(west), string(north), known)
	}
	f.Add([]byte(`{"case":{"id":"case-1","legs":[{"key":"decide"}]}}`), "decide", "23", "63", false)
	f.Add([]byte(`{"case":{"id":"case-1","legs":null,"custody":null},"private":{"answers":null}}`), "", "", "", false)
	for _, word := range []string{"mail", "accept", "grant", "dispatch"} {
		w.step(word)
	}
	last := w.post[len(w.post)-1]
	back, err := proof.Marshal(last.in)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(back, "deliver", string(west), string(north), true)
	here := w.cases[north]
	f.Fuzz(func(t *testing.T, payload []byte, leg, from, me string, known bool) {
		var in Offered
		if proof.Unmarshal(payload, &in) != nil {
			return
		}
		var mine Case
		if known {
			mine = here
		}
		before := snapshot(t, mine)
		e := exchange.Envelope{ID: "e", From: office.NodeID(from), To: office.NodeID(me), Kind: exchange.Offer, Case: "case-1", Leg: leg, At: monday}
		c, at, err := Take(mine, e, in, last.facts, office.NodeID(me), w.law, monday.Add(time.Hour))
		if snapshot(t, mine) != before {
			t.Error("the node's own case was changed in place")
		}
		if err != nil {
			return
		}
		h, ok := c.Holder()
		if !ok || h.Node != office.NodeID(me) || !h.From.Equal(at) {
			t.Errorf("taken, but held by %+v", h)
		}
		_, _ = c.At(office.NodeID(me))
		_ = c.Status()
		_ = Settle(c, exchange.Receipt{Envelope: "e", Leg: leg, From: office.NodeID(from), Status: exchange.Held, At: at}, office.NodeID(me))
		_, _, _ = Withdraw(c, office.NodeID(me), nil, at)
		_, _, _ = Stop(c, office.NodeID(me), at)
	})
}
