package casefile

import (
	"slices"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Review records the officer's findings on the checklist; it moves nothing. A point on which application and paper differ is
// met only with a reason: errs.DifferenceOpen.
func Review(c Case, me office.NodeID, by Actor, marks map[string]Mark, now time.Time) (Case, Step, error) {
	for key, m := range marks {
		if m.Paper != "" && m.Finding == Meets && m.Note == "" {
			return Case{}, Step{}, errs.New(errs.DifferenceOpen, "%s", key)
		}
	}
	c = c.clone()
	_, step, err := c.begin(me, decideKey(c), ActReview, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	c.Private.Review = marks
	c.takenBy(by, step.At)
	c.checkedBy(by)
	step.Private = marks
	return c, step, nil
}

// Accept is 受理: the papers are complete and in form. The rule in force on this day is pinned for ever (I8), and the
// limits that run from acceptance start.
func Accept(c Case, me office.NodeID, by Actor, law Law, now time.Time) (Case, Step, error) {
	c = c.clone()
	l, step, err := c.begin(me, decideKey(c), ActAccept, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	c.accepted(l, law, step.At, workday.DateOf(step.At))
	c.takenBy(by, step.At)
	c.checkedBy(by)
	return c, step, nil
}

// DeemAccept is what silence means once the intake limit is over: accepted, with the day of receipt as legal date
// (行政许可法 第32条). It returns errs.NotAllowedNow while the limit still runs or if the item gives silence no meaning.
func DeemAccept(c Case, me office.NodeID, law Law, now time.Time) (Case, Step, error) {
	c = c.clone()
	i := c.runningLimit(item.LimitIntake)
	if i < 0 || c.Limits[i].Silence != "accepted" || !workday.DateOf(now).After(c.Limits[i].Due) {
		return Case{}, Step{}, errs.New(errs.NotAllowedNow, "%s: no silence to count", c.No)
	}
	legal := c.Limits[i].From
	l, step, err := c.begin(me, decideKey(c), ActDeemAccept, nil, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	c.accepted(l, law, step.At, legal)
	return c, step, nil
}

// checkedBy remembers who looked the case through, for items that ask for a second person.
func (c *Case) checkedBy(by Actor) {
	if !slices.Contains(c.Checked, by.ID) {
		c.Checked = append(slices.Clip(c.Checked), by.ID)
	}
}

// Recuse records that an officer declared an interest in the case: from now on it is hidden from that officer, and every act
// of theirs on it is refused. It moves nothing and ends with nobody's work; a colleague goes on.
func Recuse(c Case, by Actor, now time.Time) (Case, error) {
	if err := by.Officer().May(office.Recuse, c.Matter(now)); err != nil {
		return Case{}, err
	}
	c = c.clone()
	if !slices.Contains(c.Recused, by.ID) {
		c.Recused = append(slices.Clip(c.Recused), by.ID)
	}
	if c.Claimed == by.ID {
		c.Claimed, c.ClaimedAt = "", time.Time{}
	}
	return c, nil
}

func (c *Case) accepted(l *Leg, law Law, at time.Time, legal workday.Date) {
	c.Rule = law.pin(legal)
	c.meet(item.LimitIntake, at)
	if c.runningLimit(item.LimitDecide) < 0 { // one that runs since an acceptance before goes on
		c.startOn(law, l.Key, EventAccepted, legal)
	}
}

// Decline is 不予受理: no permit is needed, or another authority decides; reason is a key of the item's refusals or of the
// shared reasons.
func Decline(c Case, me office.NodeID, by Actor, law Law, d Decision, now time.Time) (Case, Step, error) {
	d.Outcome = NotAccepted
	return c.conclude(me, by, ActDecline, law, d, now)
}

// Decide ends the deciding leg's work with an outcome. A refusal needs its reasons (行政许可法 第38条).
func Decide(c Case, me office.NodeID, by Actor, law Law, d Decision, now time.Time) (Case, Step, error) {
	if d.Outcome != Granted && d.Outcome != Denied {
		return Case{}, Step{}, errs.New(errs.BadDecision, "outcome %q", d.Outcome)
	}
	for _, m := range c.Private.Review {
		if d.Outcome == Granted && m.Finding != Meets {
			return Case{}, Step{}, errs.New(errs.BadDecision, "granted against a finding %q", m.Finding)
		}
	}
	if d.Outcome == Granted {
		if err := c.awaits(); err != nil {
			return Case{}, Step{}, err
		}
		if err := c.overrules(); err != nil {
			return Case{}, Step{}, err
		}
	}
	return c.conclude(me, by, ActDecide, law, d, now)
}

func (c Case) conclude(me office.NodeID, by Actor, act Act, law Law, d Decision, now time.Time) (Case, Step, error) {
	if d.Outcome != Granted && len(d.Reasons) == 0 {
		return Case{}, Step{}, errs.New(errs.ReasonNeeded, "%s without a reason", d.Outcome)
	}
	c = c.clone()
	if m := c.Matter(now); law.Version.Assurance.TwoPersons {
		m.Before = c.Checked
		if err := by.Officer().May(office.Act(act), m); err != nil {
			return Case{}, Step{}, err
		}
	}
	l, step, err := c.begin(me, decideKey(c), act, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	l.Outcome = d.Outcome
	d.Officer, d.At = by.ID, step.At
	c.Private.Decision = &d
	c.takenBy(by, step.At)
	l.Reason = ""
	if _, elsewhere := c.Sealing(); !elsewhere { // else the clock runs until it is sealed
		c.meetAll(step.At)
		if deliver, ok := c.LegOf(item.Deliver); ok {
			c.start(law, deliver.Key, EventDecided, step.At)
		}
	}
	step.Private = d
	return c, step, nil
}

// Correct tells once everything that is missing (行政许可法 第32条; 市场主体登记管理条例实施细则 第18条) and sends the papers
// back: until they are filed again the receiving place holds the case, or this office where nothing was collected. It returns errs.SecondCorrection when the item's
// number of notices is used up.
func Correct(c Case, me office.NodeID, by Actor, law Law, items []Correction, envelope string, now time.Time) (Case, Step, error) {
	switch {
	case len(items) == 0:
		return Case{}, Step{}, errs.New(errs.ReasonNeeded, "a correction notice without items")
	case c.Corrections >= law.Version.Corrections.Max:
		return Case{}, Step{}, errs.New(errs.SecondCorrection, "%s: %d notices told", c.No, c.Corrections)
	}
	for _, it := range items {
		if it.Problem == "" || it.Fix == "" {
			return Case{}, Step{}, errs.New(errs.ReasonNeeded, "item %s lacks its problem or how to mend it", it.Check)
		}
	}
	c = c.clone()
	l, step, err := c.begin(me, decideKey(c), ActCorrect, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	c.Corrections++
	c.Private.Corrections = items
	step.Private = items
	c.sendBack(l, envelope, step.At)
	return c, step, nil
}

// Return sends the leg back to the receiving place with a shared reason code: wrong office, unreadable, duplicate.
func Return(c Case, me office.NodeID, by Actor, reason, envelope string, now time.Time) (Case, Step, error) {
	switch {
	case reason == "":
		return Case{}, Step{}, errs.New(errs.ReasonNeeded, "a return without a reason")
	case collectKey(c) == "":
		return Case{}, Step{}, errs.New(errs.NotAllowedNow, "%s has no window to return to", c.No)
	}
	c = c.clone()
	l, step, err := c.begin(me, decideKey(c), ActReturn, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	l.Reason = reason
	c.sendBack(l, envelope, step.At)
	return c, step, nil
}

func (c *Case) sendBack(l *Leg, envelope string, at time.Time) {
	c.meetAll(at)
	c.Claimed, c.ClaimedAt = "", time.Time{}
	if c.Local() { // the notice goes to the applicant; this office answers for the case until it is mended
		return
	}
	if l.Node == c.Coordinator { // the window is in the same house: its leg opens again in the same instant
		reason := l.Reason
		if collect, step, err := c.begin(l.Node, collectKey(*c), ActReopen, nil, at); err == nil {
			collect.Reason = reason
			c.hold(collect, l.Node, collect.Office, step.At)
		}
		return
	}
	l.Transit = &Transit{Envelope: envelope, To: c.Coordinator, At: at}
}

// Dispatch sends the result to the place of delivery: the delivering leg is offered under the envelope id. What was decided in
// another place's name is offered to it first, to be sealed.
func Dispatch(c Case, me office.NodeID, by Actor, envelope string, now time.Time) (Case, Step, error) {
	c = c.clone()
	deliver, ok := c.LegOf(item.Deliver)
	if !ok {
		return Case{}, Step{}, errs.New(errs.NotAllowedNow, "%s has no delivery", c.No)
	}
	_, step, err := c.begin(me, decideKey(c), ActDispatch, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	l := c.leg(deliver.Key)
	if seal, elsewhere := c.Sealing(); elsewhere {
		l = c.leg(seal.Key)
	}
	c.Claimed, c.ClaimedAt = "", time.Time{}
	if l.Node == me { // nothing travels: the delivering leg begins in the same instant, and its limit runs on
		l.State, l.Step = Received, l.Step+1
		c.hold(l, me, l.Office, step.At)
		return c, step, nil
	}
	l.Holder = me
	l.Transit = &Transit{Envelope: envelope, To: l.Node, At: step.At}
	if l.Kind == item.Deliver {
		c.meetAll(step.At)
	}
	return c, step, nil
}

// Deliver hands the result to the applicant and closes the case.
func Deliver(c Case, me office.NodeID, by Actor, d Delivery, now time.Time) (Case, Step, error) {
	c = c.clone()
	deliver, ok := c.LegOf(item.Deliver)
	if !ok {
		return Case{}, Step{}, errs.New(errs.NotAllowedNow, "%s has no delivery", c.No)
	}
	_, step, err := c.begin(me, deliver.Key, ActDeliver, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	d.Officer, d.At = by.ID, step.At
	c.Private.Delivery = &d
	step.Private = d
	c.meetAll(step.At)
	c.end(step.At)
	return c, step, nil
}

func decideKey(c Case) string {
	l, _ := c.LegOf(item.Decide)
	return l.Key
}

// SilenceFrom is the day of receipt from which silence counts, if an intake limit runs.
func (c Case) SilenceFrom() (workday.Date, bool) {
	i := c.runningLimit(item.LimitIntake)
	if i < 0 || c.Limits[i].Silence != "accepted" {
		return workday.Date{}, false
	}
	return c.Limits[i].From, true
}

// SilenceAt is the instant after which silence has its meaning, if it has one.
func (c Case) SilenceAt() (time.Time, bool) {
	i := c.runningLimit(item.LimitIntake)
	if i < 0 || c.Limits[i].Silence != "accepted" {
		return time.Time{}, false
	}
	return c.Limits[i].Due.End(), true
}
