// Package exchange is the hand-over between nodes: the envelope that its sender signs, the receipt that its receiver
// signs, and the packet in which envelopes travel encrypted. An envelope's identity is the hash of the signed inner
// document, so that it stays the same however often it is wrapped, resent or re-ordered (rules I2 and I3).
package exchange

import (
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/proof"
)

// Kind says what an envelope asks of its receiver. Names cross nodes: append only.
type Kind string

// The kinds.
const (
	Offer  Kind = "offer"  // take over a leg; custody moves with the receiver's commit
	Notice Kind = "notice" // know of an act; custody stays
	Recall Kind = "recall" // forget an offer that you do not hold yet
	// Message is a word between applicant and office; nothing moves. A node that does not know it leaves it with its sender,
	// who tries again until that node can read it.
	Message Kind = "message"
	// Rating is what somebody said of an office's service, or what the office did about it; nothing moves, and it names nobody.
	Rating Kind = "rating"
	// Order is what the supervisor of one province asks another's about a case, or what is answered; nothing moves.
	Order Kind = "order"
	// Inquiry is a word of a 协查: asked, answered, declined, reminded of, taken back; nothing moves. The receiver need not know
	// the case.
	Inquiry Kind = "inquiry"
	// Complaint is one about an office's service, or a step of those who look into it; nothing moves, and it names nobody.
	Complaint Kind = "complaint"
	// Challenge is one to a value that the receiver told or was told, or its answer; nothing moves. The receiver need not know the case.
	Challenge Kind = "challenge"
	// Papers is a word about paper originals: asked for, sent in a bag, received, missing, found; the case moves by none of them.
	Papers Kind = "papers"
	// Deletion is the signed word that what the receiver told for a case is deleted; nothing moves. The receiver need not know the
	// case.
	Deletion Kind = "deletion"
)

// The types of signed documents of this package.
const (
	TypEnvelope = "envelope"
	TypReceipt  = "receipt"
)

// Envelope is one signed hand-over from a node to another. It names no person outside Private.
type Envelope struct {
	ID      string         `json:"id"` // UUIDv7
	From    office.NodeID  `json:"from"`
	To      office.NodeID  `json:"to"`
	Kind    Kind           `json:"kind"`
	Case    string         `json:"case"`
	Leg     string         `json:"leg"`
	At      time.Time      `json:"at"`              // sender's business time, UTC
	Facts   []proof.Signed `json:"facts,omitempty"` // the acts that the receiver may not know yet, oldest first; the last is the act behind this envelope
	Recalls string         `json:"recalls,omitempty"`
	Private []byte         `json:"private,omitempty"` // the payload; what it is depends on the act
	Files   []File         `json:"files,omitempty"`
}

// File is an attachment that travels beside the envelope: only here stands its key.
type File struct {
	Address  proof.Hash `json:"address"` // SM3 of the ciphertext
	Key      []byte     `json:"key"`
	Size     int64      `json:"size"`   // bytes of the plain file
	Cipher   int64      `json:"cipher"` // bytes of the ciphertext
	Name     string     `json:"name"`
	Type     string     `json:"type"`     // media type as checked at intake
	Material string     `json:"material"` // key of the material that it serves
}

// Status is what a receiver did with an envelope. Names cross nodes: append only.
type Status string

// The statuses.
const (
	Held     Status = "held"     // an offer: the leg is mine since At
	Noted    Status = "noted"    // a notice: recorded
	Recalled Status = "recalled" // a recall: never held, and never will be; or an offer that came after its recall
	Since    Status = "since"    // a recall that came too late: held since At
	Refused  Status = "refused"  // not taken, for Reason; the leg stays the sender's
)

// Receipt is the receiver's signed word on one envelope. It holds no personal data.
type Receipt struct {
	Envelope string        `json:"envelope"`
	Hash     proof.Hash    `json:"hash"` // of the signed envelope
	From     office.NodeID `json:"from"` // who signs this receipt
	To       office.NodeID `json:"to"`   // who sent the envelope
	Case     string        `json:"case"`
	Leg      string        `json:"leg"`
	Kind     Kind          `json:"kind"`
	Status   Status        `json:"status"`
	Reason   string        `json:"reason,omitempty"` // code of catalogue/items/reasons.toml
	At       time.Time     `json:"at"`               // receiver's business time of its commit, UTC
	// Changes say, with the reason "rules-moved", what the receiver's rules ask that the sender's did not.
	Changes []item.Change `json:"changes,omitempty"`
}

// LongestRest is how long a parcel rests between two tries at most. One that rests beyond twice as long was put off by a clock
// that has gone back since, and is due.
const LongestRest = 5 * time.Minute

// Parcel is an envelope that waits for its receipt.
type Parcel struct {
	ID     string
	To     office.NodeID
	Case   string
	Leg    string
	Kind   Kind
	Signed proof.Signed // the envelope as signed
	Files  []File
	At     time.Time
	Tries  int
}

// Arrival is an envelope that was dealt with, and the receipt that answers it for ever.
type Arrival struct {
	From    office.NodeID
	ID      string
	Case    string
	Kind    Kind
	Signed  proof.Signed // kept encrypted until the leg's retention ends; empty for a recall's tombstone
	Hash    proof.Hash
	Receipt proof.Signed
	Status  Status
	At      time.Time
}

// Settlement stores the receipt that frees a parcel from the outbox.
type Settlement struct {
	Parcel  string
	Receipt proof.Signed
	Status  Status
	At      time.Time
}
