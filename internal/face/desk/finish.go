package desk

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/handling/decide"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// actFinish is what an officer does when every point is met and nothing stands against it: findings, acceptance, a yes and
// the issuing after one look, as a matter that is finished on the spot asks for (市场主体登记管理条例 第19条). Each of them
// stays an act of its own, with its own signed fact and document.
const actFinish = "finish"

// granted is the decision of actFinish.
var granted = casefile.Decision{Outcome: casefile.Granted}

// probeFinish walks the acts over copies of the case: it is allowed if each of them would be, one after the other.
func (f *Face) probeFinish(ctx context.Context, c casefile.Case, by casefile.Actor) error {
	me, now := f.cfg.Kit.Me, f.cfg.Kit.Now()
	law, err := f.cfg.Kit.Law(c, workday.DateOf(now))
	if err != nil {
		return err
	}
	for _, act := range []casefile.Act{casefile.ActAccept, casefile.ActDecide} {
		if err := f.cfg.Bench.Paid(ctx, c, act); err != nil {
			return err
		}
	}
	if _, _, err := f.cfg.Bench.Next(ctx, c); err != nil {
		return err
	}
	if c, err = c.Entrusted(f.cfg.Kit.Mandate(c, c.Day(now))); err != nil {
		return err
	}
	if c, _, err = casefile.Review(c, me, by, nil, now); err != nil {
		return err
	}
	if accepted, _, err := casefile.Accept(c, me, by, law, now); err == nil {
		c = accepted
	}
	if c, _, err = casefile.Decide(c, me, by, law, granted, now); err != nil {
		return err
	}
	_, _, err = casefile.Dispatch(c, me, by, "?", now)
	return err
}

// finishing reads the checklist: every point must be met. It says what will be done, in order.
func (f *Face) finishing(ctx context.Context, v visit, c casefile.Case, view *actView) func(context.Context) (casefile.Case, error) {
	marks := f.marks(ctx, view)
	for _, k := range view.Version.Checklist {
		if m, ok := marks[k.Key]; !ok || m.Finding != casefile.Meets {
			view.fail("mark."+k.Key, page.T(ctx, "desk.error.open", pick(view.Lang, k.Label, k.LabelEn)))
		}
	}
	for _, k := range view.Version.Checklist {
		value := page.T(ctx, "desk.finding."+string(casefile.Meets))
		if paper := marks[k.Key].Paper; paper != "" {
			value = page.T(ctx, "desk.finding.differs", value, c.Private.Answers[k.Field], paper)
		}
		if note := marks[k.Key].Note; note != "" {
			value = page.T(ctx, "desk.finding.noted", value, note)
		}
		view.Summary = append(view.Summary, page.Row{Key: pick(view.Lang, k.Label, k.LabelEn), Value: value})
	}
	for i, act := range f.finishActs(ctx, c, v.by) {
		view.Summary = append(view.Summary, page.Row{Key: page.T(ctx, "desk.finish.step", i+1), Value: page.T(ctx, "desk.finish."+act)})
	}
	return func(ctx context.Context) (casefile.Case, error) { return f.finish(ctx, v, c, marks) }
}

// finishActs are the acts that are still to come, in order.
func (f *Face) finishActs(ctx context.Context, c casefile.Case, by casefile.Actor) []string {
	rest := []string{actAccept, actDecide, actIssue}
	if _, elsewhere := c.Sealing(); elsewhere { // the decision itself is sent to be sealed
		rest = rest[:2]
	}
	if f.probe(ctx, c, by, actAccept) != nil {
		rest = rest[1:]
	}
	return rest
}

// finish does the acts one after the other, each on the version that the one before left, so that a colleague who comes
// between is noticed. Where one is refused the others before it stand: the case shows how far it came, and the officer goes
// on from there.
func (f *Face) finish(ctx context.Context, v visit, c casefile.Case, marks map[string]casefile.Mark) (casefile.Case, error) {
	seen := decide.Ref{Case: c.ID, Row: c.Row}
	todo := f.finishActs(ctx, c, v.by)
	c, err := f.cfg.Bench.Review(ctx, v.by, seen, marks)
	for _, act := range todo {
		if err != nil {
			return casefile.Case{}, err
		}
		seen.Row++ // a commit raises the version by one
		switch act {
		case actAccept:
			c, err = f.cfg.Bench.Accept(ctx, v.by, seen)
		case actDecide:
			c, err = f.cfg.Bench.Decide(ctx, v.by, seen, granted)
		case actIssue:
			c, err = f.cfg.Issuer.Issue(ctx, v.by, seen.Case, seen.Row)
		}
	}
	return c, err
}
