package stories

import (
	"errors"
	"net/http"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// outageStory: the clerk hands over while nobody answers, finishes all the same, and nothing is lost.
func outageStory(p *play) {
	p.takeIn()
	p.powerCut()
	p.step("safe", p.clerk.name, func() {
		p.clerk.push(say("desk.act.hand_over_to", p.city))
		p.clerk.expect(http.StatusOK, say("desk.said.hand-over"), say("desk.notice.transit", p.city))
		p.heldBy(p.shangzhi)
	})
	p.step("day-later", p.visitor.name, func() {
		p.nextDay()
		p.clerk.visit("/desk/cases/" + p.id)
		p.clerk.expect(http.StatusOK, phrase("desk.notice.down"))
		p.ownPage(page.Submitted)
		p.applicant.expect(http.StatusOK, say("entrance.case.safe"))
		p.heldBy(p.shangzhi)
	})
	p.powerBack()
	p.received()
	p.accept()
}

// recallStory: a hand-over that nobody has signed for is asked back; only the other place's answer ends the doubt.
func recallStory(p *play) {
	p.takeIn()
	p.powerCut()
	p.handOver("hand-over")
	p.step("days-later", p.visitor.name, func() {
		// Each time Xining does not answer it is asked less often, so the recall will be there before the offer.
		for range 3 {
			p.nextDay()
			p.tried()
		}
	})
	p.step("recall", p.clerk.name, func() {
		p.clerk.click(say("desk.act.recall"))
		p.clerk.push(say("desk.do.recall"))
		p.clerk.expect(http.StatusOK, say("desk.said.recall"), say("desk.notice.recalling", p.city))
		p.heldBy(p.shangzhi)
	})
	p.powerBack()
	p.step("recall-answered", p.clerk.name, func() {
		p.clerk.await("/desk/cases/"+p.id, func() bool { return !p.clerk.shows(say("desk.notice.recalling", p.city)) })
		p.heldBy(p.shangzhi)
	})
	p.withdrawOwn(page.Submitted)
}

// returnStory: the wrong office sends it back with a reason that both places share, and the applicant gives up.
func returnStory(p *play) {
	p.takeIn()
	p.handOver("hand-over")
	p.received()
	p.step("return", p.officer.name, func() {
		p.officer.click(say("desk.act.return"))
		p.officer.push(say("desk.do.return"), "reason", "wrong-office")
		p.officer.expect(http.StatusOK, say("desk.said.return"))
	})
	p.step("returned", p.clerk.name, func() {
		p.clerk.fetchCase(string(casefile.QueueReturned))
		reason, _ := p.n.Nodes[here].Kit.Catalogue.Reason("wrong-office")
		p.clerk.expect(http.StatusOK, reason.Zh)
		p.heldBy(p.shangzhi)
	})
	p.withdrawOwn(page.Submitted)
}

// withdrawStory: the applicant's own right, also when another place is at work on it.
func withdrawStory(p *play) {
	p.takeIn()
	p.handOver("hand-over")
	p.received()
	p.accept()
	p.step("held", p.fan.Name, func() {
		p.watch.await("/cases/"+p.no, func() bool { return p.watch.shows(say("status." + string(page.Accepted))) })
	})
	p.withdrawOwn(page.Accepted)
	p.step("told", p.officer.name, func() {
		status := say("status." + string(page.Withdrawn))
		p.officer.await("/desk/cases/"+p.id, func() bool { return p.officer.shows(status) })
	})
}

// withdrawOwn is the applicant withdrawing on her page, and waiting until that is so.
func (p *play) withdrawOwn(before page.Status) {
	p.step("withdraw", p.fan.Name, func() {
		p.ownPage(before)
		p.applicant.click(say("entrance.case.withdraw"))
		p.applicant.expect(http.StatusOK, say("entrance.withdraw.warning"))
		p.applicant.push(say("entrance.withdraw.yes"))
		p.applicant.expect(http.StatusOK, say("entrance.withdraw.flash"))
	})
	p.step("withdrawn", p.fan.Name, func() {
		p.applicant.await("/cases/"+p.no, func() bool { return p.applicant.shows(say("entrance.head.withdrawn")) })
		p.heldBy("")
	})
}

func (p *play) powerCut() {
	p.step("power-cut", words().Word["system"].Zh, func() { p.err = p.n.Down(there) })
}

func (p *play) powerBack() {
	p.step("power-back", words().Word["system"].Zh, func() { p.err = p.n.Up(p.ctx, there) })
}

// nextDay moves the demo clock on.
func (p *play) nextDay() {
	p.visitor.visit("/clock")
	p.visitor.push(say("nation.clock.day", p.n.Clock.Today().AddDays(1).String()))
	p.visitor.expect(http.StatusOK)
}

// tried waits until the post room has tried what waits, and put it off.
func (p *play) tried() {
	for deadline := time.Now().Add(patience); p.err == nil; time.Sleep(lookings) {
		at, ok, err := p.n.Nodes[here].Store.NextTry(p.ctx)
		if err != nil || !ok || time.Now().After(deadline) {
			p.err = errors.Join(err, errs.New(errs.TryLater, "nothing waits to be sent (%v)", ok))
			return
		}
		if at.After(p.n.Clock.Now()) {
			return
		}
	}
}
