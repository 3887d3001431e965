package steward

import (
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"tongban/catalogue"
	"tongban/internal/domain/bundle"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// States are the stewards' pages over the catalogue inside the binary with made-up drafts, for the gallery.
func States() []page.State {
	at := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	day := workday.DateOf(at)
	c := item.Default()
	regions, err := region.Default()
	if err != nil { // compiled in, so a test has seen it
		panic(err)
	}
	offices, err := office.Load(catalogue.FS)
	if err != nil {
		panic(err)
	}
	const code = "2020-030"
	xining := region.Must("630100")
	it, _ := c.Item(code)
	ver, _ := c.Version(code, day)
	own, has := c.OverlayOf(code, xining, day)
	content := bundle.Content{Kind: bundle.Overlay, Place: xining, Item: code, From: day.AddDays(30), Author: "s1"}
	draft := bundle.Draft{ID: "d", Content: content, State: bundle.Drafting, Saved: at, Row: 1}
	trials := []item.Trial{{Name: "A window in Shangzhi", Here: region.Must("230183"), There: xining, On: day.AddDays(31), Mode: item.Online, Term: "3wd"}}
	steward := office.Officer{ID: "s1", Roles: []office.Role{office.Steward}}

	var out []page.State
	add := func(name, title string, body func(r *http.Request, lang string) templ.Component) {
		out = append(out, page.Made("desk", "C-03", name, title, func(r *http.Request) templ.Component { return body(r, page.PrefsOf(r.Context()).Lang) }))
	}
	home := func(name string, v homeView) {
		add(name, "steward.title", func(_ *http.Request, lang string) templ.Component {
			v.Lang, v.Items, v.Keep = lang, c.All(), true
			return homePage(v)
		})
	}
	names := map[office.NodeID]string{"63": "Qinghai"}
	home("rules", homeView{
		Drafts: []bundle.Draft{draft}, Agreements: c.AllAgreements()[:2], Mine: map[string]bool{}, Names: names,
		Issued: []bundle.Bundle{{Publisher: "63", Seq: 1, At: at, Content: content}},
	})
	home("rules-nothing-yet", homeView{Names: names})
	matter := func(name string, v matterView) {
		add(name, "steward.title", func(_ *http.Request, lang string) templ.Component {
			v.Lang, v.Item, v.On, v.Place, v.PlaceName, v.Keep = lang, it, day, xining, regions.FullName(xining), true
			for _, o := range offices {
				if o.Node == "63" {
					v.Offices = append(v.Offices, o)
				}
			}
			return matterPage(&http.Request{}, v)
		})
	}
	matter("rules-matter", matterView{V: ver, Defined: true, Own: own, Has: has})
	matter("rules-matter-undefined", matterView{})
	show := func(name string, change func(*draftView)) {
		add(name, "steward.draft.title", func(r *http.Request, lang string) templ.Component {
			v := draftView{D: draft, S: sheet{own, trials}, V: ver, Item: it, Lang: lang, Place: regions.FullName(xining), Officer: "s2"}
			change(&v)
			return draftPage(r, v, steward)
		})
	}
	show("rules-draft", func(*draftView) {})
	show("rules-draft-own", func(v *draftView) { v.Officer = "s1" })
	show("rules-draft-empty", func(v *draftView) { v.S = sheet{} })
	show("rules-draft-found", func(v *draftView) { v.Found = []said{{"!", "materials 1"}, {"?", "<script>"}} })
	show("rules-draft-failed", func(v *draftView) {
		v.Failed = []failed{{trials[0].Name, []item.Miss{{What: "mode", Want: "online", Got: "entrusted"}, {What: "term", Want: "3wd"}}}}
	})
	show("rules-draft-published", func(v *draftView) { v.D.State, v.D.Seq = bundle.Issued, 1 })
	for _, p := range parts {
		add("rules-row-"+p.key, "steward.part."+p.key, func(r *http.Request, lang string) templ.Component {
			v := draftView{D: draft, S: sheet{own, trials}, V: ver, Item: it, Lang: lang}
			row := cells{}
			if rows := p.rows(v.S); len(rows) > 0 {
				row = rows[0]
			}
			return rowPage(r, v, p, 0, row, nil)
		})
	}
	add("rules-row-wrong", "steward.draft.title", func(r *http.Request, lang string) templ.Component {
		return rowPage(r, draftView{D: draft, S: sheet{own, trials}, V: ver, Item: it, Lang: lang}, parts[1], 9, cells{}, map[string]string{"law": "!", "rank": "!"})
	})
	add("rules-issued", "steward.title", func(r *http.Request, lang string) templ.Component {
		return issuedPage(r, issuedView{
			Lang: lang, B: bundle.Bundle{Publisher: "63", Seq: 1, At: at, Content: content}, S: sheet{own, trials}, Hash: "ab12", Title: pick(lang, it.Name, it.NameEn),
			Approvals: []bundle.Approval{{Publisher: "63", Officer: "s1", Office: "1", At: at}, {Publisher: "63", Officer: "s2", Office: "1", At: at}},
		})
	})
	mandate := slices.IndexFunc(c.AllAgreements(), func(a item.Agreement) bool { return a.Mandate != nil })
	agreement := func(name string, n int, mine bool) {
		add(name, "steward.title", func(_ *http.Request, lang string) templ.Component {
			a := c.AllAgreements()[n]
			return agreementPage(agreementView{Lang: lang, A: a, Mine: mine, Keep: true, First: day, By: "Anhui", Sides: []sideView{
				{"Sichuan", item.Signature{By: "51", From: day}, true}, {Name: "Chongqing"},
			}})
		})
	}
	agreement("rules-agreement", 0, false)
	agreement("rules-agreement-ours", 0, true)
	agreement("rules-mandate", mandate, false)
	agreement("rules-mandate-ours", mandate, true)
	return out
}
