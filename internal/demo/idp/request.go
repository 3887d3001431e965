package idp

import (
	"slices"
	"time"

	zoidc "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"tongban/internal/adapter/oidc"
	"tongban/internal/demo/people"
	"tongban/internal/domain/vouch"
)

// request is one sign-in under way. The store hands out copies.
type request struct {
	id      string
	asked   zoidc.AuthRequest
	until   time.Time
	who     people.Person // zero until somebody was chosen
	subject string        // pairwise, set with who
	at      time.Time
	by      string // browser session that chose; only it may fetch the code
	hasCode bool
	agreed  *vouch.Agreement // asked for by scope; choosing the person is agreeing to it
}

var _ op.AuthRequest = (*request)(nil)

func (r *request) GetID() string                       { return r.id }
func (r *request) GetACR() string                      { return oidc.ACR(r.who.Level) }
func (r *request) GetAMR() []string                    { return []string{"demo"} }
func (r *request) GetAudience() []string               { return []string{r.asked.ClientID} }
func (r *request) GetAuthTime() time.Time              { return r.at }
func (r *request) GetClientID() string                 { return r.asked.ClientID }
func (r *request) GetNonce() string                    { return r.asked.Nonce }
func (r *request) GetRedirectURI() string              { return r.asked.RedirectURI }
func (r *request) GetResponseType() zoidc.ResponseType { return r.asked.ResponseType }
func (r *request) GetResponseMode() zoidc.ResponseMode { return r.asked.ResponseMode }
func (r *request) GetScopes() []string                 { return r.asked.Scopes }
func (r *request) GetState() string                    { return r.asked.State }
func (r *request) GetSubject() string                  { return r.subject }
func (r *request) Done() bool                          { return r.who.Sub != "" }

func (r *request) GetCodeChallenge() *zoidc.CodeChallenge {
	return &zoidc.CodeChallenge{Challenge: r.asked.CodeChallenge, Method: r.asked.CodeChallengeMethod}
}

// token is what an access token stands for; it opens the user information, and with the scope roam it is a grant.
type token struct {
	who      people.Person
	subject  string
	clientID string
	by       string // browser session that signed in
	scopes   []string
	until    time.Time
}

func (r *request) login() string { return loginURL(r.id) }

// needs is the level that the node asks for, 0 for any.
func (r *request) needs() int {
	for _, acr := range r.asked.ACRValues {
		if n := oidc.LevelOf(acr); n > 0 {
			return n
		}
	}
	return 0
}

// tell writes what the scopes ask for and the person's level allows: a name and a number only where they were checked,
// and no private number of an officer.
func tell(info *zoidc.UserInfo, subject string, who people.Person, scopes []string) {
	info.Subject = subject
	if slices.Contains(scopes, zoidc.ScopeProfile) && who.Level > 1 {
		info.Name = who.Name
	}
	if slices.Contains(scopes, zoidc.ScopePhone) && who.Phone != "" {
		info.PhoneNumber, info.PhoneNumberVerified = who.Phone, true
	}
	if slices.Contains(scopes, oidc.ScopeIDNo) && who.IDNo != "" && who.Level > 1 {
		info.AppendClaims(oidc.ClaimIDNo, who.IDNo)
	}
	if who.Kind == people.Officer {
		info.AppendClaims(oidc.ClaimAccount, oidc.AccountWork)
	}
}
