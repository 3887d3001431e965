package casefile

import (
	"slices"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Redo does an own act once more that is known by its signed fact alone, because a counterpart kept it and this node lost it.
// by is the officer that the log names, "" if it names none; law is the rule that the fact pins. What the fact does not tell
// (findings, the words of a decision) stays lost: it stands in the papers. Old news changes nothing, so acts may be done again in
// any order and more than once.
func Redo(c Case, f Fact, hash proof.Hash, by string, law Law) Case {
	c = c.clone()
	l := c.leg(f.Leg)
	if l == nil || f.Step <= l.Step {
		return c
	}
	l.State, l.Step, l.Outcome, l.Reason, l.Holder = f.State, f.Step, f.Outcome, f.Reason, f.Holder
	if !f.At.Before(c.Last) {
		c.Last, c.Head = f.At, hash
	}
	switch f.Act { //nolint:exhaustive // the others change the leg alone, or travel as offers, which bring the whole case
	case ActAccept:
		c.accepted(l, law, f.At, workday.DateOf(f.At))
	case ActDeemAccept:
		legal, ok := c.SilenceFrom()
		if !ok {
			legal = workday.DateOf(f.At)
		}
		c.accepted(l, law, f.At, legal)
	case ActSuspend:
		c.pause(f.At)
		c.Private.Suspensions = append(slices.Clip(c.Private.Suspensions), Suspension{Procedure: f.Reason, Officer: by, At: f.At})
	case ActResume:
		c.resume(law, f.At)
	case ActExtend:
		c.extended(law, by, f.At)
	case ActDecide, ActDecline:
		c.Private.Decision = &Decision{Outcome: f.Outcome, Officer: by, At: f.At}
		c.meetAll(f.At)
		if deliver, ok := c.LegOf(item.Deliver); ok {
			c.start(law, deliver.Key, EventDecided, f.At)
		}
	case ActDeliver, ActServe:
		c.Private.Delivery = &Delivery{Officer: by, At: f.At}
		c.meetAll(f.At)
		c.end(f.At)
	case ActWithdraw:
		if l.Kind == item.Verify {
			c.meetLeg(l.Key, f.At)
			c.tryClose(f.At)
			break
		}
		c.meetAll(f.At)
		c.end(f.At)
	case ActAskWithdraw:
		c.Asked = f.At
	case ActVerify, ActReturn, ActUnwind, ActUndo:
		c.meetLeg(l.Key, f.At)
		c.Claimed, c.ClaimedAt = "", time.Time{}
		c.tryClose(f.At)
	}
	return c
}

// extended makes the limit for the decision longer as its rule says.
func (c *Case) extended(law Law, by string, at time.Time) {
	i := c.runningLimit(item.LimitDecide)
	if i < 0 {
		return
	}
	l := &c.Limits[i]
	for _, r := range law.Version.LimitsOf(l.Leg) {
		if r.Key != l.Key || l.Extended.N > 0 {
			continue
		}
		e := Extension{Limit: l.Key, Approver: by, At: at, Old: l.Due}
		if asked := c.Private.Extension; asked != nil {
			e.Reason, e.Asked, e.AskedAt = asked.Reason, asked.Asked, asked.AskedAt
		}
		l.Extended = r.Extend
		l.reckon(law, r)
		e.New = l.Due
		c.Private.Extension = &e
	}
}

// Answered is the case with a place's own answer for its part.
func (c Case) Answered(v Verified) Case {
	c.answered(v)
	return c
}
