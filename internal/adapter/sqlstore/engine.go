// Package sqlstore keeps a node's nouns in one SQL database: SQLite for one process, PostgreSQL (one schema per node)
// for replicas. One SQL text serves both. A use case's state, events, outgoing envelopes and log entry are one unit of
// work, which commits as a whole or not at all; units of concurrent callers share a commit (architecture §4).
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"tongban/internal/kernel/errs"
)

// Config says where the store is and how much of the machine it may use. Zero values are usable, except DSN.
type Config struct {
	// DSN is "sqlite:PATH" or "postgres://…".
	DSN string
	// Schema is the PostgreSQL schema of this node; empty is "public". SQLite has one file per node and ignores it.
	Schema string
	// ReadConns is the size of the read pool, default 4.
	ReadConns int
	// WriteConns is how many groups PostgreSQL commits in parallel, default 1: fewer groups are larger and cost the
	// server less. SQLite always has one writer.
	WriteConns int
	// Group is the most units that share one commit, default 32.
	Group int
	// Timeout bounds one group with its retries on PostgreSQL, default 30 s.
	Timeout time.Duration
	// Unsafe gives up durability for speed: simulations only. SQLite runs with synchronous OFF; a PostgreSQL whose
	// settings lose commits in a power cut is accepted.
	Unsafe bool
	// Fault is called before statement n (counted from 0 in its transaction; phase PhaseStatement) and around the
	// commit (n is the number of statements). An error plays a kill at that point: the connection is dropped as it is
	// and the store answers StoreClosed until it is opened again. With WriteConns > 1 calls are concurrent.
	Fault func(n int, phase string) error

	constraints []constraint
	migrations  fs.FS // default: the embedded ones
}

// The phases in which Config.Fault is called.
const (
	PhaseStatement    = "statement"
	PhaseBeforeCommit = "before-commit"
	PhaseAfterCommit  = "after-commit"
)

// engine commits units and answers queries on one database. It starts no goroutine of its own.
type engine struct {
	cfg         Config
	d           dialect
	write, read *sql.DB
	prepared    prepared
	before      func(context.Context) error // before a read: news of what opens the rows

	mu    sync.Mutex // guards what follows
	free  []writer   // writers that nobody leads with; if there is one, queue is empty
	queue []*waiter
	all   []writer
	dead  error         // why nothing is taken any more
	idle  chan struct{} // closed by the last leader after close began

	killed bool // dead by Config.Fault

	commits atomic.Int64 // transactions committed, for tests and measurements
}

// open connects and checks that what it commits will survive a power cut. It gives StoreAddress, StoreNotDurable,
// TryLater (PostgreSQL unreachable) or CorruptRow (the file is not a database).
func open(ctx context.Context, cfg Config) (*engine, error) {
	cfg.ReadConns = orDefault(cfg.ReadConns, 4)
	cfg.WriteConns = orDefault(cfg.WriteConns, 1)
	cfg.Group = orDefault(cfg.Group, 32)
	cfg.Timeout = orDefault(cfg.Timeout, 30*time.Second)
	e := &engine{cfg: cfg}
	if strings.HasPrefix(cfg.DSN, "postgres://") || strings.HasPrefix(cfg.DSN, "postgresql://") {
		e.d = postgres
	} else if path, ok := strings.CutPrefix(cfg.DSN, "sqlite:"); !ok || path == "" {
		return nil, errs.New(errs.StoreAddress, "DSN must begin with sqlite: or postgres://")
	} else {
		e.cfg.WriteConns = 1
		if err := makeFile(path); err != nil {
			return nil, errs.Wrap(errs.StoreAddress, err, "database file")
		}
	}
	var err error
	if e.write, err = e.pool(e.cfg.WriteConns, false); err != nil {
		return nil, err
	}
	if e.read, err = e.pool(cfg.ReadConns, true); err != nil {
		return nil, errors.Join(err, e.write.Close())
	}
	if err := e.check(ctx); err != nil {
		return nil, errors.Join(err, e.write.Close(), e.read.Close())
	}
	for range e.cfg.WriteConns {
		if e.d == postgres {
			e.all = append(e.all, &pgWriter{e: e})
		} else {
			e.all = append(e.all, &liteWriter{e: e})
		}
	}
	e.free = append(e.free, e.all...)
	return e, nil
}

func orDefault[T int | time.Duration](v, other T) T {
	if v <= 0 {
		return other
	}
	return v
}

// makeFile creates an empty database file that only its owner can read (SQLite gives its log files the same mode),
// and syncs the directory, so that the file itself survives a power cut.
func makeFile(path string) error {
	f, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// pool makes one of the pools. A read pool cannot write, on either database.
func (e *engine) pool(conns int, readOnly bool) (*sql.DB, error) {
	var db *sql.DB
	if e.d == postgres {
		c, err := pgx.ParseConfig(e.cfg.DSN)
		if err != nil {
			// The parser's text may quote the password.
			return nil, errs.New(errs.StoreAddress, "the postgres:// address cannot be parsed")
		}
		if e.cfg.Schema != "" {
			c.RuntimeParams["search_path"] = pgx.Identifier{e.cfg.Schema}.Sanitize()
		}
		if readOnly {
			c.RuntimeParams["default_transaction_read_only"] = "on"
		} else {
			// What is written is found by its key, however small or unknown to the planner a table is, and is planned once.
			c.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
			for _, way := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin"} {
				c.RuntimeParams[way] = "off"
			}
		}
		if c.ConnectTimeout == 0 {
			c.ConnectTimeout = 5 * time.Second
		}
		// Decisions read what was written: never a standby.
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
		db = stdlib.OpenDB(*c)
	} else {
		sync := "FULL"
		if e.cfg.Unsafe {
			sync = "OFF"
		}
		q := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(" + sync + ")", "foreign_keys(ON)"}}
		if readOnly {
			q.Add("_pragma", "query_only(ON)")
		}
		path := strings.TrimPrefix(e.cfg.DSN, "sqlite:")
		var err error
		if db, err = sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode()); err != nil {
			return nil, errs.Wrap(errs.StoreAddress, err, "database file")
		}
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// check refuses a database that acknowledges a commit before it is on disk.
func (e *engine) check(ctx context.Context) error {
	ask := func(db *sql.DB, q string) (s string, err error) {
		if err = db.QueryRowContext(ctx, q).Scan(&s); err != nil {
			return "", fmt.Errorf("opening the store: %w", e.mapped(err))
		}
		return s, nil
	}
	if e.d == lite {
		mode, err := ask(e.write, "PRAGMA journal_mode")
		if err != nil {
			return err
		}
		sync, err := ask(e.write, "PRAGMA synchronous")
		if err != nil {
			return err
		}
		if mode != "wal" || sync != "2" && !e.cfg.Unsafe {
			return errs.New(errs.StoreNotDurable, "journal_mode %s, synchronous %s", mode, sync)
		}
		_, err = ask(e.read, "SELECT count(*) FROM sqlite_master")
		return err
	}
	for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		v, err := ask(e.write, "SHOW "+setting)
		if err != nil {
			return err
		}
		if v == "off" && !e.cfg.Unsafe {
			return errs.New(errs.StoreNotDurable, "%s is off", setting)
		}
	}
	return nil
}

// close waits for the groups that run, answers StoreClosed to who waits, and closes both pools. Twice is fine.
func (e *engine) close() error {
	e.mu.Lock()
	e.stop(errs.New(errs.StoreClosed, "the store is closed"))
	busy := len(e.free) < len(e.all)
	if e.idle == nil {
		e.idle = make(chan struct{})
		if !busy {
			close(e.idle)
		}
	}
	idle := e.idle
	e.mu.Unlock()
	<-idle
	for _, w := range e.all {
		w.close()
	}
	return errors.Join(e.write.Close(), e.read.Close())
}

// stop makes the engine refuse everything from now on; e.mu is held.
func (e *engine) stop(why error) {
	if e.dead == nil {
		e.dead = why
	}
	for _, w := range e.queue {
		w.signal <- signal{err: e.dead}
	}
	e.queue = nil
}

func (e *engine) whyDead() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.dead
}
