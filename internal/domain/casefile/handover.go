package casefile

import (
	"time"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Offered is the payload of an offer: what the receiver needs to hold the leg, and the papers for the applicant.
type Offered struct {
	Case    Case           `json:"case"`
	Private Private        `json:"private"`
	Papers  []proof.Signed `json:"papers,omitempty"`
	// Verified are a place's own answers, beside the facts that say that it gave them.
	Verified []Verified `json:"verified,omitempty"`
}

// HandOver ends the collecting leg and begins what follows it: the legs of this house in the same instant, the others as offers
// under envelope ids that mint gives. An offered leg stays ours until the receiver's receipt is stored.
func HandOver(c Case, me office.NodeID, by Actor, law Law, mint func() string, now time.Time) (Case, Step, error) {
	c = c.clone()
	collect, step, err := c.begin(me, collectKey(c), ActHandOver, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	collect.Reason = ""
	c.Claimed, c.ClaimedAt = "", time.Time{}
	c.meetLeg(collect.Key, step.At)
	c.advance(me, law, mint, step.At)
	return c, step, nil
}

// Offered is the first leg that me has offered and not asked back yet; if all are asked back, the first of them.
func (c Case) Offered(me office.NodeID) (Leg, bool) {
	var found Leg
	for _, l := range c.Legs {
		if l.Transit == nil || l.Holder != me {
			continue
		}
		if l.Transit.Recall == "" {
			return l, true
		}
		if found.Key == "" {
			found = l
		}
	}
	return found, found.Key != ""
}

// AskBack starts a recall of an offer on its way: the receiver will say that it never held it, or since when it does.
func AskBack(c Case, me office.NodeID, by Actor, key, recall string) (Case, error) {
	c = c.clone()
	l := c.leg(key)
	switch {
	case l == nil || l.Transit == nil || l.Holder != me:
		return Case{}, errs.New(errs.NotAllowedNow, "%s %s is not on its way", c.No, key)
	case (l.Kind != item.Decide && l.Kind != item.Verify) || l.Node == me: // what goes back to the window is not taken back
		return Case{}, errs.New(errs.NotAllowedNow, "%s %s goes back to where it came from", c.No, key)
	case l.Transit.Recall != "":
		return Case{}, errs.New(errs.NotAllowedNow, "%s %s is being recalled already", c.No, key)
	case !by.Has(office.Window):
		return Case{}, errs.New(errs.NotYours, "a recall needs the role %s", office.Window)
	}
	l.Transit.Recall = recall
	return c, nil
}

// Take is the receiver's side of an offer. known is this node's own case, or a zero Case if it has none. For a deciding
// leg the node becomes its holder; for a deciding leg that comes back (correction, return) the collecting leg opens
// again; for a delivering leg the result is here. It returns errs.NotInOrder while an offer of ours is still without
// receipt: the sender repeats, and by then ours has come.
func Take(known Case, e exchange.Envelope, in Offered, facts []Known, me office.NodeID, law Law, now time.Time) (Case, time.Time, error) {
	first := known.ID == ""
	c := known.clone()
	if first {
		if in.Case.Coordinator == me {
			return Case{}, time.Time{}, errs.New(errs.NotInOrder, "case %s is not here", e.Case)
		}
		c = in.Case.clone()
		c.Recused, c.Checked, c.Originals = nil, nil, Originals{}
		c.Row, c.Claimed, c.ClaimedAt, c.Custody, c.Limits, c.Closed, c.Ended = 0, "", time.Time{}, nil, nil, time.Time{}, time.Time{}
	}
	l := c.leg(e.Leg)
	if l == nil || c.ID != e.Case {
		return Case{}, time.Time{}, errs.New(errs.BadEnvelope, "offer of %s %q", e.Case, e.Leg)
	}
	if first {
		if no, err := ParseNo(string(c.No)); err != nil || no != c.No || no.Node() != e.From || c.Coordinator != e.From {
			return Case{}, time.Time{}, errs.New(errs.WrongSender, "%s opens a case of %s for %s", e.From, c.Coordinator, c.No.Node())
		}
		if l.Kind != item.Decide && l.Kind != item.Verify && l.Kind != item.Seal { // what comes home later is known here already
			return Case{}, time.Time{}, errs.New(errs.WrongAddressee, "%s %s opens no case here", c.No, e.Leg)
		}
	}
	if from := c.offerer(l, me); e.From != from {
		return Case{}, time.Time{}, errs.New(errs.WrongSender, "%s %s is not %s's to offer", c.No, e.Leg, e.From)
	}
	for _, ours := range c.Legs { // also another leg: the result may overtake the receipt of the offer that it answers
		if !first && ours.Transit != nil {
			return Case{}, time.Time{}, errs.New(errs.NotInOrder, "%s %s is on its way from here", c.No, ours.Key)
		}
	}
	if e.At.After(c.Last) {
		c.Last = e.At
	}
	if first {
		l.Transit = nil
		c.only(l.Key)
		c.Private = in.Private
	} else {
		c.merge(in.Private, me)
	}
	for _, k := range facts {
		c = c.Learn(k.Fact, k.Hash)
		l = c.leg(e.Leg)
	}
	if l.Kind == item.Decide && l.Node != me { // back at the window
		return c.takeBack(l, me, now)
	}
	if l.Node != me {
		return Case{}, time.Time{}, errs.New(errs.WrongAddressee, "%s %s belongs to %s", c.No, e.Leg, l.Node)
	}
	l, step, err := c.begin(me, e.Leg, ActReceive, nil, now)
	if err != nil {
		return Case{}, time.Time{}, err
	}
	if l.Kind == item.Verify { // who leads goes on answering for the case; this office answers for its part
		l.Holder, l.Since = me, step.At
	} else {
		c.hold(l, me, l.Office, step.At)
	}
	switch _, sealed := c.Sealing(); {
	case l.Kind != item.Deliver:
		l.Reason = ""
		c.start(law, l.Key, EventReceived, step.At)
	case sealed: // only now it counts as decided
		c.start(law, l.Key, EventDecided, step.At)
	}
	return c, step.At, nil
}

func (c Case) takeBack(decide *Leg, me office.NodeID, now time.Time) (Case, time.Time, error) {
	reason := decide.Reason
	decide.Holder = me
	l, step, err := c.begin(me, collectKey(c), ActReopen, nil, now)
	if err != nil {
		return Case{}, time.Time{}, err
	}
	l.Reason = reason
	c.hold(l, me, l.Office, step.At)
	decide.Since = step.At
	return c, step.At, nil
}

// offerer is the only node whose offer of a leg to me can be true: the coordinator offers the deciding leg, and the
// deciding place gives it back or offers the delivery.
func (c Case) offerer(l *Leg, me office.NodeID) office.NodeID {
	if (l.Kind == item.Decide || l.Kind == item.Verify || l.Kind == item.Seal) && l.Node == me {
		return c.Coordinator
	}
	return c.Responsible().Node
}

// Knows reports whether a node has a leg of the case: only then may it speak of it.
func (c Case) Knows(node office.NodeID) bool {
	for _, l := range c.Legs {
		if l.Node == node {
			return true
		}
	}
	return false
}

// merge takes over what came with an offer and keeps what only this node knows. Who applied, with what papers, is for the
// window to say alone: what comes back from the deciding place brings its findings and changes nothing else.
func (c *Case) merge(in Private, me office.NodeID) {
	if d, _ := c.LegOf(item.Decide); d.Node == me && me == c.Coordinator { // decided here, and only sealed there
		return
	}
	if me == c.Coordinator {
		c.Private.Corrections, c.Private.Decision = in.Corrections, in.Decision
		return
	}
	review := c.Private.Review
	c.Private = in
	if c.Private.Review == nil {
		c.Private.Review = review
	}
}

// Settle is the sender's side of a receipt. A receipt that speaks of no offer under way changes nothing, so a repeated
// one is harmless.
func Settle(c Case, r exchange.Receipt, me office.NodeID) Case {
	c = c.clone()
	l := c.leg(r.Leg)
	if l == nil || l.Transit == nil || (l.Transit.Envelope != r.Envelope && l.Transit.Recall != r.Envelope) {
		return c
	}
	switch r.Status {
	case exchange.Held, exchange.Since:
		c.given(l, r)
	case exchange.Recalled, exchange.Refused:
		l.Transit, l.Reason = nil, r.Reason
		if l.Kind == item.Verify { // nobody has it; the case is ours as before
			l.Holder = ""
		}
		if l.Kind == item.Seal {
			l.Holder, l.Reason = "", ""
			c.unseal(me, r.Reason)
			return c
		}
		if collect := c.leg(collectKey(c)); l.Kind != item.Deliver && collect != nil && collect.Node == me {
			if reopened, _, err := c.begin(me, collect.Key, ActReopen, nil, c.Last); err == nil {
				reopened.Reason = r.Reason
				c.hold(reopened, me, reopened.Office, c.Last)
			}
		}
	case exchange.Noted:
	}
	return c
}

// given ends our custody at the instant in which the receiver's began.
func (c *Case) given(l *Leg, r exchange.Receipt) {
	l.Transit = nil
	if r.At.After(c.Last) {
		c.Last = r.At
	}
	if l.Kind == item.Decide && l.Node != r.From { // came back to the window: its collecting leg answers now
		c.hold(l, r.From, c.officeOf(collectKey(*c)), r.At)
		if collect := c.leg(collectKey(*c)); collect != nil {
			collect.State, collect.Step = Received, collect.Step+1
			c.Custody[len(c.Custody)-1].Leg = collect.Key
		}
		return
	}
	l.State, l.Step = Received, l.Step+1
	if l.Kind == item.Verify {
		l.Holder, l.Since = r.From, r.At
		return
	}
	if l.Kind == item.Seal {
		c.meetAll(r.At)
	}
	c.hold(l, r.From, l.Office, r.At)
}

func (c *Case) officeOf(key string) string {
	if l := c.leg(key); l != nil {
		return l.Office
	}
	return ""
}
