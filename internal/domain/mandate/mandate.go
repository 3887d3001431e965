// Package mandate is the written authority to act for a legal person or for somebody else (授权委托, 亲友代办, 民法典 第165条: it names
// agent, matter, extent and period, and the principal signs it), and the unit in whose name somebody acts. What a legal
// representative does binds the unit (民法典 第61条); an agent needs a mandate for the matter on the day of the act (第162、171条).
// Functions are pure.
package mandate

import (
	"slices"
	"strings"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Bounds of one mandate. The law sets none; these are ours, so that no forgotten paper opens everything for ever.
const (
	MostItems = 12
	MostYears = 3
)

// Level is the assurance at which a principal signs: number and face were checked, or in person at a counter.
const Level = 3

// Mandate is what the principal is shown and signs. Days are both included, in Asia/Shanghai.
type Mandate struct {
	ID             string        `json:"id"`             // UUIDv7
	At             office.NodeID `json:"at"`             // the node that keeps it, and before whose offices it holds
	Unit           party.Org     `json:"unit"`           // none where a person gives it for themselves
	Representative party.Person  `json:"representative"` // who signs: for the unit, or for themselves
	Agent          party.Person  `json:"agent"`
	Items          []string      `json:"items"` // codes, sorted, none twice
	From           workday.Date  `json:"from"`
	Until          workday.Date  `json:"until"`
}

// Draw writes a mandate in its canonical form. It returns errs.MandateScope without items or with too many, errs.MandatePeriod
// for days that end before they begin, lie behind today or span more than MostYears, errs.MandateSelf for an agent who is the
// representative, and what party says of particulars that are none.
func Draw(m Mandate, today workday.Date) (Mandate, error) {
	m, err := AskFor(m, today)
	if err == nil {
		m.Representative.Phone, err = "", m.Representative.Validate()
	}
	switch {
	case err != nil:
		return Mandate{}, err
	case party.SameDocument(m.Agent, m.Representative):
		return Mandate{}, errs.New(errs.MandateSelf, "unit %s", m.Unit.USCC)
	case m.Personal():
		return m, nil
	}
	return m, m.Unit.Validate()
}

// AskFor is Draw of a mandate that its agent asks for: who would give it is not named yet.
func AskFor(m Mandate, today workday.Date) (Mandate, error) {
	m.Items = slices.Compact(slices.Sorted(slices.Values(m.Items)))
	m.Agent.Phone = ""
	switch err := m.Agent.Validate(); {
	case err != nil:
		return Mandate{}, err
	case len(m.Items) == 0 || len(m.Items) > MostItems:
		return Mandate{}, errs.New(errs.MandateScope, "%d items", len(m.Items))
	case m.From.IsZero() || m.Until.IsZero() || m.Until.Before(m.From) || m.Until.Before(today),
		m.Until.After(workday.NewDate(m.From.Year()+MostYears, m.From.Month(), m.From.Day())):
		return Mandate{}, errs.New(errs.MandatePeriod, "%s to %s", m.From, m.Until)
	}
	return m, nil
}

// Personal reports whether a person gave the mandate for their own matters.
func (m Mandate) Personal() bool { return m.Unit == (party.Org{}) }

// Of gives the bytes that the representative agrees to, and what the identity provider is asked to sign.
func Of(m Mandate) (agreed []byte, a vouch.Agreement, err error) {
	if agreed, err = proof.Marshal(m); err != nil {
		return nil, vouch.Agreement{}, err
	}
	return agreed, vouch.Agreement{Act: vouch.Mandate, To: m.At, About: strings.Join(m.Items, ","), Hash: proof.HashOf(agreed)}, nil
}

// Open reads a signed mandate and checks that the representative whom it names signed exactly it, for the node that kept it. It
// believes the trust list and nobody's word. Errors: errs.UnreadableBody and those of vouch.OpenConsent.
func Open(agreed []byte, signed proof.Signed, trust *office.TrustList) (Mandate, error) {
	var m Mandate
	if err := proof.Unmarshal(agreed, &m); err != nil {
		return Mandate{}, err
	}
	want := vouch.Agreement{Act: vouch.Mandate, To: m.At, About: strings.Join(m.Items, ","), Hash: proof.HashOf(agreed)}
	_, err := vouch.OpenConsent(signed, trust, want, m.At, m.Representative, Level)
	return m, err
}

// Covers reports whether a mandate that stands lets its agent act in a matter on a day: errs.MandateOtherMatter,
// errs.MandateNotYet, errs.MandateExpired.
func (m Mandate) Covers(item string, on workday.Date) error {
	switch {
	case !slices.Contains(m.Items, item):
		return errs.New(errs.MandateOtherMatter, "%s is not of %s", item, m.ID)
	case on.Before(m.From):
		return errs.New(errs.MandateNotYet, "from %s", m.From)
	case on.After(m.Until):
		return errs.New(errs.MandateExpired, "until %s", m.Until)
	}
	return nil
}

// State is where a mandate stands.
type State string

// The states. Only an accepted one lets anybody act; a revoked or declined one never does again.
const (
	Asked    State = "asked"    // the agent wrote what they ask for; who would give it has not answered
	Drawn    State = "drawn"    // written, not signed: nobody but the principal sees it
	Offered  State = "offered"  // signed, the agent has not answered
	Accepted State = "accepted" // the agent took it on
	Declined State = "declined"
	Revoked  State = "revoked"
)

// Record is a mandate as its node keeps it.
type Record struct {
	Mandate
	State   State         `json:"state"`
	Wanted  bool          `json:"wanted,omitempty"` // the agent asked for it, and need not accept it once more
	Drawn   time.Time     `json:"drawn"`
	Settled time.Time     `json:"settled,omitzero"` // accepted or declined
	Ended   time.Time     `json:"ended,omitzero"`   // revoked
	Agreed  []byte        `json:"agreed,omitempty"`
	Proof   *proof.Signed `json:"proof,omitempty"`

	// Row is the store's guard: the version that was read, 0 for a new one.
	Row int64 `json:"-"`
}

// Act is what somebody does to a mandate.
type Act string

// The acts.
const (
	Take    Act = "take"    // somebody who was asked for it takes it up: it is theirs to sign
	Sign    Act = "sign"    // the principal
	Accept  Act = "accept"  // the agent
	Decline Act = "decline" // the agent
	Revoke  Act = "revoke"  // the principal; also the agent, who lays it down (民法典 第173条)
)

// moves is what may happen to a mandate: state, act, state. What does not stand here is refused.
var moves = map[State]map[Act]State{
	Asked:    {Take: Drawn, Revoke: Revoked},
	Drawn:    {Sign: Offered, Revoke: Revoked},
	Offered:  {Accept: Accepted, Decline: Declined, Revoke: Revoked},
	Accepted: {Revoke: Revoked},
}

// may reports whether an act is somebody's to do.
func (r Record) may(a Act, who party.Person, leads bool) bool {
	agent := party.SameDocument(who, r.Agent)
	switch a {
	case Take:
		return r.Personal() && !agent && who.IDNo != ""
	case Sign:
		return leads
	case Accept, Decline:
		return agent
	case Revoke:
		return leads || agent && (r.State == Accepted || r.State == Asked)
	}
	return true // none that moves allows
}

// Open reports whether a mandate that was asked for still waits for who would give it, on a day.
func (r Record) Open(on workday.Date) bool {
	return r.State == Asked && !on.After(workday.DateOf(r.Drawn).AddDays(AskedDays)) && !on.After(r.Until)
}

// AskedDays is how long somebody may answer who was asked for a mandate.
const AskedDays = 14

// Move gives the record after an act by who, or errs.MandateNotNow, errs.NoSuchMandate where the act is not that person's. leads
// says that who is the principal: the unit's representative today, so that one who followed another takes back what that one gave,
// or who gave it for themselves.
func (r Record) Move(a Act, who party.Person, leads bool, now time.Time) (Record, error) {
	if !r.may(a, who, leads) {
		return Record{}, errs.New(errs.NoSuchMandate, "%s is not the visitor's to %s", r.ID, a)
	}
	if a == Take && !r.Open(workday.DateOf(now)) {
		return Record{}, errs.New(errs.MandateNotNow, "asked for %s", r.Drawn)
	}
	if a == Accept && party.CleanName(who.Name) != r.Agent.Name {
		return Record{}, errs.New(errs.MandateOtherName, "%s", r.ID)
	}
	to, ok := moves[r.State][a]
	if !ok {
		return Record{}, errs.New(errs.MandateNotNow, "%s is %s", r.ID, r.State)
	}
	if r.State = to; to == Offered && r.Wanted {
		r.State = Accepted
	}
	switch r.State { //nolint:exhaustive // the others have no time of their own
	case Drawn:
		r.Representative = who
		r.Representative.Phone = ""
	case Accepted, Declined:
		r.Settled = now
	case Revoked:
		r.Ended = now
	}
	return r, nil
}

// Sees reports whether somebody sees the mandate: the principal; the agent from the day on which it was signed, or from the first if
// they asked for it; and whoever was sent the address of one that is asked for, which cannot be guessed.
func (r Record) Sees(who party.Person, leads bool) bool {
	agent := party.SameDocument(who, r.Agent)
	return leads || agent && (r.Proof != nil || r.Wanted) || r.State == Asked && who.IDNo != ""
}

// Stands reports whether the record lets its agent act in a matter on a day: errs.MandateRevoked, errs.MandateNotTaken, and the
// errors of Covers.
func (r Record) Stands(item string, on workday.Date) error {
	switch r.State {
	case Accepted:
		return r.Covers(item, on)
	case Revoked:
		return errs.New(errs.MandateRevoked, "%s", r.ID)
	case Asked, Drawn, Offered, Declined:
	}
	return errs.New(errs.MandateNotTaken, "%s is %s", r.ID, r.State)
}

// Standing is the word for how the record stands on a day: its state, or "later" and "expired" for one that was accepted.
func (r Record) Standing(on workday.Date) string {
	switch {
	case r.State == Accepted && on.Before(r.From):
		return "later"
	case (r.State == Accepted || r.State == Offered) && on.After(r.Until), r.State == Asked && !r.Open(on):
		return "expired"
	}
	return string(r.State)
}
