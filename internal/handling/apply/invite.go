package apply

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/google/uuid"

	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// Invitation is what the invited person may know: who asks, for what, and until when.
type Invitation struct {
	Item  item.Item
	V     item.Version
	From  string // name of who invites
	Role  string
	Guest journey.Guest
	draft string
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
	case owns(draft, who):
		return journey.Draft{}, Invitation{}, errs.New(errs.InvitedSelf, "draft %s", draft.ID)
	}
	v, _, err := d.Rules(draft)
	if err != nil {
		return no("rules")
	}
	it, _ := d.Kit.Catalogue.Item(draft.Item)
	return draft, Invitation{Item: it, V: v, From: party.MaskName(draft.Applicant.Name), Role: draft.Guest.Role, Guest: *draft.Guest, draft: draft.ID}, nil
}

// Join is the invited person's own answer. A link answers once; the same person may answer it again the same way.
func (d *Desk) Join(ctx context.Context, who party.Person, token string, yes bool) (Invitation, error) {
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
			draft.Guest.State, draft.Guest.Person = journey.Joined, who
		}
		_, err = d.Store.SaveDraft(ctx, draft)
		return err
	})
	return out, err
}
