package stories

import (
	"net/http"
	"path"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/page"
	pagetext "tongban/internal/page/text"
)

// takeIn is what the clerk does at the counter: four screens and the receipt.
func (p *play) takeIn() {
	t, c := words().Typed, p.clerk
	p.step("clerk-signs-in", c.name, func() { c.signIn("/desk") })
	p.step("identity", c.name, func() {
		c.visit("/desk/new")
		c.push(say("desk.next"), "name", p.fan.Name, "id_no", p.fan.IDNo, "phone", p.fan.Phone, "agree", "yes")
		c.expect(http.StatusOK, say("desk.step.matter"))
	})
	p.step("matter", c.name, func() {
		c.push(say("desk.matter.go"), "item", p.item.Name, "place", p.place)
		c.expect(http.StatusOK, say("desk.step.details"), say("desk.details.known"))
	})
	p.step("details", c.name, func() {
		c.push(say("desk.details.next"), "a.trade_name", t.Trade[p.story], "a.trade_name_alt", t.Spare, "a.capital", t.Capital,
			"a.premises_no", t.Premises, "a.scope", t.Scope)
		c.expect(http.StatusOK, say("desk.step.check"), t.Trade[p.story], p.place)
	})
	p.step("check", c.name, func() {
		c.push(say("desk.check.submit"))
		c.expect(http.StatusOK, say("desk.receipt.title"), say("desk.receipt.not_accepted"))
		if p.err != nil {
			return
		}
		p.id = path.Base(path.Dir(c.at.Path))
		p.no = strings.Join(strings.Fields(text(classed(c.doc, "tb-no"))), "")
	})
}

// handOver sends the case from the page that the clerk sees.
func (p *play) handOver(key string) {
	p.step(key, p.clerk.name, func() {
		p.clerk.push(say("desk.act.hand_over_to", p.city))
		p.clerk.expect(http.StatusOK, say("desk.said.hand-over"))
	})
}

// received waits for the other province's signed receipt, and lets the officer find the case.
func (p *play) received() {
	p.held()
	p.step("officer-signs-in", p.officer.name, func() {
		p.officer.signIn("/desk")
		p.officer.fetchCase(string(casefile.QueueReceived))
	})
}

// held waits until the applicant's page names the deciding office.
func (p *play) held() {
	p.step("held", p.fan.Name, func() {
		p.watch.await("/cases/"+p.no, func() bool { return valueOf(p.watch.doc, say("component.held_by")) == p.xining })
	})
}

// heard is what the desk says after an act; where nothing travels it has words of its own.
func (p *play) heard(act string) string {
	if key := "apply.desk.said." + act; p.local && pagetext.Has(key) {
		return say(key)
	}
	return say("desk.said." + act)
}

func (p *play) accept() {
	p.step("accept", p.officer.name, func() {
		p.officer.click(say("desk.act.accept"))
		p.officer.push(say("desk.do.accept"))
		p.officer.expect(http.StatusOK, p.heard("accept"))
	})
}

// met marks every point of the checklist as met.
func (p *play) met() []string {
	var all []string
	for _, k := range p.version.Checklist {
		all = append(all, "mark."+k.Key, string(casefile.Meets))
	}
	return all
}

// finish is the officer's short way: every point is met, one look, and the licence is out.
func (p *play) finish(key string) {
	p.step(key, p.officer.name, func() {
		p.officer.push(say("desk.do.finish"), p.met()...)
		p.officer.expect(http.StatusOK, say("desk.warn.finish"), say("desk.finish.issue"))
		p.officer.push(say("desk.confirm.finish"))
		p.officer.expect(http.StatusOK, p.heard("finish"))
	})
}

// review marks every point as met, except those that fields say otherwise of.
func (p *play) review(key string, fields ...string) {
	p.step(key, p.officer.name, func() {
		p.officer.push(say("desk.review.save"), append(p.met(), fields...)...)
		p.officer.expect(http.StatusOK, p.heard("review"))
	})
}

func (p *play) decide(key string, fields ...string) {
	p.step(key, p.officer.name, func() {
		p.officer.click(say("desk.act.decide"))
		p.officer.push(say("desk.do.decide"), fields...)
		p.officer.expect(http.StatusOK, say("desk.warn.decide"))
		p.officer.push(say("desk.confirm.decide"))
		p.officer.expect(http.StatusOK, p.heard("decide"))
	})
}

func (p *play) issue(key string) {
	p.step(key, p.officer.name, func() {
		p.officer.click(say("desk.act.issue"))
		p.officer.push(say("desk.do.issue"))
		p.officer.expect(http.StatusOK, p.heard("issue"))
	})
}

func (p *play) deliver() {
	p.step("deliver", p.clerk.name, func() {
		p.clerk.fetchCase(string(casefile.QueueDeliver))
		p.clerk.click(say("desk.act.deliver"))
		p.clerk.push(say("desk.do.deliver"), "way", "counter", "seen", "yes")
		p.clerk.expect(http.StatusOK, say("desk.said.deliver"))
	})
}

// ownPage is the applicant signing in and opening her case, which must have a status.
func (p *play) ownPage(status page.Status) {
	p.applicant.signIn("/cases")
	p.applicant.visit("/cases/" + p.no)
	p.applicant.expect(http.StatusOK, say("status."+string(status)))
}
