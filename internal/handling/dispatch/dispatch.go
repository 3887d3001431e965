// Package dispatch gives cases to the departmental systems of a node's offices, takes their answers, and does what they say through
// the same use cases as an officer's desk. The case stays the office's: its clocks run on here, each act is signed here, and who
// answers for it is named. What a system does not take, or says in words that the mapping does not know, is given to a person.
package dispatch

import (
	"context"
	"errors"
	"sync"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Port is the way to one system. errs.SystemRefused means that no repeat will help, errs.SystemResting that it was not tried; any
// other error is tried again. Safe for concurrent use.
type Port interface {
	// Give hands a task over and returns the system's own number of it, if it tells one. The system takes a repeated task once.
	Give(ctx context.Context, t depart.Task) (ref string, err error)
	// Stop says that a task is no longer the system's; one that it does not know is no error.
	Stop(ctx context.Context, id string) error
	// Ask gives the answers to a task so far to take, in their order; none is no error. What take returned nil for need not be given
	// again; take's error ends it and is returned.
	Ask(ctx context.Context, id string, take func(depart.Answer) error) error
	// Resting reports whether the system is left alone for a while because it failed.
	Resting() bool
}

// Store is where work is kept. ClaimWorks gives what is due, to one replica for the time of lease, and notes the try; Work, WorkOfCase
// and Heard are errs.Missing if there is none; Commit is errs.Stale if a work was changed since it was read, and errs.Repeated for
// an answer that was dealt with. Safe for concurrent use.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	Work(ctx context.Context, id string) (depart.Work, error)
	WorkOfCase(ctx context.Context, caseID string) (depart.Work, error)
	Works(ctx context.Context, office string, in depart.State, limit int) ([]depart.Work, error)
	WorkCounts(ctx context.Context, office string) ([]depart.Count, error)
	ClaimWorks(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]depart.Work, error)
	Heard(ctx context.Context, system, id string) (unit.Heard, error)
	Setting(ctx context.Context, name string) ([]byte, error)
	SetSetting(ctx context.Context, name string, value []byte) error
	Commit(ctx context.Context, u unit.Unit) error
}

// Acts are what officers do at the desk, done by a system's account. The unit of Do commits what with adds to it.
type Acts interface {
	Do(ctx context.Context, by casefile.Actor, id string, row int64, d depart.Deed, with func(u *unit.Unit)) (casefile.Case, error)
	// Issue makes the licence, if there is one, and sends the result on.
	Issue(ctx context.Context, by casefile.Actor, id string) (casefile.Case, error)
}

// Config is what a Desk needs.
type Config struct {
	Kit   *unit.Kit
	Store Store
	Acts  Acts
	Book  *depart.Book
	Ports map[string]Port // by System.Key: the systems that the operator connected
	Off   map[string]bool // those that are switched off as long as nobody says otherwise
}

// Desk is a node's dispatch desk. Safe for concurrent use.
type Desk struct {
	Config

	mu  sync.RWMutex // guards off
	off map[string]bool
}

var _ unit.Systems = (*Desk)(nil)

// New makes a desk.
func New(cfg Config) *Desk {
	d := &Desk{Config: cfg, off: map[string]bool{}}
	for key := range cfg.Ports {
		d.off[key] = cfg.Off[key]
	}
	return d
}

// Keys are the systems that are connected.
func (d *Desk) Keys() []string {
	out := make([]string, 0, len(d.Ports))
	for key := range d.Ports {
		out = append(out, key)
	}
	return out
}

// For is the system that a case of an office goes to: in force on that day, connected and switched on.
func (d *Desk) For(officeCode, item string, on workday.Date) (depart.System, bool) {
	s, ok := d.Book.For(officeCode, item, on)
	if !ok || d.Ports[s.Key] == nil {
		return depart.System{}, false
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	return s, !d.off[s.Key]
}

const (
	lease = 3 * time.Minute // longer than a batch can take
	batch = 8
)

// Round does what is due with the systems and returns how much that was. A system that is away is no error. Systems do not wait for
// each other.
func (d *Desk) Round(ctx context.Context) (int, error) {
	if len(d.Ports) == 0 {
		return 0, nil
	}
	list, err := d.Store.ClaimWorks(ctx, d.Kit.Now(), lease, batch)
	if err != nil {
		return 0, err
	}
	by := map[string][]depart.Work{}
	for _, w := range list {
		by[w.System] = append(by[w.System], w)
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex // guards failed
		failed []error
	)
	for _, works := range by {
		wg.Go(func() {
			for _, w := range works {
				if err := d.one(ctx, w); err != nil && !errs.Is(err, errs.Stale) { // an officer or an answer was faster
					mu.Lock()
					failed = append(failed, err)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return len(list), errors.Join(failed...)
}

func (d *Desk) now() time.Time { return d.Kit.Now().UTC().Truncate(time.Microsecond) }

// save stores a work as it is now; zero times of a state that waits for nothing are set here.
func (d *Desk) save(ctx context.Context, w depart.Work) error {
	return d.Store.Commit(ctx, unit.Unit{At: d.now(), Works: []depart.Work{w}})
}

func (d *Desk) one(ctx context.Context, w depart.Work) error {
	port := d.Ports[w.System]
	s, ok := d.Book.Of(w.System, workday.DateOf(w.At))
	if port == nil || !ok {
		w.Why = errs.SystemUnknown
		if w.State == depart.Stopping {
			return d.end(ctx, w)
		}
		w.State, w.Next = depart.Dead, time.Time{}
		return d.save(ctx, w)
	}
	switch w.State {
	case depart.Waiting:
		return d.give(ctx, port, s, w)
	case depart.Stopping:
		return d.stop(ctx, port, s, w)
	case depart.Given, depart.Puzzled:
		return d.ask(ctx, port, s, w)
	case depart.Dead, depart.Ended:
	}
	return nil
}

// restFor is when a system that is left alone is looked at again.
const restFor = 30 * time.Second

// failed notes a try that came to nothing; true if there should be another one.
func (d *Desk) failed(w *depart.Work, s depart.System, err error) bool {
	w.Why = errs.CodeOf(err)
	if w.Why == errs.SystemResting { // nobody was asked
		w.Next = d.now().Add(restFor)
		return true
	}
	w.Tries++
	w.Next = d.now().Add(depart.Pause(w.Tries))
	return w.Why != errs.SystemRefused && w.Why != errs.SystemFieldEmpty && w.Tries < s.Tries
}

func (d *Desk) give(ctx context.Context, port Port, s depart.System, w depart.Work) error {
	c, err := d.Store.Case(ctx, w.Case)
	if err != nil {
		return err
	}
	if _, open := depart.Leg(c); !open { // it ended before anything was given
		return d.end(ctx, w)
	}
	task, err := s.Fill(w, c)
	ref := ""
	if err == nil {
		ref, err = port.Give(ctx, task)
	}
	switch {
	case err == nil:
		w.State, w.Ref, w.Tries, w.Why, w.Done = depart.Given, ref, 0, 0, d.now()
		w.Next = d.poll(s)
	case !d.failed(&w, s, err):
		if w.State, w.Next = depart.Dead, (time.Time{}); w.Tries >= s.Tries {
			w.Why = errs.SystemTired
		}
	}
	return d.save(ctx, w)
}

// poll is when a system is asked next for what did not come; zero if it is not asked.
func (d *Desk) poll(s depart.System) time.Time {
	if s.Poll == 0 {
		return time.Time{}
	}
	return d.now().Add(time.Duration(s.Poll) * time.Minute)
}

func (d *Desk) stop(ctx context.Context, port Port, s depart.System, w depart.Work) error {
	if err := port.Stop(ctx, w.ID); err != nil && d.failed(&w, s, err) {
		return d.save(ctx, w)
	}
	return d.end(ctx, w)
}

func (d *Desk) end(ctx context.Context, w depart.Work) error {
	w.State, w.Next = depart.Ended, time.Time{}
	return d.save(ctx, w)
}

// ask fetches answers that did not come by themselves; those that did count once.
func (d *Desk) ask(ctx context.Context, port Port, s depart.System, w depart.Work) error {
	w.Next = d.poll(s)
	if err := d.save(ctx, w); err != nil { // first, because an answer changes it
		return err
	}
	err := port.Ask(ctx, w.ID, func(a depart.Answer) error {
		if a.Work != w.ID {
			return nil
		}
		if _, err := d.Take(ctx, w.System, a); err != nil && !answered(err) {
			return err
		}
		return nil
	})
	now, again := d.Store.Work(ctx, w.ID)
	if again != nil || !now.Open() {
		return again
	}
	if err != nil {
		d.failed(&now, s, err) // it has the case: however long it is away, its answer is waited for
		return d.save(ctx, now)
	}
	now.Tries, now.Done = 0, d.now()
	if now.State != depart.Puzzled {
		now.Why = 0
	}
	return d.save(ctx, now)
}

// settingOf is where it stands that a system is switched off.
func settingOf(key string) string { return "system." + key }

// Refresh reads which systems are switched off, for what other replicas were told.
func (d *Desk) Refresh(ctx context.Context) error {
	for key := range d.Ports {
		v, err := d.Store.Setting(ctx, settingOf(key))
		if errs.Is(err, errs.Missing) {
			continue
		}
		if err != nil {
			return err
		}
		d.mu.Lock()
		d.off[key] = string(v) == "off"
		d.mu.Unlock()
	}
	return nil
}

// Switch sends cases that begin from now on to a system, or has them worked here. Those that are there stay there.
func (d *Desk) Switch(ctx context.Context, by casefile.Actor, key string, on bool) error {
	now := d.now()
	s, ok := d.Book.Of(key, workday.DateOf(now))
	if !ok || d.Ports[key] == nil {
		return errs.New(errs.SystemUnknown, "%q", key)
	}
	if err := by.Officer().May(office.SwitchSystem, office.Matter{Offices: []string{s.Office}, On: workday.DateOf(now)}); err != nil {
		return err
	}
	value, what := "on", "system.on"
	if !on {
		value, what = "off", "system.off"
	}
	if err := d.Store.Commit(ctx, unit.Unit{At: now, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: now, Who: by.ID, Office: by.Office, What: what, Reason: key},
	}}); err != nil {
		return err
	}
	if err := d.Store.SetSetting(ctx, settingOf(key), []byte(value)); err != nil {
		return err
	}
	return d.Refresh(ctx)
}
