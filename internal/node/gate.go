package node

import (
	"net/http"
	"strings"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// gate is the way in: sign-in at the identity provider, the session in a cookie.
type gate struct {
	party    *oidc.Party
	sessions *oidc.Sessions
	consents *oidc.Consents
	trust    func() *office.TrustList
	me       office.NodeID
	home     string
}

func (n *Node) gate(cfg WebConfig) (*gate, error) {
	p, err := oidc.New(oidc.Config{
		Issuer: cfg.Issuer, ClientID: cfg.ClientID, RedirectURL: cfg.PublicURL + "/callback", HTTPClient: cfg.HTTPClient,
		Cipher: n.Vault,
	})
	if err != nil {
		return nil, err
	}
	secure := strings.HasPrefix(cfg.PublicURL, "https://")
	return &gate{
		party: p, sessions: oidc.NewSessions(cfg.ClientID, secure, n.Vault, nil), consents: oidc.NewConsents(cfg.ClientID, secure, n.Vault, nil),
		trust: n.Trust.List, me: n.ID, home: cfg.PublicURL + "/",
	}, nil
}

var (
	_ page.Gate      = (*gate)(nil)
	_ page.Consenter = (*gate)(nil)
)

// Visitor reports who signed in.
func (g *gate) Visitor(r *http.Request) (page.Visitor, bool) {
	s, ok := g.sessions.Read(r)
	if !ok {
		return page.Visitor{}, false
	}
	who := s.Identity
	v := page.Visitor{Subject: who.Subject, Level: who.Level, Grant: who.Grant, Person: party.Person{Name: who.Name, Phone: who.Phone}}
	if who.IDNo != "" {
		v.Person.IDType, v.Person.IDNo = party.ResidentID, who.IDNo
	}
	return v, true
}

// SignIn starts a sign-in.
func (g *gate) SignIn(w http.ResponseWriter, r *http.Request, returnTo string) error {
	return g.party.Begin(w, r, returnTo)
}

// SignOut ends the session here and at the provider.
func (g *gate) SignOut(w http.ResponseWriter, r *http.Request) error {
	g.sessions.Clear(w)
	to, err := g.party.SignOutURL(r.Context(), g.home)
	if err != nil { // the provider is away: signed out here all the same
		to = "/"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Raise asks for a higher assurance level.
func (g *gate) Raise(w http.ResponseWriter, r *http.Request, level int, returnTo string) error {
	s, ok := g.sessions.Read(r)
	if !ok {
		return errs.New(errs.SignInNeeded, "raise")
	}
	return g.party.BeginFor(w, r, returnTo, oidc.Ask{Subject: s.Identity.Subject, Level: level})
}

// Agree asks for the visitor's signature.
func (g *gate) Agree(w http.ResponseWriter, r *http.Request, a vouch.Agreement, level int, returnTo string) error {
	s, ok := g.sessions.Read(r)
	if !ok {
		return errs.New(errs.SignInNeeded, "agree")
	}
	return g.party.BeginFor(w, r, returnTo, oidc.Ask{Subject: s.Identity.Subject, Level: level, Agree: &a})
}

// Agreed takes the consent that the visitor brought back. The cookie is only where it waits: what counts is the signature.
func (g *gate) Agreed(w http.ResponseWriter, r *http.Request, a vouch.Agreement) (proof.Signed, bool) {
	v, ok := g.Visitor(r)
	s, found := g.consents.Take(w, r)
	if !ok || !found {
		return proof.Signed{}, false
	}
	_, err := vouch.OpenConsent(s, g.trust(), a, g.me, v.Person, 0)
	return s, err == nil
}

// finish ends a sign-in that began here.
func (g *gate) finish(w http.ResponseWriter, r *http.Request) error {
	who, back, err := g.party.Finish(w, r)
	if back != "" && (errs.Is(err, errs.NotAgreed) || errs.Is(err, errs.LevelTooLow) || errs.Is(err, errs.OtherPerson)) {
		return page.SeeOther(w, r, page.Unanswered(back, err)) // in the middle of something: its page says what came of it
	}
	if err != nil {
		return err
	}
	if who.Agreed != nil {
		if err := g.consents.Put(w, *who.Agreed); err != nil {
			return err
		}
	}
	if err := g.sessions.Write(w, who); err != nil {
		return err
	}
	return page.SeeOther(w, r, back)
}
