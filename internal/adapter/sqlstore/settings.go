package sqlstore

import (
	"context"
	"sync"

	"tongban/internal/kernel/errs"
)

const (
	selectSetting = `SELECT value FROM settings WHERE name = $1`
	setSetting    = `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	takeSerials   = `INSERT INTO serials (name, next) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET next = serials.next + $2 RETURNING next`
)

// Setting reads what SetSetting stored; errs.Missing if nothing was.
func (s *Store) Setting(ctx context.Context, name string) (value []byte, err error) {
	err = s.e.queryRow(ctx, selectSetting, name).Scan(&value)
	return value, found(err, "setting", name)
}

// SetSetting stores a value of the node. It is not encrypted: no secret and no personal data belongs here.
func (s *Store) SetSetting(ctx context.Context, name string, value []byte) error {
	return s.e.commit(ctx, []stmt{{sql: setSetting, args: []any{name, notNull(value)}, want: -1}})
}

// serials are the numbers that this process has taken and not given out.
type serials struct {
	size int64
	mu   sync.Mutex // guards free and keeps two callers from taking a block each
	free map[string]block
}

type block struct{ next, end int64 } // end is the last one

// serialNames bounds the names remembered: most are for one day. The rest of a forgotten block is skipped.
const serialNames = 256

// Serial gives the next number under a name, from 1, to whichever replica asks; none twice, but some are skipped. A new
// block of Options.SerialBlock numbers is taken in a commit of its own.
func (s *Store) Serial(ctx context.Context, name string) (int64, error) {
	t := &s.serials
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.free[name]
	if !ok || b.next > b.end {
		list, err := take(ctx, s.e, func(r *rows) (n int64, err error) { return n, r.Scan(&n) }, takeSerials, name, t.size)
		if err != nil {
			return 0, err
		}
		if len(list) != 1 {
			return 0, errs.New(errs.Unexpected, "serial %s: %d rows", name, len(list))
		}
		if len(t.free) >= serialNames {
			clear(t.free)
		}
		b = block{list[0] - t.size + 1, list[0]}
	}
	n := b.next
	b.next++
	t.free[name] = b
	return n, nil
}
