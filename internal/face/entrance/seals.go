package entrance

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/proof"
)

// mostSeals bounds the signatures that are remembered, a few hundred bytes each.
const mostSeals = 16 << 10

// seals remembers which signed facts were found genuine: a case is looked at many times while its facts stay as they are, and
// each signature costs as much as the rest of the page. Whether the signer is trusted now is asked each time. Safe for
// concurrent use; the zero value is ready.
type seals struct {
	mu   sync.Mutex // guards good
	good map[[sha256.Size]byte]casefile.Fact
}

// open gives the fact that a trusted node signed, and who. A refusal is not remembered.
func (m *seals) open(trust *office.TrustList, s proof.Signed) (casefile.Fact, office.Node, error) {
	key := fingerprint(s)
	m.mu.Lock()
	f, known := m.good[key]
	m.mu.Unlock()
	if node, _, trusted := trust.Signer(s.Key); known && trusted {
		return f, node, nil
	}
	node, err := trust.Check(s, casefile.TypFact)
	if err != nil {
		return casefile.Fact{}, office.Node{}, err
	}
	if err := s.Into(&f); err != nil {
		return casefile.Fact{}, office.Node{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.good == nil || len(m.good) >= mostSeals {
		m.good = map[[sha256.Size]byte]casefile.Fact{}
	}
	m.good[key] = f
	return f, node, nil
}

// fingerprint is the hash of all that a signature is checked against; the key's id is itself a hash of the key.
func fingerprint(s proof.Signed) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(s.Suite), []byte(s.Typ), []byte(s.Key), s.Sig} {
		_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(part)))) // never fails
		_, _ = h.Write(part)                                         // never fails
	}
	_, _ = h.Write(s.Body) // never fails
	return [sha256.Size]byte(h.Sum(nil))
}
