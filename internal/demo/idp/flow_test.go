package idp_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/adapter/oidc"
	"tongban/internal/demo/idp"
	"tongban/internal/demo/people"
	"tongban/internal/kernel/errs"
)

func TestWholeSignIn(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t, "")
	page, body := get(t, b, w.home()+"/signin?to="+url.QueryEscape("/cases?page=2"))
	for _, want := range []string{"不是真实的人", "樊晓梅", "李窗口", "赵审核", "身份证号", `lang="zh-CN"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' "+w.home()) {
		t.Errorf("policy %q stops the way back after the form", csp)
	}
	if _, got := w.pick(t, b, body, "resident.fan"); got != "/cases?page=2 樊晓梅" {
		t.Errorf("came back to %q", got)
	}
	// A second sign-in offers the same person first.
	if _, again := get(t, b, w.home()+"/signin"); !strings.Contains(again, "继续用刚才的身份") {
		t.Error("the second page does not know the browser")
	}
	if _, page := get(t, b, w.home()+"/signin"); !strings.Contains(page, `hreflang="en"`) {
		t.Error("no way to the English page")
	}
}

func TestWhatANodeIsTold(t *testing.T) {
	all := []string{"profile", "phone", "idno"}
	for _, tt := range []struct {
		sub    string
		scopes []string
		want   oidc.Identity
	}{
		{"resident.fan", all, oidc.Identity{Name: "樊晓梅", IDNo: "230183199001010025", Phone: "13800000001", Level: 3}},
		{"resident.fan", []string{"profile"}, oidc.Identity{Name: "樊晓梅", Level: 3}},
		{"resident.zhang", all, oidc.Identity{Name: "张守田", IDNo: "520103194803030014", Level: 4}},
		{"resident.chen", all, oidc.Identity{Phone: "13800000003", Level: 1}}, // a name that nobody checked is not told
		{"clerk.heilongjiang", all, oidc.Identity{Name: "李窗口", Level: 4, Officer: true}},
	} {
		w := newWorld(t, tt.scopes...)
		b := w.browser(t, "/signin/back")
		_, body := get(t, b, w.home()+"/signin")
		back, _ := w.pick(t, b, body, tt.sub)
		got := w.finish(t, b, back.location.String())
		tt.want.Subject = w.provider.Subject(w.clientID, tt.sub)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s with %v: %s", tt.sub, tt.scopes, diff)
		}
	}
}

func TestSubjectsArePairwiseAndStable(t *testing.T) {
	a, b := newWorld(t), newWorld(t)
	if a.provider.Subject("heilongjiang", "resident.fan") != b.provider.Subject("heilongjiang", "resident.fan") {
		t.Error("a restarted provider forgets its people")
	}
	if a.provider.Subject("heilongjiang", "resident.fan") == a.provider.Subject("qinghai", "resident.fan") {
		t.Error("two nodes could compare their people")
	}
}

func TestCodeIsGoodOnce(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t, "/signin/back")
	_, body := get(t, b, w.home()+"/signin")
	back, _ := w.pick(t, b, body, "resident.fan")
	address := back.location.String()
	w.finish(t, b, address)
	// The browser's cookie is still there because finish did not set it: a thief of address and cookie.
	if _, err := w.tryFinish(t, b, address); !errs.Is(err, errs.SignInRefused) {
		t.Errorf("replayed code: %v", err)
	}
}

func TestWrongStateAndOtherBrowser(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t, "/signin/back")
	_, body := get(t, b, w.home()+"/signin")
	back, _ := w.pick(t, b, body, "resident.fan")
	address := back.location.String()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("state", "other")
	u.RawQuery = q.Encode()
	if _, err := w.tryFinish(t, b, u.String()); !errs.Is(err, errs.SignInMismatch) {
		t.Errorf("wrong state: %v", err)
	}
	if _, err := w.tryFinish(t, w.browser(t, ""), address); !errs.Is(err, errs.SignInExpired) {
		t.Errorf("a browser that began nothing: %v", err)
	}
	// A stolen code in a sign-in of the thief's own: state and cookie fit, the verifier does not.
	thief := w.browser(t, "/authorize")
	begun, _ := get(t, thief, w.home()+"/signin")
	q.Set("state", begun.location.Query().Get("state"))
	u.RawQuery = q.Encode()
	if _, err := w.tryFinish(t, thief, u.String()); !errs.Is(err, errs.SignInRefused) {
		t.Errorf("a stolen code: %v", err)
	}
}

func TestOnlyTheBrowserThatChoseGetsTheCode(t *testing.T) {
	w := newWorld(t)
	thief, victim := w.browser(t, "/signin/back"), w.browser(t, "/authorize/callback")
	_, body := get(t, thief, w.home()+"/signin") // the thief begins, the victim chooses
	w.pick(t, victim, body, "resident.fan")
	id := requestID.FindStringSubmatch(body)[1]
	resp, page := get(t, thief, w.issuer+"/authorize/callback?id="+id)
	if resp.status != http.StatusForbidden || !strings.Contains(page, "40002") {
		t.Errorf("%d %s", resp.status, page)
	}
}

func TestProviderRefuses(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t, "://") // follow nothing
	base := url.Values{
		"client_id": {w.clientID}, "redirect_uri": {w.home() + "/signin/back"}, "response_type": {"code"},
		"scope": {"openid"}, "state": {"s"}, "code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}
	for name, tt := range map[string]struct {
		change url.Values
		status int
		want   string // in Location, or in the body
	}{
		"good":             {nil, http.StatusFound, "/login?id="},
		"unknown client":   {url.Values{"client_id": {"x"}}, http.StatusBadRequest, ""},
		"other address":    {url.Values{"redirect_uri": {"http://evil.localhost/"}}, http.StatusBadRequest, ""},
		"no PKCE":          {url.Values{"code_challenge": {""}}, http.StatusFound, "error=invalid_request"},
		"plain PKCE":       {url.Values{"code_challenge_method": {"plain"}}, http.StatusFound, "error=invalid_request"},
		"implicit":         {url.Values{"response_type": {"id_token"}}, http.StatusBadRequest, ""},
		"without a person": {url.Values{"prompt": {"none"}}, http.StatusFound, "error=login_required"},
	} {
		q := maps.Clone(base)
		maps.Copy(q, tt.change)
		resp, _ := get(t, b, w.issuer+"/authorize?"+q.Encode())
		if resp.status != tt.status || !strings.Contains(resp.header.Get("Location"), tt.want) {
			t.Errorf("%s: %d %s", name, resp.status, resp.header.Get("Location"))
		}
	}
	if resp, page := get(t, b, w.issuer+"/login?id=gone&lang=en"); resp.status != http.StatusNotFound || !strings.Contains(page, "40007") {
		t.Errorf("a request that is gone: %d", resp.status)
	}
	if resp, page := get(t, b, w.issuer+"/?lang=en"); resp.status != http.StatusOK || !strings.Contains(page, "not real people") {
		t.Errorf("first page: %d", resp.status)
	}
	_, body := get(t, w.browser(t, ""), w.home()+"/signin")
	if resp, page := w.pick(t, b, body, "resident.nobody"); resp.status != http.StatusBadRequest || !strings.Contains(page, "40008") {
		t.Errorf("nobody: %d", resp.status)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.issuer+"/login", strings.NewReader("person=resident.fan"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if resp, _ := do(t, b, r); resp.status != http.StatusForbidden {
		t.Errorf("a form on another site: %d", resp.status)
	}
}

func TestProviderDownAndBack(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t, "")
	_, body := get(t, b, w.home()+"/signin")
	if _, got := w.pick(t, b, body, "clerk.heilongjiang"); got != "/ 李窗口" {
		t.Fatal(got)
	}
	stop := w.browser(t, "/signin/back")
	_, body = get(t, stop, w.home()+"/signin")
	back, _ := w.pick(t, stop, body, "resident.fan")
	w.idp.CloseClientConnections()
	w.idp.Close()
	if _, got := get(t, b, w.home()+"/queue"); got != "/queue 李窗口" {
		t.Errorf("an open session ended with the provider: %q", got)
	}
	if _, err := w.tryFinish(t, stop, back.location.String()); !errs.Is(err, errs.ProviderDown) {
		t.Errorf("a code while the provider is down: %v", err)
	}
}

func TestSignOutForgetsTheBrowser(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t, "")
	_, body := get(t, b, w.home()+"/signin")
	w.pick(t, b, body, "resident.fan")
	to, err := w.site.party.SignOutURL(t.Context(), w.home()+"/")
	if err != nil {
		t.Fatal(err)
	}
	if resp, _ := get(t, b, to); resp.at.String() != w.home()+"/" {
		t.Errorf("signed out to %s", resp.at)
	}
	if _, body = get(t, b, w.home()+"/signin"); strings.Contains(body, "继续用刚才的身份") {
		t.Error("the browser is still known")
	}
}

func TestRequestsEnd(t *testing.T) {
	book, err := people.Load()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p, err := idp.New(idp.Config{
		Issuer: "https://id.example", People: book, Secret: make([]byte, 32), Now: func() time.Time { return now },
		Clients: []idp.Client{{ID: "a", RedirectURIs: []string{"https://a.example/back"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://id.example"+path, http.NoBody))
		return w
	}
	login := ask("/authorize?client_id=a&redirect_uri=https%3A%2F%2Fa.example%2Fback&response_type=code&scope=openid&code_challenge=x&code_challenge_method=S256").Header().Get("Location")
	if got := ask(login); got.Code != http.StatusOK || strings.Contains(got.Body.String(), "身份证号") {
		t.Errorf("%d: the page promises data that the client may not ask for", got.Code)
	}
	now = now.Add(11 * time.Minute)
	if got := ask(login).Code; got != http.StatusNotFound {
		t.Errorf("an old request: %d", got)
	}
	for name, bad := range map[string]idp.Config{
		"path":   {Issuer: "https://id.example/x", People: book, Secret: make([]byte, 32)},
		"secret": {Issuer: "https://id.example", People: book},
		"people": {Issuer: "https://id.example", Secret: make([]byte, 32)},
		"client": {Issuer: "https://id.example", People: book, Secret: make([]byte, 32), Clients: []idp.Client{{ID: "a"}}},
	} {
		if _, err := idp.New(bad); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
