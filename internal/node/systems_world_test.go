package node_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"tongban/internal/adapter/workgate"
	"tongban/internal/demo/market"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/node"
)

// platform is 西宁's office with the simulated platform as its own system, and 尚志's window before it.
type platform struct {
	t           *testing.T
	here, there *node.Node
	market      *market.Platform
	door        string // of 青海's node
	secret      []byte
	clerk       casefile.Actor
	officer     casefile.Actor
	lead        casefile.Actor
	ahead       atomic.Int64 // nanoseconds that business time runs ahead
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{t: t, secret: bytes.Repeat([]byte("k"), 32)}
	var door, own http.Handler
	doors := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { door.ServeHTTP(w, r) }))
	t.Cleanup(doors.Close)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { own.ServeHTTP(w, r) }))
	t.Cleanup(site.Close)
	now := func() time.Time { return time.Now().Add(time.Duration(p.ahead.Load())) }
	p.here, p.there = pairWith(t, func(cfg *node.Config) {
		cfg.Now = now
		if cfg.ID == market.Node {
			cfg.Systems = []workgate.Config{{
				Key: market.Key, URL: site.URL, Secret: p.secret, Now: time.Now, Client: &http.Client{Timeout: 300 * time.Millisecond},
			}}
		}
	})
	p.market = market.New(market.Config{Secret: p.secret, Home: doors.URL, Now: now, Client: doors.Client(), Slow: time.Second})
	door, own, p.door = p.there.SystemsDoor(), p.market, doors.URL
	p.clerk = actor(t, p.here, "230183", office.Window)
	p.officer = actor(t, p.there, "630100", office.Reviewer, office.Decider)
	p.lead = actor(t, p.there, "630100", office.Lead)
	p.lead.ID, p.lead.Name = "lead", "科长"
	return p
}

// lodged brings a case to 西宁.
func (p *platform) lodged() casefile.Case {
	p.t.Helper()
	c, err := p.here.Lodge.TakeIn(p.t.Context(), p.clerk, application(p.t, p.here))
	if err == nil {
		_, err = p.here.Post.HandOver(p.t.Context(), p.clerk, c.ID, 0)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.settle()
	return p.at(c.ID)
}

func (p *platform) settle() { p.t.Helper(); settle(p.t, p.here, p.there) }

// later lets business time pass and everything that is due happen.
func (p *platform) later(d time.Duration) {
	p.t.Helper()
	p.ahead.Add(int64(d))
	p.settle()
}

func (p *platform) at(id string) casefile.Case {
	p.t.Helper()
	c, err := p.there.Store.Case(p.t.Context(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *platform) state(id string) casefile.State {
	p.t.Helper()
	l, _ := p.at(id).LegOf(item.Decide)
	return l.State
}

// work is the open work of a case.
func (p *platform) work(id string) depart.Work {
	p.t.Helper()
	w, ok, err := p.there.Works.OfCase(p.t.Context(), id)
	if err != nil || !ok {
		p.t.Fatalf("no open work: %v", err)
	}
	return w
}

func (p *platform) idle(id string) {
	p.t.Helper()
	if w, ok, err := p.there.Works.OfCase(p.t.Context(), id); err != nil || ok {
		p.t.Fatalf("still worked there: %+v %v", w, err)
	}
}

// does lets the platform's staff do something, and wants the node to say so.
func (p *platform) does(c casefile.Case, what, said string) {
	p.t.Helper()
	got, err := p.market.Do(p.t.Context(), string(c.No), what)
	if err != nil || got != said {
		p.t.Fatalf("%s: the node said %q (%v), want %q", what, got, err, said)
	}
	p.settle()
}

func (p *platform) acts(id string) (out []casefile.Act) {
	p.t.Helper()
	facts, err := p.there.Store.Facts(p.t.Context(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range facts {
		out = append(out, f.Fact.Act)
	}
	return out
}

func count(list []casefile.Act, act casefile.Act) (n int) {
	for _, a := range list {
		if a == act {
			n++
		}
	}
	return n
}
