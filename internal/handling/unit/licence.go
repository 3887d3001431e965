package unit

import (
	"slices"
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/party"
	"tongban/internal/proof"
)

// Standing is an act on a licence: how it stands afterwards, and the signed fact. Life.Row 0 inserts; otherwise the stored
// version must still be Row. The place in the status list is the row's own, so the list changes with the act.
type Standing struct {
	Life    licence.Life
	Signed  proof.Signed
	Lookups []party.Lookup // blind index entries of a new licence
}

// Wish is an act on a licence that waits for a second person; at most one for each licence, a new one takes the place of the old.
type Wish struct {
	Licence string
	Act     licence.Act
	Reason  string
	By      string // officer
	At      time.Time
	Row     int64 // of the standing that it was made on; on another one it is void
	Drop    bool  // removes it
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

// LicenceForms are what a licence is found by in its issuer's register: its number, and the holder's number and name.
func LicenceForms(l licence.Licence) []party.Lookup {
	out := []party.Lookup{{Kind: party.ByNumber, Value: l.No}}
	for _, f := range party.Lookups(party.Person{Name: l.Holder.Name, IDNo: l.Holder.Code}) {
		if (f.Kind == party.ByNumber || f.Kind == party.ByName) && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}
