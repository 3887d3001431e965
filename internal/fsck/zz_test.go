package fsck_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/casefile"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/sequence"
	"tongban/internal/kernel/errs"
)

func TestZZ(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("LIVES"))
	if n == 0 {
		return
	}
	w := newWorld(t, func() sqltest.Database {
		if os.Getenv("DB") == "lite" {
			return sqltest.SQLite(t)
		}
		return sqltest.Postgres(t)
	})
	ctx, cancel := context.WithCancel(t.Context())
	var bg sync.WaitGroup
	for _, p := range []*place{w.here, w.there} {
		p.kit.Now = time.Now
		p.post.Parallel = 16
		wake := make(chan struct{}, 1)
		p.kit.Wake = func() {
			select {
			case wake <- struct{}{}:
			default:
			}
		}
		bg.Go(func() {
			for ctx.Err() == nil {
				k, err := p.post.Pump(ctx)
				if err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
				if k == 0 {
					select {
					case <-wake:
					case <-ctx.Done():
					case <-time.After(20 * time.Millisecond):
					}
				}
			}
		})
		bg.Go(func() {
			for ctx.Err() == nil {
				_, _ = sequence.Round(ctx, p.kit, p.store)
				time.Sleep(200 * time.Millisecond)
			}
		})
	}
	desk := &lodge.Desk{Kit: w.here.kit, Store: w.here.store}
	issuer := &certify.Issuer{Kit: w.there.kit, Store: w.there.store}
	counter := &certify.Issuer{Kit: w.here.kit, Store: w.here.store}
	bench := &decide.Bench{Kit: w.there.kit, Store: w.there.store}
	again := func(f func() error) {
		for range 2000 {
			err := f()
			if err == nil {
				return
			}
			if e := new(errs.Error); !errors.As(err, &e) || !(e.Code == errs.Missing || e.Code == errs.NotAllowedNow || e.Code == errs.Stale || e.Code == errs.NotHolder || e.Code == errs.InTransit) {
				t.Error(err)
				return
			}
			time.Sleep(300 * time.Millisecond)
		}
		t.Error("never")
	}
	start := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 256 {
		wg.Go(func() {
			for next.Add(1) <= int64(n) {
				c, err := desk.TakeIn(ctx, w.here.window, w.application())
				if err != nil {
					t.Error(err)
					return
				}
				again(func() error { _, err := w.here.post.HandOver(ctx, w.here.window, c.ID, 0); return err })
				again(func() error { _, err := bench.Accept(ctx, w.there.bench, decide.Ref{Case: c.ID}); return err })
				again(func() error {
					_, err := bench.Decide(ctx, w.there.bench, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Granted})
					return err
				})
				again(func() error { _, err := issuer.Issue(ctx, w.there.bench, c.ID, 0); return err })
				again(func() error {
					_, err := counter.Deliver(ctx, w.here.window, c.ID, 0, casefile.Delivery{Way: "counter", To: "applicant"})
					return err
				})
			}
		})
	}
	wg.Wait()
	d := time.Since(start)
	t.Logf("%d lives in %v: %.0f/s, commits %d", n, d, float64(n)/d.Seconds(), w.here.store.Commits()+w.there.store.Commits())
	cancel()
	bg.Wait()
}
