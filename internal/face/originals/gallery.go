package originals

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/original"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// States are these pages with made-up data, for the gallery.
func States() []page.State {
	at := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	no := casefile.MakeNo("33", workday.DateOf(at), 17)
	cells := func(n int) [][]page.Cell {
		row := []page.Cell{{Content: link("/gallery", "<script>", "")}}
		for range n {
			row = append(row, page.Cell{Text: "x"})
		}
		return [][]page.Cell{row}
	}
	wrong := func(fields ...string) (out []page.FieldError) {
		for _, name := range fields {
			out = append(out, page.FieldError{Field: name, Text: "!"})
		}
		return out
	}
	some := []page.Choice{{Value: "a", Text: "Bills", Checked: true}, {Value: "b", Text: "<script>"}}
	chain := chainView{C: casefile.Case{ID: "c", No: no}, Here: "/gallery", Papers: cells(4), Bags: cells(4), Form: map[string]string{"way": original.ByPost}}
	with := func(change func(v *chainView)) func() templ.Component {
		v := chain
		change(&v)
		return func() templ.Component { return chainPage(v) }
	}
	lines := []line{{Key: "bill", Name: "Bills", Form: "original", Chosen: true}, {Key: "card", Name: "<script>", Form: "copy"}}
	looked := func(v *chainView) {
		v.Late, v.Looked, v.Endings = some, some, some
		v.Traces = []page.Row{{Key: "Bills", Value: "x"}}
	}
	bag := bagView{
		C: chain.C, Here: "/gallery", Rows: []page.Row{{Key: "x", Value: "<script>"}}, Lines: cells(4), List: "/gallery", Label: true,
		B: original.Bag{No: original.MakeNo(no, 1)},
	}
	coming, gap, got := bag, bag, bag
	coming.Label, gap.Label, got.Label, got.Receipt = false, false, false, "/gallery"
	coming.Ticks = []tick{{Name: "mark.a", Legend: "Bills", Choices: some}, {Name: "mark.b", Legend: "<script>", Choices: some}}
	gap.Ticks, gap.Problem = coming.Ticks, wrong("mark.b", "note")
	var out []page.State
	for _, s := range []struct {
		name string
		body func() templ.Component
	}{
		{"originals", func() templ.Component { return listPage(listView{Rows: cells(3)}) }},
		{"originals-none", func() templ.Component { return listPage(listView{}) }},
		{"originals-typo", func() templ.Component { return listPage(listView{Typed: "33-2026", Problem: wrong("number")}) }},
		{"originals-case-none", with(func(v *chainView) { v.Papers, v.Bags = nil, nil })},
		{"originals-case-unchecked", with(func(v *chainView) { v.Papers, v.Bags, v.Why = nil, nil, "!" })},
		{"originals-case-call", with(func(v *chainView) { v.Ask = some })},
		{"originals-case-called", with(func(v *chainView) { v.Call, v.CallID, v.Held = "?", "k", some })},
		{"originals-case-send", with(func(v *chainView) { v.Call, v.Lines, v.Let = "?", lines, true })},
		{"originals-case-early", with(func(v *chainView) { v.Early, v.Lines, v.Problem = "?", lines, wrong("lines", "ref") })},
		{"originals-case-back", with(func(v *chainView) { v.Give = some })},
		{"originals-case-trouble", with(looked)},
		{"originals-case-trouble-wrong", with(func(v *chainView) { looked(v); v.Problem = wrong("loss", "trace") })},
		{"originals-bag-sent", func() templ.Component { return bagPage(bag) }},
		{"originals-bag-receive", func() templ.Component { return bagPage(coming) }},
		{"originals-bag-gap", func() templ.Component { return bagPage(gap) }},
		{"originals-bag-received", func() templ.Component { return bagPage(got) }},
		{"originals-bag-label", func() templ.Component {
			return labelPage(labelView{B: bag.B, From: "Xianju", To: "Zheng'an", FromPhone: "0576", ToPhone: "0851", Way: "RA473124829US", Due: "12-2", Count: 2, Demo: true})
		}},
		{"originals-bag-sheet", func() templ.Component {
			return page.Document(sheet(no), page.PrintView{VerifyURL: "https://example.org/v/x", Seal: "Xianju", Demo: true})
		}},
	} {
		out = append(out, page.State{Group: "D-14 \u4ea4\u63a5", Name: s.name, Body: func(r *http.Request) (page.Frame, templ.Component) {
			fr := page.FrameOf(r)
			fr.Face, fr.Title, fr.Demo = "desk", s.name, true
			return fr, s.body()
		}})
	}
	return out
}

// sheet is the receipt for a full bag: it has to fit one sheet of paper.
func sheet(no casefile.No) document.Doc {
	data := document.Data{
		ID: "d", No: "1", CaseNo: string(no), Date: "2026-11-25", ApplicantName: "Zheng", ApplicantMaskedID: "**************0018", ItemName: "?", Office: "Zheng'an", Phone: "0851",
		Bag: document.Bag{
			No: string(original.MakeNo(no, 1)), By: "Xianju", Of: "Zheng'an", Hands: "Li", At: "2026-11-23 09:31", Due: "2026-11-30", Way: original.ByPost, Ref: "RA473124829US",
			Pages: 24, Early: "!", Received: "2026-11-25 15:02", Takes: "Zhao", List: "ABCD2345", Note: "?",
		},
	}
	for range 8 {
		data.Lines = append(data.Lines, document.Line{Name: "Bills", Pages: 3, Form: string(original.Original), Found: "line-here"})
	}
	d, err := document.Compose(document.Manifest, data)
	if err != nil {
		panic(err) // compiled in, so a test has seen it
	}
	return d
}
