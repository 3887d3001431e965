package share

import (
	"sync"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/proof"
)

// standingFor is how long a coordinator's word on a case serves several questions. A provider takes it for five minutes
// (caseproof.StatusLife): what is left covers the way and the difference of clocks.
const standingFor = 2 * time.Minute

// provedMost bounds the cases remembered; a full memory is emptied.
const provedMost = 4096

// proved is what an asker needs to prove a case: the coordinator's word, and the receipts that lead here.
type proved struct {
	vouched

	chain []proof.Signed
	row   int64 // of the case as it stood here then
	at    time.Time
}

// proofs remembers them. The zero value is ready.
type proofs struct {
	mu sync.Mutex // guards of
	of map[string]proved
}

// good gives what is remembered of a case, as long as it is fresh and the case here is the same.
func (p *proofs) good(c casefile.Case, now time.Time) (proved, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x, ok := p.of[c.ID]
	age := now.Sub(x.at)
	return x, ok && x.row == c.Row && age >= 0 && age < standingFor
}

func (p *proofs) drop(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, id)
}

func (p *proofs) keep(id string, x proved) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil || len(p.of) >= provedMost {
		p.of = map[string]proved{}
	}
	p.of[id] = x
}
