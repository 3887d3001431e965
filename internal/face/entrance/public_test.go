package entrance

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func check(item, here, there string) string {
	return "/check?" + url.Values{"item": {item}, "here": {here}, "there": {there}}.Encode()
}

func guide(item, here, there string) string { return guideHref(item, here, there) }

// publicPaths is one address of each public page, and of its states that an address can bring about.
var publicPaths = []string{
	"/", "/check", "/topics", "/topics?by=event&for=org", "/topics?by=dept", "/topics/theme/household", "/topics/event/study?for=person",
	"/regions", "/regions/63", "/regions/qinghai", "/regions/230183/630100", "/regions/230183/230100", "/regions/230183/810000",
	"/zones/pan-pearl", "/zones/jingjinji", "/windows", "/windows?here=630100", "/windows?here=710000", "/windows?here=%E6%9C%9D%E9%98%B3", "/help",
	"/place?as=here&to=/guide/2020-030", "/place?as=there&to=/check&under=630000", "/place?as=there&to=/check&under=310000",
	"/search?q=%E5%85%AC%E5%8F%B8", "/search?q=kaigongsi&subject=org", "/search?q=zzzzzzqqqq", "/verify", "/about", "/accessibility", "/privacy", "/display",
	"/guide/2020-030", guide("2020-030", "230183", "630100"), guide("2020-030", "230183", "330103"), guide("2020-054", "320100", "320100"),
	guide("2020-030", "230183", "630100") + "&a-agent=y", guide("2020-054", "320100", "140100") + "&on=2021-06-01", guide("2020-065", "230183", "630100"),
	"/prepare?item=2020-052&here=230183&there=630100",
}

func TestPublicPagesHoldTogether(t *testing.T) {
	w := newWorld(t)
	for name, h := range map[string]http.Handler{"hub": w.hub, "province": w.site} {
		seen := map[string]bool{}
		for _, path := range publicPaths {
			for _, lang := range []string{"zh", "en"} {
				sep := "?"
				if strings.Contains(path, "?") {
					sep = "&"
				}
				r := w.get(h, path+sep+"lang="+lang)
				if r.code != http.StatusOK || r.count("h1") != 1 || r.count("main") != 1 {
					t.Errorf("%s %s %s: status %d, %d h1, %d main", name, path, lang, r.code, r.count("h1"), r.count("main"))
				}
				for _, key := range []string{"entrance.", "hub.", "public.", "%!"} {
					if strings.Contains(r.text(), key) {
						t.Errorf("%s %s %s: a wording is missing: %s", name, path, lang, r.text())
					}
				}
				for _, to := range r.links() {
					if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "/login") || strings.HasPrefix(to, "/apply") || strings.HasPrefix(to, "/display") || seen[to] || len(seen) > 400 {
						continue
					}
					seen[to] = true
					if got := w.get(h, to); got.code >= 400 && got.code != http.StatusUnauthorized {
						t.Errorf("%s %s leads to %s: %d", name, path, to, got.code)
					}
				}
			}
		}
	}
}

// follow goes where redirects lead.
func (w *world) follow(h http.Handler, path string) *reply {
	w.t.Helper()
	for range 5 {
		r := w.get(h, path)
		if r.code < 300 || r.code >= 400 {
			return r
		}
		path = r.head.Get("Location")
	}
	w.t.Fatalf("%s turns in circles", path)
	return nil
}

func TestCheckLeadsToTheGuide(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, item, here, there string
		status                  int
		says                    []string
	}{
		{"by code", "2020-030", "230183", "630100", 200, []string{"可以跨省办", "西宁市行政审批服务局", "0971-12345", "国办发〔2020〕35号"}},
		{"by name", "内资企业及分支机构设立登记", "尚志", "西宁市", 200, []string{"黑龙江省哈尔滨市尚志市", "青海省西宁市"}},
		{"several places", "2020-030", "朝阳", "西宁", 200, []string{"您说的是哪个“朝阳”", "北京市朝阳区", "辽宁省朝阳市"}},
		{"everyday words", "注册个公司", "尚志", "西宁", 200, []string{"是下面哪一件"}},
		{"same province", "2020-030", "230183", "230100", 200, []string{"这样办不了", "不属于跨省通办", "您可以这样办"}},
		{"abolished place", "2020-030", "230183", "330103", 200, []string{"下城区已于2021撤销", "拱墅区", "改用它"}},
		{"abolished place by name", "2020-030", "230183", "下城区", 200, []string{"下城区已于2021撤销"}},
		{"unknown code", "2020-030", "230183", "999999", 422, []string{"不认识这个区划代码：999999"}},
		{"beyond the lists", "2020-030", "230183", "810000", 200, []string{"这样办不了"}},
		{"nothing filled in", "", "", "", 422, []string{"请填要办的事", "请填您在哪里", "请填事情归哪里管"}},
		{"no such place", "2020-030", "尚志", "没有这个地方的", 422, []string{"没有找到“没有这个地方的”这个地方"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{t: t, hub: w.hub}
			w.follow(w.hub, check(c.item, c.here, c.there)).has(c.status, c.says...)
		})
	}
	// the first address of this page stands in bookmarks and on papers
	w.follow(w.hub, "/can?item=2020-030&here=230183&there=630100").has(200, "可以跨省办")
	w.follow(w.hub, "/items?q=2020-030").has(200, "内资企业及分支机构设立登记")
}

func TestUnverifiedStaysVisible(t *testing.T) {
	w := newWorld(t)
	w.get(w.hub, guide("2020-002", "230183", "630100")).has(200, "先打电话问一下", "仅凭记忆，未核实", "材料清单还没核实")
	w.get(w.hub, "/search?q=2020-002").has(200, "有的依据还没核实")
}

func TestTypedTextIsEscaped(t *testing.T) {
	w := newWorld(t)
	const evil = `"><script>alert(1)</script>`
	for _, path := range []string{check(evil, evil, evil), "/search?q=" + url.QueryEscape(evil), "/verify?code=" + url.QueryEscape(evil)} {
		for _, h := range []http.Handler{w.hub, w.site} {
			w.get(h, path).lacks("<script>alert")
		}
	}
	w.gate.who = &fan
	w.get(w.site, "/cases/"+string(w.c.No)).lacks("<script>alert")
}

func TestHubFront(t *testing.T) {
	w := newWorld(t)
	r := w.get(w.hub, "/")
	r.has(200, "试一试", "以窗口人员身份登录", "方格图只表示统计单元，不表示行政区域界线", "台湾（不适用）", "香港（不适用）", "澳门（不适用）", "黑龙江", "兵团", "大家常办", "按人生事找", "长三角")
	if n := strings.Count(r.body, "<rect"); n < 35 {
		t.Errorf("%d tiles, want 35", n)
	}
}

func TestLookUpsAreThrottled(t *testing.T) {
	w := newWorld(t)
	var last *httptest.ResponseRecorder
	for range 31 {
		last = httptest.NewRecorder()
		w.site.ServeHTTP(last, httptest.NewRequest(http.MethodGet, "/v/22222222", nil))
	}
	if last.Code != http.StatusTooManyRequests {
		t.Errorf("status %d", last.Code)
	}
}
