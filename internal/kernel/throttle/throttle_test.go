package throttle

import (
	"testing"
	"time"

	"tongban/internal/kernel/errs"
)

func TestThrottle(t *testing.T) {
	now := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	limit := New(30, time.Minute, func() time.Time { return now })
	for i := range 30 {
		if err := limit.Take("a"); err != nil {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	if err := limit.Take("a"); !errs.Is(err, errs.TooMany) {
		t.Errorf("the 31st in one moment: %v", err)
	}
	if err := limit.Take("b"); err != nil {
		t.Errorf("another client pays for the first: %v", err)
	}
	now = now.Add(2 * time.Second)
	if err := limit.TakeN("a", 2); !errs.Is(err, errs.TooMany) {
		t.Errorf("two tokens where one came back: %v", err)
	}
	if err := limit.Take("a"); err != nil {
		t.Errorf("nothing came back: %v", err)
	}
	for i := range 20_000 { // memory stays bounded whoever comes
		_ = limit.Take(time.Duration(i).String())
	}
	if len(limit.buckets) > mostClients {
		t.Errorf("%d clients are remembered", len(limit.buckets))
	}
}
