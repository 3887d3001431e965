package node_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tongban/internal/page/text"
)

// visit sends a request as one of the people of the matrix.
func (m *matrix) visit(t *testing.T, who, method, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://heilongjiang.localhost"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, p := range m.who {
		if p.name == who && p.cookie != nil {
			r.AddCookie(p.cookie)
		}
	}
	w := httptest.NewRecorder()
	m.web.ServeHTTP(w, r)
	return w
}

// Officers of the issuing office work a licence through the desk's pages: found, suspended, struck off by two people, and each
// refusal says why.
func TestRegisterPages(t *testing.T) {
	m := newMatrix(t)
	sheet := "/desk/licences/" + m.paper
	say := func(key string, args ...any) string { return text.T("zh", key, args...) }
	for _, x := range []struct {
		who, method, path string
		form              url.Values
		code              int
		want              string // in the page, or in where it leads
	}{
		{"decider@own", "POST", "/desk/licences", url.Values{"words": {"23018300001"}}, 200, say("register.none")}, // was issued before there was an index
		{"decider@own", "POST", "/desk/licences", url.Values{"words": {m.paper}}, 200, sheet},
		{"decider@own", "POST", "/desk/licences", url.Values{"words": {"230183199001010025"}}, 200, sheet}, // by its case
		{"decider@own", "POST", "/desk/licences", url.Values{}, 422, say("register.no_words")},
		{"decider@other", "POST", "/desk/licences", url.Values{"words": {"230183199001010025"}}, 200, say("register.none")},
		{"decider@own", "GET", sheet, nil, 200, say("register.act.suspend")},
		{"reviewer@own", "GET", sheet, nil, 200, say("register.did.issue")},
		{"decider@own", "GET", sheet + "/do/suspend", nil, 200, "penalty"},
		{"decider@own", "POST", sheet + "/do/suspend", url.Values{"row": {"1"}}, 422, say("field.error_title", 1)},
		{"decider@own", "POST", sheet + "/do/suspend", url.Values{"row": {"1"}, "reason": {"penalty"}}, 303, sheet},
		{"decider@own", "POST", sheet + "/do/suspend", url.Values{"row": {"1"}, "reason": {"penalty"}}, 409, ""},
		{"decider@own", "GET", sheet, nil, 200, say("register.state.suspended")},
		{"nobody", "GET", "/v/" + m.paper, nil, 200, say("entrance.verify.suspended")},
		{"decider@own", "POST", sheet + "/do/strike", url.Values{"row": {"2"}, "reason": {"penalty"}}, 303, sheet},
		{"decider@own", "GET", sheet, nil, 200, say("register.waits_other")},
		{"decider@own", "POST", sheet + "/wish/confirm", url.Values{"row": {"2"}}, 403, ""},
		{"lead@own", "GET", sheet, nil, 200, say("register.wish.confirm")},
		{"lead@own", "POST", sheet + "/wish/confirm", url.Values{"row": {"2"}}, 303, sheet},
		{"lead@own", "GET", sheet, nil, 200, say("register.state.struck")},
		{"nobody", "GET", "/v/" + m.paper, nil, 200, say("entrance.verify.struck")},
		{"lead@own", "GET", sheet + "/do/resume", nil, 409, ""},
	} {
		w := m.visit(t, x.who, x.method, x.path, x.form)
		if body := w.Body.String() + w.Header().Get("Location"); w.Code != x.code || !strings.Contains(body, x.want) {
			t.Errorf("%s %s %s by %s: %d, want %d with %q", x.method, x.path, x.form.Encode(), x.who, w.Code, x.code, x.want)
		}
	}
	if w := m.visit(t, "decider@own", http.MethodGet, "/desk/licences/none", nil); w.Code != http.StatusNotFound {
		t.Errorf("no identifier: %d", w.Code)
	}
}
