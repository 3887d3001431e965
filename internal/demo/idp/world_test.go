package idp_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"tongban/internal/adapter/oidc"
	"tongban/internal/demo/idp"
	"tongban/internal/demo/people"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// site is a small node with sign-in; its faces answer the error code or who is signed in.
type site struct {
	*httptest.Server
	party    *oidc.Party
	ask      oidc.Ask      // what the next sign-in is for
	agreed   *proof.Signed // what the last one brought
	sessions *oidc.Sessions
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fail := func(err error) { http.Error(w, errs.CodeOf(err).Name(), http.StatusForbidden) }
	switch r.URL.Path {
	case "/signin":
		if err := s.party.BeginFor(w, r, r.FormValue("to"), s.ask); err != nil {
			fail(err)
		}
	case "/signin/back":
		who, to, err := s.party.Finish(w, r)
		s.agreed = who.Agreed
		if err == nil {
			err = s.sessions.Write(w, who)
		}
		if err != nil {
			fail(err)
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	default:
		if got, ok := s.sessions.Read(r); ok {
			_, _ = io.WriteString(w, r.URL.String()+" "+got.Identity.Name)
			return
		}
		_, _ = io.WriteString(w, "nobody")
	}
}

// world is a provider and one province's node, reached through one dialler as in the demo.
type world struct {
	provider   *idp.Provider
	idp, node  *httptest.Server
	site       *site
	clientID   string
	issuer     string
	book       *people.Book
	httpClient *http.Client
	trust      *office.TrustList // with the provider's key
}

func newWorld(t *testing.T, scopes ...string) *world {
	t.Helper()
	if scopes == nil {
		scopes = []string{"profile", "phone", "idno"}
	}
	book, err := people.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{clientID: "heilongjiang", book: book}
	var provider http.Handler
	w.idp = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { provider.ServeHTTP(rw, r) }))
	w.site = &site{}
	w.node = httptest.NewServer(w.site)
	t.Cleanup(w.idp.Close)
	t.Cleanup(w.node.Close)
	keys := gm.MemoryKeys()
	sign, err := keys.SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	w.trust = &office.TrustList{Version: 1, Nodes: []office.Node{{ID: office.IDP, Sign: sign.Public()}}}
	w.issuer = named(w.idp.URL, "id.localhost")
	self := named(w.node.URL, "heilongjiang.localhost")
	w.provider, err = idp.New(idp.Config{
		Issuer: w.issuer, People: book, Secret: bytes.Repeat([]byte{7}, 32), Signer: proof.NewSigner(sign),
		Clients: []idp.Client{{
			ID: w.clientID, Node: "23", Name: "黑龙江", NameEn: "Heilongjiang", Province: "heilongjiang",
			RedirectURIs: []string{self + "/signin/back"}, PostLogoutURIs: []string{self + "/"}, Scopes: scopes,
		}, {ID: "qinghai", Node: "63", RedirectURIs: []string{self + "/elsewhere"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	provider = w.provider
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}}
	t.Cleanup(transport.CloseIdleConnections)
	w.httpClient = &http.Client{Transport: transport}
	vault, err := proof.NewVault(bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{2}, 16))
	if err != nil {
		t.Fatal(err)
	}
	w.site.party, err = oidc.New(oidc.Config{
		Issuer: w.issuer, ClientID: w.clientID, RedirectURL: self + "/signin/back", HTTPClient: w.httpClient, Cipher: vault,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.site.sessions = oidc.NewSessions(w.clientID, false, vault, nil)
	return w
}

func named(address, host string) string { return strings.Replace(address, "127.0.0.1", host, 1) }

func (w *world) home() string { return named(w.node.URL, "heilongjiang.localhost") }

// browser keeps cookies per host and stops before the address that holds stop, if any.
func (w *world) browser(t *testing.T, stop string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: w.httpClient.Transport, Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if stop != "" && strings.Contains(r.URL.String(), stop) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

// answer is a response whose body was read.
type answer struct {
	status   int
	header   http.Header
	at       *url.URL // after redirects
	location *url.URL // nil if there is none
}

func get(t *testing.T, b *http.Client, address string) (answer, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, b, r)
}

func do(t *testing.T, b *http.Client, r *http.Request) (answer, string) {
	t.Helper()
	resp, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	to, err := resp.Location()
	if err != nil {
		to = nil
	}
	return answer{status: resp.StatusCode, header: resp.Header, at: resp.Request.URL, location: to}, string(body)
}

var requestID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// pick presses a person's button on the sign-in page.
func (w *world) pick(t *testing.T, b *http.Client, body, sub string) (answer, string) {
	t.Helper()
	m := requestID.FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no sign-in page: %s", body)
	}
	form := url.Values{"id": {m[1]}, "person": {sub}, "lang": {"zh"}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.issuer+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, b, r)
}

// finish calls Finish itself with the browser's cookies.
func (w *world) finish(t *testing.T, b *http.Client, address string) oidc.Identity {
	t.Helper()
	who, err := w.tryFinish(t, b, address)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func (w *world) tryFinish(t *testing.T, b *http.Client, address string) (oidc.Identity, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	for _, c := range b.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	who, _, err := w.site.party.Finish(httptest.NewRecorder(), r)
	return who, err
}
