package desk_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

func TestClaimAndGiveBack(t *testing.T) {
	w := newWorld(t)
	id := w.takeIn("clerk")
	base := "/desk/cases/" + id
	clerk, clerk2 := w.at(w.here, "clerk"), w.at(w.here, "clerk2")
	clerk.get("/desk?view=free").want(200, "樊**", "认领下一件", "待认领")
	seen := clerk2.get("/desk?view=free").form("/desk/claim")
	clerk.post("/desk/claim", url.Values{}).want(200, "已认领", "clerk在办", "放回")
	if !strings.HasPrefix(clerk.path, base) {
		t.Fatalf("the next case is %s", clerk.path)
	}
	clerk.get("/desk").want(200, "待办：我的", "樊**")
	// the second to press is told who was first, and the case is as it was
	clerk2.post("/desk/claim", url.Values{"id": {id}}).want(409, "同事已经认领了")
	clerk2.post("/desk/claim", seen).want(200, "没有可以认领的了")
	clerk2.post("/desk/release", url.Values{"id": {id}}).want(409, "不是您认领的")
	clerk2.get(base).want(200, "clerk在办").without("放回")
	clerk.post("/desk/claim", url.Values{"id": {id}}).want(200, "已认领") // pressed twice
	clerk.post("/desk/release", url.Values{"id": {id}}).want(200, "已放回")
	clerk2.post("/desk/claim", url.Values{}).want(200, "clerk2在办")

	// handed over, it is nobody's
	clerk.get(base).send(base + "/do/hand-over").want(200)
	w.settle()
	clerk.post("/desk/claim", url.Values{"id": {id}}).want(409)
	c, err := w.there.Store.Case(t.Context(), id)
	must(t, err)
	if c.Claimed != "" || !c.ClaimedAt.IsZero() {
		t.Errorf("at the other place %s has it", c.Claimed)
	}
	clerk.get("/desk?view=waits").want(200, "樊**")
	if n := len(w.acts(id)); n != 5 { // lodge, three changes of hand, hand-over; what changed nothing left no line
		t.Errorf("the log has %v", w.acts(id))
	}
}

// acts are what the receiving node's log says was done to a case.
func (w *world) acts(id string) (out []string) {
	w.t.Helper()
	log, err := w.here.Store.LogOf(w.t.Context(), id)
	must(w.t, err)
	for _, e := range log {
		if e.Kind == "act" {
			out = append(out, e.Who+" "+e.What+" "+e.Reason)
		}
	}
	return out
}

func TestTwoClaimAtOnce(t *testing.T) {
	w := newWorld(t)
	id := w.takeIn("clerk")
	var wg sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		who := w.register[[]string{"23clerk", "23clerk2"}[i%2]]
		wg.Go(func() { _, results[i] = w.here.Allot.Claim(t.Context(), who, id) })
	}
	wg.Wait()
	c, err := w.here.Store.Case(t.Context(), id)
	must(t, err)
	for i, err := range results {
		mine := []string{"clerk", "clerk2"}[i%2] == c.Claimed
		if mine && err != nil || !mine && !errs.Is(err, errs.TakenByColleague) {
			t.Errorf("claim %d with %s having it: %v", i, c.Claimed, err)
		}
	}
}

func TestTeam(t *testing.T) {
	w := newWorld(t)
	id := w.takeIn("clerk")
	lead := w.at(w.here, "reader")
	w.at(w.here, "clerk").get("/desk/team").want(403)
	w.at(w.here, "clerk").post("/desk/team", url.Values{"id": {id}, "to": {"clerk2"}}).want(403)
	lead.get("/desk/team").want(200, "没人认领的", "clerk2", "1 件", "在岗")
	lead.send("/desk/team", "to", "clerk").want(422, "请先勾选")
	lead.post("/desk/team", url.Values{"id": {id}, "to": {"elsewhere"}}).want(422, "请选改派给谁")
	lead.post("/desk/team", url.Values{"id": {id}, "to": {"clerk2"}}).want(200, "已改派 1 件")
	lead.get("/desk/team?of=clerk2").want(200, "clerk2：手上的办件", string(w.no(id)))

	// who is on leave is shown so, gets nothing, and loses what they have
	away := w.register["23clerk2"]
	today := workday.DateOf(w.here.Kit.Now())
	away.Leave = []office.Leave{{From: today, Until: today.AddDays(3)}}
	w.register["23clerk2"] = away
	lead.get("/desk/team?of=clerk2").want(200, "不在岗")
	lead.get("/desk/cases/"+id).want(200, "今天不在岗")
	lead.post("/desk/team", url.Values{"id": {id}, "to": {"clerk"}, "back": {"case"}}).want(200, "已改派", "clerk在办")
	lead.post("/desk/team", url.Values{"id": {id}, "to": {"clerk2"}}).want(400, "不能改派给这个人")
	lead.post("/desk/team", url.Values{"id": {"01890000-0000-7000-8000-000000000000"}, "to": {"clerk"}}).want(404)
	w.at(w.here, "clerk2").get("/desk").want(403)
	// a lead gives work and takes none
	lead.post("/desk/claim", url.Values{"id": {id}}).want(403)
	// nor does a lead of another office reach it
	w.officer(w.here, "otherlead", "230100", office.Lead)
	w.at(w.here, "otherlead").post("/desk/team", url.Values{"id": {id}, "to": {"elsewhere"}}).want(403)
	c, err := w.here.Store.Case(t.Context(), id)
	must(t, err)
	if c.Claimed != "clerk" {
		t.Errorf("%s has it", c.Claimed)
	}
}

func (w *world) no(id string) casefile.No {
	w.t.Helper()
	c, err := w.here.Store.Case(w.t.Context(), id)
	must(w.t, err)
	return c.No
}

func TestScannedAndSpelt(t *testing.T) {
	w := newWorld(t)
	id := w.takeIn("clerk")
	papers, err := w.here.Store.Papers(t.Context(), id)
	must(t, err)
	b, check := w.at(w.here, "clerk"), papers[0].Check
	full := func(s string) string { // as a scanner types with a Chinese keyboard set to full width
		return strings.Map(func(r rune) rune {
			if r > ' ' && r <= '~' {
				return r + 0xfee0
			}
			return r
		}, s)
	}
	for _, typed := range []string{
		"https://23.example/v/" + check, "https://23.example/v/" + check + "\r\n", "http://localhost:8080/v/" + strings.ToLower(check), check,
		strings.ToLower(check), full(check), full("https://23.example/v/" + check), "https://23.example/cases/" + string(w.no(id)),
		full(string(w.no(id))),
	} {
		b.get("/desk/search").send("/desk/search", "q", typed).want(200, "您只核对形式")
	}
	other := w.at(w.here, "elsewhere")
	other.get("/desk/search").send("/desk/search", "q", "https://23.example/v/"+check).want(403, "不由您单位办理")
	b.get("/desk/search").send("/desk/search", "q", "https://23.example/v/ABCDEFGH").want(422)
	b.get("/desk/search").send("/desk/search", "q", "https://evil.example/x?q=<script>").want(422).without("<script>")

	// a matter and a place by characters, pinyin, initials
	for typed, want := range map[string]string{
		"内资企业设立": "内资企业及分支机构设立登记", "neiziqiyesheli": "内资企业及分支机构设立登记", "西宁市": "青海省西宁市", "xining": "青海省西宁市", "xns": "青海省西宁市", "xn": "青海省西宁市",
	} {
		b.get("/desk/search").send("/desk/search", "q", typed).want(200, want)
	}
	b.get("/desk?view=office&item=2020-030&place=630100").want(200, "樊**", "只看")
	b.get("/desk?view=office&item=2020-030&place=310000").want(200, "这里没有要办的")
	for _, bad := range []string{"/desk?view=office&item=nothing", "/desk?view=office&place=x", "/desk?view=office&after=x"} {
		b.get(bad).want(400)
	}
	b.get("/desk?view=everything").want(200)
	other.get("/desk?view=office").want(200).without("樊")
}
