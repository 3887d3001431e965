package stories

import (
	"fmt"
	"net/http"
	"time"

	"tongban/internal/demo/people"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// The two provinces of the mandate: Luqiao in 浙江 decides in the name of Linquan in 安徽.
const (
	entrusted office.NodeID = "33"
	entrusts  office.NodeID = "34"
	mandate                 = "/desk/rules/agreements/demo-mandate-anhui-zhejiang"
)

// household is 小慧's errand: a certificate from the register of 临泉, asked for in 路桥; content is what is to be certified.
func household(content string) errand {
	return errand{
		who: "resident.xiaohui", clerk: "clerk.luqiao", at: entrusted, matter: "2020-049", place: "安徽省阜阳市临泉县",
		fields: []string{"s.agent", "n", "s.post", "n", "a.content", content, "a.purpose", said("purpose")},
	}
}

// byMandate takes the errand in and brings it to Luqiao's own officer, who sees in whose name and how far.
func (p *play) byMandate(e errand) *person {
	p.bring(e)
	p.counter(e)
	p.sends("路桥区")
	w := p.comes("officer.luqiao", entrusted)
	p.finds(w)
	p.step("mandate-seen", w.name, func() {
		w.expect(http.StatusOK, say("mandate.desk.title"), say("mandate.desk.may"), say("mandate.desk.rules"), "临泉县公安局")
	})
	return w
}

// grantsByMandate is the short way to a yes that another place seals.
func (p *play) grantsByMandate(w *person, all ...string) {
	p.step("mandate-grants", w.name, func() {
		w.push(say("desk.do.finish"), p.met()...)
		w.expect(http.StatusOK, say("desk.warn.finish"))
		w.refuse(say("desk.finish.issue"))
		w.push(say("desk.confirm.finish"))
		w.expect(http.StatusOK, append(all, say("mandate.desk.said.finish"))...)
	})
}

// away and back are 安徽 without power.
func (p *play) away() {
	p.step("seal-away", words().Word["system"].Zh, func() { p.err = p.n.Down(entrusts) })
}

func (p *play) back() {
	p.step("seal-back", words().Word["system"].Zh, func() { p.err = p.n.Up(p.ctx, entrusts) })
}

// awaitsSeal is what everybody reads meanwhile: decided, and not yet sealed.
func (p *play) awaitsSeal(w *person) {
	p.step("mandate-waits", p.fan.Name, func() {
		p.nextDay()
		w.visit("/desk/cases/" + p.id)
		w.expect(http.StatusOK, phrase("mandate.desk.down"))
		p.ownPage(page.Handling)
		p.applicant.expect(http.StatusOK, say("entrance.head.sealing", "台州市公安局路桥分局", "临泉县公安局"))
		p.heldBy("台州市公安局路桥分局")
	})
}

// sealed is the document that 临泉 made: it names both.
func (p *play) sealed() {
	p.step("mandate-paper", p.fan.Name, func() {
		p.applicant.visit("/cases/" + p.no)
		p.applicant.click("准予决定书")
		p.applicant.expect(http.StatusOK, "受委托机关", "台州市公安局路桥分局", "委托机关", "临泉县公安局", "不得再委托")
	})
}

// delegatedStory: Luqiao decides in Linquan's name while Linquan is down; it is sealed once Linquan is back, by itself. What goes
// beyond the mandate is taken in the ordinary way.
func delegatedStory(p *play) {
	e := household("曾用名")
	w := p.byMandate(e)
	p.away()
	p.grantsByMandate(w)
	seen := w.seen
	p.awaitsSeal(w)
	w.seen = seen
	p.back()
	p.deliver()
	p.step("applicant-looks", p.fan.Name, func() { p.ownPageAgain() })
	p.sealed()
	p.known(e)
	p.cost(map[*person]effort{p.clerk: {screens: 11, typed: 1, keyed: 3}, w: inOffice})

	beyond := household("亲属关系")
	p.bring(beyond)
	p.counter(beyond)
	p.sends("临泉县")
	l := p.comes("officer.linquan", entrusts)
	p.finds(l)
	p.step("mandate-beyond", l.name, func() { l.expect(http.StatusOK, say("desk.act.verify")) })
	p.answers(l, casefile.Confirmed, "")
}

// delegatedEndedStory: Linquan ends the mandate from tomorrow. What was decided today is sealed tomorrow; what was only accepted today
// cannot be decided, and goes on at Linquan without a second visit.
func delegatedEndedStory(p *play) {
	w := p.byMandate(household("户口迁移情况"))
	p.officer = w
	p.step("accept", w.name, func() {
		w.click(say("desk.act.accept"))
		w.push(say("desk.do.accept"))
		w.expect(http.StatusOK, say("mandate.desk.said.accept"))
	})
	id, no, fan := p.id, p.no, p.fan
	p.endMandate()
	w2 := p.byMandate(household("曾用名"))
	p.away()
	p.grantsByMandate(w2)
	p.awaitsSeal(w2)
	p.back()
	p.deliver()
	p.sealed()

	p.again(id, no, fan)
	p.step("mandate-over", w.name, func() {
		w.visit("/desk/cases/" + id + "/do/decide")
		w.expect(http.StatusConflict, errs.NoMandate.Text("zh").What)
		w.visit("/desk/cases/" + id)
		if w.linkTo("/desk/cases/"+id+"/do/decide") != "" && p.err == nil {
			p.err = fmt.Errorf("%s offers a decision without a mandate", w.at)
		}
	})
	p.step("mandate-passed-on", w.name, func() {
		w.click(say("desk.act.pass-on"))
		w.push(say("desk.do.pass-on"))
		w.expect(http.StatusOK, say("desk.said.pass-on"))
	})
	l := p.comes("officer.linquan", entrusts)
	p.finds(l)
	p.answers(l, casefile.Confirmed, "")
	p.step("office-again", w.name, func() { w.fetchCase(string(casefile.QueueReceived)) })
	p.grants(w)
	p.deliver()
	p.step("applicant-looks", p.fan.Name, func() {
		p.ownPageAgain()
		p.heldBy("")
	})
}

// again turns back to a case that was left.
func (p *play) again(id, no string, fan people.Person) { p.id, p.no, p.fan = id, no, fan }

// endMandate is what two stewards of 安徽 do; it holds from tomorrow, and Luqiao knows it.
func (p *play) endMandate() {
	a, b := p.come("steward.anhui", entrusts), p.come("second.anhui", entrusts)
	p.step("mandate-ends", a.name, func() {
		a.signIn(mandate)
		a.push(say("steward.agreement.leave"), "from", p.n.Clock.Today().String())
		a.expect(http.StatusOK)
		a.push(say("steward.do.approve"))
		a.expect(http.StatusBadRequest, errs.MandateEndsAhead.Text("zh").What) // today has begun: what was decided today stays under it
		a.visit(mandate)
		a.push(say("steward.agreement.leave"))
		a.expect(http.StatusOK)
		draft := a.at.Path
		a.push(say("steward.do.approve"))
		b.signIn(draft)
		b.push(say("steward.do.approve"))
		b.push(say("steward.do.publish"))
		b.expect(http.StatusOK)
		for deadline := time.Now().Add(patience); p.err == nil; time.Sleep(lookings) {
			said := p.n.Nodes[entrusted].Kit.Catalogue.SignaturesOf("agreements/demo-mandate-anhui-zhejiang")
			if len(said) > 0 && said[len(said)-1].Withdrawn {
				return
			}
			if time.Now().After(deadline) {
				p.err = errs.New(errs.TryLater, "浙江 does not hear of it")
			}
		}
	})
}
