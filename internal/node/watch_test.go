package node_test

import (
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/decide"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/node"
)

func (w *told) alarms(n *node.Node, id string) []watch.Alarm {
	w.t.Helper()
	list, err := n.Store.Alarms(w.t.Context(), id)
	w.ok(err)
	return list
}

func (w *told) to(year int, month time.Month, day int) {
	w.t.Helper()
	w.now = time.Date(year, month, day, 8, 0, 0, 0, workday.Zone)
	w.turn()
}

// A clock that runs out is told to the office first and to its own province's supervisor after that, once however often the wheel
// turns, in nobody else's house; it ends with the act that was waited for.
func TestAClockThatRunsOutIsToldOnce(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.handedOver() // Wednesday 25 November; the law gives three working days
	super := as(w.officer, "super", office.Supervisor)
	super.Office = "" // sits in no office that handles cases
	if got := w.alarms(w.there, c.ID); len(got) != 0 {
		t.Fatalf("on the first day: %+v", got)
	}
	w.to(2026, time.November, 27)
	for range 2 {
		w.turn()
	}
	got := w.alarms(w.there, c.ID)
	if len(got) != 2 || got[0].Level != watch.Remind || got[1].Level != watch.Remind { // 补正 or 受理, and the decision
		t.Fatalf("a working day before: %+v", got)
	}
	if list, err := w.there.Watch.List(ctx, w.officer, "", watch.Remind, 9); err != nil || len(list) != 2 {
		t.Errorf("the office: %+v, %v", list, err)
	}
	if n, err := w.there.Watch.Count(ctx, super); err != nil || len(n) != 0 {
		t.Errorf("the supervisor is told of a reminder: %v, %v", n, err)
	}
	if _, err := w.there.Watch.See(ctx, super, got[0].ID); !errs.Is(err, errs.NoSuchAlarm) {
		t.Errorf("the supervisor opens a reminder: %v", err)
	}
	w.to(2026, time.December, 1)
	got = w.alarms(w.there, c.ID)
	if len(got) != 2 || got[1].Level != watch.Red || got[1].Office != w.officer.Office || len(got[1].Steps) != 3 {
		t.Fatalf("past the law: %+v", got)
	}
	list, err := w.there.Watch.List(ctx, super, "", watch.Red, 9)
	if err != nil || len(list) != 2 {
		t.Fatalf("the supervisor: %+v, %v", list, err)
	}
	if mine := w.alarms(w.here, c.ID); len(mine) != 0 {
		t.Errorf("the window's province has %+v", mine)
	}
	id := list[0].ID
	do := func(by casefile.Actor, row int64, act watch.Act, text string, want errs.Code) {
		t.Helper()
		err := w.there.Watch.Do(ctx, by, id, row, act, text)
		if want == 0 {
			w.ok(err)
		} else if !errs.Is(err, want) {
			t.Errorf("%s by %s: %v, want %s", act, by.ID, err, want.Name())
		}
	}
	row := list[0].Row
	do(super, row, watch.Urge, "", 0)
	do(super, row, watch.Urge, "", errs.Stale)
	do(super, row+1, watch.Urge, "", errs.UrgedAlready)
	do(super, row+1, watch.Answer, "x", errs.NotYours)
	do(w.officer, row+1, watch.Urge, "", errs.NotYours)
	do(w.officer, row+1, watch.Settle, "x", errs.NotYours)
	stranger := w.officer
	stranger.ID, stranger.Office = "stranger", w.clerk.Office
	do(stranger, row+1, watch.Answer, "x", errs.NoSuchAlarm)
	do(w.officer, row+1, watch.Answer, "tomorrow", 0)
	_, err = w.there.Bench.Accept(ctx, w.officer, decide.Ref{Case: c.ID})
	w.ok(err)
	_, err = w.there.Bench.Decide(ctx, w.officer, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Granted})
	w.ok(err)
	w.turn()
	for _, a := range w.alarms(w.there, c.ID) {
		if a.Ended.IsZero() || a.Level != watch.Red {
			t.Errorf("after the decision: %+v", a)
		}
	}
	if n, err := w.there.Watch.Count(ctx, super); err != nil || len(n) != 0 {
		t.Errorf("left over: %v, %v", n, err)
	}
	entries, err := w.there.Store.LogOf(ctx, c.ID)
	w.ok(err)
	var acts []string
	for _, e := range entries {
		if strings.HasPrefix(e.What, "alarm.") {
			acts = append(acts, e.What+" "+e.Who)
		}
	}
	if got := strings.Join(acts, "; "); strings.Count(got, "alarm.raise clock") != 4 || !strings.Contains(got, "alarm.urge super") {
		t.Errorf("the log says %s", got)
	}
}

// A hand-over without the other's signed receipt counts against who sends, until the receipt is there.
func TestWhatIsOnItsWayCountsAgainstTheSender(t *testing.T) {
	w := newTold(t)
	c := w.lodged()
	_, err := w.here.Post.HandOver(t.Context(), w.clerk, c.ID, 0)
	w.ok(err)
	w.now = time.Date(2026, time.December, 1, 8, 0, 0, 0, workday.Zone) // the channel was away since Wednesday
	if _, err := w.here.Watch.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := w.alarms(w.here, c.ID)
	if len(got) != 1 || got[0].Kind != watch.Transit || got[0].Level != watch.Red || got[0].Office != w.clerk.Office || got[0].What != "63" {
		t.Fatalf("%+v", got)
	}
	w.turn() // delivered
	if got := w.alarms(w.here, c.ID); len(got) != 1 || got[0].Ended.IsZero() {
		t.Errorf("after the receipt: %+v", got)
	}
}

// A correction that asks for a paper whose data the case has from an e-licence is a broken rule: it stays until the office has
// answered and the supervisor has settled it.
func TestAskingForWhatIsSharedIsABrokenRule(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.handedOver()
	_, err := w.there.Bench.Correct(ctx, w.officer, decide.Ref{Case: c.ID}, []casefile.Correction{{Check: "x", Material: "identity", Problem: "p", Fix: "f"}})
	w.ok(err)
	w.turn()
	got := w.alarms(w.there, c.ID)
	if len(got) != 1 || got[0].Kind != watch.Asked || got[0].Level != watch.Red {
		t.Fatalf("%+v", got)
	}
	super := as(w.officer, "super", office.Supervisor)
	if err := w.there.Watch.Do(ctx, super, got[0].ID, 1, watch.Settle, "x"); !errs.Is(err, errs.AlarmOver) {
		t.Errorf("settled without an answer: %v", err)
	}
	w.ok(w.there.Watch.Do(ctx, w.officer, got[0].ID, 1, watch.Answer, "will not be asked again"))
	w.turn()
	w.ok(w.there.Watch.Do(ctx, super, got[0].ID, 2, watch.Settle, "seen"))
	w.turn()
	if got := w.alarms(w.there, c.ID); len(got) != 1 || got[0].Ended.IsZero() {
		t.Errorf("%+v", got)
	}
	home := w.alarms(w.here, c.ID) // the window's province sees it too, and orders nobody
	if len(home) != 1 || home[0].Node != "63" {
		t.Fatalf("at home: %+v", home)
	}
	watcher := as(w.clerk, "watcher", office.Supervisor)
	if err := w.here.Watch.Do(ctx, watcher, home[0].ID, 1, watch.Urge, ""); !errs.Is(err, errs.AlarmOver) {
		t.Errorf("an office of another province is urged: %v", err)
	}
	w.ok(w.here.Watch.Do(ctx, watcher, home[0].ID, 1, watch.Settle, "noted"))
}
