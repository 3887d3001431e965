package bench

import (
	"slices"
	"sync"
	"time"
)

// times is every duration measured; percentiles are exact, not estimated from buckets. Safe for concurrent use.
type times struct {
	mu  sync.Mutex // guards all
	all []time.Duration
}

func (t *times) add(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, d)
}

func (t *times) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.all)
}

// at gives percentiles (0 to 1) in the order asked; zeros if nothing was measured.
func (t *times) at(percentiles ...float64) []time.Duration {
	t.mu.Lock()
	sorted := slices.Clone(t.all)
	t.mu.Unlock()
	slices.Sort(sorted)
	out := make([]time.Duration, len(percentiles))
	for i, p := range percentiles {
		if n := len(sorted); n > 0 {
			out[i] = sorted[min(n-1, int(p*float64(n)))]
		}
	}
	return out
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
