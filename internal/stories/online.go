package stories

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// onlineStory: Ms Fan applies at Xining's own entrance from home, and gets her licence on her own page. On the way a register is
// down, she goes on from another device, and presses twice.
func onlineStory(p *play) {
	p.register("idcard", true)
	p.begin()
	p.step("found", p.fan.Name, func() {
		p.applicant.expect(http.StatusOK, say("apply.found.title"), p.fan.Name)
		p.applicant.push(say("apply.found.ok"))
	})
	p.questions("online")
	p.register("idcard", false)
	p.otherDevice()
	p.materials()
	p.submit()
	p.twice()
	p.officerFinds()
	p.ask()
	p.acceptOnline()
	p.review("review")
	p.decideOnline()
	p.issueOnline()
	p.step("served", p.fan.Name, func() {
		p.applicant.visit("/cases/" + p.no)
		p.applicant.expect(http.StatusOK, say("status."+string(page.Done)), say("entrance.head.done"), say("entrance.act.serve"))
		p.heldBy("")
	})
	p.step("download", p.fan.Name, func() { p.download() })
	p.rings("received", "accepted", "answered", "granted", "served")
	p.step("counts", words().Word["system"].Zh, p.onlineCounts)
}

// onlineFixStory: a notice is answered online with the one page that was wrong, and the case goes on.
func onlineFixStory(p *play) {
	p.begin()
	p.disputed()
	p.questions("online-fix")
	p.materials()
	p.submit()
	p.officerFinds()
	p.markGaps()
	p.step("fix-online", p.fan.Name, func() {
		t := words().Typed
		p.applicant.visit("/cases/" + p.no)
		p.applicant.expect(http.StatusOK, say("status."+string(page.Correction)))
		p.heldBy(p.xining)
		p.applicant.click(say("entrance.case.fix", 1))
		p.applicant.expect(http.StatusOK, say("apply.mend.lead"), t.ProblemDomicile, t.FixDomicile)
		p.applicant.send(say("apply.mend.send"), map[string]upload{"file.0": {"a.exe", []byte("MZ")}})
		p.applicant.expect(http.StatusUnprocessableEntity, phrase("apply.problem.type"))
		p.applicant.send(say("apply.mend.send"), map[string]upload{"file.0": {"page.png", scan()}})
		p.applicant.expect(http.StatusOK, say("apply.mend.done"), say("status."+string(page.Submitted)))
	})
	p.step("fix-seen", p.officer.name, func() {
		p.officer.fetchCase(string(casefile.QueueReceived))
		p.officer.expect(http.StatusOK, "page.png", say("apply.desk.disputes", 1), say("apply.desk.dispute", words().Typed.Phone))
	})
	p.acceptOnline()
	p.review("review")
	p.decideOnline()
	p.issueOnline()
	p.rings("received", "correction", "supplemented", "accepted", "granted", "served")
}

// disputed is a telephone number that changed: what she says of it goes with the application, and she enters the right one.
func (p *play) disputed() {
	t := words().Typed
	p.step("disputed", p.fan.Name, func() {
		a := p.applicant
		a.click(p.label("applicant_phone"))
		a.expect(http.StatusOK, phrase("apply.wrong.title"))
		a.push(say("apply.wrong.save"), "said", t.Phone)
		a.expect(http.StatusOK, phrase("apply.found.wrong"))
		a.push(say("apply.found.ok"))
	})
}

// togetherStory: Ms Fan asks Ms Lin to be the supervisor. Each signs on her own telephone; neither reads what is the other's, and
// a link that was taken back opens nothing.
func togetherStory(p *play) {
	p.begin()
	p.step("found", p.fan.Name, func() { p.applicant.push(say("apply.found.ok")) })
	p.questions("together")
	lin, _ := p.n.Book.BySub("resident.lin")
	b, err := newBrowser(p.ctx, p.n.Client().Transport)
	if err != nil {
		p.err = err
		return
	}
	guest := &person{browser: b, p: p, site: p.n.Site(there), name: lin.Name}
	p.step("invite", p.fan.Name, func() {
		a := p.applicant
		a.push(say("apply.invite.make"))
		old := joinLink(a)
		a.push(say("apply.invite.take_back"))
		guest.visit(old)
		guest.push(guest.name)
		guest.expect(http.StatusNotFound, errs.InvitationInvalid.Text("zh").What)
		a.push(say("apply.invite.make"))
		a.expect(http.StatusOK, say("apply.invite.link"))
	})
	p.step("join", lin.Name, func() {
		guest.seen = count{}
		guest.visit(joinLink(p.applicant))
		guest.expect(http.StatusOK, say("apply.join.what"), lin.Name)
		guest.refuse(words().Typed.Trade["together"], p.fan.IDNo, p.fan.Name)
		shown := fingerprint.FindAllString(string(guest.raw), -1)
		guest.push(say("apply.join.yes"))
		guest.agree(shown)
		guest.expect(http.StatusOK, say("apply.joined.title"))
		guest.do(func() error {
			if n := guest.seen; n.screens != guestScreens || len(n.typed) > 0 {
				return fmt.Errorf("the other party sees %d screens, types %d values; want %d, 0", n.screens, len(n.typed), guestScreens)
			}
			return nil
		})
	})
	p.step("materials", p.fan.Name, func() {
		a := p.applicant
		a.visit("/apply/" + path.Base(path.Dir(a.at.Path)) + "/invite")
		a.expect(http.StatusOK, party.MaskName(lin.Name))
		a.push(say("apply.continue"))
		a.push(say("apply.continue"), "way.premises", "promise")
		a.expect(http.StatusOK, say("apply.check.title"), party.MaskName(lin.Name))
	})
	p.submit()
	p.officerFinds()
	p.step("joined-seen", p.officer.name, func() { p.officer.expect(http.StatusOK, lin.Name, phrase("apply.desk.joined")) })
	p.acceptOnline()
	p.review("review")
	p.decideOnline()
	p.issueOnline()
}

// joinLink is the link that the page of the invitation shows.
func joinLink(w *person) string {
	return regexp.MustCompile(`http://[^<"]+/join/[\w-]+`).FindString(string(w.raw))
}

func (p *play) register(source string, down bool) {
	key := "register-down"
	if !down {
		key = "register-up"
	}
	p.step(key, words().Word["system"].Zh, func() { p.n.Registers.Down(source, down) })
}

// move lets the applicant sit at the deciding province's own site.
func (p *play) move() {
	for _, w := range []**person{&p.applicant, &p.watch} {
		b, err := newBrowser(p.ctx, p.n.Client().Transport)
		if err != nil {
			p.err = err
			return
		}
		*w = &person{browser: b, p: p, site: p.n.Site(there), name: p.fan.Name}
	}
	p.watch.signIn("/cases")
}

func (p *play) applyPath() string {
	return "/apply/new?item=" + matter + "&here=" + p.fan.Region + "&there=" + string(decides)
}

// begin starts the application: what it is, then what there is to do.
func (p *play) begin() {
	p.move()
	p.step("apply", p.fan.Name, func() {
		a := p.applicant
		a.signIn(p.applyPath())
		a.expect(http.StatusOK, say("apply.begin.online", p.xining))
		a.push(say("apply.begin.start"))
		a.expect(http.StatusOK, say("apply.tasks.title"), say("apply.tasks.next"))
		a.click(say("apply.tasks.go"))
		a.expect(http.StatusOK, say("apply.found.title"))
	})
}

// questions answers one a page. The third is answered wrongly first: the page says what to mend and keeps what was typed.
func (p *play) questions(story string) {
	t := words().Typed
	p.step("questions", p.fan.Name, func() {
		a, next := p.applicant, say("apply.continue")
		a.expect(http.StatusOK, p.label("trade_name"))
		a.push(next, "answer", t.Trade[story])
		a.expect(http.StatusOK, p.label("trade_name_alt"))
		a.push(next)
		a.expect(http.StatusOK, p.label("capital"))
		a.push(next, "answer", t.Capital)
		a.expect(http.StatusOK, p.label("premises_no"))
		a.push(next, "answer", t.Premises)
		a.expect(http.StatusOK, p.label("scope"))
		a.push(next, "answer", t.Scope)
		if a.shows(p.label("applicant_phone")) { // asked because she called what was found wrong
			a.push(next, "answer", t.Number)
		}
		a.expect(http.StatusOK, phrase("apply.invite.title"))
	})
}

func (p *play) label(key string) string {
	f, _ := p.version.Field(key)
	return f.Label
}

// otherDevice goes on where the first one stopped.
func (p *play) otherDevice() {
	p.step("other-device", p.fan.Name, func() {
		before := p.applicant.seen
		b, err := newBrowser(p.ctx, p.n.Client().Transport)
		if err != nil {
			p.err = err
			return
		}
		second := &person{browser: b, p: p, site: p.n.Site(there), name: p.fan.Name}
		second.signIn("/cases")
		second.expect(http.StatusOK, say("apply.drafts.title"), say("status."+string(page.Draft)))
		second.click(p.item.Name)
		second.expect(http.StatusOK, say("apply.tasks.title"), say("apply.tasks.done"))
		second.click(say("apply.tasks.go"))
		second.expect(http.StatusOK, phrase("apply.invite.title"))
		second.seen = before // that another device was used costs nobody a screen of the way
		p.applicant = second
	})
}

// materials passes the invitation over, declares the address, and looks at everything once more.
func (p *play) materials() {
	p.step("materials", p.fan.Name, func() {
		a := p.applicant
		a.push(say("apply.invite.without"))
		a.expect(http.StatusOK, say("apply.materials.title"), say("apply.paper.generated"), say("apply.way.promise"))
		a.push(say("apply.continue"), "way.premises", "promise")
		a.expect(http.StatusOK, say("apply.check.title"), words().Typed.Premises, say("apply.paper.promise"))
	})
}

// fingerprint is what the page that leads to the identity provider and the provider's own both show.
var fingerprint = regexp.MustCompile(`[0-9a-f]{4}( [0-9a-f]{4}){3}`)

// agree is what a person does at the identity provider before something happens in their name: they compare and choose themselves.
func (w *person) agree(shown []string) {
	w.do(func() error {
		asked := fingerprint.FindString(string(w.raw))
		if !strings.HasPrefix(w.at.Host, "id.") || asked == "" || !slices.Contains(shown, asked) {
			return fmt.Errorf("%s asks to agree to %q, the page before showed %q", w.at, asked, shown)
		}
		return nil
	})
	w.push(w.name)
}

func (p *play) submit() {
	p.step("submit", p.fan.Name, func() {
		a := p.applicant
		shown := fingerprint.FindAllString(string(a.raw), -1)
		a.push(say("apply.check.submit"))
		a.agree(shown)
		a.expect(http.StatusOK, say("apply.done.title"), say("apply.done.has", p.xining))
		if p.err != nil {
			return
		}
		p.id = path.Base(path.Dir(a.at.Path))
		p.no = strings.Join(strings.Fields(text(classed(a.doc, "tb-no"))), "")
		p.heldBy(p.xining)
	})
}

// twice goes back and submits again, also by hand: the receipt is shown, and there is one case.
func (p *play) twice() {
	p.step("twice", p.fan.Name, func() {
		w := p.watch
		w.visit("/apply/" + p.id + "/check")
		w.expect(http.StatusOK, say("apply.done.title"), p.no[:2])
		w.do(func() error {
			r, err := http.NewRequestWithContext(p.ctx, http.MethodPost, w.address("/apply/"+p.id+"/check"), strings.NewReader("serve=online"))
			if err != nil {
				return err
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return w.browser.do(r)
		})
		w.expect(http.StatusOK, say("apply.done.title"))
		w.visit("/cases")
		w.do(func() error {
			n := 0
			for a := range nodes(w.doc, "a") {
				if attr(a, "href") == "/cases/"+p.no {
					n++
				}
			}
			if n != 1 || w.shows(say("apply.drafts.title")) {
				return fmt.Errorf("%d cases with the number %s, or a draft is left", n, p.no)
			}
			return nil
		})
	})
}

func (p *play) officerFinds() {
	p.step("officer-signs-in", p.officer.name, func() {
		p.officer.signIn("/desk")
		p.officer.fetchCase(string(casefile.QueueReceived))
		p.officer.expect(http.StatusOK, say("apply.desk.duty.there"), say("apply.desk.from"))
		p.officer.refuse(say("desk.act.return"))
	})
}

func (p *play) acceptOnline() {
	p.step("accept", p.officer.name, func() {
		p.officer.click(say("desk.act.accept"))
		p.officer.push(say("desk.do.accept"))
		p.officer.expect(http.StatusOK, say("apply.desk.said.accept"))
	})
}

func (p *play) decideOnline() {
	p.step("decide", p.officer.name, func() {
		p.officer.click(say("desk.act.decide"))
		p.officer.push(say("desk.do.decide"), "outcome", string(casefile.Granted))
		p.officer.push(say("desk.confirm.decide"))
		p.officer.expect(http.StatusOK, say("apply.desk.said.decide"))
	})
}

func (p *play) issueOnline() {
	p.step("issue-online", p.officer.name, func() {
		p.officer.click(say("desk.act.issue"))
		p.officer.push(say("desk.do.issue"))
		p.officer.expect(http.StatusOK, say("apply.desk.said.issue"))
	})
}

// markGaps is one point that is not met, told once.
func (p *play) markGaps() {
	t := words().Typed
	p.review("mark-gaps", "mark.domicile", string(casefile.Amend))
	p.step("correct-online", p.officer.name, func() {
		p.officer.click(say("desk.act.correct"))
		p.officer.push(say("desk.do.correct"), "problem.domicile", t.ProblemDomicile, "fix.domicile", t.FixDomicile)
		p.officer.push(say("desk.confirm.correct"))
		p.officer.expect(http.StatusOK, say("apply.desk.said.correct"))
	})
}

// What the way online may cost, as it is built; docs/FLOWS.md says what the screens are.
const (
	onlineScreens = 13
	onlineValues  = 3
	guestScreens  = 2
)

func (p *play) onlineCounts() {
	got := p.applicant.seen
	if got.screens != onlineScreens || len(got.typed) != onlineValues || got.keyed != 0 {
		p.err = fmt.Errorf("%d screens, %d typed values, %d keyed; want %d, %d, 0", got.screens, len(got.typed), got.keyed, onlineScreens, onlineValues)
		return
	}
	if repeated(append(got.typed, p.officer.seen.typed...)) > 0 {
		p.err = errors.New("a value was typed twice")
	}
}
