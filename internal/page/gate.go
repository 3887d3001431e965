package page

import (
	"net/http"

	"tongban/internal/domain/party"
)

// Visitor is who signed in, as the identity provider vouches for it.
type Visitor struct {
	Subject string // stable for this province only
	Person  party.Person
	Level   int // assurance level, 1–4
	// Grant is what the provider answers for while this sign-in lasts, such as asking other provinces; "" if it gave none.
	Grant string
}

// Gate is the way in, shared by the faces of one node. Visitor reports who signed in, if anybody did; SignIn starts a
// sign-in and comes back to returnTo, a local path; SignOut ends the session. It is consumed by the faces and made by the
// node.
type Gate interface {
	Visitor(r *http.Request) (Visitor, bool)
	SignIn(w http.ResponseWriter, r *http.Request, returnTo string) error
	SignOut(w http.ResponseWriter, r *http.Request) error
}
