// Package steward is the 规则 pages of the desk: what the nation asks for a matter and what the own province asks besides, side by
// side; drafts by forms, with examples that must come out right; two people's approval; and agreements with other places
// (ux pages.md C-02, C-03). Nothing here shows a case. Every page works without script.
package steward

import (
	"net/http"

	"github.com/a-h/templ"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/publish"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Config is what the pages need.
type Config struct {
	Gate page.Gate
	// Officers maps a sign-in to the officer that the node's register knows.
	Officers func(subject string) (by office.Officer, officeName string, ok bool)
	Press    *publish.Press
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
	"GET /desk/rules":                         office.SeeRules,
	"GET /desk/rules/matters/{item}":          office.SeeRules,
	"GET /desk/rules/bundles/{who}/{seq}":     office.SeeRules,
	"GET /desk/rules/agreements/{name}":       office.SeeRules,
	"GET /desk/rules/drafts/{id}":             office.SeeRules,
	"POST /desk/rules/drafts":                 office.DraftRules,
	"GET /desk/rules/drafts/{id}/{part}/{n}":  office.DraftRules,
	"POST /desk/rules/drafts/{id}/{part}/{n}": office.DraftRules,
	"POST /desk/rules/drafts/{id}/drop":       office.DraftRules,
	"POST /desk/rules/drafts/{id}/approve":    office.ApproveRules,
	"POST /desk/rules/drafts/{id}/publish":    office.PublishRules,
}

// Register puts the pages on the desk's site.
func (f *Face) Register(s *page.Site) {
	s.Get("/desk/rules", f.guard(f.home))
	s.Get("/desk/rules/matters/{item}", f.guard(f.matter))
	s.Get("/desk/rules/bundles/{who}/{seq}", f.guard(f.issued))
	s.Get("/desk/rules/agreements/{name}", f.guard(f.agreement))
	s.Post("/desk/rules/drafts", f.guard(f.begin))
	s.Get("/desk/rules/drafts/{id}", f.guard(f.draft))
	s.Get("/desk/rules/drafts/{id}/{part}/{n}", f.guard(f.row))
	s.Post("/desk/rules/drafts/{id}/{part}/{n}", f.guard(f.saveRow))
	s.Post("/desk/rules/drafts/{id}/drop", f.guard(f.drop))
	s.Post("/desk/rules/drafts/{id}/approve", f.guard(f.approve))
	s.Post("/desk/rules/drafts/{id}/publish", f.guard(f.publish))
}

// guard lets officers through whom the table allows the page; who has no session is sent to sign in.
func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, v visit) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
			}
			return errs.New(errs.SignInNeeded, "rules")
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
	fr.Title, fr.Back = title, back
	return page.Show(w, r, code, fr, body)
}

func (f *Face) today() workday.Date { return workday.DateOf(f.cfg.Press.Kit.Now()) }

func (f *Face) catalogue() *item.Catalogue { return f.cfg.Press.Kit.Catalogue }

// home of the province: its own area.
func (f *Face) province() region.Code { return region.Must(string(f.cfg.Press.Kit.Me) + "0000") }

func pick(lang, zh, en string) string {
	if lang == "en" && en != "" {
		return en
	}
	return zh
}
