package journey

import (
	"crypto/subtle"
	"time"

	"tongban/internal/domain/party"
	"tongban/internal/proof"
)

// Guest is the other party of an application: asked by a link that only they may use, seeing nothing but their own data.
type Guest struct {
	Secret  []byte       `json:"secret,omitempty"` // hash of what stands in the link; gone once it was answered
	Role    string       `json:"role"`             // label of the field that they fill
	RoleEn  string       `json:"role_en,omitempty"`
	Until   time.Time    `json:"until"`
	State   GuestState   `json:"state"`
	Person  party.Person `json:"person,omitzero"`
	Settled time.Time    `json:"settled,omitzero"`
	// Agreed is what they were shown and Proof the identity provider's signature on its hash, as they travel with the case.
	Agreed []byte        `json:"agreed,omitempty"`
	Proof  *proof.Signed `json:"proof,omitempty"`
}

// GuestState is what became of an invitation.
type GuestState string

// The states of an invitation.
const (
	Invited  GuestState = "invited"
	Joined   GuestState = "joined"
	Declined GuestState = "declined"
)

// InviteLife is how long a link may be used.
const InviteLife = 7 * 24 * time.Hour

// Opens reports whether a secret opens the invitation: compared in constant time, so that guessing learns nothing.
func (g *Guest) Opens(hash []byte) bool {
	return g != nil && len(g.Secret) > 0 && subtle.ConstantTimeCompare(g.Secret, hash) == 1
}

// Over reports whether the link came too late.
func (g *Guest) Over(now time.Time) bool {
	return g != nil && g.State == Invited && !now.Before(g.Until)
}
