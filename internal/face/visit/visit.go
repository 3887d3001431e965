// Package visit is the pages on which people book a visit to a window (ux pages.md E-16): a list of days and times without
// script, the slip to print, an entry for the calendar, and changing one's mind. Booking needs a sign-in, so that nobody can
// fill a window's day with invented people.
package visit

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/booking"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/visit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Config is what these pages need.
type Config struct {
	Book      *visit.Book
	Kit       *unit.Kit
	Gate      page.Gate
	Frame     func(r *http.Request) page.Frame // the entrance's, so that both look as one
	PublicURL string                           // of the entrance, without a slash at its end
	Demo      bool
}

// Face is the booking of one node. Safe for concurrent use.
type Face struct{ cfg Config }

// New makes the face.
func New(cfg Config) *Face { return &Face{cfg} }

// Register puts the pages on the entrance's site.
func (f *Face) Register(s *page.Site) {
	s.Get("/visit", f.choose)
	s.Post("/visit", f.guard(f.book))
	s.Get("/visits", f.guard(f.mine))
	s.Get("/visits/{id}", f.guard(f.slip))
	s.Get("/visits/{id}/visit.ics", f.guard(f.calendar))
	s.Get("/visits/{id}/change", f.guard(f.change))
	s.Post("/visits/{id}/change", f.guard(f.changed))
	s.Post("/visits/{id}/{act}", f.guard(f.do))
}

func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, v page.Visitor) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			return errs.New(errs.SignInNeeded, "visits")
		}
		return h(w, r, v)
	}
}

func (f *Face) show(w http.ResponseWriter, r *http.Request, status int, title, back string, body templ.Component) error {
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back, fr.HasError = title, back, status == http.StatusUnprocessableEntity
	return page.Show(w, r, status, fr, body)
}

// chooseView is the list of windows, or the times of one.
type chooseView struct {
	Key     string
	Windows []office.Office
	At      office.Office
	Matter  string // case number or item code
	Name    string // of the matter
	Days    []visit.OpenDay
	Problem string
	Action  string // where the form goes
	Demo    bool
}

// choose is open to everybody: what is free names nobody. Booking asks for a sign-in.
func (f *Face) choose(w http.ResponseWriter, r *http.Request) error {
	return f.chooseAgain(w, r, http.StatusOK, "", r.URL.Query().Get("office"), r.URL.Query().Get("matter"))
}

func (f *Face) chooseAgain(w http.ResponseWriter, r *http.Request, status int, problem, officeCode, matter string) error {
	ctx := r.Context()
	v := chooseView{Key: unit.NewID(), Problem: problem, Demo: f.cfg.Demo, Action: "/visit"}
	v.Matter, v.Name = f.matter(ctx, matter)
	for _, o := range f.cfg.Kit.Offices {
		if o.Node == f.cfg.Kit.Me && f.cfg.Book.Plan.Takes(o.Code) {
			v.Windows = append(v.Windows, o)
			if o.Code == officeCode {
				v.At = o
			}
		}
	}
	if v.At.Code != "" {
		var err error
		if v.Days, err = f.cfg.Book.Days(ctx, v.At.Code); err != nil {
			return err
		}
	}
	return f.show(w, r, status, page.T(ctx, "visit.title"), "/", choosePage(v))
}

// matter reads what a visit is for: a case number, or a matter of the catalogue; anything else is nothing.
func (f *Face) matter(ctx context.Context, s string) (key, name string) {
	if no, err := casefile.ParseNo(s); err == nil {
		return string(no), string(no)
	}
	if it, ok := f.cfg.Kit.Catalogue.Item(s); ok {
		return it.Code, pick(ctx, it.Name, it.NameEn)
	}
	return "", ""
}

// book makes the visit. The same form sent twice leads to the same slip.
func (f *Face) book(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	q := r.PostForm
	matter, _ := f.matter(r.Context(), q.Get("matter"))
	day, start, ok := readSlot(q.Get("slot"))
	if !ok {
		return f.chooseAgain(w, r, http.StatusUnprocessableEntity, page.T(r.Context(), "visit.pick"), q.Get("office"), matter)
	}
	one, err := f.cfg.Book.Make(r.Context(), v.Person, visit.Wish{
		ID: q.Get("key"), Office: q.Get("office"), Day: day, Start: start, Matter: matter, Wait: true,
	})
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/visits/"+one.ID)
}

// readSlot reads "2026-11-26 540".
func readSlot(s string) (workday.Date, int, bool) {
	date, minutes, _ := strings.Cut(s, " ")
	day, err1 := workday.ParseDate(date)
	start, err2 := strconv.Atoi(minutes)
	return day, start, err1 == nil && err2 == nil && start >= 0 && start < 24*60
}

func (f *Face) mine(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	list, err := f.cfg.Book.Mine(r.Context(), v.Person)
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "visit.mine"), "/cases", minePage(f, list))
}

// slipView is one visit.
type slipView struct {
	V      booking.Visit
	At     office.Office
	Name   string
	Rule   booking.Rule
	URL    string
	Change []visit.OpenDay
	Demo   bool
}

func (f *Face) slip(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	one, err := f.cfg.Book.Own(r.Context(), v.Person, r.PathValue("id"))
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "visit.slip.title"), "/visits", slipPage(f.view(r.Context(), one)))
}

func (f *Face) view(ctx context.Context, one booking.Visit) slipView {
	at, _ := f.cfg.Kit.Office(one.Office)
	_, name := f.matter(ctx, one.Matter)
	return slipView{
		V: one, At: at, Name: name, Rule: f.cfg.Book.Plan.Rule(one.Day), URL: f.cfg.PublicURL + "/visits/" + one.ID, Demo: f.cfg.Demo,
	}
}

// change is the times that a booked visit may move to.
func (f *Face) change(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	return f.changeAgain(w, r, v, http.StatusOK, "")
}

func (f *Face) changeAgain(w http.ResponseWriter, r *http.Request, v page.Visitor, status int, problem string) error {
	ctx := r.Context()
	one, err := f.cfg.Book.Own(ctx, v.Person, r.PathValue("id"))
	if err != nil {
		return err
	}
	if one.State != booking.Booked {
		return page.SeeOther(w, r, "/visits/"+one.ID)
	}
	view := chooseView{Action: "/visits/" + one.ID + "/change", Problem: problem, Demo: f.cfg.Demo}
	view.At, _ = f.cfg.Kit.Office(one.Office)
	view.Matter, view.Name = f.matter(ctx, one.Matter)
	if view.Days, err = f.cfg.Book.Days(ctx, one.Office); err != nil {
		return err
	}
	return f.show(w, r, status, page.T(ctx, "visit.slip.change"), "/visits/"+one.ID, choosePage(view))
}

func (f *Face) changed(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	day, start, ok := readSlot(r.PostForm.Get("slot"))
	if !ok {
		return f.changeAgain(w, r, v, http.StatusUnprocessableEntity, page.T(r.Context(), "visit.pick"))
	}
	one, err := f.cfg.Book.Change(r.Context(), v.Person, r.PathValue("id"), day, start)
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/visits/"+one.ID)
}

func (f *Face) do(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	act := booking.Act(r.PathValue("act"))
	if act != booking.Cancel && act != booking.Take {
		return errs.New(errs.NoSuchPage, "no such act")
	}
	one, err := f.cfg.Book.Do(r.Context(), v.Person, r.PathValue("id"), act)
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/visits/"+one.ID)
}

// calendar is the visit as an iCalendar file (RFC 5545), with times in UTC and nothing about the person.
func (f *Face) calendar(w http.ResponseWriter, r *http.Request, v page.Visitor) error {
	one, err := f.cfg.Book.Own(r.Context(), v.Person, r.PathValue("id"))
	if err != nil {
		return err
	}
	at, _ := f.cfg.Kit.Office(one.Office)
	slot, ok := f.cfg.Book.Plan.Slot(one.Office, one.Day, one.Start, f.cfg.Kit.Calendar)
	if !ok {
		slot = booking.Slot{Start: one.Start, Minutes: 30}
	}
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="visit.ics"`)
	status := "CONFIRMED"
	if one.State != booking.Booked {
		status = "CANCELLED"
	}
	if one.State == booking.Waiting || one.State == booking.Offered {
		status = "TENTATIVE"
	}
	for _, line := range []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tongban//visit//ZH", "BEGIN:VEVENT", "UID:" + one.ID + "@tongban",
		"DTSTAMP:" + stamp(one.Made), "DTSTART:" + stamp(slot.Begin(one.Day)), "DTEND:" + stamp(slot.End(one.Day)), "STATUS:" + status,
		"SUMMARY:" + escape(page.T(r.Context(), "visit.title")), "LOCATION:" + escape(pick(r.Context(), at.Name, at.NameEn)),
		"URL:" + f.cfg.PublicURL + "/visits/" + one.ID, "END:VEVENT", "END:VCALENDAR",
	} {
		if _, err := fmt.Fprintf(w, "%s\r\n", line); err != nil {
			return nil //nolint:nilerr // a reader who went away is no error of ours
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// escape writes text as RFC 5545 section 3.3.11 asks.
func escape(s string) string {
	return strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\n", "\\n").Replace(s)
}

func pick(ctx context.Context, zh, en string) string {
	if page.PrefsOf(ctx).Lang == "en" && en != "" {
		return en
	}
	return zh
}

// dayText writes a date with its weekday.
func dayText(ctx context.Context, d workday.Date) string {
	return page.T(ctx, "entrance.date.long", d.Year(), page.T(ctx, "entrance.month."+strconv.Itoa(int(d.Month()))), d.Day(),
		page.T(ctx, "entrance.weekday."+strconv.Itoa(int(d.Weekday()))))
}

func moment(ctx context.Context, t time.Time) string {
	local := t.In(workday.Zone)
	return dayText(ctx, workday.DateOf(t)) + " " + booking.Clock(local.Hour()*60+local.Minute())
}

// slotChoices are the times of a day as radios.
func slotChoices(ctx context.Context, d visit.OpenDay) []page.Choice {
	var out []page.Choice
	for _, t := range d.Times {
		hint := page.T(ctx, "visit.left", t.Left)
		if t.Left == 0 || t.Waiting > 0 {
			hint = page.T(ctx, "visit.full", t.Waiting)
		}
		out = append(out, page.Choice{
			Value: d.Day.String() + " " + strconv.Itoa(t.Start), Hint: hint,
			Text: booking.Clock(t.Start) + "\u2013" + booking.Clock(t.Start+t.Minutes),
		})
	}
	return out
}

func slipRows(ctx context.Context, v slipView) []page.Row {
	rows := []page.Row{
		{Key: page.T(ctx, "visit.slip.when"), Value: dayText(ctx, v.V.Day) + " " + booking.Clock(v.V.Start)},
		{Key: page.T(ctx, "visit.slip.where"), Value: pick(ctx, v.At.Name, v.At.NameEn), Source: v.At.Phone},
		{Key: page.T(ctx, "visit.slip.who"), Value: v.V.Person.Name},
	}
	if v.Name != "" {
		rows = append(rows, page.Row{Key: page.T(ctx, "visit.matter"), Value: v.Name})
	}
	return append(rows, page.Row{Key: page.T(ctx, "visit.slip.number"), Value: v.V.ID})
}

func windowChoices(ctx context.Context, v chooseView) []page.Choice {
	var out []page.Choice
	for _, o := range v.Windows {
		out = append(out, page.Choice{Value: o.Code, Text: pick(ctx, o.Name, o.NameEn), Hint: o.Phone})
	}
	return out
}

// slotID is the id of a day's first radio; an error leads to the first day.
func slotID(i int) string {
	if i == 0 {
		return "slot"
	}
	return "slot-day-" + strconv.Itoa(i)
}

func firstOnly(i int, problem string) string {
	if i == 0 {
		return problem
	}
	return ""
}
