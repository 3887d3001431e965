package entrance

import (
	"context"
	"slices"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/page"
)

// part is how far one place is with its part of a matter that several share: what it answered in its own words, or what it undid
// because the case came to nothing.
func (e *entrance) part(ctx context.Context, c casefile.Case, l casefile.Leg) page.Row {
	row := page.Row{Key: officeName(ctx, e.office(l.Office)), Value: word(ctx, "entrance.leg.verify.", string(l.State))}
	if l.Transit != nil {
		row.Value = page.T(ctx, "entrance.leg.transit")
	}
	for _, a := range c.Private.Verified {
		if a.Leg == l.Key {
			row.Value = page.T(ctx, "entrance.part.answered", word(ctx, "entrance.part.", string(a.Outcome)), moment(ctx, a.At), a.Text)
		}
	}
	if l.State != casefile.Undoing && l.State != casefile.Undone {
		return row
	}
	if v, err := e.Catalogue.VersionByDigest(c.Rule.Digest); err == nil {
		for _, g := range v.Plan[c.Mode] {
			if g.Key == l.Key {
				undo := g.Undo
				if page.PrefsOf(ctx).Lang == "en" {
					undo = g.UndoEn
				}
				row.Source = page.T(ctx, "entrance.part."+string(l.State), undo)
			}
		}
	}
	return row
}

// checking names the places whose answer is waited for.
func (e *entrance) checking(ctx context.Context, c casefile.Case) string {
	var names []string
	for _, l := range c.Legs {
		if name := e.Regions.Name(l.Place); l.Kind == item.Verify && l.State == casefile.Received && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, page.T(ctx, "entrance.part.and"))
}
