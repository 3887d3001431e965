package stories

import (
	"fmt"
	"net/http"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// twice is an errand that is brought two times: first with one gap, which is told and mended, and granted; then refused.
type twice struct {
	errand
	to, officer  string // the place as the button names it, and who decides there
	gap          string // key of the checklist
	mark, ground string // of the refusal
	facts        string
	clerk        effort
}

// first is granted after its gap was mended.
func (p *play) first(t twice) {
	w := p.entrusted(t.errand, t.to, t.officer)
	p.mendsGap(w, t)
}

func (p *play) mendsGap(w *person, t twice) {
	p.gap(w, t.gap)
	p.mended()
	p.sends(t.to)
	p.step("office-again", w.name, func() { w.fetchCase(string(casefile.QueueReceived)) })
	p.grants(w)
	p.deliver()
	p.over(page.Done)
	p.known(t.errand)
}

// second is refused, and counted.
func (p *play) second(t twice) {
	w := p.entrusted(t.errand, t.to, t.officer)
	p.refuses(w, t.mark, t.ground, t.facts)
	p.deliver()
	p.over(page.Refused)
	p.cost(map[*person]effort{p.clerk: t.clerk, p.applicant: {screens: 2}})
	p.step("reads-why", p.fan.Name, func() {
		p.applicant.click(words().Typed.Refusal)
		p.applicant.expect(http.StatusOK, t.facts)
	})
}

// newbornStory: 何青禾 lives in 路桥 and registers her child at home in 临泉. A page that cannot be read is mended; a child that does not
// meet the terms of the cross-province way is refused with where to go instead.
func newbornStory(p *play) {
	t := twice{
		errand: errand{
			who: "resident.he", clerk: "clerk.luqiao", at: entrusted, matter: "2020-051", place: "安徽省阜阳市临泉县",
			fields: []string{"s.wedlock", "y", "s.same", "y", "a.with_whom", "母亲"},
		},
		to: "临泉县", officer: "officer.linquan", gap: "birth", mark: "scope", ground: "scope", facts: said("scope"), clerk: atCounter,
	}
	p.first(t)
	p.second(t)
}

// allowanceStory: 张守田 asks in 仙居, on the last day of a month, for the allowance that 贵阳 grants. 贵阳 has no power and decides in the
// next month; what it grants counts from the month in which he asked (两项补贴跨省通办).
func allowanceStory(p *play) {
	t := twice{
		errand: errand{
			who: "resident.zhang", clerk: "clerk.xianju", at: "33", matter: "2020-056", place: "贵州省贵阳市",
			fields: []string{"s.agent", "n", "a.allowance", "困难残疾人生活补贴"},
		},
		to: "贵阳市", officer: "officer.guizhou", gap: "hardship", mark: "hardship", ground: "not-met", facts: said("not-met"),
		clerk: effort{screens: 11, keyed: 2}, // he has no telephone
	}
	const decides office.NodeID = "52"
	p.step("month-ends", p.visitor.name, func() {
		today := p.n.Clock.Today()
		if last := workday.NewDate(today.Year(), today.Month()+1, 1).AddDays(-1); today.Before(last) {
			p.err = p.n.Clock.MoveTo(last)
		}
	})
	p.bring(t.errand)
	asked := p.n.Clock.Today()
	p.counter(t.errand)
	p.step("month-away", words().Word["system"].Zh, func() { p.err = p.n.Down(decides) })
	p.sends(t.to)
	p.step("month-over", p.visitor.name, func() {
		p.nextDay()
		p.heldBy("仙居县政务服务中心（跨省通办窗口）")
	})
	p.step("month-back", words().Word["system"].Zh, func() { p.err = p.n.Up(p.ctx, decides) })
	w := p.comes(t.officer, decides)
	p.finds(w)
	p.mendsGap(w, t)
	p.step("month-paper", p.fan.Name, func() {
		p.applicant.click("准予决定书")
		p.applicant.expect(http.StatusOK, "起算日", fmt.Sprintf("%d年%d月1日", asked.Year(), asked.Month()))
	})
	t.fields = []string{"s.agent", "n", "a.allowance", "重度残疾人护理补贴"}
	p.second(t)
	p.step("month-none", p.fan.Name, func() { p.applicant.refuse("起算日") })
}

// move is 何青禾's errand: she joins her husband in 路桥, which decides; 临泉, where she is registered, answers for that.
func move() errand {
	return errand{
		who: "resident.he", clerk: "clerk.luqiao", at: entrusted, matter: "2020-047", place: "安徽省阜阳市临泉县",
		fields: []string{"s.others", "n", "s.agent", "n", "a.new_address", said("new-home")},
	}
}

// moveStory: the old place says first that it is not its matter, then that the registration is frozen, which the new place cannot
// overrule; once that is settled she comes again, and moves with one visit.
func moveStory(p *play) {
	e := move()
	p.bring(e)
	p.counter(e)
	p.sends("临泉县")
	l := p.comes("officer.linquan", entrusts)
	p.finds(l)
	p.step("part-returned", l.name, func() {
		l.click(say("desk.act.return"))
		l.push(say("desk.do.return"), "reason", "wrong-office")
		l.expect(http.StatusOK, say("desk.said.return"))
	})
	p.step("counter-reads", p.clerk.name, func() {
		p.clerk.fetchCase(string(casefile.QueueReturned))
		reason, _ := p.n.Nodes[entrusted].Kit.Catalogue.Reason("wrong-office")
		p.clerk.expect(http.StatusOK, reason.Zh)
	})
	p.sends("临泉县")
	p.step("office-again", l.name, func() {
		p.arrived(entrusts, casefile.QueueReceived)
		l.fetchCase(string(casefile.QueueReceived))
	})
	p.answers(l, casefile.Differs, said("frozen"))
	q := p.comes("officer.luqiao", entrusted)
	p.finds(q)
	p.officer = q
	p.accept()
	p.review("review")
	p.step("no-overruling", q.name, func() {
		q.click(say("desk.act.decide"))
		q.push(say("desk.do.decide"), "outcome", string(casefile.Granted))
		q.push(say("desk.confirm.decide"))
		q.expect(http.StatusConflict)
		q.visit("/desk/cases/" + p.id)
	})
	p.decide("deny", "outcome", string(casefile.Denied), "grounds", "blocked", "text", said("frozen"))
	p.issue("office-sends")
	p.deliver()
	p.over(page.Refused, say("entrance.part.differs"), said("frozen"))

	p.bring(e)
	p.counter(e)
	p.sends("临泉县")
	again := p.comes("officer.linquan", entrusts)
	p.finds(again)
	p.answers(again, casefile.Confirmed, "")
	w := p.comes("officer.luqiao", entrusted)
	p.finds(w)
	p.step("part-seen", w.name, func() { w.expect(http.StatusOK, say("desk.part.title"), say("desk.outcome.confirmed")) })
	p.grants(w)
	p.deliver()
	p.over(page.Done, say("entrance.part.confirmed"))
	p.known(e)
	p.cost(map[*person]effort{
		p.clerk: {screens: 11, typed: 1, keyed: 3}, again: inOffice, w: inOffice, p.applicant: {screens: 2},
	})
}
