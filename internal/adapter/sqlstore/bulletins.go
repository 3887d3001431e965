package sqlstore

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"tongban/internal/domain/bulletin"
	"tongban/internal/proof"
)

const (
	insertBulletin = `INSERT INTO bulletins (month, at, body) VALUES ($1, $2, $3) ON CONFLICT (month) DO NOTHING`
	selectBulletin = `SELECT body FROM bulletins WHERE month = $1`
	bulletinMonths = `SELECT month FROM bulletins ORDER BY month DESC`
)

// KeepBulletin stores what was issued; errs.Stale if the month has one.
func (s *Store) KeepBulletin(ctx context.Context, month int, at time.Time, x bulletin.Issued) error {
	body, err := proof.Marshal(x)
	if err != nil {
		return err
	}
	return s.e.commit(ctx, []stmt{{sql: insertBulletin, want: 1, args: []any{int64(month), micros(at), string(body)}}})
}

// Bulletin reads what was issued of a month; errs.Missing.
func (s *Store) Bulletin(ctx context.Context, month int) (x bulletin.Issued, err error) {
	var body string
	err = s.e.queryRow(ctx, selectBulletin, int64(month)).Scan(&body)
	if err = found(err, "bulletin", strconv.Itoa(month)); err == nil && json.Unmarshal([]byte(body), &x) != nil {
		err = corrupt("bulletins", strconv.Itoa(month))
	}
	return x, err
}

// BulletinMonths lists the months that have one, the newest first.
func (s *Store) BulletinMonths(ctx context.Context) ([]int, error) {
	return collect(ctx, s.e, func(r *rows) (m int, err error) { err = r.Scan(&m); return m, err }, bulletinMonths)
}
