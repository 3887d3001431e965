package desk

import (
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/booking"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// made is what the desk's pages in the gallery are made from: one case of a made-up person, under the rules inside the binary.
type made struct {
	at   time.Time
	day  workday.Date
	rule item.Version
	item item.Item
	c    casefile.Case
	row  row
}

func madeUp() made {
	m := made{at: time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)}
	m.day = workday.DateOf(m.at)
	const code = "2020-030"
	m.item, _ = item.Default().Item(code)
	m.rule, _ = item.Default().Version(code, m.day)
	here, there := region.Must("230183"), region.Must("630100")
	m.c = casefile.Case{
		ID: "c", No: casefile.MakeNo("23", m.day, 1), Item: code, Mode: item.Entrusted, Here: here, There: there, Coordinator: "23", Lodged: m.at, Row: 3,
		Legs: []casefile.Leg{
			{Key: "collect", Kind: item.Collect, Place: here, Node: "23", State: casefile.Done, Holder: "23"},
			{Key: "decide", Kind: item.Decide, Place: there, Node: "63", State: casefile.Accepted, Holder: "63"},
		},
		Private: casefile.Private{
			Applicant: party.Person{Name: "Fan", IDType: party.ResidentID, IDNo: "230183199001010025", Phone: "13800000001"},
			Answers:   map[string]string{}, Review: map[string]casefile.Mark{},
			Corrections: []casefile.Correction{{Material: "Lease", Problem: "<script>", Fix: "!", Basis: "Rule 18", Answer: "?"}},
			Extension:   &casefile.Extension{Limit: "decide", Reason: "!", Asked: "o", AskedAt: m.at, Old: m.day, New: m.day.AddDays(10)},
		},
	}
	for i, k := range m.rule.Checklist {
		finding := []casefile.Finding{casefile.Meets, casefile.Amend, casefile.Breaks}[i%3]
		m.c.Private.Review[k.Key] = casefile.Mark{Finding: finding, Note: "!", Paper: []string{"", "?"}[i%2]}
		if k.Field != "" {
			m.c.Private.Answers[k.Field] = "x"
		}
	}
	m.row = row{
		ID: "c", Href: "/gallery", Matter: m.item.Name, No: string(m.c.No), Applicant: "F*n", Here: "Shangzhi", There: "Xining", Queue: casefile.QueueAccepted,
		Status: page.Handling, Due: page.Due{Date: "11-26", Words: "-1", Tone: page.ToneError},
	}
	return m
}

// view is the case as an officer may see it who may do some acts.
func (m made) view(lang string, offers ...string) caseView {
	v := caseView{
		C: m.c, Lang: lang, Tab: tabCheck, Version: m.rule, Duty: "!", Offers: offers, Notices: []string{"?", "!"},
		Identity:  page.Identity{No: string(m.c.No), Matter: pick(lang, m.item.Name, m.item.NameEn), Applicant: "Fan", Holder: "Xining", Mode: "entrusted", Status: page.Handling, Due: m.row.Due},
		Places:    []page.Place{{Name: "Shangzhi", Role: "1", State: "2", Done: true}, {Name: "Xining", Role: "3", State: "4", Active: true}},
		Claim:     claimView{Case: "c", Hand: "Zhao", Since: "11-25", Mine: true, Away: true, Officer: "o", To: []page.Choice{{Value: "p", Text: "Qian"}}},
		Applicant: []page.Row{{Key: "Name", Value: "Fan"}}, Answers: []page.Row{
			{Key: "Scope", Value: "<b>", Source: "?"},
			{Key: "Address", Content: disputed("1", "2", casefile.Dispute{Source: "Register", At: m.at, Said: "3"})},
		},
		Materials: []materialView{{Name: "Lease", Source: "?", Note: "!", Files: []fileView{{Href: "/gallery", Name: "Lease.pdf", Size: "1 KB"}}}},
		Events:    []page.Event{{When: "11-25 09:00", DateTime: m.at.Format(time.RFC3339), What: "?", Where: "Shangzhi", Note: "!"}},
		Custody:   [][]page.Cell{{page.Text("Shangzhi"), page.Text("1"), page.Text("2"), page.Text("3")}},
		Papers:    []unit.Paper{{ID: "p", Title: "Receipt", Number: "1", At: m.at}}, Parts: []page.Row{{Key: "Third place", Value: "?"}},
	}
	return v
}

// States are the desk's pages with made-up data, for the gallery.
func States() []page.State {
	m := madeUp()
	var out []page.State
	add := func(group, name, title string, body func(r *http.Request, lang string) templ.Component) {
		out = append(out, page.Made("desk", group, name, title, func(r *http.Request) templ.Component { return body(r, page.PrefsOf(r.Context()).Lang) }))
	}
	plain := func(group, name, title string, body templ.Component) {
		add(group, name, title, func(*http.Request, string) templ.Component { return body })
	}
	m.queues(plain)
	m.caseStates(add)
	m.actStates(add)
	m.intakeStates(add)
	m.feeStates(add)
	checks := []page.Row{{Key: "Signature", Value: "<b>"}, {Key: "How it stands now", Value: "?"}}
	plain("D-09", "desk-licence", "desk.licence.title", licencePage(licenceView{Title: "Business licence", Caption: "!", Good: true, Checks: checks, Face: checks[:1], Kept: "11-25"}))
	plain("D-09", "desk-licence-not", "desk.licence.title", licencePage(licenceView{Title: "Business licence", Caption: "!", Why: "?", Checks: checks, Face: checks[:1], Kept: "11-25"}))
	plain("D-24", "desk-keys", "desk.keys.title", keysPage(true))
	plain("D-24", "desk-keys-off", "desk.keys.title", keysPage(false))
	return out
}

type adding func(group, name, title string, body func(r *http.Request, lang string) templ.Component)

// queues are the lists of what there is to do.
func (m made) queues(plain func(group, name, title string, body templ.Component)) {
	free, mine := m.row, m.row
	free.ID, free.Free, free.Due.Tone = "d", true, page.ToneWarn
	mine.ID, mine.Hand = "e", "Zhao"
	rows := []row{m.row, free, mine}
	tally := casefile.Tally{Queues: map[casefile.Queue]int{casefile.QueueAccepted: 2}, Mine: 1, Free: 1, Office: 3, Over: 1}
	queue := func(name string, v queueView) {
		v.Tally = tally
		plain("D-01", name, "desk.queue.heading", queuePage(v))
	}
	queue("queue", queueView{List: casefile.Listing{View: casefile.ViewOffice}, Rows: rows, Next: "/gallery", Window: true, Claims: true})
	queue("queue-stage", queueView{List: casefile.Listing{View: casefile.ViewStage, Queue: casefile.QueueAccepted}, Rows: rows, Item: m.item.Name})
	queue("queue-empty", queueView{List: casefile.Listing{View: casefile.ViewMine}})
	for name, v := range map[string]searchView{
		"desk-search": {}, "desk-search-found": {Text: "Fan", Asked: true, Rows: rows, Lists: []page.Link{{Href: "/gallery", Text: "Xining"}}},
		"desk-search-nothing": {Text: "x", Asked: true}, "desk-search-unclear": {Text: "?", Asked: true, Error: "!"},
	} {
		plain("D-02", name, "desk.search.title", searchPage(v))
	}
	hands := []handView{{Href: "/gallery", Name: "Zhao", Cases: 3, Over: 1, Shown: true}, {Href: "/gallery", Name: "Qian", Away: true}}
	to := []page.Choice{{Value: "p", Text: "Qian"}}
	for name, v := range map[string]teamView{
		"team": {Rows: rows, Next: "/gallery"}, "team-empty": {}, "team-wrong": {Rows: rows, Error: "!"}, "team-given": {Rows: rows, Given: 2, Left: []string{"1", "2"}},
	} {
		v.Hands, v.Name, v.Of, v.To = hands, "Zhao", "o", to
		plain("D-20", name, "desk.team.title", teamPage(v))
	}
	visits := visitsView{Day: m.day, Before: "/gallery", Next: "/gallery", Today: "/gallery", Now: true, Sum: map[booking.State]int{booking.Booked: 1}}
	plain("D-18", "desk-visits-none", "visit.mine", visitsPage(visits))
	visits.Rows = []visitRow{
		{ID: "v", Time: "09:00", Who: "F*n", Matter: m.item.Name, State: booking.Booked, Row: 1, Acts: []booking.Act{booking.Arrive, booking.Miss}},
		{ID: "w", Time: "09:30", Who: "F*n", State: booking.Arrived, Row: 1},
	}
	plain("D-18", "desk-visits", "visit.mine", visitsPage(visits))
	plain("D-notices", "stuck-none", "notice.desk.title", stuckPage(nil))
	plain("D-notices", "stuck", "notice.desk.title", stuckPage([]stuckRow{
		{ID: "n", What: "1", Text: "2", No: "3", Href: "/gallery", Who: "Fan", Phone: "138", How: "4", Why: "5", When: "11-25"},
		{ID: "o", What: "1", Text: "2", No: "4", Href: "/gallery", Who: "Fan", How: "4", Why: "5", When: "11-25"},
	}))
	plain("D-messages", "open-messages-none", "message.desk.title", openMessagesPage(nil))
	plain("D-messages", "open-messages", "message.desk.title", openMessagesPage([]openRow{{No: "1", Href: "/gallery", Matter: m.item.Name, When: "11-25"}}))
}

// caseStates are the pages of one case.
func (m made) caseStates(add adding) {
	one := func(name string, body func(v caseView) templ.Component, offers ...string) {
		add("D-09", name, "desk.face", func(_ *http.Request, lang string) templ.Component { return body(m.view(lang, offers...)) })
	}
	one("desk-case", checkTab, actHandOver, actReturn, actWithdraw)
	one("desk-case-review", func(v caseView) templ.Component {
		v.Reviewing, v.Claim = true, claimView{Case: "c", Free: true}
		return checkTab(v)
	}, actReview, actFinish)
	one("desk-case-review-wrong", func(v caseView) templ.Component {
		v.Reviewing, v.Claim = true, claimView{}
		a := actView{caseView: v, Act: actReview}
		for _, k := range m.rule.Checklist {
			a.fail("mark."+k.Key, "!")
			a.fail("note."+k.Key, "?")
		}
		return reviewErrors(a)
	}, actReview)
	one("desk-case-own-system", func(v caseView) templ.Component {
		v.Work = &ownSystem{"!", "/gallery"}
		return checkTab(v)
	})
	one("desk-case-mandate", func(v caseView) templ.Component {
		v.Mandate = []page.Row{{Key: "By", Value: "Linquan"}, {Key: "Mandate", Value: "!"}}
		return checkTab(v)
	}, actDecide, actPassOn)
	one("desk-case-decided", func(v caseView) templ.Component {
		v.C.Private.Decision = &casefile.Decision{Outcome: casefile.Granted, Text: "!", Answers: "Zhao 8812", At: m.at}
		v.Offers, v.Notices, v.Full = nil, nil, true
		return checkTab(v)
	})
	tab := func(tab string, body func(v caseView) templ.Component) func(v caseView) templ.Component {
		return func(v caseView) templ.Component {
			v.Tab = tab
			return body(v)
		}
	}
	one("desk-materials", tab(tabMaterials, materialsTab))
	one("desk-history", tab(tabHistory, historyTab))
	one("desk-papers", tab(tabPapers, papersTab))
	one("desk-papers-none", tab(tabPapers, func(v caseView) templ.Component {
		v.Papers = nil
		return papersTab(v)
	}))
	thread := func(name string, t threadView) {
		one(name, tab(tabMessages, func(v caseView) templ.Component {
			t.caseView, t.Key = v, "k"
			return messagesTab(t)
		}))
	}
	said := []threadLine{{Who: "Fan", When: "11-25", Machine: m.at.Format(time.RFC3339), Lines: []string{"<script>", "?"}}}
	thread("desk-messages", threadView{Thread: said, May: true})
	thread("desk-messages-none", threadView{May: true})
	thread("desk-messages-wrong", threadView{Thread: said, May: true, Text: "x", Error: "!"})
	thread("desk-messages-over", threadView{Thread: said, Over: true})
	one("desk-receipt", func(v caseView) templ.Component {
		v.Receipt, v.RateURL, v.RateCode = &v.Papers[0], "http://heilongjiang.localhost/rate/1/ABCDEFGHJK", "ABCDEFGHJK"
		return receiptPage(v)
	}, actHandOver)
	one("desk-conflict", func(v caseView) templ.Component { return conflictPage(v, errs.Stale.Text(v.Lang)) })
}

// actStates are the forms of the acts, each empty and with what is to be mended, and the last look before what cannot be taken back.
func (m made) actStates(add adding) {
	wrong := map[string][]string{
		actReturn: {"reason"}, actDecline: {"grounds", "text"}, actSuspend: {"procedure", "text", "days"}, actAskExtend: {"text"}, actKeepLimit: {"text"},
		actDecide: {"outcome", "grounds", "text"}, actDeliver: {"way", "seen", "to", "postal"}, actVerify: {"outcome", "text"},
	}
	for _, act := range acts {
		if act == actHandOver || act == actSupplement || onChecklist(act) {
			continue
		}
		show := func(name string, change func(*actView)) {
			add("D-act", name, "desk.act."+act, func(_ *http.Request, lang string) templ.Component {
				v := actView{caseView: m.view(lang), Act: act, Form: url.Values{}, Items: amended(m.c, m.rule), Reasons: item.Default().Reasons(), Stops: casefile.Procedures}
				change(&v)
				if v.Confirm {
					return confirmPage(v)
				}
				return actPage(v)
			})
		}
		show("act-"+act, func(*actView) {})
		if fields := wrong[act]; len(fields) > 0 {
			show("act-"+act+"-wrong", func(v *actView) {
				for _, id := range fields {
					v.fail(id, "!")
				}
			})
		}
	}
	show := func(name string, body func(lang string) templ.Component) {
		add("D-12", name, "desk.act.correct", func(_ *http.Request, lang string) templ.Component { return body(lang) })
	}
	show("act-correct-nothing", func(lang string) templ.Component { return actPage(actView{caseView: m.view(lang), Act: actCorrect}) })
	show("act-confirm", func(lang string) templ.Component {
		return confirmPage(actView{caseView: m.view(lang), Act: actDecide, Form: url.Values{"outcome": {"granted"}}, Summary: []page.Row{{Key: "?", Value: "!"}}})
	})
	supplement := func(name string, change func(*supplementView)) {
		show(name, func(lang string) templ.Component {
			v := supplementView{caseView: m.view(lang), Answers: []string{""}, Values: map[string]string{}, Fields: m.rule.Typed()[:1], Extra: m.rule.Materials[:1]}
			change(&v)
			return supplementPage(v)
		})
	}
	supplement("supplement", func(*supplementView) {})
	supplement("supplement-wrong", func(v *supplementView) {
		v.fail("answer.0", "!")
		v.fail("file.0", "?")
	})
	supplement("supplement-rules-moved", func(v *supplementView) {
		v.C.Private.Corrections = nil
		v.News = []item.Change{{Kind: "new", Part: "material", Name: "Lease", NameEn: "Lease"}}
		v.Asked = []item.Question{{Key: "q", Text: "?", TextEn: "?", Why: "!", WhyEn: "!"}}
	})
}

// intakeStates are the four screens at the counter.
func (m made) intakeStates(add adding) {
	fan := m.c.Private.Applicant
	at, _ := item.Default().Item("2020-031")
	show := func(name string, s step, body func(v intakeView) templ.Component, change func(*intakeView)) {
		add("D-03", name, "desk.step."+string(s), func(_ *http.Request, lang string) templ.Component {
			v := intakeView{
				State: "s", Lang: lang, D: draft{Person: fan, Answers: map[string]string{}, Sources: map[string]string{}, Search: map[string]string{}},
				Here: office.Office{Name: "Shangzhi", NameEn: "Shangzhi"}, Item: m.item, Version: m.rule, ThereName: "Xining", Asked: m.rule.Typed(), Known: []page.Row{{Key: "Name", Value: "Fan", Source: "?"}},
				Rows: []page.Row{{Key: "Scope", Value: "<b>"}}, Can: item.Answer{Possible: true, Mode: item.Online, Reason: "?", Basis: []string{"Rule 1"}, Provisional: true, Marks: []item.Note{{Text: "!", En: "!"}}},
				Items: []item.Item{m.item, at}, Places: []place{{Code: "630100", Name: "Xining"}},
			}
			change(&v)
			return body(v)
		})
	}
	fail := func(ids ...string) func(*intakeView) {
		return func(v *intakeView) {
			v.D.Errors, v.D.Order = map[string]string{}, ids
			for _, id := range ids {
				v.D.Errors[id] = "!"
			}
		}
	}
	none := func(*intakeView) {}
	show("intake-identity", stepIdentity, identityPage, none)
	show("intake-identity-wrong", stepIdentity, identityPage, fail("name", "id_no", "phone", "agree"))
	show("intake-matter", stepMatter, matterPage, none)
	show("intake-matter-several", stepMatter, matterPage, func(v *intakeView) {
		fail("item_choice", "place_choice")(v)
		v.ItemText, v.PlaceText, v.ItemChoices, v.PlaceChoices = "x", "y", v.Items, []place{{"110105", "Chaoyang 1"}, {"211303", "Chaoyang 2"}}
	})
	show("intake-matter-cannot", stepMatter, matterPage, func(v *intakeView) {
		v.Cannot = &item.Answer{Reason: "?", ReasonEn: "?", Instead: "!", InsteadEn: "!", Basis: []string{"Rule 1"}}
	})
	show("intake-details", stepDetails, detailsPage, none)
	show("intake-details-wrong", stepDetails, detailsPage, func(v *intakeView) {
		var ids []string
		for _, f := range v.Asked {
			ids = append(ids, "a."+f.Key)
		}
		for _, x := range m.rule.Materials {
			ids = append(ids, "m."+x.Key)
		}
		fail(ids...)(v)
	})
	show("intake-check", stepCheck, checkPage, none)
}
