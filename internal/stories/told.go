package stories

import (
	"fmt"
	"net/http"
	"time"

	"tongban/internal/domain/notice"
)

// ask is an exchange of words: she asks, the officer answers, she reads it. Her second browser does it, so that it costs no
// screen of the way.
func (p *play) ask() {
	t := words().Typed
	p.step("ask", p.fan.Name, func() {
		p.watch.visit("/cases/" + p.no)
		p.watch.click(say("message.link"))
		p.watch.expect(http.StatusOK, say("message.none"))
		p.watch.push(say("message.send"), "text", t.Question)
		p.watch.expect(http.StatusOK, say("message.sent"), t.Question)
	})
	p.step("answer", p.officer.name, func() {
		p.officer.visit("/desk/messages")
		p.officer.expect(http.StatusOK, say("message.desk.title"))
		p.officer.click(p.item.Name)
		p.officer.expect(http.StatusOK, t.Question)
		p.officer.push(say("message.desk.send"), "text", t.Reply)
		p.officer.expect(http.StatusOK, say("message.desk.sent"), t.Reply)
		p.officer.visit("/desk/cases/" + p.id)
	})
	p.step("read", p.fan.Name, func() {
		p.watch.visit("/cases/" + p.no)
		p.watch.expect(http.StatusOK, say("message.unread", 1))
		p.watch.click(say("message.link"))
		p.watch.expect(http.StatusOK, t.Reply)
	})
}

// rings looks at the applicant's page and at her telephone: both have these notices of the case, and the telephone no other.
// Nothing is sent at night, so a story that is played then waits for the morning.
func (p *play) rings(kinds ...notice.Kind) {
	p.step("rings", p.fan.Name, func() {
		if now := p.n.Clock.Now(); notice.After(now, false).After(now) {
			p.nextDay()
		}
		for _, k := range kinds {
			p.watch.visit("/cases/" + p.no)
			p.watch.expect(http.StatusOK, say("notice.kind."+string(k)))
		}
		for deadline := time.Now().Add(patience); p.err == nil; time.Sleep(lookings) {
			switch have := p.messages(); {
			case have == len(kinds):
				p.visitor.visit(p.n.URL + "/phone/" + p.fan.Sub)
				p.visitor.expect(http.StatusOK, p.no)
				return
			case have > len(kinds) || time.Now().After(deadline):
				p.err = fmt.Errorf("the telephone has %d messages about %s, want %d", have, p.no, len(kinds))
			}
		}
	})
}

// messages is how many messages about the case came to the applicant's telephone.
func (p *play) messages() int {
	n := 0
	for _, m := range p.n.Phone.Of(p.fan.Sub) {
		if m.Case == p.no {
			n++
		}
	}
	return n
}
