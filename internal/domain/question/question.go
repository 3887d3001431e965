// Package question is the 核验: one question about one party to one case, which names and proves all that the provider judges by,
// the provider's judgement, and its answer. Default deny.
package question

import (
	"maps"
	"regexp"
	"slices"
	"time"

	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/proof"
)

// The types of signed object.
const (
	TypQuery  = "share-query"
	TypAnswer = "share-answer"
)

// How long things are good, in security time.
const (
	QueryLife   = 2 * time.Minute     // of a question
	ConsentLife = 60 * 24 * time.Hour // of the person's word: as long as for a case that waits in an outbox
)

// Bounds of what crosses nodes, in bytes.
const (
	MaxQuery  = 64 << 10
	MaxAnswer = 32 << 10
	mostValue = 2000
)

// Level is the lowest assurance at which somebody may agree that data about them is asked for: name and number were verified.
const Level = 2

// Query is one question about one party to one case (核验). It names all that the provider judges by, and proves it.
type Query struct {
	caseproof.Case

	Number   string            `json:"id"` // UUIDv7, good once
	From     office.NodeID     `json:"from"`
	To       office.NodeID     `json:"to"`
	At       time.Time         `json:"at"` // security time
	Until    time.Time         `json:"until"`
	Terms    proof.Hash        `json:"terms"`    // of the agreement that the asker relies on
	Resource string            `json:"resource"` // key
	Fields   []string          `json:"fields,omitempty"`
	Checks   map[string]string `json:"checks,omitempty"` // field and the value that the asker holds: right or wrong?
	Purpose  string            `json:"purpose"`
	Basis    string            `json:"basis"`
	Officer  string            `json:"officer"` // id at the asking node
	Office   string            `json:"office"`  // code
	Subject  party.Person      `json:"subject"`
	Salt     []byte            `json:"salt"` // 16 bytes: nobody guesses the subject from the question's hash
	Proof    CaseProof         `json:"proof"`
}

// CaseProof is why a provider may answer (rule I4). Everything in it is signed by somebody else than who shows it, or by a
// province about itself; the provider believes nothing that the asker merely says.
type CaseProof struct {
	caseproof.Standing
	Chain   []proof.Signed `json:"chain,omitempty"` // receipts that lead from the coordinator to the asker
	Request []byte         `json:"request"`         // the Request as the person was shown it
	Consent proof.Signed   `json:"consent"`         // the identity provider's signature on its hash
}

// Request is what a person is shown before they agree that data about them is asked for, hashed and signed at the identity
// provider: an explicit request, for one case, one asker and one resource (个人信息保护法 第23条; (EU) 2018/1724 Art 14(3)(a)).
type Request struct {
	Case     string        `json:"case"`
	Item     string        `json:"item"`
	Provider office.NodeID `json:"provider"`
	Asker    office.NodeID `json:"asker"`
	Resource string        `json:"resource"`
	Fields   []string      `json:"fields"`
	Purpose  string        `json:"purpose"`
	Basis    string        `json:"basis"`
	Text     string        `json:"text"` // version of the words that were shown
}

// Agreement gives the bytes that are agreed to, and what the identity provider is asked to sign.
func (r Request) Agreement() ([]byte, vouch.Agreement, error) {
	b, err := proof.Marshal(r)
	return b, vouch.Agreement{Act: vouch.Query, To: r.Provider, About: r.Item, Hash: proof.HashOf(b)}, err
}

// Asked lists the names that the question touches, sorted.
func (q Query) Asked() []string {
	return slices.Sorted(maps.Keys(maps.Collect(func(yield func(string, bool) bool) {
		for _, f := range q.Fields {
			if !yield(f, true) {
				return
			}
		}
		for f := range q.Checks {
			if !yield(f, true) {
				return
			}
		}
	})))
}

var queryID = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// Answer is the provider's signed word on exactly one question. A refusal says why by its code and tells nothing else.
type Answer struct {
	Question proof.Hash        `json:"question"`
	From     office.NodeID     `json:"from"`
	To       office.NodeID     `json:"to"`
	Refused  uint32            `json:"refused,omitempty"` // errs.Code
	Values   map[string]string `json:"values,omitempty"`
	Checks   map[string]bool   `json:"checks,omitempty"`
	AsOf     time.Time         `json:"as_of,omitzero"` // business time at which the source said so
	At       time.Time         `json:"at"`             // business time of the entry
	// Entry is the RFC 6962 leaf hash of the log entry that was committed before this left: the provider's promise that it stands in
	// the tree within two seconds. Who holds it and does not find it there has proof of fault.
	Entry []byte `json:"entry"`
}
