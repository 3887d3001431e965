// Package idp is the bundled OpenID provider (OpenID Connect Core 1.0, authorization code with PKCE) that signs in the
// made-up people of the demo. It stands on a host of its own, neither hub nor node, and asks for no password: every page
// says that it is a demo. A real deployment names another provider and never links this package.
//
// Requests, codes and browser sessions live in memory: after a restart people sign in again, and keep their subjects,
// because all keys come from one stored secret.
package idp

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	zoidc "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"

	"tongban/internal/adapter/oidc"
	"tongban/internal/demo/people"
	"tongban/internal/domain/office"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/throttle"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// maxBody bounds what a browser or a node may send.
const maxBody = 64 << 10

// Config is what the provider serves. All but Signer, Log and Now are needed.
type Config struct {
	Issuer  string           // own address without a path, such as http://id.localhost:8080; plain http is allowed
	Clients []Client         // one per province and one for the hub
	People  *people.Book     // who can sign in
	Signer  *proof.Signer    // its key stands in the trust list; nil: it signs nothing beyond sign-ins
	Secret  []byte           // 32 bytes, kept with the demo's data; all keys and pairwise subjects come from it
	Log     *slog.Logger     // one event per request; nil means slog.Default
	Now     func() time.Time // security time; nil means time.Now
}

// Client is one site that lets people sign in here.
type Client struct {
	ID             string
	Node           office.NodeID // as the trust list names it; "" for the hub
	Name           string        // shown on the sign-in page, Chinese
	NameEn         string        // the same in English
	Province       string        // whose officers stand on the page; "" for the hub
	RedirectURIs   []string      // exact addresses
	PostLogoutURIs []string      // exact addresses
	Scopes         []string      // what it may ask for beside openid: profile, phone, idno, roam, consent
	Secret         string        // empty for a public client
}

// Provider is the running provider. Safe for concurrent use.
type Provider struct {
	cfg   Config
	keys  keys
	store *store
	op    *op.Provider
	site  *page.Site
	asked *throttle.Throttle // for Bearers, by grant
}

// New checks the configuration and builds the provider; it starts nothing in the background.
func New(cfg Config) (*Provider, error) {
	at, err := url.Parse(cfg.Issuer)
	if err != nil || at.Host == "" || at.Path != "" || cfg.People == nil {
		return nil, errs.New(errs.BadRequest, "the provider needs an issuer without a path, and people")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	p := &Provider{cfg: cfg, asked: throttle.New(bearersAMinute, time.Minute, cfg.Now)}
	if p.keys, err = newKeys(cfg.Secret); err != nil {
		return nil, err
	}
	p.store = newStore(p)
	for _, c := range cfg.Clients {
		if c.ID == "" || len(c.RedirectURIs) == 0 || p.store.clients[c.ID] != nil {
			return nil, errs.New(errs.BadRequest, "client %q is incomplete or stands twice", c.ID)
		}
		p.store.clients[c.ID] = &client{c}
	}
	options := []op.Option{op.WithCORSOptions(nil)} // browsers get no script access to tokens
	if at.Scheme == "http" {
		options = append(options, op.WithAllowInsecure())
	}
	p.op, err = op.NewProvider(&op.Config{
		CryptoKey: p.keys.crypto, CryptoKeyId: "1", CodeMethodS256: true,
		SupportedScopes:    []string{zoidc.ScopeOpenID, zoidc.ScopeProfile, zoidc.ScopePhone, oidc.ScopeIDNo, oidc.ScopeRoam},
		SupportedClaims:    []string{"sub", "iss", "aud", "exp", "iat", "nonce", "acr", "name", "phone_number", oidc.ClaimIDNo, oidc.ClaimAccount},
		SupportedUILocales: []language.Tag{language.SimplifiedChinese, language.English},
	}, p.store, op.StaticIssuer(cfg.Issuer), options...)
	if err != nil {
		return nil, errs.Wrap(errs.BadRequest, err, "the provider's configuration")
	}
	p.site = p.routes()
	return p, nil
}

// ServeHTTP answers everything on the provider's host.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.site.ServeHTTP(w, r) }

// Subject is the pairwise subject under which a client knows a person: what a node enrols its officers by.
func (p *Provider) Subject(clientID, sub string) string { return p.keys.subject(clientID, sub) }

// routes lists what the host answers; of the library's endpoints only those that the code flow needs.
func (p *Provider) routes() *page.Site {
	s := page.NewSite(page.Config{Log: p.cfg.Log, MaxBody: maxBody, Frame: p.frame})
	s.Get("/{$}", p.home)
	s.Get("/login", p.choose)
	s.Post("/login", p.signIn)
	s.Get("/authorize/callback", p.callback)
	s.Get("/end_session", p.signOut)
	s.Handle("POST "+oidc.PathBearers, http.HandlerFunc(p.bearers))
	library := http.MaxBytesHandler(p.op, maxBody)
	for _, path := range []string{zoidc.DiscoveryEndpoint, "/authorize", "/oauth/token", "/userinfo", "/keys"} {
		s.Handle(path, library)
	}
	return s
}

func (p *Provider) secure() bool { return strings.HasPrefix(p.cfg.Issuer, "https:") }

// client shows a Client to the library.
type client struct{ Client }

var _ op.Client = (*client)(nil)

func (c *client) GetID() string                       { return c.ID }
func (c *client) RedirectURIs() []string              { return c.Client.RedirectURIs }
func (c *client) PostLogoutRedirectURIs() []string    { return c.PostLogoutURIs }
func (c *client) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c *client) ResponseTypes() []zoidc.ResponseType {
	return []zoidc.ResponseType{zoidc.ResponseTypeCode}
}

func (c *client) GrantTypes() []zoidc.GrantType        { return []zoidc.GrantType{zoidc.GrantTypeCode} }
func (c *client) LoginURL(id string) string            { return loginURL(id) }
func (c *client) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeBearer }
func (c *client) IDTokenLifetime() time.Duration       { return tokenLife }
func (c *client) DevMode() bool                        { return false }
func (c *client) IDTokenUserinfoClaimsAssertion() bool { return true }
func (c *client) ClockSkew() time.Duration             { return 0 }

// IsScopeAllowed lets registered scopes pass, and agreements where the client may ask for any.
func (c *client) IsScopeAllowed(scope string) bool {
	_, agreement := vouch.ParseScope(scope)
	return slices.Contains(c.Scopes, scope) || agreement && slices.Contains(c.Scopes, oidc.ScopeConsent)
}

func (c *client) RestrictAdditionalAccessTokenScopes() func([]string) []string { return c.allowed }

//nolint:staticcheck // the library's spelling
func (c *client) RestrictAdditionalIdTokenScopes() func([]string) []string { return c.allowed }

func (c *client) AuthMethod() zoidc.AuthMethod {
	if c.Secret == "" {
		return zoidc.AuthMethodNone
	}
	return zoidc.AuthMethodBasic
}

func loginURL(id string) string { return "/login?id=" + url.QueryEscape(id) }

// name is what the site is called in a language.
func (c *client) name(lang string) string {
	if lang == "en" {
		return c.NameEn
	}
	return c.Name
}

// allowed keeps the scopes that the client registered; the library lets standard ones pass by itself.
func (c *client) allowed(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool {
		return s != zoidc.ScopeOpenID && !c.IsScopeAllowed(s)
	})
}
