package node

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"tongban/internal/adapter/oidc"
	"tongban/internal/adapter/pdf"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	applyface "tongban/internal/face/apply"
	"tongban/internal/face/board"
	"tongban/internal/face/desk"
	"tongban/internal/face/entrance"
	inquiryface "tongban/internal/face/inquiry"
	"tongban/internal/face/org"
	"tongban/internal/face/originals"
	"tongban/internal/face/pay"
	presentface "tongban/internal/face/present"
	"tongban/internal/face/register"
	sharingface "tongban/internal/face/sharing"
	"tongban/internal/face/steward"
	"tongban/internal/face/systems"
	visitface "tongban/internal/face/visit"
	"tongban/internal/face/wallet"
	"tongban/internal/handling/apply"
	"tongban/internal/handling/count"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// WebConfig is what a node's pages need.
type WebConfig struct {
	PublicURL string // own address, without a slash at the end
	HubURL    string
	Issuer    string // the identity provider
	ClientID  string // this node at the provider
	// HTTPClient reaches the identity provider; nil is the default one.
	HTTPClient *http.Client
	// Reach looks whether other provinces' entrances answer, so that pages can say it; nil asks nobody.
	Reach *http.Client
	// Officers is the node's own register, by the subject under which each signs in here. Roles never travel.
	Officers []office.Officer
	// Evidence answers what applicants would otherwise be asked; nil: only the sign-in itself is known.
	Evidence  apply.Evidence
	Entrances map[office.NodeID]string
	Owner     string
	Bank      string // origin of the payment gateway's pages, to which a form may lead; "" if there is none
	Demo      bool
	DemoSteps []entrance.DemoStep
	Log       *slog.Logger
}

// Handler is everything that the node serves to people: the entrance at /, the desk at /desk, sign-in between.
func (n *Node) Handler(cfg WebConfig) (*Web, error) {
	g, err := n.gate(cfg)
	if err != nil {
		return nil, err
	}
	reach := entrance.NewReach(cfg.Reach)
	public := entrance.New(entrance.Config{
		Public: entrance.Public{
			Catalogue: n.Kit.Catalogue, Regions: n.Kit.Regions, Offices: n.Kit.Offices, Trust: n.Trust.List,
			Now: n.Kit.Now, Entrances: cfg.Entrances, PublicURL: cfg.PublicURL, HubURL: cfg.HubURL, Owner: cfg.Owner,
			Demo: cfg.Demo, DemoSteps: cfg.DemoSteps, Log: cfg.Log, FormAction: forms(cfg.Issuer, cfg.Bank), OnMiss: n.OnMiss, Apply: true, Figures: true, Reach: reach,
		},
		Store: n.Store, Kit: n.Kit, Lodge: n.Lodge, Room: n.Room, Words: n.Words, Gate: g, NextTry: n.Store.NextTry,
		Status: n.Status.Standing, Elsewhere: n.elsewhere(g.party), Usages: n.usages(g.party), Drafts: n.Apply, Fees: n.Till, Units: n.Units,
	})
	applying := *n.Apply
	applying.Evidence = evidence{n: n, licences: n.recogniser(g.party), register: cfg.Evidence}
	applyface.New(applyface.Config{
		Desk: &applying, Kit: n.Kit, Gate: g, Consent: g, Files: n.Files, Frame: public.Frame, PublicURL: cfg.PublicURL, Demo: cfg.Demo,
		Away: func(node office.NodeID) (time.Time, bool) { return reach.Down(node, cfg.Entrances[node]) },
	}).Register(public)
	pay.New(pay.Config{
		Till: n.Till, Kit: n.Kit, Gate: g, Own: n.Apply.Own, Looked: n.Apply.Looked, Papers: n.Store.Papers, Frame: public.Frame,
		Entrances: cfg.Entrances,
	}).Register(public)
	visitface.New(visitface.Config{
		Book: n.Visits, Kit: n.Kit, Gate: g, Frame: public.Frame, PublicURL: cfg.PublicURL, Demo: cfg.Demo,
	}).Register(public)
	org.New(org.Config{
		Office: n.Units, Kit: n.Kit, Gate: g, Consent: g, Papers: n.Store, Frame: public.Frame, PublicURL: cfg.PublicURL, Demo: cfg.Demo,
	}).Register(public)
	asking, held := n.presenting(), n.wallet()
	held.Counter = newCounter(cfg.HTTPClient, n.ID, asking)
	wallet.New(wallet.Config{
		Wallet: held, Gate: g, Elsewhere: n.licencesElsewhere(g.party), PDF: pdf.Licence, Frame: public.Frame, Entrances: cfg.Entrances,
		PublicURL: cfg.PublicURL, Demo: cfg.Demo, Book: n.Shares.Look,
	}).Register(public)
	board.New(board.Config{
		Source: count.Own{Me: n.ID, Now: n.Kit.Now, Store: n.Store}, Book: figure.Default(), Catalogue: n.Kit.Catalogue, Regions: n.Kit.Regions, Now: n.Kit.Now, Me: n.ID, HubURL: cfg.HubURL,
		Nodes: func() []office.NodeID { return []office.NodeID{n.ID} }, Frame: public.Frame, Bulletins: n.Store, Objections: n.Contests.Objections, PDF: pdf.Document, PublicURL: cfg.PublicURL,
	}).Register(public)
	public.Get("/login", func(w http.ResponseWriter, r *http.Request) error {
		return g.SignIn(w, r, r.URL.Query().Get("back"))
	})
	public.Get("/callback", g.finish)
	public.Post("/logout", g.SignOut)
	n.rateFace(public, g)
	status := &statusDesk{n: n, kept: map[int64]keptList{}}
	public.Handle("GET /status/{list}", http.HandlerFunc(status.list))
	door := askingDoor{asking}
	public.Handle("GET /present/{id}/request", http.HandlerFunc(door.request))
	public.Handle("POST /present/{id}/answer", http.HandlerFunc(door.answer))
	public.Handle("GET /.well-known/jwt-vc-issuer", http.HandlerFunc(status.keys))

	officers := make(map[string]office.Officer, len(cfg.Officers))
	for _, o := range cfg.Officers {
		officers[o.ID] = o
	}
	who := func(subject string) (casefile.Actor, string, bool) { return n.officer(officers, subject) }
	face := desk.New(desk.Config{
		Gate: g, Lodge: n.Lodge, Bench: n.Bench, Issuer: n.Issuer, Post: n.Post, Room: n.Room, Words: n.Words, Kit: n.Kit, Store: n.Store, Allot: n.Allot,
		Files: n.Files, Box: n.Vault, Demo: cfg.Demo, PublicURL: cfg.PublicURL, Till: n.Till, Visits: n.Visits, RatingCode: n.Rates.Code, Works: n.Works,
		Today: func() string { return workday.DateOf(n.Kit.Now()).String() },
		Known: applying.Known, Standing: n.standingAt, Book: n.Shares.Look,
		Officers: who,
		Colleagues: func(at string) []office.Officer {
			return slices.DeleteFunc(slices.Clone(cfg.Officers), func(o office.Officer) bool { return o.Office != at })
		},
	})
	site := page.NewSite(page.Config{Log: cfg.Log, Frame: face.Frame, FormAction: []string{cfg.Issuer}})
	face.Register(site)
	steward.New(steward.Config{
		Gate: g, Press: n.Rules, Frame: face.Frame, Officers: func(subject string) (office.Officer, string, bool) {
			o, ok := officers[subject]
			at, known := n.Kit.Office(o.Office)
			return o, at.Name, ok && known
		},
	}).Register(site)
	cases := sharingface.NewCases(sharingface.CaseConfig{
		Gate: g, Consent: g, Own: n.Apply.Own, Store: n.Store, Ledger: n.Shares, Standing: n.Standing, Asker: n.Data, Eraser: n.Eraser, Objects: n.Objects,
		Officers: func(subject string) (casefile.Actor, string, bool) { return n.officer(officers, subject) }, Frame: public.Frame, Desk: face.Frame,
	})
	shows := presentface.New(presentface.Config{
		Desk: asking, Gate: g, Own: n.Apply.Own, Held: n.heldEverywhere(g.party), Entrances: cfg.Entrances, PublicURL: cfg.PublicURL, Frame: public.Frame,
		DeskFrame: face.Frame, Officers: who,
	})
	shows.RegisterPublic(public)
	shows.RegisterDesk(site)
	cases.RegisterPublic(public)
	cases.RegisterDesk(site)
	register.New(register.Config{
		Gate: g, Issuer: n.Issuer, Frame: face.Frame, PublicURL: cfg.PublicURL, Officers: func(subject string) (casefile.Actor, bool) {
			by, _, ok := n.officer(officers, subject)
			return by, ok
		},
	}).Register(site)
	shares := sharingface.New(sharingface.Config{
		Gate: g, Ledger: n.Shares, Tables: n.Tables, Answered: n.Store.LastAnswered, Frame: face.Frame, Officers: func(subject string) (office.Officer, string, bool) {
			o, ok := officers[subject]
			at, known := n.Kit.Office(o.Office)
			return o, at.Name, ok && known
		},
	})
	shares.Register(site)
	objections := sharingface.NewObjections(sharingface.ObjectionConfig{
		Gate: g, Desk: n.Objects, Store: n.Store, Face: shares, Officers: who, Frame: public.Frame, Office: face.Frame,
	})
	objections.RegisterPublic(public)
	objections.RegisterDesk(site)
	systems.New(systems.Config{Gate: g, Works: n.Works, Store: n.Store, Kit: n.Kit, Frame: face.Frame, Officers: who}).Register(site)
	inquiryface.New(inquiryface.Config{
		Gate: g, Desk: n.Asks, Store: n.Store, Kit: n.Kit, Frame: face.Frame, Officers: who, PublicURL: cfg.PublicURL, Demo: cfg.Demo,
	}).Register(site)
	originals.New(originals.Config{
		Gate: g, Desk: n.Carry, Store: n.Store, Kit: n.Kit, Frame: face.Frame, Officers: who, Demo: cfg.Demo,
	}).Register(site)
	n.oversightFace(site, g, face.Frame, who, cfg.PublicURL)
	return &Web{entrance: public, desk: site, closed: n.Collecting}, nil
}

// officer finds an officer of the node's own register, with the name of the office.
func (n *Node) officer(officers map[string]office.Officer, subject string) (casefile.Actor, string, bool) {
	o, ok := officers[subject]
	if !ok {
		return casefile.Actor{}, "", false
	}
	at, ok := n.Kit.Office(o.Office)
	return casefile.Actor{ID: o.ID, Name: o.Name, Office: o.Office, Node: n.ID, Roles: o.Roles, Remit: o.Remit, Leave: o.Leave}, at.Name, ok
}

// forms lists where forms may lead beside the own site.
func forms(origins ...string) []string {
	return slices.DeleteFunc(origins, func(s string) bool { return s == "" })
}

// Web is a node's pages: one host, two faces.
type Web struct {
	entrance, desk *page.Site
	closed         func() error // why nothing is answered now, nil if it is
}

// ServeHTTP gives a request to its face.
func (w *Web) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	if err := w.closed(); err != nil && !strings.HasPrefix(r.URL.Path, "/assets/") {
		w.entrance.Refuse(out, r, err)
		return
	}
	if r.URL.Path == "/desk" || strings.HasPrefix(r.URL.Path, "/desk/") {
		w.desk.ServeHTTP(out, r)
		return
	}
	w.entrance.ServeHTTP(out, r)
}

// Routes lists every pattern that the node's pages answer; those of the desk begin with /desk.
func (w *Web) Routes() []string { return append(w.entrance.Routes(), w.desk.Routes()...) }

// usages asks the other provinces who used what they hold about a visitor.
func (n *Node) usages(p *oidc.Party) entrance.Usages {
	a := n.asker(p)
	return func(ctx context.Context, v page.Visitor, only office.NodeID) ([]elsewhere.Usage, []office.NodeID, error) {
		return a.Usages(ctx, v.Grant, only)
	}
}

// elsewhere asks the other provinces for a visitor's cases. Tokens count in security time, whatever the clock of cases shows.
func (n *Node) elsewhere(p *oidc.Party) func(context.Context, page.Visitor) (elsewhere.Found, error) {
	a := n.asker(p)
	return func(ctx context.Context, v page.Visitor) (elsewhere.Found, error) { return a.Cases(ctx, v.Grant) }
}

func (n *Node) asker(p *oidc.Party) *elsewhere.Asker {
	return &elsewhere.Asker{
		Me: n.ID, Signer: n.Kit.Signer, Trust: n.Trust.List, Channel: door{n.Post.Channel, n.ID, elsewhere.Kind}, Provider: p, Now: time.Now,
	}
}
