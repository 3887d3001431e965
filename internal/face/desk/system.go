package desk

import (
	"context"
	"slices"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/depart"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// saidOwn is said when a case was taken back from the office's own system.
const saidOwn = "own"

// ownSystem is the word on a case that the office works in its own system.
type ownSystem struct{ Text, Href string }

// workedThere reports whether an act is the own system's while it has the case. More time is asked for there and approved here; a
// result is sent from here.
func workedThere(act string) bool {
	return slices.Contains([]string{
		actReview, actFinish, actAccept, actDecide, actCorrect, actReturn, actDecline, actSuspend, actResume, actAskExtend,
	}, act)
}

// working says how a case stands in the office's own system, and whether it is worked there. Where that cannot be read the case passes
// for worked here: the acts of both are told apart by its version anyway.
func (f *Face) working(ctx context.Context, c casefile.Case) (*ownSystem, bool) {
	if f.cfg.Works == nil {
		return nil, false
	}
	w, there, err := f.cfg.Works.OfCase(ctx, c.ID)
	if err != nil || !there {
		return nil, false
	}
	s, _ := depart.Default().Of(w.System, workday.DateOf(w.At))
	text := page.T(ctx, "systems.of."+string(w.State), pick(page.PrefsOf(ctx).Lang, s.Name, s.NameEn), clock(ctx, w.At))
	if w.State == depart.Waiting || w.State == depart.Dead {
		if !w.Tried.IsZero() {
			text += page.T(ctx, "systems.of.tried", clock(ctx, w.Tried))
		}
		if !w.Next.IsZero() {
			text += page.T(ctx, "systems.of.next", clock(ctx, w.Next))
		}
	}
	return &ownSystem{text, "/desk/work/" + w.ID}, true
}

// decisionRows are a decision, with who answers for it where it was made in the office's own system.
func decisionRows(ctx context.Context, d casefile.Decision) []page.Row {
	rows := []page.Row{
		{Key: page.T(ctx, "desk.decide.outcome"), Value: page.T(ctx, "desk.outcome."+string(d.Outcome))},
		{Key: page.T(ctx, "desk.decide.facts"), Value: d.Text},
	}
	if d.Answers != "" {
		rows = append(rows, page.Row{Key: page.T(ctx, "systems.decided"), Value: d.Answers})
	}
	return rows
}
