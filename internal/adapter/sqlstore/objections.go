package sqlstore

import (
	"context"

	"tongban/internal/domain/objection"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

const (
	insertWord = `INSERT INTO objection_words (id, by_node, n, at, signed) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id, by_node, n) DO NOTHING`
	// Objections are few: nothing here grows with cases.
	selectWords = `SELECT id, signed FROM objection_words ORDER BY id, by_node, n`
)

func (w *writing) objected(u unit.Unit) error {
	for _, x := range u.Objected {
		w.stmts = append(w.stmts, stmt{sql: insertWord, want: 1, miss: errs.Repeated, args: []any{
			x.Word.ID, string(x.Word.By), int64(x.Word.N), micros(u.At), packSigned(x.Signed),
		}})
	}
	return nil
}

// Words gives every word about contested figures.
func (s *Store) Words(ctx context.Context) ([]unit.Objected, error) {
	return collect(ctx, s.e, func(r *rows) (x unit.Objected, err error) {
		var id string
		var signed []byte
		if err = r.Scan(&id, &signed); err != nil {
			return x, err
		}
		var ok bool
		if x.Signed, ok = unpackSigned(signed); !ok || x.Signed.Typ != objection.Typ || x.Signed.Into(&x.Word) != nil || x.Word.ID != id {
			return x, corrupt("objection_words", id)
		}
		return x, nil
	}, selectWords)
}
