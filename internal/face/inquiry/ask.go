package inquiry

import (
	"net/http"
	"slices"
	"strings"

	"tongban/internal/domain/assist"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/inquire"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

type askView struct {
	C       casefile.Case
	May     bool
	Types   []assist.Type
	Type    assist.Type
	Due     string
	Clock   string // whether the time counts
	Offices []page.Choice
	Fields  []page.Choice
	Key     string
	Words   string
	Problem []page.FieldError
	Asked   [][]page.Cell
}

// ask is D-13: what may be asked in the case's matter, of whom, by when; and what was asked.
func (f *Face) ask(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	c, err := f.mine(r, by)
	if err != nil {
		return err
	}
	return f.showAsk(w, r, by, c, askView{Key: unit.NewID()}, r.URL.Query().Get("type"))
}

// mine is a case in which the officer's office has a leg at this node.
func (f *Face) mine(r *http.Request, by casefile.Actor) (casefile.Case, error) {
	c, err := f.cfg.Store.Case(r.Context(), r.PathValue("id"))
	if err != nil {
		return c, err
	}
	m := c.Matter(f.cfg.Kit.Now())
	m.Offices = nil
	for _, l := range c.Legs {
		if l.Node == f.cfg.Kit.Me {
			m.Offices = append(m.Offices, l.Office)
		}
	}
	return c, by.Officer().May(office.SeeCase, m)
}

func (f *Face) showAsk(w http.ResponseWriter, r *http.Request, by casefile.Actor, c casefile.Case, v askView, kind string) error {
	ctx := r.Context()
	v.C = c
	_, _, not := casefile.Inquire(c, f.cfg.Kit.Me, by, casefile.Inquired{}, f.cfg.Kit.Now())
	v.May = not == nil
	v.Types = assist.Default().For(c.Item, c.Day(f.cfg.Kit.Now()))
	for i, t := range v.Types {
		if i == 0 || t.Key == kind {
			v.Type = t
		}
	}
	due, provisional := v.Type.Due(f.cfg.Kit.Calendar, c.Day(f.cfg.Kit.Now()))
	v.Due = page.T(ctx, "inquiry.ask.days", v.Type.Days, page.ShortDay(due, page.PrefsOf(ctx).Lang))
	if provisional {
		v.Due = page.T(ctx, "inquiry.provisional", v.Due)
	}
	if v.Type.Mark != "" {
		v.Due = page.T(ctx, "inquiry.ask.unverified", v.Due)
	}
	v.Clock = f.clock(r, c)
	v.Offices = append([]page.Choice{{}}, f.offices(ctx, c, by.Office)...)
	chosen := r.PostForm["fields"]
	for _, one := range v.Type.Fields {
		v.Fields = append(v.Fields, page.Choice{Value: one.Key, Text: pick(ctx, one.Zh, one.En), Checked: len(chosen) == 0 || slices.Contains(chosen, one.Key)})
	}
	list, err := f.cfg.Store.Inquiries(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, q := range list {
		if q.From == f.cfg.Kit.Me && q.Office == by.Office {
			t := f.kind(q)
			v.Asked = append(v.Asked, []page.Cell{
				{Content: link("/desk/inquiries/"+q.ID, pick(ctx, t.Zh, t.En), "")},
				{Text: f.office(ctx, q.Desk)},
				{Text: page.T(ctx, "inquiry.state."+string(q.State))},
				{Text: f.due(ctx, q)},
			})
		}
	}
	if err := f.look(ctx, c.ID, by, "leg of office "+by.Office); err != nil {
		return err
	}
	code := http.StatusOK
	if len(v.Problem) > 0 {
		code = http.StatusUnprocessableEntity
	}
	return f.show(w, r, code, page.T(ctx, "inquiry.ask.title", string(c.No)), "/desk/cases/"+c.ID, askPage(v))
}

// clock says whether the time of an answer counts: by the item's rule, which names what stops the limit.
func (f *Face) clock(r *http.Request, c casefile.Case) string {
	ctx := r.Context()
	law, err := f.cfg.Kit.Law(c, c.Day(f.cfg.Kit.Now()))
	if err != nil {
		return page.T(ctx, "inquiry.ask.clock")
	}
	for _, l := range law.Version.Limits {
		if l.Kind == item.LimitDecide && len(l.Stops) > 0 {
			var names []string
			for _, p := range l.Stops {
				names = append(names, page.T(ctx, "desk.procedure."+p))
			}
			return page.T(ctx, "inquiry.ask.clock_stops", strings.Join(names, page.T(ctx, "inquiry.ask.and")))
		}
	}
	return page.T(ctx, "inquiry.ask.clock")
}

// send puts the question; a form with a gap comes back with all that was chosen.
func (f *Face) send(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	c, err := f.mine(r, by)
	if err != nil {
		return err
	}
	ctx, q := r.Context(), r.PostForm
	v := askView{Key: q.Get("key"), Words: q.Get("words")}
	if q.Get("office") == "" {
		v.Problem = append(v.Problem, page.FieldError{Field: "office", Text: page.T(ctx, "inquiry.ask.office_none")})
	}
	if len(q["fields"]) == 0 {
		v.Problem = append(v.Problem, page.FieldError{Field: "fields", Text: page.T(ctx, "inquiry.ask.fields_none")})
	}
	if len(v.Problem) > 0 {
		return f.showAsk(w, r, by, c, v, q.Get("type"))
	}
	_, err = f.cfg.Desk.Ask(ctx, by, c.ID, inquire.Want{
		ID: q.Get("key"), Row: row(q.Get("row")), Desk: q.Get("office"), Type: q.Get("type"), Fields: q["fields"], Words: q.Get("words"),
	})
	for code, field := range map[errs.Code]string{
		errs.InquiryWords: "words", errs.AskedItself: "office", errs.UnknownNode: "office", errs.NoCaseProof: "office", errs.ProviderAway: "office",
	} {
		if errs.Is(err, code) {
			said := code.Text(page.PrefsOf(ctx).Lang)
			v.Problem = []page.FieldError{{Field: field, Text: page.T(ctx, "inquiry.said", said.What, said.Next)}}
			return f.showAsk(w, r, by, c, v, q.Get("type"))
		}
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/cases/"+c.ID+"/ask-other?said=sent")
}
