package sim

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"tongban/internal/adapter/memchan"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/fsck"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/unit"
	"tongban/internal/node"
)

// lodged is a world without faults at a given time, with one case that a place has lodged for another.
func lodged(t *testing.T, at time.Time, ahead time.Duration) (*world, *file) {
	t.Helper()
	w, err := newWorld(t, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.now = at
	w.net.SetFaults(memchan.FaultsFunc(func(_, _ office.NodeID, _ string) memchan.Fate { return memchan.Deliver }))
	f := w.newFile()
	f.mood, f.here.offset = map[string]bool{}, ahead
	w.lodge(f)
	return w, f
}

// The clock of the receiving place is past the midnight in which the rule changes, that of the deciding place is not: an
// act counts on the counterpart's day, so it goes by the rule of that day too (I7, I8).
func TestAnActGoesByTheRuleOfTheDayItCountsOn(t *testing.T) {
	midnight := time.Date(2026, 3, 11, 16, 0, 0, 0, time.UTC) // in Shanghai
	w, f := lodged(t, midnight.Add(-30*time.Minute), 40*time.Minute)
	if _, err := f.here.node.Post.HandOver(w.ctx, f.here.clerk, f.id, 0); err != nil {
		t.Fatal(err)
	}
	w.now = midnight.Add(-25 * time.Minute)
	for _, n := range []*node.Node{f.here.node, f.there.node, f.here.node} {
		if _, err := n.Tick(w.ctx); err != nil {
			t.Fatal(err)
		}
	}
	c, err := f.there.node.Bench.Accept(w.ctx, f.there.judge, decide.Ref{Case: f.id})
	if err != nil {
		t.Fatal(err)
	}
	if c.Rule.Version != theItem+"/"+newRule || c.Rule.On.String() != newRule {
		t.Errorf("accepted on %s under %s", c.Rule.On, c.Rule.Version)
	}
	for _, l := range c.Limits {
		if l.Kind == item.LimitIntake && l.Silence != "accepted" {
			t.Errorf("received on %s under the old rule", l.From)
		}
	}
	report, err := fsck.Check(w.ctx, w.nodes(), fsck.Options{Catalogue: w.rules, Cases: []string{f.id}})
	if err != nil || report.Err() != nil {
		t.Error(err, report.Err())
	}
	if c.Status() != casefile.StatusAccepted {
		t.Errorf("status %s", c.Status())
	}
}

// postponing is an outbox of parcels that were tried different numbers of times; it notes how they are put back.
type postponing struct {
	handover.Store
	until []time.Duration
}

func (p *postponing) Parcels(context.Context, time.Time, time.Duration, int) ([]exchange.Parcel, error) {
	var out []exchange.Parcel
	for tries := range 8 {
		out = append(out, exchange.Parcel{ID: strconv.Itoa(tries), To: "99", Tries: tries})
	}
	return out, nil
}

func (p *postponing) Postpone(_ context.Context, _ []string, until time.Time) error {
	p.until = append(p.until, until.Sub(begin))
	return nil
}

// What the outbox writes after a failure has one order: with another one a kill at statement n would leave something else,
// and a seed could not be played again.
func TestTheOutboxWritesInOneOrder(t *testing.T) {
	kit := &unit.Kit{Me: "23", Now: func() time.Time { return begin }, Trust: func() *office.TrustList { return &office.TrustList{} }}
	for range 20 { // chance may find the order too
		store := &postponing{}
		if _, err := (&handover.Post{Kit: kit, Store: store, Parallel: 1}).Pump(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(store.until) != 8 || !slices.IsSorted(store.until) {
			t.Fatalf("put back in the order %v", store.until)
		}
	}
}
