package unit

import (
	"time"

	"tongban/internal/domain/bundle"
	"tongban/internal/domain/office"
	"tongban/internal/proof"
)

// RuleBundle is a verified bundle of rules as the store keeps it. The unit fails with errs.Stale if its number is taken.
type RuleBundle struct {
	Publisher office.NodeID
	Seq       int
	Hash      proof.Hash
	At        time.Time // when it came here
	Signed    proof.Signed
}

// Drafted stores a draft of rules. Draft.Row 0 inserts; otherwise the stored version must still be Row, or the unit fails with
// errs.Stale.
type Drafted struct{ Draft bundle.Draft }
