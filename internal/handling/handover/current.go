package handover

import (
	"tongban/internal/domain/casefile"
	"tongban/internal/kernel/errs"
)

// current puts a case under the rules of today, as this node knows them, and gives them. errs.RulesMovedHere while they ask for
// something that is not in: the window looks at it first.
func (p *Post) current(c casefile.Case) (casefile.Case, casefile.Law, error) {
	on := c.Day(p.Kit.Now())
	law, err := p.Kit.Law(c, on)
	if err != nil { // the deciding place will say so
		return c, law, nil //nolint:nilerr // see above: not ours to refuse
	}
	if news := p.Kit.Moved(c, law); len(news) > 0 {
		return c, law, errs.New(errs.RulesMovedHere, "%s: %s %s and %d more", c.No, news[0].Part, news[0].Key, len(news)-1)
	}
	if c.Rule.Digest == law.Version.Digest && c.Rule.Pins == law.Version.Pins {
		return c, law, nil
	}
	return c.Under(law, on), law, nil
}
