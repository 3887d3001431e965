package pay

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// States are the pages of a fee with made-up data, for the gallery.
func States() []page.State {
	at := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	lines := []fee.Line{
		{Key: "card", Label: "Card", LabelEn: "Card", Fen: 2000, Basis: "Rule 1"},
		{Key: "post", Label: "<b>Post", LabelEn: "<b>Post", Fen: 1200, Basis: "Rule 2", Mark: item.Inferred},
	}
	quote := fee.Quote{Known: true, Fen: 3200, Lines: lines, Basis: "Rule 1", Taker: item.There, Refused: "refund"}
	c := casefile.Case{No: casefile.MakeNo("23", workday.DateOf(at), 1), Item: "2020-052"}
	charge := fee.Charge{Case: "c", No: string(c.No), Lines: lines, Fen: 3200, Row: 1}
	payment := func(state fee.State) fee.Payment {
		return fee.Payment{Order: "1", Way: fee.ByBank, Fen: 3200, State: state, At: at, Receipt: "P-17-1"}
	}
	paid := charge
	paid.Payments = []fee.Payment{payment(fee.Failed), payment(fee.Paid)}
	back := paid
	back.Stopped, back.Why = at, "withdrawn"
	back.Back = []fee.Repayment{{No: "1", Order: "1", Fen: 3200, Why: "withdrawn", State: fee.Returned, At: at, Done: at}}
	owed := back
	owed.Back = []fee.Repayment{{No: "1", Order: "1", Fen: 3200, Why: "withdrawn", State: fee.Asked, At: at}}
	base := view{C: c, Matter: "Identity card", Payee: office.Office{Name: "Shangzhi", NameEn: "Shangzhi", Phone: "0451-12345"}, Quote: quote, Charge: charge, Online: true}
	var out []page.State
	add := func(name string, change func(*view)) {
		v := base
		change(&v)
		out = append(out, page.Made("entrance", "E-17", name, "pay.title", func(*http.Request) templ.Component { return payPage(v) }))
	}
	add("pay", func(*view) {})
	add("pay-cash-only", func(v *view) { v.Online = false })
	add("pay-questions-open", func(v *view) { v.Quote.Open = []string{"first"} })
	add("pay-pending", func(v *view) { v.Charge.Payments = []fee.Payment{payment(fee.Pending)} })
	add("pay-failed", func(v *view) { v.Charge.Payments = []fee.Payment{payment(fee.Failed)} })
	add("pay-paid", func(v *view) { v.Charge, v.Receipts = paid, []receipt{{Href: "/gallery", No: "P-17-1"}} })
	add("pay-going-back", func(v *view) { v.Charge = owed })
	add("pay-refunded", func(v *view) { v.Charge = back })
	add("pay-elsewhere", func(v *view) { v.There = "/gallery" })
	add("pay-nothing", func(v *view) { v.Quote, v.Charge = fee.Quote{Known: true}, fee.Charge{} })
	return out
}
