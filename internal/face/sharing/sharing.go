// Package sharing is the 数据共享 pages of the desk: the catalogue of what all provinces can tell, and the agreements of equals about
// it: proposed, countered, signed, suspended, ended (政务数据共享条例 第13–28条), and whose licences each takes instead of paper. Nothing here shows data of anybody. Every page
// works without script.
package sharing

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/share"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Config is what the pages need.
type Config struct {
	Gate page.Gate
	// Officers maps a sign-in to the officer that the node's register knows.
	Officers func(subject string) (by office.Officer, officeName string, ok bool)
	Ledger   *share.Ledger
	Tables   *share.Hosted
	// Answered lists the questions of other provinces that were answered here, the newest first, without the persons.
	Answered func(ctx context.Context, limit int) ([]unit.Answered, error)
	Frame    func(r *http.Request) page.Frame // of the desk
}

// Face is the pages of one node. Safe for concurrent use.
type Face struct{ cfg Config }

// New makes the pages.
func New(cfg Config) *Face { return &Face{cfg} }

// visit is a request of a known officer.
type visit struct {
	by   office.Officer
	lang string
}

// rights is what each page needs of office.Table; a page that does not stand here is refused to everybody.
var rights = map[string]office.Act{
	"GET /desk/sharing":                               office.SeeSharing,
	"GET /desk/sharing/resources/{owner}/{key}":       office.SeeSharing,
	"GET /desk/sharing/describe":                      office.DescribeData,
	"POST /desk/sharing/resources":                    office.DescribeData,
	"POST /desk/sharing/resources/{key}/withdraw":     office.DescribeData,
	"POST /desk/sharing/resources/{key}/table":        office.DescribeData,
	"GET /desk/sharing/propose":                       office.ProposeTerms,
	"POST /desk/sharing/agreements":                   office.ProposeTerms,
	"GET /desk/sharing/agreements/{agreement}":        office.SeeSharing,
	"POST /desk/sharing/agreements/{agreement}/sign":  office.SignTerms,
	"POST /desk/sharing/agreements/{agreement}/state": office.StopSharing,

	"GET /desk/sharing/given": office.SeeSharing,

	"GET /desk/sharing/recognitions":                 office.SeeSharing,
	"POST /desk/sharing/recognitions":                office.SayRecognition,
	"POST /desk/sharing/recognitions/{seq}/confirm":  office.ConfirmRecognition,
	"POST /desk/sharing/recognitions/{seq}/withdraw": office.WithdrawRecognition,
}

// Register puts the pages on the desk's site.
func (f *Face) Register(s *page.Site) {
	s.Get("/desk/sharing", f.guard(f.home))
	s.Get("/desk/sharing/resources/{owner}/{key}", f.guard(f.resource))
	s.Get("/desk/sharing/describe", f.guard(f.describe))
	s.Post("/desk/sharing/resources", f.guard(f.described))
	s.Post("/desk/sharing/resources/{key}/withdraw", f.guard(f.withdraw))
	s.Post("/desk/sharing/resources/{key}/table", f.guard(f.hosted), page.Upload(mostTable))
	s.Get("/desk/sharing/propose", f.guard(f.propose))
	s.Post("/desk/sharing/agreements", f.guard(f.proposed))
	s.Get("/desk/sharing/agreements/{agreement}", f.guard(f.agreement))
	s.Post("/desk/sharing/agreements/{agreement}/sign", f.guard(f.sign))
	s.Post("/desk/sharing/agreements/{agreement}/state", f.guard(f.state))
	s.Get(givenPath, f.guard(f.given))
	s.Get(recognitionsPath, f.guard(f.recognitions))
	s.Post(recognitionsPath, f.guard(f.recognise))
	s.Post(recognitionsPath+"/{seq}/confirm", f.guard(f.confirmRecognition))
	s.Post(recognitionsPath+"/{seq}/withdraw", f.guard(f.withdrawRecognition))
}

// guard lets officers through whom the table allows the page; who has no session is sent to sign in.
func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, v visit) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
			}
			return errs.New(errs.SignInNeeded, "sharing")
		}
		by, _, ok := f.cfg.Officers(who.Subject)
		if !ok || by.ID == "" {
			return errs.New(errs.NotYours, "no officer of this node")
		}
		act, ok := rights[r.Pattern]
		if !ok {
			return errs.New(errs.NotYours, "%s", r.Pattern)
		}
		if err := by.May(act, office.Matter{On: f.today()}); err != nil {
			return err
		}
		return h(w, r, visit{by: by, lang: page.PrefsOf(r.Context()).Lang})
	}
}

func (f *Face) show(w http.ResponseWriter, r *http.Request, code int, title, back string, body templ.Component) error {
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back, fr.HasError = title, back, code == http.StatusUnprocessableEntity
	return page.Show(w, r, code, fr, body)
}

func (f *Face) today() workday.Date { return workday.DateOf(f.cfg.Ledger.Kit.Now()) }

func (f *Face) me() office.NodeID { return f.cfg.Ledger.Kit.Me }

func (f *Face) catalogue() *item.Catalogue { return f.cfg.Ledger.Kit.Catalogue }

func (f *Face) evidence(key string) (item.Evidence, bool) {
	for _, e := range f.catalogue().Evidence() {
		if e.Key == key {
			return e, true
		}
	}
	return item.Evidence{}, false
}

func (f *Face) nodeName(lang string, id office.NodeID) string {
	if n, ok := f.cfg.Ledger.Kit.Trust().Node(id); ok {
		return pick(lang, n.Name, n.NameEn)
	}
	return string(id)
}

// matters are those whose rules of today need something of a source.
func (f *Face) matters(source string) []item.Item {
	e, ok := f.evidence(source)
	if !ok {
		return nil
	}
	var out []item.Item
	for _, it := range f.catalogue().All() {
		if v, ok := f.catalogue().Version(it.Code, f.today()); ok && len(sharing.Named(v, e)) > 0 {
			out = append(out, it)
		}
	}
	return out
}

func pick(lang, zh, en string) string {
	if lang == "en" && en != "" {
		return en
	}
	return zh
}

// names are the visible words for nodes, resources, fields and matters on one page.
type names struct {
	Lang string
	f    *Face
}

func (n names) node(id office.NodeID) string { return n.f.nodeName(n.Lang, id) }

func (n names) item(code string) string {
	if it, ok := n.f.catalogue().Item(code); ok {
		return pick(n.Lang, it.Name, it.NameEn)
	}
	return code
}

func (n names) source(key string) string {
	if e, ok := n.f.evidence(key); ok {
		return pick(n.Lang, e.Name, e.NameEn)
	}
	return key
}
