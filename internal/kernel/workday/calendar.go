package workday

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
)

// Calendar holds for each published year the days off and the weekend days worked instead. It is read
// only after Load and safe for concurrent use.
type Calendar struct {
	marked    map[Date]mark
	published map[int]bool
}

type mark struct {
	working bool
	name    string
}

// Default is the calendar of the catalogue inside the binary, loaded once.
var Default = sync.OnceValues(func() (*Calendar, error) { return Load(catalogue.FS) })

// Load reads calendar.tsv (date, kind off or work, name, source). A year counts as published if the file has a row
// for it, as the State Council publishes a year as a whole. A row that cannot be right is errs.CalendarData.
func Load(fsys fs.FS) (*Calendar, error) {
	b, err := fs.ReadFile(fsys, "calendar.tsv")
	if err != nil {
		return nil, errs.Wrap(errs.CalendarData, err, "calendar.tsv")
	}
	c := &Calendar{marked: map[Date]mark{}, published: map[int]bool{}}
	n := 0
	for line := range strings.Lines(string(b)) {
		if n++; n == 1 {
			continue
		}
		cells := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if len(cells) != 4 || cells[3] == "" || cells[1] != "off" && cells[1] != "work" {
			return nil, errs.New(errs.CalendarData, "calendar.tsv line %d", n)
		}
		d, err := ParseDate(cells[0])
		if err != nil {
			return nil, errs.Wrap(errs.CalendarData, err, "calendar.tsv line %d", n)
		}
		if _, twice := c.marked[d]; twice {
			return nil, errs.New(errs.CalendarData, "calendar.tsv line %d: %s stands twice", n, d)
		}
		c.marked[d] = mark{working: cells[1] == "work", name: cells[2]}
		c.published[d.Year()] = true
	}
	return c, nil
}

// IsWorking reports whether d is a working day, and whether the calendar of its year is published; if it is not, the
// weekday alone decides.
func (c *Calendar) IsWorking(d Date) (working, published bool) {
	published = c.published[d.Year()]
	if m, ok := c.marked[d]; ok {
		return m.working, published
	}
	w := d.Weekday()
	return w != time.Saturday && w != time.Sunday, published
}

// Name is what the calendar calls d (a holiday, or the holiday that a worked weekend makes up for), or "".
func (c *Calendar) Name(d Date) string { return c.marked[d].name }

// Years lists the years whose calendar is published, ascending.
func (c *Calendar) Years() []int { return slices.Sorted(maps.Keys(c.published)) }
