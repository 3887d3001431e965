package casefile

import (
	"testing"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// acceptedCase is a case accepted on a Monday, to be decided in 20 working days by law, with 10 more if it is extended.
func acceptedCase(t *testing.T) (*world, Case) {
	t.Helper()
	w := newWorld(t, "accepted")
	c := w.cases[north].clone()
	c.Legs[1].State, c.Legs[1].Holder = Accepted, west
	c.meetAll(monday)
	c.start(w.law, "decide", EventAccepted, monday)
	return w, c
}

var lead = Actor{ID: "l1", Name: "组长", Office: "THERE", Node: west, Roles: []office.Role{office.Lead}}

func TestExtension(t *testing.T) {
	w, c := acceptedCase(t)
	day := func(n int) time.Time { return monday.Add(time.Duration(n) * 24 * time.Hour) }
	must := func(c Case, _ Step, err error) Case {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	fails := func(want errs.Code, err error) {
		t.Helper()
		if !errs.Is(err, want) {
			t.Errorf("%v, want %s", err, want.Name())
		}
	}
	before, _ := c.Due()
	asked := must(AskExtend(c, west, officer, w.law, "等上级机关答复", day(2)))
	if due, _ := asked.Due(); due != before {
		t.Errorf("asking moved the date to %v", due)
	}
	_, _, err := AskExtend(asked, west, officer, w.law, "again", day(2))
	fails(errs.ExtensionAsked, err)
	_, _, err = AskExtend(c, west, officer, w.law, "", day(2))
	fails(errs.ReasonNeeded, err)

	// who asks does not approve, whatever else they are
	both := officer
	both.Roles = append([]office.Role{office.Lead}, officer.Roles...)
	_, _, err = Extend(asked, west, both, w.law, day(3))
	fails(errs.SamePerson, err)
	_, _, err = Extend(c, west, lead, w.law, day(3))
	fails(errs.NoExtensionAsked, err)
	_, _, err = Extend(asked, west, officer, w.law, day(3))
	fails(errs.NotYours, err)

	longer := must(Extend(asked, west, lead, w.law, day(3)))
	e := longer.Private.Extension
	want, _ := w.law.Calendar.Due(workday.DateOf(monday), workday.Limit{N: 30})
	if due, _ := longer.Due(); due.On != want || due.Statutory != want || e.Old != before.Statutory || e.New != want || e.Approver != "l1" {
		t.Errorf("due %v, want %v; %+v", due, want, e)
	}
	if asked.Private.Extension.Approver != "" {
		t.Error("the case that went in was changed")
	}
	// once only
	_, _, err = AskExtend(longer, west, officer, w.law, "once more", day(4))
	fails(errs.NoExtension, err)

	// refused, it may be asked for again, and the limit is as it was
	kept := must(KeepLimit(asked, west, lead, "人手够", day(3)))
	if due, _ := kept.Due(); due != before || kept.Private.Extension.Kept == "" {
		t.Errorf("a refusal moved the date: %v", due)
	}
	must(AskExtend(kept, west, officer, w.law, "另有情况", day(4)))

	// on the last day it can be approved, a day later not
	last := before.Statutory.Start().Add(10 * time.Hour)
	must(Extend(asked, west, lead, w.law, last))
	_, _, err = Extend(asked, west, lead, w.law, last.Add(24*time.Hour))
	fails(errs.ExtensionLate, err)

	// a pause and an extension add up
	stopped := must(Suspend(longer, west, officer, w.law, Suspension{Procedure: "experts", Reason: "r", Days: 5}, day(7)))
	again := must(Resume(stopped, west, officer, w.law, day(14)))
	want, _ = w.law.Calendar.Due(workday.DateOf(monday), workday.Limit{N: 35})
	if due, _ := again.Due(); due.Statutory != want {
		t.Errorf("after a pause of 5 working days due %v, want %v", due.Statutory, want)
	}
	if len(again.Private.Suspensions) != 1 || again.Private.Suspensions[0].Officer != "o1" {
		t.Errorf("%+v", again.Private.Suspensions)
	}

	w.law.Version.Limits[2].Extend = workday.Limit{}
	_, _, err = AskExtend(c, west, officer, w.law, "the rule knows none", day(2))
	fails(errs.NoExtension, err)
}

// An extension in another kind of days begins where the limit ends.
func TestExtensionInOtherDays(t *testing.T) {
	w, c := acceptedCase(t)
	w.law.Version.Limits[2].Extend = workday.Limit{N: 30, Unit: workday.CalendarDays}
	before, _ := c.Due()
	c, _, err := AskExtend(c, west, officer, w.law, "r", monday)
	if err == nil {
		c, _, err = Extend(c, west, lead, w.law, monday)
	}
	want, _ := w.law.Calendar.Due(before.Statutory, workday.Limit{N: 30, Unit: workday.CalendarDays})
	if due, _ := c.Due(); err != nil || due.Statutory != want {
		t.Errorf("due %v, want %v (%v)", due.Statutory, want, err)
	}
}

func TestProceduresThatStopTheClock(t *testing.T) {
	w, c := acceptedCase(t)
	for _, tt := range []struct {
		s    Suspension
		want errs.Code
	}{
		{Suspension{Procedure: "holiday", Reason: "r", Days: 1}, errs.ReasonNeeded},
		{Suspension{Procedure: "test", Days: 1}, errs.ReasonNeeded},
		{Suspension{Procedure: "test", Reason: "r"}, errs.ProcedureTime},
		{Suspension{Procedure: "test", Reason: "r", Days: 251}, errs.ProcedureTime},
		{Suspension{Procedure: "test", Reason: "r", Days: -1}, errs.ProcedureTime},
		{Suspension{Procedure: "test", Reason: "r", Days: 250}, 0},
	} {
		if _, _, err := Suspend(c, west, officer, w.law, tt.s, monday); errs.CodeOf(err) != tt.want && (tt.want != 0 || err != nil) {
			t.Errorf("%+v: %v", tt.s, err)
		}
	}
	w.law.Version.Limits[2] = item.LimitRule{Key: "decide", Kind: item.LimitDecide, Leg: "decide", Start: "accepted", Stops: []string{"experts"}}
	if _, _, err := Suspend(c, west, officer, w.law, Suspension{Procedure: "test", Reason: "r", Days: 1}, monday); !errs.Is(err, errs.ProcedureNotForThis) {
		t.Errorf("a procedure that the rule does not name: %v", err)
	}
}
