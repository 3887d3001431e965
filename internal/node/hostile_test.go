package node_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/region"
	"tongban/internal/node"
)

// hostile is what strangers put where a name, a number or an answer is asked for.
var hostile = map[string]string{
	"script":          `"><script>alert(1)</script><img src=x onerror=alert(1)>`,
	"handler":         `" onfocus="alert(1)" autofocus x="`,
	"scheme":          "javascript:alert(1)",
	"other host":      "//evil.example/%2e%2e",
	"header":          "a\r\nSet-Cookie: tongban-session=x\r\n\r\n<h1>",
	"control":         "\x00\x01\x1b[31m\x7f\u0085",
	"turned text":     "\u202e\u2066\u8bb8\u53ef\u200b\ufeff\u2069",
	"not UTF-8":       "\xff\xfe\xc0\xaf",
	"over-long":       strings.Repeat("\u957f", 12_000),
	"many marks":      "e" + strings.Repeat("\u0301", 3000),
	"template":        "{{.}}${7*7}<%= 1 %>{ page }",
	"format":          "%s%n%[9]d%!x",
	"path":            "../../../../etc/passwd",
	"query":           "' OR 1=1; DROP TABLE cases; --",
	"number":          "-9223372036854775809",
	"huge number":     strings.Repeat("9", 5000),
	"unknown place":   "999999",
	"abolished place": "330103",
	"no day":          "2026-02-30",
	"day of no rule":  "0001-01-01",
	"json":            `{"a":[[[[[[[[]]]]]]]]}`,
	"empty":           "",
}

// readBy is every name that a page of the entrance or of the applying reads from an address or a form, with a value that lets
// the others through.
var readBy = map[string]string{
	"q": "gongsi", "subject": "org", "by": "theme", "for": "org", "item": "2020-030", "here": "230183", "there": "630100",
	"on": "2026-11-23", "a-agent": "y", "as": "here", "to": "/check", "under": "230000", "code": "ABCDEFGH", "back": "/", "mode": "elder",
	"contrast": "high", "key": "0198f2aa-0000-7000-8000-000000000001", "answer": "1", "do": "go", "row": "1", "serve": "online",
	"way.premises": "promise", "saved": "1", "dropped": "1", "withdrawn": "1", "mended": "1", "field": "trade_name", "text": "x", "state": "x",
	"error": "x",
}

// slots of a path that are worth turning; the others name what the test set up.
var slots = []string{"{id}", "{no}", "{item}", "{cut}", "{key}", "{here}", "{there}", "{zone}", "{field}", "{material}", "{n}", "{token}", "{list}", "{code}"}

var goodSlots = map[string]string{
	"{item}": "2020-030", "{cut}": "theme", "{key}": "household", "{here}": "230183", "{there}": "630100", "{zone}": "jingjinji",
	"{field}": "trade_name", "{material}": "premises", "{n}": "0", "{token}": "x", "{list}": "1", "{code}": "ABCDEFGH",
}

// walk is 青海's pages with a draft of 樊晓梅's, a case that she gave to a window, and its receipt.
type walk struct {
	t      *testing.T
	node   *node.Node
	web    http.Handler
	routes []string
	c      casefile.Case
	file   string
	draft  string
	cookie *http.Cookie
}

func newWalk(t *testing.T) *walk {
	t.Helper()
	_, there := pair(t)
	a := application(t, there)
	a.There = region.Must("230183")
	c, err := there.Lodge.TakeIn(t.Context(), actor(t, there, "630100", office.Window), a)
	if err != nil {
		t.Fatal(err)
	}
	papers, err := there.Store.Papers(t.Context(), c.ID)
	if err != nil || len(papers) == 0 {
		t.Fatalf("no paper: %v", err)
	}
	rec := httptest.NewRecorder()
	if err := oidc.NewSessions("qinghai", false, there.Vault, nil).Write(rec, oidc.Identity{Subject: "s1", Name: a.Applicant.Name, IDNo: a.Applicant.IDNo, Level: 3}); err != nil {
		t.Fatal(err)
	}
	web, err := there.Handler(node.WebConfig{
		PublicURL: "http://qinghai.localhost", Issuer: "http://id.localhost", ClientID: "qinghai", HTTPClient: &http.Client{Transport: noProvider{}},
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &walk{t: t, node: there, web: web, routes: web.Routes(), c: c, file: papers[0].ID, draft: unit.NewID(), cookie: rec.Result().Cookies()[0]}
	rec = w.send(http.MethodPost, "/apply/new", url.Values{"key": {w.draft}, "item": {"2020-030"}, "here": {"230183"}, "there": {"630100"}}, "zh")
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != "/apply/"+w.draft {
		t.Fatalf("no draft: %d %s", rec.Code, rec.Body)
	}
	return w
}

// kept is how many cases and drafts she has.
func (w *walk) kept() (cases, drafts int) {
	w.t.Helper()
	by := party.Lookup{Kind: party.ByNumber, Value: w.c.Private.Applicant.IDNo}
	found, err := w.node.Store.Find(w.t.Context(), []party.Lookup{by}, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	begun, err := w.node.Store.DraftsOf(w.t.Context(), by, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(found), len(begun)
}

func (w *walk) send(method, path string, form url.Values, lang string) *httptest.ResponseRecorder {
	w.t.Helper()
	var body io.Reader = http.NoBody
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	} else if len(form) > 0 {
		path += "?" + form.Encode()
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, "http://qinghai.localhost"+path, body)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return w.do(r, lang)
}

func (w *walk) do(r *http.Request, lang string) *httptest.ResponseRecorder {
	r.AddCookie(&http.Cookie{Name: "lang", Value: lang})
	r.AddCookie(w.cookie)
	rec := httptest.NewRecorder()
	w.web.ServeHTTP(rec, r)
	return rec
}

// fill is a route's path with one slot turned to value; "" leaves all good.
func (w *walk) fill(path, slot, value string) string {
	path = strings.TrimSuffix(path, "{$}")
	for _, s := range slots {
		v := goodSlots[s]
		switch {
		case s == slot:
			v = url.PathEscape(value)
		case s == "{id}" && strings.Contains(path, "papers/"):
			v = w.file
		case s == "{id}":
			v = w.draft
		case s == "{no}":
			v = string(w.c.No)
		}
		path = strings.ReplaceAll(path, s, v)
	}
	return path
}

// ends says whether a route, all good, does what it is there for and takes away what the others need.
func ends(pattern string) bool {
	return strings.HasSuffix(pattern, "/delete") && strings.HasPrefix(pattern, "POST") || strings.HasSuffix(pattern, "/withdraw") && strings.HasPrefix(pattern, "POST") ||
		strings.HasSuffix(pattern, "/callback") || strings.HasSuffix(pattern, "/logout")
}

// Every route of the entrance and of the applying gets every hostile value in every place that it reads: in its path, its
// address and its form, in both languages. Nothing fails, nothing of it acts, no page goes out without its policy, and no case and
// no draft comes of it.
func TestHostileValuesOnEveryRoute(t *testing.T) {
	w := newWalk(t)
	cases, drafts := w.kept()
	asked := 0
	for _, pattern := range w.routes {
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			method, path = http.MethodGet, pattern
		}
		if strings.HasPrefix(path, "/desk") || strings.HasPrefix(path, "/assets") || path == "/" || ends(pattern) {
			continue
		}
		lang := "zh"
		try := func(where, path string, form url.Values) {
			asked++
			if lang = "en"; asked%2 == 0 {
				lang = "zh"
			}
			w.harmless(pattern+", "+where, w.send(method, path, form, lang), lang)
		}
		for name, value := range hostile {
			for _, s := range slots {
				if value != "" && strings.Contains(path, s) {
					try(s+" "+name, w.fill(path, s, value), nil)
				}
			}
			all := url.Values{}
			for field := range readBy {
				all.Set(field, value)
			}
			if path != "/apply/new" || method != http.MethodPost {
				try("all fields "+name, w.fill(path, "", ""), all)
			}
		}
		for field := range readBy { // one at a time, the others good, with what most often breaks out
			for _, name := range []string{"script", "control", "not UTF-8", "over-long"} {
				form := url.Values{}
				for other, good := range readBy {
					form.Set(other, good)
				}
				form.Set(field, hostile[name])
				if path == "/apply/new" && method == http.MethodPost && (field != "item" && field != "here" && field != "there") {
					continue // that would be a good form
				}
				try(field+" "+name, w.fill(path, "", ""), form)
			}
		}
	}
	if asked < 3000 {
		t.Errorf("only %d requests", asked)
	}
	if c, d := w.kept(); c != cases || d != drafts {
		t.Errorf("%d cases and %d drafts became %d and %d", cases, drafts, c, d)
	}
}

// harmless looks at one answer.
func (w *walk) harmless(where string, rec *httptest.ResponseRecorder, lang string) {
	w.t.Helper()
	h, body := rec.Header(), rec.Body.String()
	if rec.Code >= 500 && rec.Code != http.StatusServiceUnavailable { // the way to sign in, with the provider down
		w.t.Errorf("%s: status %d", where, rec.Code)
	}
	if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src 'unsafe") {
		w.t.Errorf("%s: policy %q", where, csp)
	}
	if to := h.Get("Location"); to != "" {
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) || strings.ContainsAny(to, "\r\n") {
			w.t.Errorf("%s leads away to %q", where, to)
		}
	}
	for _, c := range rec.Result().Cookies() {
		if c.Name == "tongban-session" && c.Value == "x" {
			w.t.Errorf("%s: the cookie is of a stranger's making", where)
		}
	}
	if rec.Code >= 300 && rec.Code < 400 || !strings.HasPrefix(h.Get("Content-Type"), "text/html") || body == "" {
		return
	}
	if !utf8.ValidString(body) || strings.ContainsAny(body, "\x00\x01\x1b\x7f\u202e\u2066") {
		w.t.Errorf("%s: what shows nothing, or turns text, stands in the page", where)
	}
	if len(body) > 500_000 {
		w.t.Errorf("%s: %d bytes", where, len(body))
	}
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	heads := 0
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "h1" {
			heads++
		}
		src, inline := "", n.Data == "script"
		for _, a := range n.Attr {
			v := strings.ToLower(strings.TrimSpace(a.Val))
			if a.Key == "src" {
				src = a.Val
			}
			if a.Key == "lang" && n.Data == "html" && strings.HasPrefix(v, "zh") != (lang == "zh") {
				w.t.Errorf("%s: asked in %s, answered in %s", where, lang, v)
			}
			if strings.HasPrefix(a.Key, "on") || a.Key == "autofocus" || (a.Key == "href" || a.Key == "action" || a.Key == "src") && strings.HasPrefix(v, "javascript:") {
				w.t.Errorf("%s: <%s %s=%q>", where, n.Data, a.Key, a.Val)
			}
		}
		if inline && !strings.HasPrefix(src, "/assets/") || n.Data == "img" && src == "x" {
			w.t.Errorf("%s: an element of a stranger's making", where)
		}
	}
	if heads != 1 {
		w.t.Errorf("%s: %d headings say what this page is", where, heads)
	}
}

// Files that harm who opens them are refused with their reason, under every name, and nothing of them is kept.
func TestHostileFiles(t *testing.T) {
	w := newWalk(t)
	for what, data := range bombs(t) {
		for _, name := range []string{
			"lease.pdf", "../../../etc/passwd", `a"; filename="b.html`, "x\r\nContent-Type: text/html\r\n\r\n<script>", "\u202efdp.exe", strings.Repeat("n", 5000),
			"con.pdf", "<script>alert(1)</script>.png", "\x00.pdf", "",
		} {
			var body bytes.Buffer
			form := multipart.NewWriter(&body)
			part, err := form.CreateFormFile("file", name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := part.Write(data); err != nil {
				t.Fatal(err)
			}
			if err := form.Close(); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"/apply/" + w.draft + "/upload/premises", "/cases/" + string(w.c.No) + "/mend", "/verify"} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://qinghai.localhost"+path, bytes.NewReader(body.Bytes()))
				r.Header.Set("Content-Type", form.FormDataContentType())
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				w.harmless(what+" as "+name+" to "+path, w.do(r, "zh"), "zh")
			}
		}
	}
	d, err := w.node.Store.Draft(t.Context(), w.draft)
	if err != nil || len(d.Files) > 0 {
		t.Errorf("kept: %+v %v", d.Files, err)
	}
}

// bombs are small files that are large, or something else, when they are opened.
func bombs(t *testing.T) map[string][]byte {
	t.Helper()
	zeros := make([]byte, 8<<20)
	var packed, archive bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(zeros); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	a := zip.NewWriter(&archive)
	for _, name := range []string{"OFD.xml", "../../evil.xml"} { // an OFD document is such an archive
		f, err := a.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"an archive that swells": archive.Bytes(), "gzip that swells": packed.Bytes(), "an image without end": png(200_000, 200_000),
		"an image of no size": png(0, 0), "a page": []byte("<html><script>alert(1)</script></html>"), "a drawing": []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"a program": append([]byte("MZ"), zeros[:1000]...), "nothing": {}, "half an image": png(10, 10)[:20],
		"deep json": []byte(strings.Repeat("[", 100_000)),
	}
}

// png is the head of an image of that size, with nothing behind it.
func png(width, height uint32) []byte {
	head := append([]byte("IHDR"), make([]byte, 13)...)
	binary.BigEndian.PutUint32(head[4:], width)
	binary.BigEndian.PutUint32(head[8:], height)
	head[12], head[13] = 8, 2
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	out = append(out, head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}
