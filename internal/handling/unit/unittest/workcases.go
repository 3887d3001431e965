package unittest

import (
	"sync"
	"testing"
	"time"

	"tongban/internal/domain/exchange"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

func parcels(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	c := caseOf(1)
	u := m.opening(c)
	for n := range 3 {
		u.Out = append(u.Out, m.parcel(c, n))
	}
	commit(t, k, u)
	if n, oldest, err := k.Waiting(t.Context()); n != 3 || !oldest.Equal(u.Out[0].At) || err != nil {
		t.Fatalf("waiting: %d since %v, %v", n, oldest, err)
	}
	now := u.Out[1].At
	if at, ok, err := k.NextTry(t.Context()); !ok || !at.Equal(u.Out[0].At) || err != nil {
		t.Fatalf("next try: %v %v %v", at, ok, err)
	}
	same(t, u.Out[:2], must[[]exchange.Parcel](t)(k.Parcels(t.Context(), now, time.Minute, 10))) // the third is not due
	if again := must[[]exchange.Parcel](t)(k.Parcels(t.Context(), now, time.Minute, 10)); len(again) != 0 {
		t.Fatalf("%d parcels claimed twice", len(again))
	}
	if n := len(must[[]exchange.Parcel](t)(k.Parcels(t.Context(), now.Add(2*time.Minute), time.Minute, 2))); n != 2 {
		t.Fatalf("after the lease %d parcels, want 2 of 3", n)
	}
	until := now.Add(time.Hour)
	if err := k.Postpone(t.Context(), []string{u.Out[0].ID, u.Out[1].ID, u.Out[2].ID}, until); err != nil {
		t.Fatal(err)
	}
	if at, ok, err := k.NextTry(t.Context()); !ok || !at.Equal(until) || err != nil {
		t.Fatalf("next try after postponing: %v %v %v", at, ok, err)
	}
	if n := len(must[[]exchange.Parcel](t)(k.Parcels(t.Context(), until.Add(-2*exchange.LongestRest), time.Minute, 10))); n != 0 {
		t.Fatalf("%d parcels before their time", n)
	}
	if n := len(must[[]exchange.Parcel](t)(k.Parcels(t.Context(), until.Add(-2*exchange.LongestRest-time.Second), time.Minute, 1))); n != 1 {
		t.Fatalf("a clock went back, and %d parcels are due", n)
	}
	receipt := m.sign(exchange.TypReceipt, exchange.Receipt{Envelope: u.Out[0].ID})
	settled := exchange.Settlement{Parcel: u.Out[0].ID, Receipt: receipt, Status: exchange.Held, At: now}
	commit(t, k, unit.Unit{Settled: []exchange.Settlement{settled}})
	commit(t, k, unit.Unit{Settled: []exchange.Settlement{settled}}) // may come again
	list := must[[]exchange.Parcel](t)(k.Parcels(t.Context(), until, time.Minute, 10))
	if len(list) != 2 || list[0].ID != u.Out[1].ID || list[0].Tries != 1 {
		t.Fatalf("after a receipt: %d parcels", len(list))
	}
	if p := must[exchange.Parcel](t)(k.Parcel(t.Context(), u.Out[0].ID)); p.Signed.Hash() != u.Out[0].Signed.Hash() {
		t.Error("a settled parcel is not what was sent")
	}
	_, err := k.Parcel(t.Context(), "none")
	want(t, err, errs.Missing)
}

// postedHere is two replicas that both send: a parcel is given once, whoever asks first, and is free again when its lease ends.
func postedHere(t *testing.T, open func() Keeper) {
	t.Helper()
	const lease = 15 * time.Second
	m, one, other := newMaker(t), open(), open()
	c := caseOf(1)
	claim := func(k Keeper, now time.Time) []exchange.Parcel {
		t.Helper()
		return must[[]exchange.Parcel](t)(k.Parcels(t.Context(), now, lease, 10))
	}
	for _, k := range []Keeper{one, other} {
		if n := len(claim(k, start)); n != 0 {
			t.Fatalf("%d parcels in an empty store", n)
		}
	}
	u := m.opening(c)
	u.Out = []exchange.Parcel{m.parcel(c, 0), m.parcel(c, 1)}
	commit(t, one, u)
	now := u.Out[0].At // the second is not due
	if at, ok, err := one.NextTry(t.Context()); !ok || !at.Equal(now) || err != nil {
		t.Fatalf("next try: %v %v %v", at, ok, err)
	}
	same(t, u.Out[:1], append(claim(one, now), claim(other, now)...))
	if again := append(claim(one, now), claim(other, now)...); len(again) != 0 {
		t.Fatalf("%d parcels given twice", len(again))
	}
	now = now.Add(time.Minute) // neither was sent: the first one's lease is over, and so is what was kept of the second
	if got := append(claim(one, now), claim(other, now)...); len(got) != 2 {
		t.Fatalf("%d parcels after the lease, want 2", len(got))
	}

	// The process ends between commit and sending: the other one sends when the lease is over.
	u = unit.Unit{Out: []exchange.Parcel{m.parcel(c, 2)}}
	u.Out[0].At = now
	commit(t, one, u)
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	got := claim(other, now.Add(30*time.Second))
	same(t, u.Out[0].Signed, got[len(got)-1].Signed)
}

func noCase(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	c := caseOf(1)
	refused, grave := m.arrival(c), m.arrival(c)
	refused.Status = exchange.Refused
	grave.Signed.Body, grave.Status = nil, exchange.Recalled
	commit(t, k, unit.Unit{In: &refused})
	commit(t, k, unit.Unit{In: &grave})
	commit(t, k, m.opening(c)) // comes later; what was kept before stays readable
	a, ok, err := k.Arrival(t.Context(), There, refused.ID)
	if !ok || err != nil {
		t.Fatalf("%v %v", ok, err)
	}
	same(t, refused, a)
	a, ok, err = k.Arrival(t.Context(), There, grave.ID)
	if !ok || err != nil || len(a.Signed.Body) != 0 || a.Status != exchange.Recalled {
		t.Fatalf("a tombstone: %v %v %v", a.Status, ok, err)
	}
}

func dueWork(t *testing.T, open func() Keeper) {
	t.Helper()
	k := open()
	due := func(id string, at time.Time) unit.Unit {
		return unit.Unit{Due: []unit.Due{{Case: id, Kind: unit.DueSilence, At: at}}}
	}
	if _, ok, err := k.NextDue(t.Context()); ok || err != nil {
		t.Fatalf("work in an empty store: %v", err)
	}
	commit(t, k, due("a", start))
	commit(t, k, due("b", start.Add(time.Hour)))
	commit(t, k, due("a", start.Add(time.Minute))) // replaces
	if at, ok, err := k.NextDue(t.Context()); !ok || !at.Equal(start.Add(time.Minute)) || err != nil {
		t.Fatalf("next due: %v %v %v", at, ok, err)
	}
	if n := len(must[[]unit.Due](t)(k.DueWork(t.Context(), start, time.Minute, 10))); n != 0 {
		t.Fatalf("%d pieces too early", n)
	}
	now := start.Add(2 * time.Minute)
	if list := must[[]unit.Due](t)(k.DueWork(t.Context(), now, time.Minute, 10)); len(list) != 1 || list[0].Case != "a" {
		t.Fatalf("due: %v", list)
	}
	if n := len(must[[]unit.Due](t)(k.DueWork(t.Context(), now, time.Minute, 10))); n != 0 {
		t.Fatal("work was given twice during its lease")
	}
	if n := len(must[[]unit.Due](t)(k.DueWork(t.Context(), now.Add(time.Minute), time.Minute, 10))); n != 1 {
		t.Fatal("work whose lease is over is not given again")
	}
	commit(t, k, due("a", time.Time{})) // done
	if at, ok, err := k.NextDue(t.Context()); !ok || !at.Equal(start.Add(time.Hour)) || err != nil {
		t.Fatalf("after the work: %v %v %v", at, ok, err)
	}
}

func serials(t *testing.T, open func() Keeper) {
	t.Helper()
	replicas := []Keeper{open(), open()}
	var mu sync.Mutex
	seen := map[int64]bool{}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 10 {
				n, err := replicas[i%2].Serial(t.Context(), "case-2026-11-23")
				mu.Lock()
				if err != nil || n < 1 || seen[n] {
					t.Errorf("serial %d (again: %v), %v", n, seen[n], err)
				}
				seen[n] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if n := must[int64](t)(replicas[0].Serial(t.Context(), "other")); n != 1 {
		t.Errorf("the first number under a name is %d", n)
	}
}

func settings(t *testing.T, open func() Keeper) {
	t.Helper()
	k := open()
	_, err := k.Setting(t.Context(), "x")
	want(t, err, errs.Missing)
	for _, v := range []string{"one", ""} {
		if err := k.SetSetting(t.Context(), "x", []byte(v)); err != nil {
			t.Fatal(err)
		}
		if got := must[[]byte](t)(k.Setting(t.Context(), "x")); string(got) != v {
			t.Errorf("got %q, want %q", got, v)
		}
	}
}
