package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tongban/internal/handling/unit"
)

const selectNextDue = `SELECT COALESCE(min(at), 0), count(*) FROM (SELECT at FROM due ORDER BY at LIMIT 1) AS first`

func claimDue(d dialect) string {
	return `UPDATE due SET at = $2 WHERE (case_id, kind) IN (SELECT case_id, kind FROM due WHERE at <= $1
ORDER BY at LIMIT $3` + d.skipLocked() + `) RETURNING case_id, kind, at`
}

// DueWork claims up to limit pieces of work whose time has come: until lease is over nobody else gets them. The unit that
// does the work removes it (unit.Due with a zero At); what is not removed comes again. At is the end of the lease.
func (s *Store) DueWork(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]unit.Due, error) {
	list, err := take(ctx, s.e, func(r *rows) (d unit.Due, err error) {
		var at int64
		err = r.Scan(&d.Case, &d.Kind, &at)
		d.At = fromMicros(at)
		return d, err
	}, claimDue(s.e.d), micros(now), micros(now.Add(lease)), limit)
	slices.SortFunc(list, func(a, b unit.Due) int { return cmp.Or(cmp.Compare(a.Case, b.Case), cmp.Compare(a.Kind, b.Kind)) })
	return list, err
}

// NextDue is when the next piece of work is due; ok is false if there is none.
func (s *Store) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	var micro, n int64
	err = s.e.queryRow(ctx, selectNextDue).Scan(&micro, &n)
	return fromMicros(micro), n > 0, err
}
