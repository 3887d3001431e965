package page

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

// shelf is a site with one kept page that counts how often it was made.
type shelf struct {
	site  *Site
	kept  *Kept
	stamp string
	body  string
	made  int
}

func newShelf(limit int) *shelf {
	s := &shelf{kept: NewKept(limit), stamp: "2026-11-25", body: strings.Repeat("一样的话。", 500)}
	s.site = NewSite(Config{})
	s.site.Get("/guide/{item}", func(w http.ResponseWriter, r *http.Request) error {
		return s.kept.Show(w, r, s.stamp, func() (Sheet, error) {
			s.made++
			status := 0
			if r.PathValue("item") == "none" {
				status = http.StatusNotFound
			}
			return Sheet{Status: status, Frame: FrameOf(r), Body: templ.Raw("<h1>" + s.body + "</h1>")}, nil
		})
	})
	return s
}

func (s *shelf) get(path string, head ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(head); i += 2 {
		r.Header.Add(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	s.site.ServeHTTP(w, r)
	return w
}

func TestKeptPageIsMadeOnce(t *testing.T) {
	s := newShelf(1 << 20)
	first, again := s.get("/guide/a"), s.get("/guide/a")
	if s.made != 1 {
		t.Errorf("made %d times", s.made)
	}
	if first.Body.String() != again.Body.String() || first.Header().Get("ETag") != again.Header().Get("ETag") {
		t.Error("the second answer differs")
	}
	for _, c := range []struct{ name, path, cookie string }{
		{"another address", "/guide/b", ""},
		{"another question", "/guide/a?here=1", ""},
		{"English", "/guide/a", "lang=en"},
		{"larger text", "/guide/a", "display=elder."},
		{"high contrast", "/guide/a", "display=.high"},
	} {
		before := s.made
		w := s.get(c.path, "Cookie", c.cookie)
		if s.made != before+1 {
			t.Errorf("%s: the other page was sent", c.name)
		}
		if w.Header().Get("ETag") == first.Header().Get("ETag") && c.name != "another address" {
			t.Errorf("%s: same tag for another page", c.name)
		}
	}
	before := s.made
	s.stamp = "2026-11-26"
	if s.get("/guide/a"); s.made != before+1 {
		t.Error("yesterday's page was sent today")
	}
}

func TestKeptPageAnswersNotModified(t *testing.T) {
	s := newShelf(1 << 20)
	plain := s.get("/guide/a")
	packed := s.get("/guide/a", "Accept-Encoding", "gzip")
	pt, gt := plain.Header().Get("ETag"), packed.Header().Get("ETag")
	if pt == gt || !strings.HasPrefix(pt, `"`) || !strings.HasPrefix(gt, `"`) {
		t.Fatalf("two forms need two strong tags: %s %s", pt, gt)
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(got, plain.Body.Bytes()) {
		t.Errorf("the packed form differs: %v", err)
	}
	for _, c := range []struct {
		name, sent, encoding string
		status               int
	}{
		{"same", pt, "", 304},
		{"weakened by a proxy", "W/" + pt, "", 304},
		{"one of several", `"x", ` + pt, "", 304},
		{"any", "*", "", 304},
		{"packed", gt, "gzip", 304},
		{"the other form", gt, "", 200},
		{"older page", `"old"`, "", 200},
		{"nonsense", "\x00", "", 200},
	} {
		w := s.get("/guide/a", "If-None-Match", c.sent, "Accept-Encoding", c.encoding)
		if w.Code != c.status {
			t.Errorf("%s: status %d, want %d", c.name, w.Code, c.status)
		}
		if w.Code == 304 && (w.Body.Len() > 0 || w.Header().Get("ETag") == "" || w.Header().Get("Vary") == "" || w.Header().Get("Cache-Control") == "") {
			t.Errorf("%s: a 304 has no body and repeats tag, Vary and Cache-Control: %v", c.name, w.Header())
		}
	}
	if vary := plain.Header().Get("Vary"); !strings.Contains(vary, "Cookie") || !strings.Contains(vary, "Accept-Encoding") {
		t.Errorf("Vary: %s", vary)
	}
}

func TestWhatIsNotKept(t *testing.T) {
	s := newShelf(1 << 20)
	s.get("/guide/none")
	if w := s.get("/guide/none"); s.made != 2 || w.Code != 404 || w.Header().Get("ETag") != "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("a page that says no was kept: %d %v", s.made, w.Header())
	}
	w := s.get("/guide/a?lang=en")
	if w.Header().Get("Set-Cookie") == "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("an answer that sets a cookie may be kept by others: %v", w.Header())
	}
}

func TestKeptIsBounded(t *testing.T) {
	s := newShelf(200_000)
	for i := range 500 {
		s.get("/guide/" + strconv.Itoa(i))
	}
	if s.kept.size > s.kept.limit || len(s.kept.byKey) != s.kept.used.Len() || s.kept.used.Len() == 0 {
		t.Errorf("%d bytes in %d pages, bound %d", s.kept.size, s.kept.used.Len(), s.kept.limit)
	}
	before := s.made
	if s.get("/guide/499"); s.made != before {
		t.Error("the last page was dropped")
	}
}
