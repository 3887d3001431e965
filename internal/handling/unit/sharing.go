package unit

import (
	"time"

	"tongban/internal/domain/office"
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
