package region

import (
	"cmp"
	"slices"
)

// Lookup gives what is known about code. An Unknown code comes back with its level and parent as its digits say and
// with its digits for a name, so that it can still be shown and stored.
func (t *Table) Lookup(code Code) (Region, Status) {
	r := t.rows[code]
	switch {
	case r == nil:
		return Region{Code: code, Name: code.Display(), Level: code.Level(), Parent: code.parent()}, Unknown
	case r.Until != "":
		return r.copy(), Historical
	}
	return r.copy(), Current
}

func (r *Region) copy() Region {
	c := *r
	c.Successors = slices.Clone(r.Successors)
	return c
}

// Name is the division's own name, or the digits of an unknown code.
func (t *Table) Name(code Code) string {
	r, _ := t.Lookup(code)
	return r.Name
}

// FullName is the names from the province down, without the rows that only group. What is unknown below a known
// division is added as its digits in parentheses; of a code of which nothing is known only the digits are shown.
func (t *Table) FullName(code Code) string {
	name, unknown := "", false
	for c := code; c != ""; {
		r, status := t.Lookup(c)
		switch {
		case status == Unknown:
			unknown = true
		case r.Level != Group:
			name = r.Name + name
		}
		c = r.Parent
	}
	switch {
	case name == "":
		return code.Display()
	case unknown:
		return name + "(" + code.Display() + ")"
	}
	return name
}

// Provinces lists the 31 provinces and the Corps, which run nodes, by code.
func (t *Table) Provinces() []Region {
	list := make([]Region, 0, len(t.nodes))
	for _, c := range t.nodes {
		list = append(list, t.rows[c].copy())
	}
	return list
}

// ByLabel gives the province of a host label, "heilongjiang".
func (t *Table) ByLabel(label string) (Region, bool) {
	for _, c := range t.nodes {
		if t.rows[c].Label == label {
			return t.rows[c].copy(), true
		}
	}
	return Region{}, false
}

// Children lists the divisions in force directly below code, by code; those below a group stand in the group's place,
// so that a person choosing a place sees no row that is not one. Children("") lists all provinces.
func (t *Table) Children(code Code) []Region {
	var list []Region
	for _, c := range t.children[code] {
		if r := t.rows[c]; r.Level == Group {
			list = append(list, t.Children(c)...)
		} else {
			list = append(list, r.copy())
		}
	}
	return list
}

// Within reports whether code is ancestor or lies below it, or whether a successor of an abolished code does: what is
// addressed to an abolished division reaches the office that took over.
func (t *Table) Within(code, ancestor Code) bool {
	if code.Within(ancestor) {
		return true
	}
	r := t.rows[code]
	if r == nil || r.Until == "" {
		return false
	}
	return slices.ContainsFunc(r.Successors, func(s Code) bool { return s.Within(ancestor) })
}

// Abolished lists the historical codes, by code.
func (t *Table) Abolished() []Region {
	var list []Region
	for _, r := range t.rows {
		if r.Until != "" {
			list = append(list, r.copy())
		}
	}
	slices.SortFunc(list, func(a, b Region) int { return cmp.Compare(a.Code, b.Code) })
	return list
}
