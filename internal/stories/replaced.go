package stories

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// lostMatter is 营业执照遗失补领、换发.
const lostMatter = "2020-042"

// What replacing a lost licence from another province costs (docs/FLOWS.md).
const (
	lostScreens = 5
	lostValues  = 0
)

// replacedStory: Ms Fan lost the licence that Xining issued and gets it again from Shangzhi, with the same number. The old one ends
// with it: neither its code nor its file is good any more. While it is suspended it cannot be replaced, and nobody else's hands get it.
func replacedStory(p *play) {
	p.begin()
	p.step("found", p.fan.Name, func() { p.applicant.push(say("apply.found.ok")) })
	p.questions("replaced")
	p.materials()
	p.submit()
	p.officerFinds()
	p.acceptOnline()
	p.review("review")
	p.decideOnline()
	p.issueOnline()
	old, file := p.inWallet()
	p.matterIs(lostMatter)
	p.lost(p.applicant, "lost-found", func(a *person) {
		a.expect(http.StatusOK, say("apply.found.title"), words().Typed.Trade["replaced"], old.No, p.fan.Name)
		a.push(say("apply.found.ok"))
		a.push(say("apply.continue"), "answer", p.option("copies", 1))
	})
	p.step("lost-asked", p.fan.Name, func() {
		if n := p.applicant.seen; p.err == nil && (n.screens != lostScreens || len(n.typed) != lostValues) {
			p.err = fmt.Errorf("%d screens, typed %q; want %d, %d", n.screens, n.typed, lostScreens, lostValues)
		}
	})
	p.step("lost-seen", p.officer.name, func() {
		p.officer.fetchCase(string(casefile.QueueReceived))
		p.officer.expect(http.StatusOK, say("desk.notice.renews", 1, 2))
	})
	p.acceptOnline()
	p.review("review")
	p.step("lost-suspended", p.officer.name, func() { p.suspendedMeanwhile(old.ID) })
	p.decideOnline()
	p.issueOnline()
	next, _ := p.inWallet()
	p.step("lost-ended", p.stranger.name, func() {
		if next.No != old.No || next.Version != old.Version+1 || next.Replaces != old.ID || fmt.Sprint(next.Fields) != fmt.Sprint(old.Fields) {
			p.do(fmt.Errorf("%s version %d replaces %s", next.ID, next.Version, next.Replaces))
		}
		w := p.stranger
		w.visit(p.n.Site(there) + "/v/" + old.ID)
		w.expect(http.StatusOK, say("entrance.verify.not_genuine"), say("entrance.verify.replaced"))
		w.visit(p.n.Site(there) + "/v/" + next.ID)
		w.expect(http.StatusOK, say("entrance.verify.genuine"), say("entrance.verify.in_force"))
	})
	p.step("lost-file", p.stranger.name, func() {
		p.nextDay() // a list is good for five minutes
		p.stranger.visit(p.n.Site(here) + "/verify")
		p.stranger.send(say("entrance.verify.check_file"), map[string]upload{"file": {"licence.json", file}})
		p.stranger.expect(http.StatusOK, say("entrance.verify.not_genuine"))
	})
	p.notHers(next)
}

// matterIs is what the story is about from now on.
func (p *play) matterIs(code string) {
	var ok bool
	if p.item, ok = item.Default().Item(code); !ok {
		p.do(errs.New(errs.Missing, "item %s", code))
	}
	if p.version, ok = item.Default().Version(code, workday.DateOf(p.n.Clock.Now())); !ok {
		p.do(errs.New(errs.Missing, "no rule of %s is in force", code))
	}
}

// inWallet is the newest licence that Ms Fan holds at Xining, and its file.
func (p *play) inWallet() (l licence.Licence, file []byte) {
	w := p.comes("resident.fan", there)
	w.signIn("/wallet")
	one := w.linkTo("/wallet/1.")
	w.visit(one)
	w.do(func() error { return w.open(w.address(one + "/file/record")) })
	w.do(func() error {
		f, err := licence.ReadFile(w.raw)
		if err == nil {
			l, err = licence.Verify(f.Signed, p.trust())
		}
		return err
	})
	return l, w.raw
}

// lost goes from the start to the receipt; told answers what is asked on the way.
func (p *play) lost(a *person, key string, told func(*person)) {
	p.step(key, a.name, func() {
		a.seen = count{}
		a.visit("/apply/new?item=" + lostMatter + "&here=" + p.fan.Region + "&there=" + string(decides) + "&a-lost=y&a-post=n&a-agent=n")
		a.expect(http.StatusOK, say("apply.begin.online", p.xining))
		a.push(say("apply.begin.start"))
		if a.shows(say("apply.tasks.title")) {
			a.click(say("apply.tasks.go"))
		}
		told(a)
		a.expect(http.StatusOK, say("apply.check.title"), say("apply.paper.generated"))
		shown := fingerprint.FindAllString(string(a.raw), -1)
		a.push(say("apply.check.submit"))
		a.agree(shown)
		a.expect(http.StatusOK, say("apply.done.title"))
		if p.err == nil {
			p.id = path.Base(path.Dir(a.at.Path))
			p.no = strings.Join(strings.Fields(text(classed(a.doc, "tb-no"))), "")
		}
	})
}

// suspendedMeanwhile: the licence is suspended while the case waits for its decision. There can be no yes until it is given back.
func (p *play) suspendedMeanwhile(id string) {
	o, said := p.officer, errs.RenewSuspended.Text("zh")
	sheet := "/desk/licences/" + id
	o.visit(sheet)
	o.click(say("register.act.suspend"))
	o.push(say("register.go.do"), "reason", "penalty")
	o.visit("/desk/cases/" + p.id)
	o.expect(http.StatusOK, said.What, said.Next)
	o.click(say("desk.act.decide"))
	o.push(say("desk.do.decide"), "outcome", string(casefile.Granted))
	o.push(say("desk.confirm.decide"))
	o.expect(http.StatusConflict, said.What, said.Next)
	o.visit(sheet)
	o.click(say("register.act.resume"))
	o.push(say("register.go.do"))
	o.visit("/desk/cases/" + p.id)
	o.expect(http.StatusOK, say("desk.notice.renews", 1, 2))
}

// notHers: somebody who knows the number of a licence is not its holder.
func (p *play) notHers(l licence.Licence) {
	said := errs.RenewNotTheirs.Text("zh")
	lin := p.guest("resident.lin")
	p.id, p.no = "", ""
	p.watch = p.guest("resident.lin")
	p.watch.signIn("/cases")
	lin.signIn("/cases")
	answers := map[string]string{
		"org_name": l.Holder.Name, "org_code": l.No, "legal_rep": p.fan.Name, "copies": p.option("copies", 1),
	}
	p.lost(lin, "lost-other", func(a *person) {
		for range 12 {
			if p.err != nil || strings.HasSuffix(a.at.Path, "/check") {
				return
			}
			switch key := path.Base(a.at.Path); {
			case key == "found":
				a.push(say("apply.found.ok"))
			case answers[key] != "":
				a.push(say("apply.continue"), "answer", answers[key])
			default:
				a.do(func() error { return errors.New("strayed to " + a.at.Path) })
			}
		}
	})
	p.step("lost-refused", p.officer.name, func() {
		o := p.officer
		o.fetchCase(string(casefile.QueueReceived))
		o.expect(http.StatusOK, said.What, said.Next)
		o.refuse(say("desk.do.finish"))
	})
	p.acceptOnline()
	p.review("review")
	p.step("lost-barred", p.officer.name, func() {
		o := p.officer
		o.click(say("desk.act.decide"))
		o.push(say("desk.do.decide"), "outcome", string(casefile.Granted))
		o.push(say("desk.confirm.decide"))
		o.expect(http.StatusConflict, said.What, said.Next)
		o.visit("/desk/cases/" + p.id)
	})
	p.review("review", "mark.holder", string(casefile.Breaks))
	p.step("deny", p.officer.name, func() {
		o := p.officer
		o.click(say("desk.act.decide"))
		o.push(say("desk.do.decide"), "outcome", string(casefile.Denied), "grounds", "not-holder", "text", words().Typed.Lost.Facts)
		o.push(say("desk.confirm.decide"))
		o.expect(http.StatusOK, say("apply.desk.said.decide"))
	})
	p.issueOnline()
	p.step("told", lin.name, func() {
		lin.visit("/cases/" + p.no)
		lin.expect(http.StatusOK, say("status."+string(page.Refused)))
	})
}
