// Package booking is a visit to a window by appointment (预约): when a window is open and how many it takes, as dated data, and
// what may become of a booked visit. Times of day are minutes since midnight, Asia/Shanghai.
package booking

import (
	"bufio"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tongban/catalogue"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Hours is one stretch of a working day at an office, from From to Until (zero: open end), cut into slots.
type Hours struct {
	Office      string
	From, Until workday.Date
	Open, Close int // minutes since midnight
	Minutes     int // length of a slot
	Seats       int // people per slot; 0 closes the stretch
	Provenance  string
}

// Slot is a time that can be booked.
type Slot struct {
	Start, Minutes, Seats int
}

// End is when the slot of a day is over.
func (s Slot) End(day workday.Date) time.Time {
	return day.Start().Add(time.Duration(s.Start+s.Minutes) * time.Minute)
}

// Begin is when it starts.
func (s Slot) Begin(day workday.Date) time.Time {
	return day.Start().Add(time.Duration(s.Start) * time.Minute)
}

// Clock writes minutes since midnight as 09:30.
func Clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// Rule is how visits are treated from a day on. Missed 0: whoever does not come suffers nothing.
type Rule struct {
	From, Until workday.Date
	Offer       time.Duration // how long a place that became free is kept for who waits
	Ahead       int           // days that can be booked ahead
	Missed      int           // so many missed visits
	Within      int           // in so many days
	Block       int           // keep from booking for so many days
	Basis       string
}

// Plan is all of it. Read-only.
type Plan struct {
	hours []Hours
	rules []Rule
}

var builtIn = sync.OnceValues(func() (*Plan, error) { return Load(catalogue.FS) })

// Default is the plan that the binary carries.
func Default() (*Plan, error) { return builtIn() }

// Load reads windows.tsv and visits.tsv; errs.BadCatalogue names the line that is wrong.
func Load(fsys fs.FS) (*Plan, error) {
	p := &Plan{}
	err := table(fsys, "windows.tsv", "office from until open close minutes seats provenance", func(c []string) error {
		h := Hours{Office: c[0], Provenance: c[7]}
		var err error
		if h.From, h.Until, err = days(c[1], c[2]); err != nil {
			return err
		}
		if h.Open, err = minutes(c[3]); err != nil {
			return err
		}
		if h.Close, err = minutes(c[4]); err != nil {
			return err
		}
		if h.Minutes, err = strconv.Atoi(c[5]); err != nil {
			return err
		}
		if h.Seats, err = strconv.Atoi(c[6]); err != nil {
			return err
		}
		if !office.CodeValid(h.Office) || h.Minutes < 5 || h.Seats < 0 || h.Close-h.Open < h.Minutes || h.Provenance == "" {
			return fmt.Errorf("hours of %s make no slot", h.Office)
		}
		for _, x := range p.hours {
			if x.Office == h.Office && x.Open < h.Close && h.Open < x.Close && overlap(x.From, x.Until, h.From, h.Until) {
				return fmt.Errorf("two stretches of %s are open at once", h.Office)
			}
		}
		p.hours = append(p.hours, h)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p, table(fsys, "visits.tsv", "from until offer_minutes ahead_days missed within_days block_days basis provenance", func(c []string) error {
		var r Rule
		var err error
		if r.From, r.Until, err = days(c[0], c[1]); err != nil {
			return err
		}
		var n [5]int
		for i := range n {
			if n[i], err = strconv.Atoi(c[2+i]); err != nil || n[i] < 0 {
				return fmt.Errorf("number %q", c[2+i])
			}
		}
		r.Offer, r.Ahead, r.Missed, r.Within, r.Block, r.Basis = time.Duration(n[0])*time.Minute, n[1], n[2], n[3], n[4], c[7]
		if r.Missed > 0 && (r.Within == 0 || r.Block == 0 || r.Basis == "") {
			return fmt.Errorf("a consequence needs its days and its basis")
		}
		p.rules = append(p.rules, r)
		return nil
	})
}

func overlap(a1, a2, b1, b2 workday.Date) bool {
	return (a2.IsZero() || !b1.After(a2)) && (b2.IsZero() || !a1.After(b2))
}

func table(fsys fs.FS, name, head string, row func([]string) error) error {
	f, err := fsys.Open(name)
	if err != nil {
		return errs.Wrap(errs.BadCatalogue, err, "%s", name)
	}
	defer f.Close() //nolint:errcheck // read only
	want := strings.Fields(head)
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		cells := strings.Split(lines.Text(), "\t")
		switch {
		case n == 1 && !slices.Equal(cells, want):
			return errs.New(errs.BadCatalogue, "%s: columns %q", name, cells)
		case n == 1:
		case len(cells) != len(want):
			return errs.New(errs.BadCatalogue, "%s line %d: %d cells", name, n, len(cells))
		default:
			if err := row(cells); err != nil {
				return errs.Wrap(errs.BadCatalogue, err, "%s line %d", name, n)
			}
		}
	}
	return lines.Err()
}

func days(from, until string) (a, b workday.Date, err error) {
	if a, err = workday.ParseDate(from); err != nil || until == "" {
		return a, b, err
	}
	b, err = workday.ParseDate(until)
	return a, b, err
}

func minutes(s string) (int, error) {
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err
}

// Takes reports whether an office takes booked visits at all.
func (p *Plan) Takes(officeCode string) bool {
	return slices.ContainsFunc(p.hours, func(h Hours) bool { return h.Office == officeCode })
}

// Slots are the times of an office on a day, in order; none on a day that is no working day. A day of a year whose calendar is
// not published is a working day if its weekday is.
func (p *Plan) Slots(officeCode string, day workday.Date, cal *workday.Calendar) []Slot {
	if working, _ := cal.IsWorking(day); !working {
		return nil
	}
	var out []Slot
	for _, h := range p.hours {
		if h.Office != officeCode || day.Before(h.From) || !h.Until.IsZero() && day.After(h.Until) || h.Seats == 0 {
			continue
		}
		for at := h.Open; at+h.Minutes <= h.Close; at += h.Minutes {
			out = append(out, Slot{at, h.Minutes, h.Seats})
		}
	}
	slices.SortFunc(out, func(a, b Slot) int { return a.Start - b.Start })
	return out
}

// Slot finds the slot that begins at a time; false if there is none.
func (p *Plan) Slot(officeCode string, day workday.Date, start int, cal *workday.Calendar) (Slot, bool) {
	for _, s := range p.Slots(officeCode, day, cal) {
		if s.Start == start {
			return s, true
		}
	}
	return Slot{}, false
}

// Rule is the one in force on a day; the zero Rule keeps nothing free and blocks nobody.
func (p *Plan) Rule(on workday.Date) Rule {
	for _, r := range p.rules {
		if !on.Before(r.From) && (r.Until.IsZero() || !on.After(r.Until)) {
			return r
		}
	}
	return Rule{}
}

// Blocked says until which day a person who missed visits on these days may not book; zero: they may.
func (r Rule) Blocked(missed []workday.Date, today workday.Date) workday.Date {
	if r.Missed == 0 {
		return workday.Date{}
	}
	slices.SortFunc(missed, workday.Date.Compare)
	for i := len(missed) - 1; i >= r.Missed-1; i-- {
		last, first := missed[i], missed[i-r.Missed+1]
		if !last.After(first.AddDays(r.Within)) && !today.After(last.AddDays(r.Block)) {
			return last.AddDays(r.Block)
		}
	}
	return workday.Date{}
}
