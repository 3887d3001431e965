package node_test

import (
	"bytes"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tongban/internal/domain/sharing"
	"tongban/internal/kernel/workday"
	"tongban/internal/node"
)

// meetSharing brings two nodes to the same book.
func meetSharing(t *testing.T, a, b *node.Node) {
	t.Helper()
	if err := a.MeetSharing(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
}

// standing is how the only agreement stands in a node's book.
func standing(t *testing.T, n *node.Node, id string) sharing.Standing {
	t.Helper()
	var got sharing.Standing
	n.Shares.Look(func(b *sharing.Book) {
		if a, ok := b.Agreement(id); ok {
			got, _ = a.Stands(day(n))
		}
	})
	return got
}

// Two provinces agree by forms alone: one describes what it can tell, the other finds it and proposes, each side signs by a
// second person, one suspends and resumes, the other ends. Nobody signs for an equal, and both books say the same.
func TestStewardsAgreeOnData(t *testing.T) {
	here, there := pair(t)
	ours, theirs := newConsole(t, here, "230183"), newConsole(t, there, "630100")
	today := day(here).String()

	if code, _, body := theirs.do("a", "/desk/sharing/describe?source=realestate", nil); code != http.StatusOK || !strings.Contains(body, "owner") {
		t.Fatalf("%d", code)
	}
	form := url.Values{
		"source": {"realestate"}, "key": {"realestate"}, "name": {"不动产登记信息"}, "name_en": {"Real estate register"}, "fields": {"owner", "use"},
		"attribute": {"conditional"}, "freshness": {"live"}, "per_day": {"100"}, "from": {today},
	}
	if code, _, body := theirs.do("a", "/desk/sharing/resources", form); code != http.StatusUnprocessableEntity || !strings.Contains(body, "第13条") {
		t.Errorf("without a basis: %d", code)
	}
	form.Set("basis", "政务数据共享条例 第14条")
	if code, to, _ := theirs.do("a", "/desk/sharing/resources", form); code != http.StatusSeeOther || to != "/desk/sharing/resources/63/realestate" {
		t.Fatalf("%d %s", code, to)
	}
	for file, want := range map[string]int{"person,owner\n12345,x\n": http.StatusUnprocessableEntity, "person,owner,use\n12345,x,y\n": http.StatusSeeOther} {
		if code := theirs.upload("a", "/desk/sharing/resources/realestate/table", file); code != want {
			t.Errorf("the table %q: %d", file, code)
		}
	}
	meetSharing(t, here, there)

	if code, _, body := ours.do("a", "/desk/sharing?q="+url.QueryEscape("不动产 use"), nil); code != http.StatusOK || !strings.Contains(body, "/desk/sharing/resources/63/realestate") {
		t.Fatalf("not found in the catalogue: %d", code)
	}
	if _, _, body := ours.do("a", "/desk/sharing?q=nothing-of-this", nil); strings.Contains(body, "/desk/sharing/resources/63/realestate") {
		t.Error("found by words that are not in it")
	}
	if code, _, body := ours.do("a", "/desk/sharing/propose?owner=63&key=realestate", nil); code != http.StatusOK || !strings.Contains(body, "2020-030") {
		t.Errorf("the form does not list the matters that need it: %d", code)
	}
	propose := url.Values{
		"owner": {"63"}, "key": {"realestate"}, "fields": {"owner"}, "items": {"2020-030"}, "purpose": {"核对住所"}, "basis": {"市场主体登记管理条例 第16条"},
		"per_day": {"1000"}, "within_ms": {"2000"}, "keep_days": {"30"}, "cost": {"各自承担"}, "from": {today}, "until": {"2099-12-31"},
	}
	if code, _, _ := ours.do("a", "/desk/sharing/agreements", propose); code != http.StatusUnprocessableEntity {
		t.Errorf("more than the owner allows: %d", code)
	}
	propose.Set("per_day", "50")
	code, path, _ := ours.do("a", "/desk/sharing/agreements", propose)
	id, ok := strings.CutPrefix(path, "/desk/sharing/agreements/")
	if code != http.StatusSeeOther || !ok {
		t.Fatalf("%d %s", code, path)
	}
	if code, _, _ := ours.do("a", path+"/sign", url.Values{}); code != http.StatusForbidden {
		t.Errorf("who proposed signs: %d", code)
	}
	if code, _, _ := ours.do("b", path+"/sign", url.Values{}); code != http.StatusSeeOther {
		t.Fatalf("a second person: %d", code)
	}
	meetSharing(t, here, there)
	if got := standing(t, there, id); got != sharing.Proposed {
		t.Errorf("signed by one it is %q", got)
	}
	if code, _, body := theirs.do("a", path, nil); code != http.StatusOK || !strings.Contains(body, "核对住所") || strings.Contains(body, "sharing.") {
		t.Errorf("%d, or a text is missing", code)
	}
	if code, _, _ := theirs.do("a", path+"/sign", url.Values{}); code != http.StatusSeeOther {
		t.Fatalf("the other side: %d", code)
	}
	meetSharing(t, here, there)
	for _, n := range []*node.Node{here, there} {
		if got := standing(t, n, id); got != sharing.InForce {
			t.Fatalf("%s says %q", n.ID, got)
		}
	}

	if code, _, body := theirs.do("b", path+"/state", url.Values{"do": {"suspend"}}); code != http.StatusUnprocessableEntity || !strings.Contains(body, "请写明原因") {
		t.Errorf("suspended without a reason: %d", code)
	}
	for _, step := range []struct {
		who  console
		do   string
		want sharing.Standing
	}{{theirs, "suspend", sharing.Suspended}, {theirs, "resume", sharing.InForce}, {ours, "end", sharing.Ended}} {
		if code, _, _ := step.who.do("b", path+"/state", url.Values{"do": {step.do}, "reason": {"系统升级"}}); code != http.StatusSeeOther {
			t.Fatalf("%s: %d", step.do, code)
		}
		meetSharing(t, here, there)
		for _, n := range []*node.Node{here, there} {
			if got := standing(t, n, id); got != step.want {
				t.Errorf("after %s %s says %q", step.do, n.ID, got)
			}
		}
	}
	if code, _, _ := theirs.do("a", path+"/state", url.Values{"do": {"resume"}}); code != http.StatusConflict {
		t.Errorf("what was ended is resumed: %d", code)
	}
	if code, _, _ := theirs.do("a", path+"/sign", url.Values{}); code != http.StatusConflict {
		t.Errorf("what was ended is signed: %d", code)
	}
}

func day(n *node.Node) workday.Date { return workday.DateOf(n.Kit.Now()) }

// upload sends a file as somebody.
func (c console) upload(who, path, file string) int {
	c.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "table.csv")
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err != nil || m.Close() != nil {
		c.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, "http://qinghai.localhost"+path, &b)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.AddCookie(c.cookies[who])
	w := httptest.NewRecorder()
	c.web.ServeHTTP(w, r)
	return w.Code
}

// Whose licences are taken is said by one steward and confirmed by another, in forms; the other province reads it, and one of them is
// enough to take it back.
func TestStewardsRecogniseLicences(t *testing.T) {
	here, there := pair(t)
	ours, theirs := newConsole(t, here, "230183"), newConsole(t, there, "630100")
	const at, typ = "/desk/sharing/recognitions", "11100000MB0143028R001"
	form := url.Values{"type": {typ}, "of": {"63"}, "item": {"2020-024"}, "from": {day(here).String()}, "basis": {"国务院令第716号 第10条"}}
	for name, spoil := range map[string]url.Values{
		"no basis":          {"basis": {""}},
		"no such day":       {"from": {"2026-13-01"}},
		"yesterday":         {"from": {day(here).AddDays(-1).String()}},
		"its own":           {"of": {"23"}},
		"no such type":      {"type": {typ[:20] + "9"}},
		"no such matter":    {"item": {"2020-999"}},
		"ends before it is": {"until": {"2020-01-01"}},
	} {
		bad := maps.Clone(form)
		maps.Copy(bad, spoil)
		if code, _, _ := ours.do("a", at, bad); code != http.StatusUnprocessableEntity && code != http.StatusNotFound {
			t.Errorf("%s: %d", name, code)
		}
	}
	takes := func(n *node.Node) bool {
		var err error
		n.Shares.Look(func(b *sharing.Book) { _, err = b.Recognises("23", "63", typ, "2020-024", day(n)) })
		return err == nil
	}
	if code, to, _ := ours.do("a", at, form); code != http.StatusSeeOther || to != at {
		t.Fatalf("%d %s", code, to)
	}
	if takes(here) {
		t.Error("it binds before a second officer confirmed it")
	}
	if code, _, _ := ours.do("a", at+"/1/confirm", url.Values{}); code == http.StatusSeeOther {
		t.Error("who said it confirmed it")
	}
	if code, _, _ := ours.do("b", at+"/9/confirm", url.Values{}); code != http.StatusNotFound {
		t.Errorf("a statement that is not there: %d", code)
	}
	if code, _, _ := ours.do("b", at+"/1/confirm", url.Values{}); code != http.StatusSeeOther || !takes(here) {
		t.Fatalf("confirmed: %d, takes %v", code, takes(here))
	}
	meetSharing(t, here, there)
	if _, _, body := theirs.do("a", at, nil); !takes(there) || !strings.Contains(body, "国务院令第716号 第10条") {
		t.Error("the other province does not know")
	}
	if code, _, _ := ours.do("a", at+"/1/withdraw", url.Values{}); code != http.StatusSeeOther || takes(here) {
		t.Fatalf("taken back: %d, takes %v", code, takes(here))
	}
}
