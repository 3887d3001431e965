package register

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/licence"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/unit"
	"tongban/internal/page"
)

// States are these pages with made-up data, for the gallery.
func States() []page.State {
	at := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	const id = "1.2.156.3005.2.11100000MB0143028R001.11630100MB99001234.91630100MA0000017Q.001.X"
	record := licence.Licence{
		ID: id, TypeName: "Business licence", No: "91630100MA0000017Q", Version: 1, Issued: "2026-11-20", From: "2026-11-20",
		Holder: licence.Holder{Name: "Xuelian Trading", Code: "91630100MA0000017Q", CodeType: "001"},
		Fields: []licence.Field{{Key: "scope", Label: "Scope", Value: "<script>"}},
	}
	life := licence.Life{ID: id, State: licence.InForce, Case: "c", Row: 1, Acts: 1, At: at}
	facts := []licence.Fact{
		{Licence: id, N: 1, Act: licence.ActIssue, State: licence.InForce, At: at},
		{Licence: id, N: 2, Act: licence.ActSuspend, State: licence.Suspended, At: at, Reason: "penalty"},
	}
	sheet := certify.Sheet{Record: record, Life: life, Facts: facts[:1], Acts: []licence.Act{licence.ActSuspend, licence.ActChange, licence.ActRevoke, licence.ActStrike, licence.ActCancel, licence.ActMoveOut}}
	suspended := sheet
	suspended.Life.State, suspended.Facts, suspended.Acts = licence.Suspended, facts, nil
	suspended.Wish, suspended.Answer = &unit.Wish{Licence: id, Act: licence.ActStrike, Reason: "penalty", By: "officer", At: at}, true
	other := suspended
	other.Answer = false
	reason := func(_ string, _ licence.Act, key string) string { return key }
	reasons := []page.Choice{{Value: "penalty", Text: "penalty"}, {Value: "deceit", Text: "deceit"}}
	form := func(act licence.Act, problem ...page.FieldError) func() templ.Component {
		return func() templ.Component {
			v := formView{S: sheet, Act: act, Holder: record.Holder.Name, Fields: record.Fields, Problem: problem}
			if act.Reasoned() {
				v.Reasons = reasons
			}
			return actPage(v)
		}
	}
	wrong := page.FieldError{Field: "reason", Text: "!"}
	var out []page.State
	for _, s := range []struct {
		name string
		body func() templ.Component
	}{
		{"licence-find", func() templ.Component { return findPage(findView{}) }},
		{"licence-find-nothing", func() templ.Component { return findPage(findView{Words: "x", Asked: true}) }},
		{"licence-find-wrong", func() templ.Component { return findPage(findView{Problem: "!"}) }},
		{"licence-found", func() templ.Component {
			return findPage(findView{Words: "x", Asked: true, Found: []licence.Life{life}})
		}},
		{"licence-sheet", func() templ.Component { return sheetPage(sheet, reason, "/v/x") }},
		{"licence-waits", func() templ.Component { return sheetPage(suspended, reason, "/v/x") }},
		{"licence-waits-other", func() templ.Component { return sheetPage(other, reason, "/v/x") }},
		{"licence-suspend", form(licence.ActSuspend)},
		{"licence-suspend-wrong", form(licence.ActSuspend, wrong)},
		{"licence-revoke", form(licence.ActRevoke)},
		{"licence-change", form(licence.ActChange)},
		{"licence-change-wrong", form(licence.ActChange, page.FieldError{Field: "until", Text: "!"})},
	} {
		out = append(out, page.Made("desk", "D-licences", s.name, "register.title", func(*http.Request) templ.Component { return s.body() }))
	}
	return out
}
