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

// filing is 异地就医结算备案.
const filing = "2020-065"

// What the story may cost who acts, as it is built, from whom it is for to the receipt; docs/FLOWS.md says what the screens are.
const (
	familyScreens = 8
	familyValues  = 1
)

// familyStory: an elder without a telephone of his own lets Ms Lin act. She asks, he signs under his own name, she files that he sees
// doctors where she lives; he sees it, takes the authority back, and it opens nothing any more.
func familyStory(p *play) {
	p.move()
	p.version, _ = item.Default().Version(filing, workday.DateOf(p.n.Clock.Now()))
	p.item, _ = item.Default().Item(filing)
	lin, elder := p.guest("resident.lin"), p.guest("resident.zhang")
	p.watch = p.guest("resident.zhang")
	mandate := p.asksFamily(lin)
	p.letsAct(elder, lin, mandate)
	counts := p.filesFor(lin, elder, mandate)
	p.acceptOnline()
	p.review("review")
	p.decideOnline()
	p.issueOnline()
	p.endsFamily(elder, lin, mandate)
	p.step("family-counts", words().Word["system"].Zh, counts)
}

// files is where the filing begins, with the answers that a guide would bring.
func files(name string) string {
	q := url.Values{
		"item": {filing}, "here": {"350102"}, "there": {string(decides)},
		"a-long": {"y"}, "a-emergency": {"n"},
	}
	if name != "" {
		q.Set("for", name)
	}
	return "/apply/new?" + q.Encode()
}

// asksFamily: from the matter to the address that she sends him. Until he signs it opens nothing.
func (p *play) asksFamily(lin *person) (mandate string) {
	p.step("family-ask", lin.name, func() {
		lin.signIn(files(""))
		lin.click(say("org.for.link"))
		lin.expect(http.StatusOK, say("org.for.self"))
		lin.click(say("org.kin.ask.title"))
		lin.push(say("org.kin.ask.go"))
		lin.expect(http.StatusOK, say("org.kin.state.asked"), say("org.kin.send"), p.item.Name)
		mandate = lin.at.Path
		lin.visit(files(page.ForKin + path.Base(mandate)))
		lin.expect(http.StatusForbidden, errs.NotForThem.Text("zh").What)
	})
	return mandate
}

// letsAct: he reads who asks and for what, and signs with his own account; nobody else has a part in it.
func (p *play) letsAct(elder, lin *person, mandate string) {
	p.step("family-sign", elder.name, func() {
		elder.signIn(mandate)
		elder.expect(http.StatusOK, lin.name, p.item.Name)
		elder.push(say("org.kin.take"))
		elder.expect(http.StatusOK, say("org.kin.state.drawn"), lin.name)
		shown := fingerprint.FindAllString(string(elder.raw), -1)
		elder.click(say("org.one.sign"))
		elder.agree(shown)
		elder.expect(http.StatusOK, say("org.kin.state.accepted"))
		elder.click(say("org.one.paper"))
		elder.expect(http.StatusOK, words().Typed.Unit.Paper, lin.name, words().Typed.Unit.Clause)
		elder.refuse("统一社会信用代码", "法定代表人")
	})
	p.watch.signIn("/cases")
	p.step("family-limits", lin.name, func() {
		kin := page.ForKin + path.Base(mandate)
		lin.visit(strings.Replace(files(kin), filing, otherMatter, 1))
		lin.expect(http.StatusForbidden)
		stranger := p.guest("resident.shi")
		stranger.visit(mandate)
		stranger.push(stranger.name)
		stranger.expect(http.StatusNotFound)
		stranger.refuse(elder.name, lin.name)
		stranger.visit(files(kin))
		stranger.expect(http.StatusForbidden, errs.NotForThem.Text("zh").What)
		stranger.refuse(elder.name)
	})
}

// filesFor: what the registers know of him is there; where he sees doctors is all that she types.
func (p *play) filesFor(lin, elder *person, mandate string) (counts func()) {
	t, next := words().Typed.Family, say("apply.continue")
	p.step("family-apply", lin.name, func() {
		lin.seen = count{}
		lin.visit("/act-for?" + strings.TrimPrefix(files(""), "/apply/new?"))
		lin.expect(http.StatusOK, elder.name)
		lin.push(next, "for", page.ForKin+path.Base(mandate))
		lin.expect(http.StatusOK, elder.name)
		lin.push(say("apply.begin.start"))
		answers := map[string]string{"treat_place": t.Place, "kind": p.option("kind", 1)}
		for range 20 {
			if p.err != nil || path.Base(lin.at.Path) == "check" {
				break
			}
			switch key := path.Base(lin.at.Path); {
			case key == "tasks":
				lin.click(say("apply.tasks.go"))
			case key == "found":
				lin.expect(http.StatusOK, elder.name, t.Insured)
				lin.push(say("apply.found.ok"))
			case strings.Contains(lin.at.Path, "/q/") && answers[key] != "":
				lin.push(next, "answer", answers[key])
			case strings.Contains(lin.at.Path, "/q/"):
				lin.push(next)
			case key == "materials":
				lin.push(next, "way.residence", "promise")
			default:
				lin.do(func() error { return fmt.Errorf("strayed to %s: %s", lin.at, lin.excerpt()) })
			}
		}
		lin.expect(http.StatusOK, say("apply.check.title"), elder.name, lin.name)
	})
	p.lodges(lin)
	took := lin.seen
	p.step("family-seen", p.officer.name, func() {
		p.officer.signIn("/desk")
		p.officer.fetchCase(string(casefile.QueueReceived))
		p.officer.expect(http.StatusOK, elder.name, say("org.kin.by"), lin.name, say("org.desk.mandate"))
	})
	return func() {
		if p.err == nil && (took.screens != familyScreens || len(took.typed) != familyValues) {
			p.err = fmt.Errorf("%d screens, %q typed; want %d, %d", took.screens, took.typed, familyScreens, familyValues)
		}
	}
}

// endsFamily: the case is his. He takes the authority back; she is told, and he goes on alone.
func (p *play) endsFamily(elder, lin *person, mandate string) {
	p.step("family-his", elder.name, func() {
		elder.visit("/cases")
		elder.visit("/cases/" + p.no)
		elder.expect(http.StatusOK, say("org.kin.by"), lin.name, say("status."+string(page.Done)))
	})
	p.step("family-revoke", elder.name, func() {
		elder.visit("/family")
		elder.expect(http.StatusOK, lin.name, say("org.kin.state.accepted"))
		elder.visit(mandate)
		elder.push(say("org.one.revoke"))
		elder.expect(http.StatusOK, say("org.kin.state.revoked"))
	})
	p.step("family-barred", lin.name, func() {
		said := errs.MandateRevoked.Text("zh")
		lin.visit("/cases/" + p.no)
		lin.expect(http.StatusForbidden, said.What, said.Next)
		lin.visit("/cases")
		lin.refuse("/cases/" + p.no)
		lin.visit(files(page.ForKin + path.Base(mandate)))
		lin.expect(http.StatusForbidden, said.What)
	})
}
