// Package certify makes what was decided into something to hold: it issues the licence, sends the result to the place of
// delivery, and records the delivery.
package certify

import (
	"context"
	"fmt"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/postal"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Store is where cases, papers and licences are kept. Commit is durable when it returns and fails with errs.Stale if the
// case was changed since it was read.
type Store interface {
	unit.Cases
	Serial(ctx context.Context, name string) (int64, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Issuer issues and delivers. Register and Tokens are needed for what comes after issue only.
type Issuer struct {
	Kit      *unit.Kit
	Store    Store
	Register Register
	Tokens   Tokens
	Reasons  []licence.Reason // why something may be taken away
	Types    []licence.Type   // that may be issued
}

// Issue makes the licence of a granted case, if its item has one, and offers the delivering leg with all papers for the
// applicant. Where the deciding place took the application in itself, the result stays here. A case that was refused or not
// accepted is sent off the same way, with its decision alone. An effect happens once (I3): the case moves on in the same
// unit, so a second call finds nothing to issue.
func (s *Issuer) Issue(ctx context.Context, by casefile.Actor, id string, row int64) (casefile.Case, error) {
	return unit.Act(ctx, s.Store, id, row, func(c casefile.Case) (casefile.Case, error) {
		decide, _ := c.LegOf(item.Decide)
		c, step, err := casefile.Dispatch(c, s.Kit.Me, by, unit.NewID(), s.Kit.Now())
		if err != nil {
			return casefile.Case{}, err
		}
		var m made
		if decide.Outcome == casefile.Granted {
			if m, err = s.licence(ctx, c, step); err != nil {
				return casefile.Case{}, err
			}
		}
		var out casefile.Case
		err = s.again(ctx, func() (u unit.Unit, err error) {
			out, u, err = s.dispatched(ctx, by, c, step, m)
			return u, err
		})
		if err != nil {
			return casefile.Case{}, err
		}
		s.Kit.Woken()
		return out, nil
	})
}

// made is the licence that a case gets, if any, and the version before that ends with it.
type made struct {
	licence.Licence
	before licence.Life // ID is "" for a new licence
}

// dispatched is the unit of Issue: licence, if there is one, and the offer of the delivering leg with all papers.
func (s *Issuer) dispatched(ctx context.Context, by casefile.Actor, c casefile.Case, step casefile.Step, m made) (casefile.Case, unit.Unit, error) {
	u := unit.Unit{At: step.At}
	if l := m.Licence; l.ID != "" {
		c.Licence = l.ID
		if m.before.ID != "" {
			if err := s.record(&u, m.before, licence.Doing{Act: licence.ActChange, By: s.Kit.Me, Office: l.Issuer.Code, Other: l.ID}); err != nil {
				return casefile.Case{}, u, err
			}
			u.Log = s.logged(u, m.before.Case, by.ID)
		}
		signed, err := s.begin(ctx, &u, &l, licence.Doing{Act: licence.ActIssue, By: s.Kit.Me, Office: l.Issuer.Code})
		if err != nil {
			return casefile.Case{}, u, err
		}
		u.Papers = append(u.Papers, unit.Paper{
			ID: unit.NewID(), Case: c.ID, Kind: licence.Typ, Title: l.TypeName, Number: l.ID, Signed: signed, At: step.At,
		})
	}
	if step.Act == casefile.ActSeal {
		if err := s.sealed(&u, c); err != nil {
			return casefile.Case{}, u, err
		}
	}
	c, fact, err := s.Kit.Record(&u, c, step, by.ID)
	if err != nil {
		return casefile.Case{}, u, err
	}
	if deliver, ok := c.LegOf(item.Deliver); ok && deliver.Node == s.Kit.Me {
		c, err = s.serve(&u, c)
	} else {
		err = s.send(&u, c, fact)
	}
	return c, u, err
}

// send offers the delivering leg with all papers for the applicant.
func (s *Issuer) send(u *unit.Unit, c casefile.Case, fact proof.Signed) error {
	var papers []proof.Signed
	for _, p := range u.Papers {
		papers = append(papers, p.Signed)
	}
	deliver, _ := c.LegOf(item.Deliver)
	return s.Kit.Offer(u, c, deliver.Key, []proof.Signed{fact}, papers)
}

// serve puts the result on the applicant's own page in the same unit, if that is how the applicant wants it; otherwise it
// waits at this office to be handed over or posted.
func (s *Issuer) serve(u *unit.Unit, c casefile.Case) (casefile.Case, error) {
	if c.Private.Consent.Serve != casefile.ServeOnline {
		return c, nil
	}
	c, step, err := casefile.Serve(c, s.Kit.Me, s.Kit.Now())
	if err != nil {
		return casefile.Case{}, err
	}
	c, _, err = s.Kit.Record(u, c, step, "clock")
	return c, err
}

func (s *Issuer) licence(ctx context.Context, c casefile.Case, step casefile.Step) (made, error) {
	v, err := s.Kit.Catalogue.VersionByDigest(c.Rule.Digest)
	if err != nil {
		return made{}, err
	}
	if v.Result.LicenceType == "" { // the decision itself is the result
		return made{}, nil
	}
	if _, err := licence.TypeOf(s.Types, v.Result.LicenceType); err != nil {
		return made{}, err
	}
	if v.Result.Renews != "" {
		return s.renewed(ctx, c, v.Result, workday.DateOf(step.At))
	}
	l, err := s.fresh(ctx, c, v, workday.DateOf(step.At))
	return made{Licence: l}, err
}

// fresh is a licence with a number of its own.
func (s *Issuer) fresh(ctx context.Context, c casefile.Case, v item.Version, day workday.Date) (licence.Licence, error) {
	issuer := s.Kit.Responsible(c)
	number, err := s.number(ctx, v.Result, issuer)
	if err != nil {
		return licence.Licence{}, err
	}
	id, err := licence.NewIdentifier(v.Result.LicenceType, issuer.Code, number, 1)
	if err != nil {
		return licence.Licence{}, err
	}
	l := licence.Licence{
		ID: id, TypeCode: v.Result.LicenceType, TypeName: v.Result.Name, No: number, Version: 1,
		Issuer: licence.Issuer{Name: issuer.Name, Code: issuer.Code, Node: s.Kit.Me},
		Issued: day.String(), From: day.String(), CaseID: c.ID,
	}
	if v.Result.ValidYears > 0 {
		l.Until = workday.NewDate(day.Year()+v.Result.ValidYears, day.Month(), day.Day()).AddDays(-1).String()
	}
	for _, f := range v.Result.Fields {
		l.Fields = append(l.Fields, licence.Field{Key: f.Key, Label: f.Label, Value: face(f.From, c, issuer, number, day)})
	}
	l.Holder = holder(c, l, v.Result)
	return l, nil
}

// number is the licence's number. A business licence bears the new company's 统一社会信用代码; until the registrar's own
// system supplies it, the node gives one out of its series: place, "MA", serial, both check characters.
func (s *Issuer) number(ctx context.Context, r item.Result, issuer office.Office) (string, error) {
	serial, err := s.Store.Serial(ctx, "licence-"+r.LicenceType)
	if err != nil {
		return "", err
	}
	if r.Serial != "uscc" {
		return fmt.Sprintf("%s%010d", issuer.Region.Short(), serial), nil
	}
	code, err := idno.MakeUSCC(fmt.Sprintf("91%sMA%06d", issuer.Region.Short(), serial%1_000_000))
	return string(code), err
}

// face resolves where an item of the licence's face comes from.
func face(from string, c casefile.Case, issuer office.Office, number string, day workday.Date) string {
	kind, key, _ := strings.Cut(from, ":")
	switch kind {
	case "form":
		return c.Private.Answers[key]
	case "office":
		return issuer.Name
	case "case":
		return string(c.No)
	case "decision":
		if key == "date" {
			return day.String()
		}
		return number
	}
	return ""
}

// holder is the new company for a licence that is its number, otherwise the applicant.
func holder(c casefile.Case, l licence.Licence, r item.Result) licence.Holder {
	if r.Serial == "uscc" {
		return licence.Holder{Name: l.Fields[0].Value, Code: l.No, CodeType: "001"}
	}
	if unit, ok := c.Unit(); ok {
		return licence.Holder{Name: unit.Name, Code: string(unit.USCC), CodeType: "001"}
	}
	p := c.Private.Applicant
	return licence.Holder{Name: p.Name, Code: p.IDNo, CodeType: string(p.IDType)}
}

// Deliver records that the applicant has the result, closes the case, and tells the deciding place (送达). A postal number that
// cannot be one is errs.BadPostalNumber.
func (s *Issuer) Deliver(ctx context.Context, by casefile.Actor, id string, row int64, d casefile.Delivery) (casefile.Case, error) {
	if d.Postal != "" {
		number, err := postal.Parse(d.Postal)
		if err != nil {
			return casefile.Case{}, err
		}
		d.Postal = string(number)
	}
	return unit.Act(ctx, s.Store, id, row, func(c casefile.Case) (casefile.Case, error) {
		c, step, err := casefile.Deliver(c, s.Kit.Me, by, d, s.Kit.Now())
		if err != nil {
			return casefile.Case{}, err
		}
		var u unit.Unit
		c, fact, err := s.Kit.Record(&u, c, step, by.ID)
		if err != nil {
			return casefile.Case{}, err
		}
		decide, _ := c.LegOf(item.Decide)
		if err := s.Kit.Tell(&u, c, decide.Node, step.Leg, []proof.Signed{fact}, nil); err != nil {
			return casefile.Case{}, err
		}
		if err := s.Store.Commit(ctx, u); err != nil {
			return casefile.Case{}, err
		}
		s.Kit.Woken()
		return c, nil
	})
}
