package casefile

import (
	"slices"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// A matter may be decided here in the name of the place there, by its published mandate (异地授权; 行政许可法 第24条). What is
// decided counts once that place's node has checked mandate and rule and has sealed it: its key never leaves it. Until then the
// decision is this office's, and so are its clocks.

// Delegated pins the mandate that a decision names.
type Delegated struct {
	ID     string `json:"id"`     // of the agreement
	Digest string `json:"digest"` // of its text, which both sides signed
}

// Sealing is the leg at which a decision made elsewhere is sealed; false for a case that the deciding place seals itself.
func (c Case) Sealing() (Leg, bool) { return c.LegOf(item.Seal) }

// Responsible is the leg of the place that answers for the decision and keeps the file: in whose name was decided, else who decided.
func (c Case) Responsible() Leg {
	if l, ok := c.Sealing(); ok {
		return l
	}
	l, _ := c.LegOf(item.Decide)
	return l
}

// Unsealed reports whether it is decided and waits for the seal of the place in whose name it was.
func (c Case) Unsealed() bool {
	d, _ := c.LegOf(item.Decide)
	l, ok := c.Sealing()
	return ok && d.State == Done && l.State != Done
}

// Entrusted says by which mandate an office goes on with the case: every act that counts in the other place's name needs it. The
// error is errs.NoMandate with the reason (item.MandateEnded …) as detail; nothing to say for a case without a sealing leg.
func (c Case) Entrusted(a item.Agreement, inForce bool) (Case, error) {
	if _, ok := c.Sealing(); !ok {
		return c, nil
	}
	if why := c.Against(a, inForce); why != "" {
		return c, errs.New(errs.NoMandate, "%s", why)
	}
	c.Mandate = Delegated{ID: a.ID, Digest: a.Digest}
	return c, nil
}

// Against says why a mandate does not carry a decision of this case, "" if it does.
func (c Case) Against(a item.Agreement, inForce bool) string {
	if !inForce || a.Mandate == nil {
		return item.MandateEnded
	}
	d, _ := c.LegOf(item.Decide)
	return a.Mandate.Against(d.Office, c.Private.Answers)
}

// Decided is the signed word of who decided, among facts: the last decision or refusal to accept on the deciding leg.
func (c Case) Decided(facts []Known) (Fact, bool) {
	d, _ := c.LegOf(item.Decide)
	var last Fact
	for _, k := range facts {
		f := k.Fact
		if (f.Act == ActDecide || f.Act == ActDecline) && f.Leg == d.Key && f.By == d.Node && f.Office == d.Office && f.Step > last.Step {
			last = f
		}
	}
	return last, last.Act != ""
}

// Vouched reports whether what a case says of its decision is what who decided signed: outcome, time and mandate.
func (c Case) Vouched(f Fact) bool {
	d, _ := c.LegOf(item.Decide)
	v := c.Private.Decision
	return d.State == Done && v != nil && v.Outcome == f.Outcome && d.Outcome == f.Outcome && v.At.Equal(f.At) &&
		f.Mandate == c.Mandate.Digest && f.Rule == c.Rule.Digest
}

// Seal ends the sealing leg: the document is made, and the result is offered to where it is handed out, under the envelope id.
func Seal(c Case, me office.NodeID, envelope string, now time.Time) (Case, Step, error) {
	c = c.clone()
	l, ok := c.Sealing()
	deliver, hands := c.LegOf(item.Deliver)
	if !ok || !hands {
		return Case{}, Step{}, errs.New(errs.NotAllowedNow, "%s is not sealed here", c.No)
	}
	_, step, err := c.begin(me, l.Key, ActSeal, nil, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	d, _ := c.LegOf(item.Decide)
	c.leg(l.Key).Outcome = d.Outcome
	c.meetAll(step.At)
	out := c.leg(deliver.Key)
	out.Holder = me
	out.Transit = &Transit{Envelope: envelope, To: out.Node, At: step.At}
	return c, step, nil
}

// unseal takes a decision back that was not sealed: the place in whose name it was made says why. The office looks at it again;
// its limits never stopped.
func (c *Case) unseal(me office.NodeID, reason string) {
	l := c.leg(decideKey(*c))
	if l == nil || l.Node != me {
		return
	}
	l, _, err := c.begin(me, l.Key, ActReopen, nil, c.Last)
	if err != nil {
		return
	}
	if l.Outcome == NotAccepted || reason == "rules-moved" { // it is for this office to accept, under the rules that hold there
		l.State = Received
	}
	l.Reason, l.Outcome = reason, ""
	c.Mandate, c.Private.Decision = Delegated{}, nil
}

// PassOn goes on without the mandate, by the plan that needs none: what this office was entrusted with is done by the place that has
// the power. The window leads again, as after its hand-over; review and decision of this office count for nothing.
func PassOn(c Case, me office.NodeID, by Actor, law Law, mint func() string, now time.Time) (Case, Step, error) {
	seal, ok := c.Sealing()
	mode, plan, planned := unmandated(law.Version)
	collect := c.leg(collectKey(c))
	if !ok || !planned || collect == nil {
		return Case{}, Step{}, errs.New(errs.NotAllowedNow, "%s has no plan without a mandate", c.No)
	}
	c = c.clone()
	old, step, err := c.begin(me, decideKey(c), ActPassOn, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	c.meetAll(step.At)
	collect = c.leg(collect.Key)
	ends := map[item.Place]Leg{item.Here: *collect, item.Lead: *collect, item.There: seal}
	legs := []Leg{*collect}
	for _, p := range plan {
		if p.Kind == item.Collect {
			continue
		}
		at := ends[p.Place]
		l := Leg{
			Key: p.Key, Kind: p.Kind, Place: at.Place, Node: at.Node, Office: at.Office,
			After: p.After, Any: p.Join == item.JoinAny, Effect: p.Undo != "", State: Planned,
		}
		if p.Key == old.Key {
			l.Step = old.Step
		}
		legs = append(legs, l)
	}
	c.Legs, c.Mode, c.Mandate = legs, mode, Delegated{}
	c.Private.Review, c.Private.Decision = nil, nil
	c.Claimed, c.ClaimedAt = "", time.Time{}
	c.Rule = law.pin(workday.DateOf(step.At))
	c.hold(&c.Legs[0], me, c.Legs[0].Office, step.At)
	c.advance(me, law, mint, step.At)
	return c, step, nil
}

// unmandated is the plan by which a window takes the matter in where nobody is entrusted: here and there alone.
func unmandated(v item.Version) (item.Mode, []item.LegPlan, bool) {
	for _, m := range []item.Mode{item.Entrusted, item.Joint} {
		plan := v.Plan[m]
		if len(plan) > 0 && plan[0].Kind == item.Collect && !slices.ContainsFunc(plan, func(p item.LegPlan) bool { return p.Place == item.Other }) {
			return m, plan, true
		}
	}
	return item.None, nil, false
}
