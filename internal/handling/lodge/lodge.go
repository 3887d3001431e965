// Package lodge takes applications in: at the counter of the receiving place, with what is brought later after a
// correction notice, and until they are withdrawn.
package lodge

import (
	"context"
	"maps"
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Store is where cases are kept. Commit is durable when it returns; Serial gives each name's next number once, whatever
// replica asks (numbers may be skipped). Safe for concurrent use.
type Store interface {
	unit.Cases
	Serial(ctx context.Context, name string) (int64, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Desk takes cases in.
type Desk struct {
	Kit   *unit.Kit
	Store Store
}

// Application is what the window has typed, read and scanned.
type Application struct {
	ID        string // UUIDv7, made when the form was opened
	Item      string // code, exact name or alias
	There     region.Code
	Applicant party.Person
	Org       *party.Org
	Said      map[string]bool // to the matter's yes-no questions
	Answers   map[string]string
	Known     map[string]string // what registered sources said, as "SOURCE.WHAT"
	Partner   *party.Person     // who is at the counter too, where the matter needs both
	Materials []casefile.Material
	Consent   string // version of the consent text that was read out
}

// Problems lists what is wrong with an application's answers and materials at a receiving place, in words for the form.
func (d *Desk) Problems(here region.Code, a Application, lang string) ([]item.Problem, error) {
	_, v, err := d.rule(here, a, d.Kit.Now())
	if err != nil {
		return nil, err
	}
	return append(v.Check(a.Answers, lang), missing(v, a.Materials)...), nil
}

// TakeIn opens the case: 收件. It commits the case, its opening fact and the receipt P-01. A second call with the same ID
// returns errs.CaseExists and changes nothing.
func (d *Desk) TakeIn(ctx context.Context, by casefile.Actor, a Application) (casefile.Case, error) {
	now := d.Kit.Now() // read once: at midnight rule and act must fall on the same day
	here, ok := d.Kit.Office(by.Office)
	if !ok {
		return casefile.Case{}, errs.New(errs.NotYours, "office %s", by.Office)
	}
	it, v, err := d.rule(here.Region, a, now)
	if err != nil {
		return casefile.Case{}, err
	}
	today := workday.DateOf(now)
	can := d.Kit.Catalogue.Can(item.Query{Item: it.Code, Here: here.Region, There: a.There, On: today}, d.Kit.Regions)
	mode, ok := v.Windowed(d.open(can.Modes, it.Code, here, a, today))
	if !can.Possible || !ok {
		return casefile.Case{}, errs.New(errs.NotCrossProvince, "%s %s→%s: %s", it.Code, here.Region, a.There, can.Reason)
	}
	there, others, err := d.ends(v, mode, a)
	if err != nil {
		return casefile.Case{}, err
	}
	problems, err := d.Problems(here.Region, a, "zh")
	if err != nil {
		return casefile.Case{}, err
	}
	if len(problems) > 0 {
		return casefile.Case{}, errs.New(errs.FormIncomplete, "%v", fieldsOf(problems))
	}
	if err := a.Applicant.Validate(); err != nil {
		return casefile.Case{}, err
	}
	parties, err := together(v, a, now)
	if err != nil {
		return casefile.Case{}, err
	}
	serial, err := d.Store.Serial(ctx, "case-"+today.String())
	if err != nil {
		return casefile.Case{}, err
	}
	c, step, err := casefile.Lodge(casefile.Lodging{
		ID: a.ID, No: casefile.MakeNo(d.Kit.Me, today, serial), Item: it, Mode: mode, Here: here, There: there, Others: others,
		Law: casefile.Law{Version: v, Calendar: d.Kit.Calendar},
		Private: casefile.Private{
			Applicant: a.Applicant, Org: a.Org, Answers: d.fill(v, a), Said: a.Said, Materials: a.Materials, Parties: parties,
			Consent: casefile.Consent{Way: casefile.ConsentAttested, Officer: by.ID, Office: by.Office, At: now.UTC(), Text: a.Consent},
		},
	}, d.Kit.Me, by, now)
	if err != nil {
		return casefile.Case{}, err
	}
	u := unit.Unit{Lookups: party.Lookups(a.Applicant)}
	if c, _, err = d.Kit.Record(&u, c, step, by.ID); err != nil {
		return casefile.Case{}, err
	}
	if _, err := d.Kit.Issue(&u, c, document.Intake, d.Kit.DocData(c, here)); err != nil {
		return casefile.Case{}, err
	}
	return c, d.Store.Commit(ctx, u)
}

// open leaves the mode delegated out where this office may not decide the case: the mandate does not name it, or the case goes beyond.
func (d *Desk) open(modes []item.Mode, code string, here office.Office, a Application, on workday.Date) []item.Mode {
	m, ok := d.Kit.Catalogue.Mandated(code, here.Region, a.There, on, d.Kit.Regions)
	if ok && m.Mandate.Against(here.Code, a.Answers) == "" {
		return modes
	}
	return slices.DeleteFunc(slices.Clone(modes), func(m item.Mode) bool { return m == item.Delegated })
}

func (d *Desk) rule(here region.Code, a Application, now time.Time) (item.Item, item.Version, error) {
	it, ok := d.Kit.Catalogue.Item(a.Item)
	if !ok {
		return item.Item{}, item.Version{}, errs.New(errs.Missing, "no item %q", a.Item)
	}
	v, ok := d.Kit.Rules(it.Code, here, a.There, workday.DateOf(now))
	if !ok {
		return item.Item{}, item.Version{}, errs.New(errs.NoPlan, "%s has no full definition today", it.Code)
	}
	return it, v.Narrow(a.Said), nil
}

// ends are the offices of the other places of a plan: the one that the applicant names, and those at third places, which the
// form names. Where everything is done on site the named place is only where the applicant comes from.
func (d *Desk) ends(v item.Version, mode item.Mode, a Application) (there office.Office, others map[string]office.Office, err error) {
	if mode == item.Onsite {
		return office.Office{Region: a.There, Node: office.NodeID(a.There.Province())}, nil, nil
	}
	if there, err = d.Kit.OfficeAt(a.There); err != nil {
		return there, nil, err
	}
	others = map[string]office.Office{}
	for _, g := range v.Plan[mode] {
		if g.Place != item.Other {
			continue
		}
		place, err := region.Parse(v.Clean(a.Answers)[g.At])
		if err != nil {
			return there, nil, errs.New(errs.FormIncomplete, "%s names no place", g.At)
		}
		if others[g.Key], err = d.Kit.OfficeAt(place); err != nil {
			return there, nil, err
		}
	}
	return there, others, nil
}

// Supplement stores what was brought after a notice or a return.
func (d *Desk) Supplement(ctx context.Context, by casefile.Actor, id string, row int64, answers map[string]string, added []casefile.Material, corrections []casefile.Correction) (casefile.Case, error) {
	return d.Recheck(ctx, by, id, row, nil, answers, added, corrections)
}

// Recheck is Supplement with answers to yes-no questions that came with new rules.
func (d *Desk) Recheck(ctx context.Context, by casefile.Actor, id string, row int64, said map[string]bool, answers map[string]string, added []casefile.Material, corrections []casefile.Correction) (casefile.Case, error) {
	return unit.Act(ctx, d.Store, id, row, func(c casefile.Case) (casefile.Case, error) {
		law, err := d.Kit.Law(c, c.Day(d.Kit.Now()))
		if err != nil {
			return casefile.Case{}, err
		}
		c, step, err := casefile.Supplement(c.Hear(said), d.Kit.Me, by, law, answers, added, corrections, d.Kit.Now())
		if err != nil {
			return casefile.Case{}, err
		}
		var u unit.Unit
		if c, _, err = d.Kit.Record(&u, c, step, by.ID); err != nil {
			return casefile.Case{}, err
		}
		return c, d.Store.Commit(ctx, u)
	})
}

// Withdraw ends a case at the applicant's wish. by is nil when the applicant asks online. If the deciding place holds the
// case it is asked to stop, and the case ends when its answer comes.
func (d *Desk) Withdraw(ctx context.Context, by *casefile.Actor, id string, row int64) (casefile.Case, error) {
	who := casefile.ByApplicant
	if by != nil {
		who = by.ID
	}
	return d.withdraw(ctx, by, who, id, row)
}

// WithdrawOwn is Withdraw by whoever opened the case online: the applicant, or who acts for them. row is the version that they saw.
func (d *Desk) WithdrawOwn(ctx context.Context, c casefile.Case, row int64) (casefile.Case, error) {
	return d.withdraw(ctx, nil, c.Visitor(), c.ID, row)
}

func (d *Desk) withdraw(ctx context.Context, by *casefile.Actor, who, id string, row int64) (casefile.Case, error) {
	return unit.Act(ctx, d.Store, id, row, func(c casefile.Case) (casefile.Case, error) {
		var u unit.Unit
		other := d.Kit.Me // a deciding place that never heard of it is told nothing
		decide, ok := c.LegOf(item.Decide)
		if ok && decide.State != casefile.Planned {
			other = decide.Node
		}
		if ok && decide.Transit == nil && decide.Holder != "" && decide.Holder != d.Kit.Me {
			ask, step, err := casefile.AskWithdraw(c, d.Kit.Me, d.Kit.Now())
			if err != nil {
				return casefile.Case{}, err
			}
			c = ask
			return d.told(ctx, &u, c, step, who, other)
		}
		c, step, err := casefile.Withdraw(c, d.Kit.Me, by, d.Kit.Now())
		if err != nil {
			return casefile.Case{}, err
		}
		return d.told(ctx, &u, c, step, who, other)
	})
}

func (d *Desk) told(ctx context.Context, u *unit.Unit, c casefile.Case, step casefile.Step, who string, other office.NodeID) (casefile.Case, error) {
	c, fact, err := d.Kit.Record(u, c, step, who)
	if err != nil {
		return casefile.Case{}, err
	}
	if err := d.Kit.Tell(u, c, other, step.Leg, []proof.Signed{fact}, nil); err != nil {
		return casefile.Case{}, err
	}
	if err := d.Store.Commit(ctx, *u); err != nil {
		return casefile.Case{}, err
	}
	d.Kit.Woken()
	return c, nil
}

// fill completes what was typed with what is known of person and place, so that nobody types it.
func (d *Desk) fill(v item.Version, a Application) map[string]string {
	facts := d.Facts(a.Applicant, a.There)
	maps.Copy(facts, With(a.Known, a.Partner))
	return v.Fill(v.Clean(a.Answers), facts)
}

// With is what sources said, and who else stands at the counter.
func With(known map[string]string, partner *party.Person) map[string]string {
	out := maps.Clone(known)
	if out == nil {
		out = map[string]string{}
	}
	if partner != nil {
		out["invited.name"], out["invited.number"] = partner.Name, partner.IDNo
	}
	return out
}

// together are those who take part beside the applicant: they stood at the counter too.
func together(v item.Version, a Application, at time.Time) ([]casefile.Party, error) {
	field, needed := journey.Inviting(v)
	if !needed || a.Partner == nil {
		return nil, nil
	}
	if err := a.Partner.Validate(); err != nil {
		return nil, err
	}
	if a.Partner.IDNo == a.Applicant.IDNo {
		return nil, errs.New(errs.FormIncomplete, "both are the same person")
	}
	return []casefile.Party{{Role: field.Key, Person: *a.Partner, At: at.UTC()}}, nil
}

// Facts are the values that evidence fields and derivations draw on: the applicant as identified, and the deciding place.
func (d *Desk) Facts(p party.Person, there region.Code) map[string]string {
	city := there
	if there.Level() > region.Prefecture { // the prefecture above, or the municipality itself
		city = region.Code(there.Short()[:4] + "00000000")
		if city.Level() == region.Group {
			city = there.ProvinceCode()
		}
	}
	return map[string]string{
		"idcard.name": p.Name, "idcard.number": p.IDNo, "account.phone": p.Phone,
		"there.name": d.Kit.Regions.FullName(there), "there.city": d.Kit.Regions.Name(city),
	}
}

func missing(v item.Version, have []casefile.Material) []item.Problem {
	var out []item.Problem
	for _, m := range v.Materials {
		if !m.Required || hasMaterial(have, m.Key) {
			continue
		}
		out = append(out, item.Problem{Field: m.Key, Key: "material"})
	}
	return out
}

func hasMaterial(have []casefile.Material, key string) bool {
	for _, m := range have {
		if m.Key == key {
			return true
		}
	}
	return false
}

// fieldsOf names fields and rules without what was typed.
func fieldsOf(problems []item.Problem) []string {
	out := make([]string, len(problems))
	for i, p := range problems {
		out[i] = p.Field + ":" + p.Key
	}
	return out
}
