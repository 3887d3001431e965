package sqlstore

import (
	"context"
	"strings"

	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/proof"
)

const (
	answeredColumns = `asker, id, at, case_id, no, item, question, resource, fields, deleted, receipt`
	selectAnswered  = `SELECT ` + answeredColumns + ` FROM share_answers WHERE asker = $1 AND id = $2`
	eachAnswered    = `SELECT ` + answeredColumns + ` FROM share_answers WHERE (asker, id) > ($1, $2) ORDER BY asker, id LIMIT $3`
	lastAnswered    = `SELECT ` + answeredColumns + ` FROM share_answers ORDER BY at DESC, asker DESC, id DESC LIMIT $1`
	selectDeleted   = `SELECT id, case_id, at, receipt FROM share_deleted WHERE case_id = $1 ORDER BY at, id`
	eraseFound      = `DELETE FROM share_found WHERE id = $1 AND case_id = $2`
	noteDeleted     = `UPDATE share_answers SET deleted = $3, receipt = $4 WHERE asker = $1 AND id = $2 AND deleted = 0`
)

var insertDeleted = insert{into: "share_deleted (id, case_id, at, receipt)", cols: "ttnb", tail: " ON CONFLICT (id) DO NOTHING"}

// erased adds what a unit says about deleted answers: those that go here, and those of which others say that they went there.
func (w *writing) erased(u unit.Unit) {
	for _, x := range u.Erased {
		w.stmts = append(w.stmts, stmt{sql: eraseFound, args: []any{x.ID, x.Case}, want: 1})
		if len(x.Receipt.Body) > 0 {
			w.stmts = insertDeleted.add(w.stmts, []any{x.ID, x.Case, micros(u.At), packSigned(x.Receipt)})
		}
	}
	for _, g := range u.Gone {
		w.stmts = append(w.stmts, stmt{sql: noteDeleted, args: []any{string(g.Asker), g.ID, micros(g.At), packSigned(g.Receipt)}, want: -1})
	}
}

func scanAnswered(r scanner, more ...any) (a unit.Answered, err error) {
	var at, deleted int64
	var question, fields string
	var receipt []byte
	if err := r.Scan(append([]any{&a.Asker, &a.ID, &at, &a.Case, &a.No, &a.Item, &question, &a.Resource, &fields, &deleted, &receipt}, more...)...); err != nil {
		return a, err
	}
	if question != "" {
		if a.Question, err = proof.ParseHash(question); err != nil {
			return a, corrupt("share_answers", a.ID)
		}
		a.Fields = strings.Split(fields, ",")
	}
	a.At = fromMicros(at)
	if deleted > 0 {
		a.Deleted = fromMicros(deleted)
		var ok bool
		if a.Receipt, ok = unpackSigned(receipt); !ok {
			return a, corrupt("share_answers", a.ID)
		}
	}
	return a, nil
}

// Answered reads a question that this node answered, without the person; errs.Missing.
func (s *Store) Answered(ctx context.Context, asker office.NodeID, id string) (unit.Answered, error) {
	a, err := scanAnswered(s.e.queryRow(ctx, selectAnswered, string(asker), id))
	return a, found(err, "answer", id)
}

// LastAnswered lists the questions that this node answered, the newest first, without the persons.
func (s *Store) LastAnswered(ctx context.Context, limit int) ([]unit.Answered, error) {
	return collect(ctx, s.e, func(r *rows) (unit.Answered, error) { return scanAnswered(r) }, lastAnswered, limit)
}

// EachAnswered calls f for every question that this node answered, without the person, with bounded memory.
func (s *Store) EachAnswered(ctx context.Context, f func(unit.Answered) error) error {
	type key struct{ asker, id string }
	return walk(func(after key) ([]unit.Answered, error) {
		return collect(ctx, s.e, func(r *rows) (unit.Answered, error) { return scanAnswered(r) }, eachAnswered, after.asker, after.id, walkRows)
	}, func(a unit.Answered) key { return key{string(a.Asker), a.ID} }, f)
}

// DeletedOf gives the answers of a case that were deleted here, the oldest first.
func (s *Store) DeletedOf(ctx context.Context, caseID string) ([]unit.Erased, error) {
	return collect(ctx, s.e, func(r *rows) (x unit.Erased, err error) {
		var at int64
		var receipt []byte
		if err := r.Scan(&x.ID, &x.Case, &at, &receipt); err != nil {
			return x, err
		}
		x.At = fromMicros(at)
		var ok bool
		if x.Receipt, ok = unpackSigned(receipt); !ok {
			return x, corrupt("share_deleted", x.ID)
		}
		return x, nil
	}, selectDeleted, caseID)
}
