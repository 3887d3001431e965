package bench

import (
	"context"
	"sync"
	"time"

	"tongban/internal/domain/exchange"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/unit"
)

// watched is a post room's store that tells who waits for it what has been committed, so that nothing has to poll.
type watched struct {
	handover.Store

	mu      sync.Mutex // guards what follows
	parcels map[string]exchange.Parcel
	seen    map[mark]bool
	wait    map[mark]chan struct{}
}

// mark is a commit of the post room: the no-th (from 0) arrival or receipt of a kind of envelope about a case.
type mark struct {
	id      string
	kind    exchange.Kind
	receipt bool
	no      int
}

func watch(s handover.Store) *watched {
	return &watched{Store: s, parcels: map[string]exchange.Parcel{}, seen: map[mark]bool{}, wait: map[mark]chan struct{}{}}
}

// Parcels passes on what is to be sent, and keeps in mind which case each parcel is about.
func (w *watched) Parcels(ctx context.Context, now time.Time, lease time.Duration, n int) ([]exchange.Parcel, error) {
	list, err := w.Store.Parcels(ctx, now, lease, n)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range list {
		w.parcels[p.ID] = exchange.Parcel{Case: p.Case, Kind: p.Kind}
	}
	return list, err
}

// Commit passes a unit on and then tells of it.
func (w *watched) Commit(ctx context.Context, u unit.Unit) error {
	if err := w.Store.Commit(ctx, u); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if u.In != nil && u.In.Status != exchange.Refused {
		w.tell(mark{id: u.In.Case, kind: u.In.Kind})
	}
	for _, s := range u.Settled {
		p := w.parcels[s.Parcel]
		delete(w.parcels, s.Parcel)
		w.tell(mark{id: p.Case, kind: p.Kind, receipt: true})
	}
	return nil
}

// tell is called with mu held.
func (w *watched) tell(m mark) {
	for w.seen[m] {
		m.no++
	}
	w.seen[m] = true
	if c := w.wait[m]; c != nil {
		close(c)
		delete(w.wait, m)
	}
}

// until waits for all marks.
func (w *watched) until(ctx context.Context, marks ...mark) error {
	for _, m := range marks {
		if err := w.one(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (w *watched) one(ctx context.Context, m mark) error {
	w.mu.Lock()
	if w.seen[m] {
		w.mu.Unlock()
		return nil
	}
	c := w.wait[m]
	if c == nil {
		c = make(chan struct{})
		w.wait[m] = c
	}
	w.mu.Unlock()
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// forget frees what is remembered of a finished case.
func (w *watched) forget(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range []mark{{id: id, kind: exchange.Offer}, {id: id, kind: exchange.Notice}} {
		for _, m.receipt = range []bool{false, true} {
			for m.no = 0; w.seen[m]; m.no++ {
				delete(w.seen, m)
			}
		}
	}
}
