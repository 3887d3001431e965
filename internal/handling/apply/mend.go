package apply

import (
	"context"
	"maps"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// Own reads a case by its number if it is a person's. Somebody else's and none at all are the same answer, errs.NoSuchCase.
func (d *Desk) Own(ctx context.Context, who party.Person, number string) (casefile.Case, error) {
	no, err := casefile.ParseNo(number)
	if err != nil {
		return casefile.Case{}, errs.New(errs.NoSuchCase, "no case number")
	}
	c, err := d.Cases.CaseByNo(ctx, no)
	switch {
	case errs.Is(err, errs.Missing):
		return casefile.Case{}, errs.New(errs.NoSuchCase, "not here")
	case err != nil:
		return casefile.Case{}, err
	}
	if err := d.sees(ctx, who, c); err != nil {
		return casefile.Case{}, err
	}
	return c.For(who), nil
}

// Mended is what the applicant brings after a notice: the changed answers, new files by the place of their item in the notice,
// and a word on each item.
type Mended struct {
	Answers map[string]string
	Added   []casefile.Material
	Said    []string // by position in the notice
}

// Mending is the rule that a notice is answered under, and the answers that may be changed with it.
func (d *Desk) Mending(c casefile.Case) (item.Version, []item.Field, error) {
	law, err := d.Kit.Law(c, c.Day(d.Kit.Now()))
	if err != nil {
		return item.Version{}, nil, err
	}
	var checks []string
	for _, x := range c.Private.Corrections {
		checks = append(checks, x.Check)
	}
	return law.Version, journey.Behind(law.Version, checks), nil
}

// Mend is the applicant's own answer to the notice (E-23): with it the case is received anew, and what silence means counts
// from that day. row is the version that the applicant saw; a second press finds it changed and is errs.Stale.
func (d *Desk) Mend(ctx context.Context, c casefile.Case, row int64, in Mended) (casefile.Case, error) {
	if c.Row != row {
		return casefile.Case{}, errs.New(errs.Stale, "%s was read at %d, is at %d", c.No, row, c.Row)
	}
	v, fields, err := d.Mending(c)
	if err != nil {
		return casefile.Case{}, err
	}
	answers := d.remade(c, v, fields, in.Answers)
	told := make([]casefile.Correction, len(c.Private.Corrections))
	for i, x := range c.Private.Corrections {
		if i < len(in.Said) {
			x.Answer = in.Said[i]
		}
		told[i] = x
	}
	c, step, err := casefile.Answer(c, d.Kit.Me, casefile.Law{Version: v, Calendar: d.Kit.Calendar}, answers, in.Added, told, d.Kit.Now())
	if err != nil {
		return casefile.Case{}, err
	}
	var u unit.Unit
	if c, _, err = d.Kit.Record(&u, c, step, c.Visitor()); err != nil {
		return casefile.Case{}, err
	}
	if until, ok := c.SilenceAt(); ok {
		u.Due = append(u.Due, unit.Due{Case: c.ID, Kind: unit.DueSilence, At: until})
	}
	return c, d.Cases.Commit(ctx, u)
}

// remade are all answers with the changed ones in, and what follows from them put together anew. Only answers that the notice
// rests on may change.
func (d *Desk) remade(c casefile.Case, v item.Version, fields []item.Field, changed map[string]string) map[string]string {
	typed, facts := map[string]string{}, d.places(c.There)
	for _, f := range v.Form.Fields {
		value := c.Private.Answers[f.Key]
		switch f.Source { //nolint:exhaustive // derived values are made anew
		case item.Asked:
			typed[f.Key] = value
		case item.FromEvidence:
			facts[f.From] = value
		}
	}
	for _, f := range fields {
		if s, ok := changed[f.Key]; ok {
			typed[f.Key] = s
		}
	}
	out := maps.Clone(c.Private.Answers)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, v.Fill(v.Clean(typed), facts))
	for _, f := range fields { // an emptied answer is stored as empty, because stored ones stay
		if typed[f.Key] == "" && out[f.Key] != "" {
			out[f.Key] = ""
		}
	}
	return out
}
