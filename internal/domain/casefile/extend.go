package casefile

import (
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Extension is a longer time for the decision (行政许可法 第42条; 市场主体登记管理条例 第19条): asked for by who works on the case,
// approved by somebody else, once, before the limit ends. The reason is told to the applicant.
type Extension struct {
	Limit    string       `json:"limit"` // Limit.Key
	Reason   string       `json:"reason"`
	Asked    string       `json:"asked"` // officer
	AskedAt  time.Time    `json:"asked_at"`
	Approver string       `json:"approver,omitempty"` // officer; "" until somebody said yes or no
	At       time.Time    `json:"at,omitzero"`
	Kept     string       `json:"kept,omitempty"` // why the limit stays as it is
	Old      workday.Date `json:"old,omitzero"`   // the last day by law before and after
	New      workday.Date `json:"new,omitzero"`
}

// Open reports whether somebody has to say yes or no.
func (e *Extension) Open() bool { return e != nil && e.Approver == "" }

// AskExtend asks for more time. It returns errs.NoExtension if the rule knows none for the limit that runs, or if it was
// extended already; errs.ExtensionLate once the last day is over.
func AskExtend(c Case, me office.NodeID, by Actor, law Law, reason string, now time.Time) (Case, Step, error) {
	if reason == "" {
		return Case{}, Step{}, errs.New(errs.ReasonNeeded, "an extension without a reason")
	}
	c = c.clone()
	_, step, err := c.begin(me, decideKey(c), ActAskExtend, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	i, _, err := c.extendable(law, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	if c.Private.Extension.Open() {
		return Case{}, Step{}, errs.New(errs.ExtensionAsked, "%s", c.No)
	}
	c.Private.Extension = &Extension{Limit: c.Limits[i].Key, Reason: reason, Asked: by.ID, AskedAt: step.At}
	c.takenBy(by, step.At)
	step.Private = *c.Private.Extension
	return c, step, nil
}

// Extend approves what was asked. Who asked may not approve (errs.SamePerson).
func Extend(c Case, me office.NodeID, by Actor, law Law, now time.Time) (Case, Step, error) {
	c = c.clone()
	e, step, err := c.answer(me, by, ActExtend, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	i, rule, err := c.extendable(law, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	l := &c.Limits[i]
	e.Old = l.Due
	l.Extended = rule.Extend
	l.reckon(law, rule)
	e.New = l.Due
	c.Private.Extension = &e
	step.Private = e
	return c, step, nil
}

// KeepLimit says no to what was asked: the limit stays as it is, and work goes on.
func KeepLimit(c Case, me office.NodeID, by Actor, reason string, now time.Time) (Case, Step, error) {
	if reason == "" {
		return Case{}, Step{}, errs.New(errs.ReasonNeeded, "an extension refused without a reason")
	}
	c = c.clone()
	e, step, err := c.answer(me, by, ActKeepLimit, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	e.Kept = reason
	c.Private.Extension = &e
	step.Private = e
	return c, step, nil
}

func (c *Case) answer(me office.NodeID, by Actor, act Act, now time.Time) (Extension, Step, error) {
	_, step, err := c.begin(me, decideKey(*c), act, &by, now)
	switch {
	case err != nil:
		return Extension{}, Step{}, err
	case !c.Private.Extension.Open():
		return Extension{}, Step{}, errs.New(errs.NoExtensionAsked, "%s", c.No)
	case c.Private.Extension.Asked == by.ID:
		return Extension{}, Step{}, errs.New(errs.SamePerson, "%s asked", by.ID)
	}
	e := *c.Private.Extension
	e.Approver, e.At = by.ID, step.At
	return e, step, nil
}

// extendable finds the limit for the decision that runs, and its rule, if it may be made longer now.
func (c *Case) extendable(law Law, now time.Time) (int, item.LimitRule, error) {
	i := c.runningLimit(item.LimitDecide)
	if i < 0 {
		return 0, item.LimitRule{}, errs.New(errs.NoExtension, "%s: no limit runs", c.No)
	}
	l := c.Limits[i]
	for _, r := range law.Version.LimitsOf(l.Leg) {
		switch {
		case r.Key != l.Key:
		case r.Extend.N == 0 || l.Extended.N > 0:
			return 0, item.LimitRule{}, errs.New(errs.NoExtension, "%s %s", c.No, l.Key)
		case c.Day(now).After(l.Due):
			return 0, item.LimitRule{}, errs.New(errs.ExtensionLate, "%s ended on %s", l.Key, l.Due)
		default:
			return i, r, nil
		}
	}
	return 0, item.LimitRule{}, errs.New(errs.NoExtension, "%s %s has no rule", c.No, l.Key)
}
