package entrance

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// hostile is what strangers put into addresses.
var hostile = map[string]string{
	"script":       `"><script>alert(1)</script>`,
	"handler":      `" onmouseover="alert(1)`,
	"scheme":       "javascript:alert(1)",
	"other host":   "//evil.example/",
	"backslash":    `/\evil.example`,
	"control":      "\x00\x01\x1b[31m\r\nSet-Cookie: a=b",
	"turned text":  "\u202e\u2066abc\u200b",
	"not UTF-8":    "\xff\xfe\xfd",
	"very long":    strings.Repeat("\u957f", 20000),
	"percent":      "%s%n%[1]d%!x",
	"template":     "{{.}}${1}{ page }",
	"path":         "../../../etc/passwd",
	"many numbers": strings.Repeat("9", 400),
	"empty":        "",
}

// entrances of the public pages with every query parameter that one of them reads.
var hostilePages = map[string][]string{
	"/search": {"q", "subject"}, "/topics": {"by", "for"}, "/topics/theme/household": {"for"}, "/regions": {"here", "there"},
	"/check": {"item", "here", "there"}, "/guide/2020-030": {"here", "there", "on", "a-agent", "a-x"}, "/windows": {"here"},
	"/prepare": {"item", "here", "there", "on"}, "/place": {"as", "to", "under", "q"}, "/verify": {"code"}, "/items": {"q", "subject"},
	"/can": {"item", "here", "there"}, "/display": {"back", "mode", "contrast"}, "/": {"lang", "x"},
}

// good are values that let the other parameters through.
var good = map[string]string{"item": "2020-052", "here": "230183", "there": "630100", "as": "here", "to": "/check", "q": "a"}

func TestHostileParametersDoNothing(t *testing.T) {
	w := newWorld(t)
	for path, params := range hostilePages {
		for _, p := range params {
			for name, value := range hostile {
				q := url.Values{}
				for _, other := range params {
					if v := good[other]; v != "" {
						q.Set(other, v)
					}
				}
				q.Set(p, value)
				w.harmless(w.site, path+" "+p+" "+name, path+"?"+q.Encode())
			}
		}
	}
}

func TestHostilePathsDoNothing(t *testing.T) {
	w := newWorld(t)
	for name, value := range hostile {
		if value == "" {
			continue
		}
		for _, path := range []string{"/guide/", "/zones/", "/regions/", "/regions/230183/", "/topics/theme/", "/topics/"} {
			w.harmless(w.hub, path+" "+name, path+url.PathEscape(value))
		}
	}
}

// harmless asks and looks whether anything of the address came to act: no failure, no foreign redirect, no header of its
// making, no script, handler or link that the page did not write.
func (w *world) harmless(h http.Handler, where, address string) {
	w.t.Helper()
	r := w.get(h, address)
	if r.code >= 500 {
		w.t.Errorf("%s: status %d", where, r.code)
	}
	if to := r.head.Get("Location"); to != "" {
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) || strings.ContainsAny(to, "\r\n") {
			w.t.Errorf("%s leads away to %q", where, to)
		}
	}
	for _, c := range r.head.Values("Set-Cookie") {
		if !strings.HasPrefix(c, "display=") && !strings.HasPrefix(c, "lang=") {
			w.t.Errorf("%s sets %q", where, c)
		}
	}
	if len(r.body) > 400_000 {
		w.t.Errorf("%s: the page has %d bytes", where, len(r.body))
	}
	if strings.ContainsFunc(r.body, func(c rune) bool {
		return (c < ' ' && c != '\n' && c != '\t' && c != '\r') || c == '\u202e' || c == '\ufffd'
	}) {
		w.t.Errorf("%s: control characters in the page", where)
	}
	for n := range r.root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			v := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on"):
				w.t.Errorf("%s: <%s %s>", where, n.Data, a.Key)
			case a.Key == "href" && (strings.HasPrefix(v, "javascript:") || strings.HasPrefix(v, "//") || strings.Contains(v, "evil.example") && !strings.HasPrefix(v, "/")):
				w.t.Errorf("%s: link to %s", where, a.Val)
			}
		}
		if n.Data == "script" && !strings.HasPrefix(attr(n, "src"), "/assets/") {
			w.t.Errorf("%s: a script without an address of ours", where)
		}
	}
	if csp := r.head.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") {
		w.t.Errorf("%s: policy %q", where, csp)
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// Any matter is at most two taps from the first page: one to a topic, one to the guide (docs/FLOWS.md).
func TestTwoTapsToAnyMatter(t *testing.T) {
	w := newWorld(t)
	for name, h := range map[string]http.Handler{"hub": w.hub, "province": w.site} {
		taps := map[string]int{}
		for _, to := range w.get(h, "/").links() {
			if strings.HasPrefix(to, "/guide/") {
				taps[to] = 1
				continue
			}
			if !strings.HasPrefix(to, "/topics/") {
				continue
			}
			for _, next := range w.get(h, to).links() {
				if _, known := taps[next]; strings.HasPrefix(next, "/guide/") && !known {
					taps[next] = 2
				}
			}
		}
		for _, it := range w.kit.Catalogue.All() {
			if n := taps[guide(it.Code, "", "")]; n == 0 {
				t.Errorf("%s: %s %s is more than two taps away", name, it.Code, it.Name)
			}
		}
	}
}

// From the first page to the start: search, guide, two places, and the way on; nothing typed but the words and two names.
func TestFindAndStart(t *testing.T) {
	w := newWorld(t)
	found := w.get(w.hub, "/search?q="+url.QueryEscape("在外地开公司"))
	first := ""
	for _, to := range found.links() {
		if strings.HasPrefix(to, "/guide/") {
			first = to
			break
		}
	}
	if first != "/guide/2020-030" {
		t.Fatalf("the first hit is %s", first)
	}
	r := w.get(w.hub, first+"?here="+url.QueryEscape("尚志")+"&there="+url.QueryEscape("西宁"))
	r.has(200, "可以跨省办", "看带什么、去哪里", "要多久", "谁来批", "多少钱", "您要准备")
	var on []string
	for _, to := range r.links() {
		if strings.Contains(to, "/prepare?") || strings.Contains(to, "/apply/new?") {
			on = append(on, to)
		}
	}
	if len(on) != 1 || on[0] != "http://heilongjiang.localhost/prepare?here=230183&item=2020-030&there=630100" {
		t.Errorf("the guide leads on to %v", on)
	}
	w.get(w.site, strings.TrimPrefix(on[0], "http://heilongjiang.localhost")).has(200, "带上这些", "本人身份证", "尚志市政务服务中心", "材料转给青海省西宁市，由它决定")
}
