// Package rate is the pages of the 好差评 for the public (ux pages.md E-25): window and deciding office apart, five levels with
// nothing chosen beforehand, the indicators that are fixed nationally, and what became of a bad rating. On the page of the
// case it needs a sign-in; with the code on the receipt the window is rated without one, once. Beside them stand the pages of a
// complaint (E-26), which goes to oversight.
package rate

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/message"
	"tongban/internal/domain/party"
	"tongban/internal/domain/rating"
	"tongban/internal/handling/evaluate"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/throttle"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Config is what these pages need.
type Config struct {
	Desk       *evaluate.Desk
	Complaints *evaluate.Complaints
	Kit        *unit.Kit
	Gate       page.Gate
	// Own reads a case that is the person's; errs.NoSuchCase for any other. Looked logs the look before the page is shown.
	Own    func(ctx context.Context, who party.Person, no string) (casefile.Case, error)
	Looked func(ctx context.Context, c casefile.Case, what string) error
	Frame  func(r *http.Request) page.Frame // the entrance's, so that both look as one
	// Client names who asks, for the limit on guessing codes.
	Client func(r *http.Request) string
}

// Face is the rating of one node. Safe for concurrent use.
type Face struct {
	cfg   Config
	limit *throttle.Throttle
}

// tries is how many codes may be tried from one address in a minute: a hall's people share one, and 50 bits stand all the same.
const tries = 120

// New makes the face.
func New(cfg Config) *Face {
	return &Face{cfg: cfg, limit: throttle.New(tries, time.Minute, time.Now)}
}

// Register puts the pages on the entrance's site.
func (f *Face) Register(s *page.Site) {
	s.Get("/cases/{no}/rate", f.guard(f.list))
	s.Get("/cases/{no}/rate/{target}", f.guard(f.form))
	s.Post("/cases/{no}/rate/{target}", f.guard(f.send))
	s.Get("/cases/{no}/complain", f.guard(f.complaints))
	s.Get("/cases/{no}/complain/{target}", f.guard(f.complain))
	s.Post("/cases/{no}/complain/{target}", f.guard(f.complained))
	s.Get("/rate", f.enter)
	s.Get("/rate/{no}/{code}", f.codeForm)
	s.Post("/rate/{no}/{code}", f.codeSend)
}

func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, c casefile.Case) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			return errs.New(errs.SignInNeeded, "rating")
		}
		c, err := f.cfg.Own(r.Context(), v.Person, r.PathValue("no"))
		if err != nil {
			return err
		}
		return h(w, r, c)
	}
}

func (f *Face) show(w http.ResponseWriter, r *http.Request, status int, title, back string, body templ.Component) error {
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back, fr.HasError = title, back, status == http.StatusUnprocessableEntity
	if r.URL.Query().Get("done") != "" {
		fr.Flash = page.T(r.Context(), "rating.thanks")
	}
	if r.URL.Query().Get("made") != "" {
		fr.Flash = page.T(r.Context(), "complaint.made")
	}
	return page.Show(w, r, status, fr, body)
}

// service is one service of a case with what was said of it.
type service struct {
	rating.Chance
	Name, Href string
	Given      []said
	Until, Why string
}

// said is one rating as its giver reads it.
type said struct {
	Head, When string
	Text       []string
	State      string // of a bad one
	Answer     []string
	Due        string
}

type listView struct {
	No       string
	Matter   string
	Services []service
}

// list is what can be rated of a case, and what was.
func (f *Face) list(w http.ResponseWriter, r *http.Request, c casefile.Case) error {
	ctx := r.Context()
	chances, given, err := f.cfg.Desk.Chances(ctx, c)
	if err != nil {
		return err
	}
	v := listView{No: string(c.No), Matter: f.matter(ctx, c)}
	for _, ch := range chances {
		s := service{Chance: ch, Name: f.office(ctx, ch.Office), Href: "/cases/" + string(c.No) + "/rate/" + string(ch.Target)}
		if ch.Nth == 0 {
			s.Why = ch.Why.Text(page.PrefsOf(ctx).Lang).What
		} else if !ch.Until.IsZero() {
			s.Until = page.ShortDay(ch.Until, page.PrefsOf(ctx).Lang)
		}
		for _, g := range given {
			if g.Target == ch.Target {
				s.Given = append(s.Given, f.said(ctx, g))
			}
		}
		v.Services = append(v.Services, s)
	}
	if err := f.cfg.Looked(ctx, c, "rating"); err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, page.T(ctx, "rating.title"), "/cases/"+string(c.No), listPage(v))
}

func (f *Face) said(ctx context.Context, g rating.Rating) said {
	lang := page.PrefsOf(ctx).Lang
	s := said{Head: levelWords(ctx, g.Level), When: page.ShortDay(workday.DateOf(g.At), lang), Text: lines(g.Text)}
	if g.Care.State == rating.Given {
		return s
	}
	s.State = page.T(ctx, "rating.state."+string(g.Care.State))
	if a, ok := g.Care.Answer(); ok {
		s.Answer = append([]string{page.T(ctx, "rating.answer."+string(a.Act))}, lines(a.Text)...)
	} else if !g.Care.Due.IsZero() {
		day := workday.DateOf(g.Care.Due).AddDays(-1)
		s.Due = page.T(ctx, "rating.due", page.ShortDay(day, lang))
		if g.Care.Provisional {
			s.Due += page.T(ctx, "rating.provisional")
		}
	}
	return s
}

type formView struct {
	Action     string
	Office     string
	Target     rating.Target
	Again      bool // the 追评
	ByCode     bool
	Key        string
	Level      string // as chosen; "" until the person chooses
	Indicators []rating.Indicator
	Scores     map[string]string
	Text       string
	Named      bool
	Problems   []page.FieldError
	Rules      rating.Rules
}

func (v formView) problem(field string) string {
	for _, p := range v.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// chance is a service of a case that can be rated now.
func (f *Face) chance(ctx context.Context, c casefile.Case, t rating.Target) (rating.Chance, error) {
	chances, _, err := f.cfg.Desk.Chances(ctx, c)
	if err != nil {
		return rating.Chance{}, err
	}
	for _, ch := range chances {
		if ch.Target == t && ch.Nth > 0 {
			return ch, nil
		}
		if ch.Target == t {
			return ch, errs.New(ch.Why, "%s", t)
		}
	}
	return rating.Chance{}, errs.New(errs.NoSuchRating, "%q", t)
}

func (f *Face) form(w http.ResponseWriter, r *http.Request, c casefile.Case) error {
	return f.formAgain(w, r, c, http.StatusOK, formView{})
}

func (f *Face) formAgain(w http.ResponseWriter, r *http.Request, c casefile.Case, status int, v formView) error {
	ctx := r.Context()
	t := rating.Target(r.PathValue("target"))
	ch, err := f.chance(ctx, c, t)
	if err != nil {
		return err
	}
	back := "/cases/" + string(c.No) + "/rate"
	f.fill(ctx, &v, ch)
	v.Action = back + "/" + string(t)
	if err := f.cfg.Looked(ctx, c, "rating"); err != nil {
		return err
	}
	return f.show(w, r, status, page.T(ctx, "rating.form."+string(t), v.Office), back, formPage(v))
}

func (f *Face) fill(ctx context.Context, v *formView, ch rating.Chance) {
	today := workday.DateOf(f.cfg.Kit.Now())
	if v.Key == "" {
		v.Key = unit.NewID()
	}
	v.Office, v.Target, v.Again = f.office(ctx, ch.Office), ch.Target, ch.Nth > 1
	v.Indicators, v.Rules = f.cfg.Kit.Ratings.Set(ch.Set, today).Indicator, f.cfg.Kit.Ratings.On(today)
}

// send keeps a rating. The same form sent twice is one rating.
func (f *Face) send(w http.ResponseWriter, r *http.Request, c casefile.Case) error {
	wish, v := read(r.PostForm)
	wish.Target = rating.Target(r.PathValue("target"))
	err := f.cfg.Desk.Give(r.Context(), c, wish)
	if status, ok := v.wrong(r.Context(), err); ok {
		return f.formAgain(w, r, c, status, v)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/cases/"+string(c.No)+"/rate?done=1")
}

// wrong marks what a form has to mend; false if the error is of another kind.
func (v *formView) wrong(ctx context.Context, err error) (int, bool) {
	field := map[errs.Code]string{errs.BadRating: "level", errs.MessageLong: "text"}[errs.CodeOf(err)]
	if err == nil || field == "" {
		return 0, false
	}
	words := errs.CodeOf(err).Text(page.PrefsOf(ctx).Lang)
	v.Problems = []page.FieldError{{Field: field, Text: words.What}}
	return http.StatusUnprocessableEntity, true
}

// read takes a form. An indicator that nobody chose is left out.
func read(q url.Values) (rating.Wish, formView) {
	v := formView{Key: q.Get("key"), Level: q.Get("level"), Text: q.Get("text"), Named: q.Get("named") == "yes", Scores: map[string]string{}}
	w := rating.Wish{ID: v.Key, Level: level(v.Level), Text: v.Text, Named: v.Named}
	for name, values := range q {
		key, ok := strings.CutPrefix(name, "score.")
		if !ok || len(values) == 0 || values[0] == "" {
			continue
		}
		if w.Scores == nil {
			w.Scores = map[string]rating.Level{}
		}
		w.Scores[key], v.Scores[key] = level(values[0]), values[0]
	}
	return w, v
}

func level(s string) rating.Level {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return rating.Level(n)
}

// enter is the form for who types number and code instead of pointing a telephone at the paper.
func (f *Face) enter(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	no, code := q.Get("no"), normal(q.Get("code"))
	if no == "" && code == "" {
		return f.show(w, r, http.StatusOK, page.T(r.Context(), "rating.code.title"), "/", enterPage("", ""))
	}
	if n, err := casefile.ParseNo(no); err == nil && code != "" {
		return page.SeeOther(w, r, (&url.URL{Path: "/rate/" + string(n) + "/" + code}).String())
	}
	return f.show(w, r, http.StatusUnprocessableEntity, page.T(r.Context(), "rating.code.title"), "/",
		enterPage(no, errs.NoRatingCode.Text(page.PrefsOf(r.Context()).Lang).What))
}

// normal reads a code as people type it.
func normal(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(s))
}

func (f *Face) codeForm(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Get("done") != "" {
		return f.show(w, r, http.StatusOK, page.T(r.Context(), "rating.thanks"), "/", thanksPage())
	}
	return f.codeAgain(w, r, http.StatusOK, formView{})
}

// codeAgain shows the form to who has the paper: the name of the window, and nothing of the case.
func (f *Face) codeAgain(w http.ResponseWriter, r *http.Request, status int, v formView) error {
	if err := f.limit.Take(f.cfg.Client(r)); err != nil {
		return err
	}
	ctx := r.Context()
	no, code := r.PathValue("no"), normal(r.PathValue("code"))
	c, err := f.cfg.Desk.ByCode(ctx, no, code)
	if err != nil {
		return err
	}
	if err := f.cfg.Desk.Unused(ctx, c, v.Key); err != nil {
		return err
	}
	ch, err := f.chance(ctx, c, rating.Window)
	if err != nil {
		return err
	}
	f.fill(ctx, &v, ch)
	v.Action, v.ByCode = "/rate/"+string(c.No)+"/"+code, true
	return f.show(w, r, status, page.T(ctx, "rating.form.window", v.Office), "/", formPage(v))
}

func (f *Face) codeSend(w http.ResponseWriter, r *http.Request) error {
	if err := f.limit.Take(f.cfg.Client(r)); err != nil {
		return err
	}
	wish, v := read(r.PostForm)
	code := normal(r.PathValue("code"))
	err := f.cfg.Desk.GiveByCode(r.Context(), r.PathValue("no"), code, wish)
	if status, ok := v.wrong(r.Context(), err); ok {
		return f.codeAgain(w, r, status, v)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, (&url.URL{Path: "/rate/" + r.PathValue("no") + "/" + code, RawQuery: "done=1"}).String())
}

func (f *Face) office(ctx context.Context, code string) string {
	o, ok := f.cfg.Kit.Office(code)
	switch {
	case !ok:
		return code
	case page.PrefsOf(ctx).Lang == "en" && o.NameEn != "":
		return o.NameEn
	}
	return o.Name
}

func (f *Face) matter(ctx context.Context, c casefile.Case) string {
	it, ok := f.cfg.Kit.Catalogue.Item(c.Item)
	switch {
	case !ok:
		return c.Item
	case page.PrefsOf(ctx).Lang == "en" && it.NameEn != "":
		return it.NameEn
	}
	return it.Name
}

func levelWords(ctx context.Context, l rating.Level) string {
	return page.T(ctx, "rating.level."+strconv.Itoa(int(l)))
}

// levels are the five as radios.
func levels(ctx context.Context) []page.Choice {
	out := make([]page.Choice, 0, len(rating.Levels))
	for _, l := range rating.Levels {
		out = append(out, page.Choice{Value: strconv.Itoa(int(l)), Text: levelWords(ctx, l)})
	}
	return out
}

func indicator(ctx context.Context, i rating.Indicator) string {
	if page.PrefsOf(ctx).Lang == "en" {
		return i.En
	}
	return i.Zh
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

const mostRunes = message.MostRunes
