package booking

import (
	"slices"
	"time"

	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// State is where a visit stands.
type State string

// The states.
const (
	Booked    State = "booked"
	Waiting   State = "waiting" // on the waiting list of a full slot
	Offered   State = "offered" // a place became free and is kept until it is taken or the offer lapses
	Arrived   State = "arrived"
	Missed    State = "missed"
	Cancelled State = "cancelled"
	Lapsed    State = "lapsed" // an offer that nobody took
	WalkIn    State = "walkin" // came without an appointment; counted, nobody's name is kept
)

// NoSeat stands for a visit that holds none of the slot's places.
const NoSeat = -1

// Visit is one appointment. Two live visits never hold one seat, and nobody has two live ones for a matter.
type Visit struct {
	ID     string // UUIDv7
	Office string
	Day    workday.Date
	Start  int // minutes since midnight
	Seat   int // from 0; NoSeat
	State  State
	Matter string // case number, or item code before there is a case
	Made   time.Time
	Until  time.Time    // when an offer lapses
	Person party.Person // zero for a walk-in; stored encrypted

	// Row is the store's guard: the version that was read, 0 for a new visit.
	Row int64
}

// Live reports whether the visit is still to come about.
func (v Visit) Live() bool { return v.State == Booked || v.State == Waiting || v.State == Offered }

// Holds reports whether it takes one of the slot's places.
func (v Visit) Holds() bool { return v.State == Booked || v.State == Offered || v.State == Arrived }

// Act is what somebody does to a visit.
type Act string

// The acts.
const (
	Offer  Act = "offer"
	Take   Act = "take" // the offer
	Lapse  Act = "lapse"
	Cancel Act = "cancel"
	Arrive Act = "arrive"
	Miss   Act = "miss"
)

// move is one sentence of what may happen.
type move struct {
	from State
	act  Act
	to   State
}

// moves is all that may become of a visit.
var moves = []move{
	{Waiting, Offer, Offered},
	{Offered, Take, Booked},
	{Offered, Lapse, Lapsed},
	{Booked, Cancel, Cancelled},
	{Waiting, Cancel, Cancelled},
	{Offered, Cancel, Cancelled},
	{Booked, Arrive, Arrived},
	{Missed, Arrive, Arrived}, // came late after all
	{Booked, Miss, Missed},
}

// Do moves a visit. It returns errs.VisitOver if the table has no such move, and for a visit that is marked as missed before its
// slot is over, or as arrived on another day.
func (v Visit) Do(a Act, slot Slot, now time.Time) (Visit, error) {
	i := slices.IndexFunc(moves, func(m move) bool { return m.from == v.State && m.act == a })
	switch {
	case i < 0:
		return v, errs.New(errs.VisitOver, "%s, %s", v.State, a)
	case a == Miss && now.Before(slot.End(v.Day)):
		return v, errs.New(errs.VisitOver, "the slot is not over")
	case a == Arrive && workday.DateOf(now) != v.Day:
		return v, errs.New(errs.VisitOver, "another day")
	case a == Take && !now.Before(v.Until):
		return v, errs.New(errs.VisitOver, "the offer lapsed")
	}
	v.State, v.Until = moves[i].to, time.Time{}
	if !v.Holds() {
		v.Seat = NoSeat
	}
	return v, nil
}

// Free is the lowest place of a slot that nobody holds; false if it is full.
func Free(list []Visit, start, seats int) (int, bool) {
	taken := make([]bool, seats)
	for _, v := range list {
		if v.Start == start && v.Holds() && v.Seat >= 0 && v.Seat < seats {
			taken[v.Seat] = true
		}
	}
	i := slices.Index(taken, false)
	return i, i >= 0
}

// Next is who has waited longest for a slot; false if nobody waits.
func Next(list []Visit, start int) (Visit, bool) {
	var best Visit
	for _, v := range list {
		if v.Start == start && v.State == Waiting && (best.ID == "" || v.Made.Before(best.Made) || v.Made.Equal(best.Made) && v.ID < best.ID) {
			best = v
		}
	}
	return best, best.ID != ""
}

// Sum counts a day: who is expected, came, missed, waits, and came without an appointment.
func Sum(list []Visit) map[State]int {
	out := map[State]int{}
	for _, v := range list {
		out[v.State]++
	}
	return out
}
