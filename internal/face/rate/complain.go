package rate

import (
	"context"
	"net/http"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/complaint"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// complaints is E-26: what can be complained about, what was, and what became of it.
type complaintsView struct {
	No       string
	Matter   string
	Services []complained
}

// complained is one service of a case with the complaints about it.
type complained struct {
	Name, Href string
	Target     complaint.Target
	Open       bool // one can be made now
	Why        string
	Made       []grievance
}

// grievance is one complaint as its maker reads it.
type grievance struct {
	Head, When, State, Due string
	Text                   []string
	Answer                 []string
}

func (f *Face) complaints(w http.ResponseWriter, r *http.Request, c casefile.Case) error {
	ctx := r.Context()
	chances, made, err := f.cfg.Complaints.Of(ctx, c)
	if err != nil {
		return err
	}
	v := complaintsView{No: string(c.No), Matter: f.matter(ctx, c)}
	for _, ch := range chances {
		s := complained{Name: f.office(ctx, ch.Office), Target: ch.Target, Href: "/cases/" + string(c.No) + "/complain/" + string(ch.Target), Open: ch.Nth > 0}
		if !s.Open {
			s.Why = ch.Why.Text(page.PrefsOf(ctx).Lang).What
		}
		for _, x := range made {
			if x.Target == ch.Target {
				s.Made = append(s.Made, f.grievance(ctx, x))
			}
		}
		v.Services = append(v.Services, s)
	}
	if err := f.cfg.Looked(ctx, c, "complaint"); err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, page.T(ctx, "complaint.title"), "/cases/"+string(c.No), complaintsPage(v))
}

func (f *Face) grievance(ctx context.Context, x complaint.Complaint) grievance {
	lang := page.PrefsOf(ctx).Lang
	g := grievance{
		Head: f.aboutWords(ctx, x.About), When: page.ShortDay(workday.DateOf(x.At), lang), Text: lines(x.Text),
		State: page.T(ctx, "complaint.state."+string(x.Care.State)),
	}
	if a, ok := x.Care.Answer(); ok {
		g.Answer = append([]string{page.T(ctx, "complaint.answer."+string(a.Act))}, lines(a.Text)...)
	}
	if (x.Care.State == complaint.Open || x.Care.State == complaint.Taken) && !x.Care.Due.IsZero() {
		g.Due = page.T(ctx, "complaint.due."+string(x.Care.State), page.ShortDay(workday.DateOf(x.Care.Due).AddDays(-1), lang))
		if x.Care.Provisional {
			g.Due += page.T(ctx, "rating.provisional")
		}
	}
	return g
}

func (f *Face) aboutWords(ctx context.Context, key string) string {
	for _, a := range f.cfg.Kit.Complaints.Abouts() {
		if a.Key == key {
			return pick(ctx, a.Zh, a.En)
		}
	}
	return key
}

// complainView is the form.
type complainView struct {
	Action, Office, Key string
	About, Text         string // as chosen and typed
	Abouts              []page.Choice
	Problems            []page.FieldError
	Rules               complaint.Rules
}

func (v complainView) problem(field string) string {
	for _, p := range v.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

func (f *Face) complain(w http.ResponseWriter, r *http.Request, c casefile.Case) error {
	return f.complainAgain(w, r, c, http.StatusOK, complainView{Key: unit.NewID()})
}

func (f *Face) complainAgain(w http.ResponseWriter, r *http.Request, c casefile.Case, status int, v complainView) error {
	ctx, t := r.Context(), complaint.Target(r.PathValue("target"))
	chances, _, err := f.cfg.Complaints.Of(ctx, c)
	if err != nil {
		return err
	}
	err = errs.New(errs.NoSuchComplaint, "%q", t)
	for _, ch := range chances {
		switch {
		case ch.Target == t && ch.Nth == 0:
			err = errs.New(ch.Why, "%s", t)
		case ch.Target == t:
			v.Office, err = f.office(ctx, ch.Office), nil
		}
	}
	if err != nil {
		return err
	}
	back := "/cases/" + string(c.No) + "/complain"
	v.Action, v.Rules = back+"/"+string(t), f.cfg.Kit.Complaints.On(workday.DateOf(f.cfg.Kit.Now()))
	for _, a := range f.cfg.Kit.Complaints.Abouts() {
		v.Abouts = append(v.Abouts, page.Choice{Value: a.Key, Text: pick(ctx, a.Zh, a.En)})
	}
	if err := f.cfg.Looked(ctx, c, "complaint"); err != nil {
		return err
	}
	return f.show(w, r, status, page.T(ctx, "complaint.form", v.Office), back, complainPage(v))
}

// complained keeps a complaint. The same form sent twice is one.
func (f *Face) complained(w http.ResponseWriter, r *http.Request, c casefile.Case) error {
	q := r.PostForm
	v := complainView{Key: q.Get("key"), About: q.Get("about"), Text: q.Get("text")}
	err := f.cfg.Complaints.Make(r.Context(), c, complaint.Wish{ID: v.Key, Target: complaint.Target(r.PathValue("target")), About: v.About, Text: v.Text})
	field := map[errs.Code]string{errs.ComplaintAbout: "about", errs.ComplaintWords: "text", errs.MessageLong: "text"}[errs.CodeOf(err)]
	if err != nil && field != "" {
		v.Problems = []page.FieldError{{Field: field, Text: errs.CodeOf(err).Text(page.PrefsOf(r.Context()).Lang).What}}
		return f.complainAgain(w, r, c, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/cases/"+string(c.No)+"/complain?made=1")
}

func pick(ctx context.Context, zh, en string) string {
	if page.PrefsOf(ctx).Lang == "en" && en != "" {
		return en
	}
	return zh
}
