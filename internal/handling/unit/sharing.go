package unit

import (
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/challenge"
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

// ShareDeleted is how the log calls that what was told for a case is deleted, at who had asked and at who had told; Reason is the day.
const ShareDeleted = "share.deleted"

// Answered keeps that a question of another province was answered. The unit fails with errs.Repeated if it was before. Deleted and
// Receipt are the asker's word that the answer is deleted there; a unit that answers leaves them empty.
type Answered struct {
	Asker   office.NodeID
	ID      string
	Case    string // the asker's
	No      casefile.No
	Item    string
	Subject party.Person
	At      time.Time // when it was answered; a unit takes its own
	// Question is its hash, Fields what was asked for; empty in what an older release answered.
	Question proof.Hash
	Resource string
	Fields   []string
	Deleted  time.Time
	Receipt  proof.Signed
}

// Gone notes at the provider that an answer is deleted at the asker.
type Gone struct {
	Asker   office.NodeID
	ID      string
	At      time.Time // as the receipt says it
	Receipt proof.Signed
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

// Erased is an answer that is deleted. Receipt is what the provider is told; empty for a refusal, of which nothing remains.
type Erased struct {
	ID      string
	Case    string
	At      time.Time // when it was deleted; a unit takes its own
	Receipt proof.Signed
}

// About is what an objection to the answer names it by.
func (a Answered) About() challenge.Told {
	return challenge.Told{ID: a.ID, Question: a.Question, Case: a.Case, No: string(a.No), Item: a.Item, Resource: a.Resource}
}
