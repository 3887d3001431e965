package sqlstore

import (
	"bytes"
	"context"
	"math"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/handling/rebuild"
	"tongban/internal/handling/unit"
	"tongban/internal/proof"
)

const (
	selectCopied = `SELECT COALESCE(MAX(size), 0) FROM log_copies WHERE node = $1`
	insertCopy   = `INSERT INTO log_copies (node, size, start, at, page) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (node, size) DO NOTHING`
	deleteCopies = `DELETE FROM log_copies WHERE node = $1 AND size <= $2`
	selectCopy   = `SELECT start, size, page FROM log_copies WHERE node = $1 AND size > $2 ORDER BY size LIMIT 1`
	selectHeadBy = `SELECT size FROM log_heads WHERE size <= $1 ORDER BY size DESC LIMIT 1`

	selectSentTo   = `SELECT id, case_id FROM outbox WHERE id > $1 AND dest = $2 AND receipt IS NOT NULL ORDER BY id LIMIT $3`
	selectTookFrom = `SELECT id, case_id FROM inbox WHERE sender = $1 AND id > $2 AND signed IS NOT NULL ORDER BY id LIMIT $3`

	selectFactKnown = `SELECT (SELECT count(*) FROM facts WHERE hash = $1) + (SELECT count(*) FROM licence_facts WHERE hash = $1)`
	selectLostAct   = `SELECT count(*) FROM lost_acts WHERE fact = $1`
	selectLostActs  = `SELECT fact, case_id, act, who, office, at FROM lost_acts ORDER BY at, case_id`
	insertLostAct   = `INSERT INTO lost_acts (fact, case_id, act, who, office, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (fact) DO NOTHING`
	floorSerial     = `INSERT INTO serials (name, next) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET next = excluded.next WHERE serials.next < excluded.next`
	// What bounds questions in a day, and places in a status list, are no numbers that anybody is given.
	skipSerials = `UPDATE serials SET next = next + $1 WHERE name NOT LIKE 'share-%' AND name <> 'status-list'`
)

// Copied is up to which size of its log another node gave copies to keep, 0 for none.
func (s *Store) Copied(ctx context.Context, node office.NodeID) (size int64, err error) {
	err = s.e.queryRow(ctx, selectCopied, string(node)).Scan(&size)
	return size, err
}

// KeepCopy keeps a piece of another node's log, and drops those that its backups hold, which end at safe or before.
func (s *Store) KeepCopy(ctx context.Context, node office.NodeID, p rebuild.Page, safe int64, at time.Time) error {
	return s.e.commit(ctx, []stmt{
		{sql: insertCopy, args: []any{string(node), p.Size, p.From, micros(at), notNull(p.Sealed)}, want: -1},
		{sql: deleteCopies, args: []any{string(node), safe}, want: -1},
	})
}

// CopyAfter gives the first piece kept of a node's log that reaches beyond a size; false if there is none.
func (s *Store) CopyAfter(ctx context.Context, node office.NodeID, size int64) (p rebuild.Page, ok bool, err error) {
	list, err := collect(ctx, s.e, func(r *rows) (p rebuild.Page, err error) { return p, r.Scan(&p.From, &p.Size, &p.Sealed) },
		selectCopy, string(node), size)
	if err != nil || len(list) == 0 {
		return p, false, err
	}
	return list[0], true, nil
}

// HeadBy is the size of the largest tree up to a size whose head is here, 0 for none.
func (s *Store) HeadBy(ctx context.Context, size int64) (int64, error) {
	list, err := collect(ctx, s.e, func(r *rows) (n int64, err error) { return n, r.Scan(&n) }, selectHeadBy, size)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0], nil
}

func scanPassed(r *rows) (p rebuild.Passed, err error) { return p, r.Scan(&p.ID, &p.Case) }

// SentTo lists what a node gave its receipt for, by envelope id, after an id; TookFrom what was taken from it.
func (s *Store) SentTo(ctx context.Context, node office.NodeID, after string, limit int) ([]rebuild.Passed, error) {
	return collect(ctx, s.e, scanPassed, selectSentTo, after, string(node), limit)
}

// TookFrom lists the envelopes taken from a node, by id, after an id.
func (s *Store) TookFrom(ctx context.Context, node office.NodeID, after string, limit int) ([]rebuild.Passed, error) {
	return collect(ctx, s.e, scanPassed, selectTookFrom, string(node), after, limit)
}

// Waits gives the entries outside the tree as they are stored.
func (s *Store) Waits(ctx context.Context) ([]rebuild.Waits, error) {
	return collect(ctx, s.e, func(r *rows) (w rebuild.Waits, err error) {
		var leaves []byte
		err = r.Scan(&w.ID, &leaves)
		w.Leaves = bytes.Split(leaves, newline)
		return w, err
	}, selectUnsequenced, math.MaxInt32)
}

// FactKnown reports whether a fact of a case or a licence is here.
func (s *Store) FactKnown(ctx context.Context, hash proof.Hash) (bool, error) {
	var n int64
	err := s.e.queryRow(ctx, selectFactKnown, hash[:]).Scan(&n)
	return n > 0, err
}

// LostAct reports whether a fact is one that a rebuild found in the log and nowhere else.
func (s *Store) LostAct(ctx context.Context, hash proof.Hash) (bool, error) {
	var n int64
	err := s.e.queryRow(ctx, selectLostAct, hash[:]).Scan(&n)
	return n > 0, err
}

// LostActs are the acts that rebuilds could not find, the oldest first.
func (s *Store) LostActs(ctx context.Context) ([]rebuild.Lost, error) {
	return collect(ctx, s.e, func(r *rows) (rebuild.Lost, error) {
		var l rebuild.Lost
		var hash []byte
		var at int64
		if err := r.Scan(&hash, &l.Case, &l.Act, &l.Who, &l.Office, &at); err != nil {
			return l, err
		}
		var ok bool
		if l.Fact, ok = hashOf(hash); !ok {
			return l, corrupt("lost_acts", l.Case)
		}
		l.At = fromMicros(at)
		return l, nil
	}, selectLostActs)
}

// EndRebuild stores the end of a rebuild in one commit: what is lost, the series of numbers moved on, the log entry, the state.
func (s *Store) EndRebuild(ctx context.Context, end rebuild.End) error {
	w := writing{s: s, ctx: ctx}
	for _, l := range end.Lost {
		w.stmts = append(w.stmts, stmt{sql: insertLostAct, args: []any{l.Fact[:], l.Case, l.Act, l.Who, l.Office, micros(l.At)}, want: -1})
	}
	for name, floor := range end.Floors {
		w.stmts = append(w.stmts, stmt{sql: floorSerial, args: []any{name, floor}, want: -1})
	}
	w.stmts = append(w.stmts,
		stmt{sql: skipSerials, args: []any{end.Skip}, want: -1},
		stmt{sql: setSetting, args: []any{rebuild.Setting, end.State}, want: -1},
	)
	if err := w.log(unit.Unit{Log: end.Log}); err != nil {
		return err
	}
	return s.e.commit(ctx, w.stmts)
}
