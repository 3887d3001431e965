// Package originals is the desk's pages about paper originals and the bags in which they travel (ux pages.md D-14, P-10): what the own
// office has to send, receive, give back or look for. Every page works without script, and a code reader acts as a keyboard. A look at
// what papers somebody gave is logged before the page goes out (I5).
package originals

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/handling/carry"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Store is what the pages read. Commit is durable when it returns. Safe for concurrent use.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	CaseByNo(ctx context.Context, no casefile.No) (casefile.Case, error)
	Originals(ctx context.Context, caseID string) (original.Chain, error)
	OriginalsAt(ctx context.Context, office string, limit int) ([]original.Chain, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Config is what the pages need.
type Config struct {
	Gate page.Gate
	// Officers maps a sign-in to the officer that the node's register knows.
	Officers func(subject string) (by casefile.Actor, officeName string, ok bool)
	Desk     *carry.Desk
	Store    Store
	Kit      *unit.Kit
	Frame    func(r *http.Request) page.Frame // of the desk
	Demo     bool
}

// Face is the pages of one node. Safe for concurrent use.
type Face struct{ cfg Config }

// New makes the pages.
func New(cfg Config) *Face { return &Face{cfg} }

// rights is what each page needs of office.Table; each act then has its own.
var rights = map[string]office.Act{
	"GET /desk/originals":                        office.SeeOriginals,
	"POST /desk/originals":                       office.SeeOriginals,
	"GET /desk/cases/{id}/originals":             office.SeeCase,
	"POST /desk/cases/{id}/originals":            office.SeeCase,
	"GET /desk/cases/{id}/originals/{bag}":       office.SeeCase,
	"POST /desk/cases/{id}/originals/{bag}":      office.TakeOriginals,
	"GET /desk/cases/{id}/originals/{bag}/label": office.SeeCase,
}

// Register puts the pages on the desk's site.
func (f *Face) Register(s *page.Site) {
	s.Get("/desk/originals", f.guard(f.list))
	s.Post("/desk/originals", f.guard(f.scan))
	s.Get("/desk/cases/{id}/originals", f.guard(f.chain))
	s.Post("/desk/cases/{id}/originals", f.guard(f.act))
	s.Get("/desk/cases/{id}/originals/{bag}", f.guard(f.bag))
	s.Post("/desk/cases/{id}/originals/{bag}", f.guard(f.receive))
	s.Get("/desk/cases/{id}/originals/{bag}/label", f.guard(f.label))
}

// guard lets officers through whom the table allows the page; who has no session is sent to sign in.
func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, by casefile.Actor) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
			}
			return errs.New(errs.SignInNeeded, "originals")
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

func (f *Face) show(w http.ResponseWriter, r *http.Request, problems int, title, back string, body templ.Component) error {
	fr, code := f.cfg.Frame(r), http.StatusOK
	fr.Title, fr.Back, fr.HasError = title, back, problems > 0
	if problems > 0 {
		code = http.StatusUnprocessableEntity
	}
	if said := r.URL.Query().Get("said"); saidOf[said] {
		fr.Flash = page.T(r.Context(), "originals.said."+said)
	}
	return page.Show(w, r, code, fr, body)
}

// saidOf are the sentences about an act that went well.
var saidOf = map[string]bool{
	"call": true, "drop": true, "let": true, "send": true, "receive": true, "odd": true, "lose": true, "trace": true, "give": true, "twice": true,
}

// open is the case of an address that the officer may see, with its papers; the look is in the log before the page goes out.
func (f *Face) open(r *http.Request, by casefile.Actor) (casefile.Case, original.Chain, error) {
	ctx := r.Context()
	c, err := f.cfg.Store.Case(ctx, r.PathValue("id"))
	if err != nil {
		return c, original.Chain{}, err
	}
	m := c.Matter(f.cfg.Kit.Now())
	m.Offices = nil
	for _, l := range c.Legs {
		if l.Node == f.cfg.Kit.Me {
			m.Offices = append(m.Offices, l.Office)
		}
	}
	if err := by.Officer().May(office.SeeCase, m); err != nil {
		return c, original.Chain{}, err
	}
	ch, err := f.cfg.Store.Originals(ctx, c.ID)
	if err != nil {
		return c, ch, err
	}
	at := f.cfg.Kit.Now().UTC().Truncate(time.Microsecond)
	return c, ch, f.cfg.Store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{
		{Kind: accesslog.View, At: at, Case: c.ID, Who: by.ID, Office: by.Office, What: "desk.originals", Reason: "leg of office " + by.Office},
	}})
}

// mostRows bounds a list; what is due first stands first, so nothing is forgotten.
const mostRows = 100

type listView struct {
	Rows    [][]page.Cell
	Typed   string
	Problem []page.FieldError
}

// list is what the office has to do about papers, with the field that a code reader types into.
func (f *Face) list(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	return f.showList(w, r, by, listView{})
}

func (f *Face) showList(w http.ResponseWriter, r *http.Request, by casefile.Actor, v listView) error {
	ctx := r.Context()
	list, err := f.cfg.Store.OriginalsAt(ctx, by.Office, mostRows)
	if err != nil {
		return err
	}
	for _, ch := range list {
		c, err := f.cfg.Store.Case(ctx, ch.Case)
		if err != nil {
			return err
		}
		v.Rows = append(v.Rows, []page.Cell{
			{Content: link(caseHref(ch.Case), page.T(ctx, "originals.open"), string(ch.No))},
			{Text: f.matter(ctx, c.Item)},
			{Content: words(f.todo(ctx, c, ch, by.Office))},
			{Text: page.ShortDay(ch.Day(), page.PrefsOf(ctx).Lang)},
		})
	}
	return f.show(w, r, len(v.Problem), page.T(ctx, "originals.title"), "/desk", listPage(v))
}

// todo is what an office has to do about the papers of a case, in words.
func (f *Face) todo(ctx context.Context, c casefile.Case, ch original.Chain, code string) (out []string) {
	e, err := original.EndsOf(c)
	if err != nil {
		return nil
	}
	add := func(key string, n int) {
		if n > 0 {
			out = append(out, page.T(ctx, "originals.todo."+key, n))
		}
	}
	trouble, coming, late := 0, 0, 0
	for _, p := range ch.Papers {
		if p.Trouble() {
			trouble++
		}
	}
	for _, b := range ch.Bags {
		if b.Waits() && b.To == code {
			coming++
		}
		if b.Waits() && f.today().After(b.Due) {
			late++
		}
	}
	add("trouble", trouble)
	add("late", late)
	if code == e.Window.Office {
		add("send", len(ch.ToSend()))
		add("give", len(ch.At(code)))
	} else {
		add("held", len(ch.At(code)))
	}
	add("coming", coming)
	return out
}

// scan opens the bag whose number was read from a label. A bag that is for another office says for which.
func (f *Face) scan(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	ctx := r.Context()
	v := listView{Typed: r.PostForm.Get("number")}
	c, b, err := f.cfg.Desk.Find(ctx, by, v.Typed, f.cfg.Store.CaseByNo)
	switch {
	case errs.Is(err, errs.WrongBag):
		v.Problem = problem(ctx, "number", err)
		v.Problem[0].Text += page.T(ctx, "originals.scan.for", f.office(ctx, b.To), f.phone(b.To))
		return f.showList(w, r, by, v)
	case errs.Is(err, errs.BagNumber), errs.Is(err, errs.UnknownBag):
		v.Problem = problem(ctx, "number", err)
		return f.showList(w, r, by, v)
	case err != nil:
		return err
	}
	to := bagHref(c.ID, b.No)
	if b.Got != nil {
		to += "?said=twice"
	}
	return page.SeeOther(w, r, to)
}

// problem is an error of the domain beside the field that it is about, with what to do next.
func problem(ctx context.Context, field string, err error) []page.FieldError {
	said := errs.CodeOf(err).Text(page.PrefsOf(ctx).Lang)
	return []page.FieldError{{Field: field, Text: page.T(ctx, "originals.problem", said.What, said.Next)}}
}

func caseHref(id string) string { return "/desk/cases/" + id + "/originals" }

func bagHref(id string, no original.No) string { return caseHref(id) + "/" + string(no) }

func (f *Face) today() workday.Date { return workday.DateOf(f.cfg.Kit.Now()) }

func (f *Face) office(ctx context.Context, code string) string {
	o, ok := f.cfg.Kit.Office(code)
	if !ok {
		return code
	}
	return pick(ctx, o.Name, o.NameEn)
}

func (f *Face) phone(code string) string {
	o, _ := f.cfg.Kit.Office(code)
	return o.Phone
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
