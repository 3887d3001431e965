package page

import (
	"net/http"
	"net/url"

	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Consenter leads a signed-in visitor to the identity provider in the middle of a journey, and back by GET to returnTo, a
// local path. Nothing of the journey is held meanwhile: answers stand in the node's draft. It is consumed by the faces and
// made by the node. All return errs.ProviderDown with nothing written if the provider cannot be reached. Who comes back without
// having agreed, without the level, or as somebody else, comes back with a reason that WhyNot reads.
type Consenter interface {
	// Raise asks for a higher assurance level. The same person comes back with it, or stays as before.
	Raise(w http.ResponseWriter, r *http.Request, level int, returnTo string) error
	// Agree asks for the visitor's signature on exactly a, at a level or above. Show a.Fingerprint on the page that leads there.
	Agree(w http.ResponseWriter, r *http.Request, a vouch.Agreement, level int, returnTo string) error
	// Agreed takes the consent that the visitor brought back for exactly a; false if there is none.
	Agreed(w http.ResponseWriter, r *http.Request, a vouch.Agreement) (proof.Signed, bool)
}

// whyNot is the name of the reason in the address that somebody comes back to.
const whyNot = "not"

// Unanswered is the local path back with the reason why nothing was signed or raised.
func Unanswered(back string, err error) string {
	u, bad := url.Parse(back)
	if bad != nil {
		return back
	}
	q := u.Query()
	q.Set(whyNot, errs.CodeOf(err).Name())
	u.RawQuery = q.Encode()
	return u.String()
}

// WhyNot is the reason with which somebody comes back, 0 for none. The address is the visitor's own: it chooses words only.
func WhyNot(r *http.Request) errs.Code {
	for _, code := range []errs.Code{errs.NotAgreed, errs.LevelTooLow, errs.OtherPerson} {
		if r.URL.Query().Get(whyNot) == code.Name() {
			return code
		}
	}
	return 0
}
