package node

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/handling/apply"
	"tongban/internal/kernel/errs"
)

// earlierSource is the key of the source that is this node's own cases (catalogue/items/evidence.toml).
const earlierSource = "earlier"

// mostEarlier bounds how many cases of one applicant are looked through, the newest first.
const mostEarlier = 200

// earlier tells of each matter the number of the newest case that was granted to the applicant, or to the unit in whose name they
// apply, as this node knows it; errs.Missing if there is none. A case that was itself about an earlier one tells that one's number,
// so that a matter keeps the number it began with.
func (e evidence) earlier(ctx context.Context, q apply.Asking, matters []string) (journey.Record, error) {
	number := q.Person.IDNo
	if q.Unit != nil {
		number = string(q.Unit.USCC)
	}
	if number == "" {
		return journey.Record{}, errs.New(errs.Missing, "nobody's cases")
	}
	list, err := e.n.Store.Find(ctx, []party.Lookup{{Kind: party.ByNumber, Value: number}}, mostEarlier)
	if err != nil {
		return journey.Record{}, err
	}
	r := journey.Record{Values: map[string]string{}, At: e.n.Kit.Now()}
	for _, matter := range matters {
		for _, c := range list {
			if c.Item == matter && c.Status() == casefile.StatusDone && c.Of(q.Person, q.Unit) { // a keyed hash alone proves nothing
				r.Values[matter] = e.numberOf(c)
				break
			}
		}
	}
	if len(r.Values) == 0 {
		err = errs.New(errs.Missing, "nothing granted before")
	}
	return r, err
}

// numberOf is a case's public number, or that of the earlier one of the same matter that it was about.
func (e evidence) numberOf(c casefile.Case) string {
	if v, err := e.n.Kit.Catalogue.VersionByDigest(c.Rule.Digest); err == nil {
		for _, f := range v.Form.Fields {
			if f.From == earlierSource+"."+c.Item && c.Private.Answers[f.Key] != "" {
				return c.Private.Answers[f.Key]
			}
		}
	}
	return string(c.No)
}
