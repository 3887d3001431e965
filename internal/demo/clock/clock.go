// Package clock is the business time of a demonstration, and the page that moves it: a five-day silence or the rules of
// another year can be played in a minute.
package clock

import (
	"sync"
	"time"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Clock is the business time of a demonstration: the machine's clock, moved by a fixed distance. It never goes backwards
// once it runs, because cases already stand on it. Safe for concurrent use.
type Clock struct {
	mu    sync.Mutex // guards what follows
	ahead time.Duration
	moved []func()
}

// New starts at nine in the morning of a day (Asia/Shanghai), or at the machine's time for the zero day.
func New(today workday.Date) *Clock {
	c := &Clock{}
	if !today.IsZero() {
		c.ahead = time.Until(today.Start().Add(9 * time.Hour))
	}
	return c
}

// Now is the business time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// Today is the business date in Asia/Shanghai.
func (c *Clock) Today() workday.Date { return workday.DateOf(c.Now()) }

// MoveTo goes forward to nine in the morning of a later day and wakes what is due. An earlier day, or today, is
// errs.ClockBackwards.
func (c *Clock) MoveTo(day workday.Date) error {
	c.mu.Lock()
	now := time.Now().Add(c.ahead)
	to := day.Start().Add(9 * time.Hour)
	if !to.After(now) || !day.After(workday.DateOf(now)) {
		c.mu.Unlock()
		return errs.New(errs.ClockBackwards, "from %s to %s", workday.DateOf(now), day)
	}
	c.ahead += to.Sub(now)
	wake := c.moved
	c.mu.Unlock()
	for _, f := range wake {
		f()
	}
	return nil
}

// OnMove calls f after every move.
func (c *Clock) OnMove(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved = append(c.moved, f)
}
