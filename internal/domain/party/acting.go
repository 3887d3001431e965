package party

import "tongban/internal/proof"

// Acting is in which right somebody acts in another's name, as a case keeps it: by the digest of the very mandate that stood on
// the day of the act, or as the legal representative whom the licence names.
type Acting struct {
	// Agent is who acts for the applicant, a member of the family or a friend (亲友代办); nil where the applicant acts for a unit.
	Agent   *Person    `json:"agent,omitempty"`
	Licence string     `json:"licence,omitempty"` // 证照标识 that proves the unit and its representative
	Mandate string     `json:"mandate,omitempty"` // id; "" for the representative
	Digest  proof.Hash `json:"digest,omitzero"`   // of Agreed
	// Agreed is the mandate as who gave it was shown it, and Proof the identity provider's signature on its hash.
	Agreed []byte        `json:"agreed,omitempty"`
	Proof  *proof.Signed `json:"proof,omitempty"`
}
