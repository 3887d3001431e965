package certify

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Next says which version of a licence a yes would make the next one of, as decide.Results asks: a licence that was lost is issued
// again with its number and face (市场主体登记管理条例 第37条), and the version before ends with it.
func (s *Issuer) Next(ctx context.Context, c casefile.Case) (version int, renews bool, err error) {
	v, err := s.Kit.Catalogue.VersionByDigest(c.Rule.Digest)
	if err != nil || v.Result.Renews == "" {
		return 0, false, err
	}
	old, _, err := s.renewable(ctx, c, v.Result)
	return old.Version, true, err
}

// renewed is the next version of the licence that the case names; of one that is not in this register nothing is made.
func (s *Issuer) renewed(ctx context.Context, c casefile.Case, r item.Result, day workday.Date) (made, error) {
	old, life, err := s.renewable(ctx, c, r)
	if err != nil || old.ID == "" {
		return made{}, err
	}
	l, err := successor(old)
	l.Issued, l.CaseID = day.String(), c.ID
	return made{Licence: l, before: life}, err
}

// successor is the next version of a licence, alike in all but its identifier.
func successor(old licence.Licence) (licence.Licence, error) {
	id, err := licence.ParseIdentifier(old.ID)
	if err != nil {
		return licence.Licence{}, err
	}
	l := old
	l.Fields = append([]licence.Field(nil), old.Fields...)
	l.Version, l.Replaces = old.Version+1, old.ID
	l.ID, err = licence.NewIdentifier(id.TypeCode, id.Issuer, id.Serial, l.Version)
	return l, err
}

// renewable finds the newest version of the licence that the case names, if the office that decides issued it here. It must stand, and
// be the applicant's; errors as decide.Results says.
func (s *Issuer) renewable(ctx context.Context, c casefile.Case, r item.Result) (licence.Licence, licence.Life, error) {
	number, issuer := c.Private.Answers[r.Renews], s.Kit.Responsible(c)
	if number == "" {
		return licence.Licence{}, licence.Life{}, nil
	}
	found, err := s.Register.FindLicences(ctx, []party.Lookup{{Kind: party.ByNumber, Value: number}}, mostFound)
	if err != nil {
		return licence.Licence{}, licence.Life{}, err
	}
	var old licence.Licence
	var life licence.Life
	for _, one := range found {
		id, err := licence.ParseIdentifier(one.ID)
		if err != nil || id.Issuer != issuer.Code || id.TypeCode != r.LicenceType || id.Version <= old.Version {
			continue
		}
		p, err := s.Register.Licence(ctx, one.ID)
		if err != nil {
			return licence.Licence{}, licence.Life{}, err
		}
		l, err := licence.Verify(p.Signed, s.Kit.Trust())
		if err != nil {
			return licence.Licence{}, licence.Life{}, err
		}
		if l.No == number { // a keyed hash alone proves nothing
			old, life = l, one
		}
	}
	if old.ID == "" {
		return old, life, nil
	}
	return old, life, s.mayRenew(ctx, c, old, life)
}

// mayRenew holds the case against the licence: whose it is, and how it stands.
func (s *Issuer) mayRenew(ctx context.Context, c casefile.Case, l licence.Licence, life licence.Life) error {
	theirs, err := s.holds(ctx, c, l)
	switch {
	case err != nil:
		return err
	case !theirs:
		return errs.New(errs.RenewNotTheirs, "%s in case %s", l.ID, c.No)
	case life.State.Status() == statuslist.Suspended:
		return errs.New(errs.RenewSuspended, "%s", l.ID)
	case life.State.Status() != statuslist.Valid, l.ValidOn(workday.DateOf(s.Kit.Now()).String()) != nil:
		return errs.New(errs.RenewOver, "%s is %s", l.ID, life.State)
	}
	return nil
}

// holds reports whether who applies holds a licence: the unit in whose name the case is, the person on it, or the person whose own
// application it came from (a company's).
func (s *Issuer) holds(ctx context.Context, c casefile.Case, l licence.Licence) (bool, error) {
	if org, ok := c.Unit(); ok {
		return l.Holder.CodeType == "001" && l.Holder.Code == string(org.USCC), nil
	}
	who := c.Private.Applicant
	if party.SameDocument(who, party.Person{IDNo: l.Holder.Code, IDType: party.IDType(l.Holder.CodeType)}) {
		return true, nil
	}
	from, err := s.Store.Case(ctx, l.CaseID)
	if errs.Is(err, errs.Missing) {
		return false, nil
	}
	return err == nil && from.Own(who), err
}
