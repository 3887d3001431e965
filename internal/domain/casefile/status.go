package casefile

import (
	"slices"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
)

// Status is the one word that people see. The list is closed (nine, with the draft that has no case yet).
type Status string

// The statuses.
const (
	StatusDraft      Status = "draft"      // 草稿
	StatusSubmitted  Status = "submitted"  // 已提交
	StatusAccepted   Status = "accepted"   // 已受理
	StatusCorrection Status = "correction" // 要补正
	StatusHandling   Status = "handling"   // 正在办
	StatusChecking   Status = "checking"   // 待对方核实
	StatusDone       Status = "done"       // 办好了
	StatusDenied     Status = "denied"     // 没批准
	StatusWithdrawn  Status = "withdrawn"  // 已撤回
)

// Status is read off the legs.
func (c Case) Status() Status {
	d, _ := c.LegOf(item.Decide)
	switch {
	case !c.Closed.IsZero() && c.withdrawn():
		return StatusWithdrawn
	case !c.Closed.IsZero() && d.Outcome == Granted:
		return StatusDone
	case !c.Closed.IsZero():
		return StatusDenied
	case c.Failed() || !c.Ended.IsZero(): // its result is on its way, or what was done for it is being undone
		return StatusHandling
	}
	switch d.State {
	case Planned, Received, Returned:
		if c.verifying() {
			return StatusChecking
		}
		return StatusSubmitted
	case Corrected:
		return StatusCorrection
	case Accepted:
		return StatusAccepted
	case Suspended, Declined, Concluded, Done, Delivered, Withdrawn, Undoing, Undone:
	}
	return StatusHandling
}

// withdrawn reports whether the applicant took the case back.
func (c Case) withdrawn() bool {
	return slices.ContainsFunc(c.Legs, func(l Leg) bool { return l.State == Withdrawn && l.Kind != item.Verify })
}

// Queue names the list of a node's desk in which a case stands, "" for none.
type Queue string

// The queues.
const (
	QueueIntake     Queue = "intake"     // 收件: taken in, not handed over yet
	QueueCorrection Queue = "correction" // 要补正: the applicant has to bring something
	QueueReturned   Queue = "returned"   // 退回我处
	QueueTransit    Queue = "transit"    // 已转出: offered, without receipt yet
	QueueReceived   Queue = "received"   // 待受理
	QueueAccepted   Queue = "accepted"   // 待审核
	QueueSuspended  Queue = "suspended"  // 特别程序中
	QueueConcluded  Queue = "concluded"  // 待制证送出
	QueueDeliver    Queue = "deliver"    // 待送达
)

// At gives the queue and the office at node me that has to do something next, or "" if nobody there has.
func (c Case) At(me office.NodeID) (Queue, string) {
	if !c.Closed.IsZero() {
		return "", ""
	}
	for _, l := range c.Legs {
		if l.Holder != me || l.Node != me || l.Transit != nil {
			continue
		}
		switch {
		case l.Kind == item.Collect && l.State == Received:
			return c.intakeQueue(), l.Office
		case l.Kind == item.Decide && l.State == Received:
			return QueueReceived, l.Office
		case l.Kind == item.Decide && l.State == Corrected: // no window: the applicant answers online
			return QueueCorrection, l.Office
		case l.Kind == item.Decide && l.State == Accepted:
			return QueueAccepted, l.Office
		case l.Kind == item.Decide && l.State == Suspended:
			return QueueSuspended, l.Office
		case l.Kind == item.Decide && (l.State == Concluded || l.State == Declined):
			return QueueConcluded, l.Office
		case l.Kind == item.Deliver && l.State == Received:
			return QueueDeliver, l.Office
		case l.Kind == item.Verify && l.State == Received:
			return QueueReceived, l.Office
		case l.Kind == item.Verify && l.State == Undoing:
			return QueueReturned, l.Office
		}
	}
	for _, l := range c.Legs {
		if l.Transit != nil && l.Holder == me {
			return QueueTransit, c.senderOffice(l, me)
		}
	}
	return "", ""
}

func (c Case) intakeQueue() Queue {
	d, _ := c.LegOf(item.Decide)
	collect, _ := c.LegOf(item.Collect)
	switch {
	case d.State == Corrected:
		return QueueCorrection
	case d.State == Returned || d.Reason != "" || collect.Reason != "":
		return QueueReturned
	}
	return QueueIntake
}

func (c Case) senderOffice(offered Leg, me office.NodeID) string {
	for _, l := range c.Legs {
		if l.Node == me && l.Key != offered.Key {
			return l.Office
		}
	}
	return offered.Office
}
