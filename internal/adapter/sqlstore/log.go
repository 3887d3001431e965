package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/handling/sequence"
	"tongban/internal/kernel/errs"
)

const (
	selectUnsequenced = `SELECT id, leaf FROM log_new ORDER BY id LIMIT $1`
	selectOldest      = `SELECT COALESCE(min(at), 0), count(*) FROM log_new`
	insertHead        = `INSERT INTO log_heads (size, at, root, signed_sm, signed_es) VALUES ($1, $2, $3, $4, $5)`
	selectHead        = `SELECT size, at, root, signed_sm, signed_es FROM log_heads ORDER BY size DESC LIMIT 1`
	selectLogEntry    = `SELECT leaf FROM log WHERE idx = $1`
	selectLogFrom     = `SELECT idx, leaf FROM log WHERE idx >= $1 ORDER BY idx LIMIT $2`
	selectLogOf       = `SELECT idx, leaf FROM log WHERE case_id = $1 UNION ALL SELECT -1, leaf FROM log_new WHERE case_id = $1`
)

var insertHashes = insert{into: "log_hashes (pos, hash)", cols: 2}

// Unsequenced gives up to limit entries that are not in the tree yet, with the ids by which AppendTree takes them.
func (s *Store) Unsequenced(ctx context.Context, limit int) (ids []string, leaves [][]byte, err error) {
	type entry struct {
		id   string
		leaf []byte
	}
	list, err := collect(ctx, s.e, func(r *rows) (e entry, err error) { return e, r.Scan(&e.id, &e.leaf) }, selectUnsequenced, limit)
	for _, e := range list {
		ids, leaves = append(ids, e.id), append(leaves, e.leaf)
	}
	return ids, leaves, err
}

// AppendTree moves entries into the tree in one commit. It returns errs.Stale if another replica was first; then begin
// again from Head.
func (s *Store) AppendTree(ctx context.Context, g sequence.Batch) error {
	n := int64(len(g.IDs))
	list := listOf(s.e.d, g.IDs)
	unit := []stmt{
		{sql: `INSERT INTO log (idx, at, case_id, leaf) SELECT $2 + row_number() OVER (ORDER BY id) - 1, at, case_id, leaf FROM log_new WHERE id ` +
			s.e.d.anyFirst(), args: []any{list, g.From}, want: n},
		{sql: `DELETE FROM log_new WHERE id ` + s.e.d.anyFirst(), args: []any{list}, want: n},
		{sql: insertHead, args: []any{g.From + n, micros(g.At), g.Root[:], notNull(g.SM), notNull(g.ES)}, want: 1},
	}
	args := make([]any, 0, 2*len(g.Hashes))
	for i, h := range g.Hashes {
		args = append(args, g.Pos+int64(i), h[:])
	}
	return s.e.commit(ctx, insertHashes.add(unit, args))
}

// Head gives the size of the tree with its last head; size 0 if there is none.
func (s *Store) Head(ctx context.Context) (size int64, at time.Time, root [32]byte, sm, es []byte, err error) {
	var micro int64
	var b []byte
	err = s.e.queryRow(ctx, selectHead).Scan(&size, &micro, &b, &sm, &es)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, time.Time{}, root, nil, nil, nil
	case err == nil && copy(root[:], b) != len(root):
		err = errs.New(errs.CorruptRow, "log_heads %d", size)
	}
	return size, fromMicros(micro), root, sm, es, err
}

// Hashes gives stored hashes of the tree by position, in the order asked; errs.CorruptRow if one is not there.
func (s *Store) Hashes(ctx context.Context, positions []int64) ([][32]byte, error) {
	type row struct {
		pos  int64
		hash []byte
	}
	list, err := collect(ctx, s.e, func(r *rows) (h row, err error) { return h, r.Scan(&h.pos, &h.hash) },
		`SELECT pos, hash FROM log_hashes WHERE pos `+s.e.d.anyFirst(), listOf(s.e.d, positions))
	if err != nil {
		return nil, err
	}
	at := make(map[int64][]byte, len(list))
	for _, h := range list {
		at[h.pos] = h.hash
	}
	out := make([][32]byte, len(positions))
	for i, p := range positions {
		if copy(out[i][:], at[p]) != 32 {
			return nil, errs.New(errs.CorruptRow, "log_hashes %d", p)
		}
	}
	return out, nil
}

// LogEntry reads an entry's canonical bytes by its place in the tree.
func (s *Store) LogEntry(ctx context.Context, idx int64) (leaf []byte, err error) {
	err = s.e.queryRow(ctx, selectLogEntry, idx).Scan(&leaf)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.New(errs.Missing, "log entry %d", idx)
	}
	return leaf, err
}

type logged struct {
	idx  int64
	leaf []byte
}

func scanLogged(r *rows) (l logged, err error) { return l, r.Scan(&l.idx, &l.leaf) }

// LogFrom calls f for each entry of the tree from a place on, in order, with bounded memory.
func (s *Store) LogFrom(ctx context.Context, from int64, f func(idx int64, leaf []byte) error) error {
	return walk(func(after *int64) ([]logged, error) {
		at := from
		if after != nil {
			at = *after + 1
		}
		return collect(ctx, s.e, scanLogged, selectLogFrom, at, walkRows)
	}, func(l logged) *int64 { return &l.idx }, func(l logged) error { return f(l.idx, l.leaf) })
}

// LogOf gives the entries about one case, those in the tree first.
func (s *Store) LogOf(ctx context.Context, caseID string) ([]accesslog.Entry, error) {
	list, err := collect(ctx, s.e, scanLogged, selectLogOf, caseID)
	if err != nil {
		return nil, err
	}
	out := make([]accesslog.Entry, len(list))
	for i, l := range list {
		if json.Unmarshal(l.leaf, &out[i]) != nil {
			return nil, corrupt("log of case", caseID)
		}
	}
	return out, nil
}

// LogWaiting counts the entries that are not in the tree yet and tells the business time of the oldest.
func (s *Store) LogWaiting(ctx context.Context) (count int, oldest time.Time, err error) {
	var at int64
	err = s.e.queryRow(ctx, selectOldest).Scan(&at, &count)
	return count, fromMicros(at), err
}

// TreeSize is how many entries the tree holds.
func (s *Store) TreeSize(ctx context.Context) (int64, error) {
	size, _, _, _, _, err := s.Head(ctx)
	return size, err
}
