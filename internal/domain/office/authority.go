package office

import (
	"slices"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Who may do what stands in one table (Table): act, roles, conditions. What is not in it is refused. Faces ask it for each route
// and the domain for each act, so that no page can allow what the law of a leg forbids. An applicant's own rights are not in
// it: they are the person's, checked by who the person is.

// Act is something that an officer does. Acts on a leg bear the names of casefile.Act.
type Act string

// Condition is what must hold beside the role.
type Condition string

// The conditions.
const (
	OwnOffice    Condition = "own office"    // the office at which the officer works has the leg, or is a party to the case
	WithinRemit  Condition = "within remit"  // item and place are the officer's
	OnDuty       Condition = "on duty"       // not on leave that day
	NoConflict   Condition = "no conflict"   // did not declare an interest in the case
	SecondPerson Condition = "second person" // where the item says so: did not check the case before
)

// Rule is one sentence: an officer with one of these roles may do this, if.
type Rule struct {
	Act   Act
	Roles []Role
	If    []Condition
}

// Matter is what an act is about. Zero fields restrict nothing that the conditions do not name.
type Matter struct {
	Offices []string    // that have a part in the case, by code
	Item    string      // "" for an act on no case
	Place   region.Code // that decides
	On      workday.Date
	Recused []string // officers who declared an interest
	Before  []string // officers who checked the case; set only where the item asks for a second person
}

// RuleOf finds the sentence about an act; false if there is none, and then nobody may.
func RuleOf(act Act) (Rule, bool) {
	i := slices.IndexFunc(Table, func(r Rule) bool { return r.Act == act })
	if i < 0 {
		return Rule{}, false
	}
	return Table[i], true
}

// Ever reports whether a holder of these roles may ever do the act, whatever the conditions: what a menu asks.
func Ever(roles []Role, act Act) bool {
	r, ok := RuleOf(act)
	return ok && slices.ContainsFunc(r.Roles, func(one Role) bool { return slices.Contains(roles, one) })
}

// May lets an officer do an act or says why not: errs.NotYours (role, or the act is in no table), errs.CaseElsewhere (another
// office's case), errs.OutOfRemit, errs.OfficerAway, errs.Recused, errs.SamePerson.
func (o Officer) May(act Act, m Matter) error {
	r, ok := RuleOf(act)
	if !ok || !Ever(o.Roles, act) {
		return errs.New(errs.NotYours, "%s may not %s", o.ID, act)
	}
	for _, c := range r.If {
		if err := c.met(o, m); err != nil {
			return err
		}
	}
	return nil
}

// met judges one condition; one that nobody taught here refuses.
func (c Condition) met(o Officer, m Matter) error {
	switch c {
	case OwnOffice:
		if !slices.Contains(m.Offices, o.Office) {
			return errs.New(errs.CaseElsewhere, "office %s has no part", o.Office)
		}
	case WithinRemit:
		if m.Item != "" && !o.Remit.Covers(m.Item, m.Place) {
			return errs.New(errs.OutOfRemit, "%s, %s at %s", o.ID, m.Item, m.Place)
		}
	case OnDuty:
		if !o.OnDuty(m.On) {
			return errs.New(errs.OfficerAway, "%s on %s", o.ID, m.On)
		}
	case NoConflict:
		if slices.Contains(m.Recused, o.ID) {
			return errs.New(errs.Recused, "%s", o.ID)
		}
	case SecondPerson:
		if slices.Contains(m.Before, o.ID) {
			return errs.New(errs.SamePerson, "%s", o.ID)
		}
	default:
		return errs.New(errs.NotYours, "condition %q is not known", c)
	}
	return nil
}
