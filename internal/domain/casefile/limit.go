package casefile

import (
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/workday"
)

// Law is what a limit is reckoned with: the version of the item that applies, and the working-day calendar.
type Law struct {
	Version  item.Version
	Calendar *workday.Calendar
}

// Event is what starts a limit.
type Event string

// The events that item data names.
const (
	EventComplete Event = "complete" // the window has all papers
	EventReceived Event = "received"
	EventAccepted Event = "accepted"
	EventDecided  Event = "decided"
)

// Limit is one running or met limit on one leg (I7): item data turned into dates. Dates are civil dates in
// Asia/Shanghai; the limit is kept if the act comes on or before Due.
type Limit struct {
	Key         string         `json:"key"`
	Kind        item.LimitKind `json:"kind"`
	Leg         string         `json:"leg"`
	From        workday.Date   `json:"from"`     // the day of the start event, not counted
	Due         workday.Date   `json:"due"`      // by law
	Promised    workday.Date   `json:"promised"` // not later than Due
	Provisional bool           `json:"provisional,omitempty"`
	Spot        bool           `json:"spot,omitempty"` // on the spot unless something stands against it
	Silence     string         `json:"silence,omitempty"`
	Paused      int            `json:"paused,omitempty"` // days that are not counted so far, in the limit's own unit
	PausedSince workday.Date   `json:"paused_since,omitzero"`
	Extended    workday.Limit  `json:"extended,omitzero"` // by how much it was made longer
	Met         time.Time      `json:"met,omitzero"`
}

// DueDate is the next day by which something must be done.
type DueDate struct {
	On          workday.Date // the promise
	Statutory   workday.Date
	Kind        item.LimitKind
	Provisional bool // reaches into a year without a published calendar
	Paused      bool
}

// Due gives the running limit that ends first.
func (c Case) Due() (DueDate, bool) {
	best := -1
	for i, l := range c.Limits {
		if l.Met.IsZero() && (best < 0 || l.Promised.Before(c.Limits[best].Promised)) {
			best = i
		}
	}
	if best < 0 {
		return DueDate{}, false
	}
	l := c.Limits[best]
	return DueDate{On: l.Promised, Statutory: l.Due, Kind: l.Kind, Provisional: l.Provisional, Paused: !l.PausedSince.IsZero()}, true
}

func (c *Case) start(law Law, leg string, event Event, at time.Time) {
	c.startOn(law, leg, event, workday.DateOf(at))
}

func (c *Case) startOn(law Law, leg string, event Event, on workday.Date) {
	for _, r := range law.Version.LimitsOf(leg) {
		if r.Start != string(event) {
			continue
		}
		l := Limit{Key: r.Key, Kind: r.Kind, Leg: leg, From: on, Spot: r.Spot, Silence: r.Silence}
		l.reckon(law, r)
		c.Limits = append(c.Limits, l)
	}
}

// reckon sets the dates from the rule and the days paused so far. A rule without a length in law (and not on the spot) is a
// promise only: its date is the promised one.
func (l *Limit) reckon(law Law, r item.LimitRule) {
	length := r.Length
	if length.N == 0 && !r.Spot {
		length = r.Promised
	}
	length.N += l.Paused
	longer := l.Extended
	if longer.Unit == length.Unit {
		length.N, longer.N = length.N+longer.N, 0
	}
	l.Due, l.Provisional = law.Calendar.Due(l.From, length)
	if longer.N > 0 { // in another kind of days: it begins where the limit ends
		l.Due, l.Provisional = law.Calendar.Due(l.Due, longer)
	}
	l.Promised = l.Due
	if r.Promised.N > 0 && l.Extended.N == 0 { // whoever needs more time than the law gives keeps no shorter promise
		promised := r.Promised
		promised.N += l.Paused
		if p, _ := law.Calendar.Due(l.From, promised); p.Before(l.Due) {
			l.Promised = p
		}
	}
}

func (c *Case) runningLimit(kind item.LimitKind) int {
	for i, l := range c.Limits {
		if l.Kind == kind && l.Met.IsZero() {
			return i
		}
	}
	return -1
}

func (c *Case) meet(kind item.LimitKind, at time.Time) {
	for i := c.runningLimit(kind); i >= 0; i = c.runningLimit(kind) {
		c.Limits[i].Met = at
	}
}

func (c *Case) meetLeg(key string, at time.Time) {
	for i := range c.Limits {
		if l := &c.Limits[i]; l.Leg == key && l.Met.IsZero() {
			l.Met = at
		}
	}
}

func (c *Case) meetAll(at time.Time) {
	for i := range c.Limits {
		if c.Limits[i].Met.IsZero() {
			c.Limits[i].Met = at
		}
	}
}

func (c *Case) pause(at time.Time) {
	for i := range c.Limits {
		if l := &c.Limits[i]; l.Met.IsZero() && l.Kind == item.LimitDecide {
			l.PausedSince = workday.DateOf(at)
		}
	}
}

func (c *Case) resume(law Law, at time.Time) {
	for i := range c.Limits {
		l := &c.Limits[i]
		if l.PausedSince.IsZero() {
			continue
		}
		for _, r := range law.Version.LimitsOf(l.Leg) {
			if r.Key == l.Key {
				l.Paused += paused(law, l.PausedSince, workday.DateOf(at), r.Length.Unit)
				l.PausedSince = workday.Date{}
				l.reckon(law, r)
			}
		}
	}
}

func paused(law Law, from, to workday.Date, unit workday.Unit) int {
	if unit == workday.WorkingDays {
		return law.Calendar.Between(from, to)
	}
	return int(to.Start().Sub(from.Start()) / (24 * time.Hour))
}
