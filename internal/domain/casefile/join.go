package casefile

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// Several places may share in a matter (多地联办): each holds a leg of its own and answers for its own part. The place that took
// the application in leads: it goes on answering for the whole, begins each leg when those before it are done, and no leg
// overrules another. If the case comes to nothing, each place undoes what it did.

// Verified is what a place answered for its part.
type Verified struct {
	Leg     string    `json:"leg"`
	Outcome Outcome   `json:"outcome"` // Confirmed or Differs
	Text    string    `json:"text,omitempty"`
	Officer string    `json:"officer"`
	Office  string    `json:"office"`
	At      time.Time `json:"at"`
}

// Verify is a place's answer for the leg that it holds. A no needs its reason in words (errs.ReasonNeeded).
func Verify(c Case, me office.NodeID, by Actor, v Verified, now time.Time) (Case, Step, error) {
	switch {
	case v.Outcome != Confirmed && v.Outcome != Differs:
		return Case{}, Step{}, errs.New(errs.BadDecision, "answer %q", v.Outcome)
	case v.Outcome == Differs && v.Text == "":
		return Case{}, Step{}, errs.New(errs.ReasonNeeded, "a no without its reason")
	}
	c = c.clone()
	l, step, err := c.begin(me, c.part(me, by.Office, Received), ActVerify, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	l.Outcome = v.Outcome
	v.Leg, v.Officer, v.Office, v.At = l.Key, by.ID, by.Office, step.At
	c.answered(v)
	c.meetLeg(l.Key, step.At)
	c.Claimed, c.ClaimedAt = "", time.Time{}
	step.Private = v
	return c, step, nil
}

// GiveBack says that a leg is not this office's to answer, with a shared reason code. The place that leads looks at it again.
func GiveBack(c Case, me office.NodeID, by Actor, reason string, now time.Time) (Case, Step, error) {
	if reason == "" {
		return Case{}, Step{}, errs.New(errs.ReasonNeeded, "a return without a reason")
	}
	c = c.clone()
	l, step, err := c.begin(me, c.part(me, by.Office, Received), ActReturn, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	l.Reason = reason
	c.meetLeg(l.Key, step.At)
	c.Claimed, c.ClaimedAt = "", time.Time{}
	return c, step, nil
}

// Undo says that what was done for a case that came to nothing is undone.
func Undo(c Case, me office.NodeID, by Actor, now time.Time) (Case, Step, error) {
	c = c.clone()
	_, step, err := c.begin(me, c.part(me, by.Office, Undoing), ActUndo, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	c.Claimed, c.ClaimedAt = "", time.Time{}
	c.tryClose(step.At)
	return c, step, nil
}

// Unwind is one step of undoing at me after the case came to nothing: a leg that was not answered yet stops, one that changed
// something is to be undone. ok is false when there is nothing (more) to do here.
func Unwind(c Case, me office.NodeID, now time.Time) (_ Case, _ Step, ok bool) {
	if !c.Failed() && c.Ended.IsZero() {
		return c, Step{}, false
	}
	for _, l := range c.Legs {
		act := ActWithdraw
		switch {
		case l.Kind != item.Verify || l.Node != me || l.Holder != me:
			continue
		case l.State == Received:
		case l.State == Done && l.Effect && l.Outcome == Confirmed && c.Failed():
			act = ActUnwind
		default:
			continue
		}
		out := c.clone()
		_, step, err := out.begin(me, l.Key, act, nil, now)
		if err != nil {
			continue
		}
		out.meetLeg(l.Key, step.At)
		out.tryClose(step.At)
		return out, step, true
	}
	return c, Step{}, false
}

// mostSaid bounds what a place says of its part, in characters.
const mostSaid = 2000

// hear takes over what another place said of its own leg, if the fact of it came too.
func (c Case) hear(from office.NodeID, v Verified) Case {
	l, ok := c.Leg(v.Leg)
	switch {
	case !ok, l.Node != from, l.Kind != item.Verify, l.State != Done, l.Outcome != v.Outcome:
		return c
	case v.Outcome != Confirmed && v.Outcome != Differs:
		return c
	case !utf8.ValidString(v.Text) || utf8.RuneCountInString(v.Text) > mostSaid || strings.ContainsFunc(v.Text, hides):
		v.Text = ""
	}
	c.answered(Verified{Leg: v.Leg, Outcome: v.Outcome, Text: v.Text, Office: l.Office, At: v.At.UTC()})
	return c
}

// hides reports whether a character shows nothing or turns others around.
func hides(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }

func (c *Case) answered(v Verified) {
	list := slices.DeleteFunc(slices.Clone(c.Private.Verified), func(o Verified) bool { return o.Leg == v.Leg })
	c.Private.Verified = append(list, v)
}

// React is what the leading place does when it has heard of the others: a leg that came back opens the window's leg again, and
// what was waiting for others begins. in are the answers that came from a node with their facts. The offers made are those legs
// whose Transit is new.
func React(c Case, me, from office.NodeID, in []Verified, law Law, mint func() string, now time.Time) Case {
	c = c.clone()
	for _, v := range in {
		c = c.hear(from, v)
	}
	if c.Coordinator != me || !c.Ended.IsZero() || c.Failed() {
		return c
	}
	for _, l := range c.Legs {
		collect := c.leg(collectKey(c))
		if l.Kind != item.Verify || l.State != Returned || collect == nil || collect.State != Done {
			continue
		}
		if reopened, step, err := c.begin(me, collect.Key, ActReopen, nil, now); err == nil {
			reopened.Reason = l.Reason
			c.hold(reopened, me, reopened.Office, step.At)
		}
	}
	c.advance(me, law, mint, c.at(now))
	return c
}

// advance begins every leg whose predecessors are done: those of this house at once, the others as offers.
func (c *Case) advance(me office.NodeID, law Law, mint func() string, at time.Time) {
	for i := range c.Legs {
		l := &c.Legs[i]
		if !c.due(*l) {
			continue
		}
		l.Reason, l.Outcome = "", ""
		if l.Node != me {
			l.Holder = me
			l.Transit = &Transit{Envelope: mint(), To: l.Node, At: at}
			continue
		}
		if _, _, err := c.begin(me, l.Key, ActReceive, nil, at); err != nil {
			continue
		}
		if l.Kind == item.Verify {
			l.Holder, l.Since = me, at
		} else {
			c.hold(l, me, l.Office, at)
		}
		c.start(law, l.Key, EventReceived, at)
	}
}

// due reports whether a verifying or deciding leg can begin now.
func (c *Case) due(l Leg) bool {
	if l.Kind != item.Verify && l.Kind != item.Decide || l.Transit != nil || len(l.After) == 0 {
		return false
	}
	switch l.State { //nolint:exhaustive // in the others it runs or is over
	case Planned:
	case Returned, Corrected:
		if l.Kind == item.Decide && l.Holder != c.Coordinator { // not back yet
			return false
		}
	default:
		return false
	}
	if collect := c.leg(collectKey(*c)); collect != nil && collect.State != Done {
		return false
	}
	all, one := true, false
	for _, key := range l.After {
		before := c.leg(key)
		if before == nil {
			return false
		}
		all = all && before.State == Done
		one = one || before.State == Done && before.Outcome == Confirmed
	}
	return all || l.Any && one
}

// overrules refuses a yes against what another place answered for its part: with Any one yes is enough.
func (c Case) overrules() error {
	d, _ := c.LegOf(item.Decide)
	yes, asked := 0, 0
	for _, l := range c.Legs {
		outcome := l.Outcome
		for _, v := range c.Private.Verified {
			if v.Leg == l.Key {
				outcome = v.Outcome
			}
		}
		if l.Kind != item.Verify || outcome == "" {
			continue
		}
		asked++
		if outcome == Confirmed {
			yes++
		} else if !d.Any {
			return errs.New(errs.Overrules, "%s %s answered no", c.No, l.Key)
		}
	}
	if asked > 0 && yes == 0 {
		return errs.New(errs.Overrules, "%s: nobody confirmed", c.No)
	}
	return nil
}

// Failed reports whether the case came to nothing: withdrawn, refused or not accepted.
func (c Case) Failed() bool {
	for _, l := range c.Legs {
		if l.Kind == item.Verify {
			continue
		}
		if l.State == Withdrawn || l.Outcome == Denied || l.Outcome == NotAccepted {
			return true
		}
	}
	return false
}

// end is the end of the applicant's part; the case closes with it unless other places have something to undo, or an original is out.
func (c *Case) end(at time.Time) {
	c.Ended, c.Claimed, c.ClaimedAt = at, "", time.Time{}
	c.tryClose(at)
}

func (c *Case) tryClose(at time.Time) {
	if c.Ended.IsZero() || !c.Closed.IsZero() || c.Originals.Out > 0 || slices.ContainsFunc(c.Legs, c.unsettled) {
		return
	}
	for _, t := range []time.Time{c.Ended, c.Originals.At} {
		if at.Before(t) {
			at = t
		}
	}
	c.close(at)
}

// unsettled reports whether a leg still keeps the case open after its end.
func (c *Case) unsettled(l Leg) bool {
	if l.Kind != item.Verify {
		return false
	}
	switch l.State { //nolint:exhaustive // in the others nothing is left to do
	case Received, Undoing:
		return true
	case Done:
		return l.Effect && l.Outcome == Confirmed && c.Failed()
	}
	return l.Transit != nil
}

// verifying reports whether the case waits for somebody's part.
func (c Case) verifying() bool {
	return slices.ContainsFunc(c.Legs, func(l Leg) bool {
		return l.Kind == item.Verify && (l.State == Received || l.Transit != nil)
	})
}

// part is the verifying leg that an office of me has in a state, "" if none.
func (c Case) part(me office.NodeID, officeCode string, state State) string {
	for _, l := range c.Legs {
		if l.Kind == item.Verify && l.Node == me && l.Office == officeCode && l.State == state {
			return l.Key
		}
	}
	for _, l := range c.Legs { // so that the refusal speaks of the right leg
		if l.Kind == item.Verify && l.Node == me {
			return l.Key
		}
	}
	return ""
}

// With reports whether a node answers for the case now, or for a part of it that is not answered yet.
func (c Case) With(node office.NodeID) bool {
	if h, ok := c.Holder(); ok && h.Node == node {
		return true
	}
	return c.Closed.IsZero() && slices.ContainsFunc(c.Legs, func(l Leg) bool {
		return l.Kind == item.Verify && l.Holder == node && l.State == Received && l.Transit == nil
	})
}

// Sharing lists the other nodes that hold or held a part, each once, in the order of the plan.
func (c Case) Sharing(me office.NodeID) []office.NodeID {
	var out []office.NodeID
	for _, l := range c.Legs {
		if l.Node != me && l.State != Planned && !slices.Contains(out, l.Node) {
			out = append(out, l.Node)
		}
	}
	return out
}

// only forgets how the parts of others stand, which is theirs and the leading place's to know.
func (c *Case) only(key string) {
	for i := range c.Legs {
		l := &c.Legs[i]
		if l.Key == key || l.Kind != item.Verify {
			continue
		}
		l.Transit, l.Effect = nil, false
		if l.State != Done {
			l.State, l.Holder = Planned, ""
		}
	}
}
