package oversight

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/watch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

type watchView struct {
	Counts map[watch.Level]int
	Level  watch.Level // only this; Quiet for all
	Office string      // name of the only office, "" for all
	At     string      // its code
	All    bool        // the whole province
	Lists  []watchList
}

type watchList struct {
	Level watch.Level
	Rows  []watchRow
	Full  bool // there may be more
}

// watchRow is one alarm. It names no person.
type watchRow struct {
	ID, Matter, No, What, Office, At string
	Row                              int64
	Due                              page.Due
	Said                             string
	Urge                             bool
}

// href is the address of the list with another level or office.
func (v watchView) href(level watch.Level, at string) string {
	q := url.Values{}
	if level != watch.Quiet {
		q.Set("level", strconv.Itoa(int(level)))
	}
	if at != "" {
		q.Set("office", at)
	}
	if len(q) == 0 {
		return "/desk/watch"
	}
	return "/desk/watch?" + q.Encode()
}

// watch is S-05: clocks that run out and rules that were broken.
func (f *Face) watch(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	ctx := r.Context()
	v := watchView{All: office.Ever(by.Roles, office.UrgeAlarm)}
	if s := r.URL.Query().Get("level"); s != "" {
		n, err := strconv.Atoi(s)
		if v.Level = watch.Level(n); err != nil || !slices.Contains(watch.Levels, v.Level) {
			return errs.New(errs.BadRequest, "level")
		}
	}
	if v.At = r.URL.Query().Get("office"); v.At != "" {
		o, ok := f.cfg.Kit.Office(v.At)
		if !ok {
			return errs.New(errs.BadRequest, "no such office")
		}
		v.Office = f.office(ctx, o.Code)
	}
	var err error
	if v.Counts, err = f.cfg.Watch.Count(ctx, by); err != nil {
		return err
	}
	for _, level := range watch.Levels {
		if v.Level != watch.Quiet && v.Level != level || v.All && level == watch.Remind {
			continue
		}
		list, err := f.cfg.Watch.List(ctx, by, v.At, level, mostRows)
		if err != nil {
			return err
		}
		l := watchList{Level: level, Full: len(list) == mostRows}
		for _, a := range list {
			l.Rows = append(l.Rows, f.watchRow(ctx, by, a))
		}
		v.Lists = append(v.Lists, l)
	}
	return f.show(w, r, http.StatusOK, page.T(ctx, "watch.title"), "", watchPage(v))
}

func (f *Face) watchRow(ctx context.Context, by casefile.Actor, a watch.Alarm) watchRow {
	return watchRow{
		ID: a.ID, Row: a.Row, Matter: f.matter(ctx, a.Item), No: string(a.No), What: f.what(ctx, a), Office: f.office(ctx, a.Office), At: a.Office,
		Due: due(ctx, a), Said: said(ctx, a), Urge: slices.Contains(f.cfg.Watch.Acts(by, a), watch.Urge),
	}
}

// what says what an alarm is about.
func (f *Face) what(ctx context.Context, a watch.Alarm) string {
	if b, ok := f.cfg.Kit.Watch.Breach(a.Kind); ok {
		if page.PrefsOf(ctx).Lang == "en" {
			return b.En
		}
		return b.Zh
	}
	if a.Kind == watch.Transit {
		return page.T(ctx, "watch.kind.transit", f.node(ctx, office.NodeID(a.What)))
	}
	return page.T(ctx, "watch.kind."+string(a.Kind))
}

// due is the day that an alarm is about, with its level in words.
func due(ctx context.Context, a watch.Alarm) page.Due {
	tone := map[watch.Level]page.Tone{watch.Yellow: page.ToneWarn, watch.Red: page.ToneError}[a.Level]
	day := a.Promised
	if a.Level == watch.Red && !a.Law.IsZero() {
		day = a.Law
	}
	if day.IsZero() {
		return page.Due{Date: shortTime(ctx, a.At), Words: levelOf(ctx, a.Level), Tone: tone}
	}
	return page.Due{Date: page.ShortDay(day, page.PrefsOf(ctx).Lang), Words: levelOf(ctx, a.Level), Tone: tone}
}

// levelOf is a level in shape and words, so that it does not hang on a colour.
func levelOf(ctx context.Context, l watch.Level) string {
	n := strconv.Itoa(int(l))
	return page.T(ctx, "watch.shape."+n) + " " + page.T(ctx, "watch.level."+n)
}

func said(ctx context.Context, a watch.Alarm) string {
	out := page.T(ctx, "watch.unanswered")
	if a.Answered() {
		out = page.T(ctx, "watch.answered")
	}
	if n := a.Urged(); n > 0 {
		out += " · " + page.T(ctx, "watch.urged", n)
	}
	return out
}

func shortTime(ctx context.Context, t time.Time) string {
	return page.ShortDay(workday.DateOf(t), page.PrefsOf(ctx).Lang)
}

type alarmView struct {
	A       watch.Alarm
	Rows    []page.Row
	Steps   []page.Event
	Acts    []watch.Act
	Case    string // address of the case, "" for who sees none
	Foreign bool
	Order   string               // address of a new order about it, "" for who gives none
	Words   map[watch.Act]string // as written
	Problem []page.FieldError
}

// alarm is one alarm with what came of it.
func (f *Face) alarm(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	return f.alarmAgain(w, r, by, http.StatusOK, alarmView{})
}

func (f *Face) alarmAgain(w http.ResponseWriter, r *http.Request, by casefile.Actor, status int, v alarmView) error {
	ctx := r.Context()
	a, err := f.cfg.Watch.See(ctx, by, r.PathValue("id"))
	if err != nil {
		return err
	}
	v.A, v.Acts, v.Foreign = a, f.cfg.Watch.Acts(by, a), a.Node != f.cfg.Kit.Me
	if a.Office == by.Office && office.Ever(by.Roles, office.SeeCase) {
		v.Case = "/desk/cases/" + a.Case
	}
	if office.Ever(by.Roles, office.GiveOrder) {
		to := a.Office
		if v.Foreign {
			to = ofProvince + string(a.Node)
		}
		v.Order = "/desk/orders/new?" + url.Values{"no": {string(a.No)}, "to": {to}}.Encode()
	}
	v.Rows = f.alarmRows(ctx, a)
	for _, s := range a.Steps {
		words := page.T(ctx, "watch.act."+string(s.Act))
		if s.Act == watch.Raise {
			words = page.T(ctx, "watch.act.raise", levelOf(ctx, s.Level))
		}
		v.Steps = append(v.Steps, page.Event{What: words, Note: s.Text, When: shortTime(ctx, s.At), DateTime: s.At.UTC().Format(time.RFC3339)})
	}
	slices.Reverse(v.Steps)
	return f.show(w, r, status, page.T(ctx, "watch.one", f.what(ctx, a)), "/desk/watch", alarmPage(v))
}

func (f *Face) alarmRows(ctx context.Context, a watch.Alarm) []page.Row {
	rows := []page.Row{
		{Key: page.T(ctx, "watch.what"), Value: f.what(ctx, a)},
		{Key: page.T(ctx, "watch.level_key"), Value: levelOf(ctx, a.Level)},
		{Key: page.T(ctx, "watch.matter"), Value: f.matter(ctx, a.Item)},
		{Key: page.T(ctx, "watch.no"), Value: string(a.No)},
		{Key: page.T(ctx, "watch.office"), Value: f.office(ctx, a.Office)},
	}
	if b, ok := f.cfg.Kit.Watch.Breach(a.Kind); ok {
		rows = append(rows, page.Row{Key: page.T(ctx, "watch.basis"), Value: b.Basis})
	}
	if a.Kind == watch.Limit {
		mark, law := "", page.T(ctx, "watch.no_law")
		if a.Provisional {
			mark = page.T(ctx, "watch.provisional")
		}
		if !a.Law.IsZero() {
			law = page.ShortDay(a.Law, page.PrefsOf(ctx).Lang) + mark
		}
		rows = append(rows,
			page.Row{Key: page.T(ctx, "watch.promised"), Value: page.ShortDay(a.Promised, page.PrefsOf(ctx).Lang) + mark},
			page.Row{Key: page.T(ctx, "watch.law"), Value: law})
	}
	if !a.Ended.IsZero() {
		rows = append(rows, page.Row{Key: page.T(ctx, "watch.ended"), Value: shortTime(ctx, a.Ended)})
	}
	return rows
}

// alarmAct takes what an officer does about an alarm.
func (f *Face) alarmAct(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	q := r.PostForm
	if _, err := f.cfg.Watch.See(r.Context(), by, r.PathValue("id")); err != nil {
		return err
	}
	row, err := strconv.ParseInt(q.Get("row"), 10, 64)
	if err != nil {
		return errs.New(errs.BadRequest, "row")
	}
	act := watch.Act(q.Get("act"))
	words := q.Get(string(act))
	err = f.cfg.Watch.Do(r.Context(), by, r.PathValue("id"), row, act, words)
	if errs.Is(err, errs.AlarmWords) || errs.Is(err, errs.MessageLong) {
		return f.alarmAgain(w, r, by, http.StatusUnprocessableEntity, alarmView{
			Words:   map[watch.Act]string{act: words},
			Problem: []page.FieldError{{Field: string(act), Text: errs.CodeOf(err).Text(page.PrefsOf(r.Context()).Lang).What}},
		})
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/watch?noted=1")
}
