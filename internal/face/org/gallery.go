package org

import (
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/handling/empower"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// States are these pages with made-up data, for the gallery.
func States() []page.State {
	firm := party.Org{Name: "Xuelian Trading", USCC: "91630100MA0000017Q"}
	fan, lin := party.Person{Name: "Fan"}, party.Person{Name: "Lin"}
	a := mandate.Account{Org: firm, Representative: fan, Licence: "1.2.156.3005.2.X"}
	day := workday.NewDate(2026, time.November, 27)
	m := mandate.Record{Mandate: mandate.Mandate{ID: "x", Unit: firm, Representative: fan, Agent: lin, Items: []string{"practice-013"}, From: day, Until: day.AddDays(364)}}
	in := func(s mandate.State) mandate.Record {
		r := m
		if r.State = s; s != mandate.Drawn {
			r.Proof = &proof.Signed{}
		}
		return r
	}
	rows := []page.Row{{Key: "Unit", Value: firm.Name, Source: string(firm.USCC)}, {Key: "Agent", Value: "<script>"}}
	staff := [][]page.Cell{{{Content: mandateLink(m.ID, m.Agent.Name)}, page.Text("Surveying qualification"), page.Text("2027-11-26"), page.Text("In force")}}
	choices := []page.Choice{{Value: "practice-013", Text: "Surveying qualification"}, {Value: "2020-024", Text: "Housing fund account"}}
	give := giveView{Key: "k", A: a, From: parts(m.From), Until: parts(m.Until), Choices: choices}
	wrong := give
	wrong.Number = "1"
	wrong.Wrong = map[string]string{"number": "Wrong", "items": "None", "until": "Too long"}
	unit := func(c choice) choice {
		c.Value, c.Name, c.Code = string(firm.USCC), firm.Name, string(firm.USCC)
		return c
	}
	named := []choice{
		unit(choice{Hint: "You are its agent"}), unit(choice{Why: "Other: not this matter"}), unit(choice{Offered: []mandate.Record{in(mandate.Offered)}}),
		{Value: page.ForKin + "x", Name: "Zhang", Hint: "Lets you act, until 2027-11-26"},
	}
	kin := func(s mandate.State, by string) mandate.Record {
		r := in(s)
		r.Unit, r.Representative = party.Org{}, party.Person{Name: by}
		return r
	}
	family := [][]page.Cell{{{Content: mandateLink("x", "Zhang")}, page.Text("Filing for medical treatment"), page.Text("2027-11-26"), page.Text("In force")}}
	let := kinView{wayLet, wrong}
	ask := kinView{wayAsk, giveView{Key: "k", From: give.From, Until: give.Until, Choices: choices, Items: []string{"practice-013"}}}
	asked := mandateView{M: kin(mandate.Asked, ""), State: string(mandate.Asked), Rows: rows}
	asks := asked
	asks.Agent, asks.Link = true, "https://example.invalid/mandates/x"
	var out []page.State
	for _, s := range []struct {
		group, name string
		body        templ.Component
	}{
		{"E-09", "act-for", forPage(forView{Query: url.Values{"item": {"practice-013"}}, Matter: "Surveying qualification", Choices: named, Ask: "/family/ask?item=practice-013"})},
		{"E-09", "act-for-list", forPage(forView{Choices: named})},
		{"E-09", "act-for-none", forPage(forView{})},
		{"E-33", "org", homePage(homeView{Led: []mandate.Account{a}, Firms: []empower.Licence{{ID: "L", Org: firm}}})},
		{"E-33", "org-none", homePage(homeView{})},
		{"E-33", "org-one", onePage(oneView{A: a, Staff: staff})},
		{"E-33", "org-one-abnormal", onePage(oneView{A: a, Abnormal: true})},
		{"E-33", "org-give", givePage(give)},
		{"E-33", "org-give-wrong", givePage(wrong)},
		{"E-09", "family", familyPage(familyView{Given: family, Held: family})},
		{"E-09", "family-none", familyPage(familyView{})},
		{"E-09", "family-let-wrong", kinPage(let)},
		{"E-09", "family-ask", kinPage(ask)},
		{"E-09", "family-asks", mandatePage(asks)},
		{"E-09", "family-asked", mandatePage(asked)},
		{"E-09", "family-drawn", mandatePage(mandateView{M: kin(mandate.Drawn, "Zhang"), State: "drawn", Rows: rows, Print: "ab12 cd34 ef56 7890", Leads: true})},
		{"E-09", "family-accepted", mandatePage(mandateView{M: kin(mandate.Accepted, "Zhang"), State: "accepted", Rows: rows, Agent: true})},
		{"E-33", "mandate-drawn", mandatePage(mandateView{M: in(mandate.Drawn), Rows: rows, Print: "ab12 cd34 ef56 7890", Leads: true, Why: "You did not agree"})},
		{"E-33", "mandate-offered", mandatePage(mandateView{M: in(mandate.Offered), Rows: rows})},
		{"E-33", "mandate-accepted", mandatePage(mandateView{M: in(mandate.Accepted), Rows: rows, Leads: true})},
		{"E-33", "mandate-agent", mandatePage(mandateView{M: in(mandate.Accepted), Rows: rows})},
		{"E-33", "mandate-revoked", mandatePage(mandateView{M: in(mandate.Revoked), Rows: rows, Leads: true})},
	} {
		out = append(out, page.State{Group: s.group, Name: s.name, Body: func(r *http.Request) (page.Frame, templ.Component) {
			f := page.FrameOf(r)
			f.Face, f.FaceName, f.Title = "entrance", page.T(r.Context(), "hub.face"), page.T(r.Context(), "org.title")
			return f, s.body
		}})
	}
	return out
}
