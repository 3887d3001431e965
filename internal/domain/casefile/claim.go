package casefile

import (
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// Claim takes a case to work on it. It moves nothing and is told to nobody outside the office: it keeps two officers from doing
// the same work. It returns errs.TakenByColleague if somebody else has it, and what turn and the table of authority say.
func Claim(c Case, me office.NodeID, by Actor, now time.Time) (Case, error) {
	if err := c.allotable(me, by, office.ClaimCase, now); err != nil {
		return Case{}, err
	}
	if c.Claimed != "" && c.Claimed != by.ID {
		return Case{}, errs.New(errs.TakenByColleague, "%s is with %s", c.No, c.Claimed)
	}
	return c.with(by.ID, now), nil
}

// Release gives a case back to the office. Only who has it may.
func Release(c Case, me office.NodeID, by Actor, now time.Time) (Case, error) {
	if err := c.allotable(me, by, office.ReleaseCase, now); err != nil {
		return Case{}, err
	}
	if c.Claimed != by.ID {
		return Case{}, errs.New(errs.NotYourClaim, "%s is with %q", c.No, c.Claimed)
	}
	return c.with("", now), nil
}

// Assign gives a case to an officer of the own office, whoever has it now: work is allotted by the lead, also that of a colleague
// who is away. It returns errs.CannotTake if that officer may not see the case on this day.
func Assign(c Case, me office.NodeID, by Actor, to office.Officer, now time.Time) (Case, error) {
	if err := c.allotable(me, by, office.AssignCase, now); err != nil {
		return Case{}, err
	}
	if to.Office != by.Office {
		return Case{}, errs.New(errs.CannotTake, "%s works at %s", to.ID, to.Office)
	}
	if err := to.May(office.ClaimCase, c.Matter(now)); err != nil {
		return Case{}, errs.Wrap(errs.CannotTake, err, "%s", to.ID)
	}
	return c.with(to.ID, now), nil
}

// allotable reports whether there is something to do in the case at the officer's own office.
func (c Case) allotable(me office.NodeID, by Actor, act office.Act, now time.Time) error {
	q, at := c.At(me)
	switch {
	case q == "" || q == QueueTransit:
		return errs.New(errs.NotAllowedNow, "%s: nothing to do here", c.No)
	case at != by.Office:
		return errs.New(errs.NotHolder, "%s is with office %s", c.No, at)
	}
	return by.Officer().May(act, c.Matter(now))
}

func (c Case) with(officer string, now time.Time) Case {
	c = c.clone()
	c.Claimed, c.ClaimedAt = officer, time.Time{}
	if officer != "" {
		c.ClaimedAt = now.UTC().Truncate(time.Microsecond)
	}
	return c
}

// takenBy notes who works on the case since when. What is done in a departmental system takes no officer's case away.
func (c *Case) takenBy(by Actor, at time.Time) {
	if c.Claimed != by.ID && !by.Has(office.System) {
		c.Claimed, c.ClaimedAt = by.ID, at
	}
}
