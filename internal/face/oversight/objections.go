package oversight

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/objection"
	"tongban/internal/domain/office"
	"tongban/internal/handling/dispute"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// objectionRow is one contested figure.
type objectionRow struct{ Href, Figure, Of, From, Month, State string }

// objections lists what is contested by this province or of it.
func (f *Face) objections(w http.ResponseWriter, r *http.Request, _ casefile.Actor) error {
	ctx := r.Context()
	list, err := f.cfg.Contests.Objections(ctx)
	if err != nil {
		return err
	}
	var rows []objectionRow
	for _, o := range list {
		rows = append(rows, objectionRow{
			Href: "/desk/objections/" + o.ID, Figure: f.figure(ctx, o.Figure), Of: f.node(ctx, o.Of), From: f.node(ctx, o.From), Month: writtenMonth(o.Month),
			State: page.T(ctx, "objection.states."+stateOf(o)),
		})
	}
	return f.show(w, r, http.StatusOK, page.T(ctx, "objection.title"), "", objectionsPage(rows))
}

// stateOf is where an objection stands, as a key of its words.
func stateOf(o objection.Objection) string {
	mine, _ := o.Last(o.From)
	theirs, answered := o.Last(o.Of)
	switch {
	case o.Settled():
		return "settled"
	case answered && theirs.At.After(mine.At):
		return "answered"
	}
	return "open"
}

func (f *Face) figure(ctx context.Context, key string) string {
	d, ok := f.cfg.Book.Find(key)
	switch {
	case !ok:
		return key
	case page.PrefsOf(ctx).Lang == "en":
		return d.NameEn
	}
	return d.Name
}

func writtenMonth(m int) string {
	return time.Date(m/100, time.Month(m%100), 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
}

// newObjectionView is the form, with what stands in it.
type newObjectionView struct {
	Key, Of, Month, Figure, Text string
	Places, Figures              []page.Choice
	Problem                      []page.FieldError
}

func (f *Face) objectionForm(w http.ResponseWriter, r *http.Request, _ casefile.Actor) error {
	return f.objectionAgain(w, r, http.StatusOK, newObjectionView{Key: unit.NewID()})
}

func (f *Face) objectionAgain(w http.ResponseWriter, r *http.Request, status int, v newObjectionView) error {
	ctx := r.Context()
	pick := page.Choice{Value: "", Text: page.T(ctx, "objection.pick")}
	v.Places, v.Figures = []page.Choice{pick}, []page.Choice{pick}
	for _, n := range f.cfg.Kit.Trust().Nodes {
		if n.ID.Member() && n.ID != f.cfg.Kit.Me {
			v.Places = append(v.Places, page.Choice{Value: string(n.ID), Text: f.node(ctx, n.ID)})
		}
	}
	for _, d := range f.cfg.Book.Figures {
		v.Figures = append(v.Figures, page.Choice{Value: d.Key, Text: f.figure(ctx, d.Key)})
	}
	return f.show(w, r, status, page.T(ctx, "objection.new"), "/desk/objections", newObjectionPage(v))
}

func (f *Face) objectionRaise(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	q := r.PostForm
	v := newObjectionView{Key: q.Get("key"), Of: q.Get("of"), Month: strings.TrimSpace(q.Get("month")), Figure: q.Get("figure"), Text: q.Get("text")}
	wish := dispute.Wish{ID: v.Key, Of: office.NodeID(v.Of), Figure: v.Figure, Text: v.Text}
	if at, err := time.Parse("2006-01", v.Month); err == nil {
		wish.Month = at.Year()*100 + int(at.Month())
	}
	err := f.cfg.Contests.Raise(r.Context(), by, wish)
	t := errs.CodeOf(err).Text(page.PrefsOf(r.Context()).Lang)
	switch {
	case err == nil:
		return page.SeeOther(w, r, "/desk/objections?noted=1")
	case errs.Is(err, errs.ContestWords):
		v.Problem = []page.FieldError{{Field: "text", Text: t.What}}
	case errs.Is(err, errs.ContestFigure):
		field := "of"
		if v.Of != "" && wish.Month == 0 {
			field = "month"
		} else if v.Of != "" && v.Figure == "" {
			field = "figure"
		}
		v.Problem = []page.FieldError{{Field: field, Text: t.What}}
	default:
		return err
	}
	return f.objectionAgain(w, r, http.StatusUnprocessableEntity, v)
}

// objectionView is one contested figure with all that was said.
type objectionView struct {
	ID      string
	N       int
	Rows    []page.Row
	Steps   []page.Event
	Acts    []page.Choice
	Act     string
	Text    string
	Problem []page.FieldError
}

// label is what the text field asks for.
func (v objectionView) label(ctx context.Context) string {
	if len(v.Acts) == 1 {
		return v.Acts[0].Text
	}
	return page.T(ctx, "rating.desk.words")
}

func (f *Face) objection(w http.ResponseWriter, r *http.Request, _ casefile.Actor) error {
	return f.objectionSeen(w, r, http.StatusOK, objectionView{})
}

func (f *Face) objectionSeen(w http.ResponseWriter, r *http.Request, status int, v objectionView) error {
	ctx := r.Context()
	o, err := f.cfg.Contests.See(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	v.ID, v.N = o.ID, len(o.Words)
	v.Rows = []page.Row{
		{Key: page.T(ctx, "objection.figure"), Value: f.figure(ctx, o.Figure)},
		{Key: page.T(ctx, "objection.month"), Value: writtenMonth(o.Month)},
		{Key: page.T(ctx, "objection.of"), Value: f.node(ctx, o.Of)},
		{Key: page.T(ctx, "objection.from"), Value: f.node(ctx, o.From)},
		{Key: page.T(ctx, "objection.state"), Value: page.T(ctx, "objection.states."+stateOf(o))},
	}
	for _, x := range o.Words {
		v.Steps = append(v.Steps, page.Event{
			What: page.T(ctx, "objection.said", f.node(ctx, x.By), page.T(ctx, "objection.acts."+string(x.Act))), Note: x.Text, When: shortTime(ctx, x.At), DateTime: x.At.UTC().Format(time.RFC3339),
		})
	}
	for _, a := range o.Acts(f.cfg.Kit.Me) {
		v.Acts = append(v.Acts, page.Choice{Value: string(a), Text: page.T(ctx, "objection.acts."+string(a))})
	}
	if len(v.Acts) == 1 {
		v.Act = v.Acts[0].Value
	}
	return f.show(w, r, status, page.T(ctx, "objection.one", f.figure(ctx, o.Figure)), "/desk/objections", objectionPage(v))
}

func (f *Face) objectionSay(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	q := r.PostForm
	if _, err := f.cfg.Contests.See(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	n, err := strconv.Atoi(q.Get("n"))
	if err != nil {
		return errs.New(errs.BadRequest, "n")
	}
	v := objectionView{Act: q.Get("act"), Text: q.Get("text")}
	if v.Act == "" {
		v.Problem = []page.FieldError{{Field: "act", Text: page.T(r.Context(), "rating.desk.pick")}}
		return f.objectionSeen(w, r, http.StatusUnprocessableEntity, v)
	}
	err = f.cfg.Contests.Say(r.Context(), by, r.PathValue("id"), n, objection.Act(v.Act), v.Text)
	if errs.Is(err, errs.ContestWords) {
		v.Problem = []page.FieldError{{Field: "text", Text: errs.CodeOf(err).Text(page.PrefsOf(r.Context()).Lang).What}}
		return f.objectionSeen(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/objections?noted=1")
}
