package stories

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tongban/internal/demo/people"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/fsck"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/nation"
)

// What is applied for, and where it is decided.
const matter = "2020-030"

var decides = region.Must("630100")

// play is one telling of a story.
type play struct {
	ctx    context.Context //nolint:containedctx // a play lives as long as its story
	n      *nation.Nation
	story  string
	report func(Step)
	err    error

	fan                                          people.Person
	clerk, officer, applicant, stranger, visitor *person
	watch                                        *person // the applicant's second browser, which nobody counts

	item    item.Item
	version item.Version
	place   string // the deciding place's full name
	city    string // and its short one

	local            bool   // everything is done at one counter
	id, no           string // the case's, once it exists
	holder           string // as of the last step
	shangzhi, xining string // the offices, as pages name them
}

func newPlay(ctx context.Context, n *nation.Nation, story string, report func(Step)) (*play, error) {
	p := &play{ctx: ctx, n: n, story: story, report: report}
	regions, err := region.Default()
	if err != nil {
		return nil, err
	}
	p.place, p.city = regions.FullName(decides), regions.Name(decides)
	var ok bool
	if p.item, ok = item.Default().Item(matter); !ok {
		return nil, errs.New(errs.Missing, "item %s", matter)
	}
	if p.version, ok = item.Default().Version(matter, workday.DateOf(n.Clock.Now())); !ok {
		return nil, errs.New(errs.Missing, "no rule of %s is in force", matter)
	}
	for _, one := range []struct {
		to   **person
		sub  string
		site string
	}{
		{&p.clerk, "clerk.heilongjiang", n.Site(here)},
		{&p.officer, "officer.qinghai", n.Site(there)},
		{&p.applicant, "resident.fan", n.Site(here)},
		{&p.watch, "resident.fan", n.Site(here)},
		{&p.stranger, "", n.Site(here)},
		{&p.visitor, "", n.URL},
	} {
		b, err := newBrowser(ctx, n.Client().Transport)
		if err != nil {
			return nil, err
		}
		*one.to = &person{browser: b, p: p, site: one.site, name: words().Word["stranger"].Zh}
		if one.sub == "" {
			continue
		}
		who, ok := n.Book.BySub(one.sub)
		if !ok {
			return nil, errs.New(errs.NoSuchDemoPerson, "%s", one.sub)
		}
		(*one.to).name = who.Name
		if one.sub == "resident.fan" {
			p.fan = who
		}
	}
	for id, name := range map[office.NodeID]*string{here: &p.shangzhi, there: &p.xining} {
		at := decides
		if id == here {
			at = region.Must(p.fan.Region)
		}
		o, err := n.Nodes[here].Kit.OfficeAt(at)
		if err != nil {
			return nil, err
		}
		*name = o.Name
	}
	p.watch.signIn("/cases")
	return p, p.err
}

// step lets somebody do something and reports it, with who holds the case after it.
func (p *play) step(key, who string, f func()) {
	if p.err != nil {
		return
	}
	f()
	w := words().Step[key]
	s := Step{Story: p.story, Key: key, Zh: w.Zh, En: w.En, Who: who}
	if p.err == nil && p.no != "" {
		s.Signed = p.look()
	}
	s.At, s.Holder, s.OK, s.Err = p.n.Clock.Now(), p.holder, p.err == nil, p.err
	p.report(s)
}

// look asks the applicant's own page who holds the case, and holds every act on it against its signature: the page says of
// each whether it is good. It gives the number of good ones.
func (p *play) look() int {
	w := p.watch
	w.visit("/cases/" + p.no)
	w.expect(http.StatusOK)
	w.refuse(say("entrance.event.bad"))
	if p.err != nil {
		return 0
	}
	p.holder = valueOf(w.doc, say("component.held_by"))
	signed := 0
	good, _, _ := strings.Cut(say("entrance.event.signed"), "%")
	for n := range w.doc.Descendants() {
		if strings.HasPrefix(n.Data, good) {
			signed++
		}
	}
	if signed == 0 {
		p.err = fmt.Errorf("%s shows no signature", w.at)
	}
	return signed
}

// heldBy is what the last look must have found.
func (p *play) heldBy(office string) {
	if p.err == nil && p.look() > 0 && p.holder != office {
		p.err = fmt.Errorf("%s is with %q, want %q", p.no, p.holder, office)
	}
}

// rules waits until nothing is under way any more and holds the data of all provinces against architecture §2.
func (p *play) rules() {
	p.step("fsck", words().Word["system"].Zh, func() {
		deadline := time.Now().Add(patience)
		for p.err == nil && p.waiting() {
			if time.Now().After(deadline) {
				p.err = errs.New(errs.TryLater, "an outbox is not empty after %v", patience)
			}
			time.Sleep(lookings)
		}
		if p.err != nil {
			return
		}
		var all []fsck.Node
		for id, one := range p.n.Nodes {
			all = append(all, fsck.Node{ID: id, Reader: one.Store, Trust: one.Trust.List()})
		}
		report, err := fsck.Check(p.ctx, all, fsck.Options{Now: p.n.Clock.Now()})
		if err == nil {
			err = report.Err()
		}
		p.err = err
	})
}

// waiting reports whether an outbox still holds something.
func (p *play) waiting() bool {
	for _, one := range p.n.Nodes {
		_, ok, err := one.Store.NextTry(p.ctx)
		if err != nil {
			p.err = err
		}
		if ok {
			return true
		}
	}
	return false
}
