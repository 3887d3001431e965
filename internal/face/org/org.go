// Package org is the pages of those who act for a unit or for somebody of their family (ux pages.md E-09 and E-33): whom an application
// is for, the unit's own page with its agents and their authority, who in the family acts for whom (亲友代办), and one authority to
// sign, accept, print and take back. Every page works without script.
package org

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"tongban/internal/domain/item"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/handling/empower"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Papers reads a stored document by its id; errs.Missing.
type Papers interface {
	Paper(ctx context.Context, id string) (unit.Paper, error)
}

// Config is what these pages need.
type Config struct {
	Office    *empower.Office
	Kit       *unit.Kit
	Gate      page.Gate
	Consent   page.Consenter // leads to the identity provider and back
	Papers    Papers
	Frame     func(r *http.Request) page.Frame // the entrance's
	PublicURL string                           // of the entrance, without a slash at its end
	Demo      bool
}

// Face is the pages of one node. Safe for concurrent use.
type Face struct{ cfg Config }

// New makes the face.
func New(cfg Config) *Face { return &Face{cfg} }

// Register puts the pages on the entrance's site.
func (f *Face) Register(s *page.Site) {
	s.Get("/act-for", f.guard(f.actFor))
	s.Get("/org", f.guard(f.home))
	s.Post("/org", f.guard(f.open))
	s.Get("/org/{unit}", f.guard(f.one))
	s.Get("/org/{unit}/give", f.guard(f.give))
	s.Post("/org/{unit}/give", f.guard(f.given))
	s.Get("/family", f.guard(f.family))
	s.Get("/family/{way}", f.guard(f.kin))
	s.Post("/family/{way}", f.guard(f.kinGiven))
	s.Get("/mandates/{id}", f.guard(f.mandate))
	s.Get("/mandates/{id}/sign", f.guard(f.sign))
	s.Get("/mandates/{id}/paper", f.guard(f.paper))
	s.Post("/mandates/{id}/{act}", f.guard(f.act))
}

func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, v page.Visitor) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, ok := f.cfg.Gate.Visitor(r)
		switch {
		case !ok:
			return errs.New(errs.SignInNeeded, "units")
		case v.Person.IDNo == "":
			return errs.New(errs.IdentityTooLow, "units")
		}
		return h(w, r, v)
	}
}

func (f *Face) show(w http.ResponseWriter, r *http.Request, status int, title, back string, body templ.Component) error {
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back, fr.HasError = title, back, status == http.StatusUnprocessableEntity
	return page.Show(w, r, status, fr, body)
}

// homeView is the units that somebody leads, and those that can be opened.
type homeView struct {
	Led   []mandate.Account
	Firms []empower.Licence
}

func (f *Face) home(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	names, err := f.cfg.Office.Names(r.Context(), v.Person)
	if err != nil {
		return err
	}
	var view homeView
	for _, n := range names.List {
		if n.Leads(v.Person) {
			view.Led = append(view.Led, n.Account)
		}
	}
	firms, err := f.cfg.Office.Firms(r.Context(), v.Person)
	if err != nil {
		return err
	}
	view.Firms = slices.DeleteFunc(firms, func(l empower.Licence) bool {
		return slices.ContainsFunc(view.Led, func(a mandate.Account) bool { return a.Org.USCC == l.Org.USCC && a.Licence == l.ID })
	})
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "org.title"), "/cases", homePage(view))
}

func (f *Face) open(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	a, err := f.cfg.Office.Open(r.Context(), v.Person, r.PostForm.Get("licence"))
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/org/"+string(a.Org.USCC))
}

// oneView is E-33.
type oneView struct {
	A        mandate.Account
	Abnormal bool
	Staff    [][]page.Cell
}

func (f *Face) one(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	ctx := r.Context()
	a, list, err := f.lead(r, v)
	if err != nil {
		return err
	}
	view := oneView{A: a}
	switch err := f.cfg.Office.Fit(ctx, a); {
	case errs.Is(err, errs.UnitAbnormal):
		view.Abnormal = true
	case err != nil:
		return err
	}
	for _, m := range list {
		view.Staff = append(view.Staff, []page.Cell{
			{Content: mandateLink(m.ID, m.Agent.Name)},
			page.Text(f.matters(ctx, m.Items)), page.Text(m.Until.String()),
			page.Text(page.T(ctx, "org.state."+m.Standing(f.today()))),
		})
	}
	return f.show(w, r, http.StatusOK, a.Org.Name, "/org", onePage(view))
}

func (f *Face) lead(r *http.Request, v page.Visitor) (mandate.Account, []mandate.Record, error) {
	code, err := idno.ParseUSCC(r.PathValue("unit"))
	if err != nil {
		return mandate.Account{}, nil, errs.New(errs.NotInThatName, "no code")
	}
	return f.cfg.Office.Lead(r.Context(), v.Person, code)
}

// giveView is the form; Wrong is by field.
type giveView struct {
	Key         string
	A           mandate.Account
	Name        string
	Number      string
	Items       []string
	From, Until [3]string // year, month, day
	Wrong       map[string]string
	Choices     []page.Choice
}

func (f *Face) give(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	a, _, err := f.lead(r, v)
	if err != nil {
		return err
	}
	today := f.today()
	return f.showGive(w, r, http.StatusOK, giveView{
		Key: unit.NewID(), A: a, From: parts(today), Until: parts(workday.NewDate(today.Year()+1, today.Month(), today.Day()).AddDays(-1)),
	})
}

func (f *Face) showGive(w http.ResponseWriter, r *http.Request, status int, v giveView) error {
	for _, it := range f.cfg.Kit.Catalogue.All() {
		if _, defined := f.cfg.Kit.Catalogue.Version(it.Code, f.today()); defined && slices.Contains(it.Subject, "org") {
			v.Choices = append(v.Choices, page.Choice{Value: it.Code, Text: pick(r.Context(), it.Name, it.NameEn)})
		}
	}
	return f.show(w, r, status, page.T(r.Context(), "org.give.title"), "/org/"+string(v.A.Org.USCC), givePage(v))
}

// given writes the authority down and leads to the page on which it is read and signed.
func (f *Face) given(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	a, _, err := f.lead(r, v)
	if err != nil {
		return err
	}
	q := r.PostForm
	view := giveView{
		Key: q.Get("key"), A: a, Name: q.Get("name"), Number: q.Get("number"), Items: q["items"], Wrong: map[string]string{},
		From: typedDay(q, "from"), Until: typedDay(q, "until"),
	}
	agent, err := party.NewPerson(view.Name, party.ResidentID, view.Number, "")
	view.note(r.Context(), err)
	from, err1 := dayOf(view.From)
	until, err2 := dayOf(view.Until)
	if err1 != nil || err2 != nil {
		view.note(r.Context(), errs.New(errs.MandatePeriod, "no day"))
	}
	if len(view.Wrong) == 0 {
		m, err := f.cfg.Office.Draw(r.Context(), v.Person, a.Org.USCC, empower.Grant{ID: view.Key, Agent: agent, Items: view.Items, From: from, Until: until})
		if err == nil {
			return page.SeeOther(w, r, "/mandates/"+m.ID)
		}
		if !view.note(r.Context(), err) {
			return err
		}
	}
	return f.showGive(w, r, http.StatusUnprocessableEntity, view)
}

// note puts what is wrong beside its field; false for an error that is not about what was typed.
func (v giveView) note(ctx context.Context, err error) bool {
	code := errs.CodeOf(err)
	var field string
	switch {
	case err == nil:
		return true
	case code == errs.PersonNameForm:
		field = "name"
	case code == errs.MandateScope, code == errs.NotByAgent:
		field = "items"
	case code == errs.MandatePeriod:
		field = "until"
	case code.Kind() == errs.Invalid && code != errs.BadRequest:
		field = "number"
	default:
		return false
	}
	said := code.Text(page.PrefsOf(ctx).Lang)
	v.Wrong[field] = page.T(ctx, "org.problem", said.What, said.Next)
	return true
}

// wrongs are the fields with a problem, in the form's order.
func (v giveView) wrongs() []page.FieldError {
	var out []page.FieldError
	for _, field := range []string{"name", "number", "items", "until"} {
		id := field
		if field == "until" {
			id = "until-year"
		}
		if s := v.Wrong[field]; s != "" {
			out = append(out, page.FieldError{Field: id, Text: s})
		}
	}
	return out
}

// matters are items by name.
func (f *Face) matters(ctx context.Context, codes []string) string {
	var names []string
	for _, code := range codes {
		it, ok := f.cfg.Kit.Catalogue.Item(code)
		if !ok {
			it = item.Item{Name: code}
		}
		names = append(names, pick(ctx, it.Name, it.NameEn))
	}
	return strings.Join(names, page.T(ctx, "org.comma"))
}

func (f *Face) today() workday.Date { return workday.DateOf(f.cfg.Kit.Now()) }

func pick(ctx context.Context, zh, en string) string {
	if page.PrefsOf(ctx).Lang == "en" && en != "" {
		return en
	}
	return zh
}

func parts(d workday.Date) [3]string {
	return [3]string{strconv.Itoa(d.Year()), strconv.Itoa(int(d.Month())), strconv.Itoa(d.Day())}
}

func typedDay(q url.Values, name string) [3]string {
	return [3]string{q.Get(name + "-year"), q.Get(name + "-month"), q.Get(name + "-day")}
}

func dayOf(p [3]string) (workday.Date, error) {
	for i, s := range p[1:] {
		if len(s) == 1 {
			p[i+1] = "0" + s
		}
	}
	return workday.ParseDate(strings.Join(p[:], "-"))
}
