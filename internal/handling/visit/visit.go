// Package visit books visits to windows: never more than a window takes, whoever presses at the same instant and at whatever
// replica; who finds a slot full may wait, and gets an offer when a place becomes free.
package visit

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/booking"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Store keeps visits. Commit is durable and fails as unit.Unit says; the places of a slot are unique in the database. Safe for
// concurrent use.
type Store interface {
	Visit(ctx context.Context, id string) (booking.Visit, error)
	VisitsOn(ctx context.Context, office string, day workday.Date) ([]booking.Visit, error)
	VisitsOf(ctx context.Context, who party.Person, since workday.Date, limit int) ([]booking.Visit, error)
	LapsedVisits(ctx context.Context, now time.Time, limit int) ([]booking.Visit, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Book is the appointment book of one node.
type Book struct {
	Kit   *unit.Kit
	Store Store
	Plan  *booking.Plan
}

// Wish is what somebody wants to book. ID was made with the page that asked, so that a second press finds the first.
type Wish struct {
	ID     string
	Office string
	Day    workday.Date
	Start  int
	Matter string
	Wait   bool // on the waiting list, if the slot is full
}

// races is how often a place is tried for while others are faster.
const races = 20

// history is how many of a person's visits are looked at.
const history = 200

// OpenTime is a slot with what is left of it.
type OpenTime struct {
	booking.Slot
	Left, Waiting int
}

// OpenDay is a day with its slots.
type OpenDay struct {
	Day   workday.Date
	Times []OpenTime
}

// Days lists the days of an office that can be booked now: open, not over, and not further ahead than the rule lets.
func (b *Book) Days(ctx context.Context, officeCode string) ([]OpenDay, error) {
	now := b.now()
	today := workday.DateOf(now)
	var out []OpenDay
	for i := range b.Plan.Rule(today).Ahead + 1 {
		day := today.AddDays(i)
		slots := b.Plan.Slots(officeCode, day, b.Kit.Calendar)
		if len(slots) == 0 {
			continue
		}
		list, err := b.Store.VisitsOn(ctx, officeCode, day)
		if err != nil {
			return nil, err
		}
		d := OpenDay{Day: day}
		for _, s := range slots {
			if !now.Before(s.Begin(day)) {
				continue
			}
			t := OpenTime{Slot: s, Left: s.Seats}
			for _, v := range list {
				switch {
				case v.Start == s.Start && v.Holds():
					t.Left--
				case v.Start == s.Start && v.State == booking.Waiting:
					t.Waiting++
				}
			}
			t.Left = max(0, t.Left)
			d.Times = append(d.Times, t)
		}
		if len(d.Times) > 0 {
			out = append(out, d)
		}
	}
	return out, nil
}

// Make books a visit, or puts the person on the waiting list. The same form sent twice gives the first visit. It returns
// errs.IdentityTooLow for somebody without a number, errs.NotOpenThen, errs.SeatTaken for a full slot, errs.BookedAlready, and
// errs.BookingBlocked where the rule says so.
func (b *Book) Make(ctx context.Context, who party.Person, w Wish) (booking.Visit, error) {
	if who.IDNo == "" {
		return booking.Visit{}, errs.New(errs.IdentityTooLow, "no verified number")
	}
	if id, err := uuid.Parse(w.ID); err != nil || id.Version() != 7 || id.String() != w.ID {
		return booking.Visit{}, errs.New(errs.BadRequest, "form without its key")
	}
	if have, err := b.Store.Visit(ctx, w.ID); err == nil {
		return b.own(who, have)
	}
	w.Matter = strings.TrimSpace(w.Matter)
	slot, err := b.slot(w.Office, w.Day, w.Start)
	if err != nil {
		return booking.Visit{}, err
	}
	if err := b.mayBook(ctx, who); err != nil {
		return booking.Visit{}, err
	}
	v := booking.Visit{
		ID: w.ID, Office: w.Office, Day: w.Day, Start: w.Start, Seat: booking.NoSeat, State: booking.Booked, Matter: w.Matter,
		Made: b.now(), Person: who,
	}
	return v, b.place(ctx, &v, slot, w.Wait, nil)
}

// place gives a visit a seat and stores it with what else the unit changes, and tries again while somebody is faster.
func (b *Book) place(ctx context.Context, v *booking.Visit, slot booking.Slot, wait bool, also func() []booking.Visit) error {
	var err error
	for range races {
		list, e := b.Store.VisitsOn(ctx, v.Office, v.Day)
		if e != nil {
			return e
		}
		list = slices.DeleteFunc(list, func(x booking.Visit) bool { return x.ID == v.ID })
		seat, free := booking.Free(list, v.Start, slot.Seats)
		if _, queue := booking.Next(list, v.Start); queue && free { // a free place is for who waits
			free = false
		}
		switch {
		case free:
			v.State, v.Seat = booking.Booked, seat
		case wait:
			v.State, v.Seat = booking.Waiting, booking.NoSeat
		default:
			return errs.New(errs.SeatTaken, "%s %s is full", v.Day, booking.Clock(v.Start))
		}
		changed := []booking.Visit{*v}
		if also != nil {
			changed = append(changed, also()...)
		}
		if err = b.commit(ctx, "applicant", "visit."+string(v.State), changed...); !errs.Is(err, errs.SeatTaken) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// slot is a time that can still be booked.
func (b *Book) slot(officeCode string, day workday.Date, start int) (booking.Slot, error) {
	now := b.now()
	today := workday.DateOf(now)
	s, ok := b.Plan.Slot(officeCode, day, start, b.Kit.Calendar)
	at, known := b.Kit.Office(officeCode)
	if !ok || !known || at.Node != b.Kit.Me || !now.Before(s.Begin(day)) || day.After(today.AddDays(b.Plan.Rule(today).Ahead)) {
		return s, errs.New(errs.NotOpenThen, "%s %s at %s", day, booking.Clock(start), officeCode)
	}
	return s, nil
}

// mayBook applies the rule about missed visits, which by default keeps nobody out.
func (b *Book) mayBook(ctx context.Context, who party.Person) error {
	today := workday.DateOf(b.now())
	rule := b.Plan.Rule(today)
	if rule.Missed == 0 {
		return nil
	}
	list, err := b.Store.VisitsOf(ctx, who, today.AddDays(-rule.Within-rule.Block), history)
	if err != nil {
		return err
	}
	var missed []workday.Date
	for _, v := range list {
		if v.State == booking.Missed {
			missed = append(missed, v.Day)
		}
	}
	if until := rule.Blocked(missed, today); !until.IsZero() {
		return errs.New(errs.BookingBlocked, "until %s", until)
	}
	return nil
}

// Mine lists a person's visits from today on.
func (b *Book) Mine(ctx context.Context, who party.Person) ([]booking.Visit, error) {
	if who.IDNo == "" {
		return nil, nil
	}
	list, err := b.Store.VisitsOf(ctx, who, workday.DateOf(b.now()), history)
	return slices.DeleteFunc(list, func(v booking.Visit) bool { return v.Person.IDType != who.IDType }), err
}

// Own reads a visit of a person. Somebody else's and none at all are the same answer, errs.NoSuchVisit.
func (b *Book) Own(ctx context.Context, who party.Person, id string) (booking.Visit, error) {
	v, err := b.Store.Visit(ctx, id)
	if errs.Is(err, errs.Missing) {
		return v, errs.New(errs.NoSuchVisit, "not here")
	}
	if err != nil {
		return v, err
	}
	return b.own(who, v)
}

func (b *Book) own(who party.Person, v booking.Visit) (booking.Visit, error) {
	if who.IDNo == "" || v.Person.IDNo != who.IDNo || v.Person.IDType != who.IDType {
		return booking.Visit{}, errs.New(errs.NoSuchVisit, "not the visitor's")
	}
	return v, nil
}

// Do is what a person does to the own visit: cancel it, or take an offer.
func (b *Book) Do(ctx context.Context, who party.Person, id string, a booking.Act) (booking.Visit, error) {
	if a != booking.Cancel && a != booking.Take {
		return booking.Visit{}, errs.New(errs.VisitOver, "%s", a)
	}
	var v booking.Visit
	err := unit.Retry(ctx, func() (err error) {
		if v, err = b.Own(ctx, who, id); err != nil {
			return err
		}
		v, err = b.move(ctx, "applicant", v, a)
		return err
	})
	return v, err
}

// Change moves a booked visit to another time of the same office; the place that it gives up goes to who waits for it. If the
// new time is full the visit stays as it was.
func (b *Book) Change(ctx context.Context, who party.Person, id string, day workday.Date, start int) (booking.Visit, error) {
	v, err := b.Own(ctx, who, id)
	if err != nil {
		return v, err
	}
	if v.State != booking.Booked || !b.now().Before(b.begin(v)) {
		return v, errs.New(errs.VisitOver, "%s", v.State)
	}
	slot, err := b.slot(v.Office, day, start)
	if err != nil || v.Day == day && v.Start == start {
		return v, err
	}
	old := v
	v.Day, v.Start = day, start
	list, err := b.Store.VisitsOn(ctx, old.Office, old.Day)
	if err != nil {
		return v, err
	}
	return v, b.place(ctx, &v, slot, false, func() []booking.Visit { return b.promote(list, old) })
}

func (b *Book) begin(v booking.Visit) time.Time { return booking.Slot{Start: v.Start}.Begin(v.Day) }

// move does an act and passes a place that becomes free on, in one unit.
func (b *Book) move(ctx context.Context, who string, v booking.Visit, a booking.Act) (booking.Visit, error) {
	now := b.now()
	slot, _ := b.Plan.Slot(v.Office, v.Day, v.Start, b.Kit.Calendar)
	if slot.Minutes == 0 { // the hours changed since
		slot = booking.Slot{Start: v.Start, Minutes: 1}
	}
	next, err := v.Do(a, slot, now)
	if err != nil {
		return v, err
	}
	changed := []booking.Visit{next}
	if v.Holds() && !next.Holds() {
		list, err := b.Store.VisitsOn(ctx, v.Office, v.Day)
		if err != nil {
			return v, err
		}
		changed = append(changed, b.promote(list, v)...)
	}
	if err := b.commit(ctx, who, "visit."+string(a), changed...); err != nil {
		return v, err
	}
	next.Row = v.Row + 1
	return next, nil
}

// promote offers the place that a visit gives up to who has waited longest, until the offer lapses or the slot begins.
func (b *Book) promote(list []booking.Visit, old booking.Visit) []booking.Visit {
	now := b.now()
	begin := b.begin(old)
	w, ok := booking.Next(slices.DeleteFunc(slices.Clone(list), func(x booking.Visit) bool { return x.ID == old.ID }), old.Start)
	if !ok || !now.Before(begin) || old.Seat < 0 {
		return nil
	}
	until := now.Add(b.Plan.Rule(workday.DateOf(now)).Offer)
	if until.After(begin) {
		until = begin
	}
	offered, err := w.Do(booking.Offer, booking.Slot{}, now)
	if err != nil {
		return nil
	}
	offered.Seat, offered.Until = old.Seat, until
	return []booking.Visit{offered}
}

// Lapse ends offers whose time is over and passes their places on; the clock calls it. It gives how many there were.
func (b *Book) Lapse(ctx context.Context) (int, error) {
	list, err := b.Store.LapsedVisits(ctx, b.now(), 64)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, v := range list {
		_, err := b.move(ctx, "clock", v, booking.Lapse)
		switch {
		case err == nil:
			done++
		case !errs.Is(err, errs.Stale) && !errs.Is(err, errs.SeatTaken): // another replica was faster
			return done, err
		}
	}
	return done, nil
}

// Day is the list of a window's day.
func (b *Book) Day(ctx context.Context, officeCode string, day workday.Date) ([]booking.Visit, error) {
	return b.Store.VisitsOn(ctx, officeCode, day)
}

// Mark is what the desk does to a visit of its own office: arrived, missed, cancelled. row is the visit as the clerk saw it.
func (b *Book) Mark(ctx context.Context, by casefile.Actor, id string, row int64, a booking.Act) (booking.Visit, error) {
	if a != booking.Arrive && a != booking.Miss && a != booking.Cancel {
		return booking.Visit{}, errs.New(errs.VisitOver, "%s", a)
	}
	v, err := b.Store.Visit(ctx, id)
	if errs.Is(err, errs.Missing) {
		return v, errs.New(errs.NoSuchVisit, "not here")
	}
	if err != nil {
		return v, err
	}
	if err := b.may(by, v.Office); err != nil {
		return v, err
	}
	if v.Row != row {
		return v, errs.New(errs.Stale, "visit %s was read at %d, is at %d", id, row, v.Row)
	}
	return b.move(ctx, by.ID, v, a)
}

// Walk counts somebody who came without an appointment; no name is kept.
func (b *Book) Walk(ctx context.Context, by casefile.Actor, matter string) error {
	if err := b.may(by, by.Office); err != nil {
		return err
	}
	now := b.now()
	local := now.In(workday.Zone)
	v := booking.Visit{
		ID: unit.NewID(), Office: by.Office, Day: workday.DateOf(now), Start: local.Hour()*60 + local.Minute(), Seat: booking.NoSeat,
		State: booking.WalkIn, Matter: matter, Made: now,
	}
	return b.commit(ctx, by.ID, "visit.walk-in", v)
}

// may holds an officer against the table of authority and the window.
func (b *Book) may(by casefile.Actor, officeCode string) error {
	return by.Officer().May(office.KeepVisits, office.Matter{Offices: []string{officeCode}, On: workday.DateOf(b.now())})
}

func (b *Book) commit(ctx context.Context, who, what string, changed ...booking.Visit) error {
	at := b.now()
	// What changes gives up its place before another takes it.
	slices.SortStableFunc(changed, func(x, y booking.Visit) int {
		if x.Holds() == y.Holds() {
			return 0
		}
		if x.Holds() {
			return 1
		}
		return -1
	})
	return b.Store.Commit(ctx, unit.Unit{At: at, Visits: changed, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: at, Who: who, What: what},
	}})
}

func (b *Book) now() time.Time { return b.Kit.Now().UTC().Truncate(time.Microsecond) }
