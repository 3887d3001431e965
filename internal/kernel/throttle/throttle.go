// Package throttle slows down guessing: a bucket of tokens per client. It lives in the memory of one process and is no
// promise; what must never happen twice stands in the database.
package throttle

import (
	"sync"
	"time"

	"tongban/internal/kernel/errs"
)

// mostClients bounds what a throttle remembers; beyond it the ones that are full again are forgotten, then all.
const mostClients = 10_000

// Throttle gives each client some tokens at once, refilled evenly over the period. Safe for concurrent use.
type Throttle struct {
	most   float64
	period time.Duration
	now    func() time.Time

	mu      sync.Mutex // guards buckets
	buckets map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// New makes a throttle of most tokens a period. now is security time.
func New(most int, period time.Duration, now func() time.Time) *Throttle {
	return &Throttle{most: float64(most), period: period, now: now, buckets: map[string]bucket{}}
}

// Take takes a token; errs.TooMany if the client has none left.
func (t *Throttle) Take(client string) error { return t.TakeN(client, 1) }

// TakeN takes n tokens at once or none; errs.TooMany if the client has fewer left.
func (t *Throttle) TakeN(client string, n int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	b, known := t.buckets[client]
	if !known {
		t.makeRoom(now)
		b = bucket{left: t.most, at: now}
	}
	b = t.refilled(b, now)
	if b.left < float64(n) {
		t.buckets[client] = b
		return errs.New(errs.TooMany, "tries of one client")
	}
	b.left -= float64(n)
	t.buckets[client] = b
	return nil
}

func (t *Throttle) refilled(b bucket, now time.Time) bucket {
	gain := t.most * float64(now.Sub(b.at)) / float64(t.period)
	return bucket{left: min(t.most, b.left+max(0, gain)), at: now}
}

func (t *Throttle) makeRoom(now time.Time) {
	if len(t.buckets) < mostClients {
		return
	}
	for client, b := range t.buckets {
		if t.refilled(b, now).left >= t.most {
			delete(t.buckets, client)
		}
	}
	if len(t.buckets) >= mostClients {
		clear(t.buckets)
	}
}
