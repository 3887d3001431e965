package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"time"

	"tongban/internal/adapter/oidc"
	"tongban/internal/adapter/sqlstore/sqlload"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/node"
)

const (
	// openHeld is how many open cases the office holds where -preload says nothing.
	openHeld = 10_000
	// inHand is how many cases each officer has claimed.
	inHand = 40
)

// colleagues are the officers in front of the desk.
var colleagues = []string{"first", "second", "third", "fourth"}

// desks are the desk's pages that are measured.
var desks = []struct{ name, path string }{
	{"to do", "/desk"},
	{"mine", "/desk?view=mine"},
	{"not taken", "/desk?view=free"},
	{"overdue", "/desk?view=over"},
	{"my office", "/desk?view=office"},
	{"taken in", "/desk?queue=intake"},
	{"one matter", "/desk?view=office&item=2020-030&place=630100"},
}

// queue measures the lists of an office with many open cases, over HTTP, with four officers who ask one page after the other.
func queue(ctx context.Context, o Options, r *Result, say func(string, ...any)) (err error) {
	r.DB = "sqlite"
	if strings.HasPrefix(o.DSN, "postgres") {
		r.DB = "postgres"
	}
	took, err := fsyncTime(o.Dir)
	if err != nil {
		return err
	}
	r.Fsync = ms(took)
	p, err := newPair(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := sqlload.WithBackend(ctx, p.here.dsn, func(pid int) { p.database = serverOf(pid) }); err != nil {
		return err
	}
	r.Preloaded = cmp.Or(o.Preload, openHeld)
	begun := time.Now()
	if err := p.fillDesk(ctx, r.Preloaded); err != nil {
		return err
	}
	say("one office with %d open cases, %d of them claimed by %d officers; filled in %.0f s", r.Preloaded, min(r.Preloaded, inHand*len(colleagues)), len(colleagues), time.Since(begun).Seconds())
	d, err := p.deskOf()
	if err != nil {
		return err
	}
	defer d.server.Close()
	l := casefile.Listing{View: casefile.ViewOffice, Office: p.here.window.Office, Limit: 50}
	if r.LimitPerSecond, err = onAllCores(min(o.For, 2*time.Second), func() error {
		list, _, err := p.here.Store.List(ctx, l)
		if err == nil && len(list) == 0 {
			err = errors.New("an empty list")
		}
		return err
	}); err != nil {
		return err
	}
	say("the list alone, read and decrypted on all cores: %.0f/s", r.LimitPerSecond)
	profile, before := profiler{file: o.Profile}, p.usage()
	profile.begin()
	all, each, n, err := d.read(ctx, o.For)
	profile.end()
	if err = errors.Join(err, profile.err); err != nil {
		return err
	}
	after, pages := p.usage(), time.Duration(max(1, n))
	q := all.at(0.5, 0.95, 0.99)
	r.P50, r.P95, r.P99, r.PerSecond = ms(q[0]), ms(q[1]), ms(q[2]), float64(n)/o.For.Seconds()
	say("%d officers, one page after the other, %.0f s, HTTP/1.1 on this machine: %.0f pages/s; for each %.2f ms CPU here (readers included) and %.2f ms CPU of PostgreSQL",
		len(colleagues), o.For.Seconds(), r.PerSecond, ms((after.here-before.here)/pages), ms((after.postgres-before.postgres)/pages))
	for i, one := range desks {
		q := each[i].at(0.5, 0.95, 0.99, 1)
		say("  %-12s p50 %6.1f  p95 %6.1f  p99 %6.1f  max %6.1f ms", one.name, ms(q[0]), ms(q[1]), ms(q[2]), ms(q[3]))
	}
	return nil
}

// fillDesk takes in cases at the receiving office, and lets each officer claim some.
func (p *pair) fillDesk(ctx context.Context, total int) error {
	var mu sync.Mutex // guards ids
	var ids []string
	var failed failure
	var wg sync.WaitGroup
	work := make(chan struct{})
	for range 16 * runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for range work {
				a, err := p.sample.application()
				if err != nil {
					failed.set(err)
					continue
				}
				c, err := p.here.Lodge.TakeIn(ctx, p.here.window, a)
				if err != nil {
					failed.set(err)
					continue
				}
				mu.Lock()
				ids = append(ids, c.ID)
				mu.Unlock()
			}
		})
	}
	for range total {
		if failed.is() {
			break
		}
		work <- struct{}{}
	}
	close(work)
	wg.Wait()
	if failed.is() {
		return failed.err()
	}
	for i, id := range ids[:min(len(ids), inHand*len(colleagues))] {
		by := p.here.window
		by.ID = colleagues[i%len(colleagues)]
		if _, err := p.here.Allot.Claim(ctx, by, id); err != nil {
			return err
		}
	}
	return p.settled(ctx)
}

// deskFront is a province's pages, and the sessions of its officers.
type deskFront struct {
	server  *httptest.Server
	cookies []string
}

func (p *pair) deskOf() (*deskFront, error) {
	var officers []office.Officer
	for _, id := range colleagues {
		officers = append(officers, office.Officer{ID: id, Name: id, Office: p.here.window.Office, Roles: p.here.window.Roles})
	}
	web, err := p.here.Handler(node.WebConfig{
		PublicURL: "http://localhost", Issuer: "http://id.localhost", ClientID: label(p.here.Node), Officers: officers,
		Log: slog.New(slog.NewJSONHandler(nowhere{}, nil)),
	})
	if err != nil {
		return nil, err
	}
	d := &deskFront{server: httptest.NewServer(web)}
	sessions := oidc.NewSessions(label(p.here.Node), false, p.here.Vault, nil)
	for _, id := range colleagues {
		w := httptest.NewRecorder()
		if err := sessions.Write(w, oidc.Identity{Subject: id, Name: id, Level: 4, Officer: true}); err != nil {
			d.server.Close()
			return nil, err
		}
		var cookies []string
		for _, c := range w.Result().Cookies() {
			cookies = append(cookies, c.Name+"="+c.Value)
		}
		d.cookies = append(d.cookies, strings.Join(cookies, "; "))
	}
	return d, nil
}

// read lets every officer ask for pages until the time is over.
func (d *deskFront) read(ctx context.Context, during time.Duration) (all *times, each []*times, n int, err error) {
	all = &times{}
	for range desks {
		each = append(each, &times{})
	}
	var failed failure
	var wg sync.WaitGroup
	address := strings.TrimPrefix(d.server.URL, "http://")
	var roads pool
	defer roads.close()
	begun := time.Now()
	for _, cookie := range d.cookies {
		wg.Go(func() {
			c, err := roads.take(ctx, address)
			for err == nil && time.Since(begun) < during && !failed.is() {
				kind, asked := rand.IntN(len(desks)), time.Now() //nolint:gosec // no secret
				var status, size int
				if status, size, err = c.get(address, desks[kind].path, cookie, ""); err == nil && (status != http.StatusOK || size < 1000) {
					err = fmt.Errorf("%s answered %d with %d bytes", desks[kind].path, status, size)
				}
				all.add(time.Since(asked))
				each[kind].add(time.Since(asked))
			}
			if c != nil {
				roads.give(c)
			}
			if err != nil {
				failed.set(err)
			}
		})
	}
	wg.Wait()
	return all, each, all.count(), failed.err()
}
