package unittest

import (
	"testing"
	"time"

	"tongban/internal/domain/complaint"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

func complaints(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	ctx := t.Context()
	c := caseOf(1)
	commit(t, k, m.opening(c))
	x := complaint.Complaint{
		ID: unit.NewID(), Case: c.ID, No: string(c.No), Item: c.Item, Target: complaint.Window, Office: hereOffice, Node: Me, Taker: Me, Nth: 1,
		About: "late", Text: "SECRET words", At: start, Care: complaint.Care{State: complaint.Open, Round: 1, Due: start.Add(time.Hour)},
	}
	away := x
	away.ID, away.Target, away.Office, away.Node, away.At = unit.NewID(), complaint.Decider, thereOffice, There, start.Add(time.Minute)
	commit(t, k, unit.Unit{At: start, Complaints: []complaint.Complaint{x, away}})
	twice := x
	twice.ID = unit.NewID()
	want(t, k.Commit(ctx, unit.Unit{Complaints: []complaint.Complaint{twice}}), errs.ComplaintOpen)
	want(t, k.Commit(ctx, unit.Unit{Complaints: []complaint.Complaint{x}}), errs.ComplaintOpen)
	x.Row, away.Row = 1, 1
	same(t, []complaint.Complaint{x, away}, must[[]complaint.Complaint](t)(k.Complaints(ctx, c.ID)))
	same(t, []complaint.Complaint{x}, must[[]complaint.Complaint](t)(k.ComplaintsToDo(ctx, complaint.Work, 9)))
	x.Care = complaint.Care{State: complaint.Answered, Round: 1, Steps: []complaint.Step{{Act: complaint.Settle, At: start, By: "o2", Text: "SECRET"}}}
	commit(t, k, unit.Unit{At: start, Complaints: []complaint.Complaint{x}})
	want(t, k.Commit(ctx, unit.Unit{Complaints: []complaint.Complaint{x}}), errs.Stale)
	x.Row = 2
	same(t, x, must[complaint.Complaint](t)(k.Complaint(ctx, x.ID)))
	same(t, []complaint.Complaint{x}, must[[]complaint.Complaint](t)(k.ComplaintsToDo(ctx, complaint.Calls, 9)))
	_, err := k.Complaint(ctx, "nobody")
	want(t, err, errs.Missing)
}
