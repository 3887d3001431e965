package sqlstore

import (
	"slices"
	"sync"
	"time"

	"tongban/internal/domain/exchange"
)

// fresh holds the parcels that this process has posted and not yet begun to send. Their rows are inserted with a lease, so
// that nobody else sends them meanwhile, and the pump need not claim, read and open what was in its hands a moment ago. When
// the process ends, its lease does too: then they are due like any other. Safe for concurrent use.
type fresh struct {
	mu    sync.Mutex // guards what follows
	on    bool       // somebody here sends
	list  []exchange.Parcel
	asked time.Time // business time at which the database was last asked what is due
}

const (
	// firstLease is how long a parcel is its process's own from its commit on, in business time. A killed process delays it
	// by that much.
	firstLease = 20 * time.Second
	// freshMost bounds the memory: what is posted beyond it is due at once for whoever asks.
	freshMost = 2048
	// askEvery is how often the database is asked for what else is due while there is enough to send without asking.
	askEvery = 25 * time.Millisecond
)

// lease is how long the rows of n new parcels are leased: not at all if nobody here sends or too many wait.
func (f *fresh) lease(n int) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.on || len(f.list)+n > freshMost {
		return 0
	}
	return firstLease
}

// add takes parcels whose rows are stored with a lease.
func (f *fresh) add(list []exchange.Parcel) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, list...)
}

// take gives up to limit parcels whose time has come and whose rows are leased for as long as asked; those whose lease is
// too far gone are left to it, and those of a clock that has gone back since. ask says that the database has to be asked too.
func (f *fresh) take(now time.Time, lease time.Duration, limit int) (out []exchange.Parcel, ask bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = true
	f.list = slices.DeleteFunc(f.list, func(p exchange.Parcel) bool {
		switch {
		case p.At.Add(firstLease).Before(now.Add(lease)), p.At.After(now.Add(2 * exchange.LongestRest)):
			return true
		case p.At.After(now) || len(out) == limit:
			return false
		}
		out = append(out, p)
		return true
	})
	if ask = len(out) == 0 || now.Before(f.asked) || now.Sub(f.asked) >= askEvery; ask {
		f.asked = now
	}
	return out, ask && len(out) < limit
}

// next is when the first of them wants to be sent.
func (f *fresh) next() (at time.Time, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.list {
		if !ok || p.At.Before(at) {
			at, ok = p.At, true
		}
	}
	return at, ok
}
