package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"tongban/internal/kernel/errs"
)

// A backup is a database file of SQLite whatever the store runs on: one SQL text serves both, so one file serves to look at, to
// check (fsck) and to restore on either.

// Backup writes a consistent copy of the database as one moment saw it into a new file. It runs beside the node and holds up
// nobody. errs.RestoreOnto if the file is there already.
func (s *Store) Backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return errs.New(errs.RestoreOnto, "%s", filepath.Base(file))
	}
	if s.e.d == postgres {
		return s.e.dump(ctx, file)
	}
	db, err := sql.Open("sqlite", fileURL(strings.TrimPrefix(s.e.cfg.DSN, "sqlite:"), "busy_timeout(10000)"))
	if err != nil {
		return errs.Wrap(errs.StoreAddress, err, "database file")
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", file)
	if err = s.e.mapped(errors.Join(err, db.Close())); err != nil {
		return fmt.Errorf("writing the copy: %w", err)
	}
	return errors.Join(os.Chmod(file, 0o600), syncFile(file))
}

func fileURL(path string, pragmas ...string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + url.Values{"_pragma": pragmas}.Encode()
}

func syncFile(path string) error {
	f, err := os.OpenFile(filepath.Clean(path), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = errors.Join(f.Sync(), f.Close())
	dir, opened := os.Open(filepath.Dir(path))
	if opened != nil {
		return errors.Join(err, opened)
	}
	return errors.Join(err, dir.Sync(), dir.Close())
}

// liteFile opens a file with the schema of this binary, for one connection.
func (e *engine) liteFile(ctx context.Context, file string) (*sql.DB, error) {
	cfg := Config{DSN: "sqlite:" + file, ReadConns: 1, migrations: e.cfg.migrations}
	m, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(m.migrate(ctx), m.close()); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", fileURL(file, "busy_timeout(10000)", "journal_mode(DELETE)", "synchronous(FULL)"))
	if err != nil {
		return nil, errs.Wrap(errs.StoreAddress, err, "database file")
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// table is one with its columns, as both databases have it.
type table struct {
	name string
	cols []string
}

// tables lists those of a file of SQLite, without the migrations' own.
func tables(ctx context.Context, db *sql.DB) ([]table, error) {
	rows, err := db.QueryContext(ctx, `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%' ORDER BY m.name, c.cid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // its Err is asked below
	var out []table
	for rows.Next() {
		var t, c string
		if err := rows.Scan(&t, &c); err != nil {
			return nil, err
		}
		if n := len(out); n == 0 || out[n-1].name != t {
			out = append(out, table{name: t})
		}
		last := &out[len(out)-1]
		last.cols = append(last.cols, c)
	}
	return out, rows.Err()
}

// identifiers are names of our own schema; quoted, so that one which is a word of SQL passes.
func identifiers(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = pgx.Identifier{n}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}

// dump copies a schema of PostgreSQL, as one snapshot shows it, into a new file.
func (e *engine) dump(ctx context.Context, file string) (err error) {
	to, err := e.liteFile(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close(), syncFile(file)) }()
	list, err := tables(ctx, to)
	if err != nil {
		return e.mapped(err)
	}
	from, err := e.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return e.mapped(err)
	}
	defer from.Rollback() //nolint:errcheck // it only read
	out, err := to.BeginTx(ctx, nil)
	if err != nil {
		return e.mapped(err)
	}
	defer out.Rollback() //nolint:errcheck // after Commit it does nothing
	for _, t := range list {
		if err := e.dumpTable(ctx, from, out, t); err != nil {
			return fmt.Errorf("copying %s: %w", t.name, e.mapped(err))
		}
	}
	return e.mapped(out.Commit())
}

func (e *engine) dumpTable(ctx context.Context, from, to *sql.Tx, t table) error {
	name, cols := identifiers([]string{t.name}), identifiers(t.cols)
	if _, err := to.ExecContext(ctx, "DELETE FROM "+name); err != nil { //nolint:gosec // names of our own schema
		return err
	}
	put, err := to.PrepareContext(ctx, "INSERT INTO "+name+" ("+cols+") VALUES (?"+strings.Repeat(", ?", len(t.cols)-1)+")") //nolint:gosec // names of our own schema
	if err != nil {
		return err
	}
	defer put.Close()                                                 //nolint:errcheck // ends with the transaction
	rows, err := from.QueryContext(ctx, "SELECT "+cols+" FROM "+name) //nolint:gosec // names of our own schema
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // its Err is asked below
	for rows.Next() {
		row, err := scanAny(rows, len(t.cols))
		if err != nil {
			return err
		}
		if _, err := put.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return rows.Err()
}

func scanAny(rows *sql.Rows, n int) ([]any, error) {
	row, into := make([]any, n), make([]any, n)
	for i := range row {
		into[i] = &row[i]
	}
	return row, rows.Scan(into...)
}

// Restore makes a node's database out of a backup's file, with settings set in the same step: whole or not at all. The place must
// be empty: errs.RestoreOnto.
func Restore(ctx context.Context, cfg Config, file string, settings map[string][]byte) error {
	if path, ok := strings.CutPrefix(cfg.DSN, "sqlite:"); ok {
		return restoreFile(ctx, path, file, settings)
	}
	cfg.ReadConns, cfg.WriteConns = 1, 1
	e, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	if err = e.migrate(ctx); err == nil {
		err = e.restore(ctx, file, settings)
	}
	return errors.Join(err, e.close())
}

func restoreFile(ctx context.Context, path, file string, settings map[string][]byte) (err error) {
	for _, there := range []string{path, path + "-wal"} { // what another database has left would be taken for this one's
		if _, err := os.Lstat(there); err == nil {
			return errs.New(errs.RestoreOnto, "%s", filepath.Base(there))
		}
	}
	part := path + ".restoring"
	if err := copyFile(file, part); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	db, err := sql.Open("sqlite", fileURL(part, "journal_mode(DELETE)", "synchronous(FULL)"))
	if err != nil {
		return errs.Wrap(errs.StoreAddress, err, "database file")
	}
	for name, value := range settings {
		if _, failed := db.ExecContext(ctx, setSetting, name, value); failed != nil {
			err = errors.Join(err, errs.Wrap(errs.BackupBad, failed, "settings"))
		}
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := syncFile(part); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return syncFile(path)
}

func copyFile(from, to string) error {
	b, err := os.Open(filepath.Clean(from))
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // read only
	f, err := os.OpenFile(filepath.Clean(to), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.ReadFrom(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// restore fills an empty schema of PostgreSQL in one transaction.
func (e *engine) restore(ctx context.Context, file string, settings map[string][]byte) error {
	part, err := os.MkdirTemp("", "restore-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(part) //nolint:errcheck // scratch
	scratch := filepath.Join(part, "node.db")
	if err := copyFile(file, scratch); err != nil { // a copy, because an older one is brought to this binary's schema first
		return err
	}
	from, err := e.liteFile(ctx, scratch)
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // it only read
	list, err := tables(ctx, from)
	if err != nil {
		return errs.Wrap(errs.BackupBad, err, "tables")
	}
	c, err := pgx.ParseConfig(e.cfg.DSN)
	if err != nil { // the parser's text may quote the password
		return errs.New(errs.StoreAddress, "the postgres:// address cannot be parsed")
	}
	if e.cfg.Schema != "" {
		c.RuntimeParams["search_path"] = pgx.Identifier{e.cfg.Schema}.Sanitize()
	}
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return errs.Wrap(errs.TryLater, err, "database")
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // a transaction under way is undone
	tx, err := conn.Begin(ctx)
	if err != nil {
		return e.mapped(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // after Commit it does nothing
	var used bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM cases) OR EXISTS (SELECT 1 FROM log_heads)`).Scan(&used); err != nil {
		return e.mapped(err)
	}
	if used {
		return errs.New(errs.RestoreOnto, "schema %s", e.cfg.Schema)
	}
	for _, t := range list {
		if err := restoreTable(ctx, from, tx, t); err != nil {
			return fmt.Errorf("filling %s: %w", t.name, e.mapped(err))
		}
	}
	for name, value := range settings {
		if _, err := tx.Exec(ctx, setSetting, name, value); err != nil {
			return e.mapped(err)
		}
	}
	return e.mapped(tx.Commit(ctx))
}

// copied gives the rows of a file to pgx.CopyFrom.
type copied struct {
	rows *sql.Rows
	n    int
	row  []any
	err  error
}

func (c *copied) Next() bool {
	if c.err != nil || !c.rows.Next() {
		return false
	}
	c.row, c.err = scanAny(c.rows, c.n)
	return c.err == nil
}

func (c *copied) Values() ([]any, error) { return c.row, nil }
func (c *copied) Err() error             { return errors.Join(c.err, c.rows.Err()) }

func restoreTable(ctx context.Context, from *sql.DB, to pgx.Tx, t table) error {
	name, cols := identifiers([]string{t.name}), identifiers(t.cols)
	if _, err := to.Exec(ctx, "DELETE FROM "+name); err != nil {
		return err
	}
	rows, err := from.QueryContext(ctx, "SELECT "+cols+" FROM "+name) //nolint:gosec // names of our own schema
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // its Err is asked by CopyFrom
	_, err = to.CopyFrom(ctx, pgx.Identifier{t.name}, t.cols, &copied{rows: rows, n: len(t.cols)})
	return err
}
