package entrance

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func can(item, here, there string) string {
	return "/can?" + url.Values{"item": {item}, "here": {here}, "there": {there}}.Encode()
}

func TestPublicPagesHoldTogether(t *testing.T) {
	w := newWorld(t)
	for name, h := range map[string]http.Handler{"hub": w.hub, "province": w.site} {
		for _, path := range []string{
			"/", "/can", "/items", "/items?q=" + url.QueryEscape("公司"), "/verify", "/about", "/accessibility", "/privacy",
			can("2020-030", "230183", "630100"),
		} {
			for _, lang := range []string{"zh", "en"} {
				sep := "?"
				if strings.Contains(path, "?") {
					sep = "&"
				}
				r := w.get(h, path+sep+"lang="+lang)
				if r.code != http.StatusOK || r.count("h1") != 1 || r.count("main") != 1 {
					t.Errorf("%s %s %s: status %d, %d h1, %d main", name, path, lang, r.code, r.count("h1"), r.count("main"))
				}
				for _, key := range []string{"entrance.", "hub.", "%!"} {
					if strings.Contains(r.text(), key) {
						t.Errorf("%s %s %s: a wording is missing: %s", name, path, lang, r.text())
					}
				}
				for _, to := range r.links() {
					if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "/login") {
						if got := w.get(h, to); got.code >= 400 && got.code != http.StatusUnauthorized {
							t.Errorf("%s %s leads to %s: %d", name, path, to, got.code)
						}
					}
				}
			}
		}
	}
}

func TestCan(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, item, here, there string
		status                  int
		says                    []string
	}{
		{"by code", "2020-030", "230183", "630100", 200, []string{"可以办", "就近窗口代收", "尚志市政务服务中心", "0971-12345", "国办发〔2020〕35号"}},
		{"by name", "内资企业及分支机构设立登记", "尚志", "西宁市", 200, []string{"黑龙江省哈尔滨市尚志市", "青海省西宁市"}},
		{"several places", "2020-030", "朝阳", "西宁", 200, []string{"您在哪个“朝阳”", "北京市朝阳区", "辽宁省朝阳市"}},
		{"everyday words", "开公司", "尚志", "西宁", 200, []string{"是下面哪一件"}},
		{"same province", "2020-030", "230183", "230100", 200, []string{"这样办不了", "不属于跨省通办", "您可以这样办"}},
		{"abolished place", "2020-030", "230183", "330103", 200, []string{"这样办不了", "已于2021撤销", "改用", "330105"}},
		{"unknown code", "2020-030", "230183", "999999", 200, []string{"不认识区划代码", "请核对代码"}},
		{"beyond the lists", "2020-030", "230183", "810000", 200, []string{"这样办不了"}},
		{"nothing filled in", "", "", "", 422, []string{"请填要办的事", "请填您在哪里", "请填事情归哪里管"}},
		{"no such place", "2020-030", "尚志", "没有这个地方的", 422, []string{"没有找到这个地方"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{t: t, hub: w.hub}
			w.get(w.hub, can(c.item, c.here, c.there)).has(c.status, c.says...)
		})
	}
}

func TestUnverifiedStaysVisible(t *testing.T) {
	w := newWorld(t)
	w.get(w.hub, can("2020-002", "230183", "630100")).has(200, "有些依据还没有核实", "仅凭记忆，未核实")
	w.get(w.hub, "/items").has(200, "凭记忆，未核实", "2020-002", "本系统能办到底")
}

func TestTypedTextIsEscaped(t *testing.T) {
	w := newWorld(t)
	const evil = `"><script>alert(1)</script>`
	for _, path := range []string{can(evil, evil, evil), "/items?q=" + url.QueryEscape(evil), "/verify?code=" + url.QueryEscape(evil)} {
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
	r.has(200, "试一试", "以窗口人员身份登录", "方格图只表示统计单元，不表示行政区域界线", "台湾（不适用）", "香港（不适用）", "澳门（不适用）", "黑龙江", "兵团")
	if n := strings.Count(r.body, "<rect"); n < 35 {
		t.Errorf("%d tiles, want 35", n)
	}
}

func TestTilesDoNotCollide(t *testing.T) {
	seen := map[[2]int]string{}
	for id, at := range positions {
		if other, ok := seen[at]; ok {
			t.Errorf("%s and %s share %v", id, other, at)
		}
		seen[at] = string(id)
	}
	if len(positions) != 35 {
		t.Errorf("%d places, want 34 and the Corps", len(positions))
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
