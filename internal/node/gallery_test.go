package node_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"tongban/internal/node"
)

// bareKey is the key of a text that has no wording, standing where the wording should.
var bareKey = regexp.MustCompile(`^[a-z][a-z_]*(\.[a-z0-9_-]+)+$`)

// TestGalleryShowsEveryPage renders every state of the gallery in both languages: each has its own name, words for everything it
// says, one first heading, and no id twice. The browser's tests walk the same list.
func TestGalleryShowsEveryPage(t *testing.T) {
	site, states, err := node.Gallery(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range states {
		if names[s.Name] {
			t.Errorf("%s stands twice", s.Name)
		}
		names[s.Name] = true
		path := s.Path
		if path == "" {
			path = "/gallery/" + s.Name
		}
		for _, lang := range []string{"zh", "en"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.AddCookie(&http.Cookie{Name: "lang", Value: lang})
			w := httptest.NewRecorder()
			site.ServeHTTP(w, r)
			if made := s.Path == "" && s.Err == nil; made && w.Code != http.StatusOK {
				t.Errorf("%s (%s): status %d", s.Name, lang, w.Code)
			}
			for _, fault := range faults(t, w.Body.String()) {
				t.Errorf("%s (%s): %s", s.Name, lang, fault)
			}
		}
	}
}

// faults are what is wrong with a page that can be seen without a browser.
func faults(t *testing.T, page string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ids, heads := map[string]bool{}, 0
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "script" && bareKey.MatchString(strings.TrimSpace(n.Data)):
			out = append(out, "no wording of "+n.Data)
		case n.Type == html.TextNode && strings.Contains(n.Data, "%!"):
			out = append(out, "a wording with other arguments: "+n.Data)
		case n.Type == html.ElementNode && n.Data == "h1":
			heads++
		}
		for _, a := range n.Attr {
			if a.Key == "id" && ids[a.Val] {
				out = append(out, "id "+a.Val+" stands twice")
			}
			ids[a.Val] = ids[a.Val] || a.Key == "id"
		}
	}
	if heads != 1 {
		out = append(out, "not one first heading")
	}
	return out
}
