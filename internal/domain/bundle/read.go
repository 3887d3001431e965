package bundle

import (
	"slices"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Overlay reads the overlay that a content holds; its own dates must be those that the content names.
func (c Content) Overlay() (item.Overlay, error) {
	if c.Kind == Withdrawal {
		return item.Overlay{ID: item.OverlayID(c.Place, c.Item, c.From), Region: c.Place, Item: c.Item, From: c.From, Withdrawn: true}, nil
	}
	o, err := item.ReadOverlay(item.OverlayID(c.Place, c.Item, c.From), c.Text)
	if err != nil {
		return o, errs.Wrap(errs.RulesUnreadable, err, "%s %s", c.Place, c.Item)
	}
	o.Region = c.Place // its folder is the short code
	o.Demo = o.Demo || c.Demo
	return o, nil
}

// Agreed reads the agreement that a content holds.
func (c Content) Agreed() (item.Agreement, error) {
	a, err := item.ReadAgreement(c.Name, c.Text)
	if err != nil {
		return a, errs.Wrap(errs.RulesUnreadable, err, "%s", c.Name)
	}
	return a, nil
}

// Findings holds a content against the national rules. An empty answer means that it may stand; what cannot be read is a finding
// too.
func (c Content) Findings(cat *item.Catalogue) []item.Finding {
	switch c.Kind {
	case Overlay:
		o, err := c.Overlay()
		if err != nil {
			return []item.Finding{{File: item.OverlayID(c.Place, c.Item, c.From), Rule: "unreadable", Text: err.Error()}}
		}
		found := cat.CheckOverlay(o, c.Text)
		if o.From != c.From {
			found = append(found, item.Finding{File: o.ID, Rule: "dates", Text: "the text says " + o.From.String()})
		}
		return found
	case Withdrawal:
		if it, ok := cat.Item(c.Item); !ok || it.Code != c.Item {
			return []item.Finding{{File: c.Item, Rule: "unknown-item", Text: c.Item}}
		}
	case Agreement:
		a, err := c.Agreed()
		if err != nil {
			return []item.Finding{{File: c.Name, Rule: "unreadable", Text: err.Error()}}
		}
		return cat.CheckAgreement(a, c.Text)
	case Departure, National:
	}
	return nil
}

// Judge is Findings as an error, errs.RulesBreakNational with the first one; and it refuses a signature under an agreement
// that the publisher is no side of, errs.RulesNotTheirs.
func (b Bundle) Judge(cat *item.Catalogue) error {
	if found := b.Content.Findings(cat); len(found) > 0 {
		return errs.New(errs.RulesBreakNational, "%s %d: %s %s and %d more", b.Publisher, b.Seq, found[0].Rule, found[0].Text, len(found)-1)
	}
	if err := b.ahead(cat); err != nil {
		return err
	}
	if b.Content.Kind == Agreement {
		a, err := b.Content.Agreed()
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(a.Parties, func(p item.Partner) bool { return p.Region.Province() == string(b.Publisher) }) {
			return errs.New(errs.RulesNotTheirs, "%s is no side of %s", b.Publisher, a.ID)
		}
	}
	return nil
}

// ahead refuses a word on a mandate for days that are past, or have begun when it ends: what was decided under it is judged by the
// day of the decision, and that may not change
// afterwards. errs.RulesBackdated, errs.MandateEndsAhead.
func (b Bundle) ahead(cat *item.Catalogue) error {
	on, c := workday.DateOf(b.At), b.Content
	switch c.Kind { //nolint:exhaustive // the others are no word on an agreement
	case Agreement:
		if a, err := c.Agreed(); err == nil && a.Mandate != nil && !c.Demo && c.From.Before(on) {
			return errs.New(errs.RulesBackdated, "a mandate from %s, published %s", c.From, on)
		}
	case Departure:
		if a, ok := cat.Agreement(c.Name); ok && a.Mandate != nil && !c.From.After(on) {
			return errs.New(errs.MandateEndsAhead, "a mandate ends from %s, published %s", c.From, on)
		}
	}
	return nil
}

// Published gathers verified bundles, in the order of their numbers, as the catalogue takes them in. What this binary cannot read
// is left out: it was read when it was taken in.
func Published(list []Bundle) item.Published {
	var p item.Published
	seen := map[string]bool{}
	for _, b := range list {
		c := b.Content
		switch c.Kind {
		case Overlay, Withdrawal:
			if o, err := c.Overlay(); err == nil {
				p.Overlays = append(p.Overlays, o)
			}
		case Agreement:
			a, err := c.Agreed()
			if err != nil {
				continue
			}
			p.Signatures = append(p.Signatures, item.Signature{
				Agreement: c.Name, Digest: a.Digest, By: string(b.Publisher), From: c.From, Until: c.Until, Demo: c.Demo,
			})
			if !seen[a.Digest] {
				seen[a.Digest] = true
				p.Agreements = append(p.Agreements, a)
			}
		case Departure:
			p.Signatures = append(p.Signatures, item.Signature{Agreement: c.Name, By: string(b.Publisher), From: c.From, Withdrawn: true})
		case National:
		}
	}
	return p
}

// Failed is an example that did not come out as expected.
type Failed struct {
	Trial  item.Trial
	Misses []item.Miss
}

// Try works all examples of a content through; an empty answer means that all came true.
func (c Content) Try(cat *item.Catalogue, regions *region.Table) []Failed {
	o, err := c.Overlay()
	if err != nil {
		return nil // Findings says so
	}
	var out []Failed
	for _, t := range c.Trials {
		if misses := cat.Try(c.Item, o, t, regions); len(misses) > 0 {
			out = append(out, Failed{t, misses})
		}
	}
	return out
}

// AgreementName is an agreement's id without its folder, as addresses carry it.
func AgreementName(id string) string { return strings.TrimPrefix(id, "agreements/") }
