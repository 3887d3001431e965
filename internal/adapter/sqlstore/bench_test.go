package sqlstore

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"tongban/internal/adapter/sqlstore/sqltest"
)

// BenchmarkUnits commits units of two inserts and two updates from 64 goroutines, durably.
func BenchmarkUnits(b *testing.B) {
	for _, db := range []struct {
		name string
		at   func(testing.TB) sqltest.Database
	}{{"sqlite", sqltest.SQLite}, {"postgres", sqltest.Postgres}} {
		for _, group := range []int{1, 32} {
			b.Run(fmt.Sprintf("%s/group=%d", db.name, group), func(b *testing.B) {
				cfg := configOf(db.at(b))
				cfg.Group = group
				e := openAt(b, cfg)
				var next atomic.Int64
				before := e.commits.Load()
				b.ResetTimer()
				var wg sync.WaitGroup
				for range 64 {
					wg.Go(func() {
						for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
							x, y := fmt.Sprint("x", i), fmt.Sprint("y", i)
							done := stmt{sql: "UPDATE parcels SET done = TRUE WHERE id = $1", want: 1}
							dx, dy := done, done
							dx.args, dy.args = []any{x}, []any{y}
							if err := e.commit(b.Context(), []stmt{put(x, 1), put(y, 1), dx, dy}); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				b.StopTimer()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "units/s")
				b.ReportMetric(float64(e.commits.Load()-before)/b.Elapsed().Seconds(), "commits/s")
			})
		}
	}
}
