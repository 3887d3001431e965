package sqlstore

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// keyPage is how many rows are looked at in one step, and committed together with how far the work is. keyLease is how long a process has
// the work to itself after a step.
const (
	keyPage  = 256
	keyLease = time.Minute
)

// Resealing is what Reseal has come to.
type Resealing int

// What Reseal has come to.
const (
	ResealNothing Resealing = iota // one generation, or all rows are under the one that seals
	ResealWaits                    // until every process knows, or another one does the work
	ResealMore                     // a step was done, and there are more
)

// Reseal does one step of bringing all rows under the generation that seals. It may be called from several processes, killed, and called
// again at any time: what a row says is its generation, and a change of the row meanwhile wins. Nothing is noted as clean before a whole
// pass, begun when every process seals under the new generation, found nothing under an older one.
func (s *Store) Reseal(ctx context.Context) (Resealing, error) {
	list, err := s.knownKeys(ctx)
	if err != nil {
		return ResealNothing, err
	}
	var seals, coming KeyGeneration
	leaving := false
	for _, k := range list {
		switch k.State {
		case keyComing:
			coming = k
		case keySeals:
			seals = k
		case keyLeaving:
			leaving = true
		}
	}
	if coming.Gen > 0 {
		if !s.longKnown(coming.Gen, keyComing) {
			return ResealWaits, nil
		}
		err := s.e.commit(ctx, []stmt{
			{sql: moveKeys, args: []any{int64(seals.Gen), keyLeaving, keySeals}, want: 1},
			{sql: moveKeys, args: []any{int64(coming.Gen), keySeals, keyComing}, want: 1},
		})
		if err != nil && !errs.Is(err, errs.Stale) { // another process did it
			return ResealNothing, err
		}
		return ResealWaits, s.askKeys(ctx)
	}
	if !leaving || !seals.Clean.IsZero() {
		return ResealNothing, nil
	}
	if !s.longKnown(seals.Gen, keySeals) {
		return ResealWaits, nil
	}
	now := time.Now()
	type mark struct {
		place string
		found int64
	}
	got, err := take(ctx, s.e, func(r *rows) (m mark, err error) { return m, r.Scan(&m.place, &m.found) },
		leaseKeys, int64(seals.Gen), s.ring.me, micros(now.Add(keyLease)), micros(now))
	if err != nil || len(got) == 0 {
		return ResealWaits, err
	}
	return s.resealPage(ctx, seals.Gen, got[0].place, got[0].found)
}

// keyPlace is how far a pass is: the table, by its place in the list, and the keys of the last row looked at.
type keyPlace struct {
	At   int      `json:"at"`
	Keys []string `json:"keys,omitempty"`
}

// resealPage does the page after place and notes it in the same commit.
func (s *Store) resealPage(ctx context.Context, g proof.Generation, place string, found int64) (Resealing, error) {
	p := keyPlace{}
	if place != "" && json.Unmarshal([]byte(place), &p) != nil {
		return ResealNothing, errs.New(errs.CorruptRow, "key_gens: place")
	}
	var stmts []stmt
	var last []string
	var err error
	switch {
	case p.At < len(rests):
		stmts, last, err = s.resealRows(ctx, rests[p.At], p.Keys)
	case p.At < len(rests)+len(lookupTables):
		stmts, last, err = s.resealLookups(ctx, lookupTables[p.At-len(rests)], p.Keys)
	}
	if err != nil {
		return ResealNothing, err
	}
	moved := int64(len(stmts))
	found += moved
	next, clean := keyPlace{At: p.At, Keys: last}, int64(0)
	if last == nil {
		next = keyPlace{At: p.At + 1}
	}
	if next.At >= len(rests)+len(lookupTables) {
		if found == 0 {
			clean = micros(time.Now())
		}
		next, found = keyPlace{}, 0
	}
	b, err := json.Marshal(next)
	if err != nil {
		return ResealNothing, err
	}
	stmts = append(stmts, stmt{sql: noteKeys, args: []any{int64(g), string(b), found, moved, clean, s.ring.me}, want: 1})
	if err := s.e.commit(ctx, stmts); err != nil || clean == 0 {
		return ResealMore, err
	}
	return ResealMore, s.askKeys(ctx)
}

// old reports whether what begins with head stands under a living generation that does not seal.
func (r resting) old(head []byte, seals proof.Generation) bool {
	if !r.datakey {
		if len(head) == 0 || head[0] != underNode {
			return false
		}
		head = head[1:]
	}
	g := proof.Under(head)
	return g != 0 && g != seals
}

// restRow is a row of a page: its keys and the beginning of its column.
type restRow struct {
	keys []any
	head []byte
}

// page reads rows after keys. full says that there may be more after the last.
func (s *Store) restPage(ctx context.Context, r resting, after []any) (list []restRow, full bool, err error) {
	list, err = collect(ctx, s.e, func(from *rows) (x restRow, err error) {
		x.keys, err = r.scan(from, &x.head)
		return x, err
	}, r.pageText(), after...)
	full = len(list) == keyPage
	if full && r.ties { // rows with the keys of the last may follow on the next page: all of them there
		for n := len(list) - 1; n > 0; n-- {
			if !slices.EqualFunc(list[n-1].keys, list[n].keys, func(a, b any) bool { return a == b }) {
				list = list[:n]
				break
			}
		}
	}
	return list, full, err
}

// resealRows gives the statements for one page of a table, and the keys of its last row, nil at the end of the table.
func (s *Store) resealRows(ctx context.Context, r resting, noted []string) (stmts []stmt, last []string, err error) {
	after, err := r.keysOf(noted)
	if err != nil {
		return nil, nil, err
	}
	list, full, err := s.restPage(ctx, r, after)
	if err != nil {
		return nil, nil, err
	}
	seals := s.vault.Seals()
	done := map[string]bool{}
	for _, x := range list {
		name := strings.Join(r.noted(x.keys), "\x00")
		if !r.old(x.head, seals) || done[name] {
			continue
		}
		done[name] = r.ties // all with these keys are read at once
		more, err := s.resealOne(ctx, r, x.keys)
		if err != nil {
			return nil, nil, err
		}
		stmts = append(stmts, more...)
	}
	if full {
		last = r.noted(list[len(list)-1].keys)
	}
	return stmts, last, nil
}

// resealOne gives the statements for the rows with these keys, mostly one.
func (s *Store) resealOne(ctx context.Context, r resting, keys []any) ([]stmt, error) {
	type whole struct {
		box, also []byte
		mac       int64
	}
	list, err := collect(ctx, s.e, func(from *rows) (x whole, err error) { return x, from.Scan(&x.box, &x.mac, &x.also) }, r.rowText(), keys...)
	if err != nil {
		return nil, err
	}
	var out []stmt
	for _, x := range list {
		if !r.old(x.box, s.vault.Seals()) { // changed meanwhile
			continue
		}
		fresh, mac, err := s.sealedAnew(r, keys, x.box, x.also, x.mac)
		if err != nil {
			return nil, err
		}
		args := []any{fresh, x.box}
		if r.mac != "" {
			args = append(args, mac)
		}
		out = append(out, stmt{sql: r.updateText(), args: append(args, keys...), want: -1})
	}
	return out, nil
}

// sealedAnew gives a column and its index under the generation that seals. What does not open stays for people to look at, and keeps the
// old generation from being retired.
func (s *Store) sealedAnew(r resting, keys []any, box, also []byte, mac int64) (fresh []byte, index int64, err error) {
	id := r.idOf(keys)
	plain := box
	if r.datakey {
		fresh, err = s.vault.Rewrap(box)
	} else if plain, err = s.vault.Decrypt(box[1:], aad(r.column(), id)); err == nil {
		fresh = append([]byte{underNode}, s.vault.Encrypt(plain, aad(r.column(), id))...)
	}
	if err != nil {
		return nil, 0, corrupt(r.column(), id)
	}
	if r.who == nil {
		return fresh, 0, nil
	}
	if kind, value, ok := r.who(s, id, plain, also, mac); ok {
		return fresh, s.mac(kind, value), nil
	}
	return fresh, 0, nil // of nobody, or of somebody who cannot be told any more
}
