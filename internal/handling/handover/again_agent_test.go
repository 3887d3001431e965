package handover_test

import (
	"testing"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/party"
)

// Whoever made the application is known with the first offer; a second one, after a correction, brings no agent whom nobody named.
func TestASecondOfferBringsNoAgent(t *testing.T) {
	w := newWorld(t, 0)
	w.play("lodge hand-over settle correct settle supplement hand-over")
	e := w.offer()
	c := w.at(north)
	agent := party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
	c.Private.Acting = &party.Acting{Agent: &agent, Mandate: "none"}
	e.Private = w.payload(c)
	a := w.send(w.sign(north, exchange.TypEnvelope, e))
	if got := w.at(west).Private.Acting; got != nil {
		t.Errorf("%d receipts; the deciding place has an agent without any mandate: %s", len(a.Receipts), got.Agent.Name)
	}
}
