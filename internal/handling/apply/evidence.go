package apply

import (
	"context"
	"slices"
	"sync"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
)

// Asking is one question to a registered source about an applicant who is present and asks for it.
type Asking struct {
	Source      string // item.Evidence.Key
	Person      party.Person
	Unit        *party.Org // in whose name the person asks; nil for themselves
	Item        string
	Here, There region.Code
	Chosen      string // which of several licences the person chose, by its identifier; "" for none
	Grant       string // of the person's sign-in, by which other provinces may be asked; "" at a counter
}

// Evidence answers from registered sources: the values that the source gives, its name and the time of the answer. It
// returns errs.Missing if the source answers that it knows nothing of the person; errs.LicenceSuspended, errs.LicenceRevoked or
// errs.LicenceNotInForce if it is a licence that is not in force, and errs.NotRecognised for one that the deciding place does not
// take; and any other error if it cannot be asked now. Then the applicant is told so and asked, or may promise or upload, as the
// item says. Safe for concurrent use.
type Evidence interface {
	Ask(ctx context.Context, q Asking) (journey.Record, error)
}

// budget is how long a source may take before the page goes on without it (ux flows.md, "What must be true" 1).
const budget = 2 * time.Second

// look asks all sources of a version at once and keeps what they say. What was found before stays if a source is silent
// now, with its time beside it. What is read for an agent is in the log under the mandate before it is read (I5): whose matter it is sees
// that, also if no application comes of it.
func (d *Desk) look(ctx context.Context, draft *journey.Draft, v item.Version, grant string) error {
	if draft.For != nil {
		at := d.now()
		if err := d.Cases.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{
			{Kind: accesslog.View, At: at, Case: draft.Mandate, Who: casefile.ByAgent, What: "apply.found", Reason: draft.Item},
		}}); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	firm := d.unit(ctx, *draft)
	sources := journey.Sources(v)
	found := make([]journey.Record, len(sources))
	var wg sync.WaitGroup
	for i, key := range sources {
		wg.Go(func() { found[i] = d.ask(ctx, *draft, key, grant, firm) })
	}
	wg.Wait()
	for i, key := range sources {
		if old := draft.Records[key]; found[i].Gap == journey.Down && len(old.Values) > 0 {
			continue
		}
		draft.Records[key] = found[i]
	}
	return nil
}

// Known is what the sources say of somebody who stands at a counter and asks for it, as "SOURCE.WHAT": nobody types it then.
func (d *Desk) Known(ctx context.Context, who party.Person, code string, here, there region.Code, v item.Version) map[string]string {
	draft := journey.Draft{Applicant: who, Item: code, Here: here, There: there, Opened: d.now()}.Clone()
	_ = d.look(ctx, &draft, v, "") // for oneself nothing is written before it
	out := map[string]string{}
	for source, r := range draft.Records {
		for name, value := range r.Values {
			out[source+"."+name] = value
		}
	}
	return out
}

// ask is one source: the registered one if it answers, and what the account itself proves in any case.
func (d *Desk) ask(ctx context.Context, draft journey.Draft, key, grant string, unit mandate.Account) journey.Record {
	r := d.registered(ctx, draft, key, grant)
	own := d.account(draft, key)
	if key == "bizlicence" && len(unit.Face) > 0 { // what the licence says with which the unit's account was opened
		e := d.source(key)
		own = journey.Record{Name: e.Name, NameEn: e.NameEn, At: draft.Opened, Values: unit.Face}
	}
	if r.Gap != "" && len(own.Values) > 0 {
		return own
	}
	for name, value := range own.Values {
		if r.Values[name] == "" {
			r.Values[name] = value
		}
	}
	return r
}

func (d *Desk) registered(ctx context.Context, draft journey.Draft, key, grant string) journey.Record {
	e := d.source(key)
	r := journey.Record{Name: e.Name, NameEn: e.NameEn, At: d.now(), Gap: journey.Nothing}
	if d.Evidence == nil {
		return r
	}
	if draft.For != nil {
		grant = "" // it opens what the agent holds elsewhere, never what the other person does
	}
	got, err := d.answer(ctx, Asking{Source: key, Person: draft.Subject(), Unit: draft.Unit, Item: draft.Item, Here: draft.Here, There: draft.There, Chosen: draft.Chosen[key], Grant: grant})
	switch {
	case errs.Is(err, errs.Missing):
		return r
	case errs.Is(err, errs.LicenceSuspended), errs.Is(err, errs.LicenceRevoked), errs.Is(err, errs.LicenceNotInForce):
		r.Gap = journey.NotInForce
		return r
	case errs.Is(err, errs.NotRecognised):
		r.Gap = journey.NotTaken
		return r
	case err != nil:
		r.Gap = journey.Down
		return r
	}
	if got.Name == "" {
		got.Name, got.NameEn = e.Name, e.NameEn
	}
	if got.At.IsZero() {
		got.At = r.At
	}
	values := map[string]string{}
	for name, value := range got.Values {
		if value != "" && slices.Contains(e.Gives, name) { // a source says what it was registered for, and nothing else
			values[name] = value
		}
	}
	got.Values, got.Gap = values, ""
	return got
}

// answer keeps a source that ignores its context from holding up the page.
func (d *Desk) answer(ctx context.Context, q Asking) (journey.Record, error) {
	type reply struct {
		r   journey.Record
		err error
	}
	out := make(chan reply, 1)
	go func() {
		r, err := d.Evidence.Ask(ctx, q)
		out <- reply{r, err}
	}()
	select {
	case x := <-out:
		return x.r, x.err
	case <-ctx.Done():
		return journey.Record{}, ctx.Err()
	}
}

// account is what the sign-in itself proves of the applicant, or of who signed for an agent to act: name, number and telephone as the
// identity provider verified them. It stands in for the identity card, whose name and number the provider has checked.
func (d *Desk) account(draft journey.Draft, key string) journey.Record {
	e, p := d.source("account"), draft.Subject()
	r := journey.Record{Name: e.Name, NameEn: e.NameEn, At: draft.Opened}
	switch key {
	case "idcard":
		r.Values = map[string]string{"name": p.Name, "number": p.IDNo}
	case "account":
		r.Values = map[string]string{"name": p.Name, "number": p.IDNo}
		if p.Phone != "" {
			r.Values["phone"] = p.Phone
		}
	}
	return r
}

func (d *Desk) source(key string) item.Evidence {
	for _, e := range d.Kit.Catalogue.Evidence() {
		if e.Key == key {
			return e
		}
	}
	return item.Evidence{Key: key, Name: key, NameEn: key}
}

// Again asks the sources once more, at the applicant's wish.
func (d *Desk) Again(ctx context.Context, who party.Person, grant, id string) (journey.Draft, error) {
	return d.Change(ctx, who, id, func(draft *journey.Draft, v item.Version) error {
		delete(draft.Seen, string(journey.Found))
		return d.look(ctx, draft, v, grant)
	})
}

// Choose takes another of the licences that a source named, at the applicant's wish, and asks the sources once more.
// errs.LicenceUnchosen for one that was not named.
func (d *Desk) Choose(ctx context.Context, who party.Person, grant, id, source, licenceID string) (journey.Draft, error) {
	return d.Change(ctx, who, id, func(draft *journey.Draft, v item.Version) error {
		if !slices.ContainsFunc(draft.Records[source].Choices, func(c journey.Choice) bool { return c.ID == licenceID }) {
			return errs.New(errs.LicenceUnchosen, "of %.40q", source)
		}
		draft.Chosen[source] = licenceID
		delete(draft.Seen, string(journey.Found))
		return d.look(ctx, draft, v, grant)
	})
}
