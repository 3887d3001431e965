// Package consent ties what an applicant agreed to at the identity provider to the case that it was agreed for (个人信息保护法
// 第14条: informed, voluntary, explicit): what was shown, its hash, and whether a consent that came with a case is that case's.
package consent

import (
	"bytes"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/proof"
)

// Agreement is what an applicant is shown before submitting, as it is hashed, agreed to at the identity provider and kept with
// the case. Answers and papers may grow after a correction notice; this stays what it was.
type Agreement struct {
	Case      string            `json:"case"`
	Item      string            `json:"item"`
	There     region.Code       `json:"there"`
	Applicant party.Person      `json:"applicant"`
	Org       *party.Org        `json:"org,omitempty"`
	Answers   map[string]string `json:"answers"`
	Materials []AgreedMaterial  `json:"materials"`
	Text      string            `json:"text"` // version of the consent text
	Serve     string            `json:"serve,omitempty"`
}

// AgreedMaterial is a paper of the application: its files by address, so that none can be exchanged.
type AgreedMaterial struct {
	Key    string       `json:"key"`
	Source string       `json:"source"`
	Files  []proof.Hash `json:"files,omitempty"`
}

// Of gives the bytes that are agreed to, and for whom the agreement is.
func Of(in casefile.Lodging) (agreed []byte, a vouch.Agreement, err error) {
	doc := Agreement{
		Case: in.ID, Item: in.Item.Code, There: in.There.Region, Applicant: in.Private.Applicant, Org: in.Private.Org,
		Answers: in.Private.Answers, Text: in.Private.Consent.Text,
	}
	for _, m := range in.Private.Materials {
		one := AgreedMaterial{Key: m.Key, Source: m.Source}
		for _, f := range m.Files {
			one.Files = append(one.Files, f.Address)
		}
		doc.Materials = append(doc.Materials, one)
	}
	if agreed, err = proof.Marshal(doc); err != nil {
		return nil, vouch.Agreement{}, err
	}
	return agreed, vouch.Agreement{Act: vouch.Submit, To: in.There.Node, About: in.Item.Code, Hash: proof.HashOf(agreed)}, nil
}

// Check judges the consent that a case came with by the trust list, never by the sender's word. level is what the item
// demands of the identity provider's signature; 0 leaves the officer's word and the sender's (a consent without proof) good
// enough. Errors: errs.ConsentNeeded, errs.ConsentForOther and those of vouch.OpenConsent.
func Check(c casefile.Case, trust *office.TrustList, level int) error {
	k := c.Private.Consent
	if k.Proof == nil {
		if level > 0 {
			return errs.New(errs.ConsentNeeded, "%s: consent is %.16q", c.No, k.Way)
		}
		return nil
	}
	var doc Agreement
	if err := proof.Unmarshal(k.Agreed, &doc); err != nil {
		return err
	}
	decide, _ := c.LegOf(item.Decide)
	want := vouch.Agreement{Act: vouch.Submit, To: decide.Node, About: c.Item, Hash: proof.HashOf(k.Agreed)}
	if _, err := vouch.OpenConsent(*k.Proof, trust, want, c.Coordinator, c.Private.Applicant, level); err != nil {
		return err
	}
	again, err := proof.Marshal(doc)
	if err != nil {
		return err
	}
	if doc.Case != c.ID || doc.Item != c.Item || !party.SameDocument(doc.Applicant, c.Private.Applicant) || !bytes.Equal(again, k.Agreed) {
		return errs.New(errs.ConsentForOther, "%s", c.No)
	}
	return nil
}
