package board

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"tongban/internal/domain/bulletin"
	"tongban/internal/domain/document"
	"tongban/internal/page"
)

// A bulletin says the same as page, table and print; the print marks what is few, and the signed file is what was issued.
func TestABulletinInAllForms(t *testing.T) {
	s := page.NewSite(page.Config{Log: slog.New(slog.DiscardHandler)})
	cfg := made(s.Frame)
	var print document.Doc
	var leads string
	cfg.PDF = func(d document.Doc, verify string) ([]byte, error) {
		print, leads = d, verify
		return []byte("%PDF"), nil
	}
	New(cfg).Register(s)
	page.Gallery(s, States())
	for path, want := range map[string][]string{
		"/open/bulletins":                 {"2026 年 10 月", `href="/open/bulletins/2026-10"`, `href="/open/bulletins/2026-10?pdf=1"`},
		"/open/bulletins/2026-10":         {"全国 2026 年 10 月", "发布以后的异议", "We are looking at each of them", "还没有答复", "tb-few", "没有报送", "摘要", cfg.Book.Digest, "承诺时限内办结率", "分母"},
		"/open/bulletins/2026-10?lang=en": {"All provinces: bulletin of 2026-10", "Denominator"},
		"/open/bulletins/2026-10?csv=1":   {cfg.Book.Digest, "黑龙江"},
		"/open/regions/63":                {"承诺时限内办结率（有异议，见下）", "came later than promised &lt;script&gt;", "We are looking at each of them"},
		"/open?from=2026-10&to=2026-10":   {"有异议的数"},
		"/gallery/open-bulletins-none":    {"还没有数据"},
		"/gallery/open-bulletin-province": {"青海 2026 年 10 月", "作为属地", "发布以后有变化的数"},
	} {
		status, body := get(t, s, path)
		if status != 200 || strings.Contains(body, "%!") {
			t.Errorf("%s: %d", path, status)
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s lacks %q", path, w)
			}
		}
	}
	for _, path := range []string{"/open/regions/31", "/open?from=2026-11&to=2026-11"} { // nothing is contested there, or then
		if _, body := get(t, s, path); strings.Contains(body, "有异议") {
			t.Errorf("%s speaks of an objection", path)
		}
	}
	for _, path := range []string{"/open/bulletins/2026-09", "/open/bulletins/x", "/open/bulletins/2026-10-01?pdf=1", "/open/bulletins/..%2f?signed=1"} {
		if status, _ := get(t, s, path); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, body := get(t, s, "/open/bulletins/2026-10?pdf=1"); status != 200 || body != "%PDF" || leads != "http://localhost/open/bulletins/2026-10" {
		t.Errorf("%d %q leads to %q", status, body, leads)
	}
	text := print.Text()
	_, body := get(t, s, "/open/bulletins/2026-10")
	for _, b := range print.Blocks {
		if b.Heading != "" && !strings.Contains(body, b.Heading) {
			t.Errorf("the page lacks %q", b.Heading)
		}
	}
	if !strings.Contains(text, " *\t") || !strings.Contains(text, cfg.Book.Digest) || strings.Contains(text, "\u2009") {
		t.Errorf("print: %.300s", text)
	}
	var x bulletin.Issued
	if _, body := get(t, s, "/open/bulletins/2026-10?signed=1"); json.Unmarshal([]byte(body), &x) != nil || len(x.Statements) < 20 {
		t.Errorf("signed file: %.80s", body)
	}
}
