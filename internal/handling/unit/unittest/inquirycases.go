package unittest

import (
	"testing"
	"time"

	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// inquiries: one asked for a case that is here, and one that came about a case that is not.
func inquiries(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	ctx := t.Context()
	c := caseOf(1)
	commit(t, k, m.opening(c))
	today := workday.DateOf(start)
	ask := inquiry.Ask{
		ID: unit.NewID(), Of: caseproof.Of(c), Leg: "decide", Type: "household", Fields: []string{"registered"}, From: Me, Office: hereOffice, To: There,
		Desk: thereOffice, About: party.Person{Name: "SECRET", IDType: party.ResidentID, IDNo: "11010119900307742X"}, At: start, Due: today.AddDays(1),
	}
	own := inquiry.Inquiry{Ask: ask, State: inquiry.Open, By: "o1"}
	came := own
	came.ID, came.Of.ID, came.From, came.Office, came.To, came.Desk, came.By = unit.NewID(), unit.NewID(), There, thereOffice, Me, hereOffice, ""
	came.Due = today.AddDays(3)
	commit(t, k, unit.Unit{At: start, Inquiries: []inquiry.Inquiry{own, came}})
	want(t, k.Commit(ctx, unit.Unit{Inquiries: []inquiry.Inquiry{own}}), errs.Duplicate)
	own.Row, came.Row = 1, 1
	same(t, []inquiry.Inquiry{own}, must[[]inquiry.Inquiry](t)(k.Inquiries(ctx, c.ID)))
	same(t, []inquiry.Inquiry{came}, must[[]inquiry.Inquiry](t)(k.InquiriesTo(ctx, hereOffice, 9)))
	same(t, []inquiry.Inquiry{own}, must[[]inquiry.Inquiry](t)(k.InquiriesBy(ctx, hereOffice, 9)))
	same(t, []inquiry.Inquiry{own}, must[[]inquiry.Inquiry](t)(k.InquiriesLate(ctx, today.AddDays(2), 9)))
	if n := must[int](t)(k.CountInquiriesTo(ctx, hereOffice)); n != 1 {
		t.Errorf("%d to answer", n)
	}
	came.State, came.Reply, came.Ended = inquiry.Answered, &inquiry.Reply{ID: unit.NewID(), Ask: came.ID, At: start, Values: map[string]string{"registered": "yes"}}, start.Add(time.Hour)
	commit(t, k, unit.Unit{At: start, Inquiries: []inquiry.Inquiry{came}})
	want(t, k.Commit(ctx, unit.Unit{Inquiries: []inquiry.Inquiry{came}}), errs.Stale)
	came.Row = 2
	same(t, came, must[inquiry.Inquiry](t)(k.Inquiry(ctx, came.ID)))
	if n := must[int](t)(k.CountInquiriesTo(ctx, hereOffice)); n != 0 {
		t.Errorf("%d to answer after the answer", n)
	}
	n := 0
	if err := k.EachInquiry(ctx, func(inquiry.Inquiry) error { n++; return nil }); err != nil || n != 2 {
		t.Errorf("%d in all, %v", n, err)
	}
	_, err := k.Inquiry(ctx, "nobody")
	want(t, err, errs.Missing)
}
