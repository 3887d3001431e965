package inquiry

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tongban/internal/page"
)

// Every state shows in both languages, without a text that is missing and without markup that somebody entered.
func TestStates(t *testing.T) {
	site := page.NewSite(page.Config{})
	page.Gallery(site, States())
	for _, s := range States() {
		for _, lang := range []string{"zh", "en"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/gallery/"+s.Name+"?lang="+lang, http.NoBody)
			w := httptest.NewRecorder()
			site.ServeHTTP(w, r)
			if body := w.Body.String(); w.Code != http.StatusOK || strings.Contains(body, ">inquiry.") || strings.Contains(body, "<dd><script>") {
				t.Errorf("%s in %s: %d", s.Name, lang, w.Code)
			}
		}
	}
}
