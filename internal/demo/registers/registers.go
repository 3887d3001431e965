// Package registers is made-up departmental registers for the demonstration: what the police, the land registry and others
// would say about its made-up people. It is never linked into the path of serve. Who is in it is data (registers.toml).
package registers

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"sync"
	"time"

	"github.com/BurntSushi/toml"

	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/handling/apply"
	"tongban/internal/handling/share"
	"tongban/internal/kernel/errs"
)

//go:embed registers.toml
var source []byte

// Registers answers for all sources. Safe for concurrent use.
type Registers struct {
	now    func() time.Time
	people map[string]map[string]map[string]string // by number, source, what it gives
	units  map[string]map[string]map[string]string // by the unit's name, which the demonstration's stories make up; its code is given out later

	mu   sync.RWMutex // guards down
	down map[string]bool
}

var (
	_ apply.Evidence = (*Registers)(nil)
	_ share.Source   = (*Registers)(nil)
)

// New reads the registers; now is business time. It fails only if the data is wrong, which the package's test would have shown.
func New(now func() time.Time) (*Registers, error) {
	var f struct {
		Person []struct {
			IDNo    string
			Sources map[string]map[string]string
		}
		Unit []struct {
			Name    string
			Sources map[string]map[string]string
		}
	}
	meta, err := toml.NewDecoder(bytes.NewReader(source)).Decode(&f)
	if err != nil {
		return nil, fmt.Errorf("reading the demo registers: %w", err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("reading the demo registers: unknown field %s", unknown[0])
	}
	r := &Registers{now: now, people: map[string]map[string]map[string]string{}, units: map[string]map[string]map[string]string{}, down: map[string]bool{}}
	for _, p := range f.Person {
		r.people[p.IDNo] = p.Sources
	}
	for _, u := range f.Unit {
		r.units[u.Name] = u.Sources
	}
	return r, nil
}

// Ask answers at once: errs.TryLater from a register that is down, errs.Missing if it does not know the person.
func (r *Registers) Ask(_ context.Context, q apply.Asking) (journey.Record, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.down[q.Source] {
		return journey.Record{}, errs.New(errs.TryLater, "register %s is down", q.Source)
	}
	values, ok := r.people[q.Person.IDNo][q.Source]
	if q.Unit != nil && q.Source != "idcard" { // for a unit its own entries count, and none of whoever acts for it
		values, ok = r.units[q.Unit.Name][q.Source]
	}
	if !ok {
		return journey.Record{}, errs.New(errs.Missing, "register %s", q.Source)
	}
	return journey.Record{Values: values, At: r.now().UTC().Truncate(time.Second)}, nil
}

// Record answers another province through the node that asks: a resource of the demonstration bears the key of its source.
func (r *Registers) Record(ctx context.Context, resource string, who party.Person) (map[string]string, time.Time, error) {
	rec, err := r.Ask(ctx, apply.Asking{Source: resource, Person: who})
	if errs.Is(err, errs.Missing) {
		err = errs.Wrap(errs.NoRecord, err, "%s", resource)
	}
	return rec.Values, rec.At, err
}

// Down takes a register away or brings it back.
func (r *Registers) Down(source string, down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down[source] = down
}
