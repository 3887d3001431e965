package unittest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

func keptWhole(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	c := caseOf(1)
	u := m.opening(c)
	u.Papers = []unit.Paper{m.paper(c, "intake", "ABCD2345", "D-1")}
	u.Out = []exchange.Parcel{m.parcel(c, 1)}
	in := m.arrival(c)
	u.In = &in
	u.Due = []unit.Due{{Case: c.ID, Kind: unit.DueSilence, At: start}}
	commit(t, k, u)
	for range 2 {
		got := must[casefile.Case](t)(k.Case(t.Context(), c.ID))
		c.Row = 1
		same(t, c, got)
		same(t, c, must[casefile.Case](t)(k.CaseByNo(t.Context(), c.No)))
		same(t, u.Facts, must[[]casefile.Known](t)(k.Facts(t.Context(), c.ID)))
		same(t, u.Facts[0], must[casefile.Known](t)(k.Fact(t.Context(), u.Facts[0].Hash)))
		same(t, u.Facts[0], must[casefile.Known](t)(k.FactAct(t.Context(), c.ID, casefile.ActLodge)))
		same(t, u.Papers, must[[]unit.Paper](t)(k.Papers(t.Context(), c.ID)))
		head := u.Papers[0]
		head.Signed = proof.Signed{}
		same(t, []unit.Paper{head}, must[[]unit.Paper](t)(k.PaperHeads(t.Context(), c.ID)))
		same(t, u.Papers[0], must[unit.Paper](t)(k.Paper(t.Context(), u.Papers[0].ID)))
		same(t, u.Papers[0], must[unit.Paper](t)(k.PaperByCheck(t.Context(), "ABCD2345")))
		same(t, u.Out[0], must[exchange.Parcel](t)(k.Parcel(t.Context(), u.Out[0].ID)))
		a, ok, err := k.Arrival(t.Context(), There, in.ID)
		if err != nil || !ok {
			t.Fatalf("arrival: %v %v", ok, err)
		}
		same(t, in, a)
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		k = open()
	}
	_, err := k.Case(t.Context(), "none")
	want(t, err, errs.Missing)
	_, err = k.FactAct(t.Context(), c.ID, casefile.ActDecide)
	want(t, err, errs.Missing)
	_, err = k.Licence(t.Context(), "none")
	want(t, err, errs.Missing)
}

var sameDay = cmp.Comparer(func(a, b workday.Date) bool { return a == b })

func same(t *testing.T, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got, sameDay); d != "" {
		t.Fatalf("stored (-want +got):\n%s", d)
	}
}

func onlyOneWins(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	c := caseOf(1)
	commit(t, k, m.opening(c))
	for round := range 3 {
		read := must[casefile.Case](t)(k.Case(t.Context(), c.ID))
		var wg sync.WaitGroup
		won := make([]error, 8)
		for i := range won {
			mine := read
			mine.Claimed = fmt.Sprint(i)
			if round == 1 {
				mine.Private.Answers = map[string]string{"by": fmt.Sprint(i)}
			}
			u := unit.Unit{At: c.Last, Case: &mine, Out: []exchange.Parcel{m.parcel(c, i)}}
			wg.Go(func() { won[i] = k.Commit(t.Context(), u) })
		}
		wg.Wait()
		after := must[casefile.Case](t)(k.Case(t.Context(), c.ID))
		wins := 0
		for i, err := range won {
			if err == nil {
				wins++
				if after.Claimed != fmt.Sprint(i) || round == 1 && after.Private.Answers["by"] != after.Claimed {
					t.Errorf("%d won, but %s is stored", i, after.Claimed)
				}
			} else if !errs.Is(err, errs.Stale) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if wins != 1 || after.Row != read.Row+1 {
			t.Fatalf("%d won; version %d after %d", wins, after.Row, read.Row)
		}
		if n, _, err := k.Waiting(t.Context()); err != nil || n != round+1 {
			t.Fatalf("%d parcels, %v: who lost may leave nothing", n, err)
		}
	}
}

// oldMemory is two replicas: what one of them remembers is not what the other has stored meanwhile.
func oldMemory(t *testing.T, open func() Keeper) {
	t.Helper()
	m, one, other := newMaker(t), open(), open()
	c := caseOf(1)
	if _, ok := one.Recent(c.ID); ok {
		t.Fatal("remembered before it was there")
	}
	commit(t, one, m.opening(c))
	old, ok := one.Recent(c.ID)
	if stored := must[casefile.Case](t)(one.Case(t.Context(), c.ID)); !ok {
		t.Fatal("forgotten")
	} else {
		same(t, stored, old)
	}
	if _, ok := one.RecentFacts(c.ID, old.Row); !ok {
		t.Fatal("its facts are forgotten")
	}
	theirs := must[casefile.Case](t)(other.Case(t.Context(), c.ID))
	theirs.Claimed, theirs.Private.Answers = "theirs", map[string]string{"by": "theirs"}
	commit(t, other, unit.Unit{Case: &theirs})

	mine := old
	mine.Claimed = "mine"
	want(t, one.Commit(t.Context(), unit.Unit{At: c.Last, Case: &mine, Out: []exchange.Parcel{m.parcel(c, 1)}}), errs.Stale)
	if got, ok := one.Recent(c.ID); ok {
		t.Fatalf("still remembered as %+v", got)
	}
	if n, _, err := one.Waiting(t.Context()); err != nil || n != 0 {
		t.Fatalf("%d parcels, %v: who lost may leave nothing", n, err)
	}
	seen := must[casefile.Case](t)(one.Case(t.Context(), c.ID))
	if seen.Claimed != "theirs" || seen.Private.Answers["by"] != "theirs" {
		t.Fatalf("read %+v", seen)
	}
	seen.Claimed = "mine" // the private part stays as the other wrote it
	commit(t, one, unit.Unit{Case: &seen})
	after := must[casefile.Case](t)(other.Case(t.Context(), c.ID))
	if after.Claimed != "mine" || after.Private.Answers["by"] != "theirs" {
		t.Fatalf("stored %+v", after)
	}
	if recent, ok := one.Recent(c.ID); !ok {
		t.Fatal("forgotten")
	} else {
		same(t, after, recent)
	}
	if _, ok := one.RecentFacts(c.ID, after.Row); ok {
		t.Fatal("it cannot know what the other has made")
	}
}

func existsOnce(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	c := caseOf(1)
	commit(t, k, m.opening(c))
	want(t, k.Commit(t.Context(), m.opening(c)), errs.CaseExists)
	other := caseOf(1)
	want(t, k.Commit(t.Context(), m.opening(other)), errs.CaseExists) // same number
	stale := caseOf(2)
	stale.Row = 3
	want(t, k.Commit(t.Context(), unit.Unit{Case: &stale}), errs.Stale) // never stored
	got := must[casefile.Case](t)(k.Case(t.Context(), c.ID))
	got.Claimed = "w1"
	commit(t, k, unit.Unit{Case: &got}) // the failed ones have not spoilt the key
	must[casefile.Case](t)(k.Case(t.Context(), c.ID))
}

func takenOnce(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	c := caseOf(1)
	commit(t, k, m.opening(c))
	c.Row = 1
	in := m.arrival(c)
	commit(t, k, unit.Unit{Case: &c, In: &in})
	c.Row = 2
	u := unit.Unit{Case: &c, In: &in, Out: []exchange.Parcel{m.parcel(c, 1)}}
	want(t, k.Commit(t.Context(), u), errs.Repeated)
	if got := must[casefile.Case](t)(k.Case(t.Context(), c.ID)); got.Row != 2 {
		t.Errorf("a repeated envelope changed the case to version %d", got.Row)
	}
	if n, _, err := k.Waiting(t.Context()); n != 0 || err != nil {
		t.Errorf("a repeated envelope left %d parcels, %v", n, err)
	}
	in.From = "44" // the key is sender and id
	commit(t, k, unit.Unit{In: &in})
	if _, ok, err := k.Arrival(t.Context(), "55", in.ID); ok || err != nil {
		t.Errorf("an envelope that never came: %v %v", ok, err)
	}
}

func licenceOnce(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	c, d := caseOf(1), caseOf(2)
	commit(t, k, m.opening(c))
	commit(t, k, m.opening(d))
	commit(t, k, unit.Unit{Papers: []unit.Paper{m.paper(c, "licence", "", "L-1")}})
	second := m.paper(d, "licence", "", "L-1")
	want(t, k.Commit(t.Context(), unit.Unit{Papers: []unit.Paper{second}}), errs.Duplicate)
	in := m.arrival(d)
	commit(t, k, unit.Unit{In: &in, Papers: []unit.Paper{second}}) // a copy that travels is kept once
	if p := must[unit.Paper](t)(k.Licence(t.Context(), "L-1")); p.Case != c.ID {
		t.Errorf("licence of %s", p.Case)
	}
	commit(t, k, unit.Unit{Papers: []unit.Paper{m.paper(c, "grant", "", "L-1"), m.paper(d, "grant", "", "L-1")}})
}

func factsTwice(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	c := caseOf(1)
	u := m.opening(c)
	commit(t, k, u)
	late := m.fact(c, casefile.ActAccept, "decide", 2)
	late.Private = nil // another node's
	commit(t, k, unit.Unit{Facts: []casefile.Known{late, u.Facts[0]}})
	commit(t, k, unit.Unit{Facts: []casefile.Known{late}})
	same(t, []casefile.Known{u.Facts[0], late}, must[[]casefile.Known](t)(k.Facts(t.Context(), c.ID)))
}

func queues(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	var ids []string
	for n := range 4 { // the later the more urgent
		c := caseOf(n)
		commit(t, k, m.opening(c))
		ids = append([]string{c.ID}, ids...)
	}
	all := idsOf(must[[]casefile.Case](t)(k.Queue(t.Context(), hereOffice, casefile.QueueIntake, "", 10)))
	same(t, ids, all)
	same(t, ids[:3], idsOf(must[[]casefile.Case](t)(k.Queue(t.Context(), hereOffice, casefile.QueueIntake, "", 3))))
	same(t, ids[2:], idsOf(must[[]casefile.Case](t)(k.Queue(t.Context(), hereOffice, casefile.QueueIntake, ids[1], 3))))
	c := must[casefile.Case](t)(k.Case(t.Context(), ids[0]))
	c.Legs[0].State = casefile.Done
	c.Legs[1].Holder, c.Legs[1].Transit = Me, &casefile.Transit{Envelope: "e", To: There, At: c.Last}
	commit(t, k, unit.Unit{Case: &c})
	same(t, ids[1:], idsOf(must[[]casefile.Case](t)(k.Queue(t.Context(), hereOffice, casefile.QueueIntake, "", 10))))
	c = must[casefile.Case](t)(k.Case(t.Context(), ids[1]))
	c.Legs[0].State, c.Closed = casefile.Withdrawn, c.Last.Add(time.Minute)
	c.Custody[0].To = c.Closed
	commit(t, k, unit.Unit{Case: &c})
	same(t, ids[2:], idsOf(must[[]casefile.Case](t)(k.Queue(t.Context(), hereOffice, casefile.QueueIntake, "", 10))))
}

func idsOf(list []casefile.Case) []string {
	out := make([]string, 0, len(list))
	for _, c := range list {
		out = append(out, c.ID)
	}
	return out
}

func find(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	a, b := caseOf(1), caseOf(2)
	commit(t, k, m.opening(a))
	commit(t, k, m.opening(b))
	same(t, []string{b.ID, a.ID}, idsOf(must[[]casefile.Case](t)(k.Find(t.Context(), party.Search("13800000000"), 10))))
	same(t, []string{b.ID}, idsOf(must[[]casefile.Case](t)(k.Find(t.Context(), party.Search("138 0000 0000"), 1))))
	same(t, []string{a.ID}, idsOf(must[[]casefile.Case](t)(k.Find(t.Context(), []party.Lookup{{Kind: party.ByNumber, Value: a.Private.Applicant.IDNo}}, 10))))
	same(t, []string{}, idsOf(must[[]casefile.Case](t)(k.Find(t.Context(), []party.Lookup{{Kind: party.ByName, Value: "13800000000"}}, 10))))
	same(t, []string{}, idsOf(must[[]casefile.Case](t)(k.Find(t.Context(), nil, 10))))
}
