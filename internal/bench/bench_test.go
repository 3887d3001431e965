package bench_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/bench"
)

// TestLifecycle runs the measurement shortly on both databases, with a preload, so that `make bench` works when it is
// wanted. It says nothing about speed.
func TestLifecycle(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		o := bench.Options{DSN: "sqlite", Dir: t.TempDir(), Preload: 400, For: 300 * time.Millisecond, Clients: 4}
		if db := open(); strings.HasPrefix(db.DSN, "postgres") {
			o.DSN = db.DSN
		}
		var out bytes.Buffer
		r, err := bench.Run(t.Context(), o, &out)
		if err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		if r.PerSecond <= 0 || r.P50 <= 0 || r.P99 < r.P50 || r.LimitPerSecond <= 0 || r.Fsync <= 0 || r.Preloaded != 400 {
			t.Errorf("%+v\n%s", r, &out)
		}
	})
}

func TestLicences(t *testing.T) {
	for _, what := range []string{"licence-issue", "licence-verify"} {
		var out bytes.Buffer
		r, err := bench.Run(t.Context(), bench.Options{What: what, Dir: t.TempDir(), For: 50 * time.Millisecond}, &out)
		if err != nil || r.PerSecond <= 0 || r.LimitPerSecond <= 0 {
			t.Errorf("%s: %+v %v", what, r, err)
		}
	}
	if _, err := bench.Run(t.Context(), bench.Options{What: "nothing", Dir: t.TempDir()}, &bytes.Buffer{}); err == nil {
		t.Error("nothing was measured")
	}
}

// TestExchangeBench runs the measurement of questions shortly on both databases: what was asked came, and every entry that an answer
// promised stands in the log.
func TestExchangeBench(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		o := bench.Options{What: "exchange", DSN: "sqlite", Dir: t.TempDir(), Preload: 6, For: 200 * time.Millisecond, Clients: 4, Rate: 20}
		if db := open(); strings.HasPrefix(db.DSN, "postgres") {
			o.DSN = db.DSN
		}
		var out bytes.Buffer
		r, err := bench.Run(t.Context(), o, &out)
		if err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		if r.PerSecond <= 0 || r.P50 <= 0 || r.P99 < r.P50 || r.LimitPerSecond <= 0 || r.Fsync <= 0 || r.Preloaded != 6 {
			t.Errorf("%+v\n%s", r, &out)
		}
	})
}

// TestQueueBench runs the measurement of the desk's lists shortly on both databases.
func TestQueueBench(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		o := bench.Options{What: "queue", DSN: "sqlite", Dir: t.TempDir(), Preload: 60, For: 200 * time.Millisecond}
		if db := open(); strings.HasPrefix(db.DSN, "postgres") {
			o.DSN = db.DSN
		}
		var out bytes.Buffer
		r, err := bench.Run(t.Context(), o, &out)
		if err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		if r.PerSecond <= 0 || r.P50 <= 0 || r.P99 < r.P50 || r.LimitPerSecond <= 0 || r.Preloaded != 60 {
			t.Errorf("%+v\n%s", r, &out)
		}
	})
}

// TestPagesBench runs the measurement of pages shortly on both databases: each kind of page is answered, and what stands in the
// result was measured.
func TestPagesBench(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		o := bench.Options{What: "pages", DSN: "sqlite", Dir: t.TempDir(), Preload: 20, For: 200 * time.Millisecond, Clients: 4, Rate: 40}
		if db := open(); strings.HasPrefix(db.DSN, "postgres") {
			o.DSN = db.DSN
		}
		var out bytes.Buffer
		r, err := bench.Run(t.Context(), o, &out)
		if err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		if r.PerSecond <= 0 || r.P50 <= 0 || r.P99 < r.P50 || r.LimitPerSecond <= 0 || r.Fsync <= 0 || r.Preloaded != 20 {
			t.Errorf("%+v\n%s", r, &out)
		}
	})
}
