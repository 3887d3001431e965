package desk_test

import "testing"

// TestPaperAgainstApplication: what a paper says stands beside what was entered, and a difference is not passed over in silence.
func TestPaperAgainstApplication(t *testing.T) {
	w := newWorld(t)
	id := w.takeIn("clerk")
	base := "/desk/cases/" + id
	w.at(w.here, "clerk").get(base).send(base + "/do/hand-over").want(200)
	w.settle()
	c, err := w.there.Store.Case(t.Context(), id)
	must(t, err)
	entered := c.Private.Answers["domicile"]
	if entered == "" {
		t.Fatal("no address was entered")
	}
	b := w.at(w.there, "decider")
	b.get(base).want(200, "填写的是："+entered, "和填写的不一样才填")
	// the same in other signs is no difference
	b.send(base+"/do/review", "mark.domicile", "meets", "paper.domicile", " "+entered+"　").want(200).without("不一致")
	b.get(base).send(base+"/do/review", "paper.domicile", "另一条街 9 号", "mark.domicile", "meets").want(422, "还不能算符合")
	b.send(base+"/do/review", "mark.domicile", "amend").want(200, "不一致")
	b.get(base).send(base+"/do/review", "mark.domicile", "meets", "note.domicile", "门牌已改名，公安证明在卷").want(200, "不一致")
	b.get(base).send(base+"/do/review", "paper.domicile", "a\u202eb").want(422, "看不见的字符")
	c, err = w.there.Store.Case(t.Context(), id)
	must(t, err)
	if m := c.Private.Review["domicile"]; m.Paper != "另一条街 9 号" || m.Note == "" {
		t.Errorf("%+v", m)
	}
}
