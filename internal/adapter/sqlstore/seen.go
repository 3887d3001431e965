package sqlstore

import (
	"context"
	"time"
)

const (
	insertSeen = `INSERT INTO seen (id, until) VALUES ($1, $2)`
	deleteSeen = `DELETE FROM seen WHERE until < $1`
)

// Spend uses up something that may be used once: errs.Repeated if any replica saw it before. It is remembered until its
// own end; what ended before now is forgotten on the way. Both are security time.
func (s *Store) Spend(ctx context.Context, id string, until, now time.Time) error {
	return s.e.commit(ctx, []stmt{
		{sql: insertSeen, args: []any{id, micros(until)}, want: 1},
		{sql: deleteSeen, args: []any{micros(now)}, want: -1},
	})
}
