package casefile

import (
	"slices"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// State is the legal state of a leg. Names cross nodes: append only.
type State string

// The states.
const (
	Planned   State = "planned"   // 未开始
	Received  State = "received"  // 收件: held, nothing decided
	Corrected State = "corrected" // 补正: told once what is missing; the papers travelled back
	Returned  State = "returned"  // 退回: sent back with a reason code
	Accepted  State = "accepted"  // 受理
	Suspended State = "suspended" // 特别程序: the clock stands (行政许可法 第45条)
	Declined  State = "declined"  // 不予受理
	Concluded State = "concluded" // 办结: decided, result not yet sent
	Done      State = "done"      // this leg's work is finished
	Delivered State = "delivered" // 送达
	Withdrawn State = "withdrawn" // 撤回
	Undoing   State = "undoing"   // 待撤销: the case came to nothing, what was done for it here is still to be undone
	Undone    State = "undone"    // 已撤销
)

// Outcome is how a deciding leg ended.
type Outcome string

// The outcomes.
const (
	Granted     Outcome = "granted"      // 准予
	Denied      Outcome = "denied"       // 不予
	NotAccepted Outcome = "not-accepted" // 不予受理
	Confirmed   Outcome = "confirmed"    // 核实一致: a verifying leg's yes
	Differs     Outcome = "differs"      // 核实不一致: its no
)

// Act is what somebody did to a leg. Names cross nodes: append only.
type Act string

// The acts.
const (
	ActLodge       Act = "lodge"
	ActHandOver    Act = "hand-over"
	ActReceive     Act = "receive"
	ActReopen      Act = "reopen" // what was handed over is back: recalled, refused, returned or to be corrected
	ActAccept      Act = "accept"
	ActDeemAccept  Act = "deem-accept" // silence (行政许可法 第32条)
	ActDecline     Act = "decline"
	ActCorrect     Act = "correct"
	ActReturn      Act = "return"
	ActSuspend     Act = "suspend"
	ActResume      Act = "resume"
	ActAskExtend   Act = "ask-extend" // more time is asked for, inside the office
	ActExtend      Act = "extend"     // 延期 (行政许可法 第42条)
	ActKeepLimit   Act = "keep-limit" // it was not approved
	ActDecide      Act = "decide"
	ActDispatch    Act = "dispatch" // the result leaves for the place of delivery
	ActDeliver     Act = "deliver"
	ActWithdraw    Act = "withdraw"
	ActAskWithdraw Act = "ask-withdraw" // the applicant's wish, sent to who holds the leg
	ActReview      Act = "review"       // findings on the checklist
	ActSupplement  Act = "supplement"   // what the notice asked for is in
	ActServe       Act = "serve"        // the result stands on the applicant's own page (electronic service)
	ActVerify      Act = "verify"       // a place that shares in the matter answers for its part (多地联办)
	ActUnwind      Act = "unwind"       // the case came to nothing: what was done for it has to be undone
	ActUndo        Act = "undo"         // it is undone
	ActInquire     Act = "inquire"      // 协查: another office is asked; the leg stays where it is, and its clock runs on
	ActSeal        Act = "seal"         // the place in whose name it was decided has checked and sealed it (异地授权)
	ActPassOn      Act = "pass-on"      // the mandate does not carry it: the place that has the power goes on
)

// move is one sentence of the law of a leg: a leg of this kind in this state may, by this act of somebody with this
// role, go to that state. Role "" is the system's own act.
type move struct {
	kind item.LegKind
	from State
	act  Act
	role office.Role
	to   State
}

// moves is all that may ever happen to a leg. What is not here is refused.
var moves = []move{
	// the receiving place takes in, checks the form, and hands over
	{item.Collect, Received, ActSupplement, office.Window, Received},
	{item.Collect, Received, ActHandOver, office.Window, Done},
	{item.Collect, Done, ActReopen, "", Received},
	{item.Collect, Received, ActWithdraw, "", Withdrawn},
	{item.Collect, Done, ActWithdraw, "", Withdrawn}, // while others verify: the case is still the window's
	{item.Collect, Done, ActAskWithdraw, "", Done},

	// the deciding place accepts, asks once, decides
	{item.Decide, Planned, ActReceive, "", Received},
	{item.Decide, Corrected, ActReceive, "", Received},
	{item.Decide, Returned, ActReceive, "", Received},
	{item.Decide, Received, ActReview, office.Reviewer, Received},
	{item.Decide, Accepted, ActReview, office.Reviewer, Accepted},
	{item.Decide, Received, ActAccept, office.Reviewer, Accepted},
	{item.Decide, Received, ActDeemAccept, "", Accepted},
	{item.Decide, Received, ActCorrect, office.Reviewer, Corrected},
	{item.Decide, Received, ActReturn, office.Reviewer, Returned},
	{item.Decide, Received, ActDecline, office.Reviewer, Declined},
	{item.Decide, Received, ActInquire, office.Reviewer, Received},
	{item.Decide, Accepted, ActInquire, office.Reviewer, Accepted},
	{item.Decide, Suspended, ActInquire, office.Reviewer, Suspended},
	{item.Decide, Accepted, ActSuspend, office.Reviewer, Suspended},
	{item.Decide, Suspended, ActResume, office.Reviewer, Accepted},
	{item.Decide, Accepted, ActAskExtend, office.Reviewer, Accepted},
	{item.Decide, Accepted, ActExtend, office.Lead, Accepted},
	{item.Decide, Accepted, ActKeepLimit, office.Lead, Accepted},
	{item.Decide, Accepted, ActDecide, office.Decider, Concluded},
	{item.Decide, Concluded, ActDispatch, office.Decider, Done},
	{item.Decide, Declined, ActDispatch, office.Reviewer, Done},
	{item.Decide, Received, ActWithdraw, "", Withdrawn},
	{item.Decide, Accepted, ActWithdraw, "", Withdrawn},
	{item.Decide, Suspended, ActWithdraw, "", Withdrawn},
	// where nothing is collected the applicant's own word comes to this leg
	{item.Decide, Corrected, ActSupplement, "", Received},
	{item.Decide, Corrected, ActWithdraw, "", Withdrawn},

	// decided in another place's name: sealed there, or looked at again; what the mandate does not carry goes on without it
	{item.Seal, Planned, ActReceive, "", Received},
	{item.Seal, Received, ActSeal, "", Done},
	{item.Decide, Done, ActReopen, "", Accepted},
	{item.Decide, Received, ActPassOn, office.Reviewer, Planned},
	{item.Decide, Accepted, ActPassOn, office.Reviewer, Planned},

	// a place that shares in the matter answers for its own part, and undoes what it did if the case comes to nothing
	{item.Verify, Planned, ActReceive, "", Received},
	{item.Verify, Returned, ActReceive, "", Received},
	{item.Verify, Received, ActVerify, office.Reviewer, Done},
	{item.Verify, Received, ActInquire, office.Reviewer, Received},
	{item.Verify, Received, ActReturn, office.Reviewer, Returned},
	{item.Verify, Received, ActWithdraw, "", Withdrawn},
	{item.Verify, Done, ActUnwind, "", Undoing},
	{item.Verify, Undoing, ActUndo, office.Reviewer, Undone},

	// the result reaches the applicant
	{item.Deliver, Planned, ActReceive, "", Received},
	{item.Deliver, Received, ActDeliver, office.Window, Delivered},
	{item.Deliver, Received, ActServe, "", Delivered},
}

// bySystem are the acts of the table that an office's own system may do too, in the name of the staff that its answer names.
var bySystem = []Act{ActAccept, ActCorrect, ActDecline, ActAskExtend, ActDecide, ActDispatch}

// Step is what an act leaves to be signed and stored: the fact's fields that the case itself does not tell, and the
// private part, which is stored encrypted and of which the fact holds only a salted hash.
type Step struct {
	Act     Act
	Leg     string
	At      time.Time
	Office  string
	Private any
}

// begin checks an act against the table, the holder and the officer, and gives the changed leg. It returns
// errs.NotAllowedNow if the table has no such move, errs.InTransit while the leg is on its way, errs.NotHolder if this
// node or office does not hold the leg, errs.NotYours if the officer lacks the role, and what office.Officer.May says.
func (c *Case) begin(me office.NodeID, key string, act Act, by *Actor, now time.Time) (*Leg, Step, error) {
	l := c.leg(key)
	if l == nil {
		return nil, Step{}, errs.New(errs.NotAllowedNow, "%s has no leg %q", c.No, key)
	}
	for _, m := range moves {
		if m.kind != l.Kind || m.from != l.State || m.act != act {
			continue
		}
		switch {
		case l.Transit != nil:
			return nil, Step{}, errs.New(errs.InTransit, "%s %s is on its way to %s", c.No, key, l.Transit.To)
		case act != ActReceive && l.Holder != me:
			return nil, Step{}, errs.New(errs.NotHolder, "%s %s is held by %s", c.No, key, l.Holder)
		case m.role != "" && by == nil:
			return nil, Step{}, errs.New(errs.NotYours, "%s needs an officer", act)
		case by != nil && by.Office != l.Office && l.Node == me:
			return nil, Step{}, errs.New(errs.NotHolder, "%s %s is with office %s, not %s", c.No, key, l.Office, by.Office)
		case m.role != "" && !by.Has(m.role) && (!by.Has(office.System) || !slices.Contains(bySystem, act)):
			return nil, Step{}, errs.New(errs.NotYours, "%s needs the role %s", act, m.role)
		}
		if by != nil {
			m := c.Matter(now)
			if l.Kind == item.Verify { // a part is the matter of its own place
				m.Place = l.Place
			}
			if err := by.Officer().May(office.Act(act), m); err != nil {
				return nil, Step{}, err
			}
		}
		at := c.at(now)
		c.Last, l.State, l.Step = at, m.to, l.Step+1
		return l, Step{Act: act, Leg: key, At: at, Office: l.Office}, nil
	}
	return nil, Step{}, errs.New(errs.NotAllowedNow, "%s: %s is %s, %s not possible", c.No, key, l.State, act)
}

// hold moves custody: the running span ends and the next begins in the same instant, so that no time is lost or counted
// twice (I7).
func (c *Case) hold(l *Leg, node office.NodeID, officeCode string, at time.Time) {
	if n := len(c.Custody); n > 0 && c.Custody[n-1].To.IsZero() {
		last := &c.Custody[n-1]
		if last.Node == node && last.Leg == l.Key && last.Office == officeCode {
			return
		}
		if at.Before(last.From) { // a counterpart's word may not make a time negative
			at = last.From
		}
		last.To = at
	}
	c.Custody = append(c.Custody, Span{Node: node, Office: officeCode, Leg: l.Key, From: at})
	l.Holder, l.Since = node, at
}

func (c *Case) close(at time.Time) {
	if n := len(c.Custody); n > 0 && c.Custody[n-1].To.IsZero() {
		if at.Before(c.Custody[n-1].From) {
			at = c.Custody[n-1].From
		}
		c.Custody[n-1].To = at
	}
	c.Closed, c.Claimed, c.ClaimedAt = at, "", time.Time{}
}
