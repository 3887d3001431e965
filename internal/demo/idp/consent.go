package idp

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"time"

	zoidc "github.com/zitadel/oidc/v3/pkg/oidc"

	"tongban/internal/adapter/oidc"
	"tongban/internal/demo/people"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// consent signs what the person agreed to at this sign-in, if it was for that. It names the person as the checks behind the
// level allow; somebody without a checked number cannot agree to anything that another province must believe.
func (s *store) consent(info *zoidc.UserInfo, r *request) error {
	if r.agreed == nil {
		return nil
	}
	c := s.clients[r.GetClientID()]
	if s.signer == nil || c == nil || !c.Node.Member() || r.who.IDNo == "" || r.who.Level < 2 {
		return errs.New(errs.LevelTooLow, "consent")
	}
	signed, err := proof.SignJSON(s.signer, vouch.TypConsent, vouch.Consent{
		Agreement: *r.agreed, ID: rand.Text(), From: c.Node, Subject: r.subject, Level: r.who.Level, At: s.now().UTC().Truncate(time.Second),
		Person: party.Person{Name: r.who.Name, IDType: party.ResidentID, IDNo: r.who.IDNo},
	})
	if err != nil {
		return err
	}
	info.AppendClaims(oidc.ClaimConsent, signed)
	return nil
}

// raise remembers that somebody proved more in this browser.
func (s *store) raise(cookie string, who people.Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.browsers[cookie]; ok && b.sub == who.Sub {
		b.level = who.Level
		s.browsers[cookie] = b
	}
}

// agreement is what the person is shown: the act in a sentence, for whom, and the fingerprint that the asking page shows too.
func (p *Provider) agreement(a vouch.Agreement, lang string) agreedWords {
	to := string(a.To)
	if c := p.clientOf(a.To); c != nil {
		to = c.name(lang)
	}
	return agreedWords{what: fmt.Sprintf(say(lang, "act_"+string(a.Act)), a.About, to), print: a.Fingerprint()}
}

// cancelled leads back to the site without agreeing.
func cancelled(r *request) string {
	u, err := url.Parse(r.GetRedirectURI())
	if err != nil {
		return ""
	}
	u.RawQuery = url.Values{"error": {"access_denied"}, "state": {r.GetState()}}.Encode()
	return u.String()
}
