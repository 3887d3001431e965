package booking_test

import (
	"testing"
	"testing/fstest"
	"time"

	"tongban/internal/domain/booking"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

const (
	head   = "office\tfrom\tuntil\topen\tclose\tminutes\tseats\tprovenance\n"
	rules  = "from\tuntil\toffer_minutes\tahead_days\tmissed\twithin_days\tblock_days\tbasis\tprovenance\n"
	xining = "11630100MB9902043M"
)

func plan(windows, visits string) (*booking.Plan, error) {
	return booking.Load(fstest.MapFS{"windows.tsv": {Data: []byte(head + windows)}, "visits.tsv": {Data: []byte(rules + visits)}})
}

func TestBadPlans(t *testing.T) {
	for name, c := range map[string][2]string{
		"closes before it opens":       {xining + "\t2026-01-01\t\t11:00\t09:00\t30\t2\tdemo\n", ""},
		"two stretches at once":        {xining + "\t2026-01-01\t\t09:00\t11:00\t30\t2\tdemo\n" + xining + "\t2026-01-01\t\t10:00\t12:00\t30\t2\tdemo\n", ""},
		"no such time":                 {xining + "\t2026-01-01\t\t25:00\t26:00\t30\t2\tdemo\n", ""},
		"no office":                    {"x\t2026-01-01\t\t09:00\t11:00\t30\t2\tdemo\n", ""},
		"nobody says where it is from": {xining + "\t2026-01-01\t\t09:00\t11:00\t30\t2\t\n", ""},
		"a consequence without basis":  {"", "2026-01-01\t\t60\t7\t3\t90\t30\t\tx\n"},
	} {
		if _, err := plan(c[0], c[1]); !errs.Is(err, errs.BadCatalogue) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHoursAreDated(t *testing.T) {
	cal, err := workday.Default()
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan(xining+"\t2026-01-01\t2026-11-24\t09:00\t11:00\t30\t2\tdemo\n"+xining+"\t2026-11-25\t\t09:00\t10:00\t20\t1\tdemo\n", "")
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[workday.Date]int{
		workday.NewDate(2026, 11, 24): 4, workday.NewDate(2026, 11, 25): 3, workday.NewDate(2026, 11, 28): 0, workday.NewDate(2025, 12, 31): 0,
	} {
		if got := p.Slots(xining, day, cal); len(got) != want {
			t.Errorf("%s: %v", day, got)
		}
	}
}

func TestMissedVisits(t *testing.T) {
	p, err := plan("", "2026-01-01\t2026-06-30\t60\t7\t0\t0\t0\t\tx\n2026-07-01\t\t60\t7\t3\t90\t30\tmade up for the test\tx\n")
	if err != nil {
		t.Fatal(err)
	}
	d := func(m, day int) workday.Date { return workday.NewDate(2026, time.July+time.Month(m), day) }
	missed := []workday.Date{d(0, 1), d(0, 10), d(0, 20)}
	if got := p.Rule(workday.NewDate(2026, 3, 1)).Blocked(missed, d(0, 21)); !got.IsZero() {
		t.Errorf("blocked until %s under a rule that blocks nobody", got)
	}
	r := p.Rule(d(0, 21))
	for _, tt := range []struct {
		missed []workday.Date
		today  workday.Date
		want   workday.Date
	}{
		{missed[:2], d(0, 21), workday.Date{}},
		{missed, d(0, 21), d(0, 20).AddDays(30)},
		{missed, d(1, 25), workday.Date{}},
		{[]workday.Date{d(0, 1), d(0, 10), d(3, 20)}, d(3, 21), workday.Date{}},
	} {
		if got := r.Blocked(tt.missed, tt.today); got != tt.want {
			t.Errorf("%v on %s: %s, want %s", tt.missed, tt.today, got, tt.want)
		}
	}
}
