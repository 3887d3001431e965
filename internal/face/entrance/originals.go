package entrance

import (
	"context"
	"slices"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/original"
	"tongban/internal/page"
)

// originals says who has each of the applicant's papers and since when, and what the applicant has to do about them, if anything.
func (e *entrance) originals(ctx context.Context, c casefile.Case, d *detail) error {
	if c.Originals == (casefile.Originals{}) {
		return nil // nobody has asked for one
	}
	ch, err := e.store.Originals(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, p := range ch.Papers {
		who := page.T(ctx, "originals.where."+string(p.Where), officeName(ctx, e.office(p.Office)))
		if p.Where == original.Home {
			who = page.T(ctx, "originals.where.home", "")
		}
		d.Originals = append(d.Originals, page.Row{Key: p.Name, Value: page.T(ctx, "originals.own.has", who, moment(ctx, p.Since))})
	}
	var bring []string
	for _, m := range c.Private.Materials {
		if slices.Contains(ch.ToSend(), m.Key) {
			bring = append(bring, m.Name)
		}
	}
	if len(bring) > 0 {
		d.OriginalsDo = append(d.OriginalsDo, page.T(ctx, "originals.own.bring", strings.Join(bring, page.T(ctx, "originals.and"))))
		if ch.Call.Words != "" {
			d.OriginalsDo = append(d.OriginalsDo, page.T(ctx, "originals.own.words", ch.Call.Words))
		}
	}
	if !c.Originals.Trouble.IsZero() {
		d.OriginalsDo = append(d.OriginalsDo, page.T(ctx, "originals.own.trouble"))
	}
	if ends, err := original.EndsOf(c); err == nil && len(ch.At(ends.Window.Office)) > 0 {
		d.OriginalsDo = append(d.OriginalsDo, page.T(ctx, "originals.own.fetch"))
	}
	return nil
}
