package mandate

import (
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Account is a unit that acts at this node, and whom it acts by.
type Account struct {
	Org            party.Org    `json:"org"`
	Representative party.Person `json:"representative"`
	// Licence is the electronic business licence that proves it, by its 证照标识.
	Licence string `json:"licence,omitempty"`
	// Face is what the licence says of the unit, by the names of the source bizlicence: nobody types it again.
	Face   map[string]string `json:"face,omitempty"`
	Opened time.Time         `json:"opened"`

	// Row is the store's guard: the version that was read, 0 for a new one.
	Row int64 `json:"-"`
}

// Name is a unit in whose name somebody may act, or might.
type Name struct {
	Account  Account
	Mandates []Record // the person's own there; empty for the representative
}

// Names are all units that a person has to do with at a node, and the people who let them act in their own matters.
type Names struct {
	Who  party.Person
	List []Name
	Kin  []Kin
}

// Kin is somebody who lets the person act for them, or did: by a mandate of their own.
type Kin struct {
	Person   party.Person
	Mandates []Record
}

// Find gives the unit of a code; errs.NotInThatName without naming whether the unit is known here.
func (n Names) Find(code idno.USCC) (Name, error) {
	i := slices.IndexFunc(n.List, func(x Name) bool { return x.Account.Org.USCC == code })
	if i < 0 {
		return Name{}, errs.New(errs.NotInThatName, "unit %.20q", code)
	}
	return n.List[i], nil
}

// Leads reports whether who is the unit's legal representative.
func (n Name) Leads(who party.Person) bool { return party.SameDocument(who, n.Account.Representative) }

// May gives the right in which a person acts for a unit in a matter on a day. Without any mandate there it is
// errs.NotInThatName; otherwise what stands against the one that comes nearest.
func (n Names) May(code idno.USCC, item string, on workday.Date) (party.Acting, error) {
	name, err := n.Find(code)
	if err != nil {
		return party.Acting{}, err
	}
	if name.Leads(n.Who) {
		return party.Acting{Licence: name.Account.Licence}, nil
	}
	r, err := standing(name.Mandates, item, on)
	if err != nil {
		return party.Acting{}, err
	}
	return party.Acting{Licence: name.Account.Licence, Mandate: r.ID, Digest: proof.HashOf(r.Agreed), Agreed: r.Agreed, Proof: r.Proof}, nil
}

// MayFor gives somebody for whom the person acts in a matter on a day, and the right: by any mandate that stands of who gave the one
// of that id. Without any it is errs.NotForThem; otherwise what stands against the one that comes nearest.
func (n Names) MayFor(id, item string, on workday.Date) (party.Person, party.Acting, error) {
	i := slices.IndexFunc(n.Kin, func(k Kin) bool { return slices.ContainsFunc(k.Mandates, func(r Record) bool { return r.ID == id }) })
	if i < 0 {
		return party.Person{}, party.Acting{}, errs.New(errs.NotForThem, "mandate %.40q", id)
	}
	right, err := n.Kin[i].right(n.Who, item, on)
	return n.Kin[i].Person, right, err
}

func (k Kin) right(who party.Person, item string, on workday.Date) (party.Acting, error) {
	r, err := standing(k.Mandates, item, on)
	if err != nil {
		return party.Acting{}, err
	}
	who.Phone = ""
	return party.Acting{Agent: &who, Mandate: r.ID, Digest: proof.HashOf(r.Agreed), Agreed: r.Agreed, Proof: r.Proof}, nil
}

// standing is the mandate that lets its agent act, or what stands against the one that comes nearest.
func standing(list []Record, item string, on workday.Date) (Record, error) {
	var why error = errs.New(errs.NotInThatName, "no mandate")
	nearest := -1
	for _, r := range list {
		err := r.Stands(item, on)
		if err == nil {
			return r, nil
		}
		if at := slices.Index(near, errs.CodeOf(err)); at > nearest {
			nearest, why = at, err
		}
	}
	return Record{}, why
}

// Sees reports whether the person may go on with a case on a day: their own, one of a unit that they act for in that matter, or one
// that they made for somebody who lets them. Somebody else's case is errs.NoSuchCase; who had authority is told what stands against
// it.
func (n Names) Sees(c casefile.Case, on workday.Date) error {
	if c.Own(n.Who) {
		return nil
	}
	if a := c.Private.Acting; a != nil && a.Agent != nil {
		return n.seesFor(c, on)
	}
	org, ok := c.Unit()
	if !ok {
		return errs.New(errs.NoSuchCase, "not the visitor's")
	}
	_, err := n.May(org.USCC, c.Item, on)
	if errs.Is(err, errs.NotInThatName) {
		err = errs.New(errs.NoSuchCase, "not the visitor's")
	}
	return err
}

// seesFor is Sees of a case that an agent made: theirs to go on with as long as the applicant lets them.
func (n Names) seesFor(c casefile.Case, on workday.Date) error {
	i := slices.IndexFunc(n.Kin, func(k Kin) bool { return party.SameDocument(k.Person, c.Private.Applicant) })
	if i < 0 || !party.SameDocument(c.MadeBy(), n.Who) {
		return errs.New(errs.NoSuchCase, "not the visitor's")
	}
	_, err := standing(n.Kin[i].Mandates, c.Item, on)
	return err
}

// Lookups are the forms under which the cases of these units and people are found.
func (n Names) Lookups() []party.Lookup {
	out := make([]party.Lookup, 0, len(n.List)+len(n.Kin))
	for _, x := range n.List {
		out = append(out, party.Lookup{Kind: party.ByNumber, Value: string(x.Account.Org.USCC)})
	}
	for _, k := range n.Kin {
		out = append(out, party.Lookup{Kind: party.ByNumber, Value: k.Person.IDNo})
	}
	return out
}

// near orders what may stand against a mandate: the last is nearest to standing, and is what a person is told.
var near = []errs.Code{errs.MandateOtherMatter, errs.MandateRevoked, errs.MandateExpired, errs.MandateNotYet, errs.MandateNotTaken}

// Check judges the right in which a case was made for a unit or by an agent, which another node may have pinned: the principal signed
// the mandate for the node that took the application in, it is of that unit or applicant and for that agent, and it covered the
// matter on the day of the act. An own matter needs none. Errors: those of Open and Covers, errs.ConsentNeeded, errs.ConsentForOther.
func Check(c casefile.Case, trust *office.TrustList) error {
	a := c.Private.Acting
	switch {
	case a == nil:
		return nil
	case (c.Private.Org == nil) == (a.Agent == nil):
		return errs.New(errs.ConsentForOther, "%s: a right to act for nobody, or for two", c.No)
	case a.Mandate == "" && a.Agent == nil:
		return nil // the representative: the node that took it in vouches for the licence that it names
	case a.Proof == nil:
		return errs.New(errs.ConsentNeeded, "%s: mandate %.40q", c.No, a.Mandate)
	}
	m, err := Open(a.Agreed, *a.Proof, trust)
	if err != nil {
		return err
	}
	of, by := party.Org{}, c.MadeBy()
	if c.Private.Org != nil {
		of = *c.Private.Org
	}
	if m.ID != a.Mandate || a.Digest != proof.HashOf(a.Agreed) || m.At != c.Coordinator || m.Unit != of || !party.SameDocument(m.Agent, by) ||
		a.Agent != nil && (!party.SameDocument(m.Representative, c.Private.Applicant) || m.Representative.Name != c.Private.Applicant.Name) {
		return errs.New(errs.ConsentForOther, "%s: mandate %.40q", c.No, a.Mandate)
	}
	return m.Covers(c.Item, workday.DateOf(c.Lodged))
}
