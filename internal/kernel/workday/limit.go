package workday

import "tongban/internal/kernel/errs"

// Unit is what a limit counts.
type Unit uint8

// The units. A law that says working days (工作日) counts WorkingDays, one that says days (日) counts
// CalendarDays.
const (
	WorkingDays Unit = iota
	CalendarDays
)

// String is the unit's name in data files: "working" or "calendar".
func (u Unit) String() string {
	switch u {
	case WorkingDays:
		return "working"
	case CalendarDays:
		return "calendar"
	default:
		return "unknown"
	}
}

// MarshalText writes String.
func (u Unit) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads "working" or "calendar"; anything else is errs.LimitForm.
func (u *Unit) UnmarshalText(text []byte) error {
	switch string(text) {
	case "working":
		*u = WorkingDays
	case "calendar":
		*u = CalendarDays
	default:
		return errs.New(errs.LimitForm, "unit %q", text)
	}
	return nil
}

// Limit is a length of legal time. N is not negative; 0 means on the same day.
type Limit struct {
	N    int  `json:"n"`
	Unit Unit `json:"unit"`
}

// Due is the last day on which a limit that begins on from is kept. The day of beginning is not counted (民法典
// art. 201). A limit in calendar days that would end on a day off ends on the next working day (art. 203). It is
// provisional if any day after from up to due lies in a year whose calendar is not published. A limit of no length
// is due on from itself.
func (c *Calendar) Due(from Date, l Limit) (due Date, provisional bool) {
	due = from
	if from.IsZero() || l.N <= 0 {
		return due, false
	}
	for left := l.N; ; {
		due = due.AddDays(1)
		working, published := c.IsWorking(due)
		provisional = provisional || !published
		if left > 0 && (working || l.Unit == CalendarDays) {
			left--
		}
		if left == 0 && working {
			return due, provisional
		}
	}
}

// Between is the number of working days after a up to and including b, negative if b is earlier than a. It undoes Due:
// from a to the day that n working days after a are due, there are n.
func (c *Calendar) Between(a, b Date) int {
	if b.Before(a) {
		return -c.Between(b, a)
	}
	n := 0
	for d := a; d.Before(b); {
		d = d.AddDays(1)
		if working, _ := c.IsWorking(d); working {
			n++
		}
	}
	return n
}
