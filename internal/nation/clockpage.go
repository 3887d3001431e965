package nation

import (
	"net/http"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// clockPages let a visitor move the demonstration's business date: GET shows it, POST moves it.
func (n *Nation) clockPages(site *page.Site) {
	site.Get("/clock", func(w http.ResponseWriter, r *http.Request) error {
		f := page.FrameOf(r)
		f.Face, f.Demo, f.Today, f.Title = "hub", true, n.Clock.Today().String(), page.T(r.Context(), "nation.clock.title")
		f.FaceName = page.T(r.Context(), "hub.face")
		return page.Show(w, r, http.StatusOK, f, clockPage(n.Clock.Today().String(), n.ahead()))
	})
	site.Post("/clock", func(w http.ResponseWriter, r *http.Request) error {
		day, err := workday.ParseDate(r.PostFormValue("day"))
		if err != nil {
			return errs.Wrap(errs.BadRequest, err, "day")
		}
		if err := n.Clock.MoveTo(day); err != nil {
			return err
		}
		return page.SeeOther(w, r, "/clock")
	})
}

// choice is a day that the page offers.
type choice struct{ Key, Day string }

// ahead offers the days that stories need: tomorrow, five working days on (a silence), and a month on.
func (n *Nation) ahead() []choice {
	today := n.Clock.Today()
	list := []choice{{"nation.clock.day", today.AddDays(1).String()}}
	for _, one := range n.Nodes {
		due, _ := one.Kit.Calendar.Due(today, workday.Limit{N: 5, Unit: workday.WorkingDays})
		list = append(list, choice{"nation.clock.five", due.AddDays(1).String()})
		break
	}
	return append(list, choice{"nation.clock.month", today.AddDays(30).String()})
}
