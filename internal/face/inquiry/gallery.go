package inquiry

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/assist"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/inquiry"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// States are these pages with made-up data, for the gallery.
func States() []page.State {
	at := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	types := assist.Default().For("2020-049", workday.DateOf(at))
	cells := func(n int) [][]page.Cell {
		row := []page.Cell{{Content: link("/desk/inquiries/x", "<script>", "23202611230000017")}}
		for range n {
			row = append(row, page.Cell{Text: "x"})
		}
		return [][]page.Cell{row}
	}
	var fields []page.Choice
	for _, one := range types[0].Fields {
		fields = append(fields, page.Choice{Value: one.Key, Text: one.Zh, Checked: true})
	}
	form := askView{
		C: casefile.Case{ID: "c", No: "23202611230000017"}, May: true, Types: types, Type: types[0], Due: "2026-12-02", Fields: fields,
		Offices: []page.Choice{{}, {Value: "o", Text: "Shangzhi"}}, Key: "k",
	}
	wrong, over := form, form
	wrong.Problem = []page.FieldError{{Field: "office", Text: "!"}, {Field: "fields", Text: "!"}}
	over.May, over.Asked = false, cells(3)
	rows := []page.Row{{Key: "x", Value: "<script>"}}
	one := oneView{
		Q: inquiry.Inquiry{Ask: inquiry.Ask{ID: "q"}, State: inquiry.Open}, Name: "x", Rows: rows, May: true, Reminded: "x",
		Inputs: []input{
			{Name: "v.registered", Label: "Registered", Choices: []page.Choice{{Value: assist.Yes, Text: "Yes"}, {Value: assist.No, Text: "No"}}},
			{Name: "v.address", Label: "Address", Hint: "x"},
		},
		Reasons: []page.Choice{{}, {Value: "no-record", Text: "No record"}},
	}
	gap := one
	gap.Problem = []page.FieldError{{Field: "v.address", Text: "!"}, {Field: "reason", Text: "!"}, {Field: "note", Text: "!"}}
	gap.Inputs = []input{{Name: "v.address", Label: "Address", Error: "!"}}
	waits := oneView{Q: one.Q, Name: "x", Rows: rows, Back: true, Full: true}
	done := oneView{Q: one.Q, Name: "x", Rows: rows, Answer: rows, Bad: true}
	done.Q.Reply = &inquiry.Reply{}
	var out []page.State
	for _, s := range []struct {
		name string
		body func() templ.Component
	}{
		{"inquiries", func() templ.Component {
			return listPage(listView{Todo: cells(5), Waits: cells(5), Late: cells(5), Office: true, Watches: true})
		}},
		{"inquiries-none", func() templ.Component { return listPage(listView{Office: true, Watches: true}) }},
		{"inquiry-ask", func() templ.Component { return askPage(form) }},
		{"inquiry-ask-wrong", func() templ.Component { return askPage(wrong) }},
		{"inquiry-ask-not-now", func() templ.Component { return askPage(over) }},
		{"inquiry-ask-nothing", func() templ.Component { return askPage(askView{C: form.C}) }},
		{"inquiry-answer", func() templ.Component { return onePage(one) }},
		{"inquiry-answer-gap", func() templ.Component { return onePage(gap) }},
		{"inquiry-waits", func() templ.Component { return onePage(waits) }},
		{"inquiry-answered", func() templ.Component { return onePage(done) }},
	} {
		out = append(out, page.State{Group: "D-13 \u534f\u67e5", Name: s.name, Body: func(r *http.Request) (page.Frame, templ.Component) {
			fr := page.FrameOf(r)
			fr.Face, fr.Title, fr.Demo = "desk", s.name, true
			return fr, s.body()
		}})
	}
	return out
}
