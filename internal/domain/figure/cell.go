package figure

import (
	"cmp"
	"slices"
)

// Cut is what a figure is broken down by. The full cross of month, matter, both places and office would hold hardly more than
// one case a cell; a board asks for one breakdown at a time.
type Cut string

// The cuts.
const (
	ByPlace  Cut = "place"  // the other side's node
	ByItem   Cut = "item"   // the matter
	ByOffice Cut = "office" // the own office
)

// Cuts lists them.
func Cuts() []Cut { return []Cut{ByItem, ByOffice, ByPlace} }

// Key names one cell of the aggregates.
type Key struct {
	Cut    Cut
	Figure string
	Month  int
	Key    string
	Class  int
}

// Compare orders keys: by cut, figure, month, key, class.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Cut, o.Cut), cmp.Compare(k.Figure, o.Figure), cmp.Compare(k.Month, o.Month),
		cmp.Compare(k.Key, o.Key), cmp.Compare(k.Class, o.Class))
}

// Cell is a count of the aggregates.
type Cell struct {
	Key
	N int64
}

// Sum counts tallies up.
type Sum map[Key]int64

// Add counts tallies n times; -1 takes them out again.
func (s Sum) Add(tallies []Tally, n int64) {
	for _, t := range tallies {
		for cut, key := range map[Cut]string{ByPlace: string(t.With), ByItem: t.Item, ByOffice: t.Office} {
			s[Key{cut, t.Figure, t.Month, key, t.Class}] += n
		}
	}
}

// Cells are those that are not 0, in the order of keys.
func (s Sum) Cells() []Cell {
	out := make([]Cell, 0, len(s))
	for k, n := range s {
		if n != 0 {
			out = append(out, Cell{k, n})
		}
	}
	slices.SortFunc(out, func(a, b Cell) int { return a.Compare(b.Key) })
	return out
}
