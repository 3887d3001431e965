package desk

import (
	"context"
	"net/http"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/page"
)

// hasPart reports whether the officer's office has a part of the case to answer for now (多地联办).
func (f *Face) hasPart(c casefile.Case, by casefile.Actor) bool {
	_, _, err := casefile.Verify(c, f.cfg.Kit.Me, by, casefile.Verified{Outcome: casefile.Confirmed}, f.cfg.Kit.Now())
	return err == nil
}

// verified reads a place's answer for its part. A no needs its reason: the place that leads and the applicant read it.
func (v *actView) verified(ctx context.Context) casefile.Verified {
	out := casefile.Verified{Outcome: casefile.Outcome(v.Form.Get("outcome"))}
	if out.Outcome != casefile.Confirmed && out.Outcome != casefile.Differs {
		v.fail("outcome", page.T(ctx, "desk.error.outcome"))
	}
	out.Text = v.text(ctx, "text", out.Outcome == casefile.Differs)
	return out
}

func verifyChoices(ctx context.Context) []page.Choice {
	var out []page.Choice
	for _, o := range []casefile.Outcome{casefile.Confirmed, casefile.Differs} {
		out = append(out, page.Choice{Value: string(o), Text: page.T(ctx, "desk.outcome."+string(o))})
	}
	return out
}

// fillParts says how far each place is with its part, and what it answered.
func (f *Face) fillParts(r *http.Request, v visit, view *caseView) {
	ctx := r.Context()
	for _, l := range view.C.Legs {
		if l.Kind != item.Verify {
			continue
		}
		row := page.Row{Key: f.officeName(v.lang, l.Office), Value: page.T(ctx, "desk.state."+string(l.State))}
		if l.Transit != nil {
			row.Value = page.T(ctx, "desk.part.transit")
		}
		for _, a := range view.C.Private.Verified {
			if a.Leg == l.Key {
				row.Value = page.T(ctx, "desk.part.answered", page.T(ctx, "desk.outcome."+string(a.Outcome)), clock(ctx, a.At), a.Text)
			}
		}
		if l.State == casefile.Undoing || l.State == casefile.Undone {
			row.Source = page.T(ctx, "desk.part."+string(l.State), f.undo(v.lang, view.C, l.Key))
		}
		view.Parts = append(view.Parts, row)
	}
}

// undo is what a place has to undo if the case comes to nothing.
func (f *Face) undo(lang string, c casefile.Case, leg string) string {
	v, err := f.cfg.Kit.Catalogue.VersionByDigest(c.Rule.Digest)
	if err != nil {
		return ""
	}
	for _, g := range v.Plan[c.Mode] {
		if g.Key == leg {
			return pick(lang, g.Undo, g.UndoEn)
		}
	}
	return ""
}

// stationsOf are the places with a part, between who took the case in and who decides.
func (f *Face) stationsOf(ctx context.Context, c casefile.Case) []page.Place {
	var out []page.Place
	for _, l := range c.Legs {
		if l.Kind == item.Verify {
			out = append(out, page.Place{
				Name: f.cfg.Kit.Regions.Name(l.Place), Role: page.T(ctx, "desk.role.verify"), State: page.T(ctx, "desk.state."+string(l.State)),
				Active: l.State == casefile.Received || l.State == casefile.Undoing, Done: l.State == casefile.Done || l.State == casefile.Undone,
			})
		}
	}
	return out
}
