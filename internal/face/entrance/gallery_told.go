package entrance

import (
	"net/http"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/notice"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// toldStates are how a resident is told, what was told, and the messages of a case.
func (b *base) toldStates() []page.State {
	e := &entrance{base: b}
	c := casefile.Case{
		No: casefile.MakeNo("23", workday.DateOf(GalleryDay), 1), Item: "2020-030", Mode: item.Entrusted, Coordinator: "23",
		Here: region.Must("230183"), There: region.Must("630100"), Lodged: GalleryDay, Last: GalleryDay,
		Legs: []casefile.Leg{{Key: "collect", Kind: item.Collect, Node: "23", State: casefile.Received, Holder: "23"}},
	}
	state := func(group, name, title string, body func(r *http.Request) component) page.State {
		return page.State{Group: group, Name: name, Body: func(r *http.Request) (page.Frame, component) {
			f := b.frame(r)
			f.Title = page.T(r.Context(), title)
			return f, body(r)
		}}
	}
	contact := func(name string, said wish, phone string, wrong ...string) page.State {
		return state("E-contact", name, "notice.contact.title", func(r *http.Request) component {
			said.Errors = nil
			for _, field := range wrong {
				said.Errors = append(said.Errors, page.FieldError{Field: field, Text: page.T(r.Context(), "notice.contact.bad."+field)})
			}
			return contactPage(said, phone)
		})
	}
	ask := func(name string, change func(*askView)) page.State {
		return state("E-24", name, "message.title", func(r *http.Request) component {
			v := askView{C: c, Key: "k", To: page.T(r.Context(), "message.you"), Phone: "0451-12345"}
			change(&v)
			return askPage(e, v)
		})
	}
	said := []wordLine{
		{Who: "\u60a8", When: "11-25 09:00", Machine: "2026-11-25T01:00:00Z", Text: "?\n<script>", State: "\u5c1a\u5fd7", Mine: true},
		{Who: "\u5c1a\u5fd7", When: "11-25 10:00", Machine: "2026-11-25T02:00:00Z", Text: "!"},
	}
	return []page.State{
		contact("contact", wish{Channel: string(notice.SMS), Lang: "zh"}, "138****0001"),
		contact("contact-no-phone", wish{Channel: string(notice.Voice), Lang: "en", Phone: "0451-1"}, ""),
		contact("contact-wrong", wish{Channel: "x", Lang: "zh"}, "138****0001", "channel", "phone", "address"),
		ask("ask", func(*askView) {}),
		ask("ask-thread", func(v *askView) { v.Thread = said }),
		ask("ask-wrong", func(v *askView) { v.Error, v.Text = errs.MessageLong.Text("zh").Next, "x" }),
		ask("ask-over", func(v *askView) { v.Thread, v.Over = said, true }),
		state("E-22", "told", "entrance.cases.title", func(r *http.Request) component {
			return casePage(e, c, detail{Head: page.T(r.Context(), "entrance.head.sent", "\u897f\u5b81"), Unread: 1, WithdrawSoon: true, SentTo: "\u897f\u5b81", Told: []toldLine{
				{Kind: page.T(r.Context(), "notice.kind.accepted"), Text: "\u2026", When: "11-25 09:00", Machine: "2026-11-25T01:00:00Z", How: page.T(r.Context(), "notice.channel.sms") + " 138****0001", State: page.T(r.Context(), "notice.state.arrived")},
				{Kind: page.T(r.Context(), "notice.kind.received"), Text: "\u2026", When: "11-25 09:00", Machine: "2026-11-25T01:00:00Z", State: page.T(r.Context(), "notice.state.stuck")},
			}})
		}),
	}
}
