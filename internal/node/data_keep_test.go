package node_test

import (
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/domain/question"
	"tongban/internal/domain/retention"
	"tongban/internal/fsck"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/usage"
	"tongban/internal/kernel/workday"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// keeping is a case for which 西宁 was told something by 福建, with a business clock that the test moves.
type keeping struct {
	*equals
	asker, provider *node.Node
	found           unit.Found
}

func newKeeping(t *testing.T) *keeping {
	t.Helper()
	e := newEquals(t)
	k := &keeping{equals: e, asker: e.nodes["63"], provider: e.nodes["35"]}
	e.consent(e.request())
	if _, err := k.asker.Data.Ask(t.Context(), e.reviewer, e.c.ID, want); err != nil {
		t.Fatal(err)
	}
	list := k.list()
	if len(list) != 1 {
		t.Fatalf("%d answers", len(list))
	}
	k.found = list[0]
	return k
}

func (k *keeping) list() []unit.Found {
	k.t.Helper()
	list, err := k.asker.Store.FoundOf(k.t.Context(), k.c.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	return list
}

// answer is what the provider keeps of it.
func (k *keeping) answer() unit.Answered {
	k.t.Helper()
	a, err := k.provider.Store.Answered(k.t.Context(), "63", k.found.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	return a
}

func (k *keeping) later(d time.Duration) {
	k.t.Helper()
	at := time.Now().Add(d)
	for _, n := range k.nodes {
		n.Kit.Now = func() time.Time { return at }
	}
	for range 3 {
		settle(k.t, k.nodes["23"], k.asker, k.provider)
	}
}

// end closes the case at all its nodes, decided or withdrawn.
func (k *keeping) end(decided bool) {
	k.t.Helper()
	ctx, here := k.t.Context(), k.nodes["23"]
	clerk := actor(k.t, here, "230183", office.Window)
	ok := func(err error) {
		k.t.Helper()
		if err != nil {
			k.t.Fatal(err)
		}
	}
	if decided {
		officer := actor(k.t, k.asker, "630100", office.Reviewer, office.Decider)
		_, err := k.asker.Bench.Accept(ctx, officer, decide.Ref{Case: k.c.ID})
		ok(err)
		_, err = k.asker.Bench.Decide(ctx, officer, decide.Ref{Case: k.c.ID}, casefile.Decision{Outcome: casefile.Granted})
		ok(err)
		_, err = k.asker.Issuer.Issue(ctx, officer, k.c.ID, 0)
		ok(err)
		settle(k.t, here, k.asker)
		_, err = here.Issuer.Deliver(ctx, clerk, k.c.ID, 0, casefile.Delivery{Way: "counter", To: "applicant"})
		ok(err)
	} else {
		_, err := here.Lodge.Withdraw(ctx, nil, k.c.ID, 0)
		ok(err)
	}
	settle(k.t, here, k.asker)
	c, err := k.asker.Store.Case(ctx, k.c.ID)
	if err != nil || c.Closed.IsZero() {
		k.t.Fatalf("the case is %s, %v", c.Status(), err)
	}
}

// rules holds all against what never bends at a moment of the business clock.
func (k *keeping) rules() []fsck.Violation {
	k.t.Helper()
	var all []fsck.Node
	for id, n := range k.nodes {
		all = append(all, fsck.Node{ID: id, Reader: n.Store, Trust: n.Trust.List()})
	}
	r, err := fsck.Check(k.t.Context(), all, fsck.Options{Now: k.asker.Kit.Now()})
	if err != nil {
		k.t.Fatal(err)
	}
	return r.Violations
}

const dayLong = 24 * time.Hour

// What was told is kept while the case goes on and while its decision can be contested; then it goes, though the provider is away, and
// the receipt reaches it when it is back. Person and provider read when. A backup that brings the answer back changes nothing for long.
func TestAnswersAreDeletedInTime(t *testing.T) {
	k := newKeeping(t)
	ctx := t.Context()
	k.later(20 * dayLong)
	k.end(true)
	k.later(60 * dayLong) // beyond the 30 days of the terms
	if len(k.list()) != 1 || !k.answer().Deleted.IsZero() {
		t.Fatal("deleted while the decision can be contested")
	}
	k.net.Partition("63", "35")
	k.later(220 * dayLong)
	gone, err := k.asker.Store.DeletedOf(ctx, k.c.ID)
	if err != nil || len(gone) != 1 || len(k.list()) != 0 || !k.answer().Deleted.IsZero() {
		t.Fatalf("%d receipts, %d answers left, %v", len(gone), len(k.list()), err)
	}
	if v := k.rules(); len(v) > 0 {
		t.Errorf("with the receipt on its way: %+v", v)
	}
	k.net.Heal("63", "35")
	k.later(221 * dayLong)
	first := k.answer()
	if first.Deleted.IsZero() || !first.Deleted.Equal(gone[0].At) {
		t.Fatalf("the provider knows %+v", first)
	}
	for _, n := range []*node.Node{k.provider, k.asker} {
		told, _, err := usage.Of(ctx, n.Store, fan(t))
		if err != nil {
			t.Fatal(err)
		}
		said := false
		for _, l := range told.Extract.Lines {
			said = said || strings.Contains(l.Leaf, unit.ShareDeleted)
			if strings.Contains(l.Leaf, "樊") {
				t.Errorf("the log of %s names her", n.ID)
			}
		}
		if !said {
			t.Errorf("the log of %s does not tell her of the deletion", n.ID)
		}
	}
	if err := k.asker.Store.Commit(ctx, unit.Unit{At: k.asker.Kit.Now(), Found: &k.found}); err != nil { // an old backup
		t.Fatal(err)
	}
	if v := k.rules(); len(v) == 0 || v[0].Rule != "keep" {
		t.Errorf("what was said to be deleted is here, and the check says %+v", v)
	}
	if err := k.asker.Eraser.Settle(ctx, k.c.ID); err != nil {
		t.Fatal(err)
	}
	k.later(222 * dayLong)
	if len(k.list()) != 0 || !k.answer().Deleted.Equal(first.Deleted) {
		t.Error("a second receipt changed the first, or what came back stays")
	}
	if v := k.rules(); len(v) > 0 {
		t.Errorf("at the end: %+v", v)
	}
}

// A withdrawn case has nothing to contest: the terms count. A complaint that is open holds the deletion back, and so does a case that is
// not closed, whatever was so before.
func TestWhatHoldsDeletionBack(t *testing.T) {
	k := newKeeping(t)
	ctx := t.Context()
	k.end(false)
	now := time.Now().UTC().Truncate(time.Microsecond)
	x := complaint.Complaint{ID: unit.NewID(), Case: k.c.ID, Target: complaint.Decider, Office: "o", Node: "63", Taker: "63", Nth: 1, About: "late", Text: "x", At: now, Care: complaint.Care{State: complaint.Open, Round: 1}}
	if err := k.asker.Store.Commit(ctx, unit.Unit{At: now, Complaints: []complaint.Complaint{x}}); err != nil {
		t.Fatal(err)
	}
	k.later(40 * dayLong)
	if len(k.list()) != 1 {
		t.Error("deleted while a complaint is open")
	}
	list, err := k.asker.Store.Complaints(ctx, k.c.ID)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	x = list[0]
	x.Care.State = complaint.Closed
	c, err := k.asker.Store.Case(ctx, k.c.ID)
	if err != nil {
		t.Fatal(err)
	}
	closed := c.Closed
	c.Closed = time.Time{} // as a backup of before has it
	if err := k.asker.Store.Commit(ctx, unit.Unit{At: now, Case: &c, Complaints: []complaint.Complaint{x}}); err != nil {
		t.Fatal(err)
	}
	k.later(50 * dayLong)
	if len(k.list()) != 1 {
		t.Error("deleted while the case is open")
	}
	if c, err = k.asker.Store.Case(ctx, k.c.ID); err != nil {
		t.Fatal(err)
	}
	c.Closed = closed
	if err := k.asker.Store.Commit(ctx, unit.Unit{At: now, Case: &c}); err != nil {
		t.Fatal(err)
	}
	if v := k.rules(); len(v) != 1 || v[0].Rule != "keep" {
		t.Errorf("past its date, and the check says %+v", v)
	}
	k.later(60 * dayLong)
	if len(k.list()) != 0 || k.answer().Deleted.IsZero() {
		t.Error("kept for ever")
	}
	if v := k.rules(); len(v) > 0 {
		t.Errorf("at the end: %+v", v)
	}
}

// A receipt is believed only of who was told, about what it was told, for that case, after its time.
func TestForgedDeletionReceipts(t *testing.T) {
	k := newKeeping(t)
	ctx := t.Context()
	now := time.Now().UTC().Truncate(time.Microsecond)
	good := retention.Receipt{Case: k.c.ID, From: "63", To: "35", At: now, Basis: "b", Gone: []retention.Gone{{
		ID: k.found.ID, Question: k.found.Query.Hash(), Answer: k.found.Answer.Hash(), Resource: "idcard", Until: workday.DateOf(now).AddDays(-1), Why: retention.ByTerms,
	}}}
	for name, spoil := range map[string]func(r *retention.Receipt) (by, from office.NodeID){
		"by another province": func(r *retention.Receipt) (office.NodeID, office.NodeID) { r.From = "23"; return "23", "23" },
		"signed by another":   func(*retention.Receipt) (office.NodeID, office.NodeID) { return "23", "63" },
		"of another case":     func(r *retention.Receipt) (office.NodeID, office.NodeID) { r.Case = unit.NewID(); return "63", "63" },
		"before its time": func(r *retention.Receipt) (office.NodeID, office.NodeID) {
			r.Gone[0].Until = workday.DateOf(now)
			return "63", "63"
		},
		"of a question never put": func(r *retention.Receipt) (office.NodeID, office.NodeID) {
			r.Gone[0].ID = unit.NewID()
			return "63", "63"
		},
		"of another question": func(r *retention.Receipt) (office.NodeID, office.NodeID) {
			r.Gone[0].Question = proof.Hash{1}
			return "63", "63"
		},
		"from the future": func(r *retention.Receipt) (office.NodeID, office.NodeID) {
			r.At = now.Add(99 * dayLong)
			return "63", "63"
		},
		"of nothing": func(r *retention.Receipt) (office.NodeID, office.NodeID) { r.Gone = nil; return "63", "63" },
	} {
		r := good
		r.Gone = append([]retention.Gone(nil), good.Gone...)
		by, from := spoil(&r)
		k.send(r, by, from)
		if !k.answer().Deleted.IsZero() {
			t.Fatalf("believed %s", name)
		}
		if n, _, err := k.nodes[from].Store.Waiting(ctx); n != 0 || err != nil {
			t.Errorf("%s: %d wait for ever, %v", name, n, err)
		}
	}
	k.send(good, "63", "63") // a lie about what only the asker knows, that every other check lets through
	if k.answer().Deleted.IsZero() {
		t.Error("a receipt that holds is not believed")
	}
	if v := k.rules(); len(v) != 1 || v[0].Rule != "keep" || v[0].Node != "63" {
		t.Errorf("it lied, and the check says %+v", v)
	}
	var q question.Query
	if err := k.found.Query.Into(&q); err != nil || q.Terms != k.terms {
		t.Errorf("%v", err)
	}
}

// send posts a receipt as a node with a lying operator could.
func (k *keeping) send(r retention.Receipt, by, from office.NodeID) {
	k.t.Helper()
	n, now := k.nodes[from], time.Now().UTC()
	s, err := proof.SignJSON(k.signer(by), retention.Typ, r)
	if err != nil {
		k.t.Fatal(err)
	}
	body, err := proof.Marshal(s)
	if err != nil {
		k.t.Fatal(err)
	}
	u := unit.Unit{At: now}
	if err := n.Kit.Post(&u, exchange.Envelope{ID: unit.NewID(), To: "35", Kind: exchange.Deletion, Case: k.c.ID, Leg: "decide", At: now, Private: body}); err != nil {
		k.t.Fatal(err)
	}
	if err := n.Store.Commit(k.t.Context(), u); err != nil {
		k.t.Fatal(err)
	}
	for range 2 {
		settle(k.t, n, k.provider)
	}
}
