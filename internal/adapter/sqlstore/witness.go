package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/handling/witness"
	"tongban/internal/proof"
)

const (
	selectHeadAt    = `SELECT signed_sm, signed_es FROM log_heads WHERE size = $1`
	selectWitnessed = `SELECT size FROM log_witnesses GROUP BY size HAVING COUNT(*) >= $1 ORDER BY size DESC LIMIT 1`
	selectWitnesses = `SELECT signed FROM log_witnesses WHERE size = $1 ORDER BY witness`
	insertWitness   = `INSERT INTO log_witnesses (size, witness, signed) VALUES ($1, $2, $3) ON CONFLICT (size, witness) DO NOTHING`
	forgetWitness   = `DELETE FROM log_witnesses WHERE size < (SELECT MIN(size) FROM (SELECT size FROM log_witnesses GROUP BY size HAVING COUNT(*) >= $1 ORDER BY size DESC LIMIT 2) enough)`
	selectSeenHead  = `SELECT signed FROM log_seen WHERE node = $1`
	insertSeenHead  = `INSERT INTO log_seen (node, size, signed) VALUES ($1, $2, $3)`
	updateSeenHead  = `UPDATE log_seen SET size = $2, signed = $3 WHERE node = $1 AND size = $4`
	insertFork      = `INSERT INTO log_forks (node, size, at, seen, shown) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (node, size) DO NOTHING`
	selectForks     = `SELECT at, seen, shown FROM log_forks ORDER BY node, size`
)

// HeadAt gives the signed head of the tree of that many entries, and its ES256 signature; errs.Missing if there is none.
func (s *Store) HeadAt(ctx context.Context, size int64) (head proof.Signed, es []byte, err error) {
	var sm []byte
	if err := s.e.queryRow(ctx, selectHeadAt, size).Scan(&sm, &es); err != nil {
		return head, nil, found(err, "head", "")
	}
	return head, es, proof.Unmarshal(sm, &head)
}

// Witnessed is the size of the newest tree whose head at least quorum others signed; 0 if there is none.
func (s *Store) Witnessed(ctx context.Context, quorum int) (size int64, err error) {
	err = s.e.queryRow(ctx, selectWitnessed, quorum).Scan(&size)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return size, err
}

// WitnessesOf gives what others signed about the head of that size.
func (s *Store) WitnessesOf(ctx context.Context, size int64) ([]proof.Signed, error) {
	return collect(ctx, s.e, scanSigned("log_witnesses"), selectWitnesses, size)
}

func scanSigned(table string) func(r *rows) (proof.Signed, error) {
	return func(r *rows) (proof.Signed, error) {
		var b []byte
		if err := r.Scan(&b); err != nil {
			return proof.Signed{}, err
		}
		signed, ok := unpackSigned(b)
		if !ok {
			return signed, corrupt(table, "signed")
		}
		return signed, nil
	}
}

// AddWitness keeps what a witness signed; what it said about trees that nobody needs any more goes. Who has just read the size of
// the newest tree that enough signed still finds its witnesses while the next one comes.
func (s *Store) AddWitness(ctx context.Context, size int64, by office.NodeID, signed proof.Signed) error {
	return s.e.commit(ctx, []stmt{
		{sql: insertWitness, args: []any{size, string(by), packSigned(signed)}, want: -1},
		{sql: forgetWitness, args: []any{accesslog.Quorum}, want: -1},
	})
}

// SeenHead gives the newest head of another log that this node signed for; false if there is none.
func (s *Store) SeenHead(ctx context.Context, node office.NodeID) (proof.Signed, bool, error) {
	list, err := collect(ctx, s.e, scanSigned("log_seen"), selectSeenHead, string(node))
	if err != nil || len(list) == 0 {
		return proof.Signed{}, false, err
	}
	return list[0], true, nil
}

// KeepSeen replaces the head seen of a node; was is the size before, 0 for none. errs.Stale if another replica was first.
func (s *Store) KeepSeen(ctx context.Context, node office.NodeID, was, size int64, signed proof.Signed) error {
	if was == 0 {
		return s.e.commit(ctx, []stmt{{sql: insertSeenHead, args: []any{string(node), size, packSigned(signed)}, want: 1}})
	}
	return s.e.commit(ctx, []stmt{{sql: updateSeenHead, args: []any{string(node), size, packSigned(signed), was}, want: 1}})
}

// KeepFork keeps the first two heads of a size that contradict each other.
func (s *Store) KeepFork(ctx context.Context, node office.NodeID, size int64, f witness.Fork) error {
	return s.e.commit(ctx, []stmt{
		{sql: insertFork, args: []any{string(node), size, micros(f.At), packSigned(f.Seen), packSigned(f.Shown)}, want: -1},
	})
}

// Forks gives all evidence of contradicting heads.
func (s *Store) Forks(ctx context.Context) ([]witness.Fork, error) {
	return collect(ctx, s.e, func(r *rows) (witness.Fork, error) {
		var at int64
		var seen, shown []byte
		if err := r.Scan(&at, &seen, &shown); err != nil {
			return witness.Fork{}, err
		}
		f := witness.Fork{At: fromMicros(at)}
		var ok, too bool
		f.Seen, ok = unpackSigned(seen)
		f.Shown, too = unpackSigned(shown)
		if !ok || !too {
			return f, corrupt("log_forks", "signed")
		}
		return f, nil
	}, selectForks)
}

// LogLines gives the entries about cases with their places in the tree (-1: not in it yet), the newest first.
func (s *Store) LogLines(ctx context.Context, cases []string, limit int) ([]accesslog.Line, error) {
	type entry struct {
		logged
		at int64
	}
	list, err := collect(ctx, s.e, func(r *rows) (f entry, err error) { return f, r.Scan(&f.idx, &f.at, &f.leaf) },
		`SELECT idx, at, leaf FROM (SELECT idx, at, leaf FROM log WHERE case_id `+s.e.d.anyFirst()+
			` ORDER BY at DESC, idx DESC LIMIT $2) newest UNION ALL SELECT -1, at, leaves FROM log_units`, listOf(s.e.d, cases), limit)
	if err != nil {
		return nil, err
	}
	all := list[:0:0]
	for _, f := range list {
		if f.idx >= 0 {
			all = append(all, f)
			continue
		}
		for line := range bytes.SplitSeq(f.leaf, newline) {
			var e accesslog.Entry
			if json.Unmarshal(line, &e) != nil {
				return nil, corrupt("log_units", "leaves")
			}
			if slices.Contains(cases, e.Case) {
				all = append(all, entry{logged{-1, line}, micros(e.At)})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.idx, a.idx)) })
	out := make([]accesslog.Line, 0, min(limit, len(all)))
	for _, f := range all[:min(limit, len(all))] {
		out = append(out, accesslog.Line{Index: f.idx, Leaf: string(f.leaf)})
	}
	return out, nil
}
