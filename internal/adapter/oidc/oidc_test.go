package oidc_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"tongban/internal/adapter/oidc"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

const clientID = "qinghai"

// provider is a provider that a test can make answer wrongly.
type provider struct {
	*httptest.Server
	key    *ecdsa.PrivateKey // in the key set
	sign   *ecdsa.PrivateKey // signs
	change map[string]any    // claims over the good ones; nil removes one
	token  func(http.ResponseWriter) bool
	nonce  string
	asked  int // discoveries
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{key: key, sign: key}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.asked++
		answer(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/keys", "end_session_endpoint": p.URL + "/bye",
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &p.key.PublicKey, KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		if p.token != nil && p.token(w) {
			return
		}
		answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": p.idToken(t)})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) idToken(t *testing.T) string {
	t.Helper()
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": p.URL, "aud": clientID, "sub": "s1", "nonce": p.nonce, "iat": now, "exp": now + 600, "auth_time": now,
		"acr": "level-3", "name": "赵审核", "account": "work",
	}
	maps.Copy(claims, p.change)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.sign, KeyID: "k"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	s, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func cipher(t *testing.T, seed byte) *proof.Vault {
	t.Helper()
	v, err := proof.NewVault(bytes.Repeat([]byte{seed}, 16), bytes.Repeat([]byte{9}, 16))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func newParty(t *testing.T, issuer string, now func() time.Time) *oidc.Party {
	t.Helper()
	p, err := oidc.New(oidc.Config{
		Issuer: issuer, ClientID: clientID, RedirectURL: "http://qinghai.localhost/back", Cipher: cipher(t, 1), Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tampered changes one character in the middle of a cookie.
func tampered(s string) string {
	i := len(s) / 2
	if s[i] == 'A' {
		return s[:i] + "B" + s[i+1:]
	}
	return s[:i] + "A" + s[i+1:]
}

func request(t *testing.T, address string, cookies ...*http.Cookie) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return r
}

// begin starts a sign-in and gives the cookies and what the provider was asked.
func begin(t *testing.T, p *oidc.Party) ([]*http.Cookie, url.Values) {
	t.Helper()
	w := httptest.NewRecorder()
	if err := p.Begin(w, request(t, "/signin"), "/desk"); err != nil {
		t.Fatal(err)
	}
	to, err := w.Result().Location()
	if err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies(), to.Query()
}

func TestTokens(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	good := oidc.Identity{Subject: "s1", Name: "赵审核", Level: 3, Officer: true}
	for name, tt := range map[string]struct {
		change map[string]any
		sign   *ecdsa.PrivateKey
		token  func(http.ResponseWriter) bool
		want   oidc.Identity
		code   errs.Code
	}{
		"good":                  {want: good},
		"their clock is ahead":  {change: map[string]any{"iat": now + 30, "auth_time": now + 30}, want: good},
		"their clock is behind": {change: map[string]any{"iat": now - 300, "exp": now + 300}, want: good},
		"level not ours":        {change: map[string]any{"acr": "level-9"}, want: oidc.Identity{Subject: "s1", Name: "赵审核", Officer: true}},
		"from the future":       {change: map[string]any{"iat": now + 300}, code: errs.TokenRejected},
		"expired":               {change: map[string]any{"iat": now - 900, "exp": now - 300}, code: errs.TokenRejected},
		"for another node":      {change: map[string]any{"aud": "heilongjiang"}, code: errs.TokenRejected},
		"another issuer":        {change: map[string]any{"iss": "http://id.example"}, code: errs.TokenRejected},
		"another sign-in":       {change: map[string]any{"nonce": "n"}, code: errs.TokenRejected},
		"no nonce":              {change: map[string]any{"nonce": nil}, code: errs.TokenRejected},
		"nobody":                {change: map[string]any{"sub": nil}, code: errs.TokenRejected},
		"forged":                {sign: other, code: errs.TokenRejected},
		"no id token": {token: func(w http.ResponseWriter) bool {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, `{"access_token":"a","token_type":"Bearer"}`)
			return true
		}, code: errs.TokenRejected},
		"code refused": {token: func(w http.ResponseWriter) bool {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return true
		}, code: errs.SignInRefused},
		"provider broken": {token: func(w http.ResponseWriter) bool {
			http.Error(w, "oops", http.StatusBadGateway)
			return true
		}, code: errs.ProviderDown},
		"endless answer": {token: func(w http.ResponseWriter) bool {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, `{"access_token":"`+strings.Repeat("a", 3<<20)+`"}`)
			return true
		}, code: errs.TokenRejected},
	} {
		t.Run(name, func(t *testing.T) {
			idp := newProvider(t)
			p := newParty(t, idp.URL, nil)
			cookies, asked := begin(t, p)
			idp.nonce, idp.change, idp.token = asked.Get("nonce"), tt.change, tt.token
			if tt.sign != nil {
				idp.sign = tt.sign
			}
			who, to, err := p.Finish(httptest.NewRecorder(), request(t, "/back?code=c&state="+asked.Get("state"), cookies...))
			if tt.code != 0 {
				if !errs.Is(err, tt.code) {
					t.Errorf("got %v, want %s", err, tt.code.Name())
				}
				return
			}
			if err != nil || to != "/desk" {
				t.Fatalf("to %q: %v", to, err)
			}
			if diff := cmp.Diff(tt.want, who); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFinishWithoutTheProvider(t *testing.T) {
	now := time.Now()
	idp := newProvider(t)
	p := newParty(t, idp.URL, func() time.Time { return now })
	cookies, asked := begin(t, p)
	forged := *cookies[0]
	forged.Value = tampered(forged.Value)
	state := asked.Get("state")
	later := now.Add(11 * time.Minute)
	for name, tt := range map[string]struct {
		query   string
		cookies []*http.Cookie
		at      time.Time
		want    errs.Code
	}{
		"no cookie":     {"code=c&state=" + state, nil, now, errs.SignInExpired},
		"forged cookie": {"code=c&state=" + state, []*http.Cookie{&forged}, now, errs.SignInExpired},
		"too late":      {"code=c&state=" + state, cookies, later, errs.SignInExpired},
		"wrong state":   {"code=c&state=x", cookies, now, errs.SignInMismatch},
		"no state":      {"code=c", cookies, now, errs.SignInMismatch},
		"cancelled":     {"error=access_denied&state=" + state, cookies, now, errs.SignInRefused},
		"no code":       {"state=" + state, cookies, now, errs.SignInRefused},
	} {
		saved := now
		now = tt.at
		w := httptest.NewRecorder()
		_, _, err := p.Finish(w, request(t, "/back?"+tt.query, tt.cookies...))
		now = saved
		if !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if got := w.Result().Cookies(); len(got) != 1 || got[0].MaxAge >= 0 {
			t.Errorf("%s: the sign-in is not used up: %v", name, got)
		}
	}
}

func TestReturnOnlyToLocalPaths(t *testing.T) {
	p := newParty(t, newProvider(t).URL, nil)
	for _, bad := range []string{
		"https://evil.example/", "//evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example", "desk", "javascript:alert(1)",
		"/a\nb", "/" + strings.Repeat("a", 2000), "/a b", "?x", "/%zz",
	} {
		w := httptest.NewRecorder()
		if err := p.Begin(w, request(t, "/signin"), bad); !errs.Is(err, errs.ReturnRefused) {
			t.Errorf("%q: %v", bad, err)
		}
		if len(w.Result().Cookies()) > 0 || w.Header().Get("Location") != "" {
			t.Errorf("%q: half done", bad)
		}
	}
	for _, good := range []string{"", "/", "/cases?page=2#x", "/v/%E5%9B%9E", "/a//b"} {
		if err := p.Begin(httptest.NewRecorder(), request(t, "/signin"), good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

func TestProviderIsAskedLateAndNotTooOften(t *testing.T) {
	now := time.Now()
	idp := newProvider(t)
	down := true
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down {
			idp.asked++
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		idp.Config.Handler.ServeHTTP(w, r)
	}))
	defer gate.Close()
	idp.URL = gate.URL
	p := newParty(t, gate.URL, func() time.Time { return now })
	if idp.asked != 0 {
		t.Error("asked at start")
	}
	for range 3 {
		w := httptest.NewRecorder()
		if err := p.Begin(w, request(t, "/signin"), "/"); !errs.Is(err, errs.ProviderDown) || len(w.Result().Cookies()) > 0 {
			t.Errorf("down: %v", err)
		}
	}
	if _, err := p.SignOutURL(t.Context(), "http://qinghai.localhost/"); !errs.Is(err, errs.ProviderDown) {
		t.Errorf("signing out: %v", err)
	}
	if idp.asked != 1 {
		t.Errorf("asked %d times in a moment", idp.asked)
	}
	down, now = false, now.Add(3*time.Second)
	begin(t, p)
	begin(t, p)
	if idp.asked != 2 {
		t.Errorf("asked %d times", idp.asked)
	}
}

func TestNewRefusesHalfAConfig(t *testing.T) {
	for name, cfg := range map[string]oidc.Config{
		"no issuer": {ClientID: "a", RedirectURL: "http://a.localhost/back", Cipher: cipher(t, 1)},
		"no cipher": {Issuer: "http://id.localhost", ClientID: "a", RedirectURL: "http://a.localhost/back"},
		"relative":  {Issuer: "http://id.localhost", ClientID: "a", RedirectURL: "/back", Cipher: cipher(t, 1)},
	} {
		if _, err := oidc.New(cfg); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
