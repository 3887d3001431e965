package unittest

import (
	"testing"
	"time"

	"tongban/internal/domain/watch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

func alarms(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	ctx := t.Context()
	c, other := caseOf(1), caseOf(2)
	commit(t, k, m.opening(c))
	commit(t, k, m.opening(other))
	alarm := func(cause, office string, level watch.Level, up time.Time) watch.Alarm {
		return watch.Alarm{
			ID: unit.NewID(), Case: c.ID, No: c.No, Cause: cause, Kind: watch.Limit, Node: Me, Office: office, Level: level, At: start, Up: up,
			Steps: []watch.Step{{Act: watch.Answer, At: start, By: "o1", Text: "SECRET words"}},
		}
	}
	red, blue := alarm("a", hereOffice, watch.Red, start.Add(time.Hour)), alarm("b", hereOffice, watch.Remind, time.Time{})
	far := alarm("c", thereOffice, watch.Red, start)
	looked := func(row int64, open int, list ...watch.Alarm) unit.Unit {
		return unit.Unit{At: start, Alarms: list, Looked: &unit.Looked{Case: c.ID, Row: row, Next: start.Add(24 * time.Hour), Open: open}}
	}
	want(t, k.Commit(ctx, looked(9, 3, red)), errs.Stale) // the case was another one
	if list := must[[]watch.Alarm](t)(k.Alarms(ctx, c.ID)); len(list) != 0 {
		t.Fatalf("kept %+v", list)
	}
	commit(t, k, looked(1, 3, red, blue, far))
	twice := red
	twice.ID = unit.NewID()
	want(t, k.Commit(ctx, unit.Unit{Alarms: []watch.Alarm{twice}}), errs.Repeated) // a cause has one alarm (I3)
	red.Row, blue.Row, far.Row = 1, 1, 1
	same(t, []watch.Alarm{red, blue, far}, must[[]watch.Alarm](t)(k.Alarms(ctx, c.ID)))
	same(t, []watch.Alarm{blue}, must[[]watch.Alarm](t)(k.OfficeAlarms(ctx, hereOffice, watch.Remind, 9)))
	same(t, []watch.Alarm{far}, must[[]watch.Alarm](t)(k.UpAlarms(ctx, "", watch.Red, start, 9)))
	same(t, []watch.Alarm{red}, must[[]watch.Alarm](t)(k.UpAlarms(ctx, hereOffice, watch.Red, start.Add(time.Hour), 9)))
	same(t, map[watch.Level]int{watch.Red: 1, watch.Remind: 1}, must[map[watch.Level]int](t)(k.CountAlarms(ctx, hereOffice)))
	same(t, map[watch.Level]int{watch.Red: 2}, must[map[watch.Level]int](t)(k.CountUp(ctx, start.Add(time.Hour))))
	red.Ended = start.Add(time.Minute)
	commit(t, k, unit.Unit{Alarms: []watch.Alarm{red}})
	want(t, k.Commit(ctx, unit.Unit{Alarms: []watch.Alarm{red}}), errs.Stale)
	red.Row = 2
	same(t, red, must[watch.Alarm](t)(k.Alarm(ctx, red.ID)))
	if list := must[[]watch.Alarm](t)(k.OfficeAlarms(ctx, hereOffice, watch.Red, 9)); len(list) != 0 {
		t.Errorf("an ended one is listed: %+v", list)
	}
	_, err := k.Alarm(ctx, "nobody")
	want(t, err, errs.Missing)

	// A case is found when its time comes, and at once when it changes while it has open alarms.
	if ids := must[[]string](t)(k.ToLook(ctx, start.Add(23*time.Hour), 9)); len(ids) != 0 {
		t.Errorf("looked at too early: %v", ids)
	}
	same(t, []string{c.ID}, must[[]string](t)(k.ToLook(ctx, start.Add(24*time.Hour), 9)))
	if err := k.LookLater(ctx, c.ID, start.Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if ids := must[[]string](t)(k.ToLook(ctx, start.Add(24*time.Hour), 9)); len(ids) != 0 {
		t.Errorf("put off, and still there: %v", ids)
	}
	c.Row = 1
	commit(t, k, unit.Unit{At: start, Case: &c})
	same(t, []string{c.ID}, must[[]string](t)(k.ToLook(ctx, start, 9)))
	commit(t, k, unit.Unit{Looked: &unit.Looked{Case: c.ID, Row: 2}})
	if ids := must[[]string](t)(k.ToLook(ctx, start.Add(1000*time.Hour), 9)); len(ids) != 0 {
		t.Errorf("looked at for ever: %v", ids)
	}
}
