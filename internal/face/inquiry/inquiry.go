// Package inquiry is the desk's pages on which one office asks another about a case, and an officer there answers (ux pages.md
// D-13, P-09). Every page works without script; a look at who is asked about is logged before the page goes out (I5).
package inquiry

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/assist"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/office"
	"tongban/internal/handling/inquire"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Store is what the pages read. Commit is durable when it returns. Safe for concurrent use.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	Inquiries(ctx context.Context, caseID string) ([]inquiry.Inquiry, error)
	InquiriesTo(ctx context.Context, office string, limit int) ([]inquiry.Inquiry, error)
	InquiriesBy(ctx context.Context, office string, limit int) ([]inquiry.Inquiry, error)
	InquiriesLate(ctx context.Context, today workday.Date, limit int) ([]inquiry.Inquiry, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Config is what the pages need.
type Config struct {
	Gate page.Gate
	// Officers maps a sign-in to the officer that the node's register knows.
	Officers  func(subject string) (by casefile.Actor, officeName string, ok bool)
	Desk      *inquire.Desk
	Store     Store
	Kit       *unit.Kit
	Frame     func(r *http.Request) page.Frame // of the desk
	PublicURL string
	Demo      bool
}

// Face is the pages of one node. Safe for concurrent use.
type Face struct{ cfg Config }

// New makes the pages.
func New(cfg Config) *Face { return &Face{cfg} }

// rights is what each page needs of office.Table; each act then has its own conditions.
var rights = map[string]office.Act{
	"GET /desk/inquiries":               office.SeeInquiries,
	"GET /desk/inquiries/{id}":          office.ReadInquiry,
	"POST /desk/inquiries/{id}":         office.AnswerInquiry, // who answers may also ask, and take back
	"GET /desk/inquiries/{id}/{letter}": office.ReadInquiry,
	"GET /desk/cases/{id}/ask-other":    office.SeeCase,
	"POST /desk/cases/{id}/ask-other":   "inquire",
}

// Register puts the pages on the desk's site.
func (f *Face) Register(s *page.Site) {
	s.Get("/desk/inquiries", f.guard(f.list))
	s.Get("/desk/inquiries/{id}", f.guard(f.one))
	s.Post("/desk/inquiries/{id}", f.guard(f.act))
	s.Get("/desk/inquiries/{id}/{letter}", f.guard(f.letter))
	s.Get("/desk/cases/{id}/ask-other", f.guard(f.ask))
	s.Post("/desk/cases/{id}/ask-other", f.guard(f.send))
}

// guard lets officers through whom the table allows the page; who has no session is sent to sign in.
func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, by casefile.Actor) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
			}
			return errs.New(errs.SignInNeeded, "inquiry")
		}
		by, _, ok := f.cfg.Officers(who.Subject)
		act, drawn := rights[r.Pattern]
		if !ok || by.ID == "" || !drawn || !office.Ever(by.Roles, act) {
			return errs.New(errs.NotYours, "%s", r.Pattern)
		}
		if !by.Officer().OnDuty(f.today()) {
			return errs.New(errs.OfficerAway, "%s", by.ID)
		}
		return h(w, r, by)
	}
}

func (f *Face) show(w http.ResponseWriter, r *http.Request, code int, title, back string, body templ.Component) error {
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back, fr.HasError = title, back, code == http.StatusUnprocessableEntity
	switch r.URL.Query().Get("said") {
	case "sent":
		fr.Flash = page.T(r.Context(), "inquiry.ask.sent")
	case "done":
		fr.Flash = page.T(r.Context(), "inquiry.one.done")
	case "back":
		fr.Flash = page.T(r.Context(), "inquiry.one.taken_back")
	}
	return page.Show(w, r, code, fr, body)
}

// look logs that an officer saw who is asked about, and why they may: the office that asks or is asked.
func (f *Face) look(ctx context.Context, caseID string, by casefile.Actor, why string) error {
	at := f.cfg.Kit.Now().UTC().Truncate(time.Microsecond)
	return f.cfg.Store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{
		{Kind: accesslog.View, At: at, Case: caseID, Who: by.ID, Office: by.Office, What: "desk.inquiry", Reason: why},
	}})
}

// mostRows bounds a list; what is due first stands first, so nothing is forgotten.
const mostRows = 100

type listView struct {
	Todo, Waits, Late [][]page.Cell
	Office, Watches   bool // which lists stand
}

// list is what the office has to answer and waits for; who watches over the province sees what is late there.
func (f *Face) list(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	ctx := r.Context()
	v := listView{Office: office.Ever(by.Roles, "inquire") || office.Ever(by.Roles, "decide"), Watches: office.Ever(by.Roles, office.Figures)}
	if v.Office {
		todo, err := f.cfg.Store.InquiriesTo(ctx, by.Office, mostRows)
		if err != nil {
			return err
		}
		waits, err := f.cfg.Store.InquiriesBy(ctx, by.Office, mostRows)
		if err != nil {
			return err
		}
		v.Todo, v.Waits = f.rows(ctx, todo, true), f.rows(ctx, waits, true)
	}
	if v.Watches {
		late, err := f.cfg.Store.InquiriesLate(ctx, f.today(), mostRows)
		if err != nil {
			return err
		}
		v.Late = f.rows(ctx, late, false)
	}
	return f.show(w, r, http.StatusOK, page.T(ctx, "inquiry.title"), "/desk", listPage(v))
}

// rows are inquiries as a list shows them: no names, and without linked neither number nor way to the case.
func (f *Face) rows(ctx context.Context, list []inquiry.Inquiry, linked bool) [][]page.Cell {
	var out [][]page.Cell
	for _, q := range list {
		kind := f.kind(q)
		name := page.Cell{Text: pick(ctx, kind.Zh, kind.En)}
		matter := page.Cell{Text: f.matter(ctx, q.Of.Item)}
		if linked {
			name = page.Cell{Content: link("/desk/inquiries/"+q.ID, pick(ctx, kind.Zh, kind.En), string(q.Of.No))}
		}
		out = append(out, []page.Cell{
			name, matter, {Text: f.office(ctx, q.Office)}, {Text: f.office(ctx, q.Desk)}, {Text: f.due(ctx, q)}, {Text: page.T(ctx, "inquiry.times", len(q.Reminded))},
		})
	}
	return out
}

func (f *Face) due(ctx context.Context, q inquiry.Inquiry) string {
	day := page.ShortDay(q.Due, page.PrefsOf(ctx).Lang)
	if q.Late(f.today()) {
		return page.T(ctx, "inquiry.overdue", day)
	}
	return day
}

func (f *Face) kind(q inquiry.Inquiry) assist.Type {
	t, _ := assist.Default().On(q.Type, q.Day())
	return t
}

func (f *Face) today() workday.Date { return workday.DateOf(f.cfg.Kit.Now()) }

func (f *Face) office(ctx context.Context, code string) string {
	o, ok := f.cfg.Kit.Office(code)
	if !ok {
		return code
	}
	return pick(ctx, o.Name, o.NameEn)
}

func (f *Face) matter(ctx context.Context, code string) string {
	it, ok := f.cfg.Kit.Catalogue.Item(code)
	if !ok {
		return code
	}
	return pick(ctx, it.Name, it.NameEn)
}

// pick is the text of the page's language, or the Chinese one where there is no other.
func pick(ctx context.Context, zh, en string) string {
	if page.PrefsOf(ctx).Lang == "en" && en != "" {
		return en
	}
	return zh
}

func clock(at time.Time) string { return at.In(workday.Zone).Format("2006-01-02 15:04") }

// offices are those of the federation, the ones of the case's places first, without the asker's own.
func (f *Face) offices(ctx context.Context, c casefile.Case, own string) []page.Choice {
	first := func(o office.Office) int {
		if f.cfg.Kit.Regions.Within(c.There, o.Region) || f.cfg.Kit.Regions.Within(c.Here, o.Region) {
			return 0
		}
		return 1
	}
	list := slices.DeleteFunc(slices.Clone(f.cfg.Kit.Offices), func(o office.Office) bool { return o.Code == own })
	slices.SortStableFunc(list, func(a, b office.Office) int { return first(a) - first(b) })
	out := make([]page.Choice, 0, len(list))
	for _, o := range list {
		out = append(out, page.Choice{Value: o.Code, Text: pick(ctx, o.Name, o.NameEn)})
	}
	return out
}
