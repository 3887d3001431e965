package stories

import (
	"fmt"
	"net/http"
	"path"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/page"
)

// The two provinces of the story: a company of 哈尔滨 works in 沈阳.
const (
	worksAt office.NodeID = "21"
	payerAt office.NodeID = "23"
)

const (
	taxReport   = "practice-010"
	taxCheckIn  = "practice-011"
	taxFeedback = "practice-012"
)

// What checking in costs the taxpayer once the report is there (docs/FLOWS.md).
const (
	checkInScreens = 5
	checkInValues  = 3 // one date
)

// atSite is 佟工程's errand at the window in 沈阳; 哈尔滨 is where his company pays its tax.
func atSite(matter string, fields ...string) errand {
	return errand{who: "resident.tong", clerk: "clerk.liaoning", at: worksAt, matter: matter, place: "黑龙江省哈尔滨市", fields: fields}
}

// taxStory is 跨区域涉税事项 in the north-east: report, check-in, extension, feedback. What is reported in 沈阳 is passed on inside, decided at
// home and told back; its number is typed by nobody. Checking in without a report is refused, and so is feedback while tax is owed.
func taxStory(p *play) {
	p.checkInEarly()

	e := atSite(taxReport, "s.extend", "n", "a.place", said("site"), "a.address", said("site-address"), "a.contract", said("contract"),
		"a.amount", "1200000", "a.until", "2027-03-31")
	h := p.entrusted(e, "哈尔滨市", "officer.heilongjiang")
	p.grants(h)
	p.deliver()
	p.over(page.Done)
	p.known(e)
	p.cost(map[*person]effort{p.clerk: {screens: 11, typed: 5, keyed: 3}, h: inOffice, p.applicant: {screens: 2}})
	report := p.no

	p.checksIn(report)

	e = atSite(taxReport, "s.extend", "y", "a.until", "2027-06-30")
	h = p.entrusted(e, "哈尔滨市", "officer.heilongjiang")
	p.step("tax-number", h.name, func() { h.expect(http.StatusOK, report, "2027-06-30") })
	p.grants(h)
	p.deliver()
	p.over(page.Done)
	p.cost(map[*person]effort{p.clerk: {screens: 11, typed: 1, keyed: 3}, h: inOffice, p.applicant: {screens: 2}})

	e = atSite(taxFeedback)
	l := p.fedBack(e, report)
	p.answers(l, casefile.Differs, said("owing"))
	h = p.comes("officer.heilongjiang", payerAt)
	p.finds(h)
	p.officer = h
	p.accept()
	p.review("review")
	p.step("no-overruling", h.name, func() {
		h.click(say("desk.act.decide"))
		h.push(say("desk.do.decide"), "outcome", string(casefile.Granted))
		h.push(say("desk.confirm.decide"))
		h.expect(http.StatusConflict)
		h.visit("/desk/cases/" + p.id)
	})
	p.decide("deny", "outcome", string(casefile.Denied), "grounds", "owing", "text", said("owing"))
	p.issue("office-sends")
	p.deliver()
	p.over(page.Refused, say("entrance.part.differs"), said("owing"))

	l = p.fedBack(e, report)
	p.answers(l, casefile.Confirmed, "")
	h = p.comes("officer.heilongjiang", payerAt)
	p.finds(h)
	p.step("part-seen", h.name, func() { h.expect(http.StatusOK, say("desk.outcome.confirmed"), report) })
	p.grants(h)
	p.deliver()
	p.over(page.Done, say("entrance.part.confirmed"))
	p.known(e)
	p.cost(map[*person]effort{p.clerk: atCounter, l: inOffice, h: inOffice, p.applicant: {screens: 2}})
}

// fedBack takes the feedback in at 沈阳, whose office checks that the tax is settled; the report's number is there.
func (p *play) fedBack(e errand, report string) *person {
	p.bring(e)
	p.counter(e)
	p.sends("沈阳市")
	w := p.comes("officer.liaoning", worksAt)
	p.finds(w)
	p.step("tax-number", w.name, func() { w.expect(http.StatusOK, report) })
	return w
}

// taxOnline begins the check-in at 沈阳's own entrance.
func (p *play) taxOnline() *person {
	p.bring(errand{who: "resident.tong", clerk: "clerk.liaoning", at: worksAt, matter: taxCheckIn})
	p.local = true // nothing travels
	a := p.applicant
	a.signIn("/apply/new?item=" + taxCheckIn + "&here=230100&there=210100")
	a.push(say("apply.begin.start"))
	if a.shows(say("apply.tasks.title")) {
		a.click(say("apply.tasks.go"))
	}
	a.expect(http.StatusOK, say("apply.found.title"))
	return a
}

// handsIn answers the question that a check-in asks, and submits.
func (p *play) handsIn(a *person) {
	a.expect(http.StatusOK, p.label("started"))
	a.push(say("apply.continue"), "answer-year", "2026", "answer-month", "12", "answer-day", "1")
	a.expect(http.StatusOK, say("apply.check.title"))
	shown := fingerprint.FindAllString(string(a.raw), -1)
	a.push(say("apply.check.submit"))
	a.agree(shown)
	a.expect(http.StatusOK, say("apply.done.title"))
	if p.err == nil {
		p.id = path.Base(path.Dir(a.at.Path))
		p.no = strings.Join(strings.Fields(text(classed(a.doc, "tb-no"))), "")
	}
}

// checkInEarly: nothing was reported yet. The number that is typed is nobody's report, and the check-in is refused.
func (p *play) checkInEarly() {
	p.step("tax-early", words().Word["system"].Zh, func() {
		a := p.taxOnline()
		a.push(say("apply.found.ok"))
		a.expect(http.StatusOK, p.label("report_no"))
		a.push(say("apply.continue"), "answer", "23-20260101-000001-0")
		p.handsIn(a)
	})
	p.officer = p.comes("officer.liaoning", worksAt)
	p.step("office-finds", p.officer.name, func() {
		p.officer.signIn("/desk")
		p.officer.fetchCase(string(casefile.QueueReceived))
	})
	p.acceptOnline()
	p.review("review", "mark.report", string(casefile.Breaks))
	p.step("deny", p.officer.name, func() {
		o := p.officer
		o.click(say("desk.act.decide"))
		o.push(say("desk.do.decide"), "outcome", string(casefile.Denied), "grounds", "void", "text", said("no-report"))
		o.push(say("desk.confirm.decide"))
		o.expect(http.StatusOK, say("apply.desk.said.decide"))
	})
	p.issueOnline()
}

// checksIn: the report's number is found, and the matter is done on the spot.
func (p *play) checksIn(report string) {
	p.step("tax-check-in", p.fan.Name, func() {
		a := p.taxOnline()
		a.expect(http.StatusOK, report)
		a.push(say("apply.found.ok"))
		p.handsIn(a)
		if n := a.seen; p.err == nil && (n.screens != checkInScreens || len(n.typed) != checkInValues) {
			p.err = fmt.Errorf("%d screens, typed %q; want %d, %d", n.screens, n.typed, checkInScreens, checkInValues)
		}
	})
	p.officer = p.comes("officer.liaoning", worksAt)
	p.step("office-finds", p.officer.name, func() {
		p.officer.signIn("/desk")
		p.officer.fetchCase(string(casefile.QueueReceived))
		p.officer.expect(http.StatusOK, report)
	})
	p.finish("tax-on-the-spot")
	p.step("served", p.fan.Name, func() {
		p.applicant.visit("/cases/" + p.no)
		p.applicant.expect(http.StatusOK, say("status."+string(page.Done)))
	})
}
