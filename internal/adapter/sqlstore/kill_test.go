package sqlstore

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/kernel/errs"
)

var errKill = errors.New("kill")

// A kill at any point leaves all of a unit or nothing; what was answered is there after reopening.
func TestKill(t *testing.T) {
	type point struct {
		n     int
		phase string
	}
	points := []point{{0, PhaseStatement}, {1, PhaseStatement}, {2, PhaseStatement}, {3, PhaseBeforeCommit}, {3, PhaseAfterCommit}}
	for _, want := range []int64{1, -1} { // -1: PostgreSQL commits in the same round trip
		sqltest.Each(t, func(t *testing.T, db func() sqltest.Database) {
			for _, p := range points {
				cfg := configOf(db())
				e := openAt(t, cfg)
				if err := e.commit(t.Context(), []stmt{put("before", 1)}); err != nil {
					t.Fatal(err)
				}
				if err := e.close(); err != nil {
					t.Fatal(err)
				}
				cfg.Fault = func(n int, phase string) error {
					if n == p.n && phase == p.phase {
						return errKill
					}
					return nil
				}
				e = openAt(t, cfg)
				unit := []stmt{put("a", 1), put("b", 1), put("c", 1)}
				for i := range unit {
					unit[i].want = want
				}
				err := e.commit(t.Context(), unit)
				code := errs.StoreClosed
				if p.phase == PhaseAfterCommit {
					code = errs.InDoubt
				}
				if !errors.Is(err, errKill) {
					t.Errorf("%v: %v", p, err)
				}
				wantCode(t, err, code)
				wantCode(t, e.commit(t.Context(), []stmt{put("later", 1)}), errs.StoreClosed)
				_, err = e.query(t.Context(), "SELECT 1")
				wantCode(t, err, errs.StoreClosed)
				if err := e.close(); err != nil {
					t.Fatal(err)
				}
				cfg.Fault = nil
				e = openAt(t, cfg)
				if p.phase == PhaseAfterCommit {
					wantIDs(t, e, "a", "b", "before", "c")
				} else {
					wantIDs(t, e, "before")
				}
				if err := e.commit(t.Context(), []stmt{put("d", 1)}); err != nil {
					t.Errorf("%v: after reopening: %v", p, err)
				}
			}
		})
	}
}

// A kill under load: who was told "stored" is stored whole, who was told "closed" is not stored at all.
func TestKillUnderLoad(t *testing.T) {
	for at := int64(20); at <= 140; at += 30 {
		sqltest.Each(t, func(t *testing.T, db func() sqltest.Database) {
			cfg := configOf(db())
			var calls atomic.Int64
			cfg.Fault = func(int, string) error {
				if calls.Add(1) >= at {
					return errKill
				}
				return nil
			}
			e := openAt(t, cfg)
			got := many(t, e, 64, func(i int) []stmt {
				return []stmt{put(fmt.Sprintf("%02d-a", i), 1), put(fmt.Sprintf("%02d-b", i), 1)}
			})
			if err := e.close(); err != nil {
				t.Fatal(err)
			}
			cfg.Fault = nil
			have := map[string]int{}
			for _, id := range ids(t, openAt(t, cfg)) {
				have[id[:2]]++
			}
			for i, err := range got {
				n := have[fmt.Sprintf("%02d", i)]
				switch {
				case err == nil && n != 2, errs.Is(err, errs.StoreClosed) && n != 0, n == 1:
					t.Errorf("kill at %d: unit %d: answer %v, %d rows", at, i, err, n)
				case err != nil && !errs.Is(err, errs.StoreClosed) && !errs.Is(err, errs.InDoubt):
					t.Errorf("unit %d: %v", i, err)
				}
			}
		})
	}
}

// PostgreSQL ends all our sessions again and again under load: nothing is half done, nothing acknowledged is missing,
// and only a commit that was under way may be in doubt.
func TestSessionsEndUnderLoad(t *testing.T) {
	cfg := configOf(sqltest.Postgres(t))
	plainDSN := cfg.DSN
	cfg.DSN += "&application_name=" + cfg.Schema // ours, and nobody else's on a shared server
	e := openAt(t, cfg)
	other := openAt(t, Config{DSN: plainDSN, Schema: cfg.Schema, migrations: cfg.migrations})
	stop := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
			_, err := take(t.Context(), other, func(r *rows) (ok bool, err error) { return ok, r.Scan(&ok) },
				"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", cfg.Schema)
			if err != nil {
				t.Errorf("killer: %v", err)
				return
			}
		}
	})
	var mu sync.Mutex
	answers := map[string]error{}
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 40 {
				id := fmt.Sprintf("%02d.%02d", g, i)
				err := e.commit(t.Context(), []stmt{put(id+"-a", 1), put(id+"-b", 1)})
				mu.Lock()
				answers[id] = err
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	close(stop)
	killer.Wait()
	have := map[string]int{}
	for _, id := range ids(t, e) {
		have[strings.TrimSuffix(strings.TrimSuffix(id, "-a"), "-b")]++
	}
	tally := map[errs.Code]int{}
	for id, err := range answers {
		n := have[id]
		switch {
		case err == nil && n == 2, errs.CodeOf(err) == errs.InDoubt && n != 1, errs.CodeOf(err) == errs.TryLater && n == 0:
		default:
			t.Errorf("unit %s: answer %v, %d rows", id, err, n)
		}
		if err != nil {
			tally[errs.CodeOf(err)]++
		}
	}
	t.Logf("of %d units not acknowledged: %v", len(answers), tally)
}

func TestDiskFull(t *testing.T) {
	e := openAt(t, configOf(sqltest.SQLite(t)))
	if err := e.commit(t.Context(), []stmt{put("first", 1)}); err != nil {
		t.Fatal(err)
	}
	w := e.free[0].(*liteWriter)
	var pages int
	if err := w.conn.QueryRowContext(t.Context(), "PRAGMA max_page_count = 40").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	big := stmt{sql: "INSERT INTO parcels (id, n, tag, body) VALUES ($1, 1, $1, $2)", want: 1}
	got := many(t, e, 20, func(i int) []stmt {
		s := big
		s.args = []any{fmt.Sprint("x", i), []byte("small")}
		if i == 7 {
			s.args[1] = make([]byte, 1<<20)
		}
		return []stmt{put(fmt.Sprint("y", i), 1), s}
	})
	for i, err := range got {
		if i == 7 {
			wantCode(t, err, errs.DiskFull)
		} else if err != nil {
			t.Errorf("unit %d: %v", i, err)
		}
	}
	if n := len(ids(t, e)); n != 1+2*19 {
		t.Errorf("%d rows", n)
	}
	if _, err := w.conn.ExecContext(t.Context(), "PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	if err := e.commit(t.Context(), []stmt{put("room again", 1)}); err != nil {
		t.Error(err)
	}
}

func TestCorruptFile(t *testing.T) {
	cfg := configOf(sqltest.SQLite(t))
	e := openAt(t, cfg)
	for i := range 200 {
		if err := e.commit(t.Context(), []stmt{{sql: "INSERT INTO parcels (id, n, tag, body) VALUES ($1, 1, $1, $2)", args: []any{fmt.Sprint(i), make([]byte, 500)}, want: 1}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(strings.TrimPrefix(cfg.DSN, "sqlite:"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	size, err := f.Seek(0, 2)
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(4096); at < size; at += 4096 { // each page but the schema's loses its head
		if _, err := f.WriteAt([]byte(strings.Repeat("\xee", 64)), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if e, err = open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	_, err = collect(t.Context(), e, func(r *rows) (s string, err error) { return s, r.Scan(&s) }, "SELECT id FROM parcels")
	wantCode(t, err, errs.CorruptRow)
	wantCode(t, e.commit(t.Context(), []stmt{put("new", 1)}), errs.CorruptRow)
	if err := e.close(); err != nil {
		t.Error(err)
	}
}
