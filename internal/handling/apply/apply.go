// Package apply is the resident's own application online: started, saved at every step, resumed on any device, and
// submitted once. A draft lives only at the node that it will be lodged at. Every change goes through one function that
// checks whose draft it is, so no page can forget that.
package apply

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Store is where drafts are kept, encrypted, each under its own key. Safe for concurrent use; what was saved is durable.
//   - Draft reads one by id; errs.Missing if it is not here.
//   - DraftsOf lists those of a person that are not submitted, the last saved first.
//   - SaveDraft inserts a draft with Row 0 (errs.CaseExists if the id is taken) and otherwise replaces it if the stored
//     version is still Row (errs.Stale), and gives the new Row.
//   - DropDraft forgets one whose stored version is Row; one that is not here is fine.
type Store interface {
	Draft(ctx context.Context, id string) (journey.Draft, error)
	DraftsOf(ctx context.Context, by party.Lookup, limit int) ([]journey.Draft, error)
	SaveDraft(ctx context.Context, d journey.Draft) (row int64, err error)
	DropDraft(ctx context.Context, id string, row int64) error
}

// Cases is where what was submitted becomes a case. Commit stores the case and closes the draft together or not at all.
type Cases interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	CaseByNo(ctx context.Context, no casefile.No) (casefile.Case, error)
	Serial(ctx context.Context, name string) (int64, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Desk is the counter that has no window.
type Desk struct {
	Kit      *unit.Kit
	Store    Store
	Cases    Cases
	Evidence Evidence // nil: nothing is known beyond the account
	Units    Units    // nil: everybody acts for themselves
	// Secure is security time, by which the age of a consent counts; never a demo's clock.
	Secure func() time.Time
}

// Units says in whose name somebody may act, at the time of asking.
type Units interface {
	// May gives the right in which a person acts for a unit in a matter, or what stands against it (errs.NotInThatName and others).
	May(ctx context.Context, who party.Person, code idno.USCC, item string) (mandate.Account, party.Acting, error)
	// Fit is errs.UnitAbnormal for a unit for which nothing new may be begun or handed in.
	Fit(ctx context.Context, a mandate.Account) error
	// MayFor gives who lets a person act for them by a mandate, under an item's rules, and the right; or what stands against it
	// (errs.NotForThem, errs.NotByAgent and others).
	MayFor(ctx context.Context, who party.Person, mandate string, v item.Version, code string) (party.Person, party.Acting, error)
	// Sees is errs.NoSuchCase for a case that is neither the person's nor of a unit that they act for, and says what stands against
	// an authority that was there.
	Sees(ctx context.Context, who party.Person, c casefile.Case) error
}

// Bounds of what one person may leave here.
const (
	mostDrafts = 20
	mostFiles  = 40
)

// Wish is what somebody wants to begin. ID was made with the page that asked, so that a second submit of it finds the first.
// Said are yes-no answers that were given before, in the guide; those to questions that the rules do not ask are dropped.
type Wish struct {
	ID          string
	Item        string
	Here, There region.Code
	Said        map[string]bool
	Unit        idno.USCC // in whose name; "" for oneself or another person
	Mandate     string    // by which another person's matter is handled; "" for oneself or a unit
	Grant       string    // of the person's sign-in: other provinces may be asked for what the person holds there
}

// Way says how a wish would go: the mode in which it is prepared here, and the rules of today. It returns errs.Missing for
// an unknown item, errs.NotCrossProvince if the places do not allow it, and errs.NotOnlineHere if another node takes it or
// no mode can be prepared online.
func (d *Desk) Way(w Wish) (item.Item, item.Version, item.Mode, error) {
	return d.way(w, workday.DateOf(d.Kit.Now()))
}

func (d *Desk) way(w Wish, today workday.Date) (item.Item, item.Version, item.Mode, error) {
	it, ok := d.Kit.Catalogue.Item(w.Item)
	if !ok {
		return it, item.Version{}, "", errs.New(errs.Missing, "no item %q", w.Item)
	}
	v, ok := d.Kit.Rules(it.Code, w.Here, w.There, today)
	if !ok {
		return it, v, "", errs.New(errs.NotOnlineHere, "%s has no full definition today", it.Code)
	}
	can := d.Kit.Catalogue.Can(item.Query{Item: it.Code, Here: w.Here, There: w.There, On: today}, d.Kit.Regions)
	if !can.Possible {
		return it, v, "", errs.New(errs.NotCrossProvince, "%s %s→%s", it.Code, w.Here, w.There)
	}
	for _, m := range []item.Mode{item.Online, item.Entrusted} {
		at := w.There
		if m == item.Entrusted {
			at = w.Here
		}
		if !slices.Contains(can.Modes, m) || !v.Begins(m) {
			continue
		}
		if o, err := d.Kit.OfficeAt(at); err == nil && o.Node == d.Kit.Me {
			return it, v, m, nil
		}
	}
	return it, v, "", errs.New(errs.NotOnlineHere, "%s %s→%s", it.Code, w.Here, w.There)
}

// Start opens a draft. A second call with the same ID by the same person gives the first draft. It returns
// errs.IdentityTooLow for somebody without a verified number, errs.TooManyDrafts, and the errors of Way.
func (d *Desk) Start(ctx context.Context, who party.Person, w Wish) (journey.Draft, error) {
	if err := known(who); err != nil {
		return journey.Draft{}, err
	}
	if id, err := uuid.Parse(w.ID); err != nil || id.Version() != 7 || id.String() != w.ID {
		return journey.Draft{}, errs.New(errs.BadRequest, "form without its key")
	}
	it, v, mode, err := d.Way(w)
	if err != nil {
		return journey.Draft{}, err
	}
	have, err := d.Mine(ctx, who)
	if err != nil {
		return journey.Draft{}, err
	}
	if len(have) >= mostDrafts {
		return journey.Draft{}, errs.New(errs.TooManyDrafts, "%d drafts", len(have))
	}
	unit, kin, err := d.For(ctx, who, w)
	if err != nil {
		return journey.Draft{}, err
	}
	now := d.now()
	draft := journey.Draft{
		ID: w.ID, Item: it.Code, Mode: mode, Here: w.Here, There: w.There, Version: v.ID, Digest: v.Digest,
		Opened: now, Saved: now, Applicant: who, Unit: unit, For: kin, Mandate: w.Mandate,
	}
	if v, ok := d.local(draft, workday.DateOf(now)); ok {
		draft.Pins = v.Pins
	}
	draft = draft.Clone()
	maps.Copy(draft.Said, Carried(v, w.Said))
	if kin != nil {
		draft.Said[item.AskAgent] = true
	}
	if err := d.look(ctx, &draft, v, w.Grant); err != nil {
		return journey.Draft{}, err
	}
	draft.Row, err = d.Store.SaveDraft(ctx, draft)
	if errs.Is(err, errs.CaseExists) { // the same form came twice
		return d.Open(ctx, who, w.ID)
	}
	return draft, err
}

// Carried are the answers of a wish that the rules ask for.
func Carried(v item.Version, said map[string]bool) map[string]bool {
	out := map[string]bool{}
	for _, q := range v.Questions {
		if yes, ok := said[q.Key]; ok {
			out[q.Key] = yes
		}
	}
	return out
}

// Mine lists the drafts of a person that can still be gone on with.
func (d *Desk) Mine(ctx context.Context, who party.Person) ([]journey.Draft, error) {
	if who.IDNo == "" {
		return nil, nil
	}
	list, err := d.Store.DraftsOf(ctx, party.Lookup{Kind: party.ByNumber, Value: who.IDNo}, mostDrafts)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(x journey.Draft) bool { return x.Expired(d.now()) || !owns(x, who) }), nil
}

// Open reads a draft of a person, also one that was submitted. Somebody else's and none at all are the same answer,
// errs.NoSuchApplication; one that nobody touched for journey.Life is errs.ApplicationExpired.
func (d *Desk) Open(ctx context.Context, who party.Person, id string) (journey.Draft, error) {
	draft, err := d.begun(ctx, who, id)
	switch {
	case err != nil || draft.Case != "":
		return draft, err
	case draft.Unit != nil: // authority counts at every step, not only at the first
		if _, _, err := d.right(ctx, who, draft.Unit.USCC, draft.Item, false); err != nil {
			return journey.Draft{}, err
		}
	case draft.For != nil:
		if _, err := d.rightFor(ctx, draft); err != nil {
			return journey.Draft{}, err
		}
	}
	return draft, nil
}

// begun is Open without asking whether an authority to act for somebody still stands.
func (d *Desk) begun(ctx context.Context, who party.Person, id string) (journey.Draft, error) {
	if _, err := uuid.Parse(id); err != nil {
		return journey.Draft{}, errs.New(errs.NoSuchApplication, "no id")
	}
	draft, err := d.Store.Draft(ctx, id)
	switch {
	case errs.Is(err, errs.Missing):
		return journey.Draft{}, errs.New(errs.NoSuchApplication, "not here")
	case err != nil:
		return journey.Draft{}, err
	case draft.Case != "":
		return d.submitted(ctx, who, draft)
	case !owns(draft, who):
		return journey.Draft{}, errs.New(errs.NoSuchApplication, "not the visitor's")
	case draft.Expired(d.now()):
		return journey.Draft{}, errs.New(errs.ApplicationExpired, "saved %s", draft.Saved)
	}
	return draft, nil
}

// rightFor is in which right who prepares a draft for another person does so now. Whom the mandate is of is whom the draft is for.
func (d *Desk) rightFor(ctx context.Context, draft journey.Draft) (party.Acting, error) {
	v, ok := d.local(draft, workday.DateOf(d.Kit.Now()))
	if !ok {
		return party.Acting{}, errs.New(errs.NotOnlineHere, "%s has no version today", draft.Item)
	}
	of, right, err := d.mayFor(ctx, draft.Applicant, draft.Mandate, v, draft.Item)
	if err == nil && !party.SameDocument(of, *draft.For) {
		err = errs.New(errs.NotForThem, "draft %s", draft.ID)
	}
	return right, err
}

func (d *Desk) mayFor(ctx context.Context, who party.Person, mandate string, v item.Version, code string) (party.Person, party.Acting, error) {
	if d.Units == nil {
		return party.Person{}, party.Acting{}, errs.New(errs.NotForThem, "nobody acts for others here")
	}
	return d.Units.MayFor(ctx, who, mandate, v, code)
}

// submitted is what is left of a draft once it is a case: whose it is stands in the case.
func (d *Desk) submitted(ctx context.Context, who party.Person, draft journey.Draft) (journey.Draft, error) {
	c, err := d.Cases.Case(ctx, draft.ID)
	if err != nil {
		return journey.Draft{}, err
	}
	draft.Item, draft.Mode, draft.Here, draft.There, draft.Applicant = c.Item, c.Mode, c.Here, c.There, c.MadeBy()
	if err := d.sees(ctx, who, c); err != nil {
		if errs.Is(err, errs.NoSuchCase) {
			err = errs.New(errs.NoSuchApplication, "not the visitor's")
		}
		return journey.Draft{}, err
	}
	return draft, nil
}

// For is the unit or the person for whom a wish would be begun; neither for oneself. It returns what stands against it:
// errs.NotInThatName, errs.UnitAbnormal, errs.NotForThem, errs.NotByAgent, and the errors of a mandate that does not let the person
// act in this matter today.
func (d *Desk) For(ctx context.Context, who party.Person, w Wish) (*party.Org, *party.Person, error) {
	switch {
	case w.Mandate != "":
		_, v, _, err := d.Way(w)
		if err != nil {
			return nil, nil, err
		}
		kin, _, err := d.mayFor(ctx, who, w.Mandate, v, w.Item)
		kin.Phone = who.Phone // who handles it is who is called
		return nil, &kin, err
	case w.Unit == "":
		return nil, nil, nil
	}
	a, _, err := d.right(ctx, who, w.Unit, w.Item, true)
	return &a.Org, nil, err
}

// right is in which right somebody acts for a unit now; anew says that something is begun or handed in.
func (d *Desk) right(ctx context.Context, who party.Person, code idno.USCC, item string, anew bool) (mandate.Account, party.Acting, error) {
	if d.Units == nil {
		return mandate.Account{}, party.Acting{}, errs.New(errs.NotInThatName, "no units here")
	}
	a, right, err := d.Units.May(ctx, who, code, item)
	if err == nil && anew {
		err = d.Units.Fit(ctx, a)
	}
	return a, right, err
}

// sees refuses a case that is not the person's to go on with.
func (d *Desk) sees(ctx context.Context, who party.Person, c casefile.Case) error {
	switch {
	case c.Own(who):
		return nil
	case d.Units == nil:
		return errs.New(errs.NoSuchCase, "not the visitor's")
	}
	return d.Units.Sees(ctx, who, c)
}

// unit is the account of a draft's unit; none where it cannot be read now, and then the sources are asked all the same.
func (d *Desk) unit(ctx context.Context, draft journey.Draft) mandate.Account {
	if draft.Unit == nil {
		return mandate.Account{}
	}
	a, _, err := d.right(ctx, draft.Applicant, draft.Unit.USCC, draft.Item, false)
	if err != nil {
		return mandate.Account{}
	}
	return a
}

// Rules are the rules that a draft goes by today, narrowed to what the person said. moved is true while the draft was last saved under others.
func (d *Desk) Rules(draft journey.Draft) (v item.Version, moved bool, err error) {
	return d.rules(draft, workday.DateOf(d.Kit.Now()))
}

func (d *Desk) rules(draft journey.Draft, today workday.Date) (v item.Version, moved bool, err error) {
	v, ok := d.local(draft, today)
	if !ok {
		return v, false, errs.New(errs.NotOnlineHere, "%s has no version today", draft.Item)
	}
	return v.Narrow(draft.Said), v.Digest != draft.Digest || (v.Pins != draft.Pins && draft.Pins != (item.Pins{})), nil
}

// local is the definition between the places that the case will name.
func (d *Desk) local(draft journey.Draft, today workday.Date) (item.Version, bool) {
	here := draft.Here
	if draft.Mode != item.Online {
		if o, err := d.Kit.OfficeAt(here); err == nil {
			here = o.Region
		}
	}
	return d.Kit.Rules(draft.Item, here, draft.There, today)
}

// Change lets f change a person's draft and saves it. If another device was faster, f is tried again on what that one
// saved, so that two devices lose nothing of each other. It returns the errors of Open and of f, errs.AlreadySubmitted, and
// errs.RulesMoved while the applicant has not seen what changed.
func (d *Desk) Change(ctx context.Context, who party.Person, id string, f func(*journey.Draft, item.Version) error) (journey.Draft, error) {
	return d.change(ctx, who, id, func(draft *journey.Draft, v item.Version, moved bool) error {
		if moved {
			return errs.New(errs.RulesMoved, "%s → %s", draft.Version, v.ID)
		}
		return f(draft, v)
	})
}

// Adopt takes the rules of today for a draft that was begun under others. All answers stay; those that no longer fit are
// asked for again, and what was confirmed by a look is looked at once more.
func (d *Desk) Adopt(ctx context.Context, who party.Person, grant, id string) (journey.Draft, error) {
	return d.change(ctx, who, id, func(draft *journey.Draft, v item.Version, _ bool) error {
		draft.Version, draft.Digest, draft.Pins = v.ID, v.Digest, v.Pins
		delete(draft.Seen, string(journey.Found))
		delete(draft.Seen, string(journey.Materials))
		return d.look(ctx, draft, v, grant)
	})
}

func (d *Desk) change(ctx context.Context, who party.Person, id string, f func(*journey.Draft, item.Version, bool) error) (journey.Draft, error) {
	var out journey.Draft
	err := unit.Retry(ctx, func() error {
		draft, err := d.Open(ctx, who, id)
		if err != nil {
			return err
		}
		if draft.Case != "" {
			return errs.New(errs.AlreadySubmitted, "draft %s", id)
		}
		v, moved, err := d.Rules(draft)
		if err != nil {
			return err
		}
		draft = draft.Clone()
		if err := f(&draft, v, moved); err != nil {
			return err
		}
		draft.Saved = d.now()
		draft.Row, err = d.Store.SaveDraft(ctx, draft)
		out = draft
		return err
	})
	return out, err
}

// Drop deletes a person's draft at their wish, also one for somebody whose authority is over. The caller removes its files after it.
func (d *Desk) Drop(ctx context.Context, who party.Person, id string) (journey.Draft, error) {
	var out journey.Draft
	err := unit.Retry(ctx, func() error {
		draft, err := d.begun(ctx, who, id)
		if err != nil {
			return err
		}
		if draft.Case != "" {
			return errs.New(errs.AlreadySubmitted, "draft %s", id)
		}
		out = draft
		return d.Store.DropDraft(ctx, id, draft.Row)
	})
	return out, err
}

// owns reports whether a draft is a person's.
func owns(d journey.Draft, who party.Person) bool {
	return who.IDNo != "" && d.Applicant.IDNo == who.IDNo && d.Applicant.IDType == who.IDType
}

// known refuses who has no verified number: an application is made by somebody.
func known(who party.Person) error {
	if who.IDNo == "" {
		return errs.New(errs.IdentityTooLow, "no verified number")
	}
	return who.Validate()
}

func (d *Desk) now() time.Time { return d.Kit.Now().UTC().Truncate(time.Microsecond) }
