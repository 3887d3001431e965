package node_test

import (
	"testing"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/proof"
)

// Somebody who goes on with a case for its applicant agrees on the page of its data; it is nobody's word but the applicant's, and must
// not stand in the way of it.
func TestAnAgentsWordKeepsNobodyFromTheirs(t *testing.T) {
	e := newEquals(t)
	r := e.request()
	_, what, err := r.Agreement()
	if err != nil {
		t.Fatal(err)
	}
	lin := party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
	s, err := proof.SignJSON(e.signer(office.IDP), vouch.TypConsent, vouch.Consent{
		Agreement: what, ID: "2", From: "23", Subject: "agent", Person: lin, Level: 3, At: time.Now().UTC(),
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.nodes["23"].Store.Case(t.Context(), e.c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.nodes["23"].Standing.Consent(t.Context(), c, r, s); err == nil {
		t.Error("an agent's signature is kept as the applicant's word")
	}
	e.consent(r) // the applicant's own, afterwards
	if _, err := e.nodes["63"].Data.Ask(t.Context(), e.reviewer, e.c.ID, want); err != nil {
		t.Errorf("asked with the applicant's consent: %v", err)
	}
}
