// Package consent ties what people agreed to at the identity provider to the case that it was agreed for (个人信息保护法 第14条:
// informed, voluntary, explicit): what was shown, its hash, and whether a consent that came with a case is that case's. A
// consent is good once: what was agreed to names the case, and a case is opened once.
package consent

import (
	"bytes"
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/proof"
)

// How old a consent may be, in security time. Fresh is for the act that it was asked for; Carried for a case that comes from
// another province, which may have waited in an outbox through a long outage.
const (
	Fresh   = 15 * time.Minute
	Carried = 60 * 24 * time.Hour
)

// Agreement is what an applicant is shown before submitting, as it is hashed, agreed to at the identity provider and kept with
// the case. Answers and papers may grow after a correction notice; this stays what it was.
type Agreement struct {
	Case      string       `json:"case"`
	Item      string       `json:"item"`
	There     region.Code  `json:"there"`
	Applicant party.Person `json:"applicant"`
	Org       *party.Org   `json:"org,omitempty"`
	// Mandate is the digest of the authority under which the applicant acts for Org, or an agent for the applicant.
	Mandate   proof.Hash         `json:"mandate,omitzero"`
	Answers   map[string]string  `json:"answers"`
	Disputes  []casefile.Dispute `json:"disputes,omitempty"`
	Materials []AgreedMaterial   `json:"materials"`
	Parties   []AgreedParty      `json:"parties,omitempty"`
	Text      string             `json:"text"` // version of the consent text
	Serve     string             `json:"serve,omitempty"`
}

// AgreedMaterial is a paper of the application: its files by address, so that none can be exchanged.
type AgreedMaterial struct {
	Key    string       `json:"key"`
	Source string       `json:"source"`
	Files  []proof.Hash `json:"files,omitempty"`
}

// AgreedParty is who else takes part, and as what.
type AgreedParty struct {
	Role   string       `json:"role"`
	Person party.Person `json:"person"`
}

// Part is what an invited person is shown and agrees to: to take part in one application, with their own data. From is the
// applicant as they see them, with the given name hidden; Invitation is the hash of the link, so that an answer to a link that was
// taken back is none to the next.
type Part struct {
	Case       string       `json:"case"`
	Item       string       `json:"item"`
	There      region.Code  `json:"there"`
	Role       string       `json:"role"`
	From       string       `json:"from"`
	Person     party.Person `json:"person"`
	Invitation string       `json:"invitation"`
}

// Of gives the bytes that are agreed to, and for whom the agreement is.
func Of(in casefile.Lodging) (agreed []byte, a vouch.Agreement, err error) {
	if agreed, err = proof.Marshal(shown(in.ID, in.Item.Code, in.There.Region, in.Private)); err != nil {
		return nil, vouch.Agreement{}, err
	}
	return agreed, vouch.Agreement{Act: vouch.Submit, To: in.Decides().Node, About: in.Item.Code, Hash: proof.HashOf(agreed)}, nil
}

// OfPart is Of for an invited person; to is the node that decides.
func OfPart(p Part, to office.NodeID) (agreed []byte, a vouch.Agreement, err error) {
	if agreed, err = proof.Marshal(p); err != nil {
		return nil, vouch.Agreement{}, err
	}
	return agreed, vouch.Agreement{Act: vouch.Join, To: to, About: p.Item, Hash: proof.HashOf(agreed)}, nil
}

func shown(id, code string, there region.Code, in casefile.Private) Agreement {
	doc := Agreement{
		Case: id, Item: code, There: there, Applicant: in.Applicant, Org: in.Org, Answers: in.Answers, Disputes: in.Disputes,
		Text: in.Consent.Text, Serve: in.Consent.Serve,
	}
	if in.Acting != nil {
		doc.Mandate = in.Acting.Digest
	}
	for _, m := range in.Materials {
		one := AgreedMaterial{Key: m.Key, Source: m.Source}
		for _, f := range m.Files {
			one.Files = append(one.Files, f.Address)
		}
		doc.Materials = append(doc.Materials, one)
	}
	for _, p := range in.Parties {
		doc.Parties = append(doc.Parties, AgreedParty{p.Role, p.Person})
	}
	return doc
}

// Terms are how a consent is judged.
type Terms struct {
	Trust *office.TrustList
	Level int           // at which the provider must have signed; 0 lets an officer attest the consent
	Now   time.Time     // security time
	Age   time.Duration // Fresh or Carried
}

// Signs reports whether a province of this federation can be asked for signed consents: the trust list names the provider.
func Signs(trust *office.TrustList) bool {
	if trust == nil {
		return false
	}
	_, ok := trust.Node(office.IDP)
	return ok
}

// Check judges the consents that a case came with, by the trust list and never by the sender's word: the applicant's, and that
// of everybody else who takes part. What was handed in must be what was agreed to; a window that collected the papers may have
// added some. An applicant's own consent online is always the provider's signature where there is a provider; an officer's
// word is good enough where the level is 0. Errors: errs.ConsentNeeded, errs.ConsentForOther, errs.ConsentStale and those of
// vouch.OpenConsent.
func Check(c casefile.Case, t Terms) error {
	k := c.Private.Consent
	if k.Proof == nil {
		if t.Level > 0 || k.Way == casefile.ConsentOnline && Signs(t.Trust) {
			return errs.New(errs.ConsentNeeded, "%s: consent is %.16q", c.No, k.Way)
		}
		return nil
	}
	if err := submitted(c, t); err != nil {
		return err
	}
	for _, p := range c.Private.Parties {
		if err := joined(c, p, t); err != nil {
			return err
		}
	}
	return nil
}

// submitted judges the consent of who made the application.
func submitted(c casefile.Case, t Terms) error {
	k := c.Private.Consent
	var doc Agreement
	if err := proof.Unmarshal(k.Agreed, &doc); err != nil {
		return err
	}
	decide, _ := c.LegOf(item.Decide)
	want := vouch.Agreement{Act: vouch.Submit, To: decide.Node, About: c.Item, Hash: proof.HashOf(k.Agreed)}
	if err := opened(*k.Proof, want, c, c.MadeBy(), t); err != nil {
		return err
	}
	in := shown(c.ID, c.Item, c.There, c.Private)
	if _, collects := c.LegOf(item.Collect); collects { // the window that saw the originals vouches for what it added
		in.Materials = slices.DeleteFunc(in.Materials, func(m AgreedMaterial) bool { return !slices.ContainsFunc(doc.Materials, m.same) })
	}
	return same(doc, in, c)
}

func (m AgreedMaterial) same(o AgreedMaterial) bool {
	return m.Key == o.Key && m.Source == o.Source && slices.Equal(m.Files, o.Files)
}

// joined judges the consent of somebody else who takes part.
func joined(c casefile.Case, p casefile.Party, t Terms) error {
	if p.Proof == nil {
		return errs.New(errs.ConsentNeeded, "%s: %.32q did not sign", c.No, p.Role)
	}
	var doc Part
	if err := proof.Unmarshal(p.Agreed, &doc); err != nil {
		return err
	}
	decide, _ := c.LegOf(item.Decide)
	want := vouch.Agreement{Act: vouch.Join, To: decide.Node, About: c.Item, Hash: proof.HashOf(p.Agreed)}
	t.Age = max(t.Age, Carried) // given while the application was being prepared
	if err := opened(*p.Proof, want, c, p.Person, t); err != nil {
		return err
	}
	return same(doc, Part{
		Case: c.ID, Item: c.Item, There: c.There, Role: p.Role, From: party.MaskName(c.Private.Applicant.Name), Person: p.Person,
		Invitation: doc.Invitation,
	}, c)
}

// opened checks signature, issuer, subject, hash, level and age.
func opened(s proof.Signed, want vouch.Agreement, c casefile.Case, who party.Person, t Terms) error {
	got, err := vouch.OpenConsent(s, t.Trust, want, c.Coordinator, who, t.Level)
	if err != nil {
		return err
	}
	if got.At.After(t.Now.Add(vouch.Skew)) || t.Now.Sub(got.At) > t.Age {
		return errs.New(errs.ConsentStale, "%s: signed %s", c.No, got.At.UTC().Format(time.RFC3339))
	}
	return nil
}

// same holds what was agreed to against what came. Members of a newer form that this one does not know are covered by the
// signature and left out of the comparison.
func same(agreed, came any, c casefile.Case) error {
	a, err := proof.Marshal(agreed)
	if err != nil {
		return err
	}
	b, err := proof.Marshal(came)
	if err != nil {
		return err
	}
	if !bytes.Equal(a, b) {
		return errs.New(errs.ConsentForOther, "%s", c.No)
	}
	return nil
}
