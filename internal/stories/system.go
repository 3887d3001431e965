package stories

import (
	"fmt"
	"net/http"

	"tongban/internal/page"
)

// systemStory: Xining's office works the case in its own platform. Nobody types there what the case holds, and nobody at the desk types
// what the platform decided; every answer comes twice and counts once.
func systemStory(p *play) {
	own := p.ownSystem()
	p.takeIn()
	p.handOver("hand-over")
	p.held()
	p.step("system-has", own.name, func() {
		own.await("/cases/"+p.no, func() bool { return own.shows(p.fan.IDNo) })
		c, err := p.n.Nodes[there].Store.Case(p.ctx, p.id)
		if err != nil {
			p.err = err
			return
		}
		for _, f := range p.version.Form.Fields {
			if v := c.Private.Answers[f.Key]; v != "" && !own.shows(v) && p.err == nil {
				p.err = fmt.Errorf("the platform would have to type %s", f.Key)
			}
		}
	})
	p.step("system-accepts", own.name, func() {
		own.push(p.n.MarketSays("do_accept"))
		own.expect(http.StatusOK, "200 applied 200 applied")
		p.ownPage(page.Accepted)
	})
	p.step("system-decides", own.name, func() {
		own.push(p.n.MarketSays("do_grant"))
		own.expect(http.StatusOK, "200 applied 200 applied")
		if n := len(own.seen.typed); n > 0 && p.err == nil {
			p.err = fmt.Errorf("%d values were typed at the platform", n)
		}
	})
	p.deliver()
	p.step("applicant-looks", p.fan.Name, func() {
		p.ownPageAgain()
		for _, act := range []string{"accept", "decide", "dispatch", "deliver"} {
			p.applicant.expect(http.StatusOK, say("entrance.act."+act))
		}
	})
	p.switchSystem("system-off", "systems.turn_off", "systems.off")
}

// systemDownStory: the platform is down. The case waits with a word on the desk, an officer takes it back, and it is finished by hand.
func systemDownStory(p *play) {
	own := p.ownSystem()
	p.step("system-down", own.name, func() {
		own.visit("/")
		own.push(p.n.MarketSays("turn_down"))
		own.expect(http.StatusOK, p.n.MarketSays("mode_down"))
	})
	p.takeIn()
	p.handOver("hand-over")
	p.received()
	p.step("system-waits", p.officer.name, func() {
		p.officer.await("/desk/cases/"+p.id, func() bool { return p.officer.shows(phrase("systems.of.tried")) })
		p.officer.expect(http.StatusOK, phrase("systems.of.next"))
		p.officer.refuse(say("desk.act.accept"))
		p.officer.visit("/desk/cases/" + p.id + "/do/accept")
		p.officer.expect(http.StatusConflict)
		p.officer.visit("/desk/cases/" + p.id)
	})
	p.step("system-back", p.officer.name, func() {
		p.officer.click(say("systems.work.more"))
		p.officer.expect(http.StatusOK, say("systems.work.back"))
		p.officer.push(say("systems.work.back"))
		p.officer.expect(http.StatusOK, say("desk.said.own"))
	})
	p.finish("finish")
	p.deliver()
	p.step("system-up", own.name, func() {
		own.visit("/")
		own.push(p.n.MarketSays("turn_normal"))
		own.expect(http.StatusOK, p.n.MarketSays("mode_normal"))
	})
	p.step("system-never", own.name, func() { // it hears, if of anything, that there is nothing to do
		if _, times, _ := p.n.Market.Has(p.no); times > 0 && p.err == nil {
			p.err = fmt.Errorf("the platform was given the case %d times", times)
		}
	})
	p.step("applicant-looks", p.fan.Name, func() { p.ownPage(page.Done) })
	p.switchSystem("system-off", "systems.turn_off", "systems.off")
}

// ownSystem lets the head of Xining's office switch its platform on, and gives somebody of its staff before it. The platform sends each
// answer twice.
func (p *play) ownSystem() *person {
	p.switchSystem("system-on", "systems.turn_on", "systems.on")
	own := p.comes("", there)
	own.site, own.name = p.n.MarketSite(), p.n.MarketSays("face")
	p.step("system-twice", own.name, func() {
		own.visit("/")
		own.push(p.n.MarketSays("turn_twice"))
		own.expect(http.StatusOK, p.n.MarketSays("mode_twice"))
	})
	return own
}

// switchSystem lets the head of the office switch.
func (p *play) switchSystem(key, button, word string) {
	head := p.comes("head.qinghai", there)
	p.step(key, head.name, func() {
		head.signIn("/desk")
		head.visit("/desk/systems")
		head.push(say(button) + say("systems.named", p.n.MarketName()))
		head.expect(http.StatusOK, say(word))
	})
}
