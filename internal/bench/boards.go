package bench

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/face/board"
	"tongban/internal/handling/count"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// What is measured where -preload says nothing, and how many readers ask at once.
const (
	boardCases   = 1_000_000
	boardReaders = 4
	boardSeed    = 2026
)

// boardPaths are the pages; {me} is the place.
var boardPaths = []string{"/open", "/open/regions/{me}", "/open/matters", "/open/matters/2020-030", "/open/stages", "/open/flows", "/open/rework"}

// boards measures the public figures over a made-up year: the pages of every province from its own aggregates in the database,
// and those of the hub from the signed statements of all.
func boards(ctx context.Context, o Options, r *Result, say func(string, ...any)) (err error) {
	calendar, err := workday.Default()
	if err != nil {
		return err
	}
	regions, err := region.Default()
	if err != nil {
		return err
	}
	r.Preloaded, r.DB = cmp.Or(o.Preload, boardCases), "sqlite"
	if strings.HasPrefix(o.DSN, "postgres") {
		r.DB = "postgres"
	}
	begun := time.Now()
	y := newYear(boardSeed, r.Preloaded, item.Default(), regions, calendar)
	sums := y.sums()
	say("%d made-up cases of a year over %d provinces, seed %d, reckoned in %.1f s", r.Preloaded, len(y.nodes), boardSeed, time.Since(begun).Seconds())
	now := func() time.Time { return y.end().Add(-time.Second) }
	hub := &count.Collector{Now: now, Book: figure.Default(), Shelf: noShelf{}}
	trust := &office.TrustList{Version: 1}
	hub.Trust = func() *office.TrustList { return trust }
	kits := map[office.NodeID]*unit.Kit{}
	for _, id := range y.nodes {
		key, err := gm.MemoryKeys().SignKey("sign")
		if err != nil {
			return err
		}
		trust.Nodes = append(trust.Nodes, office.Node{ID: id, Sign: key.Public()})
		kits[id] = &unit.Kit{Me: id, Signer: proof.NewSigner(key), Now: now}
	}
	cfg := board.Config{
		Source: hub, Book: figure.Default(), Catalogue: item.Default(), Regions: regions, Now: now, Frame: page.FrameOf,
		Nodes: func() []office.NodeID { return y.nodes },
	}
	sites := []*page.Site{boardSite(cfg)}
	begun = time.Now()
	cells := 0
	for _, id := range y.nodes {
		s, err := boardStore(ctx, o, id)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		list := sums[id].Cells()
		cells += len(list)
		if err := s.AddFigures(ctx, list); err != nil {
			return err
		}
		if err := stateAll(ctx, hub, kits[id], s); err != nil {
			return err
		}
		own := cfg
		own.Source, own.Me, own.Nodes = count.Own{Me: id, Now: now, Store: s}, id, func() []office.NodeID { return []office.NodeID{id} }
		sites = append(sites, boardSite(own))
	}
	runtime.GC()
	say("%d rows of aggregates stored and stated in %.1f s, one %s", cells, time.Since(begun).Seconds(), map[string]string{"postgres": "schema for each province", "sqlite": "file for each province"}[r.DB])
	return measureBoards(ctx, o, r, say, sites, y.nodes)
}

// noShelf keeps nothing: the measurement is over before a restart.
type noShelf struct{}

func (noShelf) Keep(office.NodeID, int, proof.Signed) error { return nil }
func (noShelf) All() ([]proof.Signed, error)                { return nil, nil }

func boardSite(cfg board.Config) *page.Site {
	s := page.NewSite(page.Config{Log: slog.New(slog.DiscardHandler)})
	board.New(cfg).Register(s)
	return s
}

func boardStore(ctx context.Context, o Options, id office.NodeID) (*sqlstore.Store, error) {
	cfg := sqlstore.Config{DSN: "sqlite:" + o.Dir + "/boards_" + string(id) + ".db", ReadConns: 2}
	if strings.HasPrefix(o.DSN, "postgres") {
		cfg.DSN, cfg.Schema = o.DSN, "bench_boards_"+string(id)
		if err := sqlstore.Drop(ctx, cfg.DSN, cfg.Schema); err != nil {
			return nil, err
		}
	}
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	vault, err := proof.NewVault(secret, secret)
	if err != nil {
		return nil, err
	}
	return sqlstore.Open(ctx, sqlstore.Options{Config: cfg, Vault: vault, Me: id})
}

// stateAll states all months of a node to the hub.
func stateAll(ctx context.Context, hub *count.Collector, kit *unit.Kit, s *sqlstore.Store) error {
	p := &count.Speaker{Kit: kit, Store: s, Book: figure.Default(), Ask: func(ctx context.Context, _ office.NodeID, body []byte) ([]byte, error) {
		return hub.Receive(ctx, kit.Me, body)
	}}
	_, err := p.Round(ctx)
	return err
}

// measureBoards asks for all pages in turn, with a few readers at once, over HTTP on kept-alive connections.
func measureBoards(ctx context.Context, o Options, r *Result, say func(string, ...any), sites []*page.Site, nodes []office.NodeID) (err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		for i, id := range nodes {
			if req.Host == string(id) {
				sites[i+1].ServeHTTP(w, req)
				return
			}
		}
		sites[0].ServeHTTP(w, req)
	})}
	go func() { _ = srv.Serve(l) }() // ends with Close
	defer func() { err = errors.Join(err, srv.Close()) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: boardReaders}}
	took, all := map[string]*times{}, &times{}
	for _, path := range boardPaths {
		took["hub "+path], took["province "+path] = &times{}, &times{}
	}
	end := time.Now().Add(o.For)
	var wg sync.WaitGroup
	failed := make([]error, boardReaders)
	for reader := range boardReaders {
		wg.Go(func() {
			for n := reader; time.Now().Before(end) && ctx.Err() == nil && failed[reader] == nil; n++ {
				path, host, kind := boardPaths[n/2%len(boardPaths)], "", "hub"
				me := nodes[n*7%len(nodes)]
				if n%2 == 1 {
					host, kind = string(me), "province"
				}
				d, err := fetch(ctx, client, l.Addr().String(), host, strings.Replace(path, "{me}", string(me), 1))
				failed[reader] = err
				took[kind+" "+path].add(d)
				all.add(d)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(took)) {
		at := took[k].at(0.5, 0.99)
		say("%-34s %5d  p50 %6.1f ms  p99 %6.1f ms", k, took[k].count(), ms(at[0]), ms(at[1]))
	}
	at := all.at(0.5, 0.95, 0.99)
	r.PerSecond = float64(all.count()) / o.For.Seconds()
	r.P50, r.P95, r.P99 = ms(at[0]), ms(at[1]), ms(at[2])
	say("%d pages in %.0f s with %d readers, nothing kept between requests: p50 %.1f, p95 %.1f, p99 %.1f ms", all.count(), o.For.Seconds(), boardReaders, r.P50, r.P95, r.P99)
	return nil
}

func fetch(ctx context.Context, c *http.Client, addr, host, path string) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		return 0, err
	}
	if host != "" {
		req.Host = host
	}
	begun := time.Now()
	resp, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	err = errors.Join(err, resp.Body.Close())
	if resp.StatusCode != http.StatusOK {
		err = errors.Join(err, fmt.Errorf("%s %s: %s", host, path, resp.Status))
	}
	return time.Since(begun), err
}
