package stories

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// surveying is 测绘资质审批, and otherMatter one that the agent of the story has no authority for.
const (
	surveying   = "practice-013"
	otherMatter = "2020-024"
)

// unitStory: Ms Fan's company, proven by its electronic licence, applies for a surveying qualification through its agent, Ms Lin:
// authority signed and accepted, a gap told and mended, refused; the authority is taken back and opens nothing any more, and Ms Fan
// herself puts right what was wrong and applies again with everything taken over.
func unitStory(p *play) {
	p.founded()
	firm, code := p.opensUnit()
	lin := p.guest("resident.lin")
	mandate := p.empowers(lin, code)
	p.actsFor(lin, firm, code, mandate)
	p.abnormal(lin, code)
	counts := p.applies(lin, firm, code)
	p.mends(lin)
	p.acceptOnline()
	p.review("review", "mark.equipment", string(casefile.Breaks))
	p.step("deny", p.officer.name, func() {
		p.officer.click(say("desk.act.decide"))
		p.officer.push(say("desk.do.decide"), "outcome", string(casefile.Denied), "grounds", "equipment", "text", words().Typed.Unit.Facts)
		p.officer.push(say("desk.confirm.decide"))
		p.officer.expect(http.StatusOK, say("apply.desk.said.decide"))
	})
	p.issueOnline()
	p.takenBack(lin, mandate)
	p.renews(firm)
	p.acceptOnline()
	p.review("review")
	p.decideOnline()
	p.issueOnline()
	p.step("unit-served", p.fan.Name, func() {
		p.applicant.visit("/cases/" + p.no)
		p.applicant.expect(http.StatusOK, firm, say("status."+string(page.Done)))
	})
	p.step("unit-counts", words().Word["system"].Zh, counts)
}

// founded gets Ms Fan the company's licence, as in the story told online.
func (p *play) founded() {
	p.begin()
	p.step("found", p.fan.Name, func() { p.applicant.push(say("apply.found.ok")) })
	p.questions("unit")
	p.materials()
	p.submit()
	p.officerFinds()
	p.acceptOnline()
	p.review("review")
	p.decideOnline()
	p.issueOnline()
	p.version, _ = item.Default().Version(surveying, workday.DateOf(p.n.Clock.Now()))
	p.item, _ = item.Default().Item(surveying)
}

// guest is another resident at the deciding province's site.
func (p *play) guest(sub string) *person {
	who, ok := p.n.Book.BySub(sub)
	b, err := newBrowser(p.ctx, p.n.Client().Transport)
	if err != nil || !ok {
		p.do(fmt.Errorf("no %s: %w", sub, err))
	}
	return &person{browser: b, p: p, site: p.n.Site(there), name: who.Name}
}

func (p *play) do(err error) {
	if p.err == nil {
		p.err = err
	}
}

// opensUnit: the licence is the registration; nothing is typed, nobody reviews.
func (p *play) opensUnit() (firm, code string) {
	p.step("unit-open", p.fan.Name, func() {
		a := p.applicant
		a.seen = count{}
		a.visit("/org")
		a.expect(http.StatusOK, say("org.prove_lead"))
		open, _, _ := strings.Cut(say("org.open"), "%")
		for n := range nodes(a.doc, "button") {
			if name, ok := strings.CutPrefix(strings.TrimSpace(text(n)), open); ok && strings.Contains(name, words().Typed.Trade["unit"]) {
				firm = name
			}
		}
		a.push(open + firm)
		a.expect(http.StatusOK, firm, say("org.staff_none"), say("org.licence_ok"))
		code = path.Base(a.at.Path)
		if n := a.seen; p.err == nil && (n.screens != 2 || len(n.typed) > 0) {
			p.err = fmt.Errorf("%d screens and %q typed to open a unit", n.screens, n.typed)
		}
	})
	return firm, code
}

// empowers: the representative names agent, matter and days, and signs at the provider; the agent accepts. Until then, and for
// anybody else, it opens nothing.
func (p *play) empowers(lin *person, code string) (mandate string) {
	who, _ := p.n.Book.BySub("resident.lin")
	p.step("unit-give", p.fan.Name, func() {
		a := p.applicant
		a.click(say("org.empower"))
		a.push(say("org.give.go"), "name", who.Name, "number", who.IDNo)
		a.expect(http.StatusUnprocessableEntity, errs.MandateScope.Text("zh").What)
		a.push(say("org.give.go"), "items", surveying)
		a.expect(http.StatusOK, say("org.state.drawn"), who.Name, p.item.Name)
		mandate = a.at.Path
		shown := fingerprint.FindAllString(string(a.raw), -1)
		a.click(say("org.one.sign"))
		a.agree(shown)
		a.expect(http.StatusOK, say("org.state.offered"))
		a.click(say("org.one.paper"))
		a.expect(http.StatusOK, words().Typed.Unit.Paper, who.Name, words().Typed.Unit.Clause)
	})
	p.step("unit-accept", lin.name, func() {
		lin.signIn("/act-for")
		lin.visit(begins(surveying, code))
		lin.expect(http.StatusForbidden, errs.MandateNotTaken.Text("zh").What)
		lin.visit("/act-for")
		lin.do(func() error { return lin.open(lin.address(lin.linkTo("/mandates/"))) })
		lin.push(say("org.one.accept"))
		lin.expect(http.StatusOK, say("org.state.accepted"))
		lin.refuse(say("org.one.revoke"))
	})
	return mandate
}

// begins is where an application in a unit's name begins.
func begins(matter, code string) string {
	q := url.Values{"item": {matter}, "here": {"350102"}, "there": {string(decides)}, "a-first": {"y"}, "a-missing": {"n"}}
	if code != "" {
		q.Set("for", code)
		return "/apply/new?" + q.Encode()
	}
	return "/act-for?" + q.Encode()
}

// actsFor is what the authority does not open: another matter, another person, a form sent past the page.
func (p *play) actsFor(lin *person, firm, code, mandate string) {
	p.step("unit-limits", lin.name, func() {
		lin.visit(begins(otherMatter, code))
		lin.expect(http.StatusForbidden, errs.MandateOtherMatter.Text("zh").What)
		lin.visit("/org/" + code)
		lin.expect(http.StatusForbidden, errs.NotInThatName.Text("zh").What)
		lin.refuse(firm)
		stranger := p.guest("resident.shi")
		stranger.visit(mandate)
		stranger.push(stranger.name)
		stranger.expect(http.StatusNotFound)
		stranger.refuse(firm, lin.name)
		stranger.visit(begins(surveying, code))
		stranger.expect(http.StatusForbidden, errs.NotInThatName.Text("zh").What)
		stranger.refuse(firm)
	})
}

// abnormal: while the unit's licence is suspended nothing new begins in its name, for anybody; given back, it does.
func (p *play) abnormal(lin *person, code string) {
	said := errs.UnitAbnormal.Text("zh")
	p.step("unit-abnormal", p.officer.name, func() {
		o := p.officer
		o.visit("/desk/licences")
		o.push(say("register.find"), "words", code)
		o.do(func() error { return o.open(o.address(o.linkTo("/desk/licences/"))) })
		sheet := o.at.Path
		o.click(say("register.act.suspend"))
		o.push(say("register.go.do"), "reason", "penalty")
		o.expect(http.StatusOK, say("register.state.suspended"))
		lin.visit(begins(surveying, code))
		lin.expect(http.StatusForbidden, said.What, said.Next)
		p.applicant.visit("/org/" + code)
		p.applicant.expect(http.StatusOK, say("org.abnormal"))
		p.applicant.refuse(say("org.empower"))
		o.visit(sheet)
		o.click(say("register.act.resume"))
		o.push(say("register.go.do"))
		o.expect(http.StatusOK, say("register.state.in-force"))
	})
}

// What story 7 may cost an agent, as it is built; docs/FLOWS.md says what the screens are.
const (
	unitScreens = 21
	unitValues  = 1
	unitUploads = 4
)

// applies: the agent chooses the unit's name, and everything that the licence tells is there.
func (p *play) applies(lin *person, firm, code string) (counts func()) {
	t, next, uploads := words().Typed.Unit, say("apply.continue"), 0
	p.step("unit-apply", lin.name, func() {
		lin.seen = count{}
		lin.visit(begins(surveying, ""))
		lin.expect(http.StatusOK, firm)
		lin.push(next, "for", code)
		lin.expect(http.StatusOK, firm)
		lin.push(say("apply.begin.start"))
		answers := map[string]string{"grade": p.option("grade", 2), "specialty": t.Specialty}
		for range 40 {
			if p.err != nil || path.Base(lin.at.Path) == "check" {
				break
			}
			switch key := path.Base(lin.at.Path); {
			case key == "tasks":
				lin.click(say("apply.tasks.go"))
			case key == "found":
				lin.expect(http.StatusOK, firm, code, p.fan.Name)
				lin.push(say("apply.found.ok"))
			case strings.Contains(lin.at.Path, "/q/") && answers[key] != "":
				lin.push(next, "answer", answers[key])
			case strings.Contains(lin.at.Path, "/q/"):
				lin.push(next)
			case key == "materials":
				lin.push(next, "way.equipment", "upload", "way.quality", "upload", "way.secrecy", "upload", "way.archive", "upload")
			case strings.Contains(lin.at.Path, "/upload/") && lin.shows(say("apply.upload.use")):
				lin.click(say("apply.upload.use"))
			case strings.Contains(lin.at.Path, "/upload/"):
				lin.send(say("apply.upload.send"), map[string]upload{"file": {"page.png", scan()}})
				uploads++
			default:
				lin.do(func() error { return fmt.Errorf("strayed to %s: %s", lin.at, lin.excerpt()) })
			}
		}
		lin.expect(http.StatusOK, say("apply.check.title"), firm, code, lin.name)
	})
	p.lodges(lin)
	took := lin.seen
	p.step("unit-seen", p.officer.name, func() {
		p.officer.fetchCase(string(casefile.QueueReceived))
		p.officer.expect(http.StatusOK, firm, code, say("org.desk.mandate"), p.fan.Name)
	})
	return func() {
		if p.err == nil && (took.screens != unitScreens || len(took.typed) != unitValues || uploads != unitUploads) {
			p.err = fmt.Errorf("%d screens, %q typed, %d uploads; want %d, %d, %d", took.screens, took.typed, uploads, unitScreens, unitValues, unitUploads)
		}
	}
}

// option is the n-th answer to choose from, counted from 1.
func (p *play) option(field string, n int) string {
	f, ok := p.version.Field(field)
	if !ok || len(f.Options) < n {
		p.do(fmt.Errorf("no option %d of %s", n, field))
		return ""
	}
	return f.Options[n-1].Value
}

// lodges submits from the check page and keeps the number.
func (p *play) lodges(w *person) {
	p.step("submit", w.name, func() {
		shown := fingerprint.FindAllString(string(w.raw), -1)
		w.push(say("apply.check.submit"))
		w.agree(shown)
		w.expect(http.StatusOK, say("apply.done.title"))
		if p.err == nil {
			p.id = path.Base(path.Dir(w.at.Path))
			p.no = strings.Join(strings.Fields(text(classed(w.doc, "tb-no"))), "")
		}
	})
}

// mends: one point is told once, and the agent answers it with the one page.
func (p *play) mends(lin *person) {
	t := words().Typed
	p.review("mark-gaps", "mark.rules", string(casefile.Amend))
	p.step("correct-online", p.officer.name, func() {
		p.officer.click(say("desk.act.correct"))
		p.officer.push(say("desk.do.correct"), "problem.rules", t.Unit.Problem, "fix.rules", t.Unit.Fix)
		p.officer.push(say("desk.confirm.correct"))
		p.officer.expect(http.StatusOK, say("apply.desk.said.correct"))
	})
	p.step("unit-mend", lin.name, func() {
		lin.visit("/cases/" + p.no)
		lin.click(say("entrance.case.fix", 1))
		lin.expect(http.StatusOK, t.Unit.Problem, t.Unit.Fix)
		lin.send(say("apply.mend.send"), map[string]upload{"file.0": {"page.png", scan()}})
		lin.expect(http.StatusOK, say("apply.mend.done"))
	})
	p.step("fix-seen", p.officer.name, func() {
		p.officer.fetchCase(string(casefile.QueueReceived))
		p.officer.expect(http.StatusOK, "page.png")
	})
}

// takenBack: the authority ends in the middle. The case stays; the agent is refused with what to do, and its paper says so to anybody.
func (p *play) takenBack(lin *person, mandate string) {
	p.step("unit-revoke", p.fan.Name, func() {
		a := p.applicant
		a.visit(mandate)
		a.push(say("org.one.revoke"))
		a.expect(http.StatusOK, say("org.state.revoked"))
		a.click(say("org.one.paper"))
		check := strings.Join(strings.Fields(text(classed(a.doc, "tb-check"))), "")
		p.stranger.visit(p.n.Site(there) + "/v/" + check)
		p.stranger.expect(http.StatusOK, say("org.state.revoked"))
	})
	p.step("unit-barred", lin.name, func() {
		said := errs.MandateRevoked.Text("zh")
		for _, to := range []string{"/cases/" + p.no, "/cases/" + p.no + "/renew", "/cases/" + p.no + "/ask"} {
			lin.visit(to)
			lin.expect(http.StatusForbidden, said.What, said.Next)
		}
		lin.visit("/cases")
		lin.refuse("/cases/" + p.no)
		p.heldBy("")
	})
}

// renews: the representative goes on alone, from the refusal to a new application with everything in it.
func (p *play) renews(firm string) {
	p.step("unit-renew", p.fan.Name, func() {
		a := p.applicant
		a.visit("/cases")
		a.visit("/cases/" + p.no)
		a.expect(http.StatusOK, say("status."+string(page.Refused)))
		a.seen = count{}
		a.click(say("apply.renew.link"))
		a.push(say("apply.renew.go"))
		a.push(say("apply.found.ok"))
		a.push(say("apply.continue"))
		a.expect(http.StatusOK, say("apply.check.title"), firm, words().Typed.Unit.Specialty)
		if n := a.seen; p.err == nil && len(n.typed) > 0 {
			p.err = fmt.Errorf("typed again: %q", n.typed)
		}
	})
	p.lodges(p.applicant)
	p.step("unit-seen-again", p.officer.name, func() {
		p.officer.fetchCase(string(casefile.QueueReceived))
		p.officer.expect(http.StatusOK, firm, "page.png")
	})
}
