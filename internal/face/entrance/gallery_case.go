package entrance

import (
	"net/http"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// caseStates are a person's cases, one case in each of its situations, its papers, and what a check of a paper says.
func (b *base) caseStates() []page.State {
	here := *b
	here.me = "23"
	e := &entrance{base: &here}
	c := casefile.Case{
		No: casefile.MakeNo("23", workday.DateOf(GalleryDay), 1), Item: "2020-030", Mode: item.Entrusted, Coordinator: "23",
		Here: region.Must("230183"), There: region.Must("630100"), Lodged: GalleryDay, Last: GalleryDay,
		Legs: []casefile.Leg{
			{Key: "collect", Kind: item.Collect, Node: "23", State: casefile.Done, Holder: "23"},
			{Key: "decide", Kind: item.Decide, Node: "63", State: casefile.Accepted, Holder: "63"},
		},
	}
	c.Private.Applicant = party.Person{Name: "Fan", IDType: party.ResidentID, IDNo: "230183199001010025"}
	c.Private.Corrections = []casefile.Correction{{Material: "Lease", Problem: "<script>", Fix: "!", Basis: "Rule 18"}}
	var out []page.State
	add := func(group, name, title string, body func(r *http.Request) component) {
		out = append(out, page.Made("entrance", group, name, title, body))
	}
	lines := func(s page.Status, gone *lost) []line {
		return []line{{Case: c, Name: "Business licence", Status: s, Head: "?", Due: "11-26", Lost: gone}}
	}
	away := &lost{Node: "63", Name: "Qinghai", Since: "14:05", At: "11-25"}
	list := func(name string, groups []group, drafts []draftLine, o others, n int, noNumber bool) {
		add("E-21", name, "entrance.cases.title", func(*http.Request) component { return casesPage(e, groups, drafts, o, n, noNumber) })
	}
	list("cases", []group{{"needs", lines(page.Correction, nil)}, {"running", lines(page.Handling, nil)}, {"finished", lines(page.Done, nil)}},
		[]draftLine{{"d", "Business licence", "11-25 09:00", "2027-02-23"}},
		others{Lines: []awayLine{{No: "63-1", Name: "Identity card", Href: "/gallery", Status: page.Accepted, Place: "Qinghai", Due: "11-30"}, {No: "62-1", Name: "x", Status: page.Done, Place: "Gansu"}}}, 3, false)
	list("cases-none", nil, nil, others{}, 0, false)
	list("cases-away", []group{{"running", lines(page.Handling, away)}}, nil, others{Missing: "Qinghai", More: "Gansu"}, 1, false)
	list("cases-no-number", nil, nil, others{Ended: true}, 0, true)
	one := func(name string, change func(*casefile.Case, *detail)) {
		add("E-22", name, "entrance.cases.title", func(*http.Request) component {
			x, d := c, detail{
				Head: "?", Places: []page.Place{{Name: "Shangzhi", Role: "1", State: "2", Done: true}, {Name: "Xining", Role: "3", State: "4", Active: true}},
				Holder: e.Offices[0], Since: GalleryDay, Due: page.Due{Date: "11-26", Words: "1"}, DueNote: "!",
				Papers: []unit.Paper{{ID: "p", Title: "Receipt", Number: "1", At: GalleryDay}},
				Events: []page.Event{{When: "11-25 09:00", DateTime: GalleryDay.Format(time.RFC3339), What: "?", Where: "Shangzhi"}, {When: "11-26", What: "!", Next: true}},
			}
			change(&x, &d)
			return casePage(e, x, d)
		})
	}
	one("case", func(_ *casefile.Case, d *detail) {
		d.Withdrawable, d.Fee = true, feeBox{Text: "?", Amount: "20", Href: "/gallery", Go: "!"}
		d.Parts = []page.Row{{Key: "Third place", Value: "?"}}
	})
	one("case-originals", func(_ *casefile.Case, d *detail) {
		d.Originals, d.OriginalsDo = []page.Row{{Key: "Bills", Value: "<script>"}}, []string{"?"}
	})
	one("case-correction", func(x *casefile.Case, d *detail) {
		x.Legs = []casefile.Leg{{Key: "collect", Kind: item.Collect, Node: "23", State: casefile.Received, Holder: "23", Reason: "incomplete"}}
		d.Needs = true
	})
	one("case-unreachable", func(_ *casefile.Case, d *detail) {
		d.Waiting, d.SentTo, d.AwaySince, d.NextTry = true, "Qinghai", "14:05", "14:35"
	})
	one("case-holder-away", func(_ *casefile.Case, d *detail) { d.Lost = away })
	one("case-overdue", func(_ *casefile.Case, d *detail) { d.Due.Words, d.Due.Tone, d.TooLate = "-2", page.ToneError, true })
	one("case-done", func(x *casefile.Case, d *detail) {
		x.Closed, d.Done, d.Papers, d.Holder = GalleryDay, true, nil, e.Offices[0]
	})
	add("E-23", "fix", "entrance.cases.title", func(*http.Request) component {
		return fixPage(e, c, []unit.Paper{{ID: "p", Kind: string(document.Correction)}})
	})
	add("E-22", "withdraw", "entrance.withdraw.title", func(*http.Request) component { return withdrawPage(e, c) })
	doc := document.Doc{
		ID: "p", No: "1", Title: "Notice of acceptance", CaseNo: string(c.No), Office: "Xining", To: "Fan", Date: "2026-11-25", Check: "ABCDEFGH", VerifyPath: "/v/ABCDEFGH",
		Blocks: []document.Block{{Heading: "1"}, {Para: "<script>"}, {Fields: [][2]string{{"a", "b"}}}, {Table: &document.Table{Head: []string{"a", "b"}, Rows: [][]string{{"1", "2"}}}}},
	}
	add("P-02", "print", "entrance.case.papers", func(*http.Request) component {
		return page.Document(doc, page.PrintView{VerifyURL: "http://heilongjiang.localhost/v/ABCDEFGH", Seal: "Xining", Demo: true, Bar: true})
	})
	add("P-08", "print-licence", "entrance.case.papers", func(*http.Request) component {
		return licencePrint(e, licence.Licence{
			ID: "1.2.156", TypeName: "Business licence", No: "1", Issued: "2026-11-25", Issuer: licence.Issuer{Name: "Xining"}, Fields: []licence.Field{{Key: "scope", Label: "Scope", Value: "<b>"}},
		}, "http://qinghai.localhost/v/1")
	})
	check := func(name string, v verdict) {
		add("E-27", name, "entrance.verify.title", func(*http.Request) component { return verdictPage(v) })
	}
	check("verified", verdict{Valid: true, Kind: "document", Title: "Receipt", No: "1", Issuer: "Shangzhi", Date: "2026-11-25", Name: "F*n", Node: "23", Status: "?", Rate: true})
	check("verified-not", verdict{Why: errs.BadSignature.Text("zh")})
	add("E-27", "verify-file-wrong", "entrance.verify.title", func(*http.Request) component {
		return verifyPage("", "", "!", []page.FieldError{{Field: "file", Text: "!"}})
	})
	add("E-27", "verify-not-found", "entrance.verify.title", func(*http.Request) component { return codeNotFound(&here) })
	return out
}
