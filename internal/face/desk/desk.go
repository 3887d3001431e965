// Package desk is the 办理台: the pages on which window clerks take cases in and hand them over, and on which officers of the
// deciding place check, accept and decide (ux pages.md section 2). Every page works without script. What an officer may do
// to a case is asked of the domain each time, so a button stands only where the act would be allowed; a page with personal
// data leaves an entry in the access log before it is shown (rule I5).
package desk

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/message"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/sharing"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/allot"
	"tongban/internal/handling/cashier"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/correspond"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/notify"
	"tongban/internal/handling/unit"
	visits "tongban/internal/handling/visit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Store is what the desk reads, and where it logs who looked at what. Commit is durable when it returns. List gives a
// page of an office's cases, the one due first at the top; next is "" on the last page. Safe for concurrent use.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	CaseByNo(ctx context.Context, no casefile.No) (casefile.Case, error)
	Facts(ctx context.Context, caseID string) ([]casefile.Known, error)
	Papers(ctx context.Context, caseID string) ([]unit.Paper, error)
	Paper(ctx context.Context, id string) (unit.Paper, error)
	PaperByCheck(ctx context.Context, code string) (unit.Paper, error)
	List(ctx context.Context, l casefile.Listing) (list []casefile.Case, next string, err error)
	Tally(ctx context.Context, office, officer string, today, soon workday.Date) (casefile.Tally, error)
	Hands(ctx context.Context, office string, today workday.Date) ([]casefile.Hand, error)
	Find(ctx context.Context, by []party.Lookup, limit int) ([]casefile.Case, error)
	Notices(ctx context.Context, caseID string) ([]notice.Notice, error)
	StuckNotices(ctx context.Context, office string, limit int) ([]notice.Notice, error)
	CountStuck(ctx context.Context, office string) (int, error)
	Messages(ctx context.Context, caseID string) ([]message.Message, error)
	OpenMessages(ctx context.Context, office string, limit int) ([]message.Message, error)
	CountOpen(ctx context.Context, office string) (int, error)
	CountAlarms(ctx context.Context, office string) (map[watch.Level]int, error)
	Inquiries(ctx context.Context, caseID string) ([]inquiry.Inquiry, error)
	CountInquiriesTo(ctx context.Context, office string) (int, error)
	CountOriginals(ctx context.Context, office string) (int, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Files keeps attachments encrypted. Put fills address, key and sizes of the file it returns; Read decrypts one into w, and
// after an error what w got must be thrown away.
type Files interface {
	Put(ctx context.Context, r io.Reader) (exchange.File, error)
	Read(ctx context.Context, f exchange.File, w io.Writer) error
}

// Box encrypts what a form carries from screen to screen; aad binds it to the officer.
type Box interface {
	Encrypt(plain, aad []byte) []byte
	Decrypt(ct, aad []byte) ([]byte, error)
}

// Config is what a desk needs.
type Config struct {
	Gate page.Gate
	// Officers maps a sign-in to the officer that the node's register knows, with the name of the office.
	Officers func(subject string) (by casefile.Actor, officeName string, ok bool)
	// Colleagues lists the officers of one of the node's offices; nil knows none.
	Colleagues func(office string) []office.Officer
	Lodge      *lodge.Desk
	Allot      *allot.Desk
	Bench      *decide.Bench
	Issuer     *certify.Issuer
	Post       *handover.Post
	Room       *notify.Room
	Words      *correspond.Desk
	Till       *cashier.Cashier
	Visits     *visits.Book
	// Works tells which cases the office works in its own system; nil: none.
	Works interface {
		OfCase(ctx context.Context, caseID string) (depart.Work, bool, error)
	}
	// RatingCode is the code of a case's receipt with which the window can be rated; nil prints none.
	RatingCode func(c casefile.Case) string
	Kit        *unit.Kit
	Store      Store
	Files      Files
	Box        Box
	// Known is what registered sources say of who stands at the counter, as "SOURCE.WHAT"; nil asks none.
	Known func(ctx context.Context, who party.Person, code string, here, there region.Code, v item.Version) map[string]string
	// Standing judges a licence of another node by its issuer's status list, and says of when the list is.
	Standing func(ctx context.Context, by office.NodeID, ref statuslist.Ref) (known time.Time, late bool, err error)
	// Book lets f read what provinces said about whose licences they take.
	Book func(f func(b *sharing.Book))
	// Reachable says whether another node answers now; nil judges by how long an offer has been without receipt.
	Reachable func(office.NodeID) bool
	Demo      bool
	Today     func() string // business date as people read it; nil shows none
	PublicURL string        // of the entrance, for QR codes: "https://…", without a slash at its end
	MaxFile   int64         // bytes of one attachment; 0 is 100 MiB
}

// Face is the desk of one node. Safe for concurrent use.
type Face struct {
	cfg    Config
	places []place
	byName map[string][]region.Code

	mu   sync.Mutex      // guards done
	done map[string]bool // acts that went well, by doneKey, so that a second submit is told so
}

// doneMax bounds what is remembered of acts; a full memory is emptied, and a second submit then sees the present state.
const doneMax = 8192

// maxFile is the default bound of one attachment, maxIntake of one submit with all its files.
const (
	maxFile   = 100 << 20
	maxIntake = 1 << 30
)

// New makes the desk.
func New(cfg Config) *Face {
	if cfg.MaxFile == 0 {
		cfg.MaxFile = maxFile
	}
	f := &Face{cfg: cfg, done: map[string]bool{}}
	f.indexPlaces()
	return f
}

// Register puts the desk's pages on a site.
func (f *Face) Register(s *page.Site) {
	s.Get("/desk", f.guard(f.queue))
	s.Post("/desk/claim", f.guard(f.claim))
	s.Post("/desk/release", f.guard(f.release))
	s.Get("/desk/team", f.guard(f.team))
	s.Post("/desk/team", f.guard(f.assign))
	s.Get("/desk/search", f.guard(f.search))
	s.Post("/desk/search", f.guard(f.search))
	s.Post("/desk/sign-out", f.signOut)

	s.Get("/desk/new", f.guard(f.newCase))
	s.Post("/desk/new", f.guard(f.identity))
	s.Post("/desk/new/matter", f.guard(f.matter))
	s.Post("/desk/new/details", f.guard(f.details), page.Upload(maxIntake))
	s.Post("/desk/new/back", f.guard(f.back))
	s.Post("/desk/new/submit", f.guard(f.submit))

	s.Get("/desk/cases/{id}", f.guard(f.caseTab(tabCheck)))
	s.Get("/desk/cases/{id}/materials", f.guard(f.caseTab(tabMaterials)))
	s.Get("/desk/cases/{id}/history", f.guard(f.caseTab(tabHistory)))
	s.Get("/desk/cases/{id}/papers", f.guard(f.caseTab(tabPapers)))
	s.Get("/desk/cases/{id}/receipt", f.guard(f.receipt))
	s.Get("/desk/cases/{id}/files/{n}", f.guard(f.file))
	s.Get("/desk/cases/{id}/licences/{n}", f.guard(f.relied))
	s.Get("/desk/cases/{id}/do/{act}", f.guard(f.actForm))
	s.Post("/desk/cases/{id}/do/{act}", f.guard(f.act))
	s.Post("/desk/cases/{id}/do/supplement", f.guard(f.supplement), page.Upload(maxIntake))
	s.Get("/desk/papers/{id}", f.guard(f.paper))
	s.Get("/desk/cases/{id}/messages", f.guard(f.messages))
	s.Post("/desk/cases/{id}/messages", f.guard(f.answer))
	s.Get("/desk/messages", f.guard(f.openMessages))
	s.Get("/desk/notices", f.guard(f.undelivered))
	s.Post("/desk/notices/{id}", f.guard(f.settleNotice))
	s.Get("/desk/cases/{id}/fee", f.guard(f.feeTab))
	s.Post("/desk/cases/{id}/fee/{what}", f.guard(f.feeAct))
	s.Get("/desk/fees", f.guard(f.feeSheet))
	s.Get("/desk/visits", f.guard(f.visitDay))
	s.Post("/desk/visits", f.guard(f.visitMark))
	s.Get("/desk/keys", f.guard(f.keys))
	s.Post("/desk/keys", f.guard(f.switchKeys))
}

// visit is a request of a known officer.
type visit struct {
	by     casefile.Actor
	office string // name
	lang   string
}

// who finds the officer of a request. It returns errs.SignInNeeded without a session, errs.NotYours for anybody who is
// no officer of this node with a role at the desk, and errs.OfficerAway.
func (f *Face) who(r *http.Request) (visit, error) {
	v, ok := f.cfg.Gate.Visitor(r)
	if !ok {
		return visit{}, errs.New(errs.SignInNeeded, "desk")
	}
	by, name, ok := f.cfg.Officers(v.Subject)
	if !ok || by.Node != f.cfg.Kit.Me || by.ID == "" {
		return visit{}, errs.New(errs.NotYours, "no officer of this node")
	}
	if err := by.Officer().May(office.SeeQueue, f.today()); err != nil {
		return visit{}, err
	}
	return visit{by: by, office: name, lang: page.PrefsOf(r.Context()).Lang}, nil
}

// guard lets officers through only; who has no session is sent to sign in and comes back to the same page.
func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, v visit) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := f.who(r)
		if errs.Is(err, errs.SignInNeeded) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
		}
		if err == nil {
			err = f.allowed(r, v)
		}
		if err != nil {
			return err
		}
		return h(w, r, v)
	}
}

// signOut ends the session; where that leads is the gate's to say.
func (f *Face) signOut(w http.ResponseWriter, r *http.Request) error { return f.cfg.Gate.SignOut(w, r) }

// Frame is the desk's frame for a request, also for the site's own error pages.
func (f *Face) Frame(r *http.Request) page.Frame {
	fr := page.FrameOf(r)
	ctx := r.Context()
	fr.Face, fr.FaceName, fr.Home, fr.Demo = "desk", page.T(ctx, "desk.face"), "/desk", f.cfg.Demo
	if f.cfg.Today != nil {
		fr.Today = f.cfg.Today()
	}
	v, err := f.who(r)
	if err != nil {
		return f.without(r, fr)
	}
	fr.UserName, fr.OfficeName, fr.SignOut = v.by.Name, v.office, "/desk/sign-out"
	if keysOn(r) {
		fr.Scripts = []string{keysScript}
	}
	fr.Footer = []page.Link{{Href: "/desk/keys", Text: page.T(ctx, "desk.keys.title")}}
	fr.Nav = []page.Link{{Href: "/desk", Text: page.T(ctx, "desk.nav.queue"), Current: r.URL.Path == "/desk"}}
	if v.by.Has(office.Window) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/new", Text: page.T(ctx, "desk.nav.new"), Current: within(r, "/desk/new")})
	}
	if office.Ever(v.by.Roles, office.SeeTeam) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/team", Text: page.T(ctx, "desk.nav.team"), Current: within(r, "/desk/team")})
	}
	if office.Ever(v.by.Roles, office.SeeFees) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/fees", Text: page.T(ctx, "pay.desk.nav"), Current: within(r, "/desk/fees")})
	}
	if office.Ever(v.by.Roles, office.KeepVisits) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/visits", Text: page.T(ctx, "visit.desk.nav"), Current: within(r, "/desk/visits")})
	}
	if office.Ever(v.by.Roles, office.SeeLicence) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/licences", Text: page.T(ctx, "register.nav"), Current: within(r, "/desk/licences")})
	}
	if f.cfg.Kit.Systems != nil && office.Ever(v.by.Roles, office.SeeSystems) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/systems", Text: page.T(ctx, "systems.nav"), Current: within(r, "/desk/systems")})
	}
	if office.Ever(v.by.Roles, office.SeeOriginals) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/originals", Text: page.T(ctx, "originals.nav"), Current: within(r, "/desk/originals")})
	}
	fr.Nav = append(fr.Nav, page.Link{Href: "/desk/search", Text: page.T(ctx, "desk.nav.search"), Current: within(r, "/desk/search")})
	if n, err := f.cfg.Store.CountOpen(ctx, v.by.Office); err == nil && n > 0 {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/messages", Text: page.T(ctx, "message.desk.nav"), Current: within(r, "/desk/messages")})
	}
	if n, err := f.cfg.Store.CountStuck(ctx, v.by.Office); err == nil && n > 0 {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/notices", Text: page.T(ctx, "notice.desk.nav"), Current: within(r, "/desk/notices")})
	}
	return rules(r, fr, v.by.Roles)
}

// without is the frame of an officer who handles no cases.
func (f *Face) without(r *http.Request, fr page.Frame) page.Frame {
	who, ok := f.cfg.Gate.Visitor(r)
	if !ok {
		return fr
	}
	by, name, ok := f.cfg.Officers(who.Subject)
	if !ok {
		return fr
	}
	fr.UserName, fr.OfficeName, fr.SignOut = by.Name, name, "/desk/sign-out"
	return rules(r, fr, by.Roles)
}

// rules adds the ways to alarms and orders, to ratings, to complaints, to the rules and to data sharing for whoever may see them.
func rules(r *http.Request, fr page.Frame, roles []office.Role) page.Frame {
	if office.Ever(roles, office.SeeAlarms) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/watch", Text: page.T(r.Context(), "watch.nav"), Current: within(r, "/desk/watch")})
	}
	if office.Ever(roles, office.GiveOrder) || office.Ever(roles, office.ReplyOrder) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/orders", Text: page.T(r.Context(), "order.nav"), Current: within(r, "/desk/orders")})
	}
	if office.Ever(roles, office.ContestFigure) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/objections", Text: page.T(r.Context(), "objection.nav"), Current: within(r, "/desk/objections")})
	}
	if office.Ever(roles, office.SeeRatings) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/ratings", Text: page.T(r.Context(), "rating.desk.nav"), Current: within(r, "/desk/ratings")})
	}
	if office.Ever(roles, office.SeeInquiries) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/inquiries", Text: page.T(r.Context(), "inquiry.nav"), Current: within(r, "/desk/inquiries")})
	}
	if office.Ever(roles, office.SeeCorrections) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/corrections", Text: page.T(r.Context(), "sharing.objection.desk"), Current: within(r, "/desk/corrections")})
	}
	if office.Ever(roles, office.SeeComplaints) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/complaints", Text: page.T(r.Context(), "complaint.desk.nav"), Current: within(r, "/desk/complaints")})
	}
	if office.Ever(roles, office.SeeRules) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/rules", Text: page.T(r.Context(), "steward.nav"), Current: within(r, "/desk/rules")})
	}
	if office.Ever(roles, office.SeeSharing) {
		fr.Nav = append(fr.Nav, page.Link{Href: "/desk/sharing", Text: page.T(r.Context(), "sharing.nav"), Current: within(r, "/desk/sharing")})
	}
	return fr
}

func within(r *http.Request, path string) bool {
	return len(r.URL.Path) >= len(path) && r.URL.Path[:len(path)] == path
}

// now is the business time in UTC, as it is stored.
func (f *Face) now() time.Time { return f.cfg.Kit.Now().UTC().Truncate(time.Microsecond) }
