package stories

import (
	"net/http"

	"tongban/internal/demo/people"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/party"
	"tongban/internal/handling/apply"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

func asking(source string, who people.Person) apply.Asking {
	return apply.Asking{Source: source, Person: party.Person{Name: who.Name, IDType: party.ResidentID, IDNo: who.IDNo}}
}

func said(key string) string { return words().Typed.Shared[key] }

// The counters of the stories, as FLOWS.md counts them.
var (
	atCounter = effort{screens: 11, keyed: 3}
	twoPeople = effort{screens: 10, keyed: 5}
	inOffice  = effort{screens: 4}
)

// medical is 郑垂禄's errand: treated in 仙居, insured in 正安.
func medical() errand {
	return errand{
		who: "resident.zheng", clerk: "clerk.xianju", at: "33", matter: "practice-009", place: "贵州省遵义市正安县",
		fields: []string{"s.einvoice", "y", "s.third", "n", "s.agent", "n", "a.why", "医院没有联网"},
	}
}

// entrusted takes an errand in and brings it to the officer of the place that decides.
func (p *play) entrusted(e errand, to, officer string) *person {
	p.bring(e)
	p.counter(e)
	p.sends(to)
	w := p.comes(officer, p.decidesAt(e))
	p.finds(w)
	return w
}

// medicalStory: bills of a hospital in Xianju, paid back by Zheng'an in Guizhou; nobody types what a register holds.
func medicalStory(p *play) {
	e := medical()
	w := p.entrusted(e, "正安县", "officer.zhengan")
	p.grants(w)
	p.deliver()
	p.over(page.Done, say("entrance.head.done"))
	p.known(e)
	p.cost(map[*person]effort{p.clerk: atCounter, w: inOffice, p.applicant: {screens: 2}})
}

// medicalFixStory: one gap, told once, mended at the window where he lives.
func medicalFixStory(p *play) {
	w := p.entrusted(medical(), "正安县", "officer.zhengan")
	p.gap(w, "bills")
	p.mended()
	p.sends("正安县")
	p.step("office-again", w.name, func() { w.fetchCase(string(casefile.QueueReceived)) })
	p.grants(w)
	p.deliver()
	p.over(page.Done)
}

// medicalRefusedStory: the bills were settled already.
func medicalRefusedStory(p *play) {
	w := p.entrusted(medical(), "正安县", "officer.zhengan")
	p.refuses(w, "bills", "settled", said("settled"))
	p.deliver()
	p.over(page.Refused)
}

// gap tells one gap.
func (p *play) gap(w *person, check string) {
	p.officer = w
	p.review("office-marks", "mark."+check, string(casefile.Amend), "note."+check, said("problem"))
	p.step("office-tells", w.name, func() {
		w.click(say("desk.act.correct"))
		w.push(say("desk.do.correct"), "fix."+check, said("fix"))
		w.push(say("desk.confirm.correct"))
		w.expect(http.StatusOK, say("desk.said.correct"))
	})
}

// mended is the window's answer to the notice.
func (p *play) mended() {
	p.step("counter-mends", p.clerk.name, func() {
		p.clerk.fetchCase(string(casefile.QueueCorrection))
		p.clerk.click(say("desk.act.supplement"))
		p.clerk.send(say("desk.do.supplement"), map[string]upload{"file.0": {"page.png", scan()}})
		p.clerk.expect(http.StatusOK, say("desk.said.supplement"))
	})
}

// fundHome is 袁安居's errand: a home in 宜春, the fund in 杭州 (多地联办).
func fundHome() errand {
	return errand{
		who: "resident.yuan", clerk: "clerk.yichun", at: "36", matter: "2020-028", place: "浙江省杭州市",
		fields: []string{"s.spouse", "n", "s.deed", "n", "a.bank_card", said("card"), "m.contract", "shared"},
	}
}

// bought takes the errand in and brings it to Yichun's own officer, who checks the purchase.
func (p *play) bought(e errand) *person {
	p.bring(e)
	p.counter(e)
	p.sends("宜春市")
	w := p.comes("officer.yichun", "36")
	p.finds(w)
	return w
}

// fundHomeStory: Yichun vouches for the purchase, Hangzhou decides and pays; each for its own part.
func fundHomeStory(p *play) {
	e := fundHome()
	y := p.bought(e)
	p.answers(y, casefile.Confirmed, "")
	h := p.comes("officer.zhejiang", "33")
	p.finds(h)
	p.step("part-seen", h.name, func() { h.expect(http.StatusOK, say("desk.part.title"), say("desk.outcome.confirmed")) })
	p.grants(h)
	p.deliver()
	p.over(page.Done, say("entrance.part.title"), say("entrance.part.confirmed"))
	p.known(e)
	p.cost(map[*person]effort{p.clerk: {screens: 11, typed: 1, keyed: 3}, y: inOffice, h: inOffice, p.applicant: {screens: 2}})
}

// fundHomeDiffersStory: Yichun does not find the contract. Hangzhou cannot overrule that; it refuses, and the applicant reads why.
func fundHomeDiffersStory(p *play) {
	y := p.bought(fundHome())
	p.answers(y, casefile.Differs, said("differs"))
	h := p.comes("officer.zhejiang", "33")
	p.finds(h)
	p.officer = h
	p.accept()
	p.review("review")
	p.step("no-overruling", h.name, func() {
		h.click(say("desk.act.decide"))
		h.push(say("desk.do.decide"), "outcome", string(casefile.Granted))
		h.push(say("desk.confirm.decide"))
		h.expect(http.StatusConflict)
		h.visit("/desk/cases/" + p.id)
	})
	p.decide("deny", "outcome", string(casefile.Denied), "grounds", "conditions", "text", said("differs"))
	p.issue("office-sends")
	p.deliver()
	p.over(page.Refused, say("entrance.part.differs"), said("differs"))
}

// fundHomeWithdrawnStory: the applicant takes it back while Yichun checks; nothing is left anywhere.
func fundHomeWithdrawnStory(p *play) {
	y := p.bought(fundHome())
	p.withdrawOwn(page.Verifying)
	p.step("part-stopped", y.name, func() {
		y.visit("/desk/cases/" + p.id)
		y.expect(http.StatusOK, say("status."+string(page.Withdrawn)))
		y.refuse(say("desk.act.verify"))
	})
}

// fundMove is his other errand: the account moves from 杭州 to 宜春, where he pays now.
func fundMove() errand {
	return errand{who: "resident.yuan", clerk: "clerk.yichun", at: "36", matter: "practice-008", place: "浙江省杭州市"}
}

// moved takes the errand in and brings it to Hangzhou, which answers for the old account.
func (p *play) moved(e errand) *person {
	p.bring(e)
	p.counter(e)
	p.sends("杭州市")
	w := p.comes("officer.zhejiang", "33")
	p.finds(w)
	p.step("waiting", p.fan.Name, func() {
		p.watch.await("/cases/"+p.no, func() bool { return p.watch.shows(say("entrance.head.checking", "杭州市")) })
	})
	return w
}

// fundMoveStory: Hangzhou closes its part, Yichun books it.
func fundMoveStory(p *play) {
	e := fundMove()
	h := p.moved(e)
	p.answers(h, casefile.Confirmed, said("account"))
	y := p.comes("officer.yichun", "36")
	p.finds(y)
	p.step("part-seen", y.name, func() { y.expect(http.StatusOK, said("account")) })
	p.grants(y)
	p.deliver()
	p.over(page.Done, said("account"))
	p.known(e)
	p.cost(map[*person]effort{p.clerk: atCounter, h: {screens: 4, typed: 1}, y: inOffice, p.applicant: {screens: 2}})
}

// fundMoveUndoneStory: Yichun refuses after Hangzhou has closed the account, so Hangzhou opens it again and the applicant is told.
func fundMoveUndoneStory(p *play) {
	h := p.moved(fundMove())
	p.answers(h, casefile.Confirmed, said("account"))
	y := p.comes("officer.yichun", "36")
	p.finds(y)
	p.refuses(y, "here", "not-yet", said("not-yet"))
	p.step("part-undone", h.name, func() {
		h.fetchCase(string(casefile.QueueReturned))
		h.click(say("desk.act.undo"))
		h.expect(http.StatusOK, p.undo())
		h.push(say("desk.do.undo"))
		h.expect(http.StatusOK, say("desk.said.undo"))
	})
	p.deliver()
	p.step("told-undone", p.fan.Name, func() {
		p.watch.await("/cases/"+p.no, func() bool { return p.watch.shows(p.undo(), say("status."+string(page.Refused))) })
	})
	p.over(page.Refused, say("entrance.act.undo"))
}

// undo is what the rule says has to be undone.
func (p *play) undo() string {
	for _, g := range p.version.Plan[item.Joint] {
		if g.Undo != "" {
			return g.Undo
		}
	}
	return "?"
}

// fundMoveReturnedStory: Hangzhou says that the account is not its own; the window reads it, and the applicant gives up.
func fundMoveReturnedStory(p *play) {
	h := p.moved(fundMove())
	p.step("part-returned", h.name, func() {
		h.click(say("desk.act.return"))
		h.push(say("desk.do.return"), "reason", "wrong-office")
		h.expect(http.StatusOK, say("desk.said.return"))
	})
	p.step("counter-reads", p.clerk.name, func() {
		p.clerk.fetchCase(string(casefile.QueueReturned))
		reason, _ := p.n.Nodes["36"].Kit.Catalogue.Reason("wrong-office")
		p.clerk.expect(http.StatusOK, reason.Zh)
	})
	p.withdrawOwn(page.Submitted)
}

// idcard is 小慧's errand: registered in 临泉, living in 路桥.
func idcard() errand {
	return errand{
		who: "resident.xiaohui", clerk: "clerk.luqiao", at: "33", matter: "2020-052", place: "安徽省阜阳市临泉县",
		fields: []string{"s.minor", "n", "s.post", "n", "a.stay", "就学", "m.promise", "promise"},
	}
}

// idcardStory: her first identity card, without a journey home.
func idcardStory(p *play) {
	e := idcard()
	w := p.entrusted(e, "临泉县", "officer.linquan")
	p.grants(w)
	p.deliver()
	p.over(page.Done)
	p.known(e)
	p.cost(map[*person]effort{p.clerk: atCounter, w: inOffice, p.applicant: {screens: 2}})
}

// idcardFixStory: the record at home needs a look; what was taken of her at the counter stays and is not taken again.
func idcardFixStory(p *play) {
	w := p.entrusted(idcard(), "临泉县", "officer.linquan")
	p.gap(w, "record")
	p.mended()
	p.step("portrait-kept", p.clerk.name, func() {
		p.clerk.visit("/desk/cases/" + p.id + "/materials")
		for _, m := range p.version.Materials {
			if m.Key == "portrait" {
				p.clerk.expect(http.StatusOK, m.Name)
			}
		}
		p.clerk.visit("/desk/cases/" + p.id)
	})
	p.sends("临泉县")
	p.step("office-again", w.name, func() { w.fetchCase(string(casefile.QueueReceived)) })
	p.grants(w)
	p.deliver()
	p.over(page.Done)
}

// idcardRefusedStory: she has a card already.
func idcardRefusedStory(p *play) {
	w := p.entrusted(idcard(), "临泉县", "officer.linquan")
	p.refuses(w, "first", "issued", said("issued"))
	p.deliver()
	p.over(page.Refused)
}

// marriage is the errand of 石磊 from 山西 with 林知夏 from 福建, in 南京.
func marriage() errand {
	return errand{
		who: "resident.shi", clerk: "clerk.jiangsu", at: "32", matter: "2020-054", place: "山西省太原市",
		fields: []string{"s.before", "n", "partner.name", "林知夏", "partner.id_no", "350102199502020044"},
	}
}

// marriageStory: in June 2021 with a residence permit and the household booklets, today with the identity cards alone; a divorce
// could not be registered in Nanjing then, and the page says where.
func marriageStory(p *play) {
	then := marriage()
	p.bring(then)
	p.step("divorce-then", p.clerk.name, func() {
		p.clerk.signIn("/desk")
		p.identify()
		divorce, _ := item.Default().Item("2020-055")
		p.clerk.push(say("desk.matter.go"), "item", divorce.Name, "place", then.place)
		regions, err := region.Default()
		if err != nil {
			p.err = err
			return
		}
		can := item.Default().Can(item.Query{
			Item: divorce.Code, Here: "320100000000", There: "140100000000", On: workday.DateOf(p.n.Clock.Now()),
		}, regions)
		p.clerk.expect(http.StatusUnprocessableEntity, can.Reason, can.Instead)
	})
	p.bring(then)
	p.clerk.signIn("/desk")
	p.step("permit-missing", p.clerk.name, func() {
		p.identify()
		p.clerk.push(say("desk.matter.go"), "item", p.item.Name, "place", then.place)
		p.clerk.send(say("desk.details.next"), map[string]upload{"f.household": {"household.png", scan()}},
			append([]string{"s.local", "n"}, then.fields...)...)
		p.clerk.expect(http.StatusUnprocessableEntity)
	})
	p.step("same-person", p.clerk.name, func() {
		p.clerk.send(say("desk.details.next"), nil, "m.residence", "elicence", "partner.name", p.fan.Name, "partner.id_no", p.fan.IDNo)
		p.clerk.expect(http.StatusUnprocessableEntity, say("desk.partner.same"))
	})
	p.bring(then)
	then.fields = append([]string{"s.local", "n", "m.residence", "elicence", "m.household", "upload"}, then.fields...)
	then.files = map[string]upload{"f.household": {"household.png", scan()}}
	p.counter(then)
	p.married(twoPeople)
	p.step("years-later", p.visitor.name, func() {
		p.err = p.n.Clock.MoveTo(civil("2026-11-23"))
	})
	today := marriage()
	p.bring(today)
	p.counter(today)
	p.married(twoPeople)
	p.bring(today)
	p.counter(today)
	p.step("married-already", p.clerk.name, func() {})
	w := p.comes("officer.jiangsu", "32")
	p.finds(w)
	p.refuses(w, "status", "married", said("married"))
	p.deliver()
	p.over(page.Refused)
}

// married is the officer's look at both, and the certificates over the counter.
func (p *play) married(cost effort) {
	w := p.comes("officer.jiangsu", "32")
	p.finds(w)
	p.grants(w)
	p.deliver()
	p.over(page.Done)
	p.cost(map[*person]effort{p.clerk: cost, w: inOffice, p.applicant: {screens: 2}})
}
