package idp

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"slices"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	zoidc "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"tongban/internal/adapter/oidc"
	"tongban/internal/demo/people"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

const (
	requestLife = 10 * time.Minute   // to choose somebody
	codeLife    = time.Minute        // to redeem the code
	tokenLife   = 10 * time.Minute   // of ID tokens and access tokens; nodes read them at once
	browserLife = time.Hour          // of "go on as the same person"
	roamLife    = oidc.AbsoluteLimit // of an access token with the scope roam: as long as the node's own session may last
	// maxHeld bounds each kind of thing in memory; beyond it new sign-ins are refused until old ones end.
	maxHeld = 20_000
)

// errNotOffered answers the library for grants that no client may use.
var errNotOffered = errors.New("not offered by this provider")

// store is the library's storage, in memory.
type store struct {
	keys    keys
	signer  *proof.Signer // nil: nothing is signed beyond sign-ins
	people  *people.Book
	now     func() time.Time
	clients map[string]*client // fixed after New

	mu       sync.Mutex // guards what follows
	requests map[string]*request
	codes    map[string]string // code → request
	tokens   map[string]token
	browsers map[string]browser // cookie → who chose last
}

type browser struct {
	sub   string
	level int // that was proven in this browser
	until time.Time
}

var (
	_ op.Storage                   = (*store)(nil)
	_ op.CanSetUserinfoFromRequest = (*store)(nil)
)

func newStore(p *Provider) *store {
	return &store{
		keys: p.keys, signer: p.cfg.Signer, people: p.cfg.People, now: p.cfg.Now, clients: map[string]*client{},
		requests: map[string]*request{}, codes: map[string]string{}, tokens: map[string]token{}, browsers: map[string]browser{},
	}
}

// sweep drops what is over. Callers hold mu.
func (s *store) sweep() {
	now := s.now()
	for id, r := range s.requests {
		if !now.Before(r.until) {
			delete(s.requests, id)
		}
	}
	for code, id := range s.codes {
		if s.requests[id] == nil {
			delete(s.codes, code)
		}
	}
	for id, t := range s.tokens {
		if !now.Before(t.until) {
			delete(s.tokens, id)
		}
	}
	for id, b := range s.browsers {
		if !now.Before(b.until) {
			delete(s.browsers, id)
		}
	}
}

// CreateAuthRequest takes a sign-in that the library has checked. It insists on PKCE with S256 for every client.
func (s *store) CreateAuthRequest(_ context.Context, asked *zoidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if asked.CodeChallenge == "" || asked.CodeChallengeMethod != zoidc.CodeChallengeMethodS256 {
		return nil, zoidc.ErrInvalidRequest().WithDescription("PKCE with S256 is required")
	}
	if slices.Contains(asked.Prompt, zoidc.PromptNone) {
		return nil, zoidc.ErrLoginRequired()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) >= maxHeld {
		if s.sweep(); len(s.requests) >= maxHeld {
			return nil, zoidc.ErrServerError().WithDescription("too many sign-ins are under way")
		}
	}
	r := &request{id: rand.Text(), asked: *asked, until: s.now().Add(requestLife)}
	for _, scope := range asked.Scopes {
		if a, ok := vouch.ParseScope(scope); ok {
			r.agreed = &a
		}
	}
	s.requests[r.id] = r
	copied := *r
	return &copied, nil
}

// live finds a request that has not ended and whose code was not given out. Callers hold mu.
func (s *store) live(id string) (*request, error) {
	r := s.requests[id]
	if r == nil || r.hasCode || !s.now().Before(r.until) {
		return nil, errs.New(errs.SignInRequestGone, "request")
	}
	return r, nil
}

// AuthRequestByID gives a copy of a request under way.
func (s *store) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	return s.request(id)
}

func (s *store) request(id string) (*request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.live(id)
	if err != nil {
		return nil, err
	}
	copied := *r
	return &copied, nil
}

// choose says who signs in, and gives the cookie of the browser that said so in place of the old one. Grants of the same
// person stay, so that one sign-in serves every province; those of another person who used the browser before end.
func (s *store) choose(id, old string, who people.Person) (cookie string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.live(id)
	if err != nil {
		return "", err
	}
	if len(s.browsers) >= maxHeld {
		if s.sweep(); len(s.browsers) >= maxHeld {
			return "", errs.New(errs.TooMany, "browsers")
		}
	}
	cookie = rand.Text()
	s.browsers[cookie] = browser{sub: who.Sub, level: who.Level, until: s.now().Add(browserLife)}
	delete(s.browsers, old)
	for id, t := range s.tokens {
		switch {
		case old == "" || t.by != old:
		case t.who.Sub == who.Sub:
			t.by = cookie
			s.tokens[id] = t
		default:
			delete(s.tokens, id)
		}
	}
	r.who, r.subject, r.at, r.by = who, s.keys.subject(r.asked.ClientID, who.Sub), s.now(), cookie
	return cookie, nil
}

// last gives who was chosen last in a browser.
func (s *store) last(cookie string) (people.Person, bool) {
	s.mu.Lock()
	b, ok := s.browsers[cookie]
	s.mu.Unlock()
	if !ok || !s.now().Before(b.until) {
		return people.Person{}, false
	}
	who, ok := s.people.BySub(b.sub)
	who.Level = max(who.Level, b.level)
	return who, ok
}

// forget signs a browser out: it is not known any more, and what it signed in for ends.
func (s *store) forget(cookie string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.browsers, cookie)
	for id, t := range s.tokens {
		if cookie != "" && t.by == cookie {
			delete(s.tokens, id)
		}
	}
}

// grant is what an access token stands for, if it may be used for Bearers.
func (s *store) grant(tokenID, subject string) (token, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tokens[tokenID]
	return t, ok && t.subject == subject && s.now().Before(t.until) && slices.Contains(t.scopes, oidc.ScopeRoam)
}

// SaveAuthCode gives a request its one code.
func (s *store) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.live(id)
	if err != nil {
		return err
	}
	r.hasCode, r.until = true, s.now().Add(codeLife)
	s.codes[code] = id
	return nil
}

// AuthRequestByCode redeems a code. It is used up even if the library then refuses the verifier.
func (s *store) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.codes[code]
	delete(s.codes, code)
	r := s.requests[id]
	delete(s.requests, id)
	if !ok || r == nil || !s.now().Before(r.until) {
		return nil, errs.New(errs.SignInRequestGone, "code")
	}
	return r, nil
}

// DeleteAuthRequest ends a request.
func (s *store) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.requests, id)
	return nil
}

// CreateAccessToken makes the token that opens the user information.
func (s *store) CreateAccessToken(_ context.Context, asked op.TokenRequest) (string, time.Time, error) {
	r, ok := asked.(*request)
	if !ok {
		return "", time.Time{}, errNotOffered
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tokens) >= maxHeld {
		if s.sweep(); len(s.tokens) >= maxHeld {
			return "", time.Time{}, errs.New(errs.TooMany, "tokens")
		}
	}
	id := rand.Text()
	t := token{who: r.who, subject: r.subject, clientID: r.GetClientID(), by: r.by, until: s.now().Add(tokenLife)}
	if c := s.clients[t.clientID]; c != nil {
		t.scopes = c.allowed(r.GetScopes())
	}
	if slices.Contains(t.scopes, oidc.ScopeRoam) {
		t.until = s.now().Add(roamLife)
	}
	s.tokens[id] = t
	return id, t.until, nil
}

// SetUserinfoFromRequest fills the ID token.
func (s *store) SetUserinfoFromRequest(_ context.Context, info *zoidc.UserInfo, asked op.IDTokenRequest, scopes []string) error {
	r, ok := asked.(*request)
	if !ok {
		return errNotOffered
	}
	tell(info, r.subject, r.who, scopes)
	return s.consent(info, r)
}

// SetUserinfoFromToken answers the user information endpoint.
func (s *store) SetUserinfoFromToken(_ context.Context, info *zoidc.UserInfo, tokenID, subject, _ string) error {
	s.mu.Lock()
	t, ok := s.tokens[tokenID]
	s.mu.Unlock()
	if !ok || t.subject != subject || !s.now().Before(t.until) {
		return zoidc.ErrAccessDenied().WithDescription("the access token is over")
	}
	tell(info, t.subject, t.who, t.scopes)
	return nil
}

// TerminateSession drops a person's access tokens at one client.
func (s *store) TerminateSession(_ context.Context, subject, clientID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, t := range s.tokens {
		if t.subject == subject && t.clientID == clientID {
			delete(s.tokens, id)
		}
	}
	return nil
}

// RevokeToken drops one access token of the client that asks.
func (s *store) RevokeToken(_ context.Context, tokenID, _, clientID string) *zoidc.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[tokenID].clientID == clientID {
		delete(s.tokens, tokenID)
	}
	return nil
}

// GetClientByClientID finds a client.
func (s *store) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if c := s.clients[id]; c != nil {
		return c, nil
	}
	return nil, errs.New(errs.Missing, "client")
}

// AuthorizeClientIDSecret checks a client's secret.
func (s *store) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	c := s.clients[id]
	if c == nil || c.Secret == "" || subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) != 1 {
		return errs.New(errs.NotYours, "client secret")
	}
	return nil
}

// SigningKey, SignatureAlgorithms and KeySet show the one token key.
func (s *store) SigningKey(context.Context) (op.SigningKey, error) { return signingKey{s.keys}, nil }

// SignatureAlgorithms is ES256 alone.
func (s *store) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.ES256}, nil
}

// KeySet is what nodes check tokens against.
func (s *store) KeySet(context.Context) ([]op.Key, error) { return []op.Key{publicKey{s.keys}}, nil }

// Health is always good: there is nothing outside.
func (s *store) Health(context.Context) error { return nil }

// SetUserinfoFromScopes has nothing to add: SetUserinfoFromRequest knows the person.
func (s *store) SetUserinfoFromScopes(context.Context, *zoidc.UserInfo, string, string, []string) error {
	return nil
}

// GetPrivateClaimsFromScopes adds nothing: access tokens are opaque.
func (s *store) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}

// CreateAccessAndRefreshTokens refuses: a session at a node is renewed by signing in.
func (s *store) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (string, string, time.Time, error) {
	return "", "", time.Time{}, errNotOffered
}

// TokenRequestByRefreshToken knows no refresh token.
func (s *store) TokenRequestByRefreshToken(context.Context, string) (op.RefreshTokenRequest, error) {
	return nil, op.ErrInvalidRefreshToken
}

// GetRefreshTokenInfo knows no refresh token.
func (s *store) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}

// SetIntrospectionFromToken refuses: the tokens are for no other resource.
func (s *store) SetIntrospectionFromToken(context.Context, *zoidc.IntrospectionResponse, string, string, string) error {
	return errNotOffered
}

// GetKeyByIDAndClientID refuses: no client signs its requests.
func (s *store) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errNotOffered
}

// ValidateJWTProfileScopes refuses: no client acts by itself.
func (s *store) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errNotOffered
}
