package stories

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/nation"
	"tongban/internal/page"
)

// newScene is a play with a cast of its own: who takes part comes on when they are needed.
func newScene(ctx context.Context, n *nation.Nation, story string, report func(Step)) (*play, error) {
	p := &play{ctx: ctx, n: n, story: story, report: report}
	p.visitor = p.comes("", "")
	return p, p.err
}

// comes lets somebody come on, at a screen of a province; without a name it is a visitor of the hub.
func (p *play) comes(sub string, at office.NodeID) *person {
	b, err := newBrowser(p.ctx, p.n.Client().Transport)
	w := &person{browser: b, p: p, site: p.n.URL, name: words().Word["stranger"].Zh}
	if sub == "" || err != nil {
		p.err = err
		return w
	}
	who, ok := p.n.Book.BySub(sub)
	if !ok {
		p.err = errs.New(errs.NoSuchDemoPerson, "%s", sub)
	}
	w.name, w.site, w.node = who.Name, p.n.Site(at), at
	return w
}

// errand is what somebody brings to a counter: who they are, the matter, the place that the matter belongs to, and what is
// answered, chosen or scanned beside what is known.
type errand struct {
	who    string // the applicant
	clerk  string
	at     office.NodeID // of the counter
	matter string        // item code
	place  string        // as the clerk types it
	fields []string
	files  map[string]upload
}

// bring lets applicant and clerk come on.
func (p *play) bring(e errand) {
	var ok bool
	if p.fan, ok = p.n.Book.BySub(e.who); !ok && p.err == nil {
		p.err = errs.New(errs.NoSuchDemoPerson, "%s", e.who)
	}
	if p.item, ok = item.Default().Item(e.matter); !ok && p.err == nil {
		p.err = errs.New(errs.Missing, "item %s", e.matter)
	}
	if p.version, ok = item.Default().Version(e.matter, workday.DateOf(p.n.Clock.Now())); !ok && p.err == nil {
		p.err = errs.New(errs.Missing, "no rule of %s is in force", e.matter)
	}
	_, p.local = p.version.Plan[item.Onsite]
	p.id, p.no, p.holder = "", "", ""
	p.clerk, p.applicant, p.watch = p.comes(e.clerk, e.at), p.comes(e.who, e.at), p.comes(e.who, e.at)
	p.watch.signIn("/cases")
}

// counter is the clerk's part: four screens and the receipt.
func (p *play) counter(e errand) {
	c := p.clerk
	p.step("counter-signs-in", c.name, func() { c.signIn("/desk") })
	p.step("identity", c.name, func() { p.identify() })
	p.step("counter-matter", c.name, func() {
		c.push(say("desk.matter.go"), "item", p.item.Name, "place", e.place)
		c.expect(http.StatusOK, say("desk.step.details"), say("desk.details.known"))
	})
	p.step("counter-details", c.name, func() {
		c.send(say("desk.details.next"), e.files, e.fields...)
		c.expect(http.StatusOK, say("desk.step.check"))
	})
	p.step("check", c.name, func() { p.takenIn() })
}

func (p *play) identify() {
	p.clerk.visit("/desk/new")
	p.clerk.push(say("desk.next"), "name", p.fan.Name, "id_no", p.fan.IDNo, "phone", p.fan.Phone, "agree", "yes")
	p.clerk.expect(http.StatusOK, say("desk.step.matter"))
}

func (p *play) takenIn() {
	p.clerk.push(say("desk.check.submit"))
	p.clerk.expect(http.StatusOK, say("desk.receipt.title"), say("desk.receipt.not_accepted"))
	if p.err != nil {
		return
	}
	p.id = path.Base(path.Dir(p.clerk.at.Path))
	p.no = strings.Join(strings.Fields(text(classed(p.clerk.doc, "tb-no"))), "")
}

// sends lets the clerk hand over to the place that the button names.
func (p *play) sends(to string) {
	p.step("counter-hand-over", p.clerk.name, func() {
		p.clerk.push(say("desk.act.hand_over_to", to))
		p.clerk.expect(http.StatusOK, say("desk.said.hand-over"))
	})
}

// finds lets an officer sign in and open the case from what was received.
func (p *play) finds(w *person) {
	p.step("office-finds", w.name, func() {
		p.arrived(w.node, casefile.QueueReceived)
		w.signIn("/desk")
		w.fetchCase(string(casefile.QueueReceived))
	})
}

// arrived waits until the case stands in a queue of a province, so that nobody looks for it before.
func (p *play) arrived(at office.NodeID, queue casefile.Queue) {
	for deadline := time.Now().Add(patience); p.err == nil; time.Sleep(lookings) {
		c, err := p.n.Nodes[at].Store.Case(p.ctx, p.id)
		if q, _ := c.At(at); err == nil && q == queue {
			return
		}
		if time.Now().After(deadline) {
			p.err = fmt.Errorf("%s is not in %s of %s after %v: %w", p.no, queue, at, patience, err)
		}
	}
}

// answers is a place's answer for its part.
func (p *play) answers(w *person, outcome casefile.Outcome, words string) {
	p.step("part-"+string(outcome), w.name, func() {
		w.click(say("desk.act.verify"))
		w.push(say("desk.do.verify"), "outcome", string(outcome), "text", words)
		w.expect(http.StatusOK, say("desk.said.verify"))
	})
}

// grants is the short way to a yes: every point is met, one look.
func (p *play) grants(w *person) {
	p.officer = w
	p.finish("office-grants")
}

// refuses is a no with its ground.
func (p *play) refuses(w *person, mark, ground, facts string) {
	p.officer = w
	p.accept()
	p.review("review", "mark."+mark, string(casefile.Breaks))
	p.decide("deny", "outcome", string(casefile.Denied), "grounds", ground, "text", facts)
	if p.undo() != "?" { // what other places did for it is being undone, and the case changes with each word of it
		p.step("office-waits", w.name, func() {
			w.await("/desk/cases/"+p.id, func() bool { return w.shows(say("desk.state.undoing")) })
		})
	}
	p.issue("office-sends")
}

// over is the end as the applicant sees it: her own page says so.
func (p *play) over(status page.Status, words ...string) {
	p.step("applicant-looks", p.fan.Name, func() {
		p.ownPage(status)
		p.applicant.expect(http.StatusOK, words...)
		p.heldBy("")
	})
}

// known fails when the clerk had to type what a source of the demonstration holds, or when nothing was found at all: what is known
// stands on the case.
func (p *play) known(e errand) {
	p.step("nothing-twice", words().Word["system"].Zh, func() {
		c, err := p.n.Nodes[e.at].Store.Case(p.ctx, p.id)
		if err != nil {
			p.err = err
			return
		}
		found := 0
		for _, field := range p.version.Form.Fields {
			source, what, _ := strings.Cut(field.From, ".")
			value := p.says(source, what)
			switch {
			case field.Source != item.FromEvidence || value == "":
			case slices.Contains(e.fields, "a."+field.Key):
				p.err = fmt.Errorf("%s is typed, and %s holds it", field.Key, source)
			case c.Private.Answers[field.Key] != value:
				p.err = fmt.Errorf("%s is %q, and %s says %q", field.Key, c.Private.Answers[field.Key], source, value)
			default:
				found++
			}
		}
		if found == 0 && p.err == nil {
			p.err = fmt.Errorf("no source of %s was asked", p.item.Code)
		}
	})
}

// cost holds what it took against docs/FLOWS.md. Who signed in once has one page of the identity provider.
func (p *play) cost(want map[*person]effort) {
	p.step("counts", words().Word["system"].Zh, func() {
		var all []string
		for w, e := range want {
			got := w.seen
			if got.screens != e.screens || len(got.typed) != e.typed || got.keyed != e.keyed || got.auths != 1 {
				p.err = fmt.Errorf("%s: %d screens, %d typed %q, %d keyed, %d sign-ins; want %+v, 1",
					w.name, got.screens, len(got.typed), got.typed, got.keyed, got.auths, e)
				return
			}
			all = append(all, got.typed...)
		}
		if again := repeated(all); again > 0 {
			p.err = fmt.Errorf("%d values were typed twice", again)
		}
	})
}

// effort is what a flow may cost somebody.
type effort struct{ screens, typed, keyed int }

// says is what a register of the demonstration holds of the applicant.
func (p *play) says(source, what string) string {
	r, err := p.n.Registers.Ask(p.ctx, asking(source, p.fan))
	if err != nil {
		return ""
	}
	return r.Values[what]
}

// decidesAt is the province of the place that an errand belongs to.
func (p *play) decidesAt(e errand) office.NodeID {
	regions, err := region.Default()
	if err != nil {
		p.err = err
		return ""
	}
	for _, r := range regions.Provinces() {
		if strings.HasPrefix(e.place, r.Name) {
			return office.NodeID(r.Code.Province())
		}
	}
	p.err = errs.New(errs.UnknownNode, "%s", e.place)
	return ""
}

// civil is a day of a story.
func civil(s string) workday.Date {
	d, err := workday.ParseDate(s)
	if err != nil {
		panic(err) // compiled in, so a test has seen it
	}
	return d
}
