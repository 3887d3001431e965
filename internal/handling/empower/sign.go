package empower

import (
	"context"
	"time"

	"tongban/internal/domain/document"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Asks is what the provider is asked to sign for a drawn mandate.
func (o *Office) Asks(r mandate.Record) (vouch.Agreement, error) {
	_, what, err := mandate.Of(r.Mandate)
	return what, err
}

// fresh is how old a signature may be when it comes in, in security time.
const fresh = 15 * time.Minute

// Sign takes the principal's signature in. Errors: those of vouch.OpenConsent, errs.ConsentStale, and of Record.Move.
func (o *Office) Sign(ctx context.Context, who party.Person, id string, signed proof.Signed) (mandate.Record, error) {
	return o.move(ctx, who, id, mandate.Sign, func(r *mandate.Record, u *unit.Unit) error {
		agreed, what, err := mandate.Of(r.Mandate)
		if err != nil {
			return err
		}
		got, err := vouch.OpenConsent(signed, o.Kit.Trust(), what, o.Kit.Me, r.Representative, mandate.Level)
		if errs.CodeOf(err).Kind() == errs.Unauthenticated { // a signature that is nobody's is no visitor who is not signed in
			err = errs.Wrap(errs.ConsentForOther, err, "mandate")
		}
		if err == nil && (o.Secure().Sub(got.At) > fresh || got.At.After(o.Secure().Add(vouch.Skew))) {
			err = errs.New(errs.ConsentStale, "signed %s", got.At)
		}
		if err != nil {
			return err
		}
		r.Agreed, r.Proof = agreed, &signed
		return o.paper(u, *r, what)
	})
}

// Answer is the agent's word, or the revocation by either of them. A second press finds it done.
func (o *Office) Answer(ctx context.Context, who party.Person, id string, a mandate.Act) (mandate.Record, error) {
	if a == mandate.Sign || a == mandate.Take {
		return mandate.Record{}, errs.New(errs.NoSuchPage, "signed at the provider only")
	}
	return o.move(ctx, who, id, a, func(*mandate.Record, *unit.Unit) error { return nil })
}

func (o *Office) move(ctx context.Context, who party.Person, id string, a mandate.Act, also func(*mandate.Record, *unit.Unit) error) (mandate.Record, error) {
	var out mandate.Record
	err := unit.Retry(ctx, func() error {
		r, leads, err := o.open(ctx, who, id)
		if err != nil {
			return err
		}
		if out, err = r.Move(a, who, leads, o.now()); err != nil {
			return err
		}
		var u unit.Unit
		if err := also(&out, &u); err != nil {
			return err
		}
		u.Mandates = []mandate.Record{out}
		return o.commit(ctx, "mandate."+string(a), u)
	})
	return out, err
}

// paper is P-11 授权委托书, as the node saw it signed; it bears the mandate's id, and the check code on it leads to how it stands.
func (o *Office) paper(u *unit.Unit, r mandate.Record, what vouch.Agreement) error {
	data := document.Data{
		ID: r.ID, CaseNo: r.ID, Office: r.Unit.Name, Date: workday.DateOf(o.now()).String(), ApplicantName: r.Unit.Name,
		ApplicantMaskedID: string(r.Unit.USCC), Representative: r.Representative.Name, Agent: r.Agent.Name,
		AgentMaskedID: idno.Mask(r.Agent.IDNo), Validity: r.From.String() + " — " + r.Until.String(), Fingerprint: what.Fingerprint(),
	}
	if r.Personal() {
		data.Office, data.ApplicantName, data.ApplicantMaskedID = r.Representative.Name, r.Representative.Name, idno.Mask(r.Representative.IDNo)
		data.Personal = true
	}
	for _, code := range r.Items {
		it, _ := o.Kit.Catalogue.Item(code)
		data.Conditions = append(data.Conditions, it.Name)
	}
	doc, err := document.Compose(document.Mandate, data)
	if err != nil {
		return err
	}
	signed, err := proof.SignJSON(o.Kit.Signer, document.Typ, doc)
	if err != nil {
		return err
	}
	u.Papers = append(u.Papers, unit.PaperOf("", doc, signed, o.now()))
	return nil
}
