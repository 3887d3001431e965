// Package empower is in whose name people act at a node (民法典 第61、165、171条): a unit opens its account with the electronic
// business licence that names its legal representative, who gives agents written authority and takes it back; and somebody lets a
// member of the family act in their own matters (亲友代办). Every other use case asks here, at the time of the act, whether somebody may act for a unit; nothing is remembered between two acts.
package empower

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/workday"
)

// Store keeps accounts and mandates, encrypted. What is not there is errs.Missing; lists are newest first. Commit is durable and
// fails as unit.Unit says. Safe for concurrent use.
type Store interface {
	Account(ctx context.Context, unit idno.USCC) (mandate.Account, error)
	AccountsOf(ctx context.Context, representative party.Person, limit int) ([]mandate.Account, error)
	Mandate(ctx context.Context, id string) (mandate.Record, error)
	MandatesOf(ctx context.Context, unit idno.USCC, limit int) ([]mandate.Record, error)
	MandatesFor(ctx context.Context, agent party.Person, limit int) ([]mandate.Record, error)
	// MandatesBy lists what a person gave for their own matters.
	MandatesBy(ctx context.Context, giver party.Person, limit int) ([]mandate.Record, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Licence is an electronic business licence in somebody's wallet, verified.
type Licence struct {
	ID             string // 证照标识
	Org            party.Org
	Representative string            // as it stands on the licence
	Face           map[string]string // by the names of the source bizlicence
	InForce        bool              // today
}

// Wallet knows business licences of this node. Firms lists those that a person holds; Stands reports whether one is in force today.
type Wallet interface {
	Firms(ctx context.Context, who party.Person) ([]Licence, error)
	Stands(ctx context.Context, licence string) (bool, error)
}

// Office keeps the accounts of one node.
type Office struct {
	Kit    *unit.Kit
	Store  Store
	Wallet Wallet
	// Secure is security time, by which the age of a signature counts; never a demo's clock.
	Secure func() time.Time
}

// most bounds what one person or unit has here, and what a page shows.
const most = 100

// Firms are the business licences with which somebody may open an account: in force, and naming them.
func (o *Office) Firms(ctx context.Context, who party.Person) ([]Licence, error) {
	if who.IDNo == "" {
		return nil, nil
	}
	list, err := o.Wallet.Firms(ctx, who)
	return slices.DeleteFunc(list, func(l Licence) bool {
		return !l.InForce || party.CleanName(l.Representative) != party.CleanName(who.Name)
	}), err
}

// Open registers the unit of a licence, without a review: the licence proves it (国务院关于在线政务服务的若干规定 第10条). Once more by
// the same person gives the account that is there. It returns errs.UnitUnproven for a licence that is not the person's, not in
// force or names somebody else, and errs.UnitTaken while another person's licence for the unit still stands.
func (o *Office) Open(ctx context.Context, who party.Person, licence string) (mandate.Account, error) {
	firms, err := o.Firms(ctx, who)
	if err != nil {
		return mandate.Account{}, err
	}
	i := slices.IndexFunc(firms, func(l Licence) bool { return l.ID == licence })
	if i < 0 {
		return mandate.Account{}, errs.New(errs.UnitUnproven, "licence %.40q", licence)
	}
	who.Phone = ""
	a := mandate.Account{Org: firms[i].Org, Representative: who, Licence: licence, Face: firms[i].Face, Opened: o.now()}
	old, err := o.Store.Account(ctx, a.Org.USCC)
	switch {
	case errs.Is(err, errs.Missing):
	case err != nil:
		return mandate.Account{}, err
	case old.Licence == licence && party.SameDocument(old.Representative, who):
		return old, nil
	default: // a new version of the licence takes over, as the registrar gave it
		stands, err := o.Wallet.Stands(ctx, old.Licence)
		if err != nil {
			return mandate.Account{}, err
		}
		if stands && !party.SameDocument(old.Representative, who) {
			return mandate.Account{}, errs.New(errs.UnitTaken, "unit %s", a.Org.USCC)
		}
		a.Row, a.Opened = old.Row, old.Opened
	}
	return a, o.commit(ctx, "unit.open", unit.Unit{Accounts: []mandate.Account{a}})
}

// Names are all units that a person has to do with here: leads, or has or had a mandate of; and the people who let them act.
func (o *Office) Names(ctx context.Context, who party.Person) (mandate.Names, error) {
	out := mandate.Names{Who: who}
	if who.IDNo == "" {
		return out, nil
	}
	own, err := o.Store.AccountsOf(ctx, who, most)
	if err != nil {
		return out, err
	}
	for _, a := range own {
		if party.SameDocument(a.Representative, who) { // a keyed hash alone proves nothing
			out.List = append(out.List, mandate.Name{Account: a})
		}
	}
	list, err := o.Store.MandatesFor(ctx, who, most)
	if err != nil {
		return out, err
	}
	for _, r := range list {
		if !r.Sees(who, false) {
			continue
		}
		if r.Personal() {
			out.Kin = withKin(out.Kin, r)
			continue
		}
		i := slices.IndexFunc(out.List, func(n mandate.Name) bool { return n.Account.Org.USCC == r.Unit.USCC })
		if i < 0 {
			a, err := o.Store.Account(ctx, r.Unit.USCC)
			if err != nil {
				return out, err
			}
			i, out.List = len(out.List), append(out.List, mandate.Name{Account: a})
		}
		out.List[i].Mandates = append(out.List[i].Mandates, r)
	}
	return out, nil
}

// May says in which right a person acts for a unit in a matter now, and as which unit. Errors: those of mandate.Names.May.
func (o *Office) May(ctx context.Context, who party.Person, code idno.USCC, item string) (mandate.Account, party.Acting, error) {
	names, err := o.Names(ctx, who)
	if err != nil {
		return mandate.Account{}, party.Acting{}, err
	}
	right, err := names.May(code, item, workday.DateOf(o.now()))
	if err != nil {
		return mandate.Account{}, party.Acting{}, err
	}
	name, err := names.Find(code)
	return name.Account, right, err
}

// Fit refuses a unit whose licence is not in force today: nothing new is begun or handed in for it (errs.UnitAbnormal). What is
// under way goes on.
func (o *Office) Fit(ctx context.Context, a mandate.Account) error {
	stands, err := o.Wallet.Stands(ctx, a.Licence)
	if err == nil && !stands {
		err = errs.New(errs.UnitAbnormal, "unit %s", a.Org.USCC)
	}
	return err
}

// Sees reports whether a person may go on with a case today, as mandate.Names.Sees says.
func (o *Office) Sees(ctx context.Context, who party.Person, c casefile.Case) error {
	if c.Own(who) {
		return nil
	}
	names, err := o.Names(ctx, who)
	if err != nil {
		return err
	}
	return names.Sees(c, workday.DateOf(o.now()))
}

// Lead is the unit of a code for its legal representative, with all mandates. Anybody else gets errs.NotInThatName.
func (o *Office) Lead(ctx context.Context, who party.Person, code idno.USCC) (mandate.Account, []mandate.Record, error) {
	names, err := o.Names(ctx, who)
	if err != nil {
		return mandate.Account{}, nil, err
	}
	name, err := names.Find(code)
	if err == nil && !name.Leads(who) {
		err = errs.New(errs.NotInThatName, "unit %s", code)
	}
	if err != nil {
		return mandate.Account{}, nil, err
	}
	list, err := o.Store.MandatesOf(ctx, code, most)
	return name.Account, list, err
}

// Grant is what a principal, or an agent who asks, writes down. ID was made with the page that asked, so that a second press finds the first.
type Grant struct {
	ID          string
	Agent       party.Person
	Items       []string
	From, Until workday.Date
}

// Draw writes a mandate down, unsigned: it stands for nothing until the representative signs. Errors: those of Lead, Fit and
// mandate.Draw, errs.MandateScope for an item that is none.
func (o *Office) Draw(ctx context.Context, who party.Person, code idno.USCC, g Grant) (mandate.Record, error) {
	if err := keyed(g); err != nil {
		return mandate.Record{}, err
	}
	a, list, err := o.Lead(ctx, who, code)
	if err != nil {
		return mandate.Record{}, err
	}
	if i := slices.IndexFunc(list, func(r mandate.Record) bool { return r.ID == g.ID }); i >= 0 {
		return list[i], nil
	}
	if err := o.Fit(ctx, a); err != nil {
		return mandate.Record{}, err
	}
	for _, item := range g.Items {
		if _, ok := o.Kit.Catalogue.Item(item); !ok {
			return mandate.Record{}, errs.New(errs.MandateScope, "no item %.20q", item)
		}
	}
	if len(list) >= most {
		return mandate.Record{}, errs.New(errs.TooMany, "mandates of %s", code)
	}
	m, err := mandate.Draw(mandate.Mandate{
		ID: g.ID, At: o.Kit.Me, Unit: a.Org, Representative: a.Representative, Agent: g.Agent, Items: g.Items, From: g.From, Until: g.Until,
	}, workday.DateOf(o.now()))
	if err != nil {
		return mandate.Record{}, err
	}
	r := mandate.Record{Mandate: m, State: mandate.Drawn, Drawn: o.now()}
	return r, o.commit(ctx, "mandate.draw", unit.Unit{Mandates: []mandate.Record{r}})
}

func keyed(g Grant) error {
	if id, err := uuid.Parse(g.ID); err != nil || id.Version() != 7 || id.String() != g.ID {
		return errs.New(errs.BadRequest, "form without its key")
	}
	return nil
}

// See opens a mandate for its agent or for its principal, which it tells, and logs the look; errs.NoSuchMandate for anybody else. One
// that is asked for opens for whoever was sent its address.
func (o *Office) See(ctx context.Context, who party.Person, id string) (r mandate.Record, leads bool, err error) {
	if r, leads, err = o.open(ctx, who, id); err == nil && !r.Sees(who, leads) {
		err = errs.New(errs.NoSuchMandate, "not the visitor's")
	}
	if err != nil {
		return mandate.Record{}, false, err
	}
	at := o.now()
	return r, leads, o.Store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{{Kind: accesslog.View, At: at, Who: "applicant", What: "mandate.see"}}})
}

// open finds a mandate, and whether somebody is its principal: leads its unit today, or gave it.
func (o *Office) open(ctx context.Context, who party.Person, id string) (mandate.Record, bool, error) {
	r, err := o.find(ctx, id)
	if err != nil {
		return r, false, err
	}
	if r.Personal() {
		return r, party.SameDocument(who, r.Representative), nil
	}
	a, err := o.Store.Account(ctx, r.Unit.USCC)
	return r, party.SameDocument(who, a.Representative), err
}

// Shown is what a paper that somebody shows is worth: the mandate as it stands now. Whoever has the paper has its id, which cannot
// be guessed; the page masks the people. One that was never signed is errs.NoSuchMandate.
func (o *Office) Shown(ctx context.Context, id string) (mandate.Record, error) {
	r, err := o.find(ctx, id)
	if err == nil && r.Proof == nil {
		err = errs.New(errs.NoSuchMandate, "not signed")
	}
	return r, err
}

func (o *Office) find(ctx context.Context, id string) (mandate.Record, error) {
	if _, err := uuid.Parse(id); err != nil {
		return mandate.Record{}, errs.New(errs.NoSuchMandate, "no id")
	}
	r, err := o.Store.Mandate(ctx, id)
	if errs.Is(err, errs.Missing) {
		err = errs.New(errs.NoSuchMandate, "not here")
	}
	return r, err
}

func (o *Office) commit(ctx context.Context, what string, u unit.Unit) error {
	u.At = o.now()
	u.Log = []accesslog.Entry{{Kind: accesslog.Act, At: u.At, Who: "applicant", What: what}}
	return o.Store.Commit(ctx, u)
}

func (o *Office) now() time.Time { return o.Kit.Now().UTC().Truncate(time.Microsecond) }
