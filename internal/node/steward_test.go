package node_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/node"
)

// console is a province's pages and two stewards who use them.
type console struct {
	t       *testing.T
	web     *node.Web
	cookies map[string]*http.Cookie
}

func newConsole(t *testing.T, n *node.Node, at string) console {
	t.Helper()
	c := console{t: t, cookies: map[string]*http.Cookie{}}
	var officers []office.Officer
	sessions := oidc.NewSessions("qinghai", false, n.Vault, nil)
	for _, who := range []string{"a", "b"} {
		officers = append(officers, office.Officer{ID: who, Name: who, Office: actor(t, n, at).Office, Roles: []office.Role{office.Steward}})
		w := httptest.NewRecorder()
		if err := sessions.Write(w, oidc.Identity{Subject: who, Name: who, Level: 4, Officer: true}); err != nil {
			t.Fatal(err)
		}
		c.cookies[who] = w.Result().Cookies()[0]
	}
	var err error
	if c.web, err = n.Handler(node.WebConfig{
		PublicURL: "http://qinghai.localhost", Issuer: "http://id.localhost", ClientID: "qinghai", Officers: officers, HTTPClient: &http.Client{Transport: noProvider{}},
	}); err != nil {
		t.Fatal(err)
	}
	return c
}

// do sends a form (or reads a page) as somebody and gives status, place to go and page.
func (c console) do(who, path string, form url.Values) (int, string, string) {
	c.t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r := httptest.NewRequestWithContext(c.t.Context(), method, "http://qinghai.localhost"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.AddCookie(c.cookies[who])
	w := httptest.NewRecorder()
	c.web.ServeHTTP(w, r)
	to, _, _ := strings.Cut(w.Header().Get("Location"), "?")
	return w.Code, to, w.Body.String()
}

var rowField = regexp.MustCompile(`name="row" value="(\d+)"`)

// put is the author, a, who fills one row of a draft, with the version that its page shows.
func (c console) put(draft, part string, cells ...string) string {
	c.t.Helper()
	_, _, body := c.do("a", draft+"/"+part, nil)
	form := url.Values{}
	if m := rowField.FindStringSubmatch(body); m != nil {
		form.Set("row", m[1])
	}
	for i := 0; i < len(cells); i += 2 {
		form.Add(cells[i], cells[i+1])
	}
	code, _, body := c.do("a", draft+"/"+part, form)
	if code != http.StatusSeeOther {
		return body
	}
	return ""
}

// press uses one of the draft's buttons.
func (c console) press(who, draft, what string) (int, string) {
	c.t.Helper()
	_, _, body := c.do(who, draft, nil)
	form := url.Values{"row": {"0"}}
	if m := rowField.FindStringSubmatch(body); m != nil {
		form.Set("row", m[1])
	}
	code, to, _ := c.do(who, draft+"/"+what, form)
	return code, to
}

// A steward writes a rule by forms alone: what is wrong is said, an example that comes out otherwise stops it, a colleague
// approves, and from its day on the guide tells the new rule.
func TestStewardPublishesByForms(t *testing.T) {
	_, n := pair(t)
	c := newConsole(t, n, "630100")
	today := workday.DateOf(n.Kit.Now()).String()
	code, draft, _ := c.do("a", "/desk/rules/drafts", url.Values{"kind": {"overlay"}, "item": {"2020-030"}, "place": {"630100"}, "from": {today}})
	if code != http.StatusSeeOther || !strings.HasPrefix(draft, "/desk/rules/drafts/") {
		t.Fatalf("%d %s", code, draft)
	}
	if _, to := c.press("a", draft, "approve"); to != "" {
		t.Error("a draft without an example was approved")
	}
	for _, row := range [][]string{
		{"head/0", "source", "西宁市示例规定", "until", ""},
		{"basis/1", "law", "西宁市示例办法", "article", "第3条", "rank", "regulation", "text", "租赁住所交合同", "text_en", "A lease for a rented address"},
		{"questions/0", "text", "住所是租来的吗？", "text_en", "Is the address rented?", "why", "租来的要有合同", "why_en", "A rented address needs its lease"},
		{"materials/0", "name", "租赁合同", "name_en", "Lease", "sources", "upload", "form", "copy", "if", "q630100-1", "when", "租来的", "when_en", "if rented", "basis", "b630100-1"},
		{"promises/0", "limit", "decide", "days", "2", "unit", "wd", "basis", "b630100-1"},
		{"trials/0", "name", "租来的", "here", "230183", "there", "630100", "on", today, "answers", "q630100-1", "mode", "joint", "days", "2", "unit", "wd"},
	} {
		if body := c.put(draft, row[0], row[1:]...); body != "" {
			t.Fatalf("%s: %s", row[0], body)
		}
	}
	if body := c.put(draft, "basis/2", "law", "", "article", "x", "rank", "decree"); !strings.Contains(body, "请填写这一项") || !strings.Contains(body, "请从列出的里面选") {
		t.Error("a wrong row is not sent back with what to do")
	}
	if body := c.put(draft, "questions/1", "text", "<script>alert(1)</script>"); strings.Contains(body, "<script>alert") {
		t.Error("a script came back as one")
	}
	if _, _, body := c.do("a", draft, nil); !strings.Contains(body, "用例没有通过") || !strings.Contains(body, "多地联办") {
		t.Error("the page does not say which example came out otherwise")
	}
	if code, to := c.press("b", draft, "approve"); to != "" {
		t.Errorf("approved with a wrong example: %d", code)
	}
	if body := c.put(draft, "trials/0", "name", "租来的", "here", "230183", "there", "630100", "on", today, "answers", "q630100-1", "mode", "online", "days", "2", "unit", "wd"); body != "" {
		t.Fatal(body)
	}
	if code, to := c.press("a", draft, "approve"); to == "" {
		t.Fatalf("the author first: %d", code)
	}
	if code, to := c.press("a", draft, "publish"); to != "" {
		t.Errorf("published by one: %d", code)
	}
	if code, to := c.press("b", draft, "approve"); to == "" {
		t.Fatalf("a colleague: %d", code)
	}
	code, to := c.press("b", draft, "publish")
	if code != http.StatusSeeOther || to != "/desk/rules/bundles/63/1" {
		t.Fatalf("%d %s", code, to)
	}
	if _, _, body := c.do("b", to, nil); !strings.Contains(body, "租赁合同") {
		t.Error("the bundle's page does not show what it says")
	}
	if _, _, body := c.do("b", "/desk/rules/matters/2020-030?place=630100", nil); !strings.Contains(body, "租赁合同") || !strings.Contains(body, "全国不要求") {
		t.Error("the matter's page does not stand both side by side")
	}
	v, _ := n.Kit.Rules("2020-030", region.Must("230183"), region.Must("630100"), workday.DateOf(n.Kit.Now()))
	if len(v.Materials) == 0 || v.Materials[len(v.Materials)-1].Name != "租赁合同" {
		t.Errorf("%+v", v.Materials)
	}
	for _, path := range []string{"/desk/rules", draft, "/desk/rules/agreements/demo-heilongjiang-qinghai"} {
		if code, _, body := c.do("a", path, nil); code != http.StatusOK || strings.Contains(body, "steward.") {
			t.Errorf("%s: %d, or a text is missing", path, code)
		}
	}
}
