// Package accesslog is the append-only log of a node: every act and every view of personal data leaves an entry, which
// commits in the same transaction (rule I5). Entries hold no personal data. A sequencer hashes them into an RFC 6962
// SHA-256 tree in batches; tree heads are signed.
package accesslog

import (
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"tongban/internal/proof"
)

// Kind says what an entry records.
type Kind string

// The kinds.
const (
	Act  Kind = "act"  // a legal act; Fact is its signed fact
	Sent Kind = "sent" // an envelope was given to the outbox
	Took Kind = "took" // an envelope was taken in
	View Kind = "view" // an officer or the applicant looked at personal data
	Rule Kind = "rule" // rules were drafted, approved, published, taken in or refused; Case is empty
	Term Kind = "term" // a resource was described, or terms of sharing proposed, signed, suspended, ended, taken in or refused; Case is empty
	// Rebuilt ends what could not be kept: the node was lost and brought back from its backup; Case is empty
	Rebuilt Kind = "rebuilt"

	Data Kind = "data" // another province asked about a party to its case, and was answered or refused
)

// Entry is one line of the log.
type Entry struct {
	Kind   Kind       `json:"kind"`
	At     time.Time  `json:"at"` // business time, UTC
	Case   string     `json:"case"`
	Who    string     `json:"who"`              // officer id or node; an applicant is "applicant"
	Office string     `json:"office,omitempty"` // the officer's, by its code
	What   string     `json:"what"`             // act, page or envelope id
	Reason string     `json:"reason,omitempty"`
	Fact   proof.Hash `json:"fact,omitzero"`
	Fields []string   `json:"fields,omitempty"` // data: what was asked for, by name
	Basis  string     `json:"basis,omitempty"`  // data: law and article
}

// Leaf is the entry's canonical form: what the tree hashes.
func (e Entry) Leaf() ([]byte, error) { return proof.Marshal(e) }

// LeafHash is the hash under which a leaf stands in the tree (RFC 6962 §2.1).
func LeafHash(leaf []byte) []byte {
	h := tlog.RecordHash(leaf)
	return h[:]
}
