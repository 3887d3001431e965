package memchan

import (
	"context"
	"math/rand/v2"
	"slices"

	"tongban/internal/domain/office"
)

// Fate is what happens to one message.
type Fate uint8

// The fates. All but Deliver and Twice look the same to the sender: nobody answered.
const (
	Deliver     Fate = iota // once, and the answer comes back
	LoseRequest             // the receiver never sees it
	LoseAnswer              // the receiver acts, the sender does not learn of it
	Twice                   // the receiver sees it two times; the second answer comes back
	HoldBack                // the receiver sees it when Step or Release lets it go, after younger ones
)

// Faults decides the fate of each message. It is asked once per Send, also for receivers that are not there.
type Faults interface {
	Next(from, to office.NodeID, kind string) Fate
}

// FaultsFunc makes Faults of a function.
type FaultsFunc func(from, to office.NodeID, kind string) Fate

// Next calls f.
func (f FaultsFunc) Next(from, to office.NodeID, kind string) Fate { return f(from, to, kind) }

// Rates are shares between 0 and 1 of all messages; what is left is delivered.
type Rates struct{ LoseRequest, LoseAnswer, Twice, HoldBack float64 }

// Seeded gives the same fates for the same seed and the same sequence of messages. Not safe for concurrent use, like
// any seeded run.
func Seeded(seed uint64, r Rates) Faults {
	rng := rand.New(rand.NewPCG(seed, 0x746f6e6762616e)) //nolint:gosec // a replayable plan of faults, no secret
	return FaultsFunc(func(_, _ office.NodeID, _ string) Fate {
		x := rng.Float64()
		for _, c := range []struct {
			share float64
			fate  Fate
		}{{r.LoseRequest, LoseRequest}, {r.LoseAnswer, LoseAnswer}, {r.Twice, Twice}, {r.HoldBack, HoldBack}} {
			if x < c.share {
				return c.fate
			}
			x -= c.share
		}
		return Deliver
	})
}

// SetFaults replaces the faults; nil means none. Held messages stay held.
func (n *Network) SetFaults(f Faults) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = f
}

// Partition cuts both ways between a and b.
func (n *Network) Partition(a, b office.NodeID) { n.PartitionOneWay(a, b); n.PartitionOneWay(b, a) }

// PartitionOneWay lets nothing pass from one node to the other: neither its requests nor its answers.
func (n *Network) PartitionOneWay(from, to office.NodeID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cuts[link{from, to}] = true
}

// Heal joins a and b again, both ways.
func (n *Network) Heal(a, b office.NodeID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.cuts, link{a, b})
	delete(n.cuts, link{b, a})
}

// HealAll removes every partition.
func (n *Network) HealAll() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.cuts)
}

// Held is the number of messages held back.
func (n *Network) Held() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.held)
}

// Step delivers the i-th message held back (0 is the oldest) and drops its answer, since its sender has long given up.
// It is lost if its way is cut or its receiver gone by then. False means there is no such message.
func (n *Network) Step(ctx context.Context, i int) bool {
	n.mu.Lock()
	if i < 0 || i >= len(n.held) {
		n.mu.Unlock()
		return false
	}
	h := n.held[i]
	n.held = slices.Delete(n.held, i, i+1)
	cut := n.cuts[link{h.m.From, h.to}]
	n.mu.Unlock()
	if !cut {
		_, _ = n.deliver(ctx, h.to, h.m) // the sender was told errs.TryLater when it was held
	}
	return true
}

// Release delivers all messages that are held back at the time of the call, oldest first, and says how many.
func (n *Network) Release(ctx context.Context) int {
	count := n.Held()
	for range count {
		n.Step(ctx, 0)
	}
	return count
}
