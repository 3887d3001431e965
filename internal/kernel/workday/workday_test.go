package workday

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/6tail/lunar-go/HolidayUtil"

	"tongban/internal/kernel/errs"
)

func date(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func calendar(t testing.TB) *Calendar {
	t.Helper()
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDue(t *testing.T) {
	for _, tt := range []struct {
		name, from  string
		limit       Limit
		due         string
		provisional bool
	}{
		{"over mid-autumn and national day", "2026-09-24", Limit{10, WorkingDays}, "2026-10-15", false},
		{"five over a weekend", "2026-11-23", Limit{5, WorkingDays}, "2026-11-30", false},
		{"a worked Sunday counts", "2026-09-18", Limit{1, WorkingDays}, "2026-09-20", false},
		{"begins on a day off", "2026-10-03", Limit{1, WorkingDays}, "2026-10-08", false},
		{"on the spot", "2026-10-03", Limit{0, WorkingDays}, "2026-10-03", false},
		{"calendar days that end on a working day", "2026-11-23", Limit{3, CalendarDays}, "2026-11-26", false},
		{"calendar days that end on a Saturday", "2026-11-25", Limit{3, CalendarDays}, "2026-11-30", false},
		{"calendar days that end on national day", "2026-09-28", Limit{3, CalendarDays}, "2026-10-08", false},
		{"calendar days that end on a worked Saturday", "2026-10-07", Limit{3, CalendarDays}, "2026-10-10", false},
		{"thirty days of cooling off", "2026-01-15", Limit{30, CalendarDays}, "2026-02-14", false},
		{"last published day", "2026-12-30", Limit{1, WorkingDays}, "2026-12-31", false},
		{"into the unpublished year", "2026-12-31", Limit{1, WorkingDays}, "2027-01-01", true},
		{"calendar days into the unpublished year", "2026-12-30", Limit{3, CalendarDays}, "2027-01-04", true},
		{"a leap day", "2024-02-28", Limit{1, WorkingDays}, "2024-02-29", false},
		{"before the first published year", "2023-12-28", Limit{2, WorkingDays}, "2024-01-02", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			due, provisional := calendar(t).Due(date(t, tt.from), tt.limit)
			if due.String() != tt.due || provisional != tt.provisional {
				t.Errorf("Due(%s, %v) = %s, %v; want %s, %v", tt.from, tt.limit, due, provisional, tt.due, tt.provisional)
			}
		})
	}
	if due, provisional := calendar(t).Due(Date{}, Limit{5, WorkingDays}); !due.IsZero() || provisional {
		t.Errorf("Due of no date = %s, %v", due, provisional)
	}
}

func TestDueAndBetweenAgree(t *testing.T) {
	c := calendar(t)
	for from := date(t, "2024-01-01"); from.Before(date(t, "2026-12-01")); from = from.AddDays(1) {
		for _, n := range []int{1, 5, 20} {
			due, _ := c.Due(from, Limit{n, WorkingDays})
			if got := c.Between(from, due); got != n {
				t.Fatalf("Between(%s, %s) = %d, want %d", from, due, got, n)
			}
			if got := c.Between(due, from); got != -n {
				t.Fatalf("Between(%s, %s) = %d, want %d", due, from, got, -n)
			}
			if due, _ := c.Due(from, Limit{n, CalendarDays}); due.Before(from.AddDays(n)) {
				t.Fatalf("%d days after %s end too early, on %s", n, from, due)
			}
		}
	}
}

// The published years, day by day, against an independent list.
func TestCalendarAgainstLunar(t *testing.T) {
	c := calendar(t)
	for d := date(t, "2024-01-01"); d.Year() <= 2026; d = d.AddDays(1) {
		want := d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
		if h := HolidayUtil.GetHoliday(d.String()); h != nil {
			want = h.IsWork()
		}
		if got, published := c.IsWorking(d); got != want || !published {
			t.Errorf("IsWorking(%s) = %v, %v; want %v, true", d, got, published, want)
		}
	}
	if _, published := c.IsWorking(date(t, "2027-01-01")); published {
		t.Error("2027 counts as published")
	}
	if got := c.Years(); len(got) != 3 || got[0] != 2024 || got[2] != 2026 {
		t.Errorf("Years() = %v", got)
	}
	if c.Name(date(t, "2026-10-01")) != "国庆节" || c.Name(date(t, "2026-11-23")) != "" {
		t.Error("names of days")
	}
}

func TestDate(t *testing.T) {
	d := date(t, "2026-03-01")
	if got := d.Start(); got.Location() != time.UTC || got.Format(time.RFC3339) != "2026-02-28T16:00:00Z" {
		t.Errorf("Start() = %s", got)
	}
	if got := d.End().Sub(d.Start()); got != 24*time.Hour {
		t.Errorf("a day lasts %s", got)
	}
	for instant, want := range map[string]string{
		"2026-02-28T15:59:59Z": "2026-02-28", "2026-02-28T16:00:00Z": "2026-03-01", "2026-03-01T23:59:59+08:00": "2026-03-01",
	} {
		at, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := DateOf(at).String(); got != want {
			t.Errorf("DateOf(%s) = %s, want %s", instant, got, want)
		}
	}
	if got := d.AddDays(-1).String(); got != "2026-02-28" {
		t.Errorf("the day before is %s", got)
	}
	if got := NewDate(2026, time.January, 32).String(); got != "2026-02-01" {
		t.Errorf("rolled over to %s", got)
	}
	if d.Month() != time.March || d.Day() != 1 || !d.After(d.AddDays(-1)) || d.Compare(d) != 0 {
		t.Error("parts or order")
	}
	for _, bad := range []string{"", "2026-02-29", "2026-2-3", "20260203", "2026-02-03 "} {
		if _, err := ParseDate(bad); !errs.Is(err, errs.DateForm) {
			t.Errorf("ParseDate(%q) = %v", bad, err)
		}
	}
	var zero Date
	if !DateOf(time.Time{}).IsZero() || !zero.AddDays(3).IsZero() || !zero.Start().IsZero() || zero.String() != "" {
		t.Error("the zero date does not stay zero")
	}
}

func TestTexts(t *testing.T) {
	type doc struct {
		On    Date  `json:"on"`
		Until Date  `json:"until"`
		Limit Limit `json:"limit"`
	}
	const text = `{"on":"2026-11-23","until":"","limit":{"n":5,"unit":"calendar"}}`
	var d doc
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(d)
	if err != nil || string(b) != text {
		t.Errorf("%s, %v", b, err)
	}
	if err := json.Unmarshal([]byte(`{"limit":{"unit":"weeks"}}`), &d); !errs.Is(err, errs.LimitForm) {
		t.Errorf("an unknown unit: %v", err)
	}
	if err := json.Unmarshal([]byte(`{"on":"2026-13-01"}`), &d); !errs.Is(err, errs.DateForm) {
		t.Errorf("a date that is none: %v", err)
	}
	if WorkingDays.String() != "working" || Unit(9).String() != "unknown" {
		t.Error("names of units")
	}
}

func TestLoadRefuses(t *testing.T) {
	const head = "date\tkind\tname\tsource\n"
	for name, text := range map[string]string{
		"unknown kind": "2026-01-01\thalf\tx\ty\n",
		"no source":    "2026-01-01\toff\tx\t\n",
		"no such day":  "2026-02-30\toff\tx\ty\n",
		"twice":        strings.Repeat("2026-01-01\toff\tx\ty\n", 2),
		"columns":      "2026-01-01\toff\n",
	} {
		if _, err := Load(fstest.MapFS{"calendar.tsv": {Data: []byte(head + text)}}); !errs.Is(err, errs.CalendarData) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(fstest.MapFS{}); !errs.Is(err, errs.CalendarData) {
		t.Errorf("no file: %v", err)
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("2026-02-28")
	f.Add("0000-00-00")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err == nil && d.String() != s {
			t.Errorf("%q read as %s", s, d)
		}
	})
}
