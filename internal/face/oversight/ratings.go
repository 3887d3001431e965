package oversight

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/message"
	"tongban/internal/domain/office"
	"tongban/internal/domain/rating"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// mostRows bounds a list; what is late stands first, so nothing is forgotten.
const mostRows = 100

// sumDays is how far back the sums of the first page reach.
const sumDays = 30

type ratingsView struct {
	Lists []ratingList
	Sums  [][]page.Cell
	Care  [][]page.Cell
	Key   bool
}

type ratingList struct {
	Key  string
	Rows []ratingRow
}

// ratingRow is one bad rating. It names neither person nor case.
type ratingRow struct {
	Href, Matter, Office, Level, State, Due string
	Late                                    bool
}

// ratings is what the office has to do; for who watches over it, what the province has.
func (f *Face) ratings(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	ctx := r.Context()
	view := ratingsView{Key: office.Ever(by.Roles, office.KeyRating)}
	add := func(key string, todo rating.Todo, at string) error {
		list, err := f.cfg.Rates.Store.RatingsToDo(ctx, todo, at, mostRows)
		if err != nil {
			return err
		}
		l := ratingList{Key: key}
		for _, x := range list {
			l.Rows = append(l.Rows, f.ratingRow(ctx, x))
		}
		view.Lists = append(view.Lists, l)
		return nil
	}
	if !office.Ever(by.Roles, office.CallBack) {
		if err := add("work", rating.Work, by.Office); err != nil {
			return err
		}
		return f.show(w, r, http.StatusOK, page.T(ctx, "rating.desk.title"), "", ratingsPage(view))
	}
	for key, todo := range map[string]rating.Todo{"call": rating.Calls, "review": rating.Review, "work_all": rating.Work} {
		if err := add(key, todo, ""); err != nil {
			return err
		}
	}
	slices.SortFunc(view.Lists, func(a, b ratingList) int { return cmp.Compare(a.Key, b.Key) })
	if err := f.sums(ctx, &view); err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, page.T(ctx, "rating.desk.title"), "", ratingsPage(view))
}

func (f *Face) ratingRow(ctx context.Context, x rating.Rating) ratingRow {
	due, late := f.due(ctx, x)
	return ratingRow{
		Href: "/desk/ratings/" + x.ID, Matter: f.matter(ctx, x.Item), Office: f.office(ctx, x.Office), Level: levelWords(ctx, x.Level),
		State: page.T(ctx, "rating.state."+string(x.Care.State)), Due: due, Late: late,
	}
}

// due is the last day of the step that is due, and whether it is over.
func (f *Face) due(ctx context.Context, x rating.Rating) (string, bool) {
	if x.Care.Due.IsZero() {
		return "", false
	}
	s := page.ShortDay(workday.DateOf(x.Care.Due).AddDays(-1), page.PrefsOf(ctx).Lang)
	if x.Care.Provisional {
		s += page.T(ctx, "rating.provisional")
	}
	return s, !f.cfg.Kit.Now().Before(x.Care.Due)
}

// sums are the levels by office, and where the bad ones stand.
func (f *Face) sums(ctx context.Context, view *ratingsView) error {
	until := f.today().End()
	since := until.Add(-sumDays * 24 * time.Hour)
	sums, err := f.cfg.Rates.Store.RatingSums(ctx, since, until)
	if err != nil {
		return err
	}
	type line struct {
		office string
		target rating.Target
	}
	by := map[line][6]int{}
	for _, s := range sums {
		l := by[line{s.Office, s.Target}]
		l[s.Level], l[0] = l[s.Level]+s.N, l[0]+s.N
		by[line{s.Office, s.Target}] = l
	}
	keys := slices.SortedFunc(maps.Keys(by), func(a, b line) int {
		return cmp.Or(cmp.Compare(a.office, b.office), cmp.Compare(b.target, a.target))
	})
	for _, k := range keys {
		row := []page.Cell{{Text: page.T(ctx, "rating.target."+string(k.target), f.office(ctx, k.office))}}
		for _, l := range rating.Levels {
			row = append(row, page.Cell{Text: strconv.Itoa(by[k][l]), Numeric: true})
		}
		view.Sums = append(view.Sums, append(row, page.Cell{Text: strconv.Itoa(by[k][0]), Numeric: true}))
	}
	care, err := f.cfg.Rates.Store.RatingCare(ctx, since, until)
	for _, c := range care {
		named := page.T(ctx, "rating.desk.named_no")
		if c.Named {
			named = page.T(ctx, "rating.desk.named_yes")
		}
		view.Care = append(view.Care, []page.Cell{
			{Text: page.T(ctx, "rating.state."+string(c.State))}, {Text: named}, {Text: strconv.Itoa(c.N), Numeric: true},
		})
	}
	return err
}

type ratingView struct {
	R       rating.Rating
	Rows    []page.Row
	Text    []string
	Steps   []page.Event
	Acts    []page.Choice
	Whom    []page.Row
	Act     string // as chosen
	Words   string
	Problem []page.FieldError
}

// rating is one bad rating with its steps.
func (f *Face) rating(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	return f.ratingAgain(w, r, by, http.StatusOK, ratingView{})
}

func (f *Face) ratingAgain(w http.ResponseWriter, r *http.Request, by casefile.Actor, status int, v ratingView) error {
	ctx := r.Context()
	x, err := f.cfg.Rates.See(ctx, by, r.PathValue("id"))
	if err != nil {
		return err
	}
	due, late := f.due(ctx, x)
	if late {
		due += " " + page.T(ctx, "rating.desk.late")
	}
	named := page.T(ctx, "rating.desk.named_no")
	if x.Named {
		named = page.T(ctx, "rating.desk.named_yes")
	}
	v.R, v.Text = x, lines(x.Text)
	v.Rows = []page.Row{
		{Key: page.T(ctx, "rating.desk.office"), Value: page.T(ctx, "rating.target."+string(x.Target), f.office(ctx, x.Office))},
		{Key: page.T(ctx, "rating.desk.matter"), Value: f.matter(ctx, x.Item)},
		{Key: page.T(ctx, "rating.desk.level"), Value: levelWords(ctx, x.Level)},
	}
	set := f.cfg.Kit.Ratings.Set(x.Set, workday.DateOf(x.At))
	for _, i := range set.Indicator {
		if l, ok := x.Scores[i.Key]; ok {
			name := i.Zh
			if page.PrefsOf(ctx).Lang == "en" {
				name = i.En
			}
			v.Rows = append(v.Rows, page.Row{Key: name, Value: levelWords(ctx, l)})
		}
	}
	v.Rows = append(v.Rows,
		page.Row{Key: page.T(ctx, "rating.desk.channel"), Value: page.T(ctx, "rating.channel."+string(x.Channel))},
		page.Row{Key: page.T(ctx, "rating.desk.named"), Value: named},
		page.Row{Key: page.T(ctx, "rating.desk.state"), Value: page.T(ctx, "rating.state."+string(x.Care.State))},
	)
	if due != "" {
		v.Rows = append(v.Rows, page.Row{Key: page.T(ctx, "rating.desk.due"), Value: due})
	}
	for _, s := range x.Care.Steps {
		v.Steps = append(v.Steps, page.Event{
			What: page.T(ctx, "rating.act."+string(s.Act)), Note: s.Text,
			When: page.ShortDay(workday.DateOf(s.At), page.PrefsOf(ctx).Lang), DateTime: s.At.UTC().Format(time.RFC3339),
		})
	}
	slices.Reverse(v.Steps)
	acts := x.Acts(f.cfg.Kit.Me)
	for _, a := range []rating.Act{rating.Verify, rating.Fix, rating.Explain, rating.Appeal, rating.Uphold, rating.Reject, rating.Content, rating.Unhappy, rating.NoAnswer} {
		right, ok := acts[a]
		if ok && by.Officer().May(right, office.Matter{Offices: []string{x.Office}, On: f.today()}) == nil {
			v.Acts = append(v.Acts, page.Choice{Value: string(a), Text: page.T(ctx, "rating.act."+string(a))})
		}
	}
	if x.Todo(f.cfg.Kit.Me) == rating.Calls && office.Ever(by.Roles, office.CallBack) {
		c, err := f.cfg.Rates.Whom(ctx, by, x)
		if err != nil {
			return err
		}
		v.Whom = []page.Row{
			{Key: page.T(ctx, "rating.desk.whom_name"), Value: c.Private.Applicant.Name},
			{Key: page.T(ctx, "rating.desk.whom_phone"), Value: c.Private.Applicant.Phone},
			{Key: page.T(ctx, "rating.desk.whom_no"), Value: string(c.No)},
		}
	}
	return f.show(w, r, status, page.T(ctx, "rating.desk.one", f.matter(ctx, x.Item)), "/desk/ratings", ratingPage(v))
}

// ratingStep does a step.
func (f *Face) ratingStep(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	q := r.PostForm
	if _, err := f.cfg.Rates.See(r.Context(), by, r.PathValue("id")); err != nil {
		return err
	}
	row, err := strconv.ParseInt(q.Get("row"), 10, 64)
	if err != nil {
		return errs.New(errs.BadRequest, "row")
	}
	v := ratingView{Act: q.Get("act"), Words: q.Get("text")}
	if v.Act == "" {
		v.Problem = []page.FieldError{{Field: "act", Text: page.T(r.Context(), "rating.desk.pick")}}
		return f.ratingAgain(w, r, by, http.StatusUnprocessableEntity, v)
	}
	err = f.cfg.Rates.Do(r.Context(), by, r.PathValue("id"), row, rating.Act(v.Act), v.Words)
	if errs.Is(err, errs.RatingWords) || errs.Is(err, errs.MessageLong) {
		v.Problem = []page.FieldError{{Field: "text", Text: errs.CodeOf(err).Text(page.PrefsOf(r.Context()).Lang).What}}
		return f.ratingAgain(w, r, by, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/ratings?saved=1")
}

type keyView struct {
	Key, No, How, Target, Level, Text string
	Named                             bool
	Problem                           []page.FieldError
}

// keyForm is where an officer keys in what somebody said.
func (f *Face) keyForm(w http.ResponseWriter, r *http.Request, _ casefile.Actor) error {
	return f.keyAgain(w, r, http.StatusOK, keyView{Key: unit.NewID()})
}

func (f *Face) keyAgain(w http.ResponseWriter, r *http.Request, status int, v keyView) error {
	return f.show(w, r, status, page.T(r.Context(), "rating.desk.key"), "/desk/ratings", keyPage(v))
}

func (f *Face) key(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	q := r.PostForm
	v := keyView{
		Key: q.Get("key"), No: q.Get("no"), How: q.Get("how"), Target: q.Get("target"), Level: q.Get("level"), Text: q.Get("text"),
		Named: q.Get("named") == "yes",
	}
	n, _ := strconv.Atoi(v.Level) // 0 is refused as no level
	err := f.cfg.Rates.Key(r.Context(), by, v.No, rating.Channel(v.How), rating.Wish{
		ID: v.Key, Target: rating.Target(v.Target), Level: rating.Level(n), Text: v.Text, Named: v.Named,
	})
	field := map[errs.Code]string{errs.BadRating: "level", errs.MessageLong: "text", errs.NoSuchRating: "no"}[errs.CodeOf(err)]
	if err != nil && field != "" {
		v.Problem = []page.FieldError{{Field: field, Text: errs.CodeOf(err).Text(page.PrefsOf(r.Context()).Lang).What}}
		return f.keyAgain(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/ratings?key_done=1")
}

func problem(list []page.FieldError, field string) string {
	for _, p := range list {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

func levelWords(ctx context.Context, l rating.Level) string {
	return page.T(ctx, "rating.level."+strconv.Itoa(int(l)))
}

func levels(ctx context.Context) []page.Choice {
	out := make([]page.Choice, 0, len(rating.Levels))
	for _, l := range rating.Levels {
		out = append(out, page.Choice{Value: strconv.Itoa(int(l)), Text: levelWords(ctx, l)})
	}
	return out
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// head are the header cells of a table.
func head(words ...string) []page.Cell {
	out := make([]page.Cell, 0, len(words))
	for _, w := range words {
		out = append(out, page.Cell{Text: w})
	}
	return out
}

const mostRunes = message.MostRunes
