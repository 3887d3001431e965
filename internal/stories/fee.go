package stories

import (
	"fmt"
	"net/http"
	"path"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	pagetext "tongban/internal/page/text"
)

// mortgage is the matter of the story: it costs something, and is registered only once that is paid.
const mortgage = "2020-071"

// feeStory: Ms Fan mortgages her home in Xining. The bank fails, is counterfeited, answers late and takes money twice; what is
// not due goes back.
func feeStory(p *play) {
	v, ok := item.Default().Version(mortgage, workday.DateOf(p.n.Clock.Now()))
	if !ok {
		p.err = fmt.Errorf("no rule of %s is in force", mortgage)
		return
	}
	p.move()
	p.step("quoted", p.fan.Name, func() {
		p.applicant.visit("/guide/" + mortgage + "?here=" + p.fan.Region + "&there=" + string(decides) + "&a-home=y")
		p.applicant.expect(http.StatusOK, say("pay.total", "80"), say("pay.before.decide"), say("pay.refund.withdrawn"))
	})
	p.applyMortgage(v, "mortgage")
	p.step("pay-first", p.officer.name, func() {
		p.officer.signIn("/desk")
		p.officer.fetchCase(string(casefile.QueueReceived))
		p.officer.expect(http.StatusOK, say("pay.desk.first"))
		p.officer.click(say("desk.act.accept"))
		p.officer.push(say("desk.do.accept"))
		p.reviewAll(v)
		p.grant()
		p.officer.expect(http.StatusConflict)
	})
	p.payTurn("forged", "forged", fee.Waiting)
	p.payTurn("pay-failed", "fail", fee.NotPaid)
	p.payTurn("pay-late", "late", fee.Waiting)
	p.step("paid", p.fan.Name, func() {
		p.nextDay()
		p.applicant.visit("/cases/" + p.no + "/pay")
		p.applicant.expect(http.StatusOK, say("pay.standing.paid"), phrase("pay.receipt_no"))
	})
	p.step("receipt", words().Word["stranger"].Zh, func() {
		p.applicant.click(phrase("pay.receipt_no"))
		p.applicant.expect(http.StatusOK, "80.00", say("print.seal"))
		code := strings.Join(strings.Fields(text(classed(p.applicant.doc, "tb-check"))), "")
		p.stranger.site = p.n.Site(there)
		p.stranger.visit("/v/" + code)
		p.stranger.expect(http.StatusOK, say("entrance.verify.genuine"), words().Typed.Masked)
		p.stranger.refuse(p.fan.Name, p.fan.IDNo)
	})
	p.step("decide", p.officer.name, func() {
		p.officer.visit("/desk/cases/" + p.id)
		p.grant()
		p.officer.expect(http.StatusOK, say("apply.desk.said.decide"))
	})
	p.issueOnline()
	p.applyMortgage(v, "quoted-again")
	p.payTurn("second", "twice", fee.Settled)
	p.withdrawMortgage()
	p.applyMortgage(v, "quoted-again")
	p.cashTurn()
}

// applyMortgage applies and submits.
func (p *play) applyMortgage(v item.Version, key string) {
	t := words().Typed
	p.step(key, p.fan.Name, func() {
		a, next := p.applicant, say("apply.continue")
		a.visit("/apply/new?item=" + mortgage + "&here=" + p.fan.Region + "&there=" + string(decides))
		if a.shows(p.fan.Name) && !a.shows(say("apply.begin.start")) {
			a.push(p.fan.Name)
		}
		a.push(say("apply.begin.start"))
		a.click(say("apply.tasks.go"))
		for _, answer := range []string{"yes", "yes", "no"} {
			a.push(next, "answer", answer)
		}
		a.push(say("apply.found.ok"))
		for _, s := range []string{t.Trade["fee"], t.Capital, "10 年"} {
			a.push(next, "answer", s)
		}
		a.expect(http.StatusOK, say("apply.check.title"), say("pay.total", "80"), v.Cite(v.Fee.Basis))
		shown := fingerprint.FindAllString(string(a.raw), -1)
		a.push(say("apply.check.submit"))
		a.agree(shown)
		a.expect(http.StatusOK, say("apply.done.title"), say("pay.title"))
		if p.err != nil {
			return
		}
		p.id = path.Base(path.Dir(a.at.Path))
		p.no = strings.Join(strings.Fields(text(classed(a.doc, "tb-no"))), "")
		p.heldBy(p.xining)
	})
}

// payTurn goes to the bank, lets it behave in one way, and comes back.
func (p *play) payTurn(key, trick string, want fee.Standing) {
	p.step(key, p.fan.Name, func() {
		a := p.applicant
		a.visit("/cases/" + p.no + "/pay")
		if a.shows(say("pay.again")) {
			a.push(say("pay.again"))
		} else {
			a.push(say("pay.go"))
		}
		a.expect(http.StatusOK, "80.00", p.xining)
		a.push(p.bankSays("trick_" + trick))
		a.click(p.bankSays("back"))
		a.expect(http.StatusOK, say("pay.standing."+string(want)))
	})
}

// bankSays is a wording of the demonstration bank.
func (p *play) bankSays(key string) string { return p.n.BankSays(key) }

func (p *play) reviewAll(v item.Version) {
	var fields []string
	for _, k := range v.Checklist {
		fields = append(fields, "mark."+k.Key, string(casefile.Meets))
	}
	p.officer.push(say("desk.review.save"), fields...)
}

func (p *play) grant() {
	p.officer.click(say("desk.act.decide"))
	p.officer.push(say("desk.do.decide"), "outcome", string(casefile.Granted))
	p.officer.push(say("desk.confirm.decide"))
}

// withdrawMortgage is the second application, taken back before anybody accepted it.
func (p *play) withdrawMortgage() {
	p.step("refund", p.fan.Name, func() {
		a := p.applicant
		a.expect(http.StatusOK, say("pay.why.twice"), say("pay.state.returned"))
		a.visit("/cases/" + p.no)
		a.click(say("entrance.case.withdraw"))
		a.push(say("entrance.withdraw.yes"))
		a.expect(http.StatusOK, say("status."+string(page.Withdrawn)))
		a.await("/cases/"+p.no+"/pay", func() bool { return a.shows(say("pay.standing.refunded")) && a.shows(say("pay.why.withdrawn")) })
	})
}

// cashTurn is the third application, paid at the window of the office that takes the fee.
func (p *play) cashTurn() {
	b, err := newBrowser(p.ctx, p.n.Client().Transport)
	who, ok := p.n.Book.BySub("clerk.qinghai")
	if err != nil || !ok {
		p.err = fmt.Errorf("no clerk of Xining: %w", err)
		return
	}
	clerk := &person{browser: b, p: p, site: p.n.Site(there), name: who.Name}
	p.step("cash", clerk.name, func() {
		clerk.signIn("/desk")
		clerk.visit("/desk/cases/" + p.id + "/fee")
		clerk.expect(http.StatusOK, say("pay.standing.due"))
		clerk.push(say("pay.desk.take", "80"))
		clerk.expect(http.StatusOK, say("pay.standing.paid"), phrase("pay.receipt_no"))
		clerk.click(phrase("pay.receipt_no"))
		clerk.expect(http.StatusOK, "80.00", pagetext.T("zh", "print.print"))
	})
	p.step("sheet", clerk.name, func() {
		clerk.visit("/desk/fees")
		clerk.expect(http.StatusOK, p.no, say("pay.desk.agrees"))
		clerk.refuse(say("pay.fault.state"), say("pay.fault.amount"), say("pay.fault.only-here"), say("pay.fault.only-bank"))
	})
}
