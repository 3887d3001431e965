// Package systems is the desk's pages about cases that an office works in its own system (部门业务系统): how the systems stand, what
// waits for them or for a person, and the way to take a case back. Every page works without script.
package systems

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/office"
	"tongban/internal/handling/dispatch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Store is what the pages read beside the desk, and where a look is logged.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	Work(ctx context.Context, id string) (depart.Work, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Config is what the pages need.
type Config struct {
	Gate page.Gate
	// Officers maps a sign-in to the officer that the node's register knows.
	Officers func(subject string) (by casefile.Actor, officeName string, ok bool)
	Works    *dispatch.Desk
	Store    Store
	Kit      *unit.Kit
	Frame    func(r *http.Request) page.Frame // of the desk
}

// Face is the pages of one node. Safe for concurrent use.
type Face struct{ cfg Config }

// New makes the pages.
func New(cfg Config) *Face { return &Face{cfg} }

// rights is what each page needs of office.Table; a page that does not stand here is refused to everybody.
var rights = map[string]office.Act{
	"GET /desk/systems":    office.SeeSystems,
	"POST /desk/systems":   office.SwitchSystem,
	"GET /desk/work/{id}":  office.SeeSystems,
	"POST /desk/work/{id}": office.SeeSystems, // each step asks for its own
}

// Register puts the pages on the desk's site.
func (f *Face) Register(s *page.Site) {
	s.Get("/desk/systems", f.guard(f.list))
	s.Post("/desk/systems", f.guard(f.turn))
	s.Get("/desk/work/{id}", f.guard(f.work))
	s.Post("/desk/work/{id}", f.guard(f.step))
}

// guard lets officers through whom the table allows the page; who has no session is sent to sign in.
func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, by casefile.Actor) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
			}
			return errs.New(errs.SignInNeeded, "systems")
		}
		by, _, ok := f.cfg.Officers(who.Subject)
		if !ok || by.ID == "" {
			return errs.New(errs.NotYours, "no officer of this node")
		}
		act, ok := rights[r.Pattern]
		if !ok {
			return errs.New(errs.NotYours, "%s", r.Pattern)
		}
		if err := by.Officer().May(act, office.Matter{Offices: []string{by.Office}, On: workday.DateOf(f.cfg.Kit.Now())}); err != nil {
			return err
		}
		return h(w, r, by)
	}
}

// mostListed is how many cases a list shows; the oldest come first, so none is forgotten.
const mostListed = 50

type listView struct {
	Systems []systemView
	Lists   []workList
	Turn    bool // the officer may switch
}

type systemView struct {
	Key, Name string
	On        bool
	Rows      []page.Row
}

type workList struct {
	State depart.State
	Rows  []workRow
}

type workRow struct{ Href, No, Since, Tried, Next, Why string }

func (f *Face) list(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	ctx := r.Context()
	all, err := f.cfg.Works.Standings(ctx, by.Office)
	if err != nil {
		return err
	}
	v := listView{Turn: office.Ever(by.Roles, office.SwitchSystem)}
	for _, s := range all {
		v.Systems = append(v.Systems, standing(ctx, s))
	}
	if len(all) > 0 {
		for _, state := range []depart.State{depart.Dead, depart.Puzzled, depart.Waiting} {
			list, err := f.cfg.Works.List(ctx, by, state, mostListed)
			if err != nil {
				return err
			}
			one := workList{State: state}
			for _, l := range list {
				one.Rows = append(one.Rows, rowOf(ctx, l.Work, string(l.Case.No)))
			}
			v.Lists = append(v.Lists, one)
		}
	}
	return f.show(w, r, page.T(ctx, "systems.title"), "/desk", listPage(v))
}

func (f *Face) show(w http.ResponseWriter, r *http.Request, title, back string, body component) error {
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back = title, back
	if r.URL.Query().Get("done") != "" {
		fr.Flash = page.T(r.Context(), "systems.flash")
	}
	return page.Show(w, r, http.StatusOK, fr, body)
}

func standing(ctx context.Context, s dispatch.Standing) systemView {
	state, contact, done := "systems.off", "systems.works", page.T(ctx, "systems.never")
	if s.On {
		state = "systems.on"
	}
	if s.Resting {
		contact = "systems.resting"
	}
	if !s.Done.IsZero() {
		done = clock(ctx, s.Done)
	}
	return systemView{Key: s.System.Key, Name: name(ctx, s.System), On: s.On, Rows: []page.Row{
		{Key: page.T(ctx, "systems.state"), Value: page.T(ctx, state)},
		{Key: page.T(ctx, "systems.contact"), Value: page.T(ctx, contact)},
		{Key: page.T(ctx, "systems.done"), Value: done},
		{Key: page.T(ctx, "systems.counts"), Value: page.T(ctx, "systems.count",
			s.Counts[depart.Waiting], s.Counts[depart.Given], s.Counts[depart.Puzzled], s.Counts[depart.Dead])},
	}}
}

func rowOf(ctx context.Context, w depart.Work, no string) workRow {
	row := workRow{Href: "/desk/work/" + w.ID, No: no, Since: clock(ctx, w.At), Tried: clock(ctx, w.Tried), Next: clock(ctx, w.Next)}
	if w.Why != 0 {
		row.Why = w.Why.Text(page.PrefsOf(ctx).Lang).What
	}
	return row
}

func (f *Face) turn(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	if err := f.cfg.Works.Switch(r.Context(), by, r.PostForm.Get("key"), r.PostForm.Get("on") == "1"); err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/systems?done=1")
}

type workView struct {
	Work   depart.Work
	Case   string // id
	Rows   []page.Row
	Next   string // what the officer can do about a failure, "" if nothing failed
	Answer []page.Row
	Steps  []dispatch.Step
}

// mine is a work of the officer's office whose case the officer may see.
func (f *Face) mine(ctx context.Context, by casefile.Actor, id string) (depart.Work, casefile.Case, error) {
	w, err := f.cfg.Store.Work(ctx, id)
	if errs.Is(err, errs.Missing) {
		err = errs.New(errs.WorkMissing, "%s", id)
	}
	if err != nil {
		return w, casefile.Case{}, err
	}
	c, err := f.cfg.Store.Case(ctx, w.Case)
	if err != nil {
		return w, c, err
	}
	m := c.Matter(f.cfg.Kit.Now())
	m.Offices = []string{w.Office}
	return w, c, by.Officer().May(office.SeeCase, m)
}

// work shows one; what the system said of the case is personal, so the look is in the log before the page goes out.
func (f *Face) work(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	ctx := r.Context()
	x, c, err := f.mine(ctx, by, r.PathValue("id"))
	if err != nil {
		return err
	}
	at := f.cfg.Kit.Now().UTC().Truncate(time.Microsecond)
	if err := f.cfg.Store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{
		{Kind: accesslog.View, At: at, Case: c.ID, Who: by.ID, Office: by.Office, What: "desk.work", Reason: "leg " + x.Leg + " of office " + by.Office},
	}}); err != nil {
		return err
	}
	return f.show(w, r, page.T(ctx, "systems.work.title"), "/desk/cases/"+c.ID, workPage(f.viewOf(ctx, x, string(c.No))))
}

func (f *Face) viewOf(ctx context.Context, x depart.Work, no string) workView {
	s, _ := f.cfg.Works.Book.Of(x.System, workday.DateOf(x.At))
	v := workView{Work: x, Case: x.Case, Rows: []page.Row{
		{Key: page.T(ctx, "systems.column.case"), Value: no},
		{Key: page.T(ctx, "systems.work.system"), Value: name(ctx, s)},
		{Key: page.T(ctx, "systems.work.status"), Value: sentence(ctx, x, s)},
	}}
	if x.Ref != "" {
		v.Rows = append(v.Rows, page.Row{Key: page.T(ctx, "systems.work.ref"), Value: x.Ref})
	}
	if x.Why != 0 {
		said := x.Why.Text(page.PrefsOf(ctx).Lang)
		v.Rows = append(v.Rows, page.Row{Key: page.T(ctx, "systems.column.why"), Value: said.What})
		v.Next = said.Next
	}
	if a := x.Answer; a != nil {
		v.Answer = append(v.Answer,
			page.Row{Key: page.T(ctx, "systems.work.code"), Value: a.Code},
			page.Row{Key: page.T(ctx, "systems.work.officer"), Value: a.Officer.Name + " " + a.Officer.No})
		for _, reason := range a.Reasons {
			v.Answer = append(v.Answer, page.Row{Key: page.T(ctx, "systems.work.reasons"), Value: reason})
		}
		if a.Text != "" {
			v.Answer = append(v.Answer, page.Row{Key: page.T(ctx, "systems.work.text"), Value: a.Text})
		}
		for _, g := range a.Gaps {
			v.Answer = append(v.Answer, page.Row{Key: page.T(ctx, "systems.work.gap", g.Material), Value: page.T(ctx, "systems.work.gap_value", g.Problem, g.Fix)})
		}
	}
	if x.Open() {
		if x.State == depart.Dead {
			v.Steps = append(v.Steps, dispatch.Again)
		}
		if x.State == depart.Puzzled {
			v.Steps = append(v.Steps, dispatch.Seen)
		}
		v.Steps = append(v.Steps, dispatch.Back)
	}
	return v
}

func (f *Face) step(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	x, _, err := f.mine(r.Context(), by, r.PathValue("id"))
	if err != nil {
		return err
	}
	row, err := strconv.ParseInt(r.PostForm.Get("row"), 10, 64)
	if err != nil || row <= 0 {
		return errs.New(errs.BadRequest, "form without the work's version")
	}
	step := dispatch.Step(r.PostForm.Get("do"))
	if err := f.cfg.Works.Do(r.Context(), by, x.ID, row, step); err != nil {
		return err
	}
	if step == dispatch.Back {
		return page.SeeOther(w, r, "/desk/cases/"+x.Case+"?said=own")
	}
	return page.SeeOther(w, r, "/desk/work/"+x.ID+"?done=1")
}

func name(ctx context.Context, s depart.System) string {
	if page.PrefsOf(ctx).Lang == "en" {
		return s.NameEn
	}
	return s.Name
}

func clock(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	s := t.In(workday.Zone)
	return page.T(ctx, "desk.clock", s.Year(), int(s.Month()), s.Day(), s.Hour(), s.Minute())
}

// sentence says where a case is that is worked in a system, since when, and when it was and will be tried.
func sentence(ctx context.Context, w depart.Work, s depart.System) string {
	out := page.T(ctx, "systems.of."+string(w.State), name(ctx, s), clock(ctx, w.At))
	if w.State != depart.Waiting && w.State != depart.Dead {
		return out
	}
	if !w.Tried.IsZero() {
		out += page.T(ctx, "systems.of.tried", clock(ctx, w.Tried))
	}
	if !w.Next.IsZero() {
		out += page.T(ctx, "systems.of.next", clock(ctx, w.Next))
	}
	return out
}
