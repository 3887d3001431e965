package org

import (
	"context"
	"maps"
	"net/url"
	"slices"

	"tongban/internal/domain/mandate"
	"tongban/internal/page"
)

// pairs are an address's values in a fixed order.
func pairs(q url.Values) [][2]string {
	var out [][2]string
	for _, name := range slices.Sorted(maps.Keys(q)) {
		out = append(out, [2]string{name, q.Get(name)})
	}
	return out
}

// radios are the names that can be chosen: oneself first.
func (v forView) radios(ctx context.Context) []page.Choice {
	out := []page.Choice{{Value: "self", Text: page.T(ctx, "org.for.self")}}
	for _, c := range v.Choices {
		if c.Why == "" {
			out = append(out, page.Choice{Value: c.Value, Text: c.Name, Hint: c.Hint})
		}
	}
	return out
}

// first is what is chosen beforehand: the only unit, if there is one.
func (v forView) first() string {
	for _, c := range v.Choices {
		if c.Why == "" {
			return c.Value
		}
	}
	return "self"
}

func (v forView) offers() []mandate.Record {
	var out []mandate.Record
	for _, c := range v.Choices {
		out = append(out, c.Offered...)
	}
	return out
}

func (v oneView) rows(ctx context.Context) []page.Row {
	state := page.T(ctx, "org.licence_ok")
	if v.Abnormal {
		state = page.T(ctx, "org.abnormal")
	}
	return []page.Row{
		{Key: page.T(ctx, "org.code"), Value: string(v.A.Org.USCC)},
		{Key: page.T(ctx, "org.representative"), Value: v.A.Representative.Name},
		{Key: page.T(ctx, "org.licence"), Value: state, Source: v.A.Licence},
	}
}

func (v oneView) head(ctx context.Context) []page.Cell {
	var out []page.Cell
	for _, key := range []string{"agent", "items", "until", "state"} {
		out = append(out, page.Text(page.T(ctx, "org.col."+key)))
	}
	return out
}

// kinHead are the columns of the two lists of the family.
func kinHead(ctx context.Context) []page.Cell {
	out := []page.Cell{page.Text(page.T(ctx, "org.kin.who"))}
	for _, key := range []string{"items", "until", "state"} {
		out = append(out, page.Text(page.T(ctx, "org.col."+key)))
	}
	return out
}

// from is who gave a mandate: the unit, or the person.
func from(m mandate.Record) string {
	if m.Personal() {
		return m.Representative.Name
	}
	return m.Unit.Name
}
