package desk

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// The acts of the desk, as they stand in addresses.
const (
	actHandOver   = "hand-over"
	actSupplement = "supplement"
	actRecall     = "recall"
	actWithdraw   = "withdraw"
	actReview     = "review"
	actAccept     = "accept"
	actCorrect    = "correct"
	actReturn     = "return"
	actDecline    = "decline"
	actSuspend    = "suspend"
	actResume     = "resume"
	actAskExtend  = "ask-extend"
	actExtend     = "extend"
	actKeepLimit  = "keep-limit"
	actDecide     = "decide"
	actIssue      = "issue"
	actDeliver    = "deliver"
	actVerify     = "verify"
	actUndo       = "undo"
	actPassOn     = "pass-on"
)

// acts in the order in which they are offered.
var acts = []string{
	actHandOver, actSupplement, actVerify, actUndo, actAccept, actDecide, actIssue, actDeliver, actCorrect, actReturn, actDecline, actSuspend, actResume,
	actExtend, actKeepLimit, actAskExtend, actPassOn,
	actRecall, actWithdraw, actReview, actFinish,
}

// onChecklist reports whether an act's form is the checklist on the case's own page.
func onChecklist(act string) bool { return act == actReview || act == actFinish }

// probe asks the domain whether an act would be allowed to this officer now, and gives its reason if not. Nothing is
// stored: the functions of casefile are pure. What an act needs beside (reasons, items) is filled with a stand-in.
func (f *Face) probe(ctx context.Context, c casefile.Case, by casefile.Actor, act string) error {
	me, now := f.cfg.Kit.Me, f.cfg.Kit.Now()
	law, err := f.cfg.Kit.Law(c, workday.DateOf(now))
	if err != nil {
		return err
	}
	const any = "?"
	if act == actAccept || act == actDecide || act == actDecline {
		if c, err = c.Entrusted(f.cfg.Kit.Mandate(c, c.Day(now))); err != nil {
			return err
		}
	}
	switch act {
	case actHandOver:
		if waiting(c) {
			return errs.New(errs.FormIncomplete, "the notice is not answered yet")
		}
		_, _, err = casefile.HandOver(c, me, by, law, func() string { return any }, now)
	case actSupplement:
		_, _, err = casefile.Supplement(c, me, by, law, nil, nil, nil, now)
	case actRecall:
		if err = f.atWindow(c, by); err == nil {
			l, _ := c.Offered(me)
			_, err = casefile.AskBack(c, me, by, l.Key, any)
		}
	case actWithdraw:
		err = f.probeWithdraw(c, by)
	case actReview:
		_, _, err = casefile.Review(c, me, by, nil, now)
	case actFinish:
		err = f.probeFinish(ctx, c, by)
	case actAccept:
		if _, _, err = casefile.Accept(c, me, by, law, now); err == nil {
			err = f.cfg.Bench.Paid(ctx, c, casefile.ActAccept)
		}
	case actCorrect:
		_, _, err = casefile.Correct(c, me, by, law, []casefile.Correction{{Problem: any, Fix: any}}, any, now)
	case actReturn:
		if _, _, err = casefile.GiveBack(c, me, by, any, now); err != nil {
			_, _, err = casefile.Return(c, me, by, any, any, now)
		}
	case actVerify:
		_, _, err = casefile.Verify(c, me, by, casefile.Verified{Outcome: casefile.Confirmed}, now)
	case actUndo:
		_, _, err = casefile.Undo(c, me, by, now)
	case actPassOn:
		_, _, err = casefile.PassOn(c, me, by, law, func() string { return any }, now)
	case actDecline:
		_, _, err = casefile.Decline(c, me, by, law, casefile.Decision{Reasons: []string{any}}, now)
	case actSuspend:
		_, _, err = casefile.Suspend(c, me, by, law, casefile.Suspension{Procedure: casefile.ProceduresOf(c, law)[0], Reason: any, Days: 1}, now)
	case actResume:
		_, _, err = casefile.Resume(c, me, by, law, now)
	case actAskExtend:
		_, _, err = casefile.AskExtend(c, me, by, law, any, now)
	case actExtend:
		_, _, err = casefile.Extend(c, me, by, law, now)
	case actKeepLimit:
		_, _, err = casefile.KeepLimit(c, me, by, any, now)
	case actDecide:
		_, _, err = casefile.Decide(c, me, by, law, casefile.Decision{Outcome: casefile.Denied, Reasons: []string{any}}, now)
	case actIssue:
		_, _, err = casefile.Dispatch(c, me, by, any, now)
	case actDeliver:
		_, _, err = casefile.Deliver(c, me, by, casefile.Delivery{}, now)
	default:
		err = errs.New(errs.NoSuchPage, "no such act")
	}
	return err
}

// atWindow reports whether the officer is a window clerk of the office that took the case in.
func (f *Face) atWindow(c casefile.Case, by casefile.Actor) error {
	l, ok := c.LegOf(item.Collect)
	if !ok && c.Mode == item.Onsite { // who stood at the counter was taken in by who decides
		l, ok = c.LegOf(item.Decide)
	}
	switch {
	case !ok || l.Node != f.cfg.Kit.Me || l.Office != by.Office:
		return errs.New(errs.NotHolder, "%s was taken in elsewhere", c.No)
	case !by.Has(office.Window):
		return errs.New(errs.NotYours, "needs the role %s", office.Window)
	}
	return nil
}

func (f *Face) probeWithdraw(c casefile.Case, by casefile.Actor) error {
	if err := f.atWindow(c, by); err != nil {
		return err
	}
	now := f.cfg.Kit.Now()
	if d, ok := c.LegOf(item.Decide); ok && d.Transit == nil && d.Holder != "" && d.Holder != f.cfg.Kit.Me {
		_, _, err := casefile.AskWithdraw(c, f.cfg.Kit.Me, now)
		return err
	}
	_, _, err := casefile.Withdraw(c, f.cfg.Kit.Me, &by, now)
	return err
}

// waiting reports whether a correction notice has items that nobody answered: the papers are not handed over before.
func waiting(c casefile.Case) bool {
	d, _ := c.LegOf(item.Decide)
	if d.State != casefile.Corrected {
		return false
	}
	for _, it := range c.Private.Corrections {
		if it.Answer == "" {
			return true
		}
	}
	return false
}

// offered lists what this officer may do to the case now.
func (f *Face) offered(ctx context.Context, c casefile.Case, by casefile.Actor, elsewhere bool) []string {
	var out []string
	for _, act := range acts {
		if elsewhere && workedThere(act) {
			continue
		}
		if f.probe(ctx, c, by, act) == nil {
			out = append(out, act)
		}
	}
	return out
}
