package oidc

import (
	"net/http"
	"time"

	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// consentLife is how long a consent waits in the browser for the submit that it was given for.
const consentLife = 10 * time.Minute

// Consents keeps a consent between the return from the provider and the act, in one encrypted cookie. Safe for concurrent use.
type Consents struct {
	jar jar
	now func() time.Time
}

// NewConsents takes what NewSessions takes.
func NewConsents(clientID string, secure bool, c Cipher, now func() time.Time) *Consents {
	if now == nil {
		now = time.Now
	}
	return &Consents{jar: newJar("consent", clientID, secure, c), now: now}
}

// waiting is a consent as the cookie keeps it.
type waiting struct {
	Consent proof.Signed `json:"consent"`
	Until   time.Time    `json:"until"`
}

// Put keeps a consent, in place of one that was there.
func (c *Consents) Put(w http.ResponseWriter, s proof.Signed) error {
	if !c.jar.put(w, waiting{s, c.now().Add(consentLife)}, consentLife) {
		return errs.New(errs.TokenRejected, "the consent does not fit into a cookie")
	}
	return nil
}

// Take gives the consent that waits, and drops it; false if there is none or it waited too long.
func (c *Consents) Take(w http.ResponseWriter, r *http.Request) (proof.Signed, bool) {
	var got waiting
	if !c.jar.get(r, &got) {
		return proof.Signed{}, false
	}
	c.jar.clear(w)
	return got.Consent, c.now().Before(got.Until)
}
