// Package supervise is what the clock and the supervisor do about open cases (预警、催办): cases whose time has come are looked at, what
// is found becomes an alarm, and officers answer for it. GB/T 39046-2020 table 11 is the outward form.
package supervise

import (
	"context"
	"errors"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Store is where cases are looked at and alarms kept. Commit is durable when it returns. Alarm gives errs.Missing.
type Store interface {
	ToLook(ctx context.Context, now time.Time, limit int) ([]string, error)
	LookLater(ctx context.Context, id string, at time.Time) error
	Case(ctx context.Context, id string) (casefile.Case, error)
	Alarms(ctx context.Context, caseID string) ([]watch.Alarm, error)
	Commit(ctx context.Context, u unit.Unit) error
	Lists
}

// Lists are what pages read.
type Lists interface {
	Alarm(ctx context.Context, id string) (watch.Alarm, error)
	OfficeAlarms(ctx context.Context, office string, level watch.Level, limit int) ([]watch.Alarm, error)
	UpAlarms(ctx context.Context, office string, level watch.Level, now time.Time, limit int) ([]watch.Alarm, error)
	CountAlarms(ctx context.Context, office string) (map[watch.Level]int, error)
	CountUp(ctx context.Context, now time.Time) (map[watch.Level]int, error)
}

// Desk looks at cases and takes what officers do about alarms. Safe for concurrent use, also by replicas.
type Desk struct {
	Kit    *unit.Kit
	Store  Store
	Orders Orders
	// Shared lists the kinds of evidence that the node can ask other provinces for in a case; nil knows none.
	Shared func(c casefile.Case) []string
}

// most cases are looked at in one round; later is how long one that cannot be is put off.
const (
	most  = 64
	later = time.Minute
)

// Round looks at the cases whose time has come, notes the replies that are late, and says how many there were.
func (d *Desk) Round(ctx context.Context) (int, error) {
	now := d.Kit.Now()
	ids, err := d.Store.ToLook(ctx, now, most)
	if err != nil {
		return 0, err
	}
	var failed []error // one case that does not open keeps nobody else waiting
	for _, id := range ids {
		err := d.look(ctx, id, now)
		if errs.Is(err, errs.Stale) || errs.Is(err, errs.Repeated) { // it changed, or a replica was first: it is in the next round if need be
			continue
		}
		if err != nil {
			failed = append(failed, err, d.Store.LookLater(ctx, id, now.Add(later)))
		}
	}
	late, err := d.overdue(ctx)
	return len(ids) + late, errors.Join(append(failed, err)...)
}

// look makes, raises and ends the alarms of a case. An alarm counts once per cause, whoever looks and however often (I3).
func (d *Desk) look(ctx context.Context, id string, now time.Time) error {
	c, err := d.Store.Case(ctx, id)
	if err != nil {
		return err
	}
	have, err := d.Store.Alarms(ctx, id)
	if err != nil {
		return err
	}
	var f watch.Facts
	if law, err := d.Kit.Law(c, workday.DateOf(now)); err == nil { // without a rule the clocks still run
		f.Rule = law.Version
	}
	if d.Shared != nil {
		f.Shared = d.Shared(c)
	}
	j := watch.Judge(c, d.Kit.Watch.Causes(c, d.Kit.Me, f, d.Kit.Calendar), have, d.Kit.Calendar, now)
	at := now.UTC().Truncate(time.Microsecond)
	u := unit.Unit{At: at, Looked: &unit.Looked{Case: id, Row: c.Row, Next: j.Next, Open: j.Open}}
	for _, a := range j.Changed {
		if a.ID == "" {
			a.ID = unit.NewID()
		}
		u.Alarms = append(u.Alarms, a)
		u.Log = append(u.Log, accesslog.Entry{
			Kind: accesslog.Act, At: at, Case: id, Who: "clock", Office: a.Office, What: "alarm." + string(a.Steps[len(a.Steps)-1].Act), Reason: a.Cause,
		})
	}
	return d.Store.Commit(ctx, u)
}

// supervises reports whether an officer sees the whole province.
func supervises(by casefile.Actor) bool { return office.Ever(by.Roles, office.UrgeAlarm) }

// List is the open alarms on a level that the officer may see: of the own office, or, for who supervises, of the province from when
// they were told; at "" is all of its offices.
func (d *Desk) List(ctx context.Context, by casefile.Actor, at string, level watch.Level, limit int) ([]watch.Alarm, error) {
	if err := by.Officer().May(office.SeeAlarms, office.Matter{On: workday.DateOf(d.Kit.Now())}); err != nil {
		return nil, err
	}
	if supervises(by) {
		return d.Store.UpAlarms(ctx, at, level, d.Kit.Now(), limit)
	}
	return d.Store.OfficeAlarms(ctx, by.Office, level, limit)
}

// Count counts the same lists.
func (d *Desk) Count(ctx context.Context, by casefile.Actor) (map[watch.Level]int, error) {
	if supervises(by) {
		return d.Store.CountUp(ctx, d.Kit.Now())
	}
	return d.Store.CountAlarms(ctx, by.Office)
}

// See reads an alarm that the officer may see, ended or not; errs.NoSuchAlarm for any other.
func (d *Desk) See(ctx context.Context, by casefile.Actor, id string) (watch.Alarm, error) {
	if err := by.Officer().May(office.SeeAlarms, office.Matter{On: workday.DateOf(d.Kit.Now())}); err != nil {
		return watch.Alarm{}, err
	}
	a, err := d.Store.Alarm(ctx, id)
	if err != nil && !errs.Is(err, errs.Missing) {
		return a, err
	}
	told := !a.Up.IsZero() && !a.Up.After(d.Kit.Now())
	if err != nil || a.Office != by.Office && (!supervises(by) || !told) {
		return watch.Alarm{}, errs.New(errs.NoSuchAlarm, "not the officer's")
	}
	return a, nil
}

// Acts are what the officer can do with an alarm now.
func (d *Desk) Acts(by casefile.Actor, a watch.Alarm) (out []watch.Act) {
	for _, act := range a.Acts(d.Kit.Me) {
		if d.may(by, a, act) == nil {
			out = append(out, act)
		}
	}
	return out
}

func (d *Desk) may(by casefile.Actor, a watch.Alarm, act watch.Act) error {
	right, ok := act.May()
	if !ok {
		return errs.New(errs.BadRequest, "act %q", act)
	}
	return by.Officer().May(right, office.Matter{Offices: []string{a.Office}, On: workday.DateOf(d.Kit.Now())})
}

// Do does an officer's act; row is the alarm as it was seen. Errors: See's, office.Officer.May's, watch.Alarm.Do's, errs.Stale.
func (d *Desk) Do(ctx context.Context, by casefile.Actor, id string, row int64, act watch.Act, text string) error {
	a, err := d.See(ctx, by, id)
	if err != nil {
		return err
	}
	if err := d.may(by, a, act); err != nil {
		return err
	}
	if a.Row != row {
		return errs.New(errs.Stale, "alarm %s was read at %d, is at %d", id, row, a.Row)
	}
	now := d.Kit.Now().UTC().Truncate(time.Microsecond)
	next, err := a.Do(d.Kit.Me, act, by.ID, text, now)
	if err != nil {
		return err
	}
	return d.Store.Commit(ctx, unit.Unit{At: now, Alarms: []watch.Alarm{next}, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: now, Case: a.Case, Who: by.ID, Office: by.Office, What: "alarm." + string(act), Reason: a.Cause},
	}})
}
