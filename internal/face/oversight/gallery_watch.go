package oversight

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/watch"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// watchStates are the pages of alarms with made-up data.
func watchStates() []page.State {
	at := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	day := workday.DateOf(at)
	row := func(id, no string, urge bool, due page.Due) watchRow {
		return watchRow{
			ID: id, Row: 1, Matter: "Registration of a company", No: no, What: "Time limit <script>", Office: "Xining Approval Bureau", At: "11630100MB99001234", Due: due,
			Said: "not answered", Urge: urge,
		}
	}
	red := page.Due{Date: page.ShortDay(day, ""), Words: "■", Tone: page.ToneError}
	yellow := page.Due{Date: page.ShortDay(day, ""), Words: "▲", Tone: page.ToneWarn}
	full := watchView{
		All: true, Counts: map[watch.Level]int{watch.Red: 1, watch.Yellow: 2},
		Lists: []watchList{
			{Level: watch.Red, Rows: []watchRow{row("a", "63-20261120-0000001-7", true, red)}},
			{Level: watch.Yellow, Rows: []watchRow{row("b", "63-20261120-0000002-5", true, yellow), row("c", "63-20261120-0000003-3", true, yellow)}, Full: true},
		},
	}
	own := watchView{
		Level: watch.Remind, Counts: map[watch.Level]int{watch.Remind: 1},
		Lists: []watchList{{Level: watch.Remind, Rows: []watchRow{row("a", "63-20261120-0000001-7", false, page.Due{Date: page.ShortDay(day, ""), Words: "○"})}}},
	}
	only := full
	only.Office, only.At, only.Level = "Xining Approval Bureau", "11630100MB99001234", watch.Red
	only.Lists = full.Lists[:1]
	steps := []page.Event{{What: "Alarm", When: page.ShortDay(day, ""), DateTime: at.Format(time.RFC3339), Note: "<b>"}}
	rows := []page.Row{{Key: "Matter", Value: "Registration of a company"}, {Key: "Case number", Value: "63-20261120-0000001-7"}}
	alarm := alarmView{A: watch.Alarm{ID: "a", Row: 1}, Rows: rows, Steps: steps}
	holder, super, wrong, foreign := alarm, alarm, alarm, alarm
	holder.Acts, holder.Case = []watch.Act{watch.Answer}, "/desk/cases/x"
	super.Acts = []watch.Act{watch.Urge, watch.Settle}
	wrong.Acts, wrong.Problem = []watch.Act{watch.Answer}, []page.FieldError{{Field: "answer", Text: "!"}}
	foreign.Foreign, foreign.Acts = true, []watch.Act{watch.Settle}
	super.Order = "/desk/orders/new"
	due := page.Due{Date: page.ShortDay(day, ""), Words: "!", Tone: page.ToneError}
	list := ordersView{May: true, Rows: []orderRow{{Href: "/gallery", Matter: "Registration of a company", No: "63-20261120-0000001-7", Kind: "Order", To: "Xining", State: "?", Due: due}}}
	form := newOrderView{Key: "k", Choices: []page.Choice{{Value: "", Text: "?"}, {Value: "a", Text: "Xining"}}}
	badForm := form
	badForm.No, badForm.Problem = "x", []page.FieldError{{Field: "no", Text: "!"}, {Field: "to", Text: "!"}}
	order := orderView{ID: "o", Row: 1, Rows: rows, Text: []string{"<script>"}, Steps: steps}
	replies, closes := order, order
	replies.Act, replies.Acts = "reply", []page.Choice{{Value: "reply", Text: "Reply", Hint: "What was found"}}
	closes.Acts = []page.Choice{{Value: "back", Text: "Back", Hint: "?"}, {Value: "close", Text: "Close", Hint: "?"}}
	badReply := replies
	badReply.Problem = []page.FieldError{{Field: "text", Text: "!"}}
	objectionNew := newObjectionView{Key: "k", Places: form.Choices, Figures: form.Choices}
	objectionBad := objectionNew
	objectionBad.Problem = []page.FieldError{{Field: "month", Text: "!"}, {Field: "text", Text: "!"}}
	answers := objectionView{ID: "o", N: 1, Rows: rows, Steps: steps, Act: "answer", Acts: []page.Choice{{Value: "answer", Text: "Answer"}}}
	settles, unsaid := answers, answers
	settles.Acts = []page.Choice{{Value: "settle", Text: "Settled"}, {Value: "object", Text: "Not yet"}}
	unsaid.Problem = []page.FieldError{{Field: "text", Text: "!"}}
	made := func(name string, body templ.Component) page.State {
		return page.Made("desk", "S-05", name, "watch.title", func(*http.Request) templ.Component { return body })
	}
	return []page.State{
		made("watch-province", watchPage(full)), made("watch-office", watchPage(own)), made("watch-only", watchPage(only)),
		made("watch-empty", watchPage(watchView{Lists: []watchList{{Level: watch.Red}, {Level: watch.Yellow}, {Level: watch.Remind}}})),
		made("alarm-holder", alarmPage(holder)), made("alarm-supervisor", alarmPage(super)), made("alarm-wrong", alarmPage(wrong)),
		made("alarm-foreign", alarmPage(foreign)), made("alarm-ended", alarmPage(alarm)),
		made("orders", ordersPage(list)), made("orders-none", ordersPage(ordersView{})), made("order-new", newOrderPage(form)),
		made("order-new-wrong", newOrderPage(badForm)), made("order-reply", orderPage(replies)), made("order-reply-wrong", orderPage(badReply)),
		made("objections", objectionsPage([]objectionRow{{Href: "/gallery", Figure: "Decided within the promise", Of: "Qinghai", From: "Heilongjiang", Month: "2026-10", State: "?"}})),
		made("objections-none", objectionsPage(nil)), made("objection-new", newObjectionPage(objectionNew)), made("objection-new-wrong", newObjectionPage(objectionBad)),
		made("objection-answer", objectionPage(answers)), made("objection-settle", objectionPage(settles)), made("objection-wrong", objectionPage(unsaid)),
		made("objection-settled", objectionPage(objectionView{ID: "o", Rows: rows, Steps: steps})),
		made("order-close", orderPage(closes)), made("order-closed", orderPage(order)),
	}
}
