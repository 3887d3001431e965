package figure

import (
	"math"
	"slices"
	"time"
)

// Times are counted in classes that grow by a tenth, so a median or percentile read from them is off by at most 5 % of its
// value (and by less than a minute below one minute). Working days and counts are exact.
const (
	growNum, growDen = 11, 10
	firstClass       = 60 // seconds
	lastClass        = 160
)

// bounds[i] is where class i ends, in seconds: class 0 is below a minute.
var bounds = func() []int64 {
	out := make([]int64, lastClass)
	out[0] = firstClass
	for i := 1; i < lastClass; i++ {
		out[i] = (out[i-1]*growNum + growDen - 1) / growDen
	}
	return out
}()

// MaxError is how far a percentile of times may be off, as a share of its value.
const MaxError = 0.05

// ClassOf is the class of a span of time; one that runs backwards (clocks differ) is in the first.
func ClassOf(d time.Duration) int {
	i, exact := slices.BinarySearch(bounds, int64(d/time.Second))
	if exact {
		i++ // a bound belongs to the class above it
	}
	return i
}

// spanOf is what a class stands for: the geometric middle of its ends.
func spanOf(class int) time.Duration {
	switch {
	case class <= 0:
		return firstClass / 2 * time.Second
	case class >= lastClass:
		return time.Duration(bounds[lastClass-1]) * time.Second
	}
	return time.Duration(math.Sqrt(float64(bounds[class-1])*float64(bounds[class]))) * time.Second
}

// Hist counts by class.
type Hist map[int]int64

// N is how many it counts.
func (h Hist) N() int64 {
	var n int64
	for _, c := range h {
		n += c
	}
	return n
}

// Add counts those of another in.
func (h Hist) Add(other Hist) {
	for class, n := range other {
		h[class] += n
	}
}

// Rank is the class of the value at a share q of all (0.5 is the median), by nearest rank; false if there is none.
func (h Hist) Rank(q float64) (class int, ok bool) {
	total := h.N()
	if total <= 0 {
		return 0, false
	}
	want := max(1, int64(math.Ceil(q*float64(total))))
	for _, c := range h.classes() {
		if want -= h[c]; want <= 0 {
			return c, true
		}
	}
	return 0, false
}

func (h Hist) classes() []int {
	out := make([]int, 0, len(h))
	for c, n := range h {
		if n > 0 {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return out
}

// Span is the percentile of a figure of times.
func (h Hist) Span(q float64) (time.Duration, bool) {
	class, ok := h.Rank(q)
	return spanOf(class), ok
}

// Share is the part of all that is in the classes from at on: of a figure of kind Kept or Law, at 1, the part that was kept.
func (h Hist) Share(at int) (float64, bool) {
	total := h.N()
	if total <= 0 {
		return 0, false
	}
	var n int64
	for c, k := range h {
		if c >= at {
			n += k
		}
	}
	return float64(n) / float64(total), true
}
