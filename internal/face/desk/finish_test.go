package desk_test

import (
	"net/url"
	"strings"
	"testing"
)

// allMet marks every point of the checklist as met.
func allMet() []any {
	var out []any
	for _, k := range []string{"name", "scope", "legal-rep", "domicile", "charter"} {
		out = append(out, "mark."+k, "meets")
	}
	return out
}

func TestFinishOnTheSpot(t *testing.T) {
	w := newWorld(t)
	clerk, officer := w.at(w.here, "clerk"), w.at(w.there, "decider")
	base := "/desk/cases/" + w.takeIn("clerk")
	clerk.get(base).send(base + "/do/hand-over").want(200)
	w.settle()

	officer.get(base).want(200, "都符合，准予并制证", "保存核对结果")
	officer.send(base+"/do/finish").want(422, "请至少核对一个要点")
	officer.get(base).send(base+"/do/finish", "mark.name", "meets").want(422, "要核对为符合")
	officer.get(base).send(base+"/do/finish", append(allMet(), "mark.domicile", "amend", "note.domicile", "没有签名")...).want(422, "要核对为符合")
	officer.get(base).send(base+"/do/finish", append(allMet(), "note.name", "已查重")...)
	officer.want(200, "最后核对一遍", "不能收回", "第 1 步", "受理，出具受理通知书", "第 3 步", "已查重").without("已准予并签发")
	officer.send(base+"/do/finish").want(200, "已准予并签发").without("/do/finish", "/do/decide")
	officer.get(base + "/do/finish").want(409)
	w.settle()

	// each act stands by itself, signed, with its paper
	officer.get(base+"/history").want(200, "受理", "作出决定", "签名核对无误").without("签名核对不上")
	officer.get(base+"/papers").want(200, "受理通知书", "准予", "营业执照")
	clerk.get(base+"/do/deliver").send(base+"/do/deliver", "way", "counter", "seen", "yes").want(200, "办好了")
}

// TestFinishNeedsTheLook holds that nobody gets past the confirmation by an old page: a colleague was there meanwhile.
func TestFinishNeedsTheLook(t *testing.T) {
	w := newWorld(t)
	clerk, officer, colleague := w.at(w.here, "clerk"), w.at(w.there, "decider"), w.at(w.there, "decider")
	base := "/desk/cases/" + w.takeIn("clerk")
	clerk.get(base).send(base + "/do/hand-over").want(200)
	w.settle()
	officer.get(base).send(base+"/do/finish", allMet()...).want(200, "最后核对一遍")
	colleague.get(base+"/do/accept").send(base+"/do/accept").want(200, "已受理")
	officer.send(base + "/do/finish").want(409)
	officer.get(base+"/papers").want(200, "受理通知书").without("营业执照")
	officer.get(base).send(base+"/do/finish", allMet()...).want(200, "第 2 步").without("第 3 步")
	officer.send(base+"/do/finish").want(200, "已准予并签发")
	if n := strings.Count(officer.get(base+"/papers").raw, "受理通知书"); n != 1 {
		t.Errorf("%d notices of acceptance", n)
	}
}

func TestFinishIsTheDecidersAlone(t *testing.T) {
	w := newWorld(t)
	clerk, reviewer := w.at(w.here, "clerk"), w.at(w.there, "reviewer")
	base := "/desk/cases/" + w.takeIn("clerk")
	clerk.get(base).send(base + "/do/hand-over").want(200)
	w.settle()
	reviewer.get(base).want(200, "保存核对结果").without("/do/finish")
	reviewer.post(base+"/do/finish", url.Values{"row": {reviewer.form(base + "/do/review").Get("row")}, "confirm": {"yes"}}).want(403)
}
