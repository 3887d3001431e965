// Package workday counts legal time: civil dates of Asia/Shanghai, limits in working days (行政许可法 art. 82) or
// calendar days, and the yearly calendar of holidays and made-up working days as dated data. A day in a year whose
// calendar is not yet published is counted by its weekday, and the result is marked provisional.
package workday

import (
	"cmp"
	"time"

	"tongban/internal/kernel/errs"
)

// Zone is the civil time of the whole country: eight hours ahead of UTC, with no change over the year since 1991.
var Zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Date is a civil date in Asia/Shanghai. It is comparable; the zero value means that there is no date.
type Date struct {
	year  int
	month time.Month
	day   int
}

const layout = "2006-01-02"

// NewDate makes a date; days and months out of range roll over as in time.Date.
func NewDate(year int, month time.Month, day int) Date {
	y, m, d := time.Date(year, month, day, 0, 0, 0, 0, Zone).Date()
	return Date{y, m, d}
}

// DateOf is the civil date in Asia/Shanghai at the instant t. The zero time gives the zero date.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	y, m, d := t.In(Zone).Date()
	return Date{y, m, d}
}

// ParseDate reads YYYY-MM-DD; anything else, and a day that does not exist, is errs.DateForm.
func ParseDate(s string) (Date, error) {
	t, err := time.ParseInLocation(layout, s, Zone)
	if err != nil {
		return Date{}, errs.New(errs.DateForm, "not YYYY-MM-DD")
	}
	return DateOf(t), nil
}

// String is YYYY-MM-DD, or "" for the zero date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.midnight().Format(layout)
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Year is the year of d.
func (d Date) Year() int { return d.year }

// Month is the month of d.
func (d Date) Month() time.Month { return d.month }

// Day is the day of d within its month.
func (d Date) Day() int { return d.day }

// Weekday is the day of the week of d.
func (d Date) Weekday() time.Weekday { return d.midnight().Weekday() }

func (d Date) midnight() time.Time { return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, Zone) }

// AddDays is the date n days later, or earlier if n is negative. The zero date stays zero.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	return NewDate(d.year, d.month, d.day+n)
}

// Start is the first instant of d, 00:00 in Asia/Shanghai, as UTC; the zero time for the zero date.
func (d Date) Start() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.midnight().UTC()
}

// End is the first instant after d, which is the Start of the next day: a limit that is due on d is kept before End.
func (d Date) End() time.Time { return d.AddDays(1).Start() }

// Compare is negative if d is earlier than e, positive if later, and 0 if they are the same day.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.year, e.year), cmp.Compare(d.month, e.month), cmp.Compare(d.day, e.day))
}

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After reports whether d is later than e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// MarshalText writes String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote; an empty text is the zero date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
