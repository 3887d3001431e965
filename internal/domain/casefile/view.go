package casefile

import (
	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// View is a saved list of an office's open cases.
type View string

// The views.
const (
	ViewMine   View = "mine"   // 我的: claimed by the officer
	ViewFree   View = "free"   // 待认领: claimed by nobody
	ViewOffice View = "office" // 本单位
	ViewSoon   View = "soon"   // 快到期
	ViewOver   View = "over"   // 超期
	ViewWaits  View = "waits"  // 等别处: the other place, the applicant or a procedure has to do something first
	ViewStage  View = "stage"  // one queue
)

// SoonDays is up to how many working days before its end a limit counts as due soon.
const SoonDays = 2

// Listing asks for a page of an office's cases, the one due first at the top.
type Listing struct {
	View    View
	Queue   Queue // of ViewStage
	Office  string
	Officer string // of ViewMine
	Today   workday.Date
	Soon    workday.Date // the last day that is soon
	Item    string       // only this matter; "" for all
	Place   region.Code  // only with this other place, or one in it; "" for all
	After   string       // "next" of the page before, "" for the first
	Limit   int
}

// Tally counts an office's open cases. A case may count in several views.
type Tally struct {
	Queues                                map[Queue]int
	Mine, Free, Office, Soon, Over, Waits int
}

// Of is the number of cases in a view other than ViewStage.
func (t Tally) Of(v View) int {
	switch v {
	case ViewMine:
		return t.Mine
	case ViewFree:
		return t.Free
	case ViewOffice:
		return t.Office
	case ViewSoon:
		return t.Soon
	case ViewOver:
		return t.Over
	case ViewWaits:
		return t.Waits
	case ViewStage:
	}
	return 0
}

// Hand is what one officer of an office has claimed; ID "" is what nobody has.
type Hand struct {
	ID    string
	Cases int
	Over  int // whose limit is over
}

// Waits gives the office at node me that has to wait for somebody else before it can go on, "" if none has.
func (c Case) Waits(me office.NodeID) string {
	if !c.Closed.IsZero() {
		return ""
	}
	switch q, at := c.At(me); q { //nolint:exhaustive // in the other queues the office itself has to act
	case QueueTransit, QueueSuspended, QueueCorrection:
		return at
	case "":
	default:
		return ""
	}
	for _, l := range c.Legs {
		if l.Node == me {
			return l.Office
		}
	}
	return ""
}

// Other is the place at the other end of an open case, seen from node me; "" once it is closed.
func (c Case) Other(me office.NodeID) region.Code {
	switch {
	case !c.Closed.IsZero():
		return ""
	case c.Coordinator == me:
		return c.There
	}
	return c.Here
}
