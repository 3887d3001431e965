package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"tongban/internal/domain/accesslog"
	"tongban/internal/handling/sequence"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

const (
	selectUnsequenced = `SELECT id, leaves FROM log_units ORDER BY id LIMIT $1`
	selectOldest      = `SELECT COALESCE(min(at), 0), CAST(COALESCE(sum(n), 0) AS BIGINT) FROM log_units`
	insertHead        = `INSERT INTO log_heads (size, at, root, signed_sm, signed_es) VALUES ($1, $2, $3, $4, $5)`
	selectHead        = `SELECT size, at, root, signed_sm, signed_es FROM log_heads ORDER BY size DESC LIMIT 1`
	selectTile        = `SELECT pos, hashes FROM log_tiles WHERE pos <= $1 ORDER BY pos DESC LIMIT 1`
	selectLogEntry    = `SELECT leaf FROM log WHERE idx = $1`
	selectLogFrom     = `SELECT idx, leaf FROM log WHERE idx >= $1 ORDER BY idx LIMIT $2`
	selectLogOf       = `SELECT idx, leaf FROM log WHERE case_id = $1 UNION ALL SELECT -1, leaves FROM log_units`
)

var (
	insertUnits   = insert{into: "log_units (id, at, n, leaves)", cols: "tnnb", fold: foldUnits}
	insertEntries = insert{into: "log (idx, at, case_id, leaf)", cols: "nntb"}
	insertTiles   = insert{into: "log_tiles (pos, hashes)", cols: "nb"}
)

// newline stands between the entries of a row; their JSON holds none.
var newline = []byte("\n")

// log adds the unit's entries as one row.
func (w *writing) log(u unit.Unit) error {
	if len(u.Log) == 0 {
		return nil
	}
	leaves := make([][]byte, len(u.Log))
	for i, e := range u.Log {
		var err error
		if leaves[i], err = e.Leaf(); err != nil {
			return err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return errs.Wrap(errs.Unexpected, err, "log entry")
	}
	w.stmts = insertUnits.add(w.stmts, []any{id.String(), micros(u.Log[0].At), int64(len(leaves)), bytes.Join(leaves, newline)})
	return nil
}

// foldMost is how many bytes of entries stand in one row: what fits a page of the database several times.
const foldMost = 1800

// foldUnits lets the entries of several units share a row.
func foldUnits(rows []any) []any {
	out := rows[:0:0]
	for ; len(rows) > 0; rows = rows[4:] {
		if n := len(out); n > 0 {
			have, _ := out[n-1].([]byte)
			more, _ := rows[3].([]byte)
			if len(have)+len(more) < foldMost {
				count, _ := out[n-2].(int64)
				added, _ := rows[2].(int64)
				out[n-2], out[n-1] = count+added, slices.Concat(have, newline, more)
				continue
			}
		}
		out = append(out, rows[:4]...)
	}
	return out
}

// Unsequenced gives about limit entries that are not in the tree yet, with the ids by which AppendTree takes them.
func (s *Store) Unsequenced(ctx context.Context, limit int) (ids []string, leaves [][]byte, err error) {
	type row struct {
		id     string
		leaves []byte
	}
	list, err := collect(ctx, s.e, func(r *rows) (e row, err error) { return e, r.Scan(&e.id, &e.leaves) }, selectUnsequenced, limit)
	for _, e := range list {
		if len(leaves) >= limit {
			break
		}
		ids, leaves = append(ids, e.id), append(leaves, bytes.Split(e.leaves, newline)...)
	}
	return ids, leaves, err
}

// tile is how many hashes stand in a row.
const tile = 64

// AppendTree moves entries into the tree in one commit. It returns errs.Stale if another replica was first; then begin
// again from Head.
func (s *Store) AppendTree(ctx context.Context, g sequence.Batch) error {
	n := int64(len(g.Leaves))
	unit := []stmt{
		{sql: `DELETE FROM log_units WHERE id ` + s.e.d.anyFirst(), args: []any{listOf(s.e.d, g.IDs)}, want: int64(len(g.IDs))},
		{sql: insertHead, args: []any{g.From + n, micros(g.At), g.Root[:], notNull(g.SM), notNull(g.ES)}, want: 1},
	}
	entries := make([]any, 0, len(insertEntries.cols)*len(g.Leaves))
	for i, leaf := range g.Leaves {
		var e struct {
			At   time.Time `json:"at"`
			Case string    `json:"case"`
		}
		if json.Unmarshal(leaf, &e) != nil {
			return corrupt("log_units", g.IDs[0])
		}
		entries = append(entries, g.From+int64(i), micros(e.At), e.Case, leaf)
	}
	tiles := make([]any, 0, len(insertTiles.cols)*(len(g.Hashes)/tile+1))
	pos := g.Pos
	for some := range slices.Chunk(g.Hashes, tile) {
		b := make([]byte, 0, 32*len(some))
		for _, h := range some {
			b = append(b, h[:]...)
		}
		tiles = append(tiles, pos, b)
		pos += int64(len(some))
	}
	return s.e.commit(ctx, insertTiles.add(insertEntries.add(unit, entries), tiles))
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
	out := make([][32]byte, len(positions))
	var first int64
	var hashes []byte // of the tile read last: neighbours are asked for together
	for i, p := range positions {
		if at := 32 * (p - first); hashes == nil || at < 0 || at >= int64(len(hashes)) {
			if err := s.e.queryRow(ctx, selectTile, p).Scan(&first, &hashes); err != nil {
				if errors.Is(err, sql.ErrNoRows) {
					err = errs.New(errs.CorruptRow, "log_tiles %d", p)
				}
				return nil, err
			}
		}
		at := 32 * (p - first)
		if at+32 > int64(len(hashes)) {
			return nil, errs.New(errs.CorruptRow, "log_tiles %d", p)
		}
		copy(out[i][:], hashes[at:])
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
	out := make([]accesslog.Entry, 0, len(list))
	for _, l := range list {
		for line := range bytes.SplitSeq(l.leaf, newline) {
			var e accesslog.Entry
			if json.Unmarshal(line, &e) != nil {
				return nil, corrupt("log of case", caseID)
			}
			if e.Case == caseID {
				out = append(out, e)
			}
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
