// Package entrance is what residents and enterprises see: the hub's front page with the catalogue and "may this be done
// here", and each province's entrance with 我的办件, the papers of a case, and the verification of papers by anybody. Every
// page works without script. Nothing is asked of people that the desk takes in; an entrance only reads cases, except for the
// withdrawal, which is the applicant's own right.
package entrance

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/message"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/domain/party"
	"tongban/internal/domain/search"
	"tongban/internal/domain/zone"
	"tongban/internal/handling/cashier"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/correspond"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/notify"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/usage"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/throttle"
	"tongban/internal/page"
)

// Store is what an entrance reads of its node. A thing that is not there is errs.Missing. Find gives the cases under any of
// the look-ups, newest first, at most limit. PaperHeads leaves out what was signed. Commit writes the log entry of a view and is durable when it returns. Safe for
// concurrent use.
type Store interface {
	usage.Store
	Case(ctx context.Context, id string) (casefile.Case, error)
	CaseByNo(ctx context.Context, no casefile.No) (casefile.Case, error)
	Facts(ctx context.Context, caseID string) ([]casefile.Known, error)
	PaperHeads(ctx context.Context, caseID string) ([]unit.Paper, error)
	Paper(ctx context.Context, id string) (unit.Paper, error)
	PaperByCheck(ctx context.Context, check string) (unit.Paper, error)
	Licence(ctx context.Context, number string) (unit.Paper, error)
	Life(ctx context.Context, licenceID string) (licence.Life, error)
	Notices(ctx context.Context, caseID string) ([]notice.Notice, error)
	Messages(ctx context.Context, caseID string) ([]message.Message, error)
	Originals(ctx context.Context, caseID string) (original.Chain, error)
	Contact(ctx context.Context, of party.Person) (notice.Contact, bool, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Drafts lists a person's applications that are still being prepared, the last saved first.
type Drafts interface {
	Mine(ctx context.Context, who party.Person) ([]journey.Draft, error)
}

// Units is in whose name people act: all units that somebody has to do with, and an authority as it stands, for whoever holds its
// paper.
type Units interface {
	Names(ctx context.Context, who party.Person) (mandate.Names, error)
	Shown(ctx context.Context, id string) (mandate.Record, error)
}

// DemoStep is one line of the box that tells a visitor of the demonstration what to try.
type DemoStep struct {
	Zh, En string
	Href   string // "" for a line without a link
}

// Public is what hub and provinces show alike: the rules, the places and who signs. All of it is read-only.
type Public struct {
	Catalogue *item.Catalogue
	Regions   *region.Table
	Offices   []office.Office
	Trust     func() *office.TrustList
	Now       func() time.Time // business time
	// Entrances are the addresses of the provinces' entrances, without a slash at the end.
	Entrances map[office.NodeID]string
	PublicURL string // this site's own address, without a slash at the end
	HubURL    string // the hub's address, "" if there is none
	Owner     string // who runs the site, in its own words; "" shows nothing
	Demo      bool
	DemoSteps []DemoStep

	Log        *slog.Logger
	OnRequest  func(pattern string, status int, took time.Duration)
	FormAction []string // further origins that forms may lead to by redirect, such as the identity provider
	// Client names who asks, for the limit on look-ups; nil is the address of the connection.
	Client func(r *http.Request) string
	Finder Finder      // nil is the index of the catalogue inside the binary
	Zones  *zone.Zones // nil is those inside the binary
	// Reach knows which provinces' entrances answer; nil: nobody is asked, all count as there.
	Reach *Reach
	// Apply says that the provinces' entrances take applications at /apply/new; else a guide leads to windows only.
	Apply bool
	// Figures says that the site has the public figures at /open.
	Figures bool
	// OnMiss gets the words of a question that found nothing, without who asked; nil is nothing.
	OnMiss func(words string)
}

// Config is what a province's entrance needs beside. The node serves /login?back=, /callback and POST /logout itself.
type Config struct {
	Public
	Store Store
	Kit   *unit.Kit
	Lodge *lodge.Desk
	Room  *notify.Room // keeps how people want to be told
	Words *correspond.Desk
	Gate  page.Gate
	// Drafts lists what a person has begun and not submitted; nil shows none.
	Drafts Drafts
	// Units says whose cases a visitor may see beside their own; nil: nobody acts for a unit here.
	Units Units
	// NextTry tells when what waits for delivery is tried again; nil or false shows no time.
	NextTry func(ctx context.Context) (at time.Time, ok bool, err error)
	// Elsewhere asks the other provinces for the visitor's cases there and waits a second at most; who did not answer is named.
	// With an error nobody was asked (errs.RoamEnded, errs.ProviderDown). nil: this province stands alone.
	Elsewhere func(ctx context.Context, v page.Visitor) (elsewhere.Found, error)
	// Fees tells what a case costs and how it stands; nil shows nothing of it.
	Fees *cashier.Cashier
	// Status judges another province's licence by its issuer's list; nil leaves it at the licence's days.
	Status func(ctx context.Context, by office.NodeID, ref statuslist.Ref) (certify.Standing, error)
	// Usages asks the other provinces who used what they hold about the visitor; nil: this province stands alone.
	Usages Usages
}

// keptBytes bounds the pages that an entrance keeps ready: about a thousand guides.
const keptBytes = 32 << 20

// nav is the sections, statements the pages about the site itself.
var (
	nav        = []string{"/topics", "/regions", "/check", "/windows", "/help"}
	statements = []string{"about", "accessibility", "privacy"}
)

// base is what both kinds of entrance share.
type base struct {
	Public
	site   *page.Site
	places *places
	limit  *throttle.Throttle
	kept   *page.Kept
	laid   *sync.Map     // of []topic by cut, subject and language: the catalogue does not change under a running entrance
	me     office.NodeID // "" at the hub
	here   region.Region // the province; zero at the hub
	gate   page.Gate     // nil at the hub
	// life is how a licence of this node stands in its register; nil at the hub, which issues none.
	life func(ctx context.Context, licenceID string) (licence.Life, error)
	// status judges other nodes' licences; nil at the hub.
	status func(ctx context.Context, by office.NodeID, ref statuslist.Ref) (certify.Standing, error)
}

// entrance is a province's.
type entrance struct {
	*base
	store  Store
	kit    *unit.Kit
	lodge  *lodge.Desk
	room   *notify.Room
	words  *correspond.Desk
	drafts Drafts
	units  Units // nil: nobody acts for a unit here
	seals  seals
	// elsewhere asks the other provinces; nil asks nobody.
	elsewhere       func(ctx context.Context, v page.Visitor) (elsewhere.Found, error)
	usagesElsewhere Usages
	nextTry         func(ctx context.Context) (time.Time, bool, error)
	fees            *cashier.Cashier
}

// New makes the entrance of the province whose kit it is; rules, places, offices, trust and clock are the kit's where Public
// leaves them out. The node may add its own routes before serving.
func New(cfg Config) *page.Site {
	if cfg.Catalogue == nil {
		cfg.Catalogue = cfg.Kit.Catalogue
	}
	if cfg.Regions == nil {
		cfg.Regions = cfg.Kit.Regions
	}
	if cfg.Offices == nil {
		cfg.Offices = cfg.Kit.Offices
	}
	if cfg.Trust == nil {
		cfg.Trust = cfg.Kit.Trust
	}
	if cfg.Now == nil {
		cfg.Now = cfg.Kit.Now
	}
	b := newBase(cfg.Public)
	b.me, b.gate, b.life, b.status = cfg.Kit.Me, cfg.Gate, cfg.Store.Life, cfg.Status
	b.here, _ = b.Regions.Lookup(region.Code(string(cfg.Kit.Me) + "0000000000"))
	e := &entrance{base: b, store: cfg.Store, kit: cfg.Kit, lodge: cfg.Lodge, room: cfg.Room, words: cfg.Words, drafts: cfg.Drafts, units: cfg.Units, elsewhere: cfg.Elsewhere, usagesElsewhere: cfg.Usages, nextTry: cfg.NextTry, fees: cfg.Fees}
	s := b.open()
	s.Get("/{$}", e.front)
	s.Get("/cases", e.cases)
	s.Get("/cases/{no}", e.caseOne)
	s.Get("/cases/{no}/fix", e.fix)
	s.Get("/cases/{no}/papers/{id}", e.paper)
	s.Get("/cases/{no}/withdraw", e.withdrawAsk)
	s.Post("/cases/{no}/withdraw", e.withdraw)
	s.Get("/cases/{no}/ask", e.ask)
	s.Post("/cases/{no}/ask", e.sendAsk)
	s.Get("/contact", e.contact)
	s.Post("/contact", e.saveContact)
	s.Get("/consent", e.usages)
	s.Get("/consent/{node}", e.usageProof)
	s.Get("/verify", e.verifyForm)
	s.Get("/v/{code}", e.verifyCode)
	return s
}

// NewHub makes the hub's entrance: it holds no case and nobody signs in.
func NewHub(cfg Public) *page.Site {
	b := newBase(cfg)
	s := b.open()
	s.Get("/{$}", b.hubFront)
	s.Get("/verify", b.hubVerify)
	return s
}

func newBase(p Public) *base {
	b := &base{Public: p, places: newPlaces(p.Regions), limit: throttle.New(30, time.Minute, time.Now), kept: page.NewKept(keptBytes), laid: &sync.Map{}}
	if b.Reach == nil {
		b.Reach = NewReach(nil)
	}
	if b.Finder == nil {
		b.Finder = search.Default()
	}
	if b.Zones == nil {
		b.Zones = zone.Default()
	}
	if b.Client == nil {
		b.Client = func(r *http.Request) string {
			host, _, err := net.SplitHostPort(r.RemoteAddr)
			if err != nil {
				return r.RemoteAddr
			}
			return host
		}
	}
	return b
}

// open makes the site with the pages that both have.
func (b *base) open() *page.Site {
	b.site = page.NewSite(page.Config{
		Log: b.Log, Frame: b.frame, OnRequest: b.OnRequest, FormAction: b.FormAction,
		SignIn: func(r *http.Request) string {
			if b.gate == nil {
				return ""
			}
			return signIn(r.URL.RequestURI())
		},
	})
	b.site.Get("/search", b.search)
	b.site.Get("/topics", b.topics)
	b.site.Get("/topics/{cut}/{key}", b.topic)
	b.site.Get("/regions", b.regions)
	b.site.Get("/regions/{here}", b.provinceOf)
	b.site.Get("/regions/{here}/{there}", b.pairOf)
	b.site.Get("/zones/{zone}", b.zone)
	b.site.Get("/place", b.place)
	b.site.Get("/check", b.check)
	b.site.Get("/guide/{item}", b.guide)
	b.site.Get("/prepare", b.prepare)
	b.site.Get("/windows", b.windows)
	b.site.Get("/help", b.help)
	b.site.Get("/can", b.can)
	b.site.Get("/items", b.items)
	b.site.Post("/verify", b.verifyFile, page.MaxBody(maxFile+formRoom))
	for _, name := range statements {
		b.site.Get("/"+name, b.statement)
	}
	return b.site
}

// frame is what stands around every page.
func (b *base) frame(r *http.Request) page.Frame {
	f := page.FrameOf(r)
	ctx := r.Context()
	f.Face, f.Owner, f.Demo, f.Search = "hub", b.Owner, b.Demo, "/search"
	f.FaceName = page.T(ctx, "hub.face")
	if b.me != "" {
		f.Face, f.FaceName = "entrance", page.T(ctx, "entrance.face", b.nameOf(f.Lang, b.me))
		f.CasesHref = "/cases"
		if v, ok := b.gate.Visitor(r); ok {
			f.UserName, f.SignOut = v.Person.Name, "/logout"
		}
	}
	if b.Demo {
		f.Today = longDay(ctx, b.today())
	}
	for _, l := range nav {
		f.Nav = append(f.Nav, page.Link{Href: l, Text: page.T(ctx, "public.nav."+l[1:]), Current: r.URL.Path == l || strings.HasPrefix(r.URL.Path, l+"/")})
	}
	if b.Figures {
		f.Footer = append(f.Footer, page.Link{Href: "/open", Text: page.T(ctx, "board.nav")})
	}
	f.Footer = append(f.Footer, page.Link{Href: "/verify", Text: page.T(ctx, "public.nav.verify")})
	for _, name := range statements {
		f.Footer = append(f.Footer, page.Link{Href: "/" + name, Text: page.T(ctx, "entrance."+name+".title")})
	}
	return f
}

// nameOf is a province's name for people.
func (b *base) nameOf(lang string, id office.NodeID) string {
	r, status := b.Regions.Lookup(region.Code(string(id) + "0000000000"))
	switch {
	case status == region.Unknown:
		return string(id)
	case lang == "en" && r.En != "":
		return r.En
	}
	return r.Name
}

// placeName is a place's name for people.
func (b *base) placeName(code region.Code) string { return b.Regions.FullName(code) }

// office finds an office by its code.
func (b *base) office(code string) office.Office {
	for _, o := range b.Offices {
		if o.Code == code {
			return o
		}
	}
	return office.Office{}
}

// officeName is the office's name in the reader's language.
func officeName(ctx context.Context, o office.Office) string {
	if page.PrefsOf(ctx).Lang == "en" && o.NameEn != "" {
		return o.NameEn
	}
	return o.Name
}

// signIn is where somebody signs in and comes back from.
func signIn(back string) string { return "/login?" + url.Values{"back": {back}}.Encode() }

// visitor is who signed in; errs.SignInNeeded otherwise, which the site answers by the way to sign in.
func (e *entrance) visitor(r *http.Request) (page.Visitor, error) {
	v, ok := e.gate.Visitor(r)
	if !ok {
		return page.Visitor{}, errs.New(errs.SignInNeeded, "entrance")
	}
	return v, nil
}

// show answers with a page titled title.
func (b *base) show(w http.ResponseWriter, r *http.Request, status int, title string, change func(*page.Frame), body component) error {
	f := b.frame(r)
	f.Title = title
	if change != nil {
		change(&f)
	}
	return page.Show(w, r, status, f, body)
}

// itemName is an item's name in the reader's language, the list's own where there is no English one.
func itemName(ctx context.Context, it item.Item) string { return answerText(ctx, it.Name, it.NameEn) }
