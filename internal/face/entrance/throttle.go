package entrance

import (
	"sync"
	"time"

	"tongban/internal/kernel/errs"
)

// mostClients bounds what the throttle remembers; beyond it the ones that are full again are forgotten, then all.
const mostClients = 10_000

// throttle is a bucket of tokens per client: most at once, refilled evenly over the period. It is kept in memory: it slows
// down the guessing of codes at one replica and is no promise. Safe for concurrent use.
type throttle struct {
	most   float64
	period time.Duration
	now    func() time.Time

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

func newThrottle(most int, period time.Duration, now func() time.Time) *throttle {
	return &throttle{most: float64(most), period: period, now: now, buckets: map[string]bucket{}}
}

// take takes a token; errs.TooMany if the client has none left.
func (t *throttle) take(client string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	b, known := t.buckets[client]
	if !known {
		t.makeRoom(now)
		b = bucket{left: t.most, at: now}
	}
	b = t.refilled(b, now)
	if b.left < 1 {
		t.buckets[client] = b
		return errs.New(errs.TooMany, "look-ups of one client")
	}
	b.left--
	t.buckets[client] = b
	return nil
}

func (t *throttle) refilled(b bucket, now time.Time) bucket {
	gain := t.most * float64(now.Sub(b.at)) / float64(t.period)
	return bucket{left: min(t.most, b.left+max(0, gain)), at: now}
}

func (t *throttle) makeRoom(now time.Time) {
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
