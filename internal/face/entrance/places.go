package entrance

import (
	"cmp"
	"slices"
	"strings"

	"tongban/internal/kernel/region"
)

// mostPlaces is how many places a page offers for a name that several bear.
const mostPlaces = 12

// place is one division as people type it.
type place struct {
	region.Region
	full string
}

// places finds divisions by name or code.
type places struct {
	table *region.Table
	all   []place
	gone  []place // abolished; found by exact name only, and only where nothing in force bears it
}

func newPlaces(t *region.Table) *places {
	p := &places{table: t}
	var walk func(region.Code)
	walk = func(code region.Code) {
		for _, r := range t.Children(code) {
			p.all = append(p.all, place{r, t.FullName(r.Code)})
			walk(r.Code)
		}
	}
	walk("")
	for _, r := range t.Abolished() {
		p.gone = append(p.gone, place{r, t.FullName(r.Code)})
	}
	return p
}

// find gives what a text may mean: a code is itself, known or not; a name is the divisions that bear it, else those whose
// name begins so, else those whose full name has its characters in this order ("黑龙江尚志"). Larger divisions stand first.
func (p *places) find(text string) []region.Code {
	text = strings.Join(strings.Fields(text), "")
	if text == "" {
		return nil
	}
	if code, err := region.Parse(text); err == nil {
		return []region.Code{code}
	}
	for _, fits := range []func(place) bool{
		func(x place) bool { return x.Name == text || x.full == text },
		func(x place) bool { return strings.HasPrefix(x.Name, text) || strings.EqualFold(x.En, text) },
		func(x place) bool { return inOrder(x.full, text) },
	} {
		var hits []place
		for _, x := range p.all {
			if fits(x) {
				hits = append(hits, x)
			}
		}
		if len(hits) == 0 {
			continue
		}
		slices.SortStableFunc(hits, func(a, b place) int { return cmp.Compare(a.Level, b.Level) })
		var out []region.Code
		for _, h := range hits[:min(len(hits), mostPlaces)] {
			out = append(out, h.Code)
		}
		return out
	}
	for _, x := range p.gone {
		if x.Name == text || x.full == text {
			return []region.Code{x.Code}
		}
	}
	return nil
}

// inOrder reports whether the characters of part stand in whole in the same order.
func inOrder(whole, part string) bool {
	rest := []rune(part)
	for _, r := range whole {
		if len(rest) > 0 && rest[0] == r {
			rest = rest[1:]
		}
	}
	return len(rest) == 0
}
