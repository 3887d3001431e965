// Package vouch is what the identity provider signs for use beyond one sign-in (docs/decisions, identity over provinces).
// A Bearer tells one node, for a few minutes, who stands before another node. Receivers check the provider's key in the
// trust list and believe no sender's word about a person.
package vouch

import (
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// TypBearer is the type of a signed Bearer.
const TypBearer = "idp-bearer"

// Purpose is the one thing that a Bearer may be used for.
type Purpose string

// The purposes.
const (
	ForCases Purpose = "cases" // to be told the bearer's own cases
	ForUsage Purpose = "usage" // to be told who used what is held about the bearer
	// ForLicences is to be told which licences the bearer holds.
	ForLicences Purpose = "licences"
	// ForRecords is to be given the bearer's licences of one type, as they were signed, to use one instead of a paper.
	ForRecords Purpose = "records"
)

const (
	// BearerLife is how long a Bearer is good: long enough for a slow network, too short to be kept.
	BearerLife = 2 * time.Minute
	// Skew is how far two clocks may differ.
	Skew = time.Minute
)

// Known reports whether a purpose is one of these.
func (p Purpose) Known() bool {
	return p == ForCases || p == ForUsage || p == ForLicences || p == ForRecords
}

// Bearer says who stands before the node From. It is for the node To alone, and only From may present it.
type Bearer struct {
	ID      string        `json:"jti"` // used once
	To      office.NodeID `json:"aud"`
	From    office.NodeID `json:"azp"`
	Subject string        `json:"sub"` // pairwise: To knows the person by it, nobody else does
	Person  party.Person  `json:"person"`
	Level   int           `json:"level"` // assurance, 1 to 4
	Purpose Purpose       `json:"purpose"`
	At      time.Time     `json:"iat"`
	Until   time.Time     `json:"exp"`
}

// Use is what a receiver expects of a Bearer.
type Use struct {
	Me, From office.NodeID
	Purpose  Purpose
	Level    int       // the lowest that will do
	Now      time.Time // security time
}

// OpenBearer checks the provider's signature and that the Bearer is for exactly this use. That it is used once is for the
// caller to see to, by Bearer.ID. Errors: those of office.TrustList.Check, errs.NotTheProvider, errs.VouchMisdirected,
// errs.VouchExpired, errs.LevelTooLow, and what party says of particulars that are none.
func OpenBearer(s proof.Signed, trust *office.TrustList, use Use) (Bearer, error) {
	var b Bearer
	if err := open(s, TypBearer, trust, &b); err != nil {
		return Bearer{}, err
	}
	switch {
	case b.To != use.Me || b.From != use.From || b.Purpose != use.Purpose || b.ID == "" || b.Subject == "" || len(b.ID) > 64:
		return Bearer{}, errs.New(errs.VouchMisdirected, "from %.8q to %.8q for %.16q", b.From, b.To, b.Purpose)
	case use.Now.After(b.Until) || b.At.After(use.Now.Add(Skew)) || b.Until.Sub(b.At) > BearerLife:
		return Bearer{}, errs.New(errs.VouchExpired, "issued %s", b.At.UTC().Format(time.RFC3339))
	case b.Level < use.Level:
		return Bearer{}, errs.New(errs.LevelTooLow, "level %d, %d is needed", b.Level, use.Level)
	}
	return b, b.Person.Validate()
}

// open checks that s is of that type and signed by the identity provider's key in force or an old one.
func open(s proof.Signed, typ string, trust *office.TrustList, v any) error {
	n, err := trust.Check(s, typ)
	if err != nil {
		return err
	}
	if n.ID != office.IDP {
		return errs.New(errs.NotTheProvider, "signed by %s", n.ID)
	}
	return s.Into(v)
}
