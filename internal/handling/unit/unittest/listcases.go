package unittest

import (
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// lists has eight cases, the first due ten days after start and each a day earlier than the one before.
func lists(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	ctx, first := t.Context(), workday.DateOf(start)
	var all []casefile.Case // the most urgent first
	for n := range 8 {
		c := caseOf(n)
		switch n {
		case 1:
			c.Claimed = "w1"
		case 2:
			c.Claimed, c.Item = "w2", "2020-031"
		case 3: // on its way
			c.Legs[0].State = casefile.Done
			c.Legs[1].Holder, c.Legs[1].Transit = Me, &casefile.Transit{Envelope: "e", To: There, At: c.Last}
		case 4: // held there
			c.Legs[0].State, c.Legs[1].State, c.Legs[1].Holder = casefile.Done, casefile.Received, There
		case 5:
			c.There = "320100000000"
		}
		commit(t, k, m.opening(c))
		all = append([]casefile.Case{c}, all...)
	}
	c := caseOf(8)
	c.Legs[0].Office = thereOffice
	commit(t, k, m.opening(c))
	pick := func(at ...int) []string {
		out := []string{}
		for _, i := range at {
			out = append(out, all[i].ID)
		}
		return out
	}
	l := casefile.Listing{View: casefile.ViewOffice, Office: hereOffice, Officer: "w1", Today: first.AddDays(5), Soon: first.AddDays(7), Limit: 50}
	list := func(change func(*casefile.Listing)) []string {
		t.Helper()
		l := l
		change(&l)
		var out []string
		for {
			page, next, err := k.List(ctx, l)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, idsOf(page)...)
			if next == "" || len(page) == 0 {
				return append([]string{}, out...)
			}
			l.After = next
		}
	}
	view := func(v casefile.View) func(*casefile.Listing) { return func(l *casefile.Listing) { l.View = v } }
	for _, limit := range []int{1, 2, 50} {
		l.Limit = limit
		same(t, pick(0, 1, 2, 4, 5, 6, 7), list(view(casefile.ViewOffice)))
		same(t, pick(6), list(view(casefile.ViewMine)))
		same(t, pick(0, 1, 2, 7), list(view(casefile.ViewFree)))
		same(t, pick(0, 1), list(view(casefile.ViewOver))) // due on the 3rd and 4th day; it is the 5th
		same(t, pick(2, 4), list(view(casefile.ViewSoon)))
		same(t, pick(3, 4), list(view(casefile.ViewWaits)))
		same(t, pick(4), list(func(l *casefile.Listing) { l.View, l.Queue = casefile.ViewStage, casefile.QueueTransit }))
		same(t, pick(0, 1, 2, 5, 6, 7), list(func(l *casefile.Listing) { l.View, l.Queue = casefile.ViewStage, casefile.QueueIntake }))
	}
	same(t, pick(5), list(func(l *casefile.Listing) { l.Item = "2020-031" }))
	for _, place := range []region.Code{"320000000000", "320100000000"} {
		same(t, pick(2), list(func(l *casefile.Listing) { l.Place = place }))
	}
	same(t, pick(), list(func(l *casefile.Listing) { l.Place = "321000000000" }))
	_, _, err := k.List(ctx, casefile.Listing{View: casefile.ViewOffice, Office: hereOffice, After: "'; --", Limit: 1})
	want(t, err, errs.BadRequest)
	same(t, casefile.Tally{
		Queues: map[casefile.Queue]int{casefile.QueueIntake: 6, casefile.QueueTransit: 1}, Office: 7, Mine: 1, Free: 4, Over: 2, Soon: 2, Waits: 2,
	}, must[casefile.Tally](t)(k.Tally(ctx, hereOffice, "w1", l.Today, l.Soon)))
	same(t, []casefile.Hand{{ID: "", Cases: 4, Over: 2}, {ID: "w1", Cases: 1}, {ID: "w2", Cases: 1}}, must[[]casefile.Hand](t)(k.Hands(ctx, hereOffice, l.Today)))

	// what is closed stands in no list
	closed := must[casefile.Case](t)(k.Case(ctx, all[6].ID))
	closed.Legs[0].State, closed.Closed = casefile.Withdrawn, closed.Last.Add(time.Minute)
	closed.Custody[0].To = closed.Closed
	commit(t, k, unit.Unit{Case: &closed})
	same(t, pick(), list(view(casefile.ViewMine)))
}
