package clock

import (
	"net/http"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Register lets a visitor see and move the business date on a site: GET /clock shows it, POST /clock moves it.
func (c *Clock) Register(site *page.Site, calendar *workday.Calendar) {
	site.Get("/clock", func(w http.ResponseWriter, r *http.Request) error {
		f := page.FrameOf(r)
		f.Face, f.Demo, f.Today, f.Title = "hub", true, c.Today().String(), page.T(r.Context(), "nation.clock.title")
		f.FaceName = page.T(r.Context(), "hub.face")
		return page.Show(w, r, http.StatusOK, f, clockPage(c.Today().String(), c.offers(calendar)))
	})
	site.Post("/clock", func(w http.ResponseWriter, r *http.Request) error {
		day, err := workday.ParseDate(r.PostFormValue("day"))
		if err != nil {
			return errs.Wrap(errs.BadRequest, err, "day")
		}
		if err := c.MoveTo(day); err != nil {
			return err
		}
		return page.SeeOther(w, r, "/clock")
	})
}

// choice is a day that the page offers.
type choice struct{ Key, Day string }

// offers are the days that stories need: tomorrow, past five working days (a silence), and a month on.
func (c *Clock) offers(calendar *workday.Calendar) []choice {
	today := c.Today()
	five, _ := calendar.Due(today, workday.Limit{N: 5, Unit: workday.WorkingDays})
	return []choice{
		{"nation.clock.day", today.AddDays(1).String()},
		{"nation.clock.five", five.AddDays(1).String()},
		{"nation.clock.month", today.AddDays(30).String()},
	}
}
