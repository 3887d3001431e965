package fsck_test

import (
	"context"
	"testing"
	"time"

	"tongban/catalogue"
	"tongban/internal/adapter/memchan"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/fsck"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/count"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/sequence"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// place is a node with all that a case needs on its way.
type place struct {
	id     office.NodeID
	db     sqltest.Database
	store  *sqlstore.Store
	kit    *unit.Kit
	post   *handover.Post
	keys   *gm.Keys
	trust  *office.TrustList
	window casefile.Actor
	bench  casefile.Actor
}

// world is 黑龙江 (23) and 青海 (63) with a clock that moves a minute with each act.
type world struct {
	t           *testing.T
	now         time.Time
	here, there *place
}

type noFiles struct{ handover.Files }

func (noFiles) Have(proof.Hash) (int64, bool) { return 0, true }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newWorld(t *testing.T, open func() sqltest.Database) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)}
	trust := &office.TrustList{Version: 1, Issued: w.now}
	w.here = &place{id: "23", db: open(), keys: gm.MemoryKeys(), trust: trust}
	w.there = &place{id: "63", db: open(), keys: gm.MemoryKeys(), trust: trust}
	both := []*place{w.here, w.there}
	for _, p := range both {
		trust.Nodes = append(trust.Nodes, office.Node{
			ID: p.id, Protocol: 2, Sign: must(p.keys.SignKey("sign")).Public(), Encrypt: must(p.keys.DecryptKey("encrypt")).Public(),
		})
	}
	net := memchan.New()
	for _, p := range both {
		p.start(w, net)
	}
	w.here.window = w.actor(w.here, "230183", office.Window)
	w.there.bench = w.actor(w.there, "630100", office.Reviewer, office.Decider)
	return w
}

func (p *place) start(w *world, net *memchan.Network) {
	vault := must(proof.NewVault(must(p.keys.Secret("rest")), must(p.keys.Secret("index"))))
	p.store = must(sqlstore.Open(w.t.Context(), sqlstore.Options{
		Config: sqlstore.Config{DSN: p.db.DSN, Schema: p.db.Schema}, Vault: vault, Me: p.id, SerialBlock: 100,
	}))
	w.t.Cleanup(func() { _ = p.store.Close() }) // the test is over
	p.kit = &unit.Kit{
		Me: p.id, Signer: proof.NewSigner(must(p.keys.SignKey("sign"))), Trust: func() *office.TrustList { return p.trust },
		Catalogue: item.Default(), Calendar: must(workday.Default()), Regions: must(region.Default()), Offices: must(office.Load(catalogue.FS)),
		Now: func() time.Time { w.now = w.now.Add(time.Minute); return w.now },
	}
	p.post = &handover.Post{Kit: p.kit, Store: p.store, Files: noFiles{}, Key: must(p.keys.DecryptKey("encrypt")), Parallel: 1}
	p.post.Channel = net.Join(p.id, p.post.Receive)
}

func (w *world) actor(p *place, where string, roles ...office.Role) casefile.Actor {
	o := must(p.kit.OfficeAt(region.Must(where)))
	return casefile.Actor{ID: "officer-" + where, Office: o.Code, Node: p.id, Roles: roles}
}

func (w *world) application() lodge.Application {
	a := lodge.Application{
		ID: unit.NewID(), Item: "2020-030", There: region.Must("630100"), Consent: "2026-1",
		Applicant: must(party.NewPerson("樊晓梅", party.ResidentID, "230183199001010025", "13800000001")),
		Answers: map[string]string{
			"trade_name": "雪莲", "capital": "100000", "premises_no": "五四大街 1 号 101 室", "scope": "日用百货销售",
		},
	}
	for _, key := range []string{"application", "charter", "appointment", "identity", "premises", "consent"} {
		a.Materials = append(a.Materials, casefile.Material{Key: key, Name: key, Source: "generated"})
	}
	return a
}

func (w *world) settle(ctx context.Context) {
	w.t.Helper()
	for range 20 {
		n := must(w.here.post.Pump(ctx)) + must(w.there.post.Pump(ctx))
		n += must(sequence.Round(ctx, w.here.kit, w.here.store)) + must(sequence.Round(ctx, w.there.kit, w.there.store))
		if n == 0 {
			return
		}
	}
	w.t.Fatal("the nodes do not come to rest")
}

// count keeps the figures of both nodes until nothing is left to count.
func (w *world) count() {
	w.t.Helper()
	for _, p := range []*place{w.here, w.there} {
		c := &count.Counter{Kit: p.kit, Store: p.store, Book: figure.Default()}
		for must(c.Round(w.t.Context())) > 0 {
		}
	}
}

// life takes a case through its stages and stops after one: lodged, offered, held, accepted, decided, sent, delivered.
func (w *world) life(until string) string {
	w.t.Helper()
	ctx := w.t.Context()
	issuer := &certify.Issuer{Kit: w.there.kit, Store: w.there.store, Types: must(licence.LoadTypes(catalogue.FS))}
	counter := &certify.Issuer{Kit: w.here.kit, Store: w.here.store}
	bench := &decide.Bench{Kit: w.there.kit, Store: w.there.store}
	c := must((&lodge.Desk{Kit: w.here.kit, Store: w.here.store}).TakeIn(ctx, w.here.window, w.application()))
	for _, stage := range []struct {
		name string
		run  func(ctx context.Context)
	}{
		{"lodged", func(context.Context) {}},
		{"offered", func(ctx context.Context) { must(w.here.post.HandOver(ctx, w.here.window, c.ID, 0)) }},
		{"held", func(ctx context.Context) { w.settle(ctx) }},
		{"accepted", func(ctx context.Context) {
			must(bench.Accept(ctx, w.there.bench, decide.Ref{Case: c.ID}))
			w.settle(ctx)
		}},
		{"decided", func(ctx context.Context) {
			must(bench.Decide(ctx, w.there.bench, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Granted}))
		}},
		{"sent", func(ctx context.Context) { must(issuer.Issue(ctx, w.there.bench, c.ID, 0)); w.settle(ctx) }},
		{"delivered", func(ctx context.Context) {
			must(counter.Deliver(ctx, w.here.window, c.ID, 0, casefile.Delivery{Way: "counter", To: "applicant"}))
			w.settle(ctx)
		}},
	} {
		stage.run(ctx)
		if stage.name == until {
			return c.ID
		}
	}
	w.t.Fatalf("no stage %q", until)
	return ""
}

func (w *world) nodes() []fsck.Node {
	return []fsck.Node{{ID: w.here.id, Reader: w.here.store, Trust: w.here.trust}, {ID: w.there.id, Reader: w.there.store, Trust: w.there.trust}}
}
