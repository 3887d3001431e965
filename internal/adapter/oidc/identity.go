// Package oidc signs people in at an OpenID provider (authorization code with PKCE, OpenID Connect Core 1.0) and keeps
// the session. A node keeps nothing about a sign-in in its process: what must be remembered stands encrypted in cookies,
// so that any replica can go on where another began. The provider says who somebody is and how surely; what an officer
// may do is never taken from it.
package oidc

import (
	"log/slog"
	"strconv"
	"strings"

	"tongban/internal/proof"
)

// Identity is what the provider vouches for. Subject is pairwise: another node knows the same person by another subject.
type Identity struct {
	Subject string `json:"sub"`
	Name    string `json:"name,omitempty"`
	IDNo    string `json:"idno,omitempty"`  // 18 characters (GB 11643); empty if not verified or not asked for
	Phone   string `json:"phone,omitempty"` // empty if there is none
	Level   int    `json:"level"`           // assurance, 1 (telephone only) to 4 (in person); 0 if the provider does not say
	Officer bool   `json:"officer,omitempty"`
	// Grant lets this node ask the provider for Bearers in the name of this sign-in while it lasts; "" if it gave none.
	Grant string `json:"grant,omitempty"`
	// Agreed is the signed vouch.Consent that this sign-in was for; nil for any other, and never kept with the session.
	Agreed *proof.Signed `json:"-"`
}

// LogValue keeps name and numbers out of logs.
func (i Identity) LogValue() slog.Value {
	return slog.GroupValue(slog.String("subject", i.Subject), slog.Int("level", i.Level), slog.Bool("officer", i.Officer))
}

// String is for %v in messages: the subject alone.
func (i Identity) String() string { return i.Subject }

// Scopes and claims beyond OpenID Connect's own, as the bundled provider speaks them.
const (
	ScopeIDNo    = "idno"    // asks for ClaimIDNo
	ScopeRoam    = "roam"    // asks for a grant that outlives the sign-in, for Bearers (全国漫游)
	ScopeConsent = "consent" // a client with it may ask for agreements (vouch.Agreement.Scope)
	ClaimIDNo    = "idno"    // identity number, string
	ClaimConsent = "consent" // what the person agreed to at this sign-in: a signed vouch.Consent
	ClaimAccount = "account" // AccountWork for officers, absent for residents
	AccountWork  = "work"
	levelPrefix  = "level-"
)

// ACR is the acr claim for an assurance level.
func ACR(level int) string { return levelPrefix + strconv.Itoa(level) }

// LevelOf reads an acr claim; what is not ours counts as 0, which no item accepts.
func LevelOf(acr string) int {
	s, ok := strings.CutPrefix(acr, levelPrefix)
	n, err := strconv.Atoi(s)
	if !ok || err != nil || n < 1 || n > 4 {
		return 0
	}
	return n
}
