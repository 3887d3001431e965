package stories

import (
	"fmt"
	"net/http"
	"strings"
)

// bookingStory: the slot takes two. Ms Fan and somebody else have it; a third waits, gets the place when Ms Fan moves, and the
// window marks who came.
func bookingStory(p *play) {
	p.move()
	fan := p.applicant
	lin, err := newBrowser(p.ctx, p.n.Client().Transport)
	if err != nil {
		p.err = err
		return
	}
	who, ok := p.n.Book.BySub("resident.lin")
	elder, found := p.n.Book.BySub("resident.zhang")
	b, err := newBrowser(p.ctx, p.n.Client().Transport)
	if !ok || !found || err != nil {
		p.err = fmt.Errorf("people are missing: %w", err)
		return
	}
	second := &person{browser: lin, p: p, site: p.n.Site(there), name: who.Name}
	third := &person{browser: b, p: p, site: p.n.Site(there), name: elder.Name}
	var slots []string
	p.step("book", fan.name, func() {
		fan.signIn("/visits")
		slots = fan.chooseWindow(p.xining)
		if p.err == nil && len(slots) < 3 {
			p.err = fmt.Errorf("%d times to choose from", len(slots))
			return
		}
		fan.push(say("visit.book"), "slot", slots[0])
		fan.expect(http.StatusOK, say("visit.state.booked"), say("visit.slip.missed_free"), p.xining)
		slip := fan.at.Path
		fan.visit(slip + "/visit.ics")
		fan.do(func() error {
			if !strings.HasPrefix(string(fan.raw), "BEGIN:VCALENDAR\r\n") || strings.Contains(string(fan.raw), p.fan.Name) {
				return fmt.Errorf("the calendar entry is %q", fan.raw)
			}
			return nil
		})
		fan.visit(slip)
	})
	slip := fan.at
	p.step("book-twice", fan.name, func() {
		fan.chooseWindow(p.xining)
		fan.push(say("visit.book"), "slot", slots[1])
		fan.expect(http.StatusConflict)
	})
	p.step("book-full", third.name, func() {
		second.signIn("/visits")
		second.chooseWindow(p.xining)
		second.push(say("visit.book"), "slot", slots[0])
		second.expect(http.StatusOK, say("visit.state.booked"))
		third.signIn("/visits")
		third.chooseWindow(p.xining)
		third.expect(http.StatusOK, phrase("visit.full"))
		third.push(say("visit.book"), "slot", slots[0])
		third.expect(http.StatusOK, say("visit.state.waiting"))
	})
	p.step("book-change", fan.name, func() {
		fan.visit(slip.Path)
		fan.click(say("visit.slip.change"))
		fan.push(say("visit.book"), "slot", slots[1])
		fan.expect(http.StatusOK, say("visit.state.booked"))
	})
	p.step("book-take", third.name, func() {
		third.visit(third.at.Path)
		third.expect(http.StatusOK, say("visit.state.offered"))
		third.push(say("visit.slip.take"))
		third.expect(http.StatusOK, say("visit.state.booked"))
	})
	p.visitDesk(strings.Fields(slots[0])[0])
}

// chooseWindow picks a window and gives the values of the times that stand there.
func (w *person) chooseWindow(office string) []string {
	w.visit("/visit?matter=" + matter)
	w.push(say("visit.see"))
	w.expect(http.StatusOK, office)
	var out []string
	if w.p.err != nil {
		return nil
	}
	for n := range nodes(w.doc, "input") {
		if attr(n, "name") == "slot" {
			out = append(out, attr(n, "value"))
		}
	}
	return out
}

// visitDesk is the window on that day: everybody is expected, nobody is marked before the time, and a walk-in is counted.
func (p *play) visitDesk(day string) {
	b, err := newBrowser(p.ctx, p.n.Client().Transport)
	who, ok := p.n.Book.BySub("clerk.qinghai")
	if err != nil || !ok {
		p.err = fmt.Errorf("no clerk of Xining: %w", err)
		return
	}
	clerk := &person{browser: b, p: p, site: p.n.Site(there), name: who.Name}
	p.step("book-day", clerk.name, func() {
		clerk.signIn("/desk")
		clerk.visit("/desk/visits?day=" + day)
		clerk.expect(http.StatusOK, say("visit.state.booked"), words().Typed.Masked)
		clerk.refuse(p.fan.Name)
		clerk.visit("/desk/visits")
		clerk.push(say("visit.desk.walk"))
		clerk.expect(http.StatusOK, say("visit.state.walkin"))
	})
}
