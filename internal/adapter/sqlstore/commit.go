package sqlstore

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"slices"
	"time"

	"tongban/internal/kernel/errs"
)

// stmt is one statement of a unit of work.
type stmt struct {
	sql  string // placeholders $1, $2 …
	args []any
	want int64     // rows that must be affected; -1 is any
	miss errs.Code // the answer if want is not met; 0 is Stale

	rows  *insert // set: args are rows for it, and may share a statement with those of other units
	alike []any   // set: the rows for rows, where they differ from args
}

func (s stmt) missed(got int64) error {
	code := s.miss
	if code == 0 {
		code = errs.Stale
	}
	return errs.New(code, "%d rows instead of %d", got, s.want)
}

// waiter is a unit on its way to a commit.
type waiter struct {
	unit   []stmt
	scan   func(*sql.Rows) error // set: the single statement runs alone and gives rows
	signal chan signal           // holds 1, so that whoever answers does not wait
	err    error                 // the unit's answer; written by the leader
}

// signal wakes a waiter with its answer, or with a writer to lead the next group.
type signal struct {
	err  error
	lead writer
}

// writer is one write connection; whoever holds it leads a group.
type writer interface {
	// run commits the units in one transaction.
	run(ctx context.Context, units [][]stmt) verdict
	// rows commits one statement that gives rows.
	rows(ctx context.Context, s stmt, scan func(*sql.Rows) error) verdict
	close()
}

// verdict is what became of a transaction.
type verdict struct {
	how outcome
	bad map[int]error // by unit, errors with codes
	err error
	raw error // of a transaction that was given up: the driver's
}

type outcome uint8

const (
	committed outcome = iota // all but the units in bad are durable
	split                    // nothing is stored; bad holds the units known to be at fault, maybe none
	again                    // nothing is stored and the same may work now; err says why
	failed                   // err is the answer to all
	killed                   // Config.Fault played a kill; err is the answer to all
)

// commit stores the statements of unit together or not at all, and returns when they are durable. Concurrent units
// share a commit, but never an error: if one fails, the others are stored without it. A unit that was begun is
// finished even if ctx ends. InDoubt means that the connection was lost while the commit was under way.
func (e *engine) commit(ctx context.Context, unit []stmt) error {
	if len(unit) == 0 {
		return nil
	}
	unit = slices.Clone(unit)
	for i := range unit {
		args, err := plain(unit[i].args)
		if err != nil {
			return err
		}
		unit[i].args = args
		if unit[i].alike, err = plain(unit[i].alike); err != nil {
			return err
		}
	}
	return e.submit(ctx, &waiter{unit: unit})
}

func (e *engine) submit(ctx context.Context, w *waiter) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.signal = make(chan signal, 1)
	e.mu.Lock()
	if err := e.dead; err != nil {
		e.mu.Unlock()
		return err
	}
	if n := len(e.free); n > 0 {
		lead := e.free[n-1]
		e.free = e.free[:n-1]
		e.mu.Unlock()
		return e.lead(ctx, w, lead)
	}
	e.queue = append(e.queue, w)
	e.mu.Unlock()

	var s signal
	select {
	case s = <-w.signal:
	case <-ctx.Done():
		if e.withdraw(w) {
			return ctx.Err()
		}
		s = <-w.signal
	}
	if s.lead != nil {
		e.gather()
		return e.lead(ctx, w, s.lead)
	}
	return s.err
}

// gatherFor is how long a leader that follows on another waits for company: those who were answered just now come back with
// their next unit at once, and a group costs PostgreSQL nearly the same whatever its size.
const gatherFor = 2 * time.Millisecond

// gather waits a moment if the group would be small. On SQLite a commit is cheap, and who leads has it to itself.
func (e *engine) gather() {
	if e.d != postgres {
		return
	}
	e.mu.Lock()
	small := len(e.queue) < e.cfg.Group/2
	e.mu.Unlock()
	if small {
		time.Sleep(gatherFor)
	}
}

// withdraw takes w out of the queue; false if a leader has it already.
func (e *engine) withdraw(w *waiter) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.Index(e.queue, w)
	if i < 0 {
		return false
	}
	e.queue = slices.Delete(e.queue, i, i+1)
	return true
}

// lead commits w together with whoever waits, passes the writer on, and answers the others.
func (e *engine) lead(ctx context.Context, w *waiter, by writer) error {
	group := []*waiter{w}
	if w.err = ctx.Err(); w.err != nil { // ended between the signal and now
		group = group[:0]
	} else if w.scan == nil {
		group = append(group, e.companions()...)
	}
	switch {
	case len(group) == 0:
	case w.scan != nil:
		v := e.attempt(ctx, func(ctx context.Context) verdict { return by.rows(ctx, w.unit[0], w.scan) })
		e.answer(group, v)
	default:
		e.settle(ctx, group, by)
	}
	e.pass(by)
	for _, g := range group {
		if g != w {
			g.signal <- signal{err: g.err}
		}
	}
	return w.err
}

// companions takes the units from the front of the queue that share the leader's commit.
func (e *engine) companions() []*waiter {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for n < len(e.queue) && n < e.cfg.Group-1 && e.queue[n].scan == nil {
		n++
	}
	out := slices.Clone(e.queue[:n])
	e.queue = slices.Delete(e.queue, 0, n)
	return out
}

// pass gives the writer to the first who waits.
func (e *engine) pass(by writer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) > 0 {
		next := e.queue[0]
		e.queue = slices.Delete(e.queue, 0, 1)
		next.signal <- signal{lead: by}
		return
	}
	e.free = append(e.free, by)
	if e.idle != nil && len(e.free) == len(e.all) {
		close(e.idle)
	}
}

// settle brings every unit of the group to its answer.
func (e *engine) settle(ctx context.Context, group []*waiter, by writer) {
	v := e.try(ctx, group, by)
	if v.how != split || len(group) == 1 {
		e.answer(group, v)
		return
	}
	// First the units that nothing is known against, together; then the suspects one by one, because a suspect may
	// have failed on what another unit of the group had written and then took back.
	var good, suspect []*waiter
	for i, w := range group {
		if v.bad[i] == nil {
			good = append(good, w)
		} else {
			suspect = append(suspect, w)
		}
	}
	if len(good) > 0 && len(suspect) > 0 {
		if v = e.try(ctx, good, by); v.how != split || len(good) == 1 {
			e.answer(good, v)
			good = nil
		}
	}
	for _, w := range append(good, suspect...) {
		e.answer([]*waiter{w}, e.try(ctx, []*waiter{w}, by))
	}
}

// answer writes down each unit's answer.
func (e *engine) answer(group []*waiter, v verdict) {
	for i, w := range group {
		switch {
		case v.err != nil:
			w.err = v.err
		default:
			w.err = v.bad[i]
		}
		if v.how == split && w.err == nil {
			w.err = errs.New(errs.Unexpected, "the transaction was taken back without a reason")
		}
	}
}

func (e *engine) try(ctx context.Context, group []*waiter, by writer) verdict {
	units := make([][]stmt, len(group))
	for i, w := range group {
		units[i] = w.unit
	}
	v := e.attempt(ctx, func(ctx context.Context) verdict { return by.run(ctx, units) })
	if v.raw != nil && len(group) > 1 && e.d == postgres && !lost(v.raw) {
		return verdict{how: split} // deadlocks that do not end: smaller transactions get through
	}
	return v
}

// pauses stand between the tries of a transaction that lost its connection or a deadlock.
var pauses = []time.Duration{5 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond, 400 * time.Millisecond}

// attempt runs a transaction until it is clear what became of it. The caller's ctx does not end it, since it carries
// other callers' units too; on PostgreSQL Config.Timeout does.
func (e *engine) attempt(ctx context.Context, run func(context.Context) verdict) verdict {
	ctx = context.WithoutCancel(ctx)
	if e.d == postgres { // with SQLite a context that can end costs a goroutine per statement
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.cfg.Timeout)
		defer cancel()
	}
	for n := 0; ; n++ {
		if err := e.whyKilled(); err != nil {
			return verdict{how: failed, err: err}
		}
		v := run(ctx)
		switch v.how {
		case again:
			if n < len(pauses) && ctx.Err() == nil {
				time.Sleep(pauses[n] + rand.N(pauses[n])) //nolint:gosec // jitter
				continue
			}
			return verdict{how: failed, err: errs.Wrap(errs.TryLater, e.mapped(v.err), "given up after %d tries", n+1), raw: v.err}
		case killed:
			e.mu.Lock()
			e.killed = true
			e.stop(errs.Wrap(errs.StoreClosed, v.err, "killed"))
			e.mu.Unlock()
		case committed:
			e.commits.Add(1)
		case split, failed:
		}
		return v
	}
}

// whyKilled gives the reason if Fault has played a kill. (After close, groups that run are still finished.)
func (e *engine) whyKilled() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.killed {
		return e.dead
	}
	return nil
}

// fault calls Config.Fault; an error is the verdict of a kill.
func (e *engine) fault(n int, phase string) (verdict, bool) {
	if e.cfg.Fault == nil {
		return verdict{}, false
	}
	err := e.cfg.Fault(n, phase)
	if err == nil {
		return verdict{}, false
	}
	code := errs.StoreClosed
	if phase == PhaseAfterCommit {
		code = errs.InDoubt
	}
	return verdict{how: killed, err: errs.Wrap(code, err, "%s %d", phase, n)}, true
}
