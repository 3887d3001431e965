package node_test

import (
	"slices"
	"testing"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/domain/question"
	"tongban/internal/fsck"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// The check of the rules judges every answered question again. What a provider told without a proof, or promised and did not log, and what an
// asker keeps that nobody said, is found.
func TestFsckOfQuestions(t *testing.T) {
	e := newEquals(t)
	ctx, asker, provider := t.Context(), e.nodes["63"], e.nodes["35"]
	e.consent(e.request())
	if _, err := asker.Data.Ask(ctx, e.reviewer, e.c.ID, want); err != nil {
		t.Fatal(err)
	}
	other := want
	other.Fields = []string{"nothing of that name"}
	if _, err := asker.Data.Ask(ctx, e.reviewer, e.c.ID, other); !errs.Is(err, errs.NotInAgreement) {
		t.Fatal(err)
	}
	good, err := asker.Data.Prepare(ctx, e.c, want)
	if err != nil {
		t.Fatal(err)
	}
	check := func() fsck.Report {
		t.Helper()
		var all []fsck.Node
		for _, id := range []office.NodeID{"23", "35", "63"} {
			settle(t, e.nodes[id]) //nolint:contextcheck // the node has its own
			all = append(all, fsck.Node{ID: id, Reader: e.nodes[id].Store, Trust: e.nodes[id].Trust.List()})
		}
		report, err := fsck.Check(ctx, all, fsck.Options{Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	if r := check(); len(r.Violations) > 0 || r.Checked["questions"] != 2 || r.Checked["answers"] != 1 {
		t.Fatalf("%+v", r)
	}
	found, err := asker.Store.FoundOf(ctx, e.c.ID)
	if err != nil {
		t.Fatal(err)
	}
	var real question.Answer
	for _, f := range found {
		var a question.Answer
		if err := f.Answer.Into(&a); err != nil {
			t.Fatal(err)
		}
		if a.Refused == 0 {
			real = a
		}
	}
	// keep lets the asker keep a question with an answer to it.
	keep := func(spoil func(q *question.Query), by office.NodeID, answer func(a *question.Answer)) {
		t.Helper()
		q := good
		s, err := asker.Data.Sign(&q)
		if err != nil {
			t.Fatal(err)
		}
		if spoil != nil {
			spoil(&q)
			if s, err = proof.SignJSON(e.signer("63"), question.TypQuery, q); err != nil {
				t.Fatal(err)
			}
		}
		a := question.Answer{Question: s.Hash(), From: "35", To: "63", Values: map[string]string{"name": "x"}, At: time.Now().UTC(), AsOf: time.Now().UTC(), Entry: real.Entry}
		if answer != nil {
			answer(&a)
		}
		signed, err := proof.SignJSON(e.signer(by), question.TypAnswer, a)
		if err == nil {
			err = asker.Store.Commit(ctx, unit.Unit{At: time.Now().UTC(), Found: &unit.Found{
				ID: q.Number, Case: e.c.ID, At: time.Now().UTC(), Provider: "35", Resource: "idcard", Query: s, Answer: signed,
			}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	rules := func() (out []string) {
		for _, v := range check().Violations {
			out = append(out, v.Rule)
		}
		return out
	}
	want := []string{}
	for _, tt := range []struct {
		name string
		do   func()
		rule string
	}{
		{"an answer that is all right", func() { keep(nil, "35", nil) }, ""},
		{"told without the person's word", func() { keep(func(q *question.Query) { q.Proof.Consent = proof.Signed{} }, "35", nil) }, "I4"},
		{"told outside the terms", func() { keep(func(q *question.Query) { q.Terms = proof.Hash{1} }, "35", nil) }, "I4"},
		{"told without witnesses", func() { keep(func(q *question.Query) { q.Proof.Log.Witnesses = nil }, "35", nil) }, "I4"},
		{"an answer by the asker", func() { keep(nil, "63", nil) }, "I4"},
		{"an answer to something else", func() { keep(nil, "35", func(a *question.Answer) { a.Question = proof.Hash{2} }) }, "I4"},
		{"promised and not logged", func() { keep(nil, "35", func(a *question.Answer) { a.Entry = make([]byte, 32) }) }, "I5"},
		{"answered and not logged", func() {
			if err := provider.Store.Commit(ctx, unit.Unit{At: time.Now().UTC(), Answered: &unit.Answered{Asker: "63", ID: "q", Case: "0199b0a0-0000-7000-8000-00000000abcd", Subject: fan(t)}}); err != nil {
				t.Fatal(err)
			}
		}, "I5"},
	} {
		tt.do()
		if tt.rule != "" {
			want = append(want, tt.rule)
		}
		if got := rules(); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			t.Fatalf("%s: %v, want %v", tt.name, got, want)
		}
	}
}
