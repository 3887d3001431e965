package oversight_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tongban/internal/face/oversight"
	"tongban/internal/page"
)

// Every state of the gallery is written in both languages, and no key shows itself for want of words.
func TestEveryStateHasWords(t *testing.T) {
	site := page.NewSite(page.Config{Log: slog.New(slog.DiscardHandler)})
	page.Gallery(site, oversight.States())
	for _, s := range oversight.States() {
		for _, lang := range []string{"zh", "en"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/gallery/"+url.PathEscape(s.Name)+"?lang="+lang, http.NoBody)
			w := httptest.NewRecorder()
			site.ServeHTTP(w, r)
			body := w.Body.String()
			if w.Code != http.StatusOK || strings.Contains(body, ">watch.") || strings.Contains(body, "limit <script>") {
				t.Errorf("%s in %s: %d", s.Name, lang, w.Code)
			}
		}
	}
}
