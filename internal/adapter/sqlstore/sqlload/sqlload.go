// Package sqlload fills a store with copies of the closed cases that it holds, for measurements: a store of a million
// cases in minutes. The copies have ids, numbers and places of their own and rows of the true size; what is encrypted in
// them opens for nobody, because a ciphertext is bound to its row. Never point it at a store that matters.
package sqlload

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"tongban/internal/kernel/errs"
)

// Loaded says what a store holds after Multiply.
type Loaded struct {
	Cases int
	Size  string // of all tables and indexes
}

func isPostgres(dsn string) bool { return strings.HasPrefix(dsn, "postgres") }

func connect(dsn, schema string) (*sql.DB, error) {
	if !isPostgres(dsn) {
		path := strings.TrimPrefix(dsn, "sqlite:")
		return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)"}}.Encode())
	}
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errs.New(errs.StoreAddress, "the postgres:// address cannot be parsed") // its text may quote the password
	}
	if schema != "" {
		c.RuntimeParams["search_path"] = pgx.Identifier{schema}.Sanitize()
	}
	return stdlib.OpenDB(*c), nil
}

// one opens a single connection and closes it after f.
func one(ctx context.Context, dsn, schema string, f func(*sql.Conn) error) (err error) {
	db, err := connect(dsn, schema)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return errs.Wrap(errs.TryLater, err, "database")
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return f(conn)
}

// Drop removes a schema and all that it holds; nothing on SQLite, whose files belong to the caller.
func Drop(ctx context.Context, dsn, schema string) error {
	if !isPostgres(dsn) {
		return nil
	}
	return one(ctx, dsn, "", func(c *sql.Conn) error {
		_, err := c.ExecContext(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{schema}.Sanitize()+" CASCADE")
		return err
	})
}

// WithBackend calls f with the process id of a PostgreSQL connection that is open meanwhile; not at all on SQLite.
func WithBackend(ctx context.Context, dsn string, f func(pid int)) error {
	if !isPostgres(dsn) {
		return nil
	}
	return one(ctx, dsn, "", func(c *sql.Conn) error {
		var pid int
		if err := c.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return err
		}
		f(pid)
		return nil
	})
}

// Conditions tells the database's version and the settings that durability and speed hang on, in one line.
func Conditions(ctx context.Context, dsn string) (string, error) {
	var said []string
	err := one(ctx, dsn, "", func(c *sql.Conn) error {
		asks := []string{"sqlite_version()", "journal_mode", "page_size"}
		if isPostgres(dsn) {
			asks = []string{"server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_level", "wal_compression", "shared_buffers", "max_wal_size", "commit_delay"}
		}
		for _, name := range asks {
			text := "SHOW " + name
			switch {
			case strings.HasSuffix(name, "()"):
				text = "SELECT " + name
			case !isPostgres(dsn):
				text = "PRAGMA " + name
			}
			var v string
			if err := c.QueryRowContext(ctx, text).Scan(&v); err != nil {
				return err
			}
			said = append(said, name+"="+v)
		}
		return nil
	})
	if !isPostgres(dsn) {
		said = append(said, "synchronous=FULL")
	}
	return strings.Join(said, " "), err
}

// table says how the rows of one are copied: columns that are not named here are taken over as they are. In an expression
// g is the number of the copy, from 1.
type table struct {
	name, of string            // of: which rows
	lite, pg map[string]string // column → expression
}

const (
	closed = "SELECT id FROM cases WHERE closed <> 0 AND substr(id, 1, 4) <> '0000'"
	ofCase = "case_id IN (" + closed + ")"
)

// both makes an expression for each database of one text, in which # is the number of the copy as eight digits.
func both(columns map[string]string) (lite, pg map[string]string) {
	lite, pg = map[string]string{}, map[string]string{}
	for k, v := range columns {
		lite[k] = strings.ReplaceAll(v, "#", "printf('%08d', g)")
		pg[k] = strings.ReplaceAll(v, "#", "lpad(g::text, 8, '0')")
	}
	return lite, pg
}

const copyID = "'0000' || # || substr(id, 13)" // sorts before every id of these years

func tables() []table {
	make := func(name, of string, columns map[string]string) table {
		lite, pg := both(columns)
		return table{name: name, of: of, lite: lite, pg: pg}
	}
	id := strings.ReplaceAll(copyID, "(id", "(case_id")
	facts := make("facts", ofCase, map[string]string{"case_id": id})
	facts.lite["hash"], facts.pg["hash"] = "randomblob(32)", "sha256(hash || int4send(g::int))"
	return []table{
		make("cases", "id IN ("+closed+")", map[string]string{"id": copyID, "no": "no || '.' || #"}),
		make("lookups", ofCase, map[string]string{"case_id": id, "mac": "mac / 4 + g * 100000000000003"}),
		facts,
		make("papers", ofCase, map[string]string{
			"id": copyID, "case_id": id, "check_code": "CASE WHEN check_code = '' THEN '' ELSE check_code || # END", "number": "number || '.' || #",
		}),
		make("outbox", ofCase+" AND receipt IS NOT NULL", map[string]string{"id": copyID, "case_id": id}),
		make("inbox", ofCase, map[string]string{"id": copyID, "case_id": id}),
		// The log's own places are the sequencer's: copies stand below zero.
		make("log", "idx >= 0", map[string]string{"case_id": id, "idx": "-idx - 1 - (SELECT max(idx) + 1 FROM log) * (g - 1)"}),
		make("log_tiles", "pos >= 0", map[string]string{"pos": "-pos - 1 - (SELECT max(pos) + 1 FROM log_tiles) * (g - 1)"}),
	}
}

// Multiply copies the closed cases of a store, with everything that belongs to them, until it holds about total. Nobody
// else may use the store meanwhile. It needs at least one closed case.
func Multiply(ctx context.Context, dsn, schema string, total int) (l Loaded, err error) {
	err = one(ctx, dsn, schema, func(c *sql.Conn) error {
		var have int
		if err := c.QueryRowContext(ctx, "SELECT count(*) FROM cases WHERE closed <> 0").Scan(&have); err != nil {
			return err
		}
		if have == 0 {
			return errs.New(errs.Missing, "no closed case to copy")
		}
		copies := (total - have) / have
		if isPostgres(dsn) {
			err = multiplyPG(ctx, c, copies)
		} else {
			err = multiplyLite(ctx, c, copies)
		}
		if err != nil {
			return err
		}
		size := "SELECT (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size()) / 1000000 || ' MB'"
		if isPostgres(dsn) {
			size = "SELECT pg_size_pretty(sum(pg_total_relation_size(c.oid))) FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
		}
		return errors.Join(c.QueryRowContext(ctx, size).Scan(&l.Size), c.QueryRowContext(ctx, "SELECT count(*) FROM cases WHERE closed <> 0").Scan(&l.Cases))
	})
	return l, err
}

func exec(ctx context.Context, c *sql.Conn, texts ...string) error {
	for _, t := range texts {
		if _, err := c.ExecContext(ctx, t); err != nil {
			return fmt.Errorf("%.60s: %w", t, err)
		}
	}
	return nil
}

// columnsOf lists a table's columns in their order.
func columnsOf(ctx context.Context, c *sql.Conn, name string) ([]string, error) {
	r, err := c.QueryContext(ctx, "SELECT * FROM "+name+" WHERE 1 = 0") //nolint:gosec,unqueryvet // names are ours; the columns are what is asked
	if err != nil {
		return nil, err
	}
	cols, err := r.Columns()
	return cols, errors.Join(err, r.Close())
}

func selectCopies(cols []string, by map[string]string) string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c
		if x, ok := by[c]; ok {
			out[i] = x
		}
	}
	return strings.Join(out, ", ")
}

// multiplyLite copies in transactions of 50 rounds, so that the log file stays small.
func multiplyLite(ctx context.Context, c *sql.Conn, copies int) error {
	const rounds = 50
	for _, t := range tables() {
		cols, err := columnsOf(ctx, c, t.name)
		if err != nil {
			return err
		}
		if err := exec(ctx, c, "CREATE TEMP TABLE origin AS SELECT * FROM "+t.name+" WHERE "+t.of); err != nil { //nolint:unqueryvet // a copy of the whole table
			return err
		}
		for from := 1; from <= copies; from += rounds {
			text := fmt.Sprintf("INSERT INTO %s SELECT %s FROM (WITH RECURSIVE n(g) AS (SELECT %d UNION ALL SELECT g + 1 FROM n WHERE g < %d) SELECT g FROM n) CROSS JOIN origin",
				t.name, selectCopies(cols, t.lite), from, min(copies, from+rounds-1))
			if err := exec(ctx, c, text); err != nil {
				return err
			}
		}
		if err := exec(ctx, c, "DROP TABLE origin"); err != nil {
			return err
		}
	}
	return exec(ctx, c, "ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)")
}

// multiplyPG fills each table in one transaction that empties it first, without its indexes: a server with wal_level
// minimal then writes every row once, any other still builds each index in one go.
func multiplyPG(ctx context.Context, c *sql.Conn, copies int) error {
	if err := exec(ctx, c, "SET maintenance_work_mem = '512MB'", "SET max_parallel_maintenance_workers = 1"); err != nil {
		return err
	}
	for _, t := range tables() {
		if err := copyPG(ctx, c, t, copies); err != nil {
			return errors.Join(err, exec(ctx, c, "ROLLBACK"))
		}
		if err := exec(ctx, c, "VACUUM (ANALYZE) "+t.name); err != nil {
			return err
		}
	}
	return exec(ctx, c, "CHECKPOINT")
}

func copyPG(ctx context.Context, c *sql.Conn, t table, copies int) error {
	cols, err := columnsOf(ctx, c, t.name)
	if err != nil {
		return err
	}
	drop, again, err := indexesOf(ctx, c, t.name)
	if err != nil {
		return err
	}
	text := []string{
		"BEGIN",
		"CREATE TEMP TABLE origin ON COMMIT DROP AS SELECT * FROM " + t.name + " WHERE " + t.of, //nolint:unqueryvet // a copy of the whole table
		"CREATE TEMP TABLE rest ON COMMIT DROP AS SELECT * FROM " + t.name,                      //nolint:unqueryvet // a copy of the whole table
	}
	text = append(text, drop...)
	text = append(text, "TRUNCATE "+t.name, "INSERT INTO "+t.name+" SELECT * FROM rest", //nolint:unqueryvet // the copy back
		fmt.Sprintf("INSERT INTO %s SELECT %s FROM generate_series(1, %d) AS n(g) CROSS JOIN origin", t.name, selectCopies(cols, maskPG(t.pg)), copies))
	return exec(ctx, c, append(append(text, again...), "COMMIT")...)
}

// maskPG makes g the bigint that the expressions reckon with, and reads the log's old end from the kept rows.
func maskPG(by map[string]string) map[string]string {
	out := make(map[string]string, len(by))
	for k, v := range by {
		v = strings.ReplaceAll(v, "FROM log_tiles", "FROM origin")
		out[k] = strings.ReplaceAll(v, "FROM log)", "FROM origin)")
	}
	return out
}

// indexesOf gives the statements that drop a table's indexes and constraints on keys, and those that make them again.
func indexesOf(ctx context.Context, c *sql.Conn, name string) (drop, again []string, err error) {
	r, err := c.QueryContext(ctx, `SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), COALESCE(k.conname, ''), COALESCE(pg_get_constraintdef(k.oid), '')
FROM pg_index i LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u') WHERE i.indrelid = $1::regclass`, name)
	if err != nil {
		return nil, nil, err
	}
	for r.Next() {
		var index, def, constraint, body string
		if err := r.Scan(&index, &def, &constraint, &body); err != nil {
			return nil, nil, errors.Join(err, r.Close())
		}
		if constraint != "" {
			drop = append(drop, "ALTER TABLE "+name+" DROP CONSTRAINT "+constraint)
			again = append(again, "ALTER TABLE "+name+" ADD CONSTRAINT "+constraint+" "+body)
			continue
		}
		drop, again = append(drop, "DROP INDEX "+index), append(again, def)
	}
	return drop, again, errors.Join(r.Err(), r.Close())
}
