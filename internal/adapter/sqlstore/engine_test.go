package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/kernel/errs"
)

const parcelsTable = `-- +goose Up
CREATE TABLE parcels (
	id TEXT PRIMARY KEY,
	n BIGINT NOT NULL CONSTRAINT parcels_n_small CHECK (n < 1000000),
	tag TEXT NOT NULL,
	body BYTEA,
	done BOOLEAN NOT NULL DEFAULT FALSE,
	CONSTRAINT parcels_tag UNIQUE (tag)
);
`

func configOf(d sqltest.Database) Config {
	return Config{
		DSN: d.DSN, Schema: d.Schema,
		migrations:  fstest.MapFS{"00001_first.sql": {Data: []byte(parcelsTable)}},
		constraints: []constraint{{"parcels_tag", "parcels.tag", errs.Stale}},
	}
}

func openAt(t testing.TB, cfg Config) *engine {
	t.Helper()
	e, err := open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := e.migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e
}

// each runs f on both databases; change may alter the configuration.
func each(t *testing.T, change func(*Config), f func(t *testing.T, e *engine)) {
	t.Helper()
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		cfg := configOf(open())
		if change != nil {
			change(&cfg)
		}
		f(t, openAt(t, cfg))
	})
}

func put(id string, n int64) stmt {
	return stmt{sql: "INSERT INTO parcels (id, n, tag, body) VALUES ($1, $2, $3, $4)", args: []any{id, n, "tag " + id, []byte{1, 2}}, want: 1}
}

func putOnce(id string) stmt {
	return stmt{
		sql:  "INSERT INTO parcels (id, n, tag) VALUES ($1, 0, $2) ON CONFLICT (id) DO NOTHING",
		args: []any{id, "tag " + id}, want: 1, miss: errs.Duplicate,
	}
}

func ids(t testing.TB, e *engine) []string {
	t.Helper()
	out, err := collect(t.Context(), e, func(r *rows) (s string, err error) { return s, r.Scan(&s) }, "SELECT id FROM parcels ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wantIDs(t testing.TB, e *engine, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, ids(t, e)); d != "" {
		t.Errorf("stored rows (-want +got):\n%s", d)
	}
}

func wantCode(t testing.TB, err error, code errs.Code) {
	t.Helper()
	if err == nil || errs.CodeOf(err) != code {
		t.Errorf("got %v, want %d %s", err, code, code.Name())
	}
}

func TestAllOrNothing(t *testing.T) {
	tests := []struct {
		name string
		last stmt
		code errs.Code
	}{
		{"row count", stmt{sql: "UPDATE parcels SET n = 1 WHERE id = $1", args: []any{"none"}, want: 1}, errs.Stale},
		{"row count with code", stmt{sql: "UPDATE parcels SET n = 1 WHERE id = $1", args: []any{"none"}, want: 1, miss: errs.Missing}, errs.Missing},
		{"named unique", stmt{sql: "INSERT INTO parcels (id, n, tag) VALUES ('c', 1, 'tag a')", want: 1}, errs.Stale},
		{"primary key", stmt{sql: "INSERT INTO parcels (id, n, tag) VALUES ('a', 1, 'other')", want: -1}, errs.Duplicate},
		{"check", stmt{sql: "UPDATE parcels SET n = $1", args: []any{1000000}, want: -1}, errs.RuleBroken},
		{"unknown table", stmt{sql: "DELETE FROM nothing", want: -1}, errs.Unexpected},
		{"text with NUL", stmt{sql: "UPDATE parcels SET tag = $1", args: []any{"a\x00"}, want: -1}, errs.NotStorable},
		{"text not UTF-8", stmt{sql: "UPDATE parcels SET tag = $1", args: []any{"a\xff"}, want: -1}, errs.NotStorable},
		{"a time", stmt{sql: "UPDATE parcels SET n = $1", args: []any{time.Time{}}, want: -1}, errs.Unexpected},
	}
	each(t, nil, func(t *testing.T, e *engine) {
		for _, tt := range tests {
			wantCode(t, e.commit(t.Context(), []stmt{put("a", 1), put("b", 2), tt.last}), tt.code)
			if got := ids(t, e); len(got) != 0 {
				t.Errorf("%s: half a unit is stored: %v", tt.name, got)
			}
		}
		if err := e.commit(t.Context(), []stmt{put("a", 1), put("b", 2)}); err != nil {
			t.Fatal(err)
		}
		wantIDs(t, e, "a", "b")
	})
}

func TestNothingStoredIsQuoted(t *testing.T) {
	each(t, nil, func(t *testing.T, e *engine) {
		secret := "23018319900101001X"
		if err := e.commit(t.Context(), []stmt{put(secret, 1)}); err != nil {
			t.Fatal(err)
		}
		var n int
		for _, err := range []error{
			e.commit(t.Context(), []stmt{put(secret, 1)}),
			e.commit(t.Context(), []stmt{{sql: "UPDATE parcels SET n = n + 1000000 WHERE id = $1", args: []any{secret}, want: -1}}),
			e.queryRow(t.Context(), "SELECT id FROM parcels").Scan(&n),
			readAsNumber(t, e, secret),
		} {
			if err == nil || strings.Contains(err.Error(), secret[:8]) {
				t.Errorf("error quotes stored data or is missing: %v", err)
			}
		}
	})
}

func TestIdempotentInsert(t *testing.T) {
	each(t, nil, func(t *testing.T, e *engine) {
		if err := e.commit(t.Context(), []stmt{putOnce("a")}); err != nil {
			t.Fatal(err)
		}
		wantCode(t, e.commit(t.Context(), []stmt{put("b", 1), putOnce("a")}), errs.Duplicate)
		wantIDs(t, e, "a")
	})
}

// readAsNumber lets PostgreSQL convert a text; SQLite takes any text for a number, so there the scan has to refuse.
func readAsNumber(t *testing.T, e *engine, secret string) error {
	t.Helper()
	if e.d == lite {
		return e.queryRow(t.Context(), "SELECT $1", secret).Scan(new(int))
	}
	return e.queryRow(t.Context(), "SELECT CAST(CAST($1 AS TEXT) AS BIGINT)", secret).Scan(new(int))
}

// many commits n units at once and gives their errors.
func many(t testing.TB, e *engine, n int, unit func(i int) []stmt) []error {
	t.Helper()
	out := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { out[i] = e.commit(t.Context(), unit(i)) })
	}
	wg.Wait()
	return out
}

func TestConcurrentUnitsShareCommits(t *testing.T) {
	hold := make(chan struct{})
	var once sync.Once
	each(t, func(c *Config) {
		c.WriteConns = 1
		hold, once = make(chan struct{}), sync.Once{}
		c.Fault = func(int, string) error { once.Do(func() { <-hold }); return nil }
	}, func(t *testing.T, e *engine) {
		go func() { // lets the first leader go when everybody else waits
			for {
				e.mu.Lock()
				n := len(e.queue)
				e.mu.Unlock()
				if n == 63 {
					close(hold)
					return
				}
				time.Sleep(time.Millisecond)
			}
		}()
		for i, err := range many(t, e, 64, func(i int) []stmt { return []stmt{put(fmt.Sprintf("%02d", i), 1)} }) {
			if err != nil {
				t.Errorf("unit %d: %v", i, err)
			}
		}
		if got := e.commits.Load(); got != 3 { // 1 + 32 + 31
			t.Errorf("64 units took %d commits, want 3", got)
		}
		if n := len(ids(t, e)); n != 64 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestBadUnitsHurtNobody(t *testing.T) {
	each(t, nil, func(t *testing.T, e *engine) {
		if err := e.commit(t.Context(), []stmt{put("base", 1)}); err != nil {
			t.Fatal(err)
		}
		for round := range 5 {
			got := many(t, e, 60, func(i int) []stmt {
				u := []stmt{put(fmt.Sprintf("%d-%02d", round, i), 1), {sql: "UPDATE parcels SET n = n + 1 WHERE id = 'base'", want: 1}}
				switch i % 10 {
				case 3:
					u = append(u, stmt{sql: "UPDATE parcels SET n = 2000000 WHERE id = 'base'", want: -1})
				case 6:
					u = append(u, putOnce("base"))
				case 9:
					u = append(u, stmt{sql: "SELEKT", want: -1})
				}
				return u
			})
			for i, err := range got {
				switch i % 10 {
				case 3:
					wantCode(t, err, errs.RuleBroken)
				case 6:
					wantCode(t, err, errs.Duplicate)
				case 9:
					wantCode(t, err, errs.Unexpected)
				default:
					if err != nil {
						t.Errorf("unit %d: %v", i, err)
					}
				}
			}
		}
		var n int64
		if err := e.queryRow(t.Context(), "SELECT n FROM parcels WHERE id = $1", "base").Scan(&n); err != nil || n != 1+5*42 {
			t.Errorf("n = %d, %v; want %d", n, err, 1+5*42)
		}
	})
}

// Of many who claim one thing, one gets it.
func TestOneWinner(t *testing.T) {
	each(t, nil, func(t *testing.T, e *engine) {
		won := 0
		for _, err := range many(t, e, 50, func(i int) []stmt { return []stmt{putOnce("prize"), put(fmt.Sprint("w", i), 1)} }) {
			if err == nil {
				won++
			} else {
				wantCode(t, err, errs.Duplicate)
			}
		}
		if won != 1 || len(ids(t, e)) != 2 {
			t.Errorf("%d winners, rows %v", won, ids(t, e))
		}
	})
}

func TestTwoEnginesOnOneDatabase(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		cfg := configOf(open())
		var engines [2]*engine
		var wg sync.WaitGroup
		for i := range engines { // both migrate at once
			if strings.HasPrefix(cfg.DSN, "sqlite:") {
				engines[i] = openAt(t, cfg)
				continue
			}
			wg.Go(func() { engines[i] = openAt(t, cfg) })
		}
		wg.Wait()
		if err := engines[0].commit(t.Context(), []stmt{put("x", 0), put("y", 0)}); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for k, e := range engines {
			all.Go(func() { // each locks the rows in the other order: deadlocks are retried
				first, second := "x", "y"
				if k == 1 {
					first, second = second, first
				}
				for i, err := range many(t, e, 100, func(int) []stmt {
					return []stmt{
						{sql: "UPDATE parcels SET n = n + 1 WHERE id = $1", args: []any{first}, want: 1},
						{sql: "UPDATE parcels SET n = n + 1 WHERE id = $1", args: []any{second}, want: 1},
					}
				}) {
					if err != nil {
						t.Errorf("engine %d unit %d: %v", k, i, err)
					}
				}
			})
		}
		all.Wait()
		var x, y int
		if err := engines[0].queryRow(t.Context(), "SELECT a.n, b.n FROM parcels a, parcels b WHERE a.id = 'x' AND b.id = 'y'").Scan(&x, &y); err != nil || x != 200 || y != 200 {
			t.Errorf("x %d, y %d, %v", x, y, err)
		}
	})
}

func TestTakeGivesRowsToOneTaker(t *testing.T) {
	each(t, nil, func(t *testing.T, e *engine) {
		var unit []stmt
		for i := range 20 {
			unit = append(unit, put(fmt.Sprintf("%02d", i), 1))
		}
		if err := e.commit(t.Context(), unit); err != nil {
			t.Fatal(err)
		}
		q := "UPDATE parcels SET done = TRUE WHERE id IN (SELECT id FROM parcels WHERE NOT done ORDER BY id LIMIT 5" + e.d.skipLocked() + ") RETURNING id"
		var mu sync.Mutex
		seen := map[string]int{}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				got, err := take(t.Context(), e, func(r *rows) (s string, err error) { return s, r.Scan(&s) }, q)
				if err != nil || len(got) != 5 {
					t.Errorf("took %v, %v", got, err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, id := range got {
					seen[id]++
				}
			})
		}
		wg.Wait()
		if len(seen) != 20 {
			t.Errorf("taken: %v", seen)
		}
		_, err := take(t.Context(), e, func(r *rows) (s string, err error) { return s, r.Scan(&s) }, "UPDATE parcels SET n = 2000000 RETURNING id")
		wantCode(t, err, errs.RuleBroken)
	})
}

func TestContextAndReads(t *testing.T) {
	each(t, nil, func(t *testing.T, e *engine) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := e.commit(ctx, []stmt{put("a", 1)}); !errors.Is(err, context.Canceled) {
			t.Errorf("commit: %v", err)
		}
		if _, err := e.query(ctx, "SELECT 1"); !errors.Is(err, context.Canceled) {
			t.Errorf("query: %v", err)
		}
		if err := e.queryRow(t.Context(), "SELECT id FROM parcels").Scan(new(string)); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("no row: %v", err)
		}
		// The read pool cannot write.
		if r, err := e.query(t.Context(), "DELETE FROM parcels RETURNING id"); err == nil {
			r.Next()
			if r.Err() == nil {
				t.Error("the read pool wrote")
			}
			_ = r.Close()
		}
		if err := e.commit(t.Context(), []stmt{put("a", 1), put("b", 2), put("c", 3)}); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			where string
			arg   any
			want  int
		}{
			{"id " + e.d.anyFirst(), listOf(e.d, []string{"a", "c", "z"}), 2},
			{"n " + e.d.anyFirst(), listOf(e.d, []int64{1, 2}), 2},
			{"id " + e.d.anyFirst(), listOf[string](e.d, nil), 0},
		} {
			var n int
			if err := e.queryRow(t.Context(), "SELECT count(*) FROM parcels WHERE "+tt.where, tt.arg).Scan(&n); err != nil || n != tt.want {
				t.Errorf("%s: %d, %v", tt.where, n, err)
			}
			err := e.commit(t.Context(), []stmt{{sql: "UPDATE parcels SET done = TRUE WHERE " + tt.where, args: []any{tt.arg}, want: int64(tt.want)}})
			if err != nil {
				t.Errorf("%s: %v", tt.where, err)
			}
		}
	})
}

func TestClosed(t *testing.T) {
	each(t, nil, func(t *testing.T, e *engine) {
		if err := e.close(); err != nil {
			t.Fatal(err)
		}
		wantCode(t, e.commit(t.Context(), []stmt{put("a", 1)}), errs.StoreClosed)
		_, err := e.query(t.Context(), "SELECT 1")
		wantCode(t, err, errs.StoreClosed)
	})
}

func TestOpenRefuses(t *testing.T) {
	_, err := open(t.Context(), Config{DSN: "mysql://x"})
	wantCode(t, err, errs.StoreAddress)
	_, err = open(t.Context(), Config{DSN: "postgres://u@127.0.0.1:1/db?sslmode=disable"})
	wantCode(t, err, errs.TryLater)
	_, err = open(t.Context(), Config{DSN: "postgres://u:secret@%%/db"})
	wantCode(t, err, errs.StoreAddress)
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error shows the password: %v", err)
	}
	d := sqltest.Postgres(t)
	cfg := configOf(d)
	cfg.DSN += "&options=-csynchronous_commit%3Doff"
	_, err = open(t.Context(), cfg)
	wantCode(t, err, errs.StoreNotDurable)
	cfg.Unsafe = true
	openAt(t, cfg)

	path := filepath.Join(t.TempDir(), "not a database? #1 100%.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = open(t.Context(), Config{DSN: "sqlite:" + path})
	wantCode(t, err, errs.CorruptRow)
}

func TestMigrationFailsLoudly(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, db func() sqltest.Database) {
		cfg := configOf(db())
		cfg.migrations = fstest.MapFS{"00001_first.sql": {Data: []byte("-- +goose Up\nCREATE TABLE half (id TEXT);\nCREATE TABEL x (id TEXT);\n")}}
		e, err := open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, e.migrate(t.Context()), errs.MigrationFailed)
		if err := e.queryRow(t.Context(), "SELECT count(*) FROM half").Scan(new(int)); err == nil {
			t.Error("half a migration is stored")
		}
		if err := e.close(); err != nil {
			t.Error(err)
		}
	})
}

func TestMicros(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 123456789, time.FixedZone("", 8*3600))
	if got := fromMicros(micros(at)); !got.Equal(at.Truncate(time.Microsecond)) || got.Location() != time.UTC {
		t.Errorf("%v", got)
	}
	if micros(time.Time{}) != 0 || !fromMicros(0).IsZero() {
		t.Error("the zero time does not stay zero")
	}
}
