package stories

import (
	"net/http"
	"path"
	"strings"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/assist"
	"tongban/internal/domain/casefile"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// The offices that 临泉 asks: one that has no such record, and the one that has.
const (
	hangzhouOffice = "11330100MB99007855"
	luqiaoOffice   = "11331004MB99093335"
)

// asked is what putting one question to another office costs, and answering it (docs/FLOWS.md).
var (
	asked    = effort{screens: 3, typed: 1}
	answered = effort{screens: 4, typed: 1} // one of them because a field was missing
)

// residence is 小慧's errand in 南昌: where she lived, as her home place certifies it. Between 江西 and 安徽 nobody decides for the other.
func residence() errand {
	return errand{
		who: "resident.xiaohui", clerk: "clerk.jiangxi", at: "36", matter: "2020-049", place: "安徽省阜阳市临泉县",
		fields: []string{"s.agent", "n", "s.post", "n", "a.content", "其他", "a.purpose", said("residence")},
	}
}

// residenceStory: a proof of residence. 临泉 is asked by 南昌 for its part, does not know where she lived, and asks in writing: first
// an office that keeps no such record, then 路桥, which is late, is reminded, and answers field by field under its signature.
func residenceStory(p *play) {
	e := residence()
	p.bring(e)
	p.counter(e)
	p.sends("临泉县")
	l := p.comes("officer.linquan", entrusts)
	p.finds(l)
	p.step("inquiry-gap", l.name, func() {
		l.visit(l.linkTo("/desk/cases/" + p.id + "/ask-other"))
		l.click(assistName("residence"))
		l.push(say("inquiry.ask.send"))
		l.expect(http.StatusUnprocessableEntity, say("inquiry.ask.office_none"))
	})
	p.proved("36", func(e accesslog.Entry) bool { return e.Kind == accesslog.Act && e.What == string(casefile.ActLodge) })
	p.asksOffice(l, hangzhouOffice, said("lived"))
	h := p.comes("officer.zhejiang", entrusted)
	p.step("inquiry-declined", h.name, func() {
		p.opensInquiry(h)
		h.push(say("inquiry.one.decline_send"))
		h.expect(http.StatusUnprocessableEntity, say("inquiry.one.reason_none"))
		h.push(say("inquiry.one.decline_send"), "reason", "no-record")
		h.expect(http.StatusOK, say("inquiry.one.done"), say("inquiry.state.declined"))
	})
	p.step("inquiry-again", l.name, func() {
		l.await("/desk/cases/"+p.id+"/ask-other", func() bool { return l.shows(say("inquiry.state.declined")) })
		l.seen = count{}
		l.visit("/desk/cases/" + p.id + "/ask-other")
		l.click(assistName("residence"))
	})
	p.asksOffice(l, luqiaoOffice, said("lived"))
	ask := l.seen
	p.step("inquiry-late", p.visitor.name, func() {
		for range 9 { // five working days, and the first after them
			p.nextDay()
		}
	})
	q := p.comes("officer.luqiao", entrusted)
	p.step("inquiry-reminded", q.name, func() {
		p.opensInquiry(q)
		before := q.seen
		q.await(q.at.Path, func() bool { return q.shows(phrase("inquiry.one.reminded")) })
		q.seen = before
		q.refuse(p.fan.IDNo)
	})
	p.step("inquiry-answered", q.name, func() {
		q.push(say("inquiry.one.send"), "v.lives", assist.Yes)
		q.expect(http.StatusUnprocessableEntity)
		q.push(say("inquiry.one.send"), "v.lives", assist.Yes, "v.since", said("since"), "v.permit", assist.Yes)
		q.expect(http.StatusOK, say("inquiry.one.done"), say("inquiry.state.answered"))
		q.refuse(say("inquiry.one.decline"))
	})
	answer := q.seen
	p.step("inquiry-letter", q.name, func() {
		q.visit(q.at.Path + "/answer")
		q.expect(http.StatusOK, said("since"))
		if p.err != nil {
			return
		}
		check := strings.Join(strings.Fields(text(classed(q.doc, "tb-check"))), "")
		stranger := p.comes("", "")
		stranger.visit(p.n.Site(entrusted) + "/v/" + check)
		stranger.expect(http.StatusOK, say("entrance.verify.genuine"))
		stranger.refuse(p.fan.Name, p.fan.IDNo)
	})
	p.step("inquiry-read", l.name, func() {
		l.await("/desk/cases/"+p.id+"/ask-other", func() bool { return l.shows(say("inquiry.state.answered")) })
		l.visit(l.linkTo(path.Dir(q.at.Path)))
		l.expect(http.StatusOK, said("since"))
		l.refuse(say("inquiry.one.bad"))
		paper := l.linkTo(l.at.Path + "/answer")
		l.visit(paper)
		l.expect(http.StatusOK, "台州市公安局路桥分局", "临泉县公安局", said("since"))
		l.visit("/desk/cases/" + p.id)
	})
	p.answers(l, casefile.Confirmed, said("lives"))
	j := p.comes("officer.jiangxi", "36")
	p.finds(j)
	p.step("part-seen", j.name, func() { j.expect(http.StatusOK, say("desk.outcome.confirmed"), said("lives")) })
	p.grants(j)
	p.deliver()
	p.over(page.Done)
	p.known(e)
	p.step("inquiry-counts", words().Word["system"].Zh, func() {
		for _, one := range []struct {
			got  count
			want effort
		}{{ask, asked}, {answer, answered}} {
			if p.err == nil && (one.got.screens != one.want.screens || len(one.got.typed) != one.want.typed) {
				p.err = errs.New(errs.Unexpected, "%d screens, typed %q; want %+v", one.got.screens, one.got.typed, one.want)
			}
		}
	})
	p.cost(map[*person]effort{p.clerk: {screens: 11, typed: 1, keyed: 3}, j: inOffice, p.applicant: {screens: 2}})
}

// asksOffice signs a question and sends it.
func (p *play) asksOffice(w *person, office, what string) {
	p.step("inquiry-asked", w.name, func() {
		w.push(say("inquiry.ask.send"), "office", office, "words", what)
		w.expect(http.StatusOK, say("inquiry.ask.sent"), say("inquiry.state.open"))
		p.heldBy("南昌市行政审批局")
	})
}

// opensInquiry finds the question on the list of what waits for the office.
func (p *play) opensInquiry(w *person) {
	w.signIn("/desk/inquiries")
	before := w.seen
	w.await("/desk/inquiries", func() bool { return w.linkTo("/desk/inquiries/") != "" })
	w.seen = before
	w.visit(w.linkTo("/desk/inquiries/"))
	w.expect(http.StatusOK, p.no, p.fan.Name)
}

// assistName is what the pages call a kind of question.
func assistName(key string) string {
	for _, t := range assist.Default().For("2020-049", civil("2026-11-23")) {
		if t.Key == key {
			return t.Zh
		}
	}
	return key
}
