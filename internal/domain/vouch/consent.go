package vouch

import (
	"strings"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// TypConsent is the type of a signed Consent.
const TypConsent = "idp-consent"

// Act is what somebody agrees to.
type Act string

// The acts.
const (
	Submit   Act = "submit"   // an application is made in my name
	Query    Act = "query"    // data of mine is asked for
	Withdraw Act = "withdraw" // my application is taken back
	Mandate  Act = "mandate"  // somebody may act for me
	Join     Act = "join"     // I take part in somebody's application
)

// Agreement names what is agreed to: the hash of exactly what the person was shown, for whom it is and which matter it is
// about. The provider never sees what was shown.
type Agreement struct {
	Act   Act           `json:"act"`
	To    office.NodeID `json:"aud"`   // who may rely on it
	About string        `json:"about"` // item code
	Hash  proof.Hash    `json:"hash"`
}

// scopePrefix marks the scope by which a node asks for a Consent; the parts are act, receiver, matter and hash.
const scopePrefix = "consent:"

// Scope is the OpenID scope that asks the provider for this agreement.
func (a Agreement) Scope() string {
	return scopePrefix + strings.Join([]string{string(a.Act), string(a.To), a.About, a.Hash.String()}, ":")
}

// Fingerprint is what people compare: the first 16 hex digits of the hash in groups of four. Both pages show it.
func (a Agreement) Fingerprint() string {
	h := a.Hash.String()
	return h[0:4] + " " + h[4:8] + " " + h[8:12] + " " + h[12:16]
}

// ParseScope reads what Scope wrote; false for any other scope.
func ParseScope(s string) (Agreement, bool) {
	parts := strings.Split(strings.TrimPrefix(s, scopePrefix), ":")
	if !strings.HasPrefix(s, scopePrefix) || len(parts) != 4 || len(s) > 256 {
		return Agreement{}, false
	}
	h, err := proof.ParseHash(parts[3])
	a := Agreement{Act: Act(parts[0]), To: office.NodeID(parts[1]), About: parts[2], Hash: h}
	switch a.Act {
	case Submit, Query, Withdraw, Mandate, Join:
		return a, err == nil && a.To.Member() && a.About != "" && !h.IsZero()
	}
	return Agreement{}, false
}

// Consent is the provider's word that this person, checked this surely, agreed to exactly this. It is evidence: it does not
// expire, and it is worth nothing for anything else.
type Consent struct {
	Agreement

	ID      string        `json:"jti"`
	From    office.NodeID `json:"azp"` // the node at whose page it was asked for
	Subject string        `json:"sub"` // pairwise at From
	Person  party.Person  `json:"person"`
	Level   int           `json:"level"`
	At      time.Time     `json:"iat"` // security time
}

// OpenConsent checks the provider's signature, and that s is the consent of that person to exactly that agreement, asked for
// by from, at the level or above. Errors: those of office.TrustList.Check, errs.NotTheProvider, errs.ConsentForOther,
// errs.LevelTooLow.
func OpenConsent(s proof.Signed, trust *office.TrustList, want Agreement, from office.NodeID, who party.Person, level int) (Consent, error) {
	var c Consent
	if err := open(s, TypConsent, trust, &c); err != nil {
		return Consent{}, err
	}
	switch {
	case c.Agreement != want || c.From != from || !party.SameDocument(c.Person, who) || c.At.IsZero():
		return Consent{}, errs.New(errs.ConsentForOther, "%s of %.8q to %.8q about %.16q", c.Act, c.From, c.To, c.About)
	case c.Level < level:
		return Consent{}, errs.New(errs.LevelTooLow, "level %d, %d is needed", c.Level, level)
	}
	return c, nil
}
