package sqlstore

import (
	"context"

	"tongban/internal/domain/search"
	"tongban/internal/kernel/workday"
)

const (
	addMissed = `INSERT INTO search_missed (day, query, n) VALUES ($1, $2, $3)
ON CONFLICT (day, query) DO UPDATE SET n = search_missed.n + excluded.n`
	selectMissed = `SELECT max(day), query, CAST(sum(n) AS BIGINT) FROM search_missed WHERE day >= $1 GROUP BY query
ORDER BY 3 DESC, query LIMIT $2`
	dropMissed = `DELETE FROM search_missed WHERE day < $1`
)

// KeepMissed adds to the counts of questions that found nothing.
func (s *Store) KeepMissed(ctx context.Context, list []search.Missed) error {
	if len(list) == 0 {
		return nil
	}
	stmts := make([]stmt, 0, len(list))
	for _, m := range list {
		stmts = append(stmts, stmt{sql: addMissed, args: []any{m.Day.String(), m.Query, int64(m.N)}, want: 1})
	}
	return s.e.commit(ctx, stmts)
}

// Missed gives the questions that found nothing since a day, the commonest first; Day is when each was last asked.
func (s *Store) Missed(ctx context.Context, since workday.Date, limit int) ([]search.Missed, error) {
	return collect(ctx, s.e, func(r *rows) (m search.Missed, err error) {
		var day string
		var n int64
		if err = r.Scan(&day, &m.Query, &n); err != nil {
			return m, err
		}
		m.N = int(n)
		if m.Day, err = workday.ParseDate(day); err != nil {
			return m, corrupt("search_missed", day)
		}
		return m, nil
	}, selectMissed, since.String(), limit)
}

// ForgetMissed drops the counts of days before one.
func (s *Store) ForgetMissed(ctx context.Context, before workday.Date) error {
	return s.e.commit(ctx, []stmt{{sql: dropMissed, args: []any{before.String()}, want: -1}})
}
