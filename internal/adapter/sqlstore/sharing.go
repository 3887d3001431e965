package sqlstore

import (
	"context"

	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
)

const (
	selectStatements = `SELECT by_node, seq, hash, at, signed FROM share_statements WHERE by_node = $1 AND seq > $2 ORDER BY seq LIMIT $3`
	selectSpeakers   = `SELECT by_node, max(seq) FROM share_statements GROUP BY by_node ORDER BY by_node`
)

var insertStatements = insert{into: "share_statements (by_node, seq, hash, at, signed)", cols: "tnbnb"}

// said adds statements to the unit.
func (w *writing) said(u unit.Unit) error {
	args := make([]any, 0, len(insertStatements.cols)*len(u.Said))
	for _, x := range u.Said {
		args = append(args, string(x.By), int64(x.Seq), x.Hash[:], micros(x.At), packSigned(x.Signed))
	}
	w.stmts = insertStatements.add(w.stmts, args)
	return nil
}

// Statements gives what a province said after a number, oldest first.
func (s *Store) Statements(ctx context.Context, by office.NodeID, after, limit int) ([]unit.Said, error) {
	return collect(ctx, s.e, func(r *rows) (x unit.Said, err error) {
		var who string
		var seq, at int64
		var hash, signed []byte
		if err = r.Scan(&who, &seq, &hash, &at, &signed); err != nil {
			return x, err
		}
		x.By, x.Seq, x.At = office.NodeID(who), int(seq), fromMicros(at)
		var ok bool
		if x.Signed, ok = unpackSigned(signed); !ok || copy(x.Hash[:], hash) != len(x.Hash) || x.Signed.Hash() != x.Hash {
			return x, corrupt("share_statements", who)
		}
		return x, nil
	}, selectStatements, string(by), after, limit)
}

// Speakers gives the last number that is here of each province.
func (s *Store) Speakers(ctx context.Context) (map[office.NodeID]int, error) {
	type last struct {
		who string
		seq int64
	}
	list, err := collect(ctx, s.e, func(r *rows) (l last, err error) { return l, r.Scan(&l.who, &l.seq) }, selectSpeakers)
	out := make(map[office.NodeID]int, len(list))
	for _, l := range list {
		out[office.NodeID(l.who)] = int(l.seq)
	}
	return out, err
}
