package node_test

import (
	"testing"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// A complaint about the deciding office reaches the oversight of its province, and no officer of it; the answer comes back, the person
// is told, and the oversight at home makes the call. A counterpart that lies about one is refused for good.
func TestAComplaintGoesToOversightElsewhere(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.handedOver()
	w.turn()
	wish := complaint.Wish{ID: unit.NewID(), Target: complaint.Decider, About: "late", Text: "no word <script>alert(1)</script>"}
	for range 2 { // the button pressed twice
		w.ok(w.here.Complaints.Make(ctx, c, wish))
	}
	w.turn()
	of := func(n *node.Node) complaint.Complaint {
		t.Helper()
		list, err := n.Store.Complaints(ctx, c.ID)
		w.ok(err)
		if len(list) != 1 {
			t.Fatalf("%s has %d", n.ID, len(list))
		}
		return list[0]
	}
	if got := of(w.there); got.Office != w.officer.Office || got.Text != wish.Text || got.Care.State != complaint.Open {
		t.Fatalf("arrived as %+v", got)
	}
	if list, err := w.here.Store.ComplaintsToDo(ctx, complaint.Work, 9); len(list) != 0 || err != nil {
		t.Errorf("the window's oversight has %d to do, %v", len(list), err)
	}
	watch, caller := as(w.officer, "watch", office.Supervisor), as(w.clerk, "caller", office.Supervisor)
	step := func(n *node.Node, by casefile.Actor, a complaint.Act, want errs.Code) {
		t.Helper()
		x := of(n)
		err := n.Complaints.Do(ctx, by, x.ID, x.Row, a, "words")
		if want == 0 {
			w.ok(err)
		} else if !errs.Is(err, want) {
			t.Errorf("%s by %s: %v, want %s", a, by.ID, err, want.Name())
		}
		w.turn() //nolint:contextcheck // the world has the test's own
	}
	for _, role := range []office.Role{office.Window, office.Reviewer, office.Decider, office.Lead} {
		step(w.there, as(w.officer, "o", role), complaint.Take, errs.NotYours)
	}
	if err := w.there.Complaints.Do(ctx, watch, wish.ID, 99, complaint.Take, ""); !errs.Is(err, errs.Stale) {
		t.Errorf("on an old page: %v", err)
	}
	step(w.there, watch, complaint.Take, 0)
	if _, err := w.there.Complaints.Whom(ctx, watch, of(w.there)); !errs.Is(err, errs.ComplaintMove) {
		t.Errorf("who looks into it learns whose it is: %v", err)
	}
	step(w.there, watch, complaint.Settle, 0)
	if kinds := w.kinds(c.ID); kinds[len(kinds)-1] != notice.ComplaintHeard {
		t.Errorf("told %v", kinds)
	}
	step(w.there, watch, complaint.Content, errs.ComplaintMove) // the other province calls
	if whom, err := w.here.Complaints.Whom(ctx, caller, of(w.here)); err != nil || whom.Private.Applicant.Phone == "" {
		t.Errorf("the caller learns %q, %v", whom.Private.Applicant.Phone, err)
	}
	step(w.here, caller, complaint.Content, 0)
	for _, n := range []*node.Node{w.here, w.there} {
		if x := of(n); x.Care.State != complaint.Closed {
			t.Errorf("at %s: %+v", n.ID, x.Care)
		}
	}
	lie := of(w.here)
	lie.ID, lie.Nth, lie.Office = unit.NewID(), 2, w.clerk.Office
	for _, body := range []any{complaint.Word{Complaint: lie.ID, Given: &lie}, complaint.Word{Complaint: "x", Act: complaint.Content}, "no word"} {
		raw, err := proof.Marshal(body)
		w.ok(err)
		u := unit.Unit{At: w.now}
		w.ok(w.here.Kit.Post(&u, exchange.Envelope{ID: unit.NewID(), To: "63", Kind: exchange.Complaint, Case: c.ID, Leg: "decide", At: w.now, Private: raw}))
		w.ok(w.here.Store.Commit(ctx, u))
		w.turn()
		of(w.there)
		if n, _, err := w.here.Store.Waiting(ctx); n != 0 || err != nil {
			t.Errorf("%d wait for ever, %v", n, err)
		}
	}
}
