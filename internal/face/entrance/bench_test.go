package entrance

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"tongban/internal/page"
)

// away throws an answer away; only its status counts.
type away struct {
	head   http.Header
	status int
}

func (a *away) Header() http.Header         { return a.head }
func (a *away) Write(b []byte) (int, error) { return len(b), nil }
func (a *away) WriteHeader(s int)           { a.status = s }

// galleryPublicOf is the gallery's data.
func galleryPublicOf(tb testing.TB) Public {
	tb.Helper()
	p, err := galleryPublic(slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// galleryBase is what the gallery's pages are made from.
func galleryBase(tb testing.TB) *base {
	tb.Helper()
	b := newBase(galleryPublicOf(tb))
	b.open()
	return b
}

// The public pages in process, as a browser asks for them (gzip). "fresh" makes the page each time, "kept" sends it again.
func BenchmarkPages(b *testing.B) {
	site := NewHub(galleryPublicOf(b))
	ask := func(b *testing.B, path string) {
		b.Helper()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		w := &away{head: http.Header{}, status: http.StatusOK}
		site.ServeHTTP(w, r)
		if w.status != http.StatusOK {
			b.Fatal(path, w.status)
		}
	}
	guide := guide("2020-030", "230183", "630100")
	for _, c := range []struct{ name, path string }{
		{"home/kept", "/"},
		{"guide/kept", guide},
		{"search/words", "/search?q=" + url.QueryEscape("\u5728\u5916\u5730\u770b\u75c5\u600e\u4e48\u62a5\u9500")},
		{"search/pinyin", "/search?q=gongjijin"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				ask(b, c.path)
			}
		})
	}
	n := 0
	for _, c := range []struct{ name, path string }{
		{"home/fresh", "/?n="}, {"guide/fresh", guide + "&n="}, {"pair/fresh", "/regions/230183/630100?n="},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				n++
				ask(b, c.path+strconv.Itoa(n))
			}
		})
	}
}

// BenchmarkGuide is resolving and rendering a guide alone, without compression and the site around it.
func BenchmarkGuide(b *testing.B) {
	base := galleryBase(b)
	r := httptest.NewRequest(http.MethodGet, guide("2020-030", "230183", "630100"), nil)
	it, _ := base.Catalogue.Item("2020-030")
	for b.Loop() {
		v, err := base.guideView(r.Context(), it, r.URL.Query(), base.today())
		if err != nil {
			b.Fatal(err)
		}
		if err := page.Page(base.frame(r), guidePage(base, v, nil)).Render(r.Context(), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
