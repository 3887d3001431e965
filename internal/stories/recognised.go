package stories

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/sharing"
	"tongban/internal/kernel/workday"
)

// The matter in which the other province's licence is used, and the place that decides it.
const (
	fundMatter = "2020-024"
	fundPlace  = "230100"
)

// What using a licence of another province costs its holder (docs/FLOWS.md): three values that no register holds, and one paper.
const (
	relyingScreens = 11
	relyingValues  = 3
	relyingUploads = 1
)

// recognisedStory: what Xining issued is a paper nowhere. Harbin reads it at the holder's wish, checks it by itself, and asks for no
// copy; once Heilongjiang takes its word back, or the licence is suspended, it is no use there, and the page says which.
func recognisedStory(p *play) {
	p.begin()
	p.step("found", p.fan.Name, func() { p.applicant.push(say("apply.found.ok")) })
	p.questions("recognised")
	p.materials()
	p.submit()
	p.officerFinds()
	p.acceptOnline()
	p.review("review")
	p.decideOnline()
	p.issueOnline()
	west, trade := p.provinceName(there), words().Typed.Trade["recognised"]
	held := "营业执照（" + west + "）"
	fan, officer := p.comes("resident.fan", here), p.comes("officer.heilongjiang", here)
	apply := "/apply/new?item=" + fundMatter + "&here=" + string(decides) + "&there=" + fundPlace
	p.step("licence-found", p.fan.Name, func() {
		p.agreed(true)
		fan.signIn(apply)
		fan.push(say("apply.begin.start"))
		fan.expect(http.StatusOK, say("apply.found.title"), held, trade)
	})
	p.step("licence-stands-in", p.fan.Name, func() { p.relying(fan, held) })
	p.step("licence-checked", officer.name, func() {
		officer.signIn("/desk")
		officer.visit("/desk/cases/" + p.id + "/materials")
		officer.click(say("desk.licence.link"))
		officer.expect(http.StatusOK, say("desk.licence.good"), trade, p.xining, p.statement().Name())
	})
	p.step("uses-seen", p.fan.Name, func() {
		w := p.comes("resident.fan", there)
		w.signIn("/wallet")
		w.visit(w.linkTo("/wallet/1."))
		w.expect(http.StatusOK, say("wallet.used_by", p.provinceName(here)), say("usage.view.taken"))
	})
	p.step("recognition-ends", words().Word["system"].Zh, func() { p.takesBack() })
	p.step("licence-not-taken", p.fan.Name, func() {
		fan.visit(apply)
		fan.push(say("apply.begin.start"))
		fan.click(say("apply.tasks.go"))
		fan.expect(http.StatusOK, say("apply.gap.found.not-taken", "营业执照（电子证照）", "单位名称"))
	})
	p.step("licence-suspended", p.officer.name, func() {
		p.officer.visit("/desk/licences")
		p.officer.push(say("register.find"), "words", p.fan.IDNo)
		p.officer.visit(p.officer.linkTo("/desk/licences/1.")) // the newest stands first
		p.officer.click(say("register.act.suspend"))
		p.officer.push(say("register.go.do"), "reason", "penalty")
		p.officer.expect(http.StatusOK, say("register.state.suspended"))
	})
	p.step("licence-no-use", officer.name, func() {
		p.nextDay() // a list is good for five minutes
		officer.visit("/desk/cases/" + p.id + "/licences/0")
		officer.expect(http.StatusOK, say("desk.licence.bad"), say("desk.licence.bad_lead"))
	})
}

// relying goes from what was found to the receipt; Harbin is asked for nothing that the licence says.
func (p *play) relying(fan *person, held string) {
	v, ok := item.Default().Version(fundMatter, workday.DateOf(p.n.Clock.Now()))
	if !ok {
		p.err = fmt.Errorf("no rule of %s is in force", fundMatter)
		return
	}
	label := func(key string) string {
		f, _ := v.Field(key)
		return f.Label
	}
	next, uploads := say("apply.continue"), 0
	fan.push(say("apply.found.ok"))
	for _, q := range [][2]string{{"staff_count", "3"}, {"rate", "8"}, {"pay_day", "15"}} {
		fan.expect(http.StatusOK, label(q[0]))
		fan.push(next, "answer", q[1])
	}
	fan.expect(http.StatusOK, say("apply.materials.title"), held)
	fan.push(next, "way.staff", "upload")
	fan.send(say("apply.upload.send"), map[string]upload{"file": {"page.png", scan()}})
	uploads++
	fan.click(say("apply.upload.use"))
	fan.push(next)
	fan.expect(http.StatusOK, say("apply.check.title"), held)
	shown := fingerprint.FindAllString(string(fan.raw), -1)
	fan.push(say("apply.check.submit"))
	fan.agree(shown)
	fan.expect(http.StatusOK, say("apply.done.title"))
	if p.err != nil {
		return
	}
	p.id = path.Base(path.Dir(fan.at.Path))
	p.no = strings.Join(strings.Fields(text(classed(fan.doc, "tb-no"))), "")
	p.watch = p.comes("resident.fan", here)
	p.watch.signIn("/cases")
	if got := fan.seen; got.screens != relyingScreens || len(got.typed) != relyingValues || uploads != relyingUploads {
		p.err = fmt.Errorf("%d screens, %d typed values; want %d, %d", got.screens, len(got.typed), relyingScreens, relyingValues)
	}
}

func (p *play) provinceName(id office.NodeID) string {
	n, _ := p.n.Nodes[here].Kit.Trust().Node(id)
	return n.Name
}

// statement is what Heilongjiang said of licences, as Heilongjiang has it.
func (p *play) statement() (r sharing.Recognised) {
	p.n.Nodes[here].Shares.Look(func(b *sharing.Book) {
		if list := b.Recognitions(here); len(list) > 0 {
			r = list[len(list)-1]
		}
	})
	return r
}

// agreed waits until Heilongjiang takes licences, which the demonstration's stewards say behind the first pages.
func (p *play) agreed(want bool) {
	for deadline := time.Now().Add(patience); p.err == nil && p.statement().Takes(workday.DateOf(p.n.Clock.Now())) != want; time.Sleep(lookings) {
		if time.Now().After(deadline) {
			p.err = fmt.Errorf("after %v the statement of %s is %+v", patience, here, p.statement())
		}
	}
}

// takesBack is a steward's press on the page, in the browser of a steward of Heilongjiang.
func (p *play) takesBack() {
	steward := p.comes("steward.heilongjiang", here)
	steward.signIn("/desk/sharing/recognitions")
	steward.push(say("sharing.recognition.withdraw"))
	steward.expect(http.StatusOK, say("sharing.recognition.standing.withdrawn"))
}
