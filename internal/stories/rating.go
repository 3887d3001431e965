package stories

import (
	"errors"
	"fmt"
	"net/http"

	"tongban/internal/domain/office"
	"tongban/internal/domain/rating"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// What the rating story costs (docs/FLOWS.md): screens and typed values of each.
const (
	rateByCode, rateSignedIn, rateHead, rateCaller = 2, 3, 5, 3
)

// ratingStory: the window is rated by the code on the receipt, Xining badly on the page of the case; Xining verifies and puts
// right, Heilongjiang calls back, and Ms Fan reads what was done.
func ratingStory(p *play) {
	t := words().Typed
	p.takeIn()
	var paper string
	byCode := 0
	p.step("rate-window", p.stranger.name, func() {
		p.clerk.click(say("desk.receipt.print"))
		p.clerk.expect(http.StatusOK, say("rating.receipt"))
		if line := classed(p.clerk.doc, "tb-doc__rate"); p.err == nil && line != nil {
			for n := range nodes(line, "b") {
				paper = "/rate/" + p.no + "/" + text(n)
			}
		}
		if p.err == nil && paper == "" {
			p.err = fmt.Errorf("no code on the receipt of %s", p.no)
			return
		}
		p.stranger.visit(paper[:len(paper)-1] + "0")
		p.stranger.expect(http.StatusNotFound, errs.NoRatingCode.Text("zh").What)
		p.stranger.seen.screens = 0 // she had the paper in hand from here on
		p.stranger.visit(paper)
		p.stranger.expect(http.StatusOK, p.shangzhi)
		p.stranger.refuse(p.fan.Name, p.item.Name)
		p.stranger.push(say("rating.send"), "level", "2", "score.manner", "1")
		p.stranger.expect(http.StatusOK, say("rating.thanks"))
		byCode = p.stranger.seen.screens
		p.stranger.visit(paper)
		p.stranger.expect(http.StatusConflict, errs.RatedAlready.Text("zh").What)
		p.clerk.visit("/desk/cases/" + p.id)
	})
	p.handOver("hand-over")
	p.received()
	p.finish("finish")
	p.deliver()
	before := 0
	p.step("rate-decider", p.fan.Name, func() {
		a := p.applicant
		p.ownPage(page.Done)
		before = a.seen.screens
		a.click(say("rating.link"))
		a.click(say("rating.go.decider"))
		a.push(say("rating.send"), "text", t.Complaint)
		a.expect(http.StatusUnprocessableEntity, errs.BadRating.Text("zh").What)
		a.seen.screens-- // what a slip costs is not the way
		a.push(say("rating.send"), "level", "5", "score.speed", "5", "text", t.Complaint, "named", "yes")
		a.expect(http.StatusOK, say("rating.thanks"), say("rating.state.open"))
	})
	head, caller := p.come("head.qinghai", there), p.come("watch.heilongjiang", here)
	p.step("rate-reaches", head.name, func() {
		head.signIn("/desk/ratings")
		head.untilListed(p.item.Name)
		head.click(p.item.Name)
		head.expect(http.StatusOK, t.Complaint, say("rating.level.5"))
		head.refuse(p.fan.Name, p.no, words().Typed.Masked)
	})
	p.step("rate-handled", head.name, func() {
		head.push(say("rating.desk.do"), "act", string(rating.Verify), "text", t.Verified)
		head.expect(http.StatusOK, say("rating.desk.saved"))
		head.click(p.item.Name)
		head.push(say("rating.desk.do"), "act", string(rating.Fix), "text", t.Mended)
		head.expect(http.StatusOK, say("rating.desk.saved"))
		head.refuse(p.item.Name)
	})
	p.step("rate-call", caller.name, func() {
		caller.signIn("/desk/ratings")
		caller.untilListed(p.item.Name)
		caller.click(p.item.Name)
		caller.expect(http.StatusOK, p.fan.Name, p.fan.Phone, t.Mended)
		caller.push(say("rating.desk.do"), "act", string(rating.Content), "text", t.Called)
		caller.expect(http.StatusOK, say("rating.desk.saved"))
	})
	p.step("rate-answer", p.fan.Name, func() {
		p.watch.visit("/cases/" + p.no + "/rate")
		p.watch.expect(http.StatusOK, t.Mended, say("rating.state.closed"), say("rating.answer.fix"))
	})
	p.step("rate-counts", words().Word["system"].Zh, func() {
		for _, one := range []struct {
			who       string
			got, want int
		}{
			{"by code", byCode, rateByCode}, {p.fan.Name, p.applicant.seen.screens - before, rateSignedIn},
			{head.name, head.seen.screens, rateHead}, {caller.name, caller.seen.screens, rateCaller},
		} {
			if one.got != one.want {
				p.err = errors.Join(p.err, fmt.Errorf("%s: %d screens, want %d", one.who, one.got, one.want))
			}
		}
	})
}

// come is a further person of the demo at a province's desk.
func (p *play) come(sub string, at office.NodeID) *person {
	b, err := newBrowser(p.ctx, p.n.Client().Transport)
	who, ok := p.n.Book.BySub(sub)
	if p.err == nil && (err != nil || !ok) {
		p.err = fmt.Errorf("%s cannot come: %w", sub, err)
	}
	return &person{browser: b, p: p, site: p.n.Site(at), name: who.Name}
}

// untilListed looks at the list again until it has something, as one screen.
func (w *person) untilListed(words string) {
	before := w.seen
	w.await("/desk/ratings", func() bool { return w.shows(words) })
	w.seen = before
}
