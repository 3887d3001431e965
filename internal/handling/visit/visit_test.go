package visit_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tongban/catalogue"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/booking"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/visit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// window is 西宁, which takes two people each half hour.
const window = "11630100MB9902043M"

type world struct {
	t     *testing.T
	now   time.Time
	books []*visit.Book // one per replica, each with its own connections
	clerk casefile.Actor
	plan  *booking.Plan
}

func newWorld(t *testing.T, db sqltest.Database, replicas int) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC), clerk: casefile.Actor{
		ID: "clerk", Office: window, Node: "63", Roles: []office.Role{office.Window},
	}}
	offices, err := office.Load(catalogue.FS)
	w.must(err)
	regions, err := region.Default()
	w.must(err)
	calendar, err := workday.Default()
	w.must(err)
	w.plan, err = booking.Default()
	w.must(err)
	vault, err := proof.NewVault(make([]byte, 16), make([]byte, 32))
	w.must(err)
	for range replicas {
		s, err := sqlstore.Open(t.Context(), sqlstore.Options{Config: sqlstore.Config{DSN: db.DSN, Schema: db.Schema}, Vault: vault, Me: "63"})
		w.must(err)
		t.Cleanup(func() { w.must(s.Close()) })
		w.books = append(w.books, &visit.Book{Kit: &unit.Kit{
			Me: "63", Now: func() time.Time { return w.now }, Calendar: calendar, Regions: regions, Offices: offices,
		}, Store: s, Plan: w.plan})
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func person(t *testing.T, n int) party.Person {
	t.Helper()
	stem := fmt.Sprintf("63010019900101%03d", n)
	for _, last := range "0123456789X" {
		if id, err := idno.Parse(stem + string(last)); err == nil {
			return party.Person{Name: "某人", IDType: party.ResidentID, IDNo: string(id), Phone: ""}
		}
	}
	t.Fatal("no number")
	return party.Person{}
}

var day = workday.NewDate(2026, 11, 26)

func wish(start int, wait bool) visit.Wish {
	return visit.Wish{ID: unit.NewID(), Office: window, Day: day, Start: start, Matter: "2020-030", Wait: wait}
}

// Forty people press for a slot of two at once, at two replicas: two have it, and on no database a third.
func TestNeverMoreThanTheWindowTakes(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		w := newWorld(t, open(), 2)
		var wg sync.WaitGroup
		var mu sync.Mutex
		got := map[errs.Code]int{}
		for n := range 40 {
			who := person(t, n)
			wg.Go(func() {
				_, err := w.books[n%2].Make(t.Context(), who, wish(9*60, false))
				mu.Lock()
				defer mu.Unlock()
				got[errs.CodeOf(err)]++
			})
		}
		wg.Wait()
		list, err := w.books[0].Day(t.Context(), window, day)
		w.must(err)
		seats := map[int]bool{}
		for _, v := range list {
			if seats[v.Seat] || v.Seat < 0 || v.Seat > 1 {
				t.Errorf("seat %d: %+v", v.Seat, v)
			}
			seats[v.Seat] = true
		}
		if len(list) != 2 || got[errs.SeatTaken] != 38 {
			t.Errorf("%d visits, %v", len(list), got)
		}
	})
}

// One person presses ten times, at two replicas, for two times of day: one visit.
func TestOnePersonOneVisitForAMatter(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		w := newWorld(t, open(), 2)
		who := person(t, 1)
		var wg sync.WaitGroup
		for n := range 10 {
			wg.Go(func() {
				_, err := w.books[n%2].Make(t.Context(), who, wish(9*60+30*(n%2), true))
				if err != nil && !errs.Is(err, errs.BookedAlready) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		mine, err := w.books[0].Mine(t.Context(), who)
		w.must(err)
		if len(mine) != 1 {
			t.Errorf("%d visits", len(mine))
		}
		same := wish(10*60, false)
		same.Matter = "2020-053" // another matter may be booked
		v, err := w.books[0].Make(t.Context(), who, same)
		w.must(err)
		again, err := w.books[1].Make(t.Context(), who, same)
		if err != nil || again.ID != v.ID {
			t.Errorf("the same form again: %v %v", again, err)
		}
	})
}

func TestTheWaitingListMovesUp(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		w := newWorld(t, open(), 1)
		b, ctx := w.books[0], t.Context()
		var visits []booking.Visit
		for n := range 5 {
			v, err := b.Make(ctx, person(t, n), wish(9*60, true))
			w.must(err)
			visits = append(visits, v)
			w.now = w.now.Add(time.Second)
		}
		state := func(n int) booking.State {
			t.Helper()
			v, err := b.Own(ctx, person(t, n), visits[n].ID)
			w.must(err)
			return v.State
		}
		want := func(states ...booking.State) {
			t.Helper()
			for n, s := range states {
				if got := state(n); got != s {
					t.Errorf("visit %d is %s, want %s", n, got, s)
				}
			}
		}
		want(booking.Booked, booking.Booked, booking.Waiting, booking.Waiting, booking.Waiting)
		_, err := b.Do(ctx, person(t, 0), visits[0].ID, booking.Cancel)
		w.must(err)
		want(booking.Cancelled, booking.Booked, booking.Offered, booking.Waiting, booking.Waiting)
		if _, err := b.Make(ctx, person(t, 9), wish(9*60, false)); !errs.Is(err, errs.SeatTaken) {
			t.Errorf("somebody new took the place that is offered: %v", err)
		}
		w.now = w.now.Add(3 * time.Hour) // 11:00, the offer has lapsed
		if _, err := b.Do(ctx, person(t, 2), visits[2].ID, booking.Take); !errs.Is(err, errs.VisitOver) {
			t.Errorf("a lapsed offer was taken: %v", err)
		}
		if n, err := b.Lapse(ctx); n != 1 || err != nil {
			t.Errorf("%d lapsed, %v", n, err)
		}
		want(booking.Cancelled, booking.Booked, booking.Lapsed, booking.Offered, booking.Waiting)
		_, err = b.Do(ctx, person(t, 3), visits[3].ID, booking.Take)
		w.must(err)
		// who moves to another time gives the place up too
		_, err = b.Change(ctx, person(t, 1), visits[1].ID, day, 10*60)
		w.must(err)
		want(booking.Cancelled, booking.Booked, booking.Lapsed, booking.Booked, booking.Offered)
		if _, err := b.Do(ctx, person(t, 5), visits[1].ID, booking.Cancel); !errs.Is(err, errs.NoSuchVisit) {
			t.Errorf("a stranger cancelled: %v", err)
		}
	})
}

func TestTheDesksDay(t *testing.T) {
	w := newWorld(t, sqltest.SQLite(t), 1)
	b, ctx := w.books[0], t.Context()
	one, err := b.Make(ctx, person(t, 1), wish(9*60, false))
	w.must(err)
	two, err := b.Make(ctx, person(t, 2), wish(9*60, false))
	w.must(err)
	if _, err := b.Mark(ctx, w.clerk, one.ID, 1, booking.Miss); !errs.Is(err, errs.VisitOver) {
		t.Errorf("missed before the slot: %v", err)
	}
	if _, err := b.Mark(ctx, w.clerk, one.ID, 1, booking.Arrive); !errs.Is(err, errs.VisitOver) {
		t.Errorf("arrived the day before: %v", err)
	}
	w.now = day.Start().Add(9*time.Hour + 40*time.Minute)
	other := w.clerk
	other.Office = "11230183MB9900013G"
	if _, err := b.Mark(ctx, other, one.ID, 1, booking.Arrive); !errs.Is(err, errs.CaseElsewhere) {
		t.Errorf("another window: %v", err)
	}
	if _, err := b.Mark(ctx, w.clerk, one.ID, 7, booking.Arrive); !errs.Is(err, errs.Stale) {
		t.Errorf("a page out of date: %v", err)
	}
	_, err = b.Mark(ctx, w.clerk, one.ID, 1, booking.Arrive)
	w.must(err)
	_, err = b.Mark(ctx, w.clerk, two.ID, 1, booking.Miss)
	w.must(err)
	w.must(b.Walk(ctx, w.clerk, "2020-053"))
	w.must(b.Walk(ctx, w.clerk, ""))
	list, err := b.Day(ctx, window, day)
	w.must(err)
	sum := booking.Sum(list)
	if sum[booking.Arrived] != 1 || sum[booking.Missed] != 1 || sum[booking.WalkIn] != 2 {
		t.Errorf("%v", sum)
	}
	// nothing follows from a missed visit, as the rule stands
	next := wish(9*60, false)
	next.Day = day.AddDays(1)
	if _, err := b.Make(ctx, person(t, 2), next); err != nil {
		t.Errorf("after a missed visit: %v", err)
	}
}

func TestTimesThatCannotBeBooked(t *testing.T) {
	w := newWorld(t, sqltest.SQLite(t), 1)
	for name, change := range map[string]func(*visit.Wish){
		"a Saturday":            func(x *visit.Wish) { x.Day = workday.NewDate(2026, 11, 28) },
		"the lunch break":       func(x *visit.Wish) { x.Start = 12 * 60 },
		"between two slots":     func(x *visit.Wish) { x.Start = 9*60 + 7 },
		"yesterday":             func(x *visit.Wish) { x.Day = workday.NewDate(2026, 11, 24) },
		"too far ahead":         func(x *visit.Wish) { x.Day = workday.NewDate(2026, 12, 15) },
		"another node's window": func(x *visit.Wish) { x.Office = "11230183MB9900013G" },
		"no window":             func(x *visit.Wish) { x.Office = "x" },
	} {
		x := wish(9*60, true)
		change(&x)
		if _, err := w.books[0].Make(t.Context(), person(t, 1), x); !errs.Is(err, errs.NotOpenThen) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.books[0].Make(t.Context(), party.Person{Name: "x", Phone: "1"}, wish(9*60, true)); !errs.Is(err, errs.IdentityTooLow) {
		t.Errorf("without a number: %v", err)
	}
}
