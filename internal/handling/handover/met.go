package handover

import (
	"sync"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
)

// met remembers which envelopes came to this process lately. It decides nothing, it only spares the commits that are sure to
// be refused when a sender repeats itself.
type met struct {
	mu  sync.Mutex // guards ids
	ids map[envelopeID]struct{}
}

type envelopeID struct {
	from office.NodeID
	id   string
}

// metMost bounds the memory; a full one is emptied.
const metMost = 8192

// before reports whether an envelope came before, and remembers it.
func (m *met) before(e exchange.Envelope) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := envelopeID{e.From, e.ID}
	if _, ok := m.ids[id]; ok {
		return true
	}
	if m.ids == nil || len(m.ids) >= metMost {
		m.ids = map[envelopeID]struct{}{}
	}
	m.ids[id] = struct{}{}
	return false
}
