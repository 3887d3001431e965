package sim

import (
	"fmt"
	"testing"
	"time"

	"tongban/internal/adapter/memchan"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/node"
)

// outcome is what a seed gave.
type outcome struct {
	hash  string
	trace []string
	steps int
	err   error
}

// How long things may take in virtual time.
const (
	drainWithin  = 30 * time.Minute // I9: after the last fault everything has arrived; the longest wait is five minutes
	finishRounds = 30               // acts that a file needs at most until it is closed, with nobody against it
	maxSteps     = 6_000            // a seed has some hundreds; more is a nation that runs in circles
)

// play runs a seed: weeks of work in a storm, then quiet, then every file is brought to its end.
func play(t *testing.T, seed uint64, sabotage func(*node.Node)) outcome {
	t.Helper()
	w, err := newWorld(t, seed, sabotage)
	if err != nil {
		return outcome{err: err}
	}
	w.net.SetFaults(memchan.FaultsFunc(func(from, to office.NodeID, kind string) memchan.Fate { return w.storm.Next(w, from, to, kind) }))
	weeks := time.Duration(1+w.life.IntN(3)) * 7 * 24 * time.Hour
	w.storm.end = begin.Add(weeks)
	w.weather()
	for range 2 + w.life.IntN(6) {
		f := w.newFile()
		f.shared = w.life.IntN(3) == 0
		w.at(w.now.Add(time.Duration(w.life.Int64N(int64(weeks*2/3)))), func() { w.visit(f) })
	}
	for w.failed == nil && w.now.Before(w.storm.end) && w.step(w.storm.end) {
	}
	w.agenda = nil
	w.calm()
	w.finish()
	w.final()
	return outcome{w.hash(), w.trace, w.steps, w.failed}
}

// step does what comes first, an event of the agenda or a node's own work; false if there is nothing until then.
func (w *world) step(until time.Time) bool {
	var next *place
	at := until
	for _, p := range w.places {
		if t, ok := p.wake(); ok && t.Before(at) {
			at, next = t, p
		}
	}
	if len(w.agenda) > 0 && !w.agenda[0].at.After(at) {
		e := w.agenda[0]
		w.agenda = w.agenda[1:]
		if e.at.After(w.now) {
			w.now = e.at
		}
		e.do()
	} else if next != nil {
		if at.After(w.now) {
			w.now = at
		}
		next.tick()
	} else {
		w.now = until
		return false
	}
	if w.steps++; w.steps > maxSteps {
		w.fail("I9: no rest after %d steps", maxSteps)
	}
	for _, p := range w.places {
		p.bury()
	}
	w.checkTouched()
	return w.failed == nil
}

// calm heals everything and waits until all outboxes are empty and all logs hashed (I9).
func (w *world) calm() {
	if w.failed != nil {
		return
	}
	w.heal()
	w.agenda = nil
	for _, p := range w.places {
		p.rise()
	}
	w.note("all is well again, %d held messages arrive", w.net.Release(w.ctx))
	end := w.now.Add(drainWithin)
	for w.failed == nil && w.now.Before(end) && !w.quiet() {
		w.step(end)
	}
	if w.failed != nil {
		return
	}
	for _, p := range w.places {
		n, oldest, err := p.node.Store.Waiting(w.ctx)
		if err != nil || n > 0 {
			w.fail("I9: %d parcels wait at %s, the oldest since %s (%v)", n, p.member.ID, oldest, err)
		}
	}
}

// quiet reports whether nothing is on its way any more.
func (w *world) quiet() bool {
	for _, p := range w.places {
		n, _, err := p.node.Store.Waiting(w.ctx)
		logs, _, err2 := p.node.Store.LogWaiting(w.ctx)
		if err != nil || err2 != nil {
			w.fail("%s: %v %v", p.member.ID, err, err2)
			return true
		}
		if n+logs > 0 || !p.stirred.IsZero() {
			return false
		}
	}
	return true
}

// finish lets people bring every file to its end: no fault may have left one where nobody can go on with it.
func (w *world) finish() {
	onward := []string{"hand over", "accept", "grant", "resume", "issue", "deliver", "verify", "undo", "say no"}
	for _, f := range w.files {
		for round := 0; w.failed == nil && f.acked; round++ {
			var did *deed
			var at *place
			for _, p := range []*place{f.here, f.there} {
				c, err := p.node.Store.Case(w.ctx, f.id)
				if errs.Is(err, errs.Missing) && p == f.there {
					continue
				}
				if err != nil {
					w.fail("case %d at %s: %v", f.index, p.member.ID, err)
					return
				}
				for _, d := range w.possible(f, p, c) {
					for _, name := range onward {
						if d.name == name {
							did, at = &d, p
						}
					}
				}
				if did == nil && p == f.there && c.Closed.IsZero() { // a silent reviewer speaks at last
					for _, d := range w.all(f, p, c.Row) {
						if l, ok := c.Leg("decide"); ok && l.State == casefile.Received && l.Holder == p.member.ID && d.name == "accept" {
							did, at = &d, p
						}
					}
				}
				if did != nil {
					break
				}
			}
			if did == nil {
				break
			}
			if round == finishRounds {
				w.fail("case %d comes to no end", f.index)
				return
			}
			w.now = w.now.Add(time.Minute)
			w.act(at, f, *did, false)
			w.calm()
		}
	}
}

// report is what a person needs who wants to see the failure again.
func (o outcome) report(seed uint64) string {
	s := fmt.Sprintf("%v\n\nagain: make sim SEEDS=1 SEED=%d\n\n", o.err, seed)
	for _, line := range o.trace[max(0, len(o.trace)-40):] {
		s += line + "\n"
	}
	return s
}
