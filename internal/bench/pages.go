package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/adapter/sqlstore/sqlload"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
	"tongban/internal/nation"
)

// The kinds of pages, in the order in which they are told.
const (
	searchPage = iota
	guidePage
	minePage
	casePage
	pageKinds
)

var pageNames = [pageKinds]string{"search", "guide", "my cases", "case page"}

// shares is the mix of real use, in a hundred. No public count is known, so it is reckoned: who has a matter searches once or
// twice and opens two guides or three (the wrong one first, then again with both places); one in three begins it, and looks
// at the list and at the case several times in the weeks that it runs. Nearly half are pages about a person.
var shares = [pageKinds]int{20, 35, 20, 25}

const (
	// casesHeld is how many cases the receiving province holds where -preload says nothing.
	casesHeld = 10_000
	// skew is the exponent of the distribution by which matters and places are asked for: a few often, most seldom (Zipf).
	skew = 1.1
	// aloneFor is how long each kind of page is measured by itself.
	aloneFor = time.Second
)

// pages measures what people see: the hub and two provinces as `tongban demo` wires them, over HTTP on kept-alive
// connections, with cases of many people in the database and a session cookie for each of them.
func pages(ctx context.Context, o Options, r *Result, say func(string, ...any)) (err error) {
	r.DB = "sqlite"
	if strings.HasPrefix(o.DSN, "postgres") {
		r.DB = "postgres"
	}
	sync, err := fsyncTime(o.Dir)
	if err != nil {
		return err
	}
	r.Fsync = ms(sync)
	say("fsync of 8 KiB: %.2f ms (median of 100, in the folder of the measurement)", r.Fsync)
	s, err := openStreet(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	r.Preloaded = cmp.Or(o.Preload, casesHeld)
	if err := s.fill(ctx, r.Preloaded, say); err != nil {
		return err
	}
	if err := rested(ctx, say); err != nil {
		return err
	}
	if err := s.conditions(ctx, say); err != nil {
		return err
	}
	if r.LimitPerSecond, err = s.alone(ctx, say); err != nil {
		return err
	}
	if _, err := s.saturate(ctx, o.Clients, warmUp, func() {}, func() {}); err != nil {
		return err
	}
	var before, after usage
	profile := profiler{file: o.Profile}
	full, err := s.saturate(ctx, o.Clients, o.For, func() { before = s.usage(); profile.begin() }, func() { after = s.usage(); profile.end() })
	if err = errors.Join(err, profile.err); err != nil {
		return err
	}
	r.PerSecond = full.perSecond()
	each := time.Duration(max(1, full.all.count()))
	say("\nsaturated, %d connections, %.0f s:", o.Clients, o.For.Seconds())
	say("  %.0f pages/s; for each %.3f ms CPU here (readers included) and %.3f ms CPU of PostgreSQL", r.PerSecond,
		ms((after.here-before.here)/each*1000)/1000, ms((after.postgres-before.postgres)/each*1000)/1000)
	full.tell(say)
	say("  %d%% of the guides were asked for the first time", s.firsts.percent())

	rate := o.Rate
	if rate <= 0 {
		rate = max(1, r.PerSecond/2) // a short run on a busy machine may have ended none
	}
	open, err := s.arrive(ctx, rate, o.For)
	if err != nil {
		return err
	}
	say("\nasked for at %.0f/s whatever happens (open loop), %d s, counted from when each was to be asked for:", rate, int(o.For.Seconds()))
	open.tell(say)
	q := open.all.at(0.5, 0.95, 0.99)
	r.P50, r.P95, r.P99 = ms(q[0]), ms(q[1]), ms(q[2])
	return nil
}

// street is the nation under measurement with the people in front of it.
type street struct {
	opts     Options
	dsn      string // of the receiving province
	nation   *nation.Nation
	database int // process of the PostgreSQL server, 0 if there is none on this machine

	address         string // where everything listens
	hub, here       string // Host headers
	people          []person
	words           []string
	guides          []string      // paths by item
	places          []region.Code // counties
	byItem, byPlace []float64     // cumulated weights
	firsts          firsts
	roads           pool
	mixed           [100]int
}

// person is somebody with cases and a session.
type person struct {
	cookie string
	cases  []string // their numbers
}

func openStreet(ctx context.Context, o Options) (*street, error) {
	s := &street{opts: o, dsn: "sqlite:" + filepath.Join(o.Dir, "nation", string(receiving), "node.db")}
	cfg := nation.Config{
		Dir: filepath.Join(o.Dir, "nation"), Only: []office.NodeID{receiving, deciding}, Schema: "bench_",
		Store: sqlstore.Config{WriteConns: o.Writers}, Log: slog.New(slog.NewJSONHandler(nowhere{}, nil)),
	}
	if strings.HasPrefix(o.DSN, "postgres") {
		s.dsn, cfg.DB = o.DSN, o.DSN
		for _, id := range cfg.Only {
			if err := sqlload.Drop(ctx, o.DSN, "bench_"+string(id)); err != nil {
				return nil, err
			}
		}
	}
	var err error
	if s.nation, err = nation.Open(ctx, cfg); err != nil {
		return nil, err
	}
	hub, err := url.Parse(s.nation.URL)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	here, err := url.Parse(s.nation.Site(receiving))
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.hub, s.here, s.address = hub.Host, here.Host, "127.0.0.1:"+hub.Port()
	s.ask()
	return s, errors.Join(sqlload.WithBackend(ctx, s.dsn, func(pid int) { s.database = serverOf(pid) }))
}

// nowhere is a log that is formatted, as everywhere, and kept by nobody.
type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

func (s *street) close() error {
	s.roads.close()
	return errors.Join(s.nation.Stop(), s.nation.Erase(context.Background()))
}

func (s *street) usage() usage { return usage{0, cpuTime(), postgresTime(s.database)} }

// ask prepares what is asked for: words that people type, guides, places.
func (s *street) ask() {
	one := s.nation.Nodes[receiving].Kit
	for _, it := range one.Catalogue.All() {
		s.words = append(s.words, it.Name)
		s.words = append(s.words, it.Aliases...)
		s.guides = append(s.guides, "/guide/"+url.PathEscape(it.Code))
	}
	for _, p := range one.Regions.Provinces() {
		for _, city := range one.Regions.Children(p.Code) {
			for _, county := range one.Regions.Children(city.Code) {
				s.places = append(s.places, county.Code)
			}
		}
	}
	fixed := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same order each time
	fixed.Shuffle(len(s.guides), func(i, j int) { s.guides[i], s.guides[j] = s.guides[j], s.guides[i] })
	fixed.Shuffle(len(s.places), func(i, j int) { s.places[i], s.places[j] = s.places[j], s.places[i] })
	s.byItem, s.byPlace = zipf(len(s.guides)), zipf(len(s.places))
	n := 0
	for kind, share := range shares {
		for range share {
			s.mixed[n] = kind
			n++
		}
	}
}

// one chooses the next page of a kind: half of the searches and guides at the hub, half at the province, and there every
// second by somebody who signed in.
func (s *street) one(kind int) (host, path, cookie string) {
	who := s.people[rand.IntN(len(s.people))] //nolint:gosec // no secret
	switch kind {
	case minePage:
		return s.here, "/cases", who.cookie
	case casePage:
		return s.here, "/cases/" + who.cases[rand.IntN(len(who.cases))], who.cookie //nolint:gosec // no secret
	}
	host = s.hub
	switch rand.IntN(4) { //nolint:gosec // no secret
	case 0:
		host = s.here
	case 1:
		host, cookie = s.here, who.cookie
	}
	if kind == searchPage {
		return host, "/search?q=" + url.QueryEscape(typed(s.words[rand.IntN(len(s.words))])), cookie //nolint:gosec // no secret
	}
	a, b := s.places[pick(s.byPlace)], s.places[pick(s.byPlace)]
	path = fmt.Sprintf("%s?here=%s&there=%s", s.guides[pick(s.byItem)], a.Display(), b.Display())
	s.firsts.note(host + path)
	return host, path, cookie
}

// typed is what somebody types of a name: up to eight characters from somewhere in it.
func typed(name string) string {
	r := []rune(name)
	n := min(len(r), 2+rand.IntN(7))  //nolint:gosec // no secret
	from := rand.IntN(len(r) - n + 1) //nolint:gosec // no secret
	return string(r[from : from+n])
}

// zipf are the cumulated weights of n things by rank.
func zipf(n int) []float64 {
	out, sum := make([]float64, n), 0.0
	for i := range out {
		sum += math.Pow(float64(i+1), -skew)
		out[i] = sum
	}
	return out
}

// pick draws an index.
func pick(cumulated []float64) int {
	x := rand.Float64() * cumulated[len(cumulated)-1] //nolint:gosec // no secret
	i, _ := slices.BinarySearch(cumulated, x)
	return min(i, len(cumulated)-1)
}

// firsts counts addresses that were not asked for before.
type firsts struct {
	mu   sync.Mutex // guards seen
	seen map[string]bool
	all  atomic.Int64
}

func (f *firsts) note(address string) {
	f.all.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	f.seen[address] = true
}

func (f *firsts) percent() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return int(int64(len(f.seen)) * 100 / max(1, f.all.Load()))
}
