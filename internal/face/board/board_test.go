package board

import (
	"encoding/csv"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"tongban/internal/page"
)

func site(t *testing.T) *page.Site {
	t.Helper()
	s := page.NewSite(page.Config{Log: slog.New(slog.DiscardHandler)})
	New(made(s.Frame)).Register(s)
	page.Gallery(s, States())
	return s
}

func get(t *testing.T, s *page.Site, path string) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// Every page in both languages; every number stands in a table, also that of a place that does badly, few are grey and not
// coloured, who is silent or contradicted is shown with what is known.
func TestPages(t *testing.T) {
	s := site(t)
	for path, want := range map[string][]string{
		"/open":                         {"承诺的日期前办结", "没有更新", "还没有报送", "两地说法不一致", "黑龙江：41", "青海：38", "方格图只表示统计单元", "tb-few", "tb-heat--5", `class="tb-cell tb-cell--out"`, "2026-11-25"},
		"/open?lang=en":                 {"decided within the promise", "nothing since", "Has stated nothing", "contradict"},
		"/open/regions/63":              {"作为收件地", "作为属地", "和各省的往来", "承诺时限内办结率", `href="/open/figures#promise"`},
		"/open/matters":                 {"个工作日", "/open/matters/2020-030?from=2025-12&amp;to=2026-11"},
		"/open/matters/2020-030":        {"<svg", "实线是法定时限", "黑龙江"},
		"/open/stages":                  {"受理到办结", "tb-heat--5"},
		"/open/flows":                   {"谁替谁收件", "tb-heat--"},
		"/open/rework":                  {"补正两次以上"},
		"/open/ledger":                  {"甲替乙办", "不一致：乙地的账上是"},
		"/gallery/open-ledger-province": {"甲多办"},
		"/open/figures":                 {`id="promise"`, "分母", "2026-1"},
		"/gallery/open-nothing-yet":     {"还没有办结的件"},
		"/gallery/open-province":        {"看全国的统计", "http://localhost/open"},
	} {
		status, body := get(t, s, path)
		if status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s lacks %q", path, w)
			}
		}
		if strings.Contains(body, "style=") || strings.Contains(body, "%!") {
			t.Errorf("%s has an inline style or a broken text", path)
		}
	}
}

// A cell that rests on few is never coloured.
func TestFewAreNotCompared(t *testing.T) {
	s := site(t)
	cells := regexp.MustCompile(`<td class="[^"]*tb-few[^"]*"`)
	for _, path := range []string{"/open", "/open/stages", "/open/flows", "/open/rework"} {
		_, body := get(t, s, path)
		list := cells.FindAllString(body, -1)
		if len(list) == 0 {
			t.Errorf("%s: no cell is marked as few", path)
		}
		for _, c := range list {
			if strings.Contains(c, "tb-heat") {
				t.Errorf("%s: %s", path, c)
			}
		}
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	s := site(t)
	for path, want := range map[string]int{
		"/open?from=2026-13&to=2026-11":              422,
		"/open?from=2026-11&to=2026-10":              422,
		"/open?from=2020-01&to=2026-10":              422,
		"/open?from=%3Cscript%3E&to=%3Cscript%3E":    422,
		"/open?from=2026-13&to=x&csv=1":              422,
		"/open/regions/99":                           404,
		"/open/regions/..%2f":                        404,
		"/open/matters/none":                         404,
		"/open?from=" + strings.Repeat("9", 2000):    422,
		"/open/stages?from=2026-10&to=2026-11":       200,
		"/open/regions/63?from=2026-11&to=2026-11&x": 200,
	} {
		status, body := get(t, s, path)
		if status != want {
			t.Errorf("%.60s: %d, want %d", path, status, want)
		}
		if strings.Contains(body, "<script>") {
			t.Errorf("%.60s shows what came", path)
		}
	}
}

// The CSV holds the numbers of the tables, machine-readable.
func TestCSV(t *testing.T) {
	s := site(t)
	for _, path := range []string{"/open?csv=1", "/open/stages?csv=1&from=2026-01&to=2026-11", "/open/flows?csv", "/open/matters/2020-030?csv=1"} {
		_, body := get(t, s, path)
		body, marked := strings.CutPrefix(body, "\ufeff")
		r := csv.NewReader(strings.NewReader(body))
		r.FieldsPerRecord = -1
		rows, err := r.ReadAll()
		if err != nil || !marked || len(rows) < 20 {
			t.Errorf("%s: %v, %d rows", path, err, len(rows))
		}
	}
}
