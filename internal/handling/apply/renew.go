package apply

import (
	"context"
	"maps"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
)

// Renew opens a draft with everything that a refused application had in it, so that what was wrong is put right and the rest is not
// typed again (行政许可法 bars no second application). Everything is looked at once more: found values are asked for anew, and the check
// comes last. copied are copies of the case's files, which the draft may drop without harm to the case. A second press with the same
// key gives the first draft; the caller then drops its copies. Errors: errs.NotAllowedNow unless the case was refused, and those of Start.
func (d *Desk) Renew(ctx context.Context, who party.Person, grant string, c casefile.Case, key string, copied []exchange.File) (draft journey.Draft, fresh bool, err error) {
	if !Renewable(c) {
		return draft, false, errs.New(errs.NotAllowedNow, "%s was not refused", c.No)
	}
	w := Wish{ID: key, Item: c.Item, Here: c.Here, There: c.There, Said: c.Private.Said, Grant: grant}
	if unit, ok := c.Unit(); ok {
		w.Unit = unit.USCC
	}
	if a := c.Private.Acting; a != nil && a.Agent != nil && party.SameDocument(*a.Agent, who) {
		w.Mandate = a.Mandate
	}
	if draft, err = d.Start(ctx, who, w); err != nil || len(draft.Answers) > 0 || len(draft.Files) > 0 {
		return draft, false, err
	}
	draft, err = d.Change(ctx, who, key, func(x *journey.Draft, v item.Version) error {
		maps.Copy(x.Said, Carried(v, c.Private.Said))
		if _, asked := x.Said[item.AskAgent]; asked && c.Private.Acting != nil && c.Private.Acting.Agent != nil {
			x.Said[item.AskAgent] = x.For != nil // whose matter it is may go on alone
		}
		for _, q := range journey.Questions(*x, v) { // what sources know now is not asked
			x.Answers[q.Field.Key] = c.Private.Answers[q.Field.Key]
		}
		for _, m := range c.Private.Materials {
			if m.Source == "upload" || m.Source == "promise" {
				x.Supplies[m.Key] = m.Source
			}
		}
		x.Files = append(x.Files, copied...)
		return nil
	})
	return draft, err == nil, err
}

// Renewable reports whether a case was refused, online, so that it can be applied for once more from what it holds.
func Renewable(c casefile.Case) bool {
	return c.Private.Decision != nil && c.Private.Decision.Outcome == casefile.Denied && c.Mode == item.Online
}
