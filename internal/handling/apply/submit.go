package apply

import (
	"context"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/consent"
	"tongban/internal/domain/document"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Agreed is what the applicant agrees to with the submit.
type Agreed struct {
	Text  string        // version of the consent text that was shown
	Serve bool          // the result may be served electronically
	Proof *proof.Signed // the identity provider's signature on exactly that; nil where the trust list names no provider
}

// Agreement is what the provider is asked to sign before a submit, and at which level. ok is false where nobody can sign
// because the trust list names no provider; then a matter that asks for a signed consent is errs.ConsentNeeded. It returns what
// Submit would.
func (d *Desk) Agreement(ctx context.Context, who party.Person, id string, a Agreed) (what vouch.Agreement, level int, ok bool, err error) {
	draft, err := d.Open(ctx, who, id)
	if err == nil && draft.Case != "" {
		err = errs.New(errs.AlreadySubmitted, "draft %s", id)
	}
	if err != nil {
		return what, 0, false, err
	}
	in, err := d.lodging(ctx, draft, a, d.Kit.Now())
	if err != nil {
		return what, 0, false, err
	}
	level = consentLevel(in.Law.Version)
	if !consent.Signs(d.Kit.Trust()) {
		if in.Law.Version.Assurance.Consent > 0 {
			err = errs.New(errs.ConsentNeeded, "no provider signs here")
		}
		return what, level, false, err
	}
	_, what, err = consent.Of(in)
	return what, level, err == nil, err
}

// consentLevel is how surely the provider must know who signs: what the matter asks, and never less than a checked number.
func consentLevel(v item.Version) int {
	return max(lowestLevel, v.Assurance.Level, v.Assurance.Consent)
}

// lowestLevel is the level from which a person's number was checked.
const lowestLevel = 2

// Submit makes the case of a draft: case, opening fact, receipt P-01, log entry and the end of the draft in one unit. It may be
// repeated: a draft that was submitted gives its case. It returns errs.StepNotDue while something is missing,
// errs.RulesMoved while the applicant has not seen what changed, and what consent.Check says of a consent that is not this one's.
func (d *Desk) Submit(ctx context.Context, who party.Person, id string, a Agreed) (casefile.Case, error) {
	var c casefile.Case
	err := unit.Retry(ctx, func() error {
		draft, err := d.Open(ctx, who, id)
		if err != nil {
			return err
		}
		if draft.Case == "" {
			c, err = d.submit(ctx, draft, a)
			if !errs.Is(err, errs.CaseExists) {
				return err
			}
		}
		c, err = d.Cases.Case(ctx, id) // submitted before, maybe this very moment
		return err
	})
	return c, err
}

// lodging is a draft as it would be lodged at now, without a number: everything is there, and the rules are those of the day.
func (d *Desk) lodging(ctx context.Context, draft journey.Draft, a Agreed, now time.Time) (casefile.Lodging, error) {
	today := workday.DateOf(now)
	none := casefile.Lodging{}
	v, moved, err := d.rules(draft, today)
	if err != nil {
		return none, err
	}
	if moved {
		return none, errs.New(errs.RulesMoved, "%s → %s", draft.Version, v.ID)
	}
	if next := journey.Next(journey.Steps(draft, v)); next.Kind != journey.Check {
		return none, errs.New(errs.StepNotDue, "%s comes first", next.Kind)
	}
	values := d.Values(draft, v)
	if gaps := d.Gaps(draft, v); len(gaps) > 0 {
		return none, errs.New(errs.FormIncomplete, "%s and %d more", gaps[0].Key, len(gaps)-1)
	}
	it, _, mode, err := d.way(Wish{Item: draft.Item, Here: draft.Here, There: draft.There}, today)
	if err != nil {
		return none, err
	}
	if mode != draft.Mode {
		return none, errs.New(errs.NotOnlineHere, "was %s, is %s", draft.Mode, mode)
	}
	here, there, err := d.offices(draft)
	if err != nil {
		return none, err
	}
	said := casefile.Consent{Way: casefile.ConsentOnline, At: now.UTC(), Text: a.Text}
	if a.Serve {
		said.Serve = casefile.ServeOnline
	}
	var right *party.Acting
	if draft.Unit != nil { // checked at the time of the act, and pinned with it
		_, acting, err := d.right(ctx, draft.Applicant, draft.Unit.USCC, draft.Item, true)
		if err != nil {
			return none, err
		}
		right = &acting
	}
	if draft.For != nil {
		acting, err := d.rightFor(ctx, draft)
		if err != nil {
			return none, err
		}
		right = &acting
	}
	return casefile.Lodging{
		ID: draft.ID, Item: it, Mode: mode, Here: here, There: there, Law: casefile.Law{Version: v, Calendar: d.Kit.Calendar},
		Private: casefile.Private{
			Applicant: draft.Subject(), Org: draft.Unit, Acting: right, Answers: values, Said: draft.Said, Materials: materials(draft, v, right), Consent: said,
			Parties: parties(draft, v), Disputes: disputes(draft, v),
		},
	}, nil
}

func (d *Desk) submit(ctx context.Context, draft journey.Draft, a Agreed) (casefile.Case, error) {
	now := d.Kit.Now() // read once: at midnight rule and act must fall on the same day
	in, err := d.lodging(ctx, draft, a, now)
	if err != nil {
		return casefile.Case{}, err
	}
	if in.Private.Consent.Agreed, _, err = consent.Of(in); err != nil {
		return casefile.Case{}, err
	}
	in.Private.Consent.Proof = a.Proof
	today := workday.DateOf(now)
	serial, err := d.Cases.Serial(ctx, "case-"+today.String())
	if err != nil {
		return casefile.Case{}, err
	}
	in.No = casefile.MakeNo(d.Kit.Me, today, serial)
	c, step, err := casefile.Apply(in, d.Kit.Me, now)
	if err != nil {
		return casefile.Case{}, err
	}
	terms := consent.Terms{Trust: d.Kit.Trust(), Now: d.Secure(), Age: consent.Fresh}
	if terms.Level = in.Law.Version.Assurance.Consent; a.Proof != nil {
		terms.Level = consentLevel(in.Law.Version)
	}
	if err := mandate.Check(c, d.Kit.Trust()); err != nil {
		return casefile.Case{}, notSigned(err)
	}
	if err := consent.Check(c, terms); err != nil {
		return casefile.Case{}, notSigned(err)
	}
	u := unit.Unit{Lookups: unit.CaseForms(c), Draft: &unit.Submitted{Draft: draft.ID, Row: draft.Row, No: string(c.No)}}
	if c, _, err = d.Kit.Record(&u, c, step, c.For(c.MadeBy()).Visitor()); err != nil {
		return casefile.Case{}, err
	}
	if until, ok := c.SilenceAt(); ok {
		u.Due = append(u.Due, unit.Due{Case: c.ID, Kind: unit.DueSilence, At: until})
	}
	holder, _ := d.Kit.Office(c.Legs[0].Office)
	if _, err := d.Kit.Issue(&u, c, document.Intake, d.Kit.DocData(c, holder)); err != nil {
		return casefile.Case{}, err
	}
	return c, d.Cases.Commit(ctx, u)
}

// notSigned keeps a signature that is nobody's from looking like a visitor who is not signed in.
func notSigned(err error) error {
	if errs.CodeOf(err).Kind() == errs.Unauthenticated {
		return errs.Wrap(errs.ConsentForOther, err, "consent")
	}
	return err
}

// parties are those who were invited and joined.
func parties(draft journey.Draft, v item.Version) []casefile.Party {
	field, ok := journey.Inviting(v)
	if g := draft.Guest; ok && g != nil && g.State == journey.Joined {
		return []casefile.Party{{Role: field.Key, Person: g.Person, At: g.Settled, Agreed: g.Agreed, Proof: g.Proof}}
	}
	return nil
}

// disputes are the found values that the applicant calls wrong, in the form's order.
func disputes(draft journey.Draft, v item.Version) []casefile.Dispute {
	var out []casefile.Dispute
	for _, x := range journey.FoundFields(draft, v) {
		if x.Wrong && x.Value != "" {
			out = append(out, casefile.Dispute{Field: x.Field.Key, Value: x.Value, Source: x.From.Name, At: x.From.At.UTC(), Said: draft.Wrong[x.Field.Key]})
		}
	}
	return out
}

// offices are the two ends. The receiving end of a matter that is lodged where it is decided is only the place where the
// applicant is.
func (d *Desk) offices(draft journey.Draft) (here, there office.Office, err error) {
	if there, err = d.Kit.OfficeAt(draft.There); err != nil {
		return here, there, err
	}
	if draft.Mode == item.Online {
		return office.Office{Region: draft.Here, Node: office.NodeID(draft.Here.Province())}, there, nil
	}
	here, err = d.Kit.OfficeAt(draft.Here)
	return here, there, err
}

// Values are all values of the form as they would be submitted now.
func (d *Desk) Values(draft journey.Draft, v item.Version) map[string]string {
	return journey.Values(draft, v, d.places(draft.There))
}

// Gaps are the required values that nothing gives. What an item lets wait, or be promised or uploaded instead, while its
// source is silent, is no gap: the deciding place asks the source again.
func (d *Desk) Gaps(draft journey.Draft, v item.Version) []item.Field {
	var out []item.Field
	for _, f := range v.Missing(d.Values(draft, v)) {
		if f.Source != item.FromEvidence || f.Fallback == item.FallAsk {
			out = append(out, f)
		}
	}
	return out
}

// places are the facts about the deciding place that derived values draw on.
func (d *Desk) places(there region.Code) map[string]string {
	city := there
	if there.Level() > region.Prefecture { // the prefecture above, or the municipality itself
		city = region.Code(there.Short()[:4] + "00000000")
		if city.Level() == region.Group {
			city = there.ProvinceCode()
		}
	}
	return map[string]string{"there.name": d.Kit.Regions.FullName(there), "there.city": d.Kit.Regions.Name(city)}
}

// materials are the papers of the case, each with how it came in.
func materials(draft journey.Draft, v item.Version, right *party.Acting) []casefile.Material {
	var mandate string // the one that stands now: another of the same person may have stood when the draft was begun
	if right != nil {
		mandate = right.Mandate
	}
	var out []casefile.Material
	for _, p := range journey.Papers(draft, v) {
		if p.Source == "" {
			continue
		}
		m := casefile.Material{Key: p.Material.Key, Name: p.Material.Name, Source: p.Source}
		switch p.Source {
		case "upload":
			m.Files = draft.FilesOf(p.Material.Key)
		case "generated":
			if p.Material.Key == journey.ProxyPaper {
				m.Note = mandate
			}
		case "elicence", "shared":
			m.Note = p.From.Name + " " + p.From.At.UTC().Format("2006-01-02T15:04Z")
			if l := p.From.Licence; l != nil {
				kept := casefile.Relied(*l)
				m.Licence = &kept
			}
		}
		out = append(out, m)
	}
	return out
}
