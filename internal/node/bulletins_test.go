package node_test

import (
	"testing"
	"time"

	"tongban/internal/domain/figure"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// The clock issues a month's bulletin on the fifth of the next, from what was counted; facts that come later change the board and not
// the issue.
func TestTheClockIssuesTheBulletin(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	w.handedOver()
	w.now = time.Date(2026, 12, 4, 10, 0, 0, 0, workday.Zone)
	w.turn()
	if _, err := w.here.Store.Bulletin(ctx, 202611); !errs.Is(err, errs.Missing) {
		t.Fatalf("before its day: %v", err)
	}
	w.now = w.now.AddDate(0, 0, 1)
	w.turn()
	x, err := w.here.Store.Bulletin(ctx, 202611)
	w.ok(err)
	b, err := x.Check(w.there.Trust.List()) // as anybody else can
	if err != nil || b.Issuer != "23" || len(b.Parts) != 1 || b.Parts[0].Of("lodged").N() != 1 {
		t.Fatalf("%v: %+v", err, b.Parts)
	}
	w.ok(w.here.Store.AddFigures(ctx, []figure.Cell{{Key: figure.Key{Cut: figure.ByPlace, Figure: "lodged", Month: 202611, Key: "63"}, N: 1}}))
	w.now = w.now.AddDate(0, 0, 1)
	w.turn()
	again, err := w.here.Store.Bulletin(ctx, 202611)
	w.ok(err)
	if again.Bulletin.Hash() != x.Bulletin.Hash() {
		t.Error("the issue was changed")
	}
}
