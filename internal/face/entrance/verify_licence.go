package entrance

import (
	"context"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// kindCredential is what a presentation of a licence is called beside the kinds of licence.File.
const kindCredential = "credential"

// judgeLicence holds a licence against its signature, its days and its issuer's register or status list.
func (b *base) judgeLicence(ctx context.Context, f licence.File) (verdict, error) {
	l, err := licence.Verify(f.Signed, b.Trust())
	if err != nil {
		return b.refused(ctx, f.Kind, err), nil
	}
	v := verdict{
		Valid: true, Kind: f.Kind, Title: l.TypeName, No: l.No, Issuer: l.Issuer.Name, Date: l.Issued, Until: l.Until,
		Name: maskHolder(l.Holder), Node: b.nodeName(ctx, l.Issuer.Node), Status: page.T(ctx, "entrance.verify.by_days"),
	}
	if err := l.ValidOn(b.today().String()); err != nil {
		v.fail(ctx, err, "not_in_force")
		return v, nil
	}
	return v, b.judgeStanding(ctx, &v, l.ID, l.Issuer.Node, l.Status)
}

// judgeCredential does the same for a credential, of which only what was disclosed is known. A credential without a holder's
// proof tells that the licence is genuine, not who shows it.
func (b *base) judgeCredential(ctx context.Context, text string) (verdict, error) {
	c, err := licence.CheckCredential(text, b.Trust(), b.Now())
	if err != nil {
		return b.refused(ctx, kindCredential, err), nil
	}
	v := verdict{
		Valid: true, Kind: kindCredential, Title: c.Text(licence.ClaimTypeName), No: c.Text(licence.ClaimNo), Issuer: c.Text(licence.ClaimIssuerName),
		Date: c.Text(licence.ClaimFrom), Until: c.Text(licence.ClaimUntil), Node: b.nodeName(ctx, c.Node.ID), Status: page.T(ctx, "entrance.verify.by_days"),
	}
	if name := c.Text(licence.ClaimHolderName); name != "" {
		v.Name = maskHolder(licence.Holder{Name: name, CodeType: c.Text(licence.ClaimHolderCodeType)})
	}
	return v, b.judgeStanding(ctx, &v, c.ID.String(), c.Node.ID, c.Status)
}

// judgeStanding says how a licence stands at its issuer: by the register where that is here, otherwise by the issuer's list, with
// the time of which it speaks. Without either the licence's days are all that is known, and the page says so.
func (b *base) judgeStanding(ctx context.Context, v *verdict, id string, by office.NodeID, ref *statuslist.Ref) error {
	if by == b.me {
		life, err := b.life(ctx, id)
		switch {
		case errs.Is(err, errs.Missing): // issued before there was a register
			return nil
		case err != nil:
			return err
		}
		v.Status = page.T(ctx, "entrance.verify.in_force")
		if err := life.Stands(); err != nil {
			v.fail(ctx, err, string(life.State))
		}
		return nil
	}
	if b.status == nil || ref == nil {
		return nil
	}
	known, err := b.status(ctx, by, *ref)
	key := "entrance.verify.as_of"
	if known.Late {
		key = "entrance.verify.last_known"
	}
	switch {
	case errs.Is(err, errs.StatusMissing):
		return nil // nobody knows now: by its days
	case errs.Is(err, errs.LicenceSuspended):
		v.fail(ctx, err, "suspended")
	case err != nil:
		v.fail(ctx, err, "not_in_force")
	default:
		v.Status = page.T(ctx, "entrance.verify.in_force")
	}
	if !known.At.IsZero() {
		v.Status = page.T(ctx, key, v.Status, moment(ctx, known.At))
	}
	return nil
}

func (v *verdict) fail(ctx context.Context, err error, status string) {
	v.Valid, v.Status, v.Why = false, page.T(ctx, "entrance.verify."+status), errs.CodeOf(err).Text(page.PrefsOf(ctx).Lang)
}

// maskHolder shows an organisation's name, which is public, and masks a person's.
func maskHolder(h licence.Holder) string {
	if h.CodeType == "001" {
		return h.Name
	}
	return party.MaskName(h.Name)
}
