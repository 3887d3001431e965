package desk_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tongban/internal/domain/casefile"
	"tongban/internal/handling/decide"
)

// TestNobodyElseGetsIn walks every route for everybody who has no business there.
func TestNobodyElseGetsIn(t *testing.T) {
	w := newWorld(t)
	id := w.takeIn("clerk")
	papers, err := w.here.Store.Papers(t.Context(), id)
	must(t, err)
	base := "/desk/cases/" + id
	forCase := []string{
		base, base + "/materials", base + "/history", base + "/papers", base + "/receipt", base + "/files/0",
		base + "/do/hand-over", base + "/do/withdraw", "/desk/papers/" + papers[0].ID,
	}
	forAll := []string{"/desk", "/desk/search", "/desk/new"}
	acts := []string{
		"hand-over", "supplement", "recall", "withdraw", "review", "accept", "correct", "return", "decline", "suspend",
		"resume", "ask-extend", "extend", "keep-limit", "decide", "issue", "deliver",
	}
	var posts []string
	for _, a := range acts {
		posts = append(posts, base+"/do/"+a)
	}
	intake := []string{"/desk/new", "/desk/new/matter", "/desk/new/details", "/desk/new/back", "/desk/new/submit"}

	for _, path := range append(append([]string{}, forCase...), forAll...) {
		b := w.at(w.here, "").get(path)
		if b.code != http.StatusFound || !strings.HasPrefix(b.head.Get("Location"), "/login?back=/desk") {
			t.Errorf("no session: GET %s gives %d", path, b.code)
		}
		for _, who := range []string{"resident", "operator"} {
			if b := w.at(w.here, who).get(path); b.code != http.StatusForbidden {
				t.Errorf("%s: GET %s gives %d", who, path, b.code)
			}
		}
	}
	for _, path := range forCase {
		b := w.at(w.here, "elsewhere").get(path).want(http.StatusForbidden)
		b.without("樊", "230183199001010025", "雪莲", "租约")
	}
	for _, path := range append(append([]string{"/desk/search"}, intake...), posts...) {
		if b := w.at(w.here, "").post(path, url.Values{"row": {"1"}}); b.code != http.StatusUnauthorized {
			t.Errorf("no session: POST %s gives %d", path, b.code)
		}
		for _, who := range []string{"resident", "operator"} {
			if b := w.at(w.here, who).post(path, url.Values{"row": {"1"}}); b.code != http.StatusForbidden {
				t.Errorf("%s: POST %s gives %d", who, path, b.code)
			}
		}
	}
	for _, path := range posts {
		if b := w.at(w.here, "elsewhere").post(path, url.Values{"row": {"1"}}); b.code != http.StatusForbidden {
			t.Errorf("another office: POST %s gives %d", path, b.code)
		}
	}
	// the right office, the wrong role: a lead sees the case and may do nothing to it
	w.at(w.here, "reader").get(base).want(200).without("/do/")
	for i, path := range posts {
		b := w.at(w.here, "reader").postFiles(path, url.Values{"row": {"1"}}, nil)
		if acts[i] != "supplement" {
			b = w.at(w.here, "reader").post(path, url.Values{"row": {"1"}})
		}
		if b.code != http.StatusForbidden && b.code != http.StatusConflict {
			t.Errorf("wrong role: POST %s gives %d", path, b.code)
		}
	}
	for _, path := range intake {
		if b := w.at(w.here, "reader").post(path, url.Values{}); b.code != http.StatusForbidden {
			t.Errorf("wrong role: POST %s gives %d", path, b.code)
		}
	}
	// what belongs to a case that is not there
	w.at(w.here, "clerk").get("/desk/cases/01890000-0000-7000-8000-000000000000").want(404)
	w.at(w.here, "clerk").get("/desk/papers/01890000-0000-7000-8000-000000000000").want(404)
	w.at(w.here, "clerk").get(base + "/files/99").want(404)
	w.at(w.here, "clerk").get(base + "/do/destroy").want(404)
	c, err := w.here.Store.Case(t.Context(), id)
	must(t, err)
	if c.Status() != casefile.StatusSubmitted || len(c.Custody) != 1 {
		t.Errorf("somebody changed the case: %s", c.Status())
	}
	if w.views(w.here, id) == nil {
		t.Error("no view was logged")
	}
	for _, v := range w.views(w.here, id) {
		if !strings.HasPrefix(v, "clerk ") && !strings.HasPrefix(v, "reader ") {
			t.Errorf("view by %s", v)
		}
	}
}

func TestRolesAtTheDecidingPlace(t *testing.T) {
	w := newWorld(t)
	base := "/desk/cases/" + w.takeIn("clerk")
	w.at(w.here, "clerk").get(base).send(base + "/do/hand-over").want(200)
	w.settle()
	reviewer := w.at(w.there, "reviewer")
	reviewer.get(base + "/do/accept").send(base + "/do/accept").want(200).without("/do/decide")
	reviewer.get(base + "/do/decide").want(403)
	reviewer.post(base+"/do/decide", url.Values{"row": {"2"}, "outcome": {"granted"}, "confirm": {"yes"}}).want(403)
	reviewer.get("/desk").want(200).without(`href="/desk/new"`)
	w.at(w.here, "clerk").get(base + "/do/accept").want(403)
}

func TestTwoOfficersAtOnce(t *testing.T) {
	w := newWorld(t)
	id := w.takeIn("clerk")
	base := "/desk/cases/" + id
	w.at(w.here, "clerk").get(base).send(base + "/do/hand-over").want(200)
	w.settle()
	first, second := w.at(w.there, "reviewer").get(base+"/do/accept"), w.at(w.there, "decider").get(base+"/do/accept")
	seen := first.form(base + "/do/accept")
	first.send(base+"/do/accept").want(200, "已受理")
	second.send(base+"/do/accept").want(409, "这一件刚刚被别人更新过", "看最新情况", "已受理")
	first.post(base+"/do/accept", seen).want(200, "这件事您已经提交过了")
	if _, err := w.there.Bench.Suspend(t.Context(), w.register["63decider"], decide.Ref{Case: id}, casefile.Suspension{Procedure: "hearing", Reason: "x", Days: 3}); err != nil {
		t.Fatal(err)
	}
	second.post(base+"/do/suspend", url.Values{"row": {"3"}, "procedure": {"test"}}).want(409)
	second.post(base+"/do/resume", url.Values{}).want(400)
	second.post(base+"/do/resume", url.Values{"row": {"0"}}).want(400)
}

func TestSubmittedTwice(t *testing.T) {
	w := newWorld(t)
	b := w.toDetails(w.at(w.here, "clerk"))
	b.send("/desk/new/details", "a.trade_name", "雪莲", "a.capital", "1", "a.premises_no", "五四大街 1 号", "a.scope", "家政服务", "do", "next").want(200, "第 4 步")
	form := b.form("/desk/new/submit")
	b.send("/desk/new/submit").want(200, "收件了")
	at, _, _ := strings.Cut(b.path, "?")
	b.post("/desk/new/submit", form).want(200, "这件事您已经提交过了")
	if strings.Split(b.path, "?")[0] != at {
		t.Errorf("a second case: %s, %s", at, b.path)
	}
	hand := b.form(strings.TrimSuffix(at, "/receipt") + "/do/hand-over")
	b.post(strings.TrimSuffix(at, "/receipt")+"/do/hand-over", hand).want(200, "已转出")
	b.post(strings.TrimSuffix(at, "/receipt")+"/do/hand-over", hand).want(200, "已经提交过了")
}

func TestBadInput(t *testing.T) {
	w := newWorld(t)
	b := w.at(w.here, "clerk").get("/desk/new")
	b.send("/desk/new", "name", `<script>alert("x")</script>`, "id_no", "230183199001010026", "phone", "12").want(422, "有错误", "有 4 处需要修改")
	b.without("<script>alert")
	b.send("/desk/new", "name", "樊晓梅", "id_no", "230183199001010026").want(422, "校验不通过")
	b.send("/desk/new", "id_no", "230183199001010025", "name", "樊\u202e晓梅").want(422, "不能用的字符")
	b.send("/desk/new", "name", "樊晓梅", "phone", "").want(422, "没有申请人同意")
	b.send("/desk/new", "agree", "yes").want(200, "第 2 步")

	// not possible: why, and what instead
	b.send("/desk/new/matter", "item", "没有这件事", "place", "不存在的地方").want(422, "没有找到这件事", "没有找到这个地方")
	b.send("/desk/new/matter", "item", "内资企业及分支机构设立登记", "place", "黑龙江省哈尔滨市").want(422, "现在不能代收", "可以这样办")
	b.send("/desk/new/matter", "item", "登记", "place", "城中区").want(422, "请选一件事")
	b.send("/desk/new/matter", "item_choice", "2020-030", "place", "630103").want(200, "第 3 步", "西宁市城中区")

	// answers: hidden and wrong signs, nothing chosen, a foreign key
	b.send("/desk/new/details", "a.trade_name", "a\u200bb", "a.capital", "-5", "a.premises_no", "<img src=x onerror=alert(1)>", "a.company_name", "mine", "do", "next")
	b.want(422, "有错误").without("<img src=x")
	b.send("/desk/new/details", "a.trade_name", "晨光", "a.capital", "１０００００", "a.premises_no", "某街 1 号", "a.scope", []string{"家政服务", "信息技术咨询服务"},
		"f.premises", upload{"evil.pdf", "<html><script>"}, "do", "next").want(422, "只收 PDF、PNG、JPG")
	b.send("/desk/new/details", "f.premises", upload{"big.pdf", pdf + strings.Repeat("x", 70<<10)}, "do", "next").want(422, "文件超过大小限制")
	b.send("/desk/new/details", "f.premises", upload{"cut.pdf", "%PDF-1.7\nhalf of the lease"}, "do", "next").want(422, "文件不完整")
	b.send("/desk/new/details", "f.premises", upload{"empty.pdf", ""}, "do", "next").want(422, "文件是空的")
	b.send("/desk/new/details", "m.premises", "upload", "do", "next").want(422, "还没有文件")
	b.send("/desk/new/details", "f.premises", upload{"..\\..\\<b>x</b>\u202e.png", png}, "do", "keep").want(200, "删掉").without("<b>x</b>", "\u202e")
	b.send("/desk/new/details", "do", "remove-0").want(200).without("删掉")
	b.send("/desk/new/details", "m.premises", "promise", "do", "next").want(200, "第 4 步", "100000", "申请人承诺")

	// the state may not be changed, borrowed, or left out
	good := b.form("/desk/new/submit").Get("state")
	for name, state := range map[string]string{
		"none": "", "not base64": "***", "cut": good[:len(good)-8], "changed": "_" + good[1:], "turned": good[:40] + "AAAA" + good[44:],
	} {
		if code := w.at(w.here, "clerk").post("/desk/new/submit", url.Values{"state": {state}}).code; code != http.StatusBadRequest {
			t.Errorf("state %s: %d", name, code)
		}
	}
	w.at(w.here, "clerk2").post("/desk/new/submit", url.Values{"state": {good}}).want(400)
	early := w.at(w.here, "clerk").get("/desk/new").form("/desk/new").Get("state")
	w.at(w.here, "clerk").post("/desk/new/submit", url.Values{"state": {early}}).want(400)
	b.post("/desk/new/back", url.Values{"state": {good}, "to": {"identity"}}).want(200, "第 1 步")
	b.post("/desk/new/back", url.Values{"state": {good}, "to": {"matter"}}).want(200, "第 2 步")
	b.post("/desk/new/back", url.Values{"state": {good}, "to": {"moon"}}).want(400)

	// a form from another site, and one that is too long
	r := httptest.NewRequest(http.MethodPost, "/desk/new/submit", strings.NewReader("state="+good))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("X-Who", "clerk")
	answer := httptest.NewRecorder()
	w.desks["23"].ServeHTTP(answer, r)
	if answer.Code != http.StatusForbidden {
		t.Errorf("cross-site form: %d", answer.Code)
	}
	b.post("/desk/search", url.Values{"q": {strings.Repeat("x", 2<<20)}}).want(413)
	b.postFiles("/desk/new/details", url.Values{"state": {good}, "a.trade_name": {strings.Repeat("长", 100<<10)}}, nil).want(413)
}

func TestOfficersText(t *testing.T) {
	w := newWorld(t)
	base := "/desk/cases/" + w.takeIn("clerk")
	w.at(w.here, "clerk").get(base).send(base + "/do/hand-over").want(200)
	w.settle()
	b := w.at(w.there, "decider").get(base)
	b.send(base+"/do/review").want(422, "请至少核对一个要点")
	b.get(base).send(base+"/do/review", "note.name", "只写说明").want(422, "请选核对结果")
	b.get(base).send(base+"/do/review", "mark.name", "meets", "note.name", "a\u202eb").want(422, "看不见的字符")
	b.get(base).send(base+"/do/review", "mark.name", "meets", "note.name", strings.Repeat("长", 2001)).want(422, "太长了")
	b.get(base).send(base+"/do/review", "mark.name", "splendid").want(422)
	b.get(base+"/do/correct").want(200, "还没有标为")
	b.post(base+"/do/correct", b.form(base+"/do/correct")).want(422, "先在核对要点中勾选")
	b.get(base).send(base+"/do/review", "mark.name", "breaks", "note.name", "<svg onload=alert(1)>").want(200).without("<svg onload")
	b.get(base + "/do/suspend").want(409)
}

func TestSearch(t *testing.T) {
	w := newWorld(t)
	id := w.takeIn("clerk")
	c, err := w.here.Store.Case(t.Context(), id)
	must(t, err)
	b := w.at(w.here, "clerk")
	for _, q := range []string{"樊晓梅", "fanxiaomei", "FXM", "230183199001010025", "13800000001"} {
		b.get("/desk/search").send("/desk/search", "q", q).want(200, "找到 1 件", "樊**").without("樊晓梅</td>")
	}
	b.get("/desk").send("/desk/search", "q", strings.ReplaceAll(string(c.No), "-", " ")).want(200, "您只核对形式")
	b.get("/desk/search").send("/desk/search", "q", "\u202e!").want(422, "看不出")
	b.get("/desk/search").send("/desk/search", "q", "王某某").want(200, "没有找到")
	other := w.at(w.here, "elsewhere")
	other.get("/desk/search").send("/desk/search", "q", "樊晓梅").want(200, "没有找到").without("樊**")
	other.get("/desk/search").send("/desk/search", "q", string(c.No)).want(403, "不由您单位办理")
	if n := strings.Count(strings.Join(w.views(w.here, id), "\n"), "clerk desk.search"); n != 5 {
		t.Errorf("%d searches logged, want 5", n)
	}
}
