package sqlstore

import (
	"context"
	"encoding/json"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/unit"
	"tongban/internal/proof"
)

const (
	alarmColumns = `a.id, a.case_id, a.version, a.body, (SELECT datakey FROM cases c WHERE c.id = a.case_id)`
	selectAlarm  = `SELECT ` + alarmColumns + ` FROM alarms a WHERE a.id = $1`
	alarmsOfCase = `SELECT ` + alarmColumns + ` FROM alarms a WHERE a.case_id = $1 ORDER BY a.cause`
	// Both lists are read by one level at a time, the oldest first.
	alarmsOfOffice = `SELECT ` + alarmColumns + ` FROM alarms a WHERE a.ended = 0 AND a.office = $1 AND a.level = $2 ORDER BY a.at, a.id LIMIT $3`
	alarmsUp       = `SELECT ` + alarmColumns + ` FROM alarms a WHERE a.ended = 0 AND a.up > 0 AND a.level = $1 AND a.up <= $2 AND (a.office = $3 OR $3 = '')
ORDER BY a.at, a.id LIMIT $4`
	countAlarms = `SELECT level, count(*) FROM alarms WHERE ended = 0 AND office = $1 GROUP BY level`
	countUp     = `SELECT level, count(*) FROM alarms WHERE ended = 0 AND up > 0 AND up <= $1 GROUP BY level`
	insertAlarm = `INSERT INTO alarms (id, case_id, cause, office, level, at, up, ended, version, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)`
	updateAlarm = `UPDATE alarms SET level = $2, at = $3, up = $4, ended = $5, version = CASE WHEN version = $6 THEN version + 1 ELSE 0 END, body = $7
WHERE id = $1`
	looked      = `UPDATE cases SET watch = $2, alarms = $3, version = CASE WHEN version = $4 THEN version ELSE 0 END WHERE id = $1`
	lookLater   = `UPDATE cases SET watch = $2 WHERE id = $1 AND watch > 0 AND watch <= $2`
	selectWatch = `SELECT id FROM cases WHERE watch > 0 AND watch <= $1 ORDER BY watch LIMIT $2`
)

// watchAt is the column by which a case is found when its time comes.
func (s *Store) watchAt(c casefile.Case) int64 {
	if s.watch == nil {
		return 0
	}
	return micros(s.watch(c))
}

func (w *writing) alarms(u unit.Unit) error {
	for _, a := range u.Alarms {
		key, ok, err := w.keyOf(a.Case)
		if err != nil {
			return err
		}
		plain, err := proof.Marshal(a)
		if err != nil {
			return err
		}
		body := w.s.lock(key, ok, plain, "alarms.body", a.ID)
		if a.Row > 0 {
			w.stmts = append(w.stmts, stmt{sql: updateAlarm, want: 1, args: []any{
				a.ID, int64(a.Level), micros(a.At), micros(a.Up), micros(a.Ended), a.Row, body,
			}})
			continue
		}
		w.stmts = append(w.stmts, stmt{sql: insertAlarm, want: 1, args: []any{
			a.ID, a.Case, a.Cause, a.Office, int64(a.Level), micros(a.At), micros(a.Up), micros(a.Ended), body,
		}})
	}
	if l := u.Looked; l != nil {
		w.stmts = append(w.stmts, stmt{sql: looked, want: 1, args: []any{l.Case, micros(l.Next), int64(l.Open), l.Row}})
	}
	return nil
}

func (s *Store) scanAlarm(r scanner) (watch.Alarm, error) {
	var id, of string
	var version int64
	var body, wrapped []byte
	if err := r.Scan(&id, &of, &version, &body, &wrapped); err != nil {
		return watch.Alarm{}, err
	}
	plain, err := s.unlock(wrapped, body, "alarms.body", id)
	if err != nil {
		return watch.Alarm{}, err
	}
	var a watch.Alarm
	if json.Unmarshal(plain, &a) != nil || a.ID != id || a.Case != of {
		return watch.Alarm{}, corrupt("alarms", id)
	}
	a.Row = version
	return a, nil
}

func (s *Store) alarmList(ctx context.Context, text string, args ...any) ([]watch.Alarm, error) {
	return collect(ctx, s.e, func(r *rows) (watch.Alarm, error) { return s.scanAlarm(r) }, text, args...)
}

// Alarm reads one; errs.Missing.
func (s *Store) Alarm(ctx context.Context, id string) (watch.Alarm, error) {
	a, err := s.scanAlarm(s.e.queryRow(ctx, selectAlarm, id))
	return a, found(err, "alarm", id)
}

// Alarms gives all of a case, ended ones too.
func (s *Store) Alarms(ctx context.Context, caseID string) ([]watch.Alarm, error) {
	return s.alarmList(ctx, alarmsOfCase, caseID)
}

// OfficeAlarms gives the open alarms of an office on a level, the oldest first.
func (s *Store) OfficeAlarms(ctx context.Context, office string, level watch.Level, limit int) ([]watch.Alarm, error) {
	return s.alarmList(ctx, alarmsOfOffice, office, int64(level), limit)
}

// UpAlarms gives the open alarms on a level that stand in the supervisor's list at a time; office "" is all of the node's.
func (s *Store) UpAlarms(ctx context.Context, office string, level watch.Level, now time.Time, limit int) ([]watch.Alarm, error) {
	return s.alarmList(ctx, alarmsUp, int64(level), micros(now), office, limit)
}

// CountAlarms counts the open alarms of an office by level.
func (s *Store) CountAlarms(ctx context.Context, office string) (map[watch.Level]int, error) {
	return s.levels(ctx, countAlarms, office)
}

// CountUp counts those of the supervisor's list.
func (s *Store) CountUp(ctx context.Context, now time.Time) (map[watch.Level]int, error) {
	return s.levels(ctx, countUp, micros(now))
}

func (s *Store) levels(ctx context.Context, text string, args ...any) (map[watch.Level]int, error) {
	type line struct {
		level watch.Level
		n     int
	}
	list, err := collect(ctx, s.e, func(r *rows) (l line, err error) { return l, r.Scan(&l.level, &l.n) }, text, args...)
	out := map[watch.Level]int{}
	for _, l := range list {
		out[l.level] = l.n
	}
	return out, err
}

// ToLook gives the ids of cases whose time to be looked at for alarms has come, the one that waits longest first. They stay in the
// list until unit.Looked is committed.
func (s *Store) ToLook(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return collect(ctx, s.e, func(r *rows) (id string, err error) { return id, r.Scan(&id) }, selectWatch, micros(now), limit)
}

// LookLater puts off a case that could not be looked at.
func (s *Store) LookLater(ctx context.Context, id string, at time.Time) error {
	return s.e.commit(ctx, []stmt{{sql: lookLater, args: []any{id, micros(at)}, want: -1}})
}
