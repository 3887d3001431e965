package page

import (
	"net/http"

	"tongban/internal/domain/vouch"
	"tongban/internal/proof"
)

// Consenter leads a signed-in visitor to the identity provider in the middle of a journey, and back by GET to returnTo, a
// local path. Nothing of the journey is held meanwhile: answers stand in the node's draft. It is consumed by the faces and
// made by the node. All return errs.ProviderDown with nothing written if the provider cannot be reached.
type Consenter interface {
	// Raise asks for a higher assurance level. The same person comes back with it, or stays as before.
	Raise(w http.ResponseWriter, r *http.Request, level int, returnTo string) error
	// Agree asks for the visitor's signature on exactly a, at a level or above. Show a.Fingerprint on the page that leads there.
	Agree(w http.ResponseWriter, r *http.Request, a vouch.Agreement, level int, returnTo string) error
	// Agreed takes the consent that the visitor brought back for exactly a; false if there is none.
	Agreed(w http.ResponseWriter, r *http.Request, a vouch.Agreement) (proof.Signed, bool)
}
