package clock

import (
	"testing"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

func TestTheClockOnlyGoesForward(t *testing.T) {
	day, err := workday.ParseDate("2021-06-01")
	if err != nil {
		t.Fatal(err)
	}
	c := New(day)
	woken := 0
	c.OnMove(func() { woken++ })
	if err := c.MoveTo(day.AddDays(3)); err != nil {
		t.Fatal(err)
	}
	if got := c.Today(); got != day.AddDays(3) || woken != 1 {
		t.Errorf("today %s, woken %d times", got, woken)
	}
	for _, back := range []workday.Date{day, day.AddDays(3)} {
		if err := c.MoveTo(back); !errs.Is(err, errs.ClockBackwards) {
			t.Errorf("to %s: %v", back, err)
		}
	}
}
