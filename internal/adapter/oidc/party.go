package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	zoidc "github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"

	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

const (
	// signInLife is how long somebody may take at the provider.
	signInLife = 10 * time.Minute
	// clockSkew is how far the provider's clock may be ahead of ours.
	clockSkew = time.Minute
	// askTimeout bounds one question to the provider.
	askTimeout = 5 * time.Second
	// askAgain is how long a failed discovery is not repeated: a provider that is down is not asked by every request.
	askAgain = 2 * time.Second
	// maxAnswer bounds what the provider may send.
	maxAnswer = 1 << 20
	// maxReturn bounds the path to come back to, so that the cookie holds it.
	maxReturn = 1500
)

// Config says where to sign in and as whom.
type Config struct {
	Issuer       string           // the provider, as its tokens say it
	ClientID     string           // this node at the provider
	ClientSecret string           // empty for a public client; PKCE protects the code either way
	RedirectURL  string           // this node's address that calls Finish; https makes cookies Secure
	Scopes       []string         // beside openid; nil means profile, phone, idno and roam
	HTTPClient   *http.Client     // dials the provider; nil means http.DefaultTransport
	Cipher       Cipher           // keeps a sign-in under way in a cookie
	Now          func() time.Time // security time; nil means time.Now
}

// Party is the relying party of one node. The provider is asked only when somebody signs in, so a node starts and
// serves sessions while the provider is down. Safe for concurrent use.
type Party struct {
	cfg    Config
	jar    jar
	scopes []string
	client *http.Client

	mu      sync.Mutex // guards what follows; held while asking, so that the provider is asked once
	remote  rp.RelyingParty
	failed  time.Time
	lastErr error
}

// Ask is what a sign-in is for beyond knowing who it is. The zero value asks for nothing.
type Ask struct {
	// Subject is who must come back, "" for anybody: in the middle of something no other person may take over.
	Subject string `json:"subject,omitempty"`
	Level   int    `json:"level,omitempty"` // the lowest that will do; the provider lets the person prove more
	// Agree is what the person agrees to at the provider; nil for nothing.
	Agree *vouch.Agreement `json:"agree,omitempty"`
}

// pending is a sign-in under way, as the cookie keeps it.
type pending struct {
	Ask Ask `json:"ask,omitzero"`

	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Return   string    `json:"return"`
	Until    time.Time `json:"until"`
}

type nonceKey struct{}

// New checks the configuration; it does not ask the provider.
func New(cfg Config) (*Party, error) {
	back, err := url.Parse(cfg.RedirectURL)
	if err != nil || back.Host == "" || cfg.Issuer == "" || cfg.ClientID == "" || cfg.Cipher == nil {
		return nil, errs.New(errs.BadRequest, "sign-in needs issuer, client id, redirect address and cipher")
	}
	p := &Party{cfg: cfg, scopes: cfg.Scopes}
	if p.scopes == nil {
		p.scopes = []string{zoidc.ScopeProfile, zoidc.ScopePhone, ScopeIDNo, ScopeRoam}
	}
	p.scopes = append([]string{zoidc.ScopeOpenID}, p.scopes...)
	if p.cfg.Now == nil {
		p.cfg.Now = time.Now
	}
	p.jar = newJar("signin", cfg.ClientID, back.Scheme == "https", cfg.Cipher)
	p.client = &http.Client{Timeout: askTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // the provider's own addresses do not move, and a code must not follow them
	}}
	inner := http.DefaultTransport
	if cfg.HTTPClient != nil && cfg.HTTPClient.Transport != nil {
		inner = cfg.HTTPClient.Transport
	}
	p.client.Transport = bounded{inner}
	return p, nil
}

// Begin sends the browser to the provider; returnTo is the local path that Finish gives back, "" means "/". It returns
// errs.ReturnRefused for any other address and errs.ProviderDown; in both cases nothing has been written.
func (p *Party) Begin(w http.ResponseWriter, r *http.Request, returnTo string) error {
	return p.BeginFor(w, r, returnTo, Ask{})
}

// BeginFor is Begin for something: a higher level in the middle of a journey, or an agreement.
func (p *Party) BeginFor(w http.ResponseWriter, r *http.Request, returnTo string, ask Ask) error {
	if returnTo == "" {
		returnTo = "/"
	}
	if !LocalPath(returnTo) {
		return errs.New(errs.ReturnRefused, "asked to return to an address that is not a local path")
	}
	remote, err := p.provider(r.Context())
	if err != nil {
		return err
	}
	s := pending{
		Ask: ask, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		Return: returnTo, Until: p.cfg.Now().Add(signInLife),
	}
	if !p.jar.put(w, s, signInLife) {
		return errs.New(errs.ReturnRefused, "the path to return to does not fit into a cookie")
	}
	params := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(s.Verifier), oauth2.SetAuthURLParam("nonce", s.Nonce)}
	if ask.Level > 0 {
		params = append(params, oauth2.SetAuthURLParam("acr_values", ACR(ask.Level)))
	}
	if ask.Subject != "" {
		params = append(params, oauth2.SetAuthURLParam("login_hint", ask.Subject))
	}
	cfg := *remote.OAuthConfig()
	if ask.Agree != nil {
		cfg.Scopes = append(slices.Clone(cfg.Scopes), ask.Agree.Scope())
	}
	to := cfg.AuthCodeURL(s.State, params...)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}

// Finish takes the browser's return from the provider and says who it is and where they wanted to go. The sign-in under
// way is used up, whatever the outcome. Errors: errs.SignInExpired (none under way here, or too late),
// errs.SignInMismatch (begun elsewhere), errs.SignInRefused (the provider says no, or the code was used before),
// errs.TokenRejected (the token is not for this sign-in), errs.ProviderDown; and, with returnTo, errs.NotAgreed, errs.OtherPerson
// and errs.LevelTooLow: not what was asked for in the middle of something.
func (p *Party) Finish(w http.ResponseWriter, r *http.Request) (who Identity, returnTo string, err error) {
	var s pending
	found := p.jar.get(r, &s)
	p.jar.clear(w)
	w.Header().Set("Cache-Control", "no-store")
	q := r.URL.Query()
	switch {
	case !found || !p.cfg.Now().Before(s.Until):
		return Identity{}, "", errs.New(errs.SignInExpired, "no sign-in is under way in this browser")
	case subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(s.State)) != 1:
		return Identity{}, "", errs.New(errs.SignInMismatch, "state differs")
	case q.Get("error") == "access_denied" && s.Ask != (Ask{}):
		return Identity{}, s.Return, errs.New(errs.NotAgreed, "said no in the middle")
	case q.Get("error") != "":
		return Identity{}, "", errs.New(errs.SignInRefused, "provider answers %.40q", q.Get("error"))
	case q.Get("code") == "":
		return Identity{}, "", errs.New(errs.SignInRefused, "provider sent no code")
	}
	remote, err := p.provider(r.Context())
	if err != nil {
		return Identity{}, "", err
	}
	ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), nonceKey{}, s.Nonce), 2*askTimeout)
	defer cancel()
	tokens, err := rp.CodeExchange[*zoidc.IDTokenClaims](ctx, q.Get("code"), remote, rp.WithCodeVerifier(s.Verifier))
	if err != nil {
		return Identity{}, "", exchangeError(err)
	}
	who = identityOf(tokens.IDTokenClaims)
	who.Grant = grantOf(tokens)
	if err := s.Ask.met(&who, tokens.IDTokenClaims); err != nil {
		return Identity{}, s.Return, err
	}
	return who, s.Return, nil
}

// met checks that what came back is what was asked for, and takes the consent out of the token. That the provider of the
// trust list signed it is for the caller to check.
func (a Ask) met(who *Identity, c *zoidc.IDTokenClaims) error {
	switch {
	case a.Subject != "" && who.Subject != a.Subject:
		return errs.New(errs.OtherPerson, "another subject came back")
	case who.Level < a.Level:
		return errs.New(errs.LevelTooLow, "level %d, %d was asked for", who.Level, a.Level)
	case a.Agree == nil:
		return nil
	}
	b, err := json.Marshal(c.Claims[ClaimConsent])
	if err != nil {
		return errs.Wrap(errs.TokenRejected, err, "consent")
	}
	who.Agreed = new(proof.Signed)
	if err := json.Unmarshal(b, who.Agreed); err != nil || len(who.Agreed.Body) == 0 {
		return errs.New(errs.TokenRejected, "the token holds no consent")
	}
	return nil
}

// SignOutURL is where the browser goes (by GET) to be signed out at the provider too, coming back to backTo, an absolute
// address that is registered there. errs.ProviderDown leaves the session at the provider to its own limit.
func (p *Party) SignOutURL(ctx context.Context, backTo string) (string, error) {
	remote, err := p.provider(ctx)
	if err != nil {
		return "", err
	}
	q := url.Values{"client_id": {p.cfg.ClientID}, "post_logout_redirect_uri": {backTo}}
	return remote.GetEndSessionEndpoint() + "?" + q.Encode(), nil
}

// provider discovers the provider on first use and after a failure.
func (p *Party) provider(ctx context.Context) (rp.RelyingParty, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.remote != nil {
		return p.remote, nil
	}
	if p.lastErr != nil && p.cfg.Now().Sub(p.failed) < askAgain {
		return nil, errs.Wrap(errs.ProviderDown, p.lastErr, "asked a moment ago")
	}
	// A visitor who leaves must not fail the question for those who wait for its answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	remote, err := rp.NewRelyingPartyOIDC(ctx, p.cfg.Issuer, p.cfg.ClientID, p.cfg.ClientSecret, p.cfg.RedirectURL, p.scopes,
		rp.WithHTTPClient(p.client),
		rp.WithAuthStyle(p.authStyle()),
		rp.WithVerifierOpts(
			rp.WithIssuedAtOffset(clockSkew),
			rp.WithSupportedSigningAlgorithms("ES256", "RS256", "PS256"),
			rp.WithNonce(func(ctx context.Context) string { n, _ := ctx.Value(nonceKey{}).(string); return n }),
		))
	if err != nil {
		p.failed, p.lastErr = p.cfg.Now(), err
		return nil, errs.Wrap(errs.ProviderDown, err, "discovery")
	}
	p.remote, p.lastErr = remote, nil
	return remote, nil
}

func (p *Party) authStyle() oauth2.AuthStyle {
	if p.cfg.ClientSecret == "" {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// exchangeError tells a provider that says no from one that does not answer and from a bad token.
func exchangeError(err error) error {
	var no *oauth2.RetrieveError
	var lost *url.Error
	switch {
	case errors.As(err, &no) && no.Response != nil && no.Response.StatusCode >= http.StatusInternalServerError:
		return errs.New(errs.ProviderDown, "token endpoint answers %d", no.Response.StatusCode)
	case errors.As(err, &no):
		return errs.New(errs.SignInRefused, "token endpoint answers %.40q", no.ErrorCode)
	case errors.As(err, &lost):
		return errs.Wrap(errs.ProviderDown, lost.Err, "token endpoint")
	default:
		return errs.Wrap(errs.TokenRejected, err, "id token")
	}
}

// maxGrant bounds what the session's cookie has to hold.
const maxGrant = 1024

// grantOf is the access token if the provider says that it is good for more than this sign-in.
func grantOf(t *zoidc.Tokens[*zoidc.IDTokenClaims]) string {
	scope, _ := t.Extra("scope").(string)
	if len(t.AccessToken) > maxGrant || !slices.Contains(strings.Fields(scope), ScopeRoam) {
		return ""
	}
	return t.AccessToken
}

func identityOf(c *zoidc.IDTokenClaims) Identity {
	account, _ := c.Claims[ClaimAccount].(string)
	number, _ := c.Claims[ClaimIDNo].(string)
	return Identity{
		Subject: c.GetSubject(), Name: c.Name, IDNo: number, Phone: c.PhoneNumber,
		Level: LevelOf(c.AuthenticationContextClassReference), Officer: account == AccountWork,
	}
}

// LocalPath reports whether s is a path on this host and nothing that a browser could take for another host: it begins
// with exactly one slash and holds no backslash, space or control character.
func LocalPath(s string) bool {
	if len(s) > maxReturn || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.Contains(s, `\`) ||
		strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil
}

// bounded cuts answers at maxAnswer; what was cut does not parse.
type bounded struct{ inner http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}
