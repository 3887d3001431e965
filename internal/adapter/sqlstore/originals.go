package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"tongban/internal/domain/original"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

const (
	originalColumns = `o.case_id, o.version, o.body, (SELECT datakey FROM cases c WHERE c.id = o.case_id)`
	selectOriginals = `SELECT ` + originalColumns + ` FROM originals o WHERE o.case_id = $1`
	windowOriginals = `SELECT ` + originalColumns + ` FROM originals o WHERE o.at_window <> '' AND o.at_window = $1 ORDER BY o.due, o.case_id LIMIT $2`
	deciderOriginal = `SELECT ` + originalColumns + ` FROM originals o WHERE o.at_decider <> '' AND o.at_decider = $1 ORDER BY o.due, o.case_id LIMIT $2`
	countOriginals  = `SELECT (SELECT count(*) FROM originals WHERE at_window <> '' AND at_window = $1) + (SELECT count(*) FROM originals WHERE at_decider <> '' AND at_decider = $1)`
	insertOriginals = `INSERT INTO originals (case_id, at_window, at_decider, due, version, body) VALUES ($1, $2, $3, $4, 1, $5)`
	updateOriginals = `UPDATE originals SET at_window = $2, at_decider = $3, due = $4, version = CASE WHEN version = $5 THEN version + 1 ELSE 0 END, body = $6 WHERE case_id = $1`
)

func (w *writing) originals(u unit.Unit) error {
	ch := u.Originals
	if ch == nil {
		return nil
	}
	if u.Case == nil || u.Case.ID != ch.Case {
		return errs.New(errs.Unexpected, "papers of %s without their case", ch.Case)
	}
	e, err := original.EndsOf(*u.Case)
	if err != nil {
		return err
	}
	key, ok, err := w.keyOf(ch.Case)
	if err != nil {
		return err
	}
	plain, err := proof.Marshal(ch)
	if err != nil {
		return err
	}
	window, decider := ch.Todo(e)
	if e.Window.Node != w.s.me {
		window = ""
	}
	if e.Decider.Node != w.s.me {
		decider = ""
	}
	body := w.s.lock(key, ok, plain, "originals.body", ch.Case)
	if ch.Row > 0 {
		w.stmts = append(w.stmts, stmt{sql: updateOriginals, want: 1, args: []any{ch.Case, window, decider, dayNumber(ch.Day()), ch.Row, body}})
		return nil
	}
	w.stmts = append(w.stmts, stmt{sql: insertOriginals, want: 1, args: []any{ch.Case, window, decider, dayNumber(ch.Day()), body}})
	return nil
}

func (s *Store) scanOriginals(r scanner) (original.Chain, error) {
	var id string
	var version int64
	var body, wrapped []byte
	if err := r.Scan(&id, &version, &body, &wrapped); err != nil {
		return original.Chain{}, err
	}
	plain, err := s.unlock(wrapped, body, "originals.body", id)
	if err != nil {
		return original.Chain{}, err
	}
	var ch original.Chain
	if json.Unmarshal(plain, &ch) != nil || ch.Case != id {
		return original.Chain{}, corrupt("originals", id)
	}
	ch.Row = version
	return ch, nil
}

// Originals gives the papers of a case; an empty chain for a case that has none, and errs.Missing for no case.
func (s *Store) Originals(ctx context.Context, caseID string) (original.Chain, error) {
	ch, err := s.scanOriginals(s.e.queryRow(ctx, selectOriginals, caseID))
	if !errors.Is(err, sql.ErrNoRows) {
		return ch, found(err, "originals", caseID)
	}
	c, err := s.Case(ctx, caseID)
	return original.Chain{Case: caseID, No: c.No}, err
}

// OriginalsAt lists the cases about whose papers an office has something to do, as the window or as who decides, due first.
func (s *Store) OriginalsAt(ctx context.Context, office string, limit int) ([]original.Chain, error) {
	var out []original.Chain
	for _, text := range []string{windowOriginals, deciderOriginal} {
		list, err := collect(ctx, s.e, func(r *rows) (original.Chain, error) { return s.scanOriginals(r) }, text, office, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// CountOriginals is about the papers of how many cases an office has something to do.
func (s *Store) CountOriginals(ctx context.Context, office string) (n int, err error) {
	return n, s.e.queryRow(ctx, countOriginals, office).Scan(&n)
}
