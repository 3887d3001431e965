package visit

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/booking"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/visit"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// States are the pages of a visit with made-up data, for the gallery.
func States() []page.State {
	at := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	day := workday.DateOf(at).AddDays(1)
	window := office.Office{Code: "1", Name: "Shangzhi", NameEn: "Shangzhi", Phone: "0451-12345"}
	days := []visit.OpenDay{
		{Day: day, Times: []visit.OpenTime{{Slot: booking.Slot{Start: 540, Minutes: 30, Seats: 2}, Left: 2}, {Slot: booking.Slot{Start: 570, Minutes: 30, Seats: 2}, Waiting: 3}}},
		{Day: day.AddDays(1), Times: []visit.OpenTime{{Slot: booking.Slot{Start: 540, Minutes: 30, Seats: 2}, Left: 1}}},
	}
	one := booking.Visit{ID: "v", Office: "1", Day: day, Start: 540, State: booking.Booked, Until: at.Add(2 * time.Hour), Person: party.Person{Name: "<i>Fan"}}
	var out []page.State
	add := func(group, name, title string, body func(*http.Request) templ.Component) {
		out = append(out, page.Made("entrance", group, name, title, body))
	}
	choose := func(name string, v chooseView) {
		v.Key, v.Action, v.Name, v.Demo = "k", "/visit", "Identity card", true
		add("E-16", name, "visit.title", func(*http.Request) templ.Component { return choosePage(v) })
	}
	choose("visit-windows", chooseView{Windows: []office.Office{window}})
	choose("visit-no-windows", chooseView{})
	choose("visit-times", chooseView{At: window, Days: days})
	choose("visit-times-wrong", chooseView{At: window, Days: days, Problem: "!"})
	choose("visit-closed", chooseView{At: window})
	for _, list := range [][]booking.Visit{nil, {one}} {
		name := "visits-none"
		if len(list) > 0 {
			name = "visits"
		}
		add("E-16", name, "visit.mine", func(*http.Request) templ.Component { return minePage(nil, list) })
	}
	for _, s := range []booking.State{booking.Booked, booking.Waiting, booking.Offered, booking.Arrived, booking.Missed, booking.Cancelled, booking.Lapsed} {
		v := slipView{V: one, At: window, Name: "Identity card", URL: "http://heilongjiang.localhost/visits/v", Demo: true}
		v.V.State = s
		if s == booking.Waiting {
			v.Rule = booking.Rule{Missed: 3, Within: 90, Block: 30}
		}
		add("P-12", "visit-"+string(s), "visit.slip.title", func(*http.Request) templ.Component { return slipPage(v) })
	}
	return out
}
