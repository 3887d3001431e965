package dispatch

import (
	"context"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// OfCase is what an office works of a case in its own system now; false: the case is worked here.
func (d *Desk) OfCase(ctx context.Context, caseID string) (depart.Work, bool, error) {
	if len(d.Ports) == 0 {
		return depart.Work{}, false, nil
	}
	w, err := d.Store.WorkOfCase(ctx, caseID)
	if errs.Is(err, errs.Missing) {
		return depart.Work{}, false, nil
	}
	return w, err == nil, err
}

// Step is what an officer does about work that is in a system's hands.
type Step string

// The steps.
const (
	Back  Step = "back"  // it is worked here from now on; the system is told
	Again Step = "again" // what could not be given is given once more
	Seen  Step = "seen"  // an answer was looked at: the system goes on
)

// Do is an officer's step. row is the version of the work that the officer saw: errs.Stale if it was changed since. It returns
// errs.WorkOver if the work is over, errs.NotAllowedNow for a step that its state does not know.
func (d *Desk) Do(ctx context.Context, by casefile.Actor, id string, row int64, step Step) error {
	w, err := d.Store.Work(ctx, id)
	if errs.Is(err, errs.Missing) {
		return errs.New(errs.WorkMissing, "%s", id)
	}
	if err != nil {
		return err
	}
	c, err := d.Store.Case(ctx, w.Case)
	if err != nil {
		return err
	}
	now := d.now()
	m := c.Matter(now)
	m.Offices = []string{w.Office}
	act := office.SendWork
	if step == Back {
		act = office.TakeWork
	}
	if err := by.Officer().May(act, m); err != nil {
		return err
	}
	switch {
	case !w.Open():
		return errs.New(errs.WorkOver, "%s", id)
	case w.Row != row:
		return errs.New(errs.Stale, "work %s was read at %d, is at %d", id, row, w.Row)
	case step == Back && w.Tried.IsZero(): // the system never heard of it
		w.State, w.Next = depart.Ended, time.Time{}
	case step == Back:
		w.State, w.Next = depart.Stopping, now
	case step == Again && w.State == depart.Dead:
		w.State, w.Next = depart.Waiting, now
	case step == Seen && w.State == depart.Puzzled:
		w.State, w.Answer, w.Why = depart.Given, nil, 0
	default:
		return errs.New(errs.NotAllowedNow, "%s of work that is %s", step, w.State)
	}
	w.By, w.Tries = by.ID, 0
	return d.Store.Commit(ctx, unit.Unit{At: now, Works: []depart.Work{w}, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: now, Case: w.Case, Who: by.ID, Office: by.Office, What: string(act), Reason: string(step)},
	}})
}

// Standing is how one of an office's systems stands.
type Standing struct {
	System  depart.System
	On      bool
	Resting bool
	Counts  map[depart.State]int
	Done    time.Time // the last success with what is open; zero: none
}

// Standings are how an office's systems stand today.
func (d *Desk) Standings(ctx context.Context, officeCode string) ([]Standing, error) {
	var out []Standing
	counts, err := d.Store.WorkCounts(ctx, officeCode)
	if err != nil {
		return nil, err
	}
	today := workday.DateOf(d.Kit.Now())
	for _, key := range d.Book.Keys(today) {
		s, _ := d.Book.Of(key, today)
		port := d.Ports[key]
		if port == nil || s.Office != officeCode {
			continue
		}
		d.mu.RLock()
		one := Standing{System: s, On: !d.off[key], Resting: port.Resting(), Counts: map[depart.State]int{}}
		d.mu.RUnlock()
		for _, c := range counts {
			if c.System == key {
				one.Counts[c.State] += c.N
				if c.Done.After(one.Done) {
					one.Done = c.Done
				}
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// Listed is a piece of work with the number of its case.
type Listed struct {
	Work depart.Work
	Case casefile.Case
}

// List gives an office's work in a state, the oldest first, of the cases that the officer may see.
func (d *Desk) List(ctx context.Context, by casefile.Actor, in depart.State, limit int) ([]Listed, error) {
	works, err := d.Store.Works(ctx, by.Office, in, limit)
	if err != nil {
		return nil, err
	}
	var out []Listed
	for _, w := range works {
		c, err := d.Store.Case(ctx, w.Case)
		if err != nil {
			return nil, err
		}
		m := c.Matter(d.Kit.Now())
		m.Offices = []string{w.Office}
		if by.Officer().May(office.TakeWork, m) == nil {
			out = append(out, Listed{w, c})
		}
	}
	return out, nil
}
