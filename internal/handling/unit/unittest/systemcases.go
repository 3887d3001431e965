package unittest

import (
	"testing"
	"time"

	"tongban/internal/domain/depart"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// workOf is work of a case that begins at its nth minute.
func workOf(caseID, system string, n int) depart.Work {
	at := start.Add(time.Duration(n) * time.Minute)
	return depart.Work{
		ID: unit.NewID(), System: system, Office: hereOffice, Case: caseID, Leg: "decide", At: at, State: depart.Waiting, Next: at,
		Ref: "SECRET", Answer: &depart.Answer{Text: "SECRET"},
	}
}

// works: a leg that an office works in its own system waits, is claimed by one replica, and ends once.
func works(t *testing.T, open func() Keeper) {
	t.Helper()
	k, m, ctx := open(), newMaker(t), t.Context()
	a, b := caseOf(1), caseOf(2)
	ua, ub := m.opening(a), m.opening(b)
	first, second := workOf(a.ID, "one", 1), workOf(b.ID, "one", 2)
	ua.Works, ub.Works = []depart.Work{first}, []depart.Work{second}
	commit(t, k, ua)
	commit(t, k, ub)
	again := first
	again.State, again.Next = depart.Dead, time.Time{}
	commit(t, k, unit.Unit{Works: []depart.Work{again, workOf(a.ID, "two", 3)}}) // the same beginning twice, and a second system
	first.Row, second.Row = 1, 1
	same(t, first, must[depart.Work](t)(k.WorkOfCase(ctx, a.ID)))
	same(t, []depart.Work{first, second}, must[[]depart.Work](t)(k.Works(ctx, hereOffice, depart.Waiting, 10)))
	if list := must[[]depart.Work](t)(k.ClaimWorks(ctx, start, time.Minute, 10)); len(list) != 0 {
		t.Errorf("%d are claimed before their time", len(list))
	}
	now := start.Add(time.Hour)
	if list := must[[]depart.Work](t)(k.ClaimWorks(ctx, now, time.Minute, 10)); len(list) != 2 || !list[0].Tried.Equal(now) {
		t.Errorf("claimed %+v", list)
	}
	if list := must[[]depart.Work](t)(k.ClaimWorks(ctx, now, time.Minute, 10)); len(list) != 0 {
		t.Errorf("%d are claimed twice", len(list))
	}
	given := first
	given.State, given.Next, given.Done, given.Tries, given.Why, given.By, given.Answer = depart.Given, time.Time{}, now, 2, errs.SystemAway, "o", nil
	given.Tried = now
	commit(t, k, unit.Unit{Works: []depart.Work{given}})
	want(t, k.Commit(ctx, unit.Unit{Works: []depart.Work{given}}), errs.Stale)
	given.Row = 2
	same(t, given, must[depart.Work](t)(k.Work(ctx, first.ID)))
	counts := must[[]depart.Count](t)(k.WorkCounts(ctx, hereOffice))
	same(t, []depart.Count{{System: "one", State: depart.Given, N: 1, Done: now}, {System: "one", State: depart.Waiting, N: 1}}, counts)
	_, err := k.Work(ctx, "none")
	want(t, err, errs.Missing)

	// An answer counts once, and with it what it does.
	h := unit.Heard{System: "one", ID: "a1", Work: first.ID, Outcome: "applied", Hash: proof.HashOf([]byte("x")), At: now}
	commit(t, k, unit.Unit{Heard: &h})
	same(t, h, must[unit.Heard](t)(k.Heard(ctx, "one", "a1")))
	want(t, k.Commit(ctx, unit.Unit{Heard: &h, Left: &unit.Left{Case: a.ID, By: "one", At: now}}), errs.Repeated)
	_, err = k.Heard(ctx, "two", "a1")
	want(t, err, errs.Missing)

	// Its own answer ends it; a system that may have the case is told to stop.
	commit(t, k, unit.Unit{Left: &unit.Left{Case: a.ID, By: "one", At: now}})
	commit(t, k, unit.Unit{Left: &unit.Left{Case: b.ID, By: "", At: now}})
	for id, state := range map[string]depart.State{first.ID: depart.Ended, second.ID: depart.Stopping} {
		if w := must[depart.Work](t)(k.Work(ctx, id)); w.State != state {
			t.Errorf("%s, want %s", w.State, state)
		}
	}
	_, err = k.WorkOfCase(ctx, a.ID)
	want(t, err, errs.Missing)
	third := workOf(a.ID, "one", 4) // the leg comes back
	commit(t, k, unit.Unit{Works: []depart.Work{third}})
	commit(t, k, unit.Unit{Left: &unit.Left{Case: a.ID, At: now}})
	if w := must[depart.Work](t)(k.Work(ctx, third.ID)); w.State != depart.Ended {
		t.Errorf("what was never tried is %s", w.State)
	}
}
