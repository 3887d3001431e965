package sqlstore

import (
	"context"
	"time"

	"tongban/internal/domain/depart"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

const (
	workColumns = `id, system, office, case_id, leg, at, state, tries, next_try, tried, done, why, by_officer, version, body,
(SELECT datakey FROM cases c WHERE c.id = works.case_id)`
	selectWork  = `SELECT ` + workColumns + ` FROM works WHERE id = $1`
	workOfCase  = `SELECT ` + workColumns + ` FROM works WHERE case_id = $1 AND state IN ('waiting', 'given', 'puzzled', 'dead')`
	worksOf     = `SELECT ` + workColumns + ` FROM works WHERE office = $1 AND state = $2 AND state <> 'ended' ORDER BY at, id LIMIT $3`
	countWorks  = `SELECT system, state, count(*), max(done) FROM works WHERE office = $1 AND state <> 'ended' GROUP BY system, state ORDER BY system, state`
	selectHeard = `SELECT work, outcome, hash, at FROM work_answers WHERE system = $1 AND id = $2`
	updateWork  = `UPDATE works SET state = $2, tries = $3, next_try = $4, tried = $5, done = $6, why = $7, by_officer = $8, body = $9,
version = CASE WHEN version = $10 THEN version + 1 ELSE 0 END WHERE id = $1`
	// What was never tried is over; a system that may have it is told to stop, unless its own answer ended it.
	leaveWorks = `UPDATE works SET state = CASE WHEN system = $2 OR (state = 'waiting' AND tried = 0) THEN 'ended' ELSE 'stopping' END,
next_try = CASE WHEN system = $2 OR (state = 'waiting' AND tried = 0) THEN 0 ELSE CAST($3 AS BIGINT) END, tries = 0, version = version + 1
WHERE case_id = $1 AND state IN ('waiting', 'given', 'puzzled', 'dead')`
)

var (
	insertWorks = insert{
		into: "works (id, system, office, case_id, leg, at, state, tries, next_try, tried, done, why, by_officer, version, body)", cols: "tttttntnnnnntnb",
		tail: " ON CONFLICT DO NOTHING", // also of another system: what works the case already goes on with it
	}
	insertHeard = insert{into: "work_answers (system, id, work, outcome, hash, at)", cols: "ttttbn"}
)

// claimWorks notes the try before it is made: from then on the system may have the case.
func claimWorks(d dialect) string {
	return `UPDATE works SET next_try = $2, tried = $1 WHERE id IN (SELECT id FROM works WHERE next_try <> 0 AND next_try <= $1
ORDER BY next_try, at LIMIT $3` + d.skipLocked() + `) RETURNING ` + workColumns
}

// workBody is the private part of a work.
type workBody struct {
	Ref    string         `json:"ref,omitempty"`
	Answer *depart.Answer `json:"answer,omitempty"`
}

func (w *writing) works(u unit.Unit) error {
	for _, x := range u.Works {
		plain, err := proof.Marshal(workBody{x.Ref, x.Answer})
		if err != nil {
			return err
		}
		key, ok, err := w.keyOf(x.Case)
		if err != nil {
			return err
		}
		body := w.s.lock(key, ok, plain, "works.body", x.ID)
		if x.Row == 0 {
			w.stmts = insertWorks.add(w.stmts, []any{
				x.ID, x.System, x.Office, x.Case, x.Leg, micros(x.At), string(x.State), int64(x.Tries), micros(x.Next), micros(x.Tried),
				micros(x.Done), int64(x.Why), x.By, int64(1), body,
			})
			continue
		}
		w.stmts = append(w.stmts, stmt{sql: updateWork, want: 1, args: []any{
			x.ID, string(x.State), int64(x.Tries), micros(x.Next), micros(x.Tried), micros(x.Done), int64(x.Why), x.By, body, x.Row,
		}})
	}
	if u.Left != nil {
		w.stmts = append(w.stmts, stmt{sql: leaveWorks, want: -1, args: []any{u.Left.Case, u.Left.By, micros(u.Left.At)}})
	}
	if h := u.Heard; h != nil {
		w.stmts = insertHeard.add(w.stmts, []any{h.System, h.ID, h.Work, h.Outcome, h.Hash[:], micros(h.At)})
	}
	return nil
}

func (s *Store) scanWork(r scanner) (depart.Work, error) {
	var w depart.Work
	var at, tries, next, tried, done, why int64
	var body, wrapped []byte
	err := r.Scan(&w.ID, &w.System, &w.Office, &w.Case, &w.Leg, &at, &w.State, &tries, &next, &tried, &done, &why, &w.By, &w.Row, &body, &wrapped)
	if err != nil {
		return depart.Work{}, err
	}
	w.At, w.Tries, w.Next, w.Tried, w.Done = fromMicros(at), int(tries), fromMicros(next), fromMicros(tried), fromMicros(done)
	w.Why = errs.Code(why) //nolint:gosec // codes are five digits
	var b workBody
	if err := s.unlockJSON(wrapped, body, "works.body", w.ID, &b); err != nil {
		return depart.Work{}, err
	}
	w.Ref, w.Answer = b.Ref, b.Answer
	return w, nil
}

// Work reads one by its id; errs.Missing if it is not here.
func (s *Store) Work(ctx context.Context, id string) (depart.Work, error) {
	w, err := s.scanWork(s.e.queryRow(ctx, selectWork, id))
	return w, found(err, "work", id)
}

// WorkOfCase is what an office works of a case in its own system now; errs.Missing if it does not.
func (s *Store) WorkOfCase(ctx context.Context, caseID string) (depart.Work, error) {
	w, err := s.scanWork(s.e.queryRow(ctx, workOfCase, caseID))
	return w, found(err, "work", caseID)
}

// Works gives an office's work in a state that is not the end, the oldest first.
func (s *Store) Works(ctx context.Context, office string, in depart.State, limit int) ([]depart.Work, error) {
	return collect(ctx, s.e, func(r *rows) (depart.Work, error) { return s.scanWork(r) }, worksOf, office, string(in), limit)
}

// WorkCounts is how much of an office's work is in which state, by system.
func (s *Store) WorkCounts(ctx context.Context, office string) ([]depart.Count, error) {
	return collect(ctx, s.e, func(r *rows) (c depart.Count, err error) {
		var n, done int64
		err = r.Scan(&c.System, &c.State, &n, &done)
		c.N, c.Done = int(n), fromMicros(done)
		return c, err
	}, countWorks, office)
}

// ClaimWorks claims up to limit pieces of work whose time has come, the longest waiting first: until lease is over no other replica
// gets them. Each is noted as tried now. A damaged row is left out; it is the error if there is nothing else.
func (s *Store) ClaimWorks(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]depart.Work, error) {
	var bad error
	list, err := take(ctx, s.e, func(r *rows) (depart.Work, error) {
		w, err := s.scanWork(r)
		if errs.KindOf(err) == errs.Corrupt {
			bad, err = err, nil
		}
		return w, err
	}, claimWorks(s.e.d), micros(now), micros(now.Add(lease)), limit)
	if err != nil {
		return nil, err
	}
	out := make([]depart.Work, 0, len(list))
	for _, w := range list {
		if w.ID != "" {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return nil, bad
	}
	return out, nil
}

// Heard is an answer of a system that was dealt with; errs.Missing if none with this id was.
func (s *Store) Heard(ctx context.Context, system, id string) (unit.Heard, error) {
	h := unit.Heard{System: system, ID: id}
	var hash []byte
	var at int64
	err := s.e.queryRow(ctx, selectHeard, system, id).Scan(&h.Work, &h.Outcome, &hash, &at)
	if err == nil && len(hash) != len(h.Hash) {
		err = corrupt("work_answers", id)
	}
	copy(h.Hash[:], hash)
	h.At = fromMicros(at)
	return h, found(err, "answer", id)
}
