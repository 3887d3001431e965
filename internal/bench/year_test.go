package bench

import (
	"maps"
	"testing"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// A year of a seed is always the same, and what its nodes count of each other agrees.
func TestAYearOfASeed(t *testing.T) {
	calendar, err := workday.Default()
	if err != nil {
		t.Fatal(err)
	}
	regions, err := region.Default()
	if err != nil {
		t.Fatal(err)
	}
	const cases = 2000
	one, two := newYear(7, cases, item.Default(), regions, calendar).sums(), newYear(7, cases, item.Default(), regions, calendar).sums()
	n := map[string]int64{}
	months := map[int]bool{}
	for id, s := range one {
		if !maps.Equal(s, two[id]) {
			t.Errorf("%s differs", id)
		}
		for _, c := range s.Cells() {
			if c.Cut == figure.ByPlace {
				n[c.Figure] += c.N
				months[c.Month] = true
			}
		}
	}
	if n["lodged"] != cases || n["whole"] > cases || n["whole"] < cases*9/10 || n["outcome"] < n["whole"] {
		t.Errorf("of %d cases: %v", cases, n)
	}
	if n["transit"] != n["received"] || n["back"] != n["arrived"] || n["received"] <= cases {
		t.Errorf("what one handed over another did not receive: %v", n)
	}
	if len(months) < 12 || len(one) != 32 {
		t.Errorf("%d months, %d nodes", len(months), len(one))
	}
}
