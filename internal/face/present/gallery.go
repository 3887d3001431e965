package present

import (
	"net/http"

	"github.com/a-h/templ"

	"tongban/internal/domain/casefile"
	"tongban/internal/page"
)

// States are these pages with made-up data, for the gallery.
func States() []page.State {
	rows := []page.Row{{Key: "Licence", Value: "<script>"}, {Key: "Who", Value: "Xining"}}
	open := request{
		ID: "a", State: "open", Rows: rows, Address: "http://qinghai.localhost/present/a", Licences: []licenceLine{{"Licence 1", "Qinghai"}, {"Licence 2", "Fujian"}},
		Wallets: []page.Link{{Href: "/licence-request?client_id=x", Text: "Qinghai"}, {Href: "/licence-request?client_id=y", Text: "Fujian"}},
	}
	bare := request{ID: "b", State: "open", Rows: rows, Address: "http://qinghai.localhost/present/b"}
	taken := request{ID: "c", State: "taken", Rows: rows, Values: rows}
	over, refused := request{ID: "d", State: "over", Rows: rows}, request{ID: "e", State: "refused", Rows: rows}
	choices := []page.Choice{{Value: "no", Text: "Number"}, {Value: "scope", Text: "Scope"}}
	form := askView{
		C: casefile.Case{ID: "c", No: "23202611230000017"}, May: true, Types: []page.Choice{{Value: "t", Text: "Business licence"}}, Fields: choices,
	}
	asked, wrong, elsewhere := form, form, form
	asked.Requests = []request{open, taken, over, refused}
	wrong.Problem = []page.FieldError{{Field: "field", Text: "!"}, {Field: "purpose", Text: "!"}}
	elsewhere.May = false
	var out []page.State
	for _, s := range []struct {
		face, group, name, title string
		body                     templ.Component
	}{
		{"entrance", "E-28", "shown-none", "presentation.title", minePage(mineView{No: "23202611230000017"})},
		{"entrance", "E-28", "shown-open", "presentation.title", minePage(mineView{No: "23202611230000017", Requests: []request{open, taken, refused}, Missing: "Fujian"})},
		{"entrance", "E-28", "shown-nothing-held", "presentation.title", minePage(mineView{No: "23202611230000017", Requests: []request{bare, over}, Ended: true})},
		{"desk", "D-07", "ask-licence", "presentation.ask.title", askPage(form)},
		{"desk", "D-07", "ask-licence-wrong", "presentation.ask.title", askPage(wrong)},
		{"desk", "D-07", "ask-licence-asked", "presentation.ask.title", askPage(asked)},
		{"desk", "D-07", "ask-licence-elsewhere", "presentation.ask.title", askPage(elsewhere)},
	} {
		out = append(out, page.Made(s.face, s.group, s.name, s.title, func(*http.Request) templ.Component { return s.body }))
	}
	return out
}
