package sqlstore

import (
	"context"
	"time"
)

const (
	selectStatusSeen = `SELECT token, at FROM status_seen WHERE uri = $1`
	keepStatusSeen   = `INSERT INTO status_seen (uri, at, token) VALUES ($1, $2, $3)
ON CONFLICT (uri) DO UPDATE SET at = excluded.at, token = excluded.token WHERE excluded.at >= status_seen.at`
)

// SeenStatus gives the last status list of another node that was read, as signed; errs.Missing if none was.
func (s *Store) SeenStatus(ctx context.Context, uri string) (token string, at time.Time, err error) {
	var micro int64
	err = s.e.queryRow(ctx, selectStatusSeen, uri).Scan(&token, &micro)
	return token, fromMicros(micro), found(err, "status list", uri)
}

// KeepStatus remembers a status list; an older one than is known changes nothing.
func (s *Store) KeepStatus(ctx context.Context, uri, token string, at time.Time) error {
	return s.e.commit(ctx, []stmt{{sql: keepStatusSeen, args: []any{uri, micros(at), token}, want: -1}})
}
