package unittest

import (
	"testing"
	"time"

	"tongban/internal/kernel/errs"
)

// spendOnce: of two replicas that see the same token one wins; a token that ended by itself is forgotten.
func spendOnce(t *testing.T, open func() Keeper) {
	t.Helper()
	one, other := open(), open()
	spend := func(k Keeper, id string, until, now time.Time) error { return k.Spend(t.Context(), id, until, now) }
	if err := spend(one, "a", start.Add(time.Minute), start); err != nil {
		t.Fatal(err)
	}
	want(t, spend(other, "a", start.Add(time.Minute), start), errs.Repeated)
	if err := spend(other, "b", start.Add(time.Hour), start); err != nil {
		t.Fatal(err)
	}
	if err := spend(one, "c", start.Add(time.Hour), start.Add(2*time.Minute)); err != nil { // sweeps a
		t.Fatal(err)
	}
	want(t, spend(one, "b", start.Add(time.Hour), start.Add(2*time.Minute)), errs.Repeated)
	if err := spend(other, "a", start.Add(time.Hour), start.Add(2*time.Minute)); err != nil {
		t.Errorf("what ended is still remembered: %v", err)
	}
}
