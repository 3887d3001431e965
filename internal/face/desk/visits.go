package desk

import (
	"net/http"
	"net/url"
	"strconv"

	"tongban/internal/domain/booking"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// visitsView is a window's day (ux pages.md D-18): who is expected, came, did not come, waits.
type visitsView struct {
	Day                 workday.Date
	Before, Next, Today string // addresses
	Sum                 map[booking.State]int
	Rows                []visitRow
	Now                 bool // the day is today
}

// visitRow is one visit; names are masked, because a list is seen by who passes by.
type visitRow struct {
	ID, Time, Who, Matter string
	State                 booking.State
	Row                   int64
	Acts                  []booking.Act
}

// visitDay is the list of a window's day, also for printing.
func (f *Face) visitDay(w http.ResponseWriter, r *http.Request, v visit) error {
	if f.cfg.Visits == nil {
		return errs.New(errs.NoSuchPage, "no book")
	}
	today := workday.DateOf(f.cfg.Kit.Now())
	day := today
	if s := r.URL.Query().Get("day"); s != "" {
		d, err := workday.ParseDate(s)
		if err != nil {
			return errs.Wrap(errs.BadRequest, err, "day")
		}
		day = d
	}
	list, err := f.cfg.Visits.Day(r.Context(), v.by.Office, day)
	if err != nil {
		return err
	}
	view := visitsView{
		Day: day, Sum: booking.Sum(list), Now: day == today,
		Before: dayHref(day.AddDays(-1)), Next: dayHref(day.AddDays(1)), Today: "/desk/visits",
	}
	for _, x := range list {
		row := visitRow{ID: x.ID, Time: booking.Clock(x.Start), Who: party.MaskName(x.Person.Name), Matter: f.visitMatter(v.lang, x.Matter), State: x.State, Row: x.Row}
		for _, a := range []booking.Act{booking.Arrive, booking.Miss, booking.Cancel} {
			slot, ok := f.cfg.Visits.Plan.Slot(x.Office, x.Day, x.Start, f.cfg.Kit.Calendar)
			if _, err := x.Do(a, slot, f.cfg.Kit.Now()); ok && err == nil {
				row.Acts = append(row.Acts, a)
			}
		}
		view.Rows = append(view.Rows, row)
	}
	fr := f.Frame(r)
	fr.Title = page.T(r.Context(), "visit.desk.title", day.String())
	return page.Show(w, r, http.StatusOK, fr, visitsPage(view))
}

func dayHref(d workday.Date) string {
	return "/desk/visits?" + url.Values{"day": {d.String()}}.Encode()
}

// visitMatter is the case number, or the name of the matter.
func (f *Face) visitMatter(lang, key string) string {
	if it, ok := f.cfg.Kit.Catalogue.Item(key); ok {
		return pick(lang, it.Name, it.NameEn)
	}
	return key
}

// visitMark notes that somebody came, did not come, is struck off, or came without an appointment.
func (f *Face) visitMark(w http.ResponseWriter, r *http.Request, v visit) error {
	if f.cfg.Visits == nil {
		return errs.New(errs.NoSuchPage, "no book")
	}
	act := booking.Act(r.PostForm.Get("act"))
	if act == "walk" {
		if err := f.cfg.Visits.Walk(r.Context(), v.by, ""); err != nil {
			return err
		}
		return page.SeeOther(w, r, "/desk/visits")
	}
	row, err := strconv.ParseInt(r.PostForm.Get("row"), 10, 64)
	if err != nil {
		return errs.New(errs.BadRequest, "row")
	}
	x, err := f.cfg.Visits.Mark(r.Context(), v.by, r.PostForm.Get("id"), row, act)
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, dayHref(x.Day))
}
