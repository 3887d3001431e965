package unit

import (
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/proof"
)

// Said is a province's verified statement on sharing as the store keeps it.
type Said struct {
	By     office.NodeID
	Seq    int
	Hash   proof.Hash
	At     time.Time // when it came here
	Signed proof.Signed
}

// Answered keeps that a question of another province was answered. The unit fails with errs.Repeated if it was before.
type Answered struct {
	Asker   office.NodeID
	ID      string
	Case    string // the asker's
	No      casefile.No
	Item    string
	Subject party.Person
}

// ShareConsent is what an applicant agreed to: Request as it was shown, and the identity provider's signature on it. One that is here
// already stays.
type ShareConsent struct {
	Case    string
	Request []byte
	Signed  proof.Signed
}

// Found is what another province answered about a party to a case here.
type Found struct {
	ID       string // of the question
	Case     string
	At       time.Time
	Provider office.NodeID
	Resource string
	Query    proof.Signed
	Answer   proof.Signed
}
