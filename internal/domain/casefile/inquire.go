package casefile

import (
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
)

// Inquired is the private part of the fact that another office was asked (协查). The fact itself names neither that office nor
// what was asked.
type Inquired struct {
	ID     string `json:"id"` // of the inquiry
	Office string `json:"office"`
	Type   string `json:"type"`
}

// Inquire notes that the office which holds a leg asks another office about the case. Nothing moves and no limit stops: the
// time counts as the item's rule says, and only its procedures stop it (行政许可法 第45条 does not name 协查).
func Inquire(c Case, me office.NodeID, by Actor, what Inquired, now time.Time) (Case, Step, error) {
	c = c.clone()
	_, step, err := c.begin(me, c.asking(me, by.Office), ActInquire, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	c.Inquired = true
	step.Private = what
	return c, step, nil
}

// asking is the leg for which an office of me may ask: its part, or the decision.
func (c Case) asking(me office.NodeID, officeCode string) string {
	for _, l := range c.Legs {
		if l.Kind == item.Verify && l.Node == me && l.Office == officeCode && l.State == Received {
			return l.Key
		}
	}
	return decideKey(c)
}

// Works reports whether an office of me still works on a leg, so that what was asked for it is still of use.
func (c Case) Works(me office.NodeID, key string) bool {
	l, ok := c.Leg(key)
	return ok && c.Closed.IsZero() && l.Holder == me && l.Transit == nil && (l.State == Received || l.State == Accepted || l.State == Suspended)
}
