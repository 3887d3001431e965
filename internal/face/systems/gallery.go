package systems

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/depart"
	"tongban/internal/handling/dispatch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// States are these pages with made-up data, for the gallery.
func States() []page.State {
	at := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	f := New(Config{Works: &dispatch.Desk{Config: dispatch.Config{Book: depart.Default()}}})
	system, _ := depart.Default().Of("qinghai-market", workday.NewDate(2026, time.November, 25))
	work := func(state depart.State, change func(*depart.Work)) depart.Work {
		w := depart.Work{ID: "0", System: system.Key, Case: "0", At: at, State: state, Tried: at, Row: 1}
		if change != nil {
			change(&w)
		}
		return w
	}
	dead := work(depart.Dead, func(w *depart.Work) { w.Why, w.Tries = errs.SystemTired, 24 })
	waiting := work(depart.Waiting, func(w *depart.Work) { w.Why, w.Next = errs.SystemAway, at.Add(time.Minute) })
	puzzled := work(depart.Puzzled, func(w *depart.Work) {
		w.Ref, w.Why = "QH-1", errs.AnswerUnmapped
		w.Answer = &depart.Answer{
			Code: "XX99", Officer: depart.Staff{No: "8812", Name: "<b>"}, Reasons: []string{"R99"}, Text: "<script>",
			Gaps: []depart.Gap{{Material: "charter", Problem: "!", Fix: "!"}},
		}
	})
	list := func(on, resting, turn bool, works ...depart.Work) func(context.Context) templ.Component {
		return func(ctx context.Context) templ.Component {
			v := listView{Turn: turn, Systems: []systemView{standing(ctx, dispatch.Standing{System: system, On: on, Resting: resting, Done: at, Counts: map[depart.State]int{depart.Dead: len(works)}})}}
			for _, state := range []depart.State{depart.Dead, depart.Puzzled, depart.Waiting} {
				l := workList{State: state}
				for _, w := range works {
					if w.State == state {
						l.Rows = append(l.Rows, rowOf(ctx, w, "23-0"))
					}
				}
				v.Lists = append(v.Lists, l)
			}
			return listPage(v)
		}
	}
	one := func(w depart.Work) func(context.Context) templ.Component {
		return func(ctx context.Context) templ.Component { return workPage(f.viewOf(ctx, w, "23-0")) }
	}
	var out []page.State
	for _, s := range []struct {
		name string
		body func(context.Context) templ.Component
	}{
		{"systems-none", func(context.Context) templ.Component { return listPage(listView{}) }},
		{"systems-on", list(true, false, true)},
		{"systems-off", list(false, false, true)},
		{"systems-resting", list(true, true, false, dead, puzzled, waiting)},
		{"system-work-given", one(work(depart.Given, nil))},
		{"system-work-waiting", one(waiting)},
		{"system-work-dead", one(dead)},
		{"system-work-puzzled", one(puzzled)},
		{"system-work-stopping", one(work(depart.Stopping, nil))},
		{"system-work-ended", one(work(depart.Ended, nil))},
	} {
		out = append(out, page.Made("desk", "D-systems", s.name, "systems.title", func(r *http.Request) templ.Component { return s.body(r.Context()) }))
	}
	return out
}
