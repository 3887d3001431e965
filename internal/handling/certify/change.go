package certify

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Change issues the next version of a licence and ends the one before, in one commit. edit gets the record to change: face,
// holder's name and dates; what makes it the same licence is set again afterwards. The new version goes to the node that the
// applicant's copy lies with. Errors: those of Do, and of licence.Issue for what edit made.
func (s *Issuer) Change(ctx context.Context, by casefile.Actor, id string, row int64, edit func(*licence.Licence)) (licence.Licence, error) {
	old, life, err := s.held(ctx, by, mayDo, id, row)
	if err != nil {
		return licence.Licence{}, err
	}
	next, err := successor(old)
	if err != nil {
		return licence.Licence{}, err
	}
	l, now := next, s.now()
	l.Issued = workday.DateOf(now).String()
	edit(&l)
	l.TypeCode, l.TypeName, l.No, l.Issuer, l.Holder.Code, l.Holder.CodeType = old.TypeCode, old.TypeName, old.No, old.Issuer, old.Holder.Code, old.Holder.CodeType
	l.ID, l.Version, l.Replaces = next.ID, next.Version, next.Replaces
	return l, s.again(ctx, func() (unit.Unit, error) {
		u := unit.Unit{At: now}
		d := licence.Doing{Act: licence.ActChange, By: s.Kit.Me, Office: by.Office, Other: l.ID}
		if err := s.record(&u, life, d); err != nil {
			return u, err
		}
		return u, s.issued(ctx, &u, l, by, licence.Doing{Act: licence.ActIssue, By: s.Kit.Me, Office: by.Office})
	})
}

// issued signs a record of a case that is here and adds paper, standing, log, and the copy for the applicant's node.
func (s *Issuer) issued(ctx context.Context, u *unit.Unit, l licence.Licence, by casefile.Actor, d licence.Doing) error {
	signed, err := s.begin(ctx, u, &l, d)
	if err != nil {
		return err
	}
	u.Papers = append(u.Papers, unit.Paper{
		ID: unit.NewID(), Case: l.CaseID, Kind: licence.Typ, Title: l.TypeName, Number: l.ID, Signed: signed, At: u.At,
	})
	u.Log = s.logged(*u, l.CaseID, by.ID)
	c, err := s.Store.Case(ctx, l.CaseID)
	if err != nil {
		return err
	}
	deliver, ok := c.LegOf(item.Deliver)
	if !ok {
		return nil
	}
	// A notice rests on a fact of the case: the one with which the result left, which the other node knows already.
	left, err := s.Register.FactAct(ctx, l.CaseID, casefile.ActDispatch)
	if errs.Is(err, errs.Missing) { // it has not left: the copy goes with it
		return nil
	}
	if err != nil {
		return err
	}
	return s.Kit.Tell(u, c, deliver.Node, deliver.Key, []proof.Signed{left.Signed}, []proof.Signed{signed})
}

// MoveIn takes over a licence that another province moved out: it issues one of the same type and face by the officer's office,
// for a case that is here, which names the other's identifier. history is the other node's signed acts; they must end in the
// move. Errors: errs.LicenceMismatch, errs.LicenceMoveRefused, errs.HolderDiffers if the case is another person's.
func (s *Issuer) MoveIn(ctx context.Context, by casefile.Actor, caseID string, record proof.Signed, history []proof.Signed) (licence.Licence, error) {
	trust := s.Kit.Trust()
	theirs, err := licence.Verify(record, trust)
	if err != nil {
		return licence.Licence{}, err
	}
	state, _, err := licence.History(theirs.ID, history, trust)
	if err != nil {
		return licence.Licence{}, err
	}
	now := s.now()
	today := workday.DateOf(now).String()
	if err := theirs.ValidOn(today); err != nil {
		return licence.Licence{}, err
	}
	if state != licence.MovedOut || theirs.Issuer.Node == s.Kit.Me {
		return licence.Licence{}, errs.New(errs.LicenceMoveRefused, "%s is %s at %s", theirs.ID, state, theirs.Issuer.Node)
	}
	c, err := s.Store.Case(ctx, caseID)
	if err != nil {
		return licence.Licence{}, err
	}
	if p := c.Private.Applicant; theirs.Holder.Code != p.IDNo {
		return licence.Licence{}, errs.New(errs.HolderDiffers, "case %s", c.No)
	}
	o, ok := s.Kit.Office(by.Office)
	if !ok {
		return licence.Licence{}, errs.New(errs.NotYours, "no office %s", by.Office)
	}
	id, err := licence.NewIdentifier(theirs.TypeCode, o.Code, theirs.No, 1)
	if err != nil {
		return licence.Licence{}, err
	}
	if err := s.may(by, mayDo, o.Code); err != nil {
		return licence.Licence{}, err
	}
	l := theirs
	l.ID, l.Version, l.Replaces, l.CaseID, l.Issued, l.From = id, 1, theirs.ID, caseID, today, today
	l.Issuer = licence.Issuer{Name: o.Name, Code: o.Code, Node: s.Kit.Me}
	return l, s.again(ctx, func() (unit.Unit, error) {
		u := unit.Unit{At: now}
		return u, s.issued(ctx, &u, l, by, licence.Doing{Act: licence.ActMoveIn, By: s.Kit.Me, Office: by.Office, Other: theirs.ID})
	})
}
