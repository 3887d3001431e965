package sharing

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/resource"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/share"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// States are the pages of shared data with made-up terms, for the gallery.
func States() []page.State {
	at := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	day := workday.DateOf(at)
	trust := &office.TrustList{Nodes: []office.Node{{ID: "23", Name: "Heilongjiang", NameEn: "Heilongjiang"}, {ID: "63", Name: "Qinghai", NameEn: "Qinghai"}}}
	kit := &unit.Kit{Me: "23", Now: func() time.Time { return at }, Catalogue: item.Default(), Trust: func() *office.TrustList { return trust }}
	f := New(Config{Ledger: &share.Ledger{Kit: kit}})
	const source = "idcard"
	own := resource.Resource{
		Owner: "23", Key: "identity", Version: 1, Name: "Identity", NameEn: "Identity", Office: "1", Source: source, Fields: []string{"name", "id_no"},
		Attribute: resource.Conditional, Basis: "Law 1", Freshness: resource.Live, PerDay: 1000, From: day, Demo: true,
	}
	grant := sharing.Grant{Provider: "63", Resource: "identity", Askers: []office.NodeID{"23"}, Fields: own.Fields, ChecksOnly: true, Items: []string{"2020-030"}, Purpose: "<i>Check", Basis: "Law 1", PerDay: 10, WithinMS: 2000, KeepDays: 30}
	text := sharing.Text{Terms: sharing.Terms{Agreement: "a", Version: 1, Parties: []office.NodeID{"23", "63"}, From: day, Until: day.AddDays(365), Grants: []sharing.Grant{grant}, Cost: "-"}, By: "63", At: at}
	other := own
	other.Owner = "63"
	word := func(k sharing.Kind) sharing.Statement { return sharing.Statement{Kind: k, At: at, Reason: "!"} }
	signed := sharing.Agreement{ID: "a", Texts: []sharing.Text{text}, Signed: map[proof.Hash]map[office.NodeID]sharing.Statement{text.Hash: {"63": word(sharing.Propose)}}, Demo: true}
	ended := signed
	ended.Last = map[office.NodeID]sharing.Statement{"23": word(sharing.Suspend)}

	var out []page.State
	add := func(group, name, title string, body func(n names) templ.Component) {
		face := "desk"
		if group == "E-29" {
			face = "entrance"
		}
		out = append(out, page.Made(face, group, name, title, func(r *http.Request) templ.Component { return body(names{page.PrefsOf(r.Context()).Lang, f}) }))
	}
	home := func(name string, v homeView) {
		add("D-sharing", name, "sharing.title", func(n names) templ.Component {
			v.names, v.Me, v.Today, v.Describe = n, "23", day, true
			return homePage(v)
		})
	}
	home("sharing", homeView{Resources: []resource.Resource{own, other}, Agreements: []sharing.Agreement{signed}})
	home("sharing-nothing", homeView{Words: "x"})
	recognised := func(name string, v recognitionsView) {
		add("D-sharing", name, "sharing.recognition.title", func(n names) templ.Component {
			v.names, v.Today, v.From, v.Officer = n, day, day.String(), "o"
			return recognitionsPage(v)
		})
	}
	said := func(seq int, by office.NodeID, second string, withdraw bool) sharing.Recognised {
		r := licence.Recognition{Of: "63", Type: "11100000MB0143028R001", Item: "2020-024", From: day, Until: day.AddDays(9), Basis: "<b>", Withdraw: withdraw}
		return sharing.Recognised{By: by, Seq: seq, Officer: "o", At: at, Recognition: r, Second: second, Demo: true}
	}
	recognised("recognitions-none", recognitionsView{})
	recognised("recognitions", recognitionsView{
		Own:    []sharing.Recognised{said(5, "23", "", false), said(3, "23", "p", false), said(1, "23", "", true)},
		Others: []sharing.Recognised{said(1, "63", "p", false)}, Say: true, Confirm: true, Withdraw: true, Members: []office.NodeID{"63"},
		Items: item.Default().All()[:3], Types: []licence.Type{{Code: "11100000MB0143028R001", Name: "Business licence", NameEn: "Business licence"}},
	})
	recognised("recognitions-wrong", recognitionsView{Say: true, Problem: errs.RecognitionWrong})
	thing := func(name string, v resourceView) {
		add("D-sharing", name, "sharing.title", func(n names) templ.Component {
			v.names, v.R.Demo = n, true
			return resourcePage(v)
		})
	}
	thing("sharing-own", resourceView{R: own, Mine: true, Describe: true, Taken: true})
	thing("sharing-table-wrong", resourceView{R: own, Mine: true, Describe: true, Problem: "!", Detail: "line 3"})
	thing("sharing-other", resourceView{R: other, Propose: true})
	gone := own
	gone.Withdrawn = true
	thing("sharing-withdrawn", resourceView{R: gone, Mine: true, Describe: true})
	answered := func(name string, list ...unit.Answered) {
		add("D-sharing", name, "sharing.given.title", func(n names) templ.Component { return givenPage(givenView{names: n, List: list}) })
	}
	answered("sharing-given-none")
	answered("sharing-given", unit.Answered{Asker: "63", No: "63-20261123-000001-0", Item: "2020-030", At: at}, unit.Answered{Asker: "63", No: "63-20261123-000002-8", Item: "2020-030", At: at, Deleted: at})
	told := challenge.Told{ID: "q", Case: "c", No: "63-20261123-000001-0", Item: "2020-030", Resource: "identity"}
	open := listed{challenge.Challenge{ID: "o", Told: told, Asker: "63", Owner: "23", Field: "name", Words: "<b>wrong", At: at, Due: day.AddDays(-1), Row: 1}, "Identity"}
	right := open
	right.Answer = &challenge.Answer{Kind: challenge.Corrected, Text: "<i>done", At: at}
	person := func(name string, v personView) {
		add("E-29", name, "sharing.objection.mine", func(n names) templ.Component {
			v.names = n
			return personPage(v)
		})
	}
	answer := toldLine{A: unit.Answered{Asker: "63", No: "63-20261123-000001-0", Item: "2020-030", Fields: own.Fields}, When: "11-25 09:00", Machine: at.Format(time.RFC3339), Form: true, Resource: "Identity"}
	wrong := answer
	wrong.Problem, wrong.Field, wrong.Said = "!", "name", []saidLine{{"Name", "corrected"}}
	person("data-objections-none", personView{})
	person("data-objections-no-number", personView{NoNumber: true})
	person("data-objections", personView{Lines: []toldLine{answer, answer}, Sent: true})
	person("data-objections-wrong", personView{Lines: []toldLine{wrong}, Problem: "!", At: "words-0"})
	objected := func(name string, list ...listed) {
		add("D-sharing", name, "sharing.objection.list", func(n names) templ.Component { return objectionsPage(listView{n, list, day, true}) })
		add("D-13", name+"-office", "sharing.objection.corrections", func(n names) templ.Component { return correctionsPage(listView{names: n, List: list}) })
	}
	objected("data-objections-desk-none")
	objected("data-objections-desk", open, right)
	one := func(name string, v oneView) {
		add("D-sharing", name, "sharing.objection.one", func(n names) templ.Component {
			v.names, v.Number = n, "230183199001010025"
			return objectionPage(v)
		})
	}
	one("data-objection-answer", oneView{O: open, Late: true})
	one("data-objection-answer-wrong", oneView{O: open, Problem: "!"})
	one("data-objection-answered", oneView{O: right})
	describe := func(name string, v describeView) {
		add("D-sharing", name, "sharing.describe.title", func(n names) templ.Component {
			v.names, v.From, v.PerDay = n, day.String(), "1000"
			return describePage(v)
		})
	}
	describe("sharing-describe", describeView{})
	describe("sharing-describe-form", describeView{R: own, Gives: own.Fields})
	describe("sharing-describe-wrong", describeView{R: own, Gives: own.Fields, Problem: errs.BadRequest})
	describe("sharing-describe-change", describeView{R: own, Gives: own.Fields, Changed: true})
	propose := func(name string, v proposeView) {
		add("D-sharing", name, "sharing.propose.title", func(n names) templ.Component {
			v.names, v.R, v.G, v.From, v.Until, v.Cost = n, other, grant, day.String(), day.AddDays(365).String(), "-"
			v.Others, v.Numbers = []office.NodeID{"23"}, map[string]string{"per_day": "10", "within_ms": "2000", "keep_days": "30"}
			if it, ok := kit.Catalogue.Item("2020-030"); ok {
				v.Matters = []item.Item{it}
			}
			return proposePage(v)
		})
	}
	propose("sharing-propose", proposeView{})
	propose("sharing-propose-wrong", proposeView{Problem: true})
	agreed := func(name string, v agreementView) {
		add("D-sharing", name, "sharing.agreement.title", func(n names) templ.Component {
			v.names, v.Text, v.Things, v.Me, v.ReplyBy, v.Propose = n, text, []resource.Resource{other}, "23", "12-09", true
			return agreementPage(v)
		})
	}
	agreed("sharing-proposed", agreementView{A: signed, Standing: sharing.Proposed, Sign: true})
	agreed("sharing-proposed-own", agreementView{A: signed, Standing: sharing.Proposed, Sign: true, Own: true})
	agreed("sharing-in-force", agreementView{A: signed, Standing: sharing.InForce, Agreed: true, Stop: true})
	agreed("sharing-countered", agreementView{A: signed, Standing: sharing.InForce, Stop: true})
	agreed("sharing-no-reason", agreementView{A: signed, Standing: sharing.InForce, Agreed: true, Stop: true, Forgotten: true})
	agreed("sharing-suspended", agreementView{A: ended, Standing: sharing.Suspended, Agreed: true, Stop: true, Stopped: sharing.Suspend})
	agreed("sharing-ended", agreementView{A: ended, Standing: sharing.Ended, Agreed: true})

	c := casefile.Case{
		ID: "c", No: casefile.MakeNo("23", day, 1), Coordinator: "23", Item: "2020-030",
		Legs: []casefile.Leg{{Key: "decide", Kind: item.Decide, Node: "23"}},
	}
	offer := line{
		Offer: share.Offer{Provider: "63", Grant: grant, Text: text, Fields: own.Fields}, Name: "Identity", From: "Qinghai", Print: "ABCD", Object: "http://qinghai.localhost/objections",
		Fields: []named{{"name", "Name", "Fan"}, {"id_no", "Number", ""}},
	}
	yes := offer
	yes.Agreed, yes.Grant.ChecksOnly, yes.Provider, yes.Name = true, false, "62", "Household"
	found := []answerLine{
		{When: "11-25 09:00", Machine: at.Format(time.RFC3339), From: "Qinghai", Name: "Identity", Rows: []page.Row{{Key: "Name", Value: "<b>"}}, Kept: "2027-01-01", ID: "q", Key: "k", Fields: []page.Choice{{Value: "name", Text: "Name"}}},
		{When: "11-25 09:00", Machine: at.Format(time.RFC3339), From: "Qinghai", Name: "Identity", Text: "!"},
	}
	data := func(name string, v dataView) {
		v.C = c
		add("E-29", name, "sharing.data.title", func(names) templ.Component { return minePage(v) })
		add("D-13", name+"-desk", "sharing.data.title", func(names) templ.Component { return deskPage(v) })
	}
	data("data", dataView{Lines: []line{offer, yes}, Found: found, Object: true, Said: []saidLine{{"Name", "corrected"}}})
	data("data-nothing", dataView{})
	data("data-deleted", dataView{Over: true, Gone: []string{"Qinghai: Identity, 2027-01-02"}})
	data("data-over", dataView{Lines: []line{yes}, Found: found, Over: true})
	data("data-wrong", dataView{Lines: []line{offer}, Not: "!", Problem: "!"})
	return out
}
