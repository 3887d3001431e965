package casefile

import (
	"strings"
	"testing"
)

// After each word: the one word that people see, as each side knows it, and in whose queue the case stands.
func TestStatusAndQueues(t *testing.T) {
	for _, tt := range []struct {
		life            string
		status          Status
		atNorth, atWest string // queue and office
	}{
		{"", StatusSubmitted, "intake HERE", ""},
		{"hand-over", StatusSubmitted, "transit HERE", ""},
		{"hand-over recall", StatusSubmitted, "transit HERE", ""},
		{"hand-over recall mail-newest-first", StatusSubmitted, "intake HERE", ""},
		{"hand-over mail-answers-lost", StatusSubmitted, "transit HERE", "received THERE"},
		{"hand-over mail", StatusSubmitted, "", "received THERE"},
		{"hand-over mail review", StatusSubmitted, "", "received THERE"},
		{"hand-over mail accept mail", StatusAccepted, "", "accepted THERE"},
		{"hand-over mail accept suspend mail", StatusHandling, "", "suspended THERE"},
		{"hand-over mail accept suspend resume mail", StatusAccepted, "", "accepted THERE"},
		{"hand-over mail accept grant mail", StatusHandling, "", "concluded THERE"},
		{"hand-over mail decline mail", StatusHandling, "", "concluded THERE"},
		{"hand-over mail accept mail grant mail dispatch", StatusHandling, "", "transit THERE"},
		{"hand-over mail accept mail grant mail dispatch mail", StatusHandling, "deliver HERE", ""},
		{"hand-over mail accept grant dispatch mail deliver mail", StatusDone, "", ""},
		{"hand-over mail accept deny dispatch mail deliver mail", StatusDenied, "", ""},
		{"hand-over mail decline dispatch mail deliver mail", StatusDenied, "", ""},
		{"hand-over mail correct", StatusSubmitted, "", "transit THERE"},
		{"hand-over mail correct mail", StatusCorrection, "correction HERE", ""},
		{"hand-over mail correct mail supplement", StatusCorrection, "correction HERE", ""},
		{"hand-over mail correct mail hand-over", StatusCorrection, "transit HERE", ""},
		{"hand-over mail correct mail hand-over mail", StatusSubmitted, "", "received THERE"},
		{"hand-over mail return mail", StatusSubmitted, "returned HERE", ""},
		{"hand-over mail return mail hand-over mail", StatusSubmitted, "", "received THERE"},
		{"withdraw", StatusWithdrawn, "", ""},
		{"hand-over mail ask-withdraw mail", StatusWithdrawn, "", ""},
	} {
		t.Run(tt.life, func(t *testing.T) {
			w := newWorld(t, "none")
			for word := range strings.FieldsSeq(tt.life) {
				w.step(word)
			}
			if got := w.cases[north].Status(); got != tt.status {
				t.Errorf("status %s, want %s", got, tt.status)
			}
			q, office := w.cases[north].At(north)
			if got := strings.TrimSpace(string(q) + " " + office); got != tt.atNorth {
				t.Errorf("in the north it stands in %q, want %q", got, tt.atNorth)
			}
			q, office = w.cases[west].At(west)
			if got := strings.TrimSpace(string(q) + " " + office); got != tt.atWest {
				t.Errorf("in the west it stands in %q, want %q", got, tt.atWest)
			}
			if q, _ := w.cases[north].At("11"); q != "" {
				t.Errorf("a third node has it in %s", q)
			}
		})
	}
}

func TestRefusedOfferComesBack(t *testing.T) {
	w := newWorld(t, "none")
	w.step("hand-over")
	r := w.post[0].Envelope
	c := Settle(w.cases[north], receiptOf(r, "wrong-office"), north)
	if q, office := c.At(north); q != QueueReturned || office != "HERE" {
		t.Errorf("a refused case stands in %q of %q", q, office)
	}
	if l, _ := c.Leg("collect"); l.State != Received || l.Reason != "wrong-office" {
		t.Errorf("the window has it %s for %q", l.State, l.Reason)
	}
	if h, ok := c.Holder(); !ok || h.Node != north || len(c.Custody) != 1 {
		t.Errorf("held %+v", c.Custody)
	}
	if again := Settle(c, receiptOf(r, "wrong-office"), north); snapshot(t, again) != snapshot(t, c) {
		t.Error("a repeated receipt changed the case")
	}
}
