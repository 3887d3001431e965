package desk_test

import (
	"net/url"
	"testing"

	"tongban/internal/domain/office"
)

// TestExtendTheLimit is 延期: asked for by the reviewer, approved by the lead, told to the applicant with reason and dates.
func TestExtendTheLimit(t *testing.T) {
	w := newWorld(t)
	w.officer(w.there, "lead", "630100", office.Lead)
	w.officer(w.there, "both", "630100", office.Lead, office.Reviewer)
	clerk, officer, lead := w.at(w.here, "clerk"), w.at(w.there, "reviewer"), w.at(w.there, "lead")
	id := w.takeIn("clerk")
	base := "/desk/cases/" + id
	clerk.get(base).send(base + "/do/hand-over").want(200)
	w.settle()
	officer.get(base + "/do/ask-extend").want(409)
	officer.get(base + "/do/accept").send(base + "/do/accept").want(200)
	before := w.due(id)

	lead.get(base+"/do/extend").want(409, "没有等批准的延期")
	officer.get(base+"/do/ask-extend").send(base+"/do/ask-extend").want(422, "这一项要填写")
	officer.send(base+"/do/ask-extend", "text", "等名称主管机关答复").want(200, "已提交组长", "等名称主管机关答复")
	officer.get(base+"/do/ask-extend").want(409, "等组长批准")
	officer.get(base + "/do/extend").want(403)
	lead.get(base).want(200, "批准延期", "等名称主管机关答复").without("/do/ask-extend", "/do/accept")
	lead.get(base+"/do/keep-limit").send(base+"/do/keep-limit", "text", "今天可以办完").want(200, "按原期限办", "今天可以办完")
	if got := w.due(id); got != before {
		t.Errorf("a refusal moved the date from %s to %s", before, got)
	}

	// who asks does not approve
	both := w.at(w.there, "both")
	both.get(base+"/do/ask-extend").send(base+"/do/ask-extend", "text", "另有材料要核").want(200)
	both.get(base + "/do/extend").want(403)
	both.post(base+"/do/extend", url.Values{"row": {"9"}, "confirm": {"yes"}}).want(403)
	stale := lead.get(base + "/do/extend").form(base + "/do/extend")
	lead.send(base+"/do/extend").want(200, "最后核对一遍", "另有材料要核")
	lead.send(base+"/do/extend").want(200, "已批准延期")
	stale.Set("confirm", "yes")
	lead.post(base+"/do/extend", stale).want(200, "已经提交过了")
	if got := w.due(id); got <= before {
		t.Errorf("due %s, was %s", got, before)
	}
	officer.get(base+"/do/ask-extend").want(409, "已经延长过一次")

	// the other place has the paper
	w.settle()
	clerk.get(base+"/papers").want(200, "延期办理告知书")
	clerk.get(clerk.link("延期办理告知书")).want(200, "另有材料要核", "市场主体登记管理条例", "lead").without("行政许可法")
	clerk.get(base+"/history").want(200, "批准延期", "签名核对无误").without("签名核对不上")
}

func (w *world) due(id string) string {
	w.t.Helper()
	c, err := w.there.Store.Case(w.t.Context(), id)
	must(w.t, err)
	d, _ := c.Due()
	return d.Statutory.String()
}
