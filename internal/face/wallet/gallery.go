package wallet

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/licence"
	"tongban/internal/handling/certify"
	"tongban/internal/page"
)

// States are these pages with made-up data, for the gallery.
func States() []page.State {
	at := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	const id = "1.2.156.3005.2.11100000MB0143028R001.11630100MB99001234.91630100MA0000017Q.001.X"
	o := certify.Owned{
		Record: licence.Licence{
			ID: id, TypeName: "Business licence", No: "91630100MA0000017Q", From: "2026-11-20",
			Holder: licence.Holder{Name: "Xuelian Trading", Code: "91630100MA0000017Q", CodeType: "001"}, Issuer: licence.Issuer{Name: "Xining"},
			Fields: []licence.Field{{Key: "scope", Label: "Scope", Value: "<script>"}},
		},
		Life: licence.Life{ID: id, State: licence.InForce, At: at},
	}
	ended := o
	ended.Life.State = licence.Revoked
	fields := []page.Choice{{Value: ".no", Text: "Number"}, {Value: "scope", Text: "Scope"}}
	uses := [][]page.Cell{{page.Text("2026-11-25"), page.Text("?"), page.Text("?")}}
	cards := []card{
		{Href: "/wallet/" + id, Type: "Business licence", No: o.Record.No, Holder: o.Record.Holder.Name, Place: "Qinghai", State: licence.InForce},
		{Type: "Business licence", No: "1", Holder: "x", Place: "Fujian", State: "made-up", Until: "2027-01-01"},
	}
	rows := []page.Row{{Key: "Number", Value: o.Record.No}}
	ask := requestView{Rows: rows, Checked: "?", Fits: []page.Choice{{Value: "1", Text: "Business licence 1"}, {Value: "2", Text: "<script>"}}}
	askNone, askWrong := ask, ask
	askNone.Fits, askWrong.Problem = nil, []page.FieldError{{Field: "licence", Text: "!"}}
	shown := [][]page.Cell{{page.Text("2026-11-25"), page.Text("Harbin"), page.Text("?"), page.Text("?"), page.Text("?")}}
	var out []page.State
	for _, s := range []struct {
		name string
		body templ.Component
	}{
		{"wallet", homePage(homeView{Cards: cards})},
		{"wallet-empty", homePage(homeView{})},
		{"wallet-missing", homePage(homeView{Cards: cards, Missing: "Fujian"})},
		{"wallet-ended", homePage(homeView{Ended: true})},
		{"wallet-no-number", homePage(homeView{NoNumber: true})},
		{"wallet-one", onePage(oneView{O: o, Fields: fields, Uses: uses, Shown: shown, Stands: true})},
		{"wallet-request", requestPage(ask)},
		{"wallet-request-none", requestPage(askNone)},
		{"wallet-request-wrong", requestPage(askWrong)},
		{"wallet-one-over", onePage(oneView{O: ended, Fields: fields})},
		{"wallet-code", codePage(o.Record.TypeName, "http://qinghai.localhost/s/X", id)},
		{"wallet-scanned", scannedPage(scannedView{Rows: rows, State: licence.InForce, Good: true, Type: o.Record.TypeName})},
		{"recognition-none", recognitionPage(recognitionView{})},
		{"recognition", recognitionPage(recognitionView{Rows: [][]page.Cell{{page.Text("Heilongjiang"), page.Text("Business licence"), page.Text("<script>"), page.Text("?"), page.Text("2026-11-25"), page.Text("?"), page.Text("?")}}})},
		{"wallet-scanned-over", scannedPage(scannedView{Rows: rows, State: licence.Suspended, Type: o.Record.TypeName})},
	} {
		out = append(out, page.Made("entrance", "E-28", s.name, "wallet.title", func(*http.Request) templ.Component { return s.body }))
	}
	return out
}
