package node_test

import (
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/message"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/node"
	"tongban/internal/proof"
)

func (w *told) thread(n *node.Node, id string) []message.Message {
	w.t.Helper()
	list, err := n.Store.Messages(w.t.Context(), id)
	w.ok(err)
	return list
}

func (w *told) fresh(id string) casefile.Case {
	w.t.Helper()
	c, err := w.here.Store.Case(w.t.Context(), id)
	w.ok(err)
	return c
}

func TestAWordGoesToWhoHoldsTheCaseAndTheAnswerComesBack(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.lodged()
	w.ok(w.here.Words.Ask(ctx, c, unit.NewID(), "to the window"))
	if n, err := w.here.Store.CountOpen(ctx, w.clerk.Office); n != 1 || err != nil {
		t.Errorf("the window has %d, %v", n, err)
	}
	_, err := w.here.Post.HandOver(ctx, w.clerk, c.ID, 0)
	w.ok(err)
	w.turn()
	key := unit.NewID()
	for range 2 { // the button pressed twice
		w.ok(w.here.Words.Ask(ctx, w.fresh(c.ID), key, "to the decider <script>alert(1)</script>"))
	}
	w.turn()
	got := w.thread(w.there, c.ID)
	if len(got) != 1 || got[0].Text != "to the decider <script>alert(1)</script>" || !got[0].Open || got[0].Office != w.officer.Office {
		t.Fatalf("at the decider: %+v", got)
	}
	w.out.take()
	window := w.officer
	window.Office = w.clerk.Office
	if err := w.there.Words.Answer(ctx, window, c.ID, unit.NewID(), "x"); err == nil {
		t.Error("an officer without a part answers")
	}
	lead := w.officer
	lead.Roles = []office.Role{office.Lead}
	if err := w.there.Words.Answer(ctx, lead, c.ID, unit.NewID(), "x"); !errs.Is(err, errs.NotYours) {
		t.Errorf("a lead answers: %v", err)
	}
	w.ok(w.there.Words.Answer(ctx, w.officer, c.ID, unit.NewID(), "the answer"))
	w.turn()
	if n, err := w.there.Store.CountOpen(ctx, w.officer.Office); n != 0 || err != nil {
		t.Errorf("%d wait after the answer, %v", n, err)
	}
	home := w.thread(w.here, c.ID)
	if len(home) != 3 || home[2].Text != "the answer" || message.Unread(home, message.Applicant) != 1 {
		t.Fatalf("at home: %+v", home)
	}
	if sent := w.out.take(); len(sent) != 1 || strings.Contains(sent[0].Text, "the answer") {
		t.Errorf("told: %+v", sent)
	}
	if got := w.kinds(c.ID); got[len(got)-1] != notice.Answered {
		t.Errorf("%v", got)
	}
	if n, _, err := w.here.Store.Waiting(ctx); n != 0 || err != nil {
		t.Errorf("%d parcels wait, %v", n, err)
	}
}

func TestWordsHaveBoundsAndEnd(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.lodged()
	for range message.MostADay {
		w.ok(w.here.Words.Ask(ctx, c, unit.NewID(), "x"))
	}
	if err := w.here.Words.Ask(ctx, c, unit.NewID(), "x"); !errs.Is(err, errs.TooMany) {
		t.Error(err)
	}
	if err := w.here.Words.Ask(ctx, c, "not-a-key", "x"); !errs.Is(err, errs.BadRequest) {
		t.Error(err)
	}
	w.now = w.now.Add(25 * time.Hour)
	if err := w.here.Words.Ask(ctx, c, unit.NewID(), strings.Repeat("x", message.MostRunes+1)); !errs.Is(err, errs.MessageLong) {
		t.Error(err)
	}
	_, err := w.here.Lodge.Withdraw(ctx, nil, c.ID, 0)
	w.ok(err)
	if err := w.here.Words.Ask(ctx, w.fresh(c.ID), unit.NewID(), "x"); !errs.Is(err, errs.MessageClosed) {
		t.Error(err)
	}
}

// A counterpart may lie: what it may not say is refused for good, kept nowhere, and tells nobody.
func TestALyingCounterpartSaysNothing(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.handedOver()
	w.out.take()
	for name, m := range map[string]message.Message{
		"as the applicant":   {Case: c.ID, From: message.Applicant, Office: w.clerk.Office, Text: "withdraw it"},
		"for our own window": {Case: c.ID, From: message.Office, Office: w.clerk.Office, Text: "call this number"},
		"too long":           {Case: c.ID, From: message.Office, Office: w.officer.Office, Text: strings.Repeat("x", message.MostRunes+1)},
		"what hides":         {Case: c.ID, From: message.Office, Office: w.officer.Office, Text: "a\u202eb"},
	} {
		m.ID, m.At = unit.NewID(), w.now
		body, err := proof.Marshal(m)
		w.ok(err)
		u := unit.Unit{At: w.now}
		w.ok(w.there.Kit.Post(&u, exchange.Envelope{ID: m.ID, To: "23", Kind: exchange.Message, Case: c.ID, Leg: "decide", At: w.now, Private: body}))
		w.ok(w.there.Store.Commit(ctx, u))
		w.turn()
		if got := w.thread(w.here, c.ID); len(got) > 0 {
			t.Errorf("%s: kept %+v", name, got)
		}
		if got := w.out.take(); len(got) > 0 {
			t.Errorf("%s: told %+v", name, got)
		}
		if n, _, err := w.there.Store.Waiting(ctx); n != 0 || err != nil {
			t.Errorf("%s: %d wait for ever, %v", name, n, err)
		}
	}
}
