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

// Names are all units that a person has to do with at a node.
type Names struct {
	Who  party.Person
	List []Name
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
	var why error = errs.New(errs.NotInThatName, "unit %s", code)
	nearest := -1
	for _, r := range name.Mandates {
		err := r.Stands(item, on)
		if err == nil {
			return party.Acting{Licence: name.Account.Licence, Mandate: r.ID, Digest: proof.HashOf(r.Agreed), Agreed: r.Agreed, Proof: r.Proof}, nil
		}
		if at := slices.Index(near, errs.CodeOf(err)); at > nearest {
			nearest, why = at, err
		}
	}
	return party.Acting{}, why
}

// Sees reports whether the person may go on with a case on a day: their own, or one of a unit that they act for in that matter.
// Somebody else's case is errs.NoSuchCase; who had authority is told what stands against it.
func (n Names) Sees(c casefile.Case, on workday.Date) error {
	if c.Own(n.Who) {
		return nil
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

// Lookups are the forms under which the cases of these units are found.
func (n Names) Lookups() []party.Lookup {
	out := make([]party.Lookup, 0, len(n.List))
	for _, x := range n.List {
		out = append(out, party.Lookup{Kind: party.ByNumber, Value: string(x.Account.Org.USCC)})
	}
	return out
}

// near orders what may stand against a mandate: the last is nearest to standing, and is what a person is told.
var near = []errs.Code{errs.MandateOtherMatter, errs.MandateRevoked, errs.MandateExpired, errs.MandateNotYet, errs.MandateNotTaken}

// Check judges the right in which a case was made for a unit, which another node may have pinned: the representative signed
// the mandate for the node that took the application in, it is of that unit and for that applicant, and it covered the matter on
// the day of the act. An own matter needs none. Errors: those of Open and Covers, errs.ConsentNeeded, errs.ConsentForOther.
func Check(c casefile.Case, trust *office.TrustList) error {
	a := c.Private.Acting
	switch {
	case a == nil:
		return nil
	case c.Private.Org == nil:
		return errs.New(errs.ConsentForOther, "%s: a right to act for nobody", c.No)
	case a.Mandate == "":
		return nil // the representative: the node that took it in vouches for the licence that it names
	case a.Proof == nil:
		return errs.New(errs.ConsentNeeded, "%s: mandate %.40q", c.No, a.Mandate)
	}
	m, err := Open(a.Agreed, *a.Proof, trust)
	if err != nil {
		return err
	}
	if m.ID != a.Mandate || a.Digest != proof.HashOf(a.Agreed) || m.At != c.Coordinator || m.Unit != *c.Private.Org ||
		!party.SameDocument(m.Agent, c.Private.Applicant) {
		return errs.New(errs.ConsentForOther, "%s: mandate %.40q", c.No, a.Mandate)
	}
	return m.Covers(c.Item, workday.DateOf(c.Lodged))
}
