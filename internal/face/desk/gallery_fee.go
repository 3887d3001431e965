package desk

import (
	"net/http"

	"github.com/a-h/templ"

	"tongban/internal/domain/fee"
	"tongban/internal/domain/item"
	"tongban/internal/handling/cashier"
	"tongban/internal/page"
)

// feeStates are the account of a case and the day against the bank's statement.
func (m made) feeStates(add adding) {
	lines := []fee.Line{{Key: "card", Label: "Card", LabelEn: "Card", Fen: 2000, Basis: "Rule 1"}}
	charge := fee.Charge{Case: "c", No: string(m.c.No), Lines: lines, Fen: 2000, Row: 1, Payments: []fee.Payment{{Order: "1", Way: fee.ByCash, Fen: 2000, State: fee.Paid, At: m.at, Receipt: "P-17-1"}}}
	open := charge
	open.Payments = nil
	quote := fee.Quote{Known: true, Fen: 2000, Lines: lines, Basis: "Rule 1", Taker: item.There}
	show := func(name string, f feeView) {
		add("D-fee", name, "pay.desk.tab", func(_ *http.Request, lang string) templ.Component {
			v := m.view(lang)
			f.Quote, v.Fee, v.Tab = quote, &f, tabFee
			return feePage(v)
		})
	}
	show("desk-fee", feeView{Charge: open, Take: true, Assess: true, Questions: []item.Question{{Key: "first", Text: "?", TextEn: "?"}, {Key: "lost", Text: "!", TextEn: "!"}}})
	show("desk-fee-paid", feeView{Charge: charge, Return: true, Receipts: []page.Link{{Href: "/gallery", Text: "P-17-1"}}})
	show("desk-fee-wrong", feeView{Charge: charge, Return: true, Amount: "x", Wrong: map[string]string{"amount": "!", "note": "?"}})
	show("desk-fee-hand-back", feeView{Charge: charge, HandBack: []fee.Repayment{{No: "1", Fen: 2000}}})
	sheet := func(name string, s cashier.Sheet) {
		s.Day = m.day
		add("D-fee", name, "pay.desk.tab", func(*http.Request, string) templ.Component { return sheetPage(s) })
	}
	sheet("desk-sheet-empty", cashier.Sheet{})
	sheet("desk-sheet", cashier.Sheet{Bank: 2000, Cash: 1000, Odd: 1, Lines: []cashier.SheetLine{
		{Case: "c", No: string(m.c.No), Order: "1", Way: fee.ByBank, Ours: fee.Paid, Fen: 2000, Theirs: fee.SaysPaid, Told: 2000, Receipt: "P-17-1"},
		{Order: "2", Way: fee.ByBank, Theirs: fee.SaysPaid, Told: 500, Fault: "only-bank"},
	}})
	sheet("desk-sheet-bank-away", cashier.Sheet{Away: true, Lines: []cashier.SheetLine{{Case: "c", No: string(m.c.No), Order: "3", Way: fee.ByCash, Ours: fee.Paid, Fen: 1000}}})
}
