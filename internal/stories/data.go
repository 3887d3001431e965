package stories

import (
	"fmt"
	"net/http"
	"slices"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// What a check with another province costs (docs/FLOWS.md): screens of each.
const (
	dataAgree, dataAsk = 2, 2
)

// dataStory: Xining asks Heilongjiang whether a number is hers. Ms Fan agrees at the identity provider, the answer is yes or no, and she
// reads who was told what; then Heilongjiang suspends the agreement, and nothing is told any more.
func dataStory(p *play) {
	p.takeIn()
	p.handOver("hand-over")
	p.received()
	officer, applicant := p.officer, p.applicant
	deskPage := "/desk/cases/" + p.id + "/data"
	p.step("data-unasked", officer.name, func() {
		p.proved(here, func(e accesslog.Entry) bool { return e.Kind == accesslog.Act && e.What == string(casefile.ActLodge) })
		officer.fetchCase(string(casefile.QueueReceived))
		officer.click(say("desk.tab.data"))
		officer.await(deskPage, func() bool { return officer.shows(say("sharing.data.checks")) })
		officer.asks(errs.NotConsented)
	})
	p.step("data-agree", p.fan.Name, func() {
		applicant.signIn("/cases/" + p.no)
		before := applicant.seen.screens
		applicant.click(say("sharing.data.link"))
		shown := fingerprint.FindAllString(string(applicant.raw), -1)
		applicant.click(say("sharing.data.agree"))
		applicant.agree(shown)
		applicant.expect(http.StatusOK, say("sharing.data.agreed"))
		p.screens(applicant, before, dataAgree)
	})
	p.step("data-ask", officer.name, func() {
		before := officer.seen.screens
		officer.visit(deskPage)
		officer.asks(0)
		officer.expect(http.StatusOK, say("sharing.data.found"), say("sharing.data.same"))
		officer.refuse(p.fan.IDNo)
		p.screens(officer, before, dataAsk)
	})
	p.step("data-seen", p.fan.Name, func() {
		applicant.visit("/consent")
		applicant.expect(http.StatusOK, p.shangzhi, phrase("usage.did.data"))
		p.proved(here, func(e accesslog.Entry) bool { return e.Kind == accesslog.Data && e.Reason == "" })
	})
	steward, other := p.come("steward.heilongjiang", here), p.come("steward.qinghai", there)
	t := words().Typed
	agreement := ""
	p.step("data-suspend", steward.name, func() {
		steward.signIn("/desk/sharing")
		agreement = steward.linkTo("/desk/sharing/agreements/")
		steward.visit(agreement)
		steward.push(say("sharing.do.suspend"), "reason", t.Suspended)
		steward.expect(http.StatusOK, say("sharing.standing.suspended"), t.Suspended)
	})
	p.step("data-refused", officer.name, func() { officer.asks(errs.NoAgreement) })
	p.step("data-told", other.name, func() {
		other.signIn("/desk/sharing")
		other.await(agreement, func() bool { return other.shows(say("sharing.standing.suspended"), t.Suspended) })
	})
	p.step("data-anyway", officer.name, func() { officer.fetchCase(string(casefile.QueueReceived)) })
	p.finish("finish")
}

// asks presses the button of the page about data: the number alone is to be checked. why is the code of the refusal; 0 is an answer.
func (w *person) asks(why errs.Code) {
	w.push(say("sharing.data.ask"), "checks", "number")
	if why == 0 {
		w.expect(http.StatusOK)
		return
	}
	w.expect(http.StatusUnprocessableEntity, why.Text("zh").What)
}

// screens is how many pages somebody has needed since there were so many.
func (p *play) screens(w *person, before, want int) {
	if got := w.seen.screens - before; got != want && p.err == nil {
		p.err = fmt.Errorf("%s needed %d screens, want %d", w.name, got, want)
	}
}

// proved waits until the applicant's proof file of a province has such an entry, in a tree that enough other provinces vouch for.
func (p *play) proved(node office.NodeID, is func(accesslog.Entry) bool) {
	trust := p.trust()
	p.watch.await("/consent/"+string(node), func() bool {
		x, err := accesslog.ReadExtract(p.watch.raw)
		if err == nil {
			_, err = x.Check(trust)
		}
		return err == nil && slices.ContainsFunc(x.Lines, func(l accesslog.Line) bool {
			e, err := l.Entry()
			return err == nil && l.Index >= 0 && is(e)
		})
	})
}
