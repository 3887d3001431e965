package org

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/handling/empower"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// The two ways to a mandate in the family: who will act asks for it, or who lets them writes it.
const (
	wayAsk = "ask"
	wayLet = "let"
)

// familyView is who acts for the visitor, and for whom the visitor acts.
type familyView struct {
	Given, Held [][]page.Cell
}

func (f *Face) family(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	ctx := r.Context()
	given, held, err := f.cfg.Office.Family(ctx, v.Person)
	if err != nil {
		return err
	}
	var view familyView
	for _, m := range given {
		view.Given = append(view.Given, f.kinRow(ctx, m, m.Agent.Name))
	}
	for _, m := range held {
		name := m.Representative.Name
		if name == "" {
			name = page.T(ctx, "org.kin.nobody")
		}
		view.Held = append(view.Held, f.kinRow(ctx, m, name))
	}
	return f.show(w, r, http.StatusOK, page.T(ctx, "org.kin.title"), "/cases", familyPage(view))
}

func (f *Face) kinRow(ctx context.Context, m mandate.Record, name string) []page.Cell {
	return []page.Cell{
		{Content: mandateLink(m.ID, name)},
		page.Text(f.matters(ctx, m.Items)), page.Text(m.Until.String()),
		page.Text(page.T(ctx, mandateView{M: m, State: m.Standing(f.today())}.state())),
	}
}

// kinView is the form of one of the two ways; Wrong is by field.
type kinView struct {
	Way string
	giveView
}

func (f *Face) kin(w http.ResponseWriter, r *http.Request, _ page.Visitor) error {
	way := r.PathValue("way")
	if way != wayAsk && way != wayLet {
		return errs.New(errs.NoSuchPage, "no such way")
	}
	today := f.today()
	view := kinView{way, giveView{
		Key: unit.NewID(), From: parts(today), Until: parts(workday.NewDate(today.Year()+1, today.Month(), today.Day()).AddDays(-1)),
	}}
	if code := r.URL.Query().Get("item"); plain.MatchString(code) {
		view.Items = []string{code}
	}
	return f.showKin(w, r, http.StatusOK, view)
}

func (f *Face) showKin(w http.ResponseWriter, r *http.Request, status int, v kinView) error {
	for _, it := range f.cfg.Office.Matters() {
		v.Choices = append(v.Choices, page.Choice{Value: it.Code, Text: pick(r.Context(), it.Name, it.NameEn)})
	}
	return f.show(w, r, status, page.T(r.Context(), "org.kin."+v.Way+".title"), "/family", kinPage(v))
}

// kinGiven writes the mandate down and leads to its page: there it is signed, or its address is sent to who is asked.
func (f *Face) kinGiven(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	way := r.PathValue("way")
	if way != wayAsk && way != wayLet {
		return errs.New(errs.NoSuchPage, "no such way")
	}
	q := r.PostForm
	view := kinView{way, giveView{
		Key: q.Get("key"), Name: q.Get("name"), Number: q.Get("number"), Items: q["items"], Wrong: map[string]string{},
		From: typedDay(q, "from"), Until: typedDay(q, "until"),
	}}
	g := empower.Grant{ID: view.Key, Agent: v.Person, Items: slices.Clone(view.Items)}
	if way == wayLet {
		agent, err := party.NewPerson(view.Name, party.ResidentID, view.Number, "")
		view.note(r.Context(), err)
		g.Agent = agent
	}
	var err1, err2 error
	g.From, err1 = dayOf(view.From)
	g.Until, err2 = dayOf(view.Until)
	if err1 != nil || err2 != nil {
		view.note(r.Context(), errs.New(errs.MandatePeriod, "no day"))
	}
	if len(view.Wrong) == 0 {
		m, err := f.write(r.Context(), way, v.Person, g)
		if err == nil {
			return page.SeeOther(w, r, "/mandates/"+url.PathEscape(m.ID))
		}
		if !view.note(r.Context(), err) {
			return err
		}
	}
	return f.showKin(w, r, http.StatusUnprocessableEntity, view)
}

func (f *Face) write(ctx context.Context, way string, who party.Person, g empower.Grant) (mandate.Record, error) {
	if way == wayAsk {
		return f.cfg.Office.Ask(ctx, g)
	}
	return f.cfg.Office.Let(ctx, who, g)
}

// word is the wording of a unit's mandate, or that of a person's own.
func (v mandateView) word(unit, personal string) string {
	if v.M.Personal() {
		return personal
	}
	return unit
}

// state is the wording of how the mandate stands.
func (v mandateView) state() string {
	if v.M.Personal() {
		return "org.kin.state." + v.State
	}
	return "org.state." + v.State
}
