package entrance

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// guideView is /guide/{item}: the first screen in plain words, then everything.
type guideView struct {
	ends
	item.Guide
	Asked   bool // a place was given, so that what is wrong with it is said
	Answers map[string]bool
	Figures []figure
	Yours   []item.GuideMaterial // to bring or upload
	Ours    []item.GuideMaterial // nothing to do for
	Starts  []start              // the best first
	Away    []string             // what cannot be reached now, and what that means here
	On      workday.Date
	Past    bool // On is not today
	Decider office.Office
}

// figure is one of the numbers on the first screen.
type figure struct {
	Key       string // public.guide.KEY names it
	Big, Unit string // "" Big: not verified
	Notes     []string
}

// start is where 开始办理 leads (architecture §4a): online to the deciding place, joint to the lead, the other ways to what to
// bring to the receiving place.
type start struct {
	Kind  startKind
	Href  string
	Place string // whose entrance or window
}

type startKind uint8

const (
	noStart   startKind = iota // this system does not take the matter in
	toApply                    // Href begins the application
	toPrepare                  // Href says what to bring where
	notOpen                    // the entrance of Place is not there yet
)

func (b *base) guide(w http.ResponseWriter, r *http.Request) error {
	key := r.PathValue("item")
	it, ok := b.Catalogue.Item(key)
	if !ok {
		return errs.New(errs.NoSuchMatter, "guide")
	}
	q := r.URL.Query()
	if it.Code != key { // a name or an alias: one address for one guide
		to := "/guide/" + url.PathEscape(it.Code)
		if r.URL.RawQuery != "" {
			to += "?" + q.Encode()
		}
		http.Redirect(w, r, to, http.StatusMovedPermanently) //nolint:gosec // G710: a path of ours with escaped values
		return nil
	}
	on, past, err := b.dayOf(q)
	if err != nil {
		return err
	}
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		v, err := b.guideView(ctx, it, q, on)
		if err != nil {
			return view{}, err
		}
		v.Past = past
		out := view{Title: page.T(ctx, "public.guide.title", itemName(ctx, it)), Back: "/topics"}
		var list []page.FieldError
		if v.Asked {
			if list = b.faults(ctx, v.ends, false); len(list) > 0 {
				out.Status, out.Errors = http.StatusUnprocessableEntity, true
			}
		}
		out.Body = guidePage(b, v, list)
		return out, nil
	})
}

// dayOf is the day whose rules are asked for: today, or on=YYYY-MM-DD for what held or will hold.
func (b *base) dayOf(q url.Values) (on workday.Date, past bool, err error) {
	on = b.today()
	s := strings.TrimSpace(q.Get("on"))
	if s == "" {
		return on, false, nil
	}
	d, err := workday.ParseDate(s)
	if err != nil || d.Year() < 2000 || d.Year() > 2100 {
		return on, false, errs.New(errs.NoSuchDay, "day of a guide")
	}
	return d, d != on, nil
}

// guideView resolves an item for what the address says.
func (b *base) guideView(ctx context.Context, it item.Item, q url.Values, on workday.Date) (guideView, error) {
	v := guideView{ends: b.ends(q, "/guide/"+url.PathEscape(it.Code), on), On: on, Asked: q.Has("here") || q.Has("there")}
	query := item.Query{Item: it.Code, On: on}
	if v.ok() {
		query.Here, query.There = v.Here.Code, v.There.Code
	}
	said := map[string]bool{}
	for key, val := range q {
		if k, is := strings.CutPrefix(key, answerPrefix); is && len(k) < 40 && (val[0] == "y" || val[0] == "n") {
			said[k] = val[0] == "y"
		}
	}
	g, err := b.Catalogue.Guide(query, said, b.Regions)
	if err != nil {
		return v, err
	}
	v.Guide, v.Answers = g, map[string]bool{}
	for _, question := range g.Questions {
		if yes, ok := said[question.Key]; ok {
			v.Answers[question.Key] = yes
		}
	}
	maps.DeleteFunc(v.Keep, func(k string, _ []string) bool { return k != "on" && !strings.HasPrefix(k, answerPrefix) })
	for _, m := range g.Materials {
		if m.Way == item.WayBring || m.Way == item.WayUpload {
			v.Yours = append(v.Yours, m)
		} else {
			v.Ours = append(v.Ours, m)
		}
	}
	v.Figures = b.figures(ctx, g, on)
	if v.ok() {
		if m := g.Summary.Mode; !g.Defined && (m == item.Onsite || m == item.Delegated) {
			v.Summary.Decider = g.Query.Here // by what these modes mean; a definition says it by its plan
		}
		v.Decider = b.officeAt(v.Summary.Decider)
		v.Starts, v.Away = b.starts(ctx, g, v.Answers), b.away(ctx, g)
	}
	return v, nil
}

// figures are visits, time and cost.
func (b *base) figures(ctx context.Context, g item.Guide, on workday.Date) []figure {
	s := g.Summary
	visits, length, fee := figure{Key: "visits"}, figure{Key: "time"}, figure{Key: "fee"}
	if s.Visits != item.NotVerified {
		visits.Big, visits.Unit = strconv.Itoa(s.Visits), page.T(ctx, "public.guide.visits_n")
		if s.VisitsMark == item.Inferred {
			visits.Notes = append(visits.Notes, page.T(ctx, "public.guide.visits_by_mode"))
		}
	}
	if t := s.Term; t != nil {
		b.lengthOf(ctx, &length, *t, on)
	}
	switch {
	case s.FeeFen == 0:
		fee.Big = page.T(ctx, "public.guide.free")
	case s.FeeFen > 0:
		fee.Big, fee.Unit = yuan(s.FeeFen), page.T(ctx, "public.guide.yuan")
		if len(g.Fees) > 1 {
			fee.Notes = append(fee.Notes, page.T(ctx, "public.guide.fee_from"))
		}
	}
	return []figure{visits, length, fee}
}

// lengthOf puts a limit into big words: the promise if there is one, else the law's; and the day it ends if it began today.
func (b *base) lengthOf(ctx context.Context, f *figure, t item.Term, on workday.Date) {
	limit := t.Promise
	if limit.N == 0 {
		limit = t.Law
	}
	switch {
	case t.Spot:
		f.Big = page.T(ctx, "public.guide.spot")
		if t.Law.N > 0 {
			f.Notes = append(f.Notes, page.T(ctx, "public.guide.legal", limitText(ctx, t.Law)))
		}
		return
	case limit.N == 0:
		return
	}
	f.Big, f.Unit = strconv.Itoa(limit.N), page.T(ctx, "public.guide."+unitKey(limit.Unit))
	if t.Promise.N > 0 && t.Law.N > 0 {
		f.Notes = append(f.Notes, page.T(ctx, "public.guide.legal", limitText(ctx, t.Law)))
	}
	if cal, err := workday.Default(); err == nil && t.Start == "accepted" {
		due, _ := cal.Due(on, limit)
		f.Notes = append(f.Notes, page.T(ctx, "public.guide.by_date", day(ctx, due)))
	}
	if t.Mark != "" && t.Mark != item.Confirmed && t.Mark != item.Sourced {
		f.Notes = append(f.Notes, page.T(ctx, "public.mark.plain"))
	}
}

func unitKey(u workday.Unit) string {
	if u == workday.WorkingDays {
		return "workdays"
	}
	return "days"
}

func limitText(ctx context.Context, l workday.Limit) string {
	if l.Unit == workday.WorkingDays {
		return page.T(ctx, "public.guide.workdays_n", l.N)
	}
	return page.T(ctx, "public.guide.days_n", l.N)
}

// yuan writes 分 as 元 without needless zeros.
func yuan(fen int) string {
	if fen%100 == 0 {
		return strconv.Itoa(fen / 100)
	}
	return strconv.FormatFloat(float64(fen)/100, 'f', 2, 64)
}

// starts finds where the matter begins in each of its modes that this system carries out; if there is none, why not.
func (b *base) starts(ctx context.Context, g item.Guide, answers map[string]bool) []start {
	var out []start
	otherwise := start{}
	for _, m := range g.Answer.Modes {
		s := b.start(ctx, g, m, answers)
		switch {
		case s.Kind == toApply, s.Kind == toPrepare:
			if !slices.ContainsFunc(out, func(have start) bool { return have.Kind == s.Kind }) {
				out = append(out, s)
			}
		case otherwise.Place == "":
			otherwise = s
		}
	}
	if len(out) == 0 && g.Answer.Possible {
		out = []start{otherwise}
	}
	return out
}

// away says what cannot be reached: the entrance that one would apply at, or the place to which papers go on.
func (b *base) away(ctx context.Context, g item.Guide) []string {
	var out []string
	lang := page.PrefsOf(ctx).Lang
	online := g.Summary.Mode == item.Online
	for _, node := range []office.NodeID{nodeOf(g.Query.Here), nodeOf(g.Query.There)} {
		o, down := b.reach.down(node, b.Entrances[node])
		if !down || node == b.me || (online && node != nodeOf(g.Query.There)) {
			continue
		}
		key := "public.unreachable.before"
		if online || node == nodeOf(g.Query.Here) {
			key = "public.unreachable.entrance"
		}
		out = append(out, page.T(ctx, key, b.nameOf(lang, node), moment(ctx, o.Since)))
	}
	return out
}

// start is where a matter begins in one mode. What was answered in the guide goes along, so that nobody is asked again.
func (b *base) start(ctx context.Context, g item.Guide, m item.Mode, answers map[string]bool) start {
	q := url.Values{"item": {g.Item.Code}, "here": {g.Query.Here.Display()}, "there": {g.Query.There.Display()}}
	for key, yes := range answers {
		q.Set(answerPrefix+key, yesNo(yes))
	}
	node, kind, path := nodeOf(g.Query.Here), toPrepare, "/prepare"
	switch m {
	case item.Online:
		node, kind, path = nodeOf(g.Query.There), toApply, "/apply/new"
	case item.Joint:
		kind, path = toApply, "/apply/new"
	case item.Entrusted, item.Delegated, item.Onsite, item.None:
	}
	place := b.nameOf(page.PrefsOf(ctx).Lang, node)
	site, open := b.Entrances[node]
	switch {
	case kind == toApply && (!b.Apply || m == item.Joint || len(g.Version.Plan[m]) == 0):
		return start{Kind: noStart, Place: place}
	case node == b.me:
		site = ""
	case !open && kind == toApply:
		return start{Kind: notOpen, Place: place}
	case !open:
		site = "" // what to bring is the same here
	}
	return start{Kind: kind, Href: site + path + "?" + q.Encode(), Place: place}
}

// officeAt is the office that acts for a place: its own, or that of the nearest place above.
func (b *base) officeAt(place region.Code) office.Office {
	best, depth := office.Office{}, -1
	for _, o := range b.Offices {
		if d := int(o.Region.Level()); b.Regions.Within(place, o.Region) && d > depth {
			best, depth = o, d
		}
	}
	return best
}

// prepare is /prepare: what to bring to which window.
func (b *base) prepare(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	it, ok := b.Catalogue.Item(q.Get("item"))
	if !ok {
		return errs.New(errs.NoSuchMatter, "prepare")
	}
	on, _, err := b.dayOf(q)
	if err != nil {
		return err
	}
	rest := maps.Clone(q)
	rest.Del("item")
	e := b.ends(rest, "/guide/"+url.PathEscape(it.Code), on)
	if !e.ok() {
		return page.SeeOther(w, r, guideHref(it.Code, e.Here.value(), e.There.value()))
	}
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		v, err := b.guideView(ctx, it, rest, on)
		if err != nil {
			return view{}, err
		}
		if !slices.ContainsFunc(v.Starts, func(s start) bool { return s.Kind == toPrepare }) {
			return view{}, errs.New(errs.NotAtWindow, "prepare")
		}
		return view{Title: page.T(ctx, "public.prepare.title"), Back: v.with("", ""), Body: preparePage(b, v, b.windowsNear(v.Here.Code))}, nil
	})
}

// steps are the legs of the plan in words: what happens where.
func (v guideView) steps() []item.LegPlan { return v.Version.Plan[v.Summary.Mode] }

// otherModes are the ways beside the best one.
func (v guideView) otherModes() []item.Mode {
	return slices.DeleteFunc(slices.Clone(v.Answer.Modes), func(m item.Mode) bool { return m == v.Summary.Mode })
}

// legPlace is the name of the place that holds a leg.
func (b *base) legPlace(v guideView, p item.Place) string {
	switch p {
	case item.Here, item.Lead:
		return v.HereName
	case item.There:
		return v.ThereName
	case item.Other:
	}
	return ""
}
