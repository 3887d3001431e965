package desk_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// browser is a person at a desk without script: it follows links and sends forms as they stand in the page.
type browser struct {
	t    *testing.T
	site http.Handler
	who  string
	code int
	path string // after redirects
	raw  string
	head http.Header
	doc  *html.Node
}

// untranslated is a key of the catalogue that shows itself because it has no wording.
var untranslated = regexp.MustCompile(`\b(desk|status|mode|frame|component|field|print)\.[a-z_]+[.a-z_-]*`)

// upload is a file that goes into a form.
type upload struct{ name, content string }

func (b *browser) do(r *http.Request) *browser {
	b.t.Helper()
	for range 5 {
		if b.who != "" {
			r.Header.Set("X-Who", b.who)
		}
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		b.site.ServeHTTP(w, r)
		b.code, b.path, b.raw, b.head = w.Code, r.URL.RequestURI(), w.Body.String(), w.Header()
		if w.Code != http.StatusSeeOther {
			break
		}
		r = httptest.NewRequest(http.MethodGet, w.Header().Get("Location"), nil)
	}
	doc, err := html.Parse(strings.NewReader(b.raw))
	if err != nil {
		b.t.Fatal(err)
	}
	b.doc = doc
	if key := untranslated.FindString(text(doc)); key != "" {
		b.t.Errorf("%s: the wording %q is missing", b.path, key)
	}
	return b
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	return b.do(httptest.NewRequest(http.MethodGet, path, nil))
}

func (b *browser) post(path string, v url.Values) *browser {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// want checks the answer and some words of it.
func (b *browser) want(code int, words ...string) *browser {
	b.t.Helper()
	if b.code != code {
		b.t.Fatalf("%s: status %d, want %d\n%s", b.path, b.code, code, text(b.doc))
	}
	all := strings.Join(strings.Fields(text(b.doc)), " ")
	for _, s := range words {
		if !strings.Contains(all, s) && !strings.Contains(strings.ReplaceAll(all, " ", ""), strings.ReplaceAll(s, " ", "")) {
			b.t.Fatalf("%s: no %q in\n%s", b.path, s, all)
		}
	}
	return b
}

func (b *browser) without(words ...string) {
	b.t.Helper()
	for _, s := range words {
		if strings.Contains(b.raw, s) {
			b.t.Fatalf("%s: %q stands in the page", b.path, s)
		}
	}
}

// leads reports whether a form is sent to action, by itself or by one of its buttons.
func leads(form *html.Node, action string) bool {
	if attr(form, "action") == action {
		return true
	}
	for n := range form.Descendants() {
		if n.Data == "button" && attr(n, "formaction") == action {
			return true
		}
	}
	return false
}

// form gives the fields of the form with that action as a browser would send them.
func (b *browser) form(action string) url.Values {
	b.t.Helper()
	v, found := url.Values{}, false
	for n := range b.doc.Descendants() {
		if n.Data != "form" || found || !leads(n, action) {
			continue
		}
		found = true
		for e := range n.Descendants() {
			name := attr(e, "name")
			switch {
			case name == "":
			case e.Data == "textarea":
				v.Add(name, text(e))
			case e.Data == "select":
				v.Add(name, selected(e))
			case e.Data != "input":
			case attr(e, "type") == "radio" || attr(e, "type") == "checkbox":
				if has(e, "checked") {
					v.Add(name, attr(e, "value"))
				}
			case attr(e, "type") != "file":
				v.Add(name, attr(e, "value"))
			}
		}
	}
	if !found {
		b.t.Fatalf("%s: no form %q in\n%s", b.path, action, text(b.doc))
	}
	return v
}

// send fills a form in and sends it; pairs are names and values, an upload goes as a file.
func (b *browser) send(action string, pairs ...any) *browser {
	b.t.Helper()
	v := b.form(action)
	files := map[string][]upload{}
	for i := 0; i < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		switch val := pairs[i+1].(type) {
		case string:
			v.Set(name, val)
		case []string:
			v[name] = val
		case upload:
			files[name] = append(files[name], val)
		}
	}
	if !b.multipart(action) {
		return b.post(action, v)
	}
	return b.postFiles(action, v, files)
}

func (b *browser) postFiles(action string, v url.Values, files map[string][]upload) *browser {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	names := []string{}
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	slices.SortStableFunc(names, func(a, c string) int { // hidden fields stand first in the page
		return boolInt(c == "state" || c == "row") - boolInt(a == "state" || a == "row")
	})
	for _, name := range names {
		for _, s := range v[name] {
			if err := m.WriteField(name, s); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	for name, list := range files {
		for _, f := range list {
			h := textproto.MIMEHeader{}
			h.Set("Content-Disposition", multipart.FileContentDisposition(name, f.name))
			h.Set("Content-Type", "application/octet-stream")
			part, err := m.CreatePart(h)
			if err != nil {
				b.t.Fatal(err)
			}
			if _, err := io.WriteString(part, f.content); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	if err := m.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, action, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return b.do(r)
}

func boolInt(v bool) int {
	if v {
		return 1
	}
	return 0
}

func (b *browser) multipart(action string) bool {
	for n := range b.doc.Descendants() {
		if n.Data == "form" && attr(n, "action") == action {
			return attr(n, "enctype") == "multipart/form-data"
		}
	}
	return false
}

// links are the addresses of all links whose words contain s.
func (b *browser) link(s string) string {
	b.t.Helper()
	for n := range b.doc.Descendants() {
		if n.Data == "a" && strings.Contains(text(n), s) {
			return attr(n, "href")
		}
	}
	b.t.Fatalf("%s: no link %q in\n%s", b.path, s, text(b.doc))
	return ""
}

func text(n *html.Node) string {
	var s strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && (d.Parent == nil || d.Parent.Data != "script") {
			s.WriteString(d.Data)
			if d.Parent != nil && d.Parent.Data != "span" {
				s.WriteString(" ")
			}
		}
	}
	return strings.TrimSpace(s.String())
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func selected(n *html.Node) string {
	firstValue, any := "", false
	for o := range n.Descendants() {
		if o.Data != "option" {
			continue
		}
		if has(o, "selected") {
			return attr(o, "value")
		}
		if !any {
			firstValue, any = attr(o, "value"), true
		}
	}
	return firstValue
}
