package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"tongban/internal/kernel/errs"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrate brings the database to this binary's version, making the schema first if it is not there. Replicas that
// start together wait for each other. A failure is MigrationFailed, and the migration that failed has left nothing.
func (e *engine) migrate(ctx context.Context) (err error) {
	files := e.cfg.migrations
	if files == nil {
		if files, err = fs.Sub(embedded, "migrations"); err != nil {
			return errs.Wrap(errs.MigrationFailed, err, "embedded files")
		}
	}
	db, err := e.pool(2, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	kind := goose.DialectSQLite3
	if e.d == postgres {
		kind = goose.DialectPostgres
		// Not goose's own lock: that one is taken after goose has looked for its table, and so before the schema is there.
		lock, err := e.lockSchema(ctx, db)
		if err != nil {
			return fmt.Errorf("locking the schema: %w", e.mapped(err))
		}
		defer func() { _ = lock.Close() }() // the pool is closed after it, and with the session goes the lock
	}
	p, err := goose.NewProvider(kind, db, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return errs.Wrap(errs.MigrationFailed, err, "reading the migrations")
	}
	if _, err := p.Up(ctx); err != nil {
		if m := e.mapped(err); errs.KindOf(m) == errs.Unavailable || errs.KindOf(m) == errs.Exhausted {
			return m
		}
		return errs.Wrap(errs.MigrationFailed, err, "migrating")
	}
	return nil
}

// lockSchema waits until no other session migrates this schema, and makes the schema. Nodes of a nation have
// different locks and migrate side by side. The lock lives as long as the session.
func (e *engine) lockSchema(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte("tongban migrations " + e.cfg.Schema))                    // never fails
	_, err = conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(h.Sum64())) //nolint:gosec // any 64 bits do
	if err == nil && e.cfg.Schema != "" {
		_, err = conn.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{e.cfg.Schema}.Sanitize())
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}
