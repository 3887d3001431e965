package unit

import (
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/party"
	"tongban/internal/proof"
)

// Standing is an act on a licence: how it stands afterwards, and the signed fact. Life.Row 0 inserts; otherwise the stored
// version must still be Row. The place in the status list is the row's own, so the list changes with the act.
type Standing struct {
	Life   licence.Life
	Signed proof.Signed
}

// Presentation is a request to a wallet and its answer; Body is the caller's, and is stored encrypted under the case's key.
type Presentation struct {
	ID    string
	Case  string
	State PresentState
	At    time.Time
	Until time.Time // after that no answer is taken
	Body  []byte
}

// PresentState is where a presentation stands. It leaves PresentOpen once and for all.
type PresentState string

// The states.
const (
	PresentOpen    PresentState = "open"
	PresentTaken   PresentState = "taken"
	PresentRefused PresentState = "refused"
)

// Held is a thing in a person's wallet; Body is stored encrypted. An existing ID is overwritten if it has the same owner.
type Held struct {
	ID    string
	Owner party.Lookup
	Kind  string
	At    time.Time
	Body  []byte
}
