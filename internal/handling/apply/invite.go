package apply

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"github.com/google/uuid"

	"tongban/internal/domain/consent"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Invitation is what the invited person may know: who asks, for what, and until when.
type Invitation struct {
	Item  item.Item
	V     item.Version
	From  string // name of who invites
	Role  string
	Guest journey.Guest

	agreed []byte
	what   vouch.Agreement
}

const secretSize = 18

// tokens writes and reads what a link carries. It is strict, so that one invitation has one spelling: without, the last
// character could differ and open the same draft.
var tokens = base64.RawURLEncoding.Strict()

// Invite makes a link for the other party and ends the one before it. The token stands nowhere else: the draft keeps a hash.
func (d *Desk) Invite(ctx context.Context, who party.Person, id string) (journey.Draft, string, error) {
	key, err := uuid.Parse(id)
	if err != nil {
		return journey.Draft{}, "", errs.New(errs.NoSuchApplication, "no id")
	}
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails: the program stops instead
	hash := sha256.Sum256(secret)
	out, err := d.Change(ctx, who, id, func(draft *journey.Draft, v item.Version) error {
		field, ok := journey.Inviting(v)
		if !ok {
			return errs.New(errs.StepNotDue, "%s invites nobody", draft.Item)
		}
		draft.Guest = &journey.Guest{
			Secret: hash[:], Role: field.Label, RoleEn: field.LabelEn, Until: d.now().Add(journey.InviteLife), State: journey.Invited,
		}
		return nil
	})
	return out, tokens.EncodeToString(append(key[:], secret...)), err
}

// TakeBack ends an invitation, also one that was accepted.
func (d *Desk) TakeBack(ctx context.Context, who party.Person, id string) (journey.Draft, error) {
	return d.Change(ctx, who, id, func(draft *journey.Draft, _ item.Version) error {
		draft.Guest = nil
		return nil
	})
}

// Invitation opens a link for somebody who signed in. Every link that does not open is the same answer,
// errs.InvitationInvalid; the applicant's own is errs.InvitedSelf.
func (d *Desk) Invitation(ctx context.Context, who party.Person, token string) (Invitation, error) {
	_, inv, err := d.invitation(ctx, who, token)
	return inv, err
}

func (d *Desk) invitation(ctx context.Context, who party.Person, token string) (journey.Draft, Invitation, error) {
	no := func(why string) (journey.Draft, Invitation, error) {
		return journey.Draft{}, Invitation{}, errs.New(errs.InvitationInvalid, "%s", why)
	}
	if err := known(who); err != nil {
		return journey.Draft{}, Invitation{}, err
	}
	b, err := tokens.DecodeString(token)
	if err != nil || len(b) != 16+secretSize {
		return no("form")
	}
	id, hash := uuid.UUID(b[:16]), sha256.Sum256(b[16:])
	draft, err := d.Store.Draft(ctx, id.String())
	switch {
	case errs.Is(err, errs.Missing):
		return no("draft")
	case err != nil:
		return journey.Draft{}, Invitation{}, err
	case draft.Case != "" || draft.Expired(d.now()) || !draft.Guest.Opens(hash[:]) || draft.Guest.Over(d.now()):
		return no("over")
	case owns(draft, who), party.SameDocument(draft.Subject(), who):
		return journey.Draft{}, Invitation{}, errs.New(errs.InvitedSelf, "draft %s", draft.ID)
	}
	if draft.For != nil {
		if _, err := d.rightFor(ctx, draft); err != nil {
			return no("authority")
		}
	}
	v, _, err := d.Rules(draft)
	if err != nil {
		return no("rules")
	}
	it, _ := d.Kit.Catalogue.Item(draft.Item)
	inv := Invitation{Item: it, V: v, From: party.MaskName(draft.Subject().Name), Role: draft.Guest.Role, Guest: *draft.Guest}
	field, _ := journey.Inviting(v)
	there, err := d.Kit.OfficeAt(draft.There)
	if err != nil {
		return journey.Draft{}, Invitation{}, err
	}
	inv.agreed, inv.what, err = consent.OfPart(consent.Part{
		Case: draft.ID, Item: draft.Item, There: there.Region, Role: field.Key, From: inv.From, Invitation: hex.EncodeToString(draft.Guest.Secret),
		Person: party.Person{Name: who.Name, IDType: who.IDType, IDNo: who.IDNo},
	}, there.Node)
	return draft, inv, err
}

// Joining is what the provider is asked to sign before somebody joins, and at which level; ok is false where nobody can.
func (d *Desk) Joining(inv Invitation) (what vouch.Agreement, level int, ok bool) {
	return inv.what, consentLevel(inv.V), consent.Signs(d.Kit.Trust())
}

// Join is the invited person's own answer. A link answers once; the same person may answer it again the same way. Who agrees
// brings the provider's signature where there is a provider: errs.ConsentNeeded without, and the errors of vouch.OpenConsent.
func (d *Desk) Join(ctx context.Context, who party.Person, token string, yes bool, signed *proof.Signed) (Invitation, error) {
	var out Invitation
	err := unit.Retry(ctx, func() error {
		draft, inv, err := d.invitation(ctx, who, token)
		if err != nil {
			return err
		}
		out = inv
		if draft.Guest.State != journey.Invited {
			if draft.Guest.Person.IDNo == who.IDNo && (draft.Guest.State == journey.Joined) == yes {
				return nil
			}
			return errs.New(errs.InvitationInvalid, "answered")
		}
		draft = draft.Clone()
		draft.Guest.State, draft.Guest.Settled, draft.Guest.Person = journey.Declined, d.now(), party.Person{IDNo: who.IDNo}
		if yes {
			if err := d.signedPart(inv, who, signed); err != nil {
				return err
			}
			draft.Guest.State, draft.Guest.Person = journey.Joined, party.Person{Name: who.Name, IDType: who.IDType, IDNo: who.IDNo}
			draft.Guest.Agreed, draft.Guest.Proof = inv.agreed, signed
		}
		_, err = d.Store.SaveDraft(ctx, draft)
		return err
	})
	return out, err
}

// signedPart checks a joining person's consent: theirs, for this invitation, just given.
func (d *Desk) signedPart(inv Invitation, who party.Person, signed *proof.Signed) error {
	what, level, signs := d.Joining(inv)
	switch {
	case signed == nil && (signs || inv.V.Assurance.Consent > 0):
		return errs.New(errs.ConsentNeeded, "joining")
	case signed == nil:
		return nil
	}
	got, err := vouch.OpenConsent(*signed, d.Kit.Trust(), what, d.Kit.Me, who, level)
	if err == nil && (d.Secure().Sub(got.At) > consent.Fresh || got.At.After(d.Secure().Add(vouch.Skew))) {
		err = errs.New(errs.ConsentStale, "signed %s", got.At)
	}
	return notSigned(err)
}
