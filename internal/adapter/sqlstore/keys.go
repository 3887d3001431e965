package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Keys at rest are changed while the node runs (docs/decisions/0029). A new generation is first made known, so that every process looks
// people up under it too; once all must know it, it seals, and rows are brought under it page by page; when a whole pass finds none under an
// older one, that can be retired. Processes see a change within keyNews, because each asks before it seals or looks up; keyGrace is longer
// than that and any commit under way.
const (
	keyNews  = 5 * time.Second
	keyGrace = 60 * time.Second
)

// The states of a generation. The last three are in the order in which it passes through them.
const (
	keyComing  = "coming" // opens and is looked up under, does not seal
	keySeals   = "seals"
	keyLeaving = "leaving" // opens and is looked up under, does not seal any more
	keyRetired = "retired" // its keys are not needed
)

// KeyGeneration is a generation of keys at rest and how far the change to it is.
type KeyGeneration struct {
	Gen     proof.Generation `json:"generation"`
	State   string           `json:"state"` // coming, seals, leaving, retired
	Made    time.Time        `json:"made"`
	Moved   int64            `json:"moved"`          // rows brought under it
	Clean   time.Time        `json:"clean,omitzero"` // when a whole pass found no row under an older one; zero: not yet
	Backups int64            `json:"backups"`        // made since then

	mark  []byte
	place string
	found int64
}

const (
	selectKeys = `SELECT gen, state, mark, made, place, found, moved, clean, backups FROM key_gens ORDER BY gen`
	insertKeys = `INSERT INTO key_gens (gen, state, mark, made, by_whom, until_at, place, found, moved, clean, backups)
VALUES ($1, $2, $3, $4, '', 0, '', 0, 0, 0, 0) ON CONFLICT DO NOTHING`
	moveKeys    = `UPDATE key_gens SET state = $2 WHERE gen = $1 AND state = $3`
	leaseKeys   = `UPDATE key_gens SET by_whom = $2, until_at = $3 WHERE gen = $1 AND state = 'seals' AND (by_whom = $2 OR until_at < $4) RETURNING place, found`
	noteKeys    = `UPDATE key_gens SET place = $2, found = $3, moved = moved + $4, clean = $5 WHERE gen = $1 AND by_whom = $6`
	countBackup = `UPDATE key_gens SET backups = backups + 1 WHERE state = 'seals' AND clean > 0 AND clean < $1`
	someDataKey = `SELECT datakey FROM cases ORDER BY id LIMIT 1`
)

// keyring is what a process knows of the generations.
type keyring struct {
	me string // names this process in leases

	mu    sync.Mutex // guards what follows
	asked time.Time
	list  []KeyGeneration
	since map[string]time.Time // when this process saw a generation in a state first
}

func (s *Store) readKeys(ctx context.Context) ([]KeyGeneration, error) {
	return collect(ctx, s.e, func(r *rows) (k KeyGeneration, err error) {
		var gen, made, clean int64
		err = r.Scan(&gen, &k.State, &k.mark, &made, &k.place, &k.found, &k.Moved, &clean, &k.Backups)
		k.Gen, k.Made, k.Clean = proof.Generation(gen), fromMicros(made), fromMicros(clean) //nolint:gosec // written from a Generation
		return k, err
	}, selectKeys)
}

// openKeys brings the vault to the generations of the database. A new database begins with the first; one from before generations were
// noted was sealed with it.
func (s *Store) openKeys(ctx context.Context) error {
	list, err := s.readKeys(ctx)
	if err != nil || len(list) > 0 {
		return s.takeKeys(list, err)
	}
	var wrapped []byte
	old, err := collect(ctx, s.e, func(r *rows) (b []byte, err error) { return b, r.Scan(&b) }, someDataKey)
	if err != nil {
		return err
	}
	if err := s.vault.Live(1, nil, len(old) == 0); err != nil {
		return err
	}
	if len(old) > 0 {
		wrapped = old[0]
		if _, err := s.vault.DataKey(wrapped); err != nil {
			return errs.New(errs.KeysMissing, "the keys do not open the first case")
		}
	}
	err = s.e.commit(ctx, []stmt{{sql: insertKeys, args: []any{int64(1), keySeals, s.vault.Mark(1), micros(time.Now())}, want: -1}})
	if err != nil {
		return err
	}
	list, err = s.readKeys(ctx)
	return s.takeKeys(list, err)
}

// takeKeys makes what the database says of the generations the vault's.
func (s *Store) takeKeys(list []KeyGeneration, err error) error {
	if err != nil {
		return err
	}
	var seals proof.Generation
	var others []proof.Generation
	for _, k := range list {
		switch k.State {
		case keySeals:
			seals = k.Gen
		case keyComing, keyLeaving:
			others = append(others, k.Gen)
		}
	}
	if seals == 0 {
		return errs.New(errs.CorruptRow, "key_gens: none seals")
	}
	if err := s.vault.Live(seals, others, false); err != nil {
		return err
	}
	for _, k := range list {
		if m := s.vault.Mark(k.Gen); m != nil && k.State != keyRetired && !bytes.Equal(m, k.mark) {
			return errs.New(errs.KeysMissing, "generation %d has other keys", k.Gen)
		}
	}
	r := &s.ring
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked, r.list = time.Now(), list
	if r.since == nil {
		r.since = map[string]time.Time{}
	}
	for _, k := range list {
		if at := keyAt(k.Gen, k.State); r.since[at].IsZero() {
			r.since[at] = r.asked
		}
	}
	return nil
}

func keyAt(g proof.Generation, state string) string { return state + strconv.Itoa(int(g)) }

// freshKeys asks for news of the generations if the last were keyNews ago. It comes before whatever seals or looks up.
func (s *Store) freshKeys(ctx context.Context) error {
	s.ring.mu.Lock()
	known := time.Since(s.ring.asked) < keyNews
	s.ring.mu.Unlock()
	if known {
		return nil
	}
	return s.askKeys(ctx)
}

func (s *Store) askKeys(ctx context.Context) error {
	list, err := s.readKeys(ctx)
	return s.takeKeys(list, err)
}

// longKnown reports whether every process must have seen the generation in its state.
func (s *Store) longKnown(g proof.Generation, state string) bool {
	s.ring.mu.Lock()
	defer s.ring.mu.Unlock()
	at := s.ring.since[keyAt(g, state)]
	return !at.IsZero() && time.Since(at) >= keyGrace
}

// Keys lists the generations of the keys at rest, the oldest first.
func (s *Store) Keys(ctx context.Context) ([]KeyGeneration, error) {
	if err := s.askKeys(ctx); err != nil {
		return nil, err
	}
	return s.knownKeys(ctx)
}

// knownKeys is Keys as of at most keyNews ago.
func (s *Store) knownKeys(ctx context.Context) ([]KeyGeneration, error) {
	if err := s.freshKeys(ctx); err != nil {
		return nil, err
	}
	s.ring.mu.Lock()
	defer s.ring.mu.Unlock()
	return slices.Clone(s.ring.list), nil
}

// NewKeys makes the next generation known. Resealing makes it the one that seals. errs.KeysMoving if a change is under way.
func (s *Store) NewKeys(ctx context.Context) error {
	list, err := s.Keys(ctx)
	if err != nil {
		return err
	}
	next := list[len(list)-1].Gen + 1
	for _, k := range list {
		if k.State == keyComing || k.State == keyLeaving {
			return errs.New(errs.KeysMoving, "generation %d is %s", k.Gen, k.State)
		}
	}
	// Made before it is noted: a crash between the two leaves keys that the next try uses.
	mark, err := s.vault.Make(next)
	if err != nil {
		return err
	}
	stmts := []stmt{{sql: insertKeys, args: []any{int64(next), keyComing, mark, micros(time.Now())}, want: 1, miss: errs.KeysMoving}}
	if err := s.e.commit(ctx, stmts); err != nil {
		return err
	}
	return s.askKeys(ctx)
}

// RetireKeys ends the generations that seal no more; errs.NoOldKeys if there are none, errs.KeysInUse while anything rests under one, and with
// backups errs.KeysInBackups before two backups were made since. It gives the generations whose keys are not needed any more.
func (s *Store) RetireKeys(ctx context.Context, backups bool) ([]proof.Generation, error) {
	list, err := s.Keys(ctx)
	if err != nil {
		return nil, err
	}
	var old []proof.Generation
	var now KeyGeneration
	for _, k := range list {
		switch k.State {
		case keyComing:
			return nil, errs.New(errs.KeysMoving, "generation %d is coming", k.Gen)
		case keyLeaving:
			old = append(old, k.Gen)
		case keySeals:
			now = k
		}
	}
	switch {
	case len(old) == 0:
		return nil, errs.New(errs.NoOldKeys, "only generation %d", now.Gen)
	case now.Clean.IsZero():
		return nil, errs.New(errs.KeysInUse, "%d rows were brought over so far", now.Moved)
	case backups && now.Backups < 2:
		return nil, errs.New(errs.KeysInBackups, "%d backups since", now.Backups)
	}
	// Counted once more from end to end: what is written off here is gone.
	left, err := s.KeyRows(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range old {
		if left[g] > 0 {
			again := stmt{sql: `UPDATE key_gens SET clean = 0, place = '' WHERE gen = $1`, args: []any{int64(now.Gen)}, want: 1}
			return nil, orElse(s.e.commit(ctx, []stmt{again}), errs.New(errs.KeysInUse, "%d rows under generation %d", left[g], g))
		}
	}
	var stmts []stmt
	for _, g := range old {
		stmts = append(stmts, stmt{sql: moveKeys, args: []any{int64(g), keyRetired, keyLeaving}, want: -1})
	}
	if err := s.e.commit(ctx, stmts); err != nil {
		return nil, err
	}
	return old, orElse(s.askKeys(ctx), s.e.vacuum(ctx))
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// CountBackup notes a backup that was begun at a time, for RetireKeys.
func (s *Store) CountBackup(ctx context.Context, begun time.Time) error {
	return s.e.commit(ctx, []stmt{{sql: countBackup, args: []any{micros(begun)}, want: -1}})
}

// vacuum makes a file of SQLite anew, so that what was overwritten does not stay in its free pages. PostgreSQL does it by itself in time.
func (e *engine) vacuum(ctx context.Context) error {
	if e.d == postgres {
		return nil
	}
	db, err := sql.Open("sqlite", fileURL(strings.TrimPrefix(e.cfg.DSN, "sqlite:"), "busy_timeout(10000)"))
	if err != nil {
		return errs.Wrap(errs.StoreAddress, err, "database file")
	}
	db.SetMaxOpenConns(1)
	for _, text := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, failed := db.ExecContext(ctx, text); failed != nil {
			err = errors.Join(err, e.mapped(failed))
		}
	}
	return errors.Join(err, db.Close())
}

// mac is a blind index under the generation that seals, cut to what fits a BIGINT.
func (s *Store) mac(kind, value string) int64 { return cutIndex(s.vault.Index(kind, value)) }

func cutIndex(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) } //nolint:gosec // any 64 bits do

// macs are the blind indexes of a value under all living generations, that of mac first.
func (s *Store) macs(kind, value string) []int64 {
	list := s.vault.Indexes(kind, value)
	out := make([]int64, len(list))
	for i, b := range list {
		out[i] = cutIndex(b)
	}
	return out
}

// underOne brings what stands under a value's index of another generation under that of mac, before a statement that relies on there
// being one row for one person.
func underOne(to []stmt, text string, macs []int64) []stmt {
	for _, old := range macs[1:] {
		to = append(to, stmt{sql: text, args: []any{macs[0], old}, want: -1})
	}
	return to
}
