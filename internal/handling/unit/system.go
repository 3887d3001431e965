package unit

import (
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Systems tells the departmental systems of a node's offices.
type Systems interface {
	// For is the system that a case goes to now; false: the office works it here.
	For(office, item string, on workday.Date) (depart.System, bool)
	// Keys are all that are connected, also those that are switched off.
	Keys() []string
}

// Left ends the open work of a case: it is over for the system By, and any other is told to stop.
type Left struct {
	Case string
	By   string // key of the system whose own answer it was, "" if it was not
	At   time.Time
}

// Heard is an answer of a departmental system that was dealt with.
type Heard struct {
	System  string
	ID      string // the system's
	Work    string
	Outcome string
	Hash    proof.Hash // of the answer
	At      time.Time
}

// began are the own acts after which a deciding leg may begin at this node; one from elsewhere begins with its offer.
var began = []casefile.Act{casefile.ActLodge, casefile.ActHandOver, casefile.ActSupplement}

// left are the acts that take a leg out of the office's hands, or end its work.
var left = []casefile.Act{casefile.ActCorrect, casefile.ActReturn, casefile.ActDecline, casefile.ActDecide, casefile.ActWithdraw}

// ToSystem adds the work of a deciding leg that begins here, if its office works such cases in its own system, in the unit that
// makes the office hold it; the log says what the system is told.
func (k *Kit) ToSystem(u *Unit, c casefile.Case) {
	l, ok := depart.Leg(c)
	if k.Systems == nil || !ok || l.Node != k.Me || l.State != casefile.Received {
		return
	}
	s, ok := k.Systems.For(l.Office, c.Item, workday.DateOf(c.Last))
	if !ok {
		return
	}
	w := depart.New(s, c, l, c.Last)
	u.Works = append(u.Works, w)
	u.Log = append(u.Log, accesslog.Entry{
		Kind: accesslog.Sent, At: c.Last, Case: c.ID, Who: s.Key, Office: l.Office, What: "system." + w.ID, Fields: s.Sent(c),
	})
}

// system looks after what the office works elsewhere when an act of this node moved the case.
func (k *Kit) system(u *Unit, c casefile.Case, step casefile.Step, who string) {
	if k.Systems == nil {
		return
	}
	l, _ := c.Leg(step.Leg)
	switch {
	case slices.Contains(began, step.Act):
		k.ToSystem(u, c)
	case l.Kind == item.Decide && slices.Contains(left, step.Act):
		u.Left = &Left{Case: c.ID, By: depart.KeyOf(who, k.Systems.Keys()), At: step.At}
	}
}
