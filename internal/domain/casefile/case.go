// Package casefile is the 办件: one application from lodging to the closed file, as a chain of legs (环节) that exactly one
// office holds each. Functions are pure: they take a case, an act and the business time, and give the new case and the
// Step that happened, or an error. What may happen stands in one table, moves.go.
package casefile

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Case is one application as one node knows it. The coordinator (where it was lodged) knows all legs; another node knows
// the legs that were handed to it. Nothing outside Private tells who the applicant is.
type Case struct {
	ID          string        `json:"id"` // UUIDv7
	No          No            `json:"no"`
	Item        string        `json:"item"`
	Mode        item.Mode     `json:"mode"`
	Rule        Rule          `json:"rule"`
	Here        region.Code   `json:"here"`  // 收件地
	There       region.Code   `json:"there"` // 属地
	Coordinator office.NodeID `json:"coordinator"`
	Lodged      time.Time     `json:"lodged"`
	// Ended is when the applicant's part was over: delivered or withdrawn. It is closed once what other places did for it is undone.
	Ended       time.Time  `json:"ended,omitzero"`
	Closed      time.Time  `json:"closed,omitzero"`
	Mandate     Delegated  `json:"mandate,omitzero"` // by which it is decided in another place's name
	Legs        []Leg      `json:"legs"`
	Custody     []Span     `json:"custody"`
	Limits      []Limit    `json:"limits,omitempty"`
	Corrections int        `json:"corrections"`         // notices told; the item says how many may be
	Head        proof.Hash `json:"head"`                // the last fact this node knows
	Last        time.Time  `json:"last"`                // time of the last act this node knows
	Licence     string     `json:"lic,omitempty"`       // 证照标识, once issued
	Asked       time.Time  `json:"asked,omitzero"`      // when the applicant asked the deciding place to stop; known at the coordinator
	Claimed     string     `json:"claimed,omitempty"`   // officer of the holder's node who works on it
	ClaimedAt   time.Time  `json:"claimed_at,omitzero"` // since when
	Recused     []string   `json:"recused,omitempty"`   // officers of this node who declared an interest
	Checked     []string   `json:"checked,omitempty"`   // officers of this node who reviewed or accepted it
	Inquired    bool       `json:"inquired,omitempty"`  // another office was asked about it: what is open ends with the leg that asked
	Originals   Originals  `json:"originals,omitzero"`  // papers that are away from the applicant

	Private Private `json:"-"`
	// Row is the store's guard: the version that was read, 0 for a new case.
	Row int64 `json:"-"`
	// Looker is who of its people opened the case, as For gave it; it is stored nowhere.
	Looker string `json:"-"`
}

// Rule pins what decides the case: before acceptance the version that it was lodged under, from acceptance on the version
// in force that day, for ever (I8).
type Rule struct {
	Version string       `json:"version"`
	Digest  string       `json:"digest"`
	On      workday.Date `json:"on"`
	// Pins name the two places' own rules; zero in a case of a node that did not know them.
	Pins item.Pins `json:"pins,omitzero"`
}

// Leg is a part of a case that one office holds.
type Leg struct {
	Key     string        `json:"key"` // of the plan: collect, decide, deliver
	Kind    item.LegKind  `json:"kind"`
	Place   region.Code   `json:"place"`
	Node    office.NodeID `json:"node"` // the node of Place: where the leg is to be done
	Office  string        `json:"office"`
	After   []string      `json:"after,omitempty"`
	Any     bool          `json:"any,omitempty"`    // begins once one of After confirmed, not all
	Effect  bool          `json:"effect,omitempty"` // a yes changes something at its place, to be undone if the case comes to nothing
	State   State         `json:"state"`
	Holder  office.NodeID `json:"holder"` // "" while planned
	Since   time.Time     `json:"since,omitzero"`
	Step    int           `json:"step"` // acts done on this leg; a fact with a lower step is old news
	Outcome Outcome       `json:"outcome,omitempty"`
	Reason  string        `json:"reason,omitempty"` // code of catalogue/items/reasons.toml
	Transit *Transit      `json:"transit,omitempty"`
}

// Transit is an offer on its way: until the receiver's receipt is stored the leg is the sender's.
type Transit struct {
	Envelope string        `json:"envelope"`
	To       office.NodeID `json:"to"`
	At       time.Time     `json:"at"`
	Recall   string        `json:"recall,omitempty"` // the envelope that asks for it back
}

// Span is a time during which one holder answers for the case (I7). To is zero while it runs.
type Span struct {
	Node   office.NodeID `json:"node"`
	Office string        `json:"office"`
	Leg    string        `json:"leg"`
	From   time.Time     `json:"from"`
	To     time.Time     `json:"to,omitzero"`
}

// Private is what only those who work on the case may read; it is stored encrypted under the case's own key.
type Private struct {
	Applicant party.Person `json:"applicant"`
	Org       *party.Org   `json:"org,omitempty"`
	// Acting is in which right the applicant acts for Org, or an agent for the applicant; nil for an own matter, and where an officer at a counter saw the paper.
	Acting      *party.Acting     `json:"acting,omitempty"`
	Answers     map[string]string `json:"answers"`
	Said        map[string]bool   `json:"said,omitempty"` // to the matter's yes-no questions
	Materials   []Material        `json:"materials"`
	Consent     Consent           `json:"consent"`
	Parties     []Party           `json:"parties,omitempty"`
	Disputes    []Dispute         `json:"disputes,omitempty"`
	Review      map[string]Mark   `json:"review,omitempty"` // by checklist key
	Verified    []Verified        `json:"verified,omitempty"`
	Corrections []Correction      `json:"corrections,omitempty"`
	Suspensions []Suspension      `json:"suspensions,omitempty"`
	Extension   *Extension        `json:"extension,omitempty"`
	Decision    *Decision         `json:"decision,omitempty"`
	Delivery    *Delivery         `json:"delivery,omitempty"`
}

// Material is how one material was supplied.
type Material struct {
	Key    string          `json:"key"`
	Name   string          `json:"name"`
	Source string          `json:"source"` // elicence | shared | generated | promise | upload
	Note   string          `json:"note,omitempty"`
	Files  []exchange.File `json:"files,omitempty"`
	// Licence is the electronic licence that stands for the paper; nil where there is another source.
	Licence *Relied `json:"licence,omitempty"`
}

// Relied is what a case keeps of a licence that stands for a paper, so that nobody asks for the paper again: the fields are those
// of licence.Shown, to which it converts.
type Relied struct {
	Record proof.Signed  `json:"record"`
	ID     string        `json:"id"`
	By     office.NodeID `json:"by"`
	Looked time.Time     `json:"looked"`
	Known  time.Time     `json:"known,omitzero"`
	Late   bool          `json:"late,omitempty"`
	Ground string        `json:"ground,omitempty"`
}

// Consent records that the applicant agreed to what is sent where. Way is ConsentAttested: an officer heard it at the
// counter and signed for it, a lower level that an item may refuse; or ConsentOnline: the applicant said so, signed in.
type Consent struct {
	Way     string    `json:"way"`
	Serve   string    `json:"serve,omitempty"` // ServeOnline: the result may be served electronically
	Officer string    `json:"officer"`
	Office  string    `json:"office"`
	At      time.Time `json:"at"`
	Text    string    `json:"text"` // version of the text that was read out
	// Agreed is the consent.Agreement as the applicant was shown it, and Proof the identity provider's signature on its hash.
	Agreed []byte        `json:"agreed,omitempty"`
	Proof  *proof.Signed `json:"proof,omitempty"`
}

// Party is somebody beside the applicant who takes part and said so: who was invited and joined. Agreed is the consent.Part as they
// were shown it, and Proof the identity provider's signature on its hash.
type Party struct {
	Role   string        `json:"role"` // key of the form's field that they fill
	Person party.Person  `json:"person"`
	At     time.Time     `json:"at"`
	Agreed []byte        `json:"agreed,omitempty"`
	Proof  *proof.Signed `json:"proof,omitempty"`
}

// Dispute is a value that a source gave and the applicant calls wrong: what the source said and when, and the applicant's
// words. It is judged beside the value, and stays in the record.
type Dispute struct {
	Field  string    `json:"field"`
	Value  string    `json:"value"` // as the source gave it
	Source string    `json:"source"`
	At     time.Time `json:"at"` // when the source said so
	Said   string    `json:"said"`
}

// The ways of consent and of service.
const (
	ConsentAttested = "attested"
	ConsentOnline   = "online"
	ServeOnline     = "online"
)

// Mark is an officer's finding on one point of the checklist.
type Mark struct {
	Finding Finding `json:"finding"`
	Note    string  `json:"note,omitempty"`
	// Paper is what the paper says where it differs from the application.
	Paper string `json:"paper,omitempty"`
}

// Finding is the result of one check.
type Finding string

// The findings.
const (
	Meets  Finding = "meets"  // 符合
	Amend  Finding = "amend"  // 要补正
	Breaks Finding = "breaks" // 不符合
)

// Correction is one line of the one-time notice: what is missing, how to mend it, and on what basis.
type Correction struct {
	Check    string `json:"check"`
	Material string `json:"material"`
	Problem  string `json:"problem"`
	Fix      string `json:"fix"`
	Basis    string `json:"basis"`
	Answer   string `json:"answer,omitempty"` // what the applicant said or did
}

// Decision is the substance of the decision.
type Decision struct {
	Outcome Outcome  `json:"outcome"`
	Reasons []string `json:"reasons,omitempty"` // grounds by item.Refusal.Key, or a text
	Text    string   `json:"text,omitempty"`
	Officer string   `json:"officer"`
	// Answers names who answers for it where it was made in the office's own system: staff and system.
	Answers string    `json:"answers,omitempty"`
	At      time.Time `json:"at"`
}

// Delivery says how and to whom the result was given.
type Delivery struct {
	Way     string    `json:"way"` // counter | post | online
	To      string    `json:"to"`
	Postal  string    `json:"postal,omitempty"` // number of the postal item; official documents go by the postal enterprise (邮政法 第55条)
	Officer string    `json:"officer"`
	At      time.Time `json:"at"`
}

// Actor is the officer who acts, as the node's own register maps the sign-in.
type Actor struct {
	ID     string
	Name   string
	Office string
	Node   office.NodeID
	Roles  []office.Role
	Remit  office.Remit
	Leave  []office.Leave
}

// Officer is the actor as the table of authority knows officers.
func (a Actor) Officer() office.Officer {
	return office.Officer{ID: a.ID, Name: a.Name, Office: a.Office, Roles: a.Roles, Remit: a.Remit, Leave: a.Leave}
}

// Matter is the case as the table of authority sees it, for an act at now. Who checked it counts only where the item asks for a
// second person.
func (c Case) Matter(now time.Time) office.Matter {
	m := office.Matter{Item: c.Item, Place: c.There, On: workday.DateOf(now), Recused: c.Recused}
	if d, ok := c.LegOf(item.Decide); ok && d.Place != "" {
		m.Place = d.Place
	}
	for _, l := range c.Legs {
		m.Offices = append(m.Offices, l.Office)
	}
	return m
}

// Has reports whether the officer holds a role.
func (a Actor) Has(r office.Role) bool {
	return slices.Contains(a.Roles, r)
}

// Own reports whether the case is a person's own, also where somebody else made it for them. One that was made in a unit's name is
// the unit's, whoever made it.
func (c Case) Own(who party.Person) bool {
	return (c.Private.Acting == nil || c.Private.Acting.Agent != nil) && party.SameDocument(c.Private.Applicant, who)
}

// What the log calls the people of a case (accesslog.Entry.Who).
const (
	ByApplicant = "applicant"
	ByAgent     = "agent" // who acts for the applicant in their own matter
)

// For is the case as somebody opened it who may: what they do with it is logged as theirs.
func (c Case) For(who party.Person) Case {
	if c.Looker = ByApplicant; c.Private.Acting != nil && c.Private.Acting.Agent != nil && !c.Own(who) {
		c.Looker = ByAgent
	}
	return c
}

// Visitor is what the log calls who opened the case; the applicant where nobody said.
func (c Case) Visitor() string { return cmp.Or(c.Looker, ByApplicant) }

// MadeBy is who made the application and agreed to it: the applicant, or the agent who acts for them.
func (c Case) MadeBy() party.Person {
	if a := c.Private.Acting; a != nil && a.Agent != nil {
		return *a.Agent
	}
	return c.Private.Applicant
}

// SameParties reports whether it is the same applicant, for the same unit, by the same right. A telephone may change.
func (p Private) SameParties(o Private) bool {
	return party.SameDocument(p.Applicant, o.Applicant) && reflect.DeepEqual(p.Org, o.Org) && reflect.DeepEqual(p.Acting, o.Acting)
}

// Unit is in whose name the case was made; false for a person's own.
func (c Case) Unit() (party.Org, bool) {
	if c.Private.Acting == nil || c.Private.Org == nil {
		return party.Org{}, false
	}
	return *c.Private.Org, true
}

// Of reports whether a case is the unit's, or without one the person's own.
func (c Case) Of(who party.Person, unit *party.Org) bool {
	if unit == nil {
		return c.Own(who)
	}
	org, ok := c.Unit()
	return ok && org.USCC == unit.USCC
}

// Leg finds a leg by key.
func (c Case) Leg(key string) (Leg, bool) {
	for _, l := range c.Legs {
		if l.Key == key {
			return l, true
		}
	}
	return Leg{}, false
}

// LegOf finds the first leg of a kind.
func (c Case) LegOf(kind item.LegKind) (Leg, bool) {
	for _, l := range c.Legs {
		if l.Kind == kind {
			return l, true
		}
	}
	return Leg{}, false
}

// Holder is who answers for the case now, with the office and since when; ok is false once it is closed.
func (c Case) Holder() (Span, bool) {
	if n := len(c.Custody); n > 0 && c.Custody[n-1].To.IsZero() {
		return c.Custody[n-1], true
	}
	return Span{}, false
}

// clone copies what the functions of this package change, so that the caller's case stays as it was.
func (c Case) clone() Case {
	c.Legs = append([]Leg(nil), c.Legs...)
	for i, l := range c.Legs {
		if l.Transit != nil {
			t := *l.Transit
			c.Legs[i].Transit = &t
		}
	}
	c.Custody = append([]Span(nil), c.Custody...)
	c.Limits = append([]Limit(nil), c.Limits...)
	return c
}

func (c *Case) leg(key string) *Leg {
	for i := range c.Legs {
		if c.Legs[i].Key == key {
			return &c.Legs[i]
		}
	}
	return nil
}

// at is the time an act counts from: the clock's, but never before what is already known of the case, because the
// counterpart's clock may be ahead of ours and custody may not run backwards.
func (c Case) at(now time.Time) time.Time {
	now = now.UTC().Truncate(time.Microsecond)
	if now.Before(c.Last) {
		return c.Last
	}
	return now
}

// Day is the civil day on which an act at now counts, and whose rule it goes by (I8). Near midnight it may be the
// counterpart's day and not that of our clock.
func (c Case) Day(now time.Time) workday.Date { return workday.DateOf(c.at(now)) }
