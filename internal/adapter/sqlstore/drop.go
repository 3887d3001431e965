package sqlstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tongban/internal/kernel/errs"
)

// Drop removes a schema of PostgreSQL with everything in it: what a tour leaves behind. Nobody may have it open.
func Drop(ctx context.Context, dsn, schema string) error {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil { // the parser's text may quote the password
		return errs.New(errs.StoreAddress, "the postgres:// address cannot be parsed")
	}
	cfg.ConnectTimeout = 5 * time.Second
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return errs.Wrap(errs.TryLater, err, "database")
	}
	defer c.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is under way
	if _, err := c.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{schema}.Sanitize()+" CASCADE"); err != nil {
		return errs.Wrap(errs.TryLater, err, "schema %s", schema)
	}
	return nil
}
