package search

import (
	"strings"

	"tongban/internal/kernel/region"
)

// places are the names that a question may call a place by.
type places struct{ names dictionary }

// placesOf takes provinces by their short and long names, prefectures with and without their kind, and counties by their
// whole names of three characters and more.
func placesOf(w *Words, regions *region.Table) places {
	var p places
	if regions == nil {
		return p
	}
	add := func(name string, code region.Code) {
		name = string(w.fold(name))
		if _, taken := p.names.to[name]; !taken && len([]rune(name)) >= 2 {
			p.names.add(name, string(code))
		}
	}
	provinces := regions.Provinces()
	for _, r := range provinces {
		add(r.Name, r.Code)
		add(r.Short, r.Code)
	}
	var counties []region.Region
	for _, r := range provinces {
		for _, c := range regions.Children(r.Code) {
			if c.Level != region.Prefecture {
				counties = append(counties, c)
				continue
			}
			add(c.Name, c.Code)
			add(trimLast(c.Name), c.Code)
			counties = append(counties, regions.Children(c.Code)...)
		}
	}
	for _, c := range counties {
		if len([]rune(c.Name)) >= 3 {
			add(c.Name, c.Code)
		}
	}
	return p
}

// city is the last character of a city's name.
const city = '\u5e02'

func trimLast(name string) string { return strings.TrimSuffix(name, string(city)) }

// cut takes the names of places out of a question.
func (p places) cut(text []rune) (rest []rune, named []region.Code) {
	for i := 0; i < len(text); {
		if code, n := p.names.at(text[i:], nil); n > 0 {
			named = append(named, region.Code(code))
			rest = append(rest, ' ')
			i += n
			continue
		}
		rest = append(rest, text[i])
		i++
	}
	return []rune(strings.TrimSpace(string(rest))), named
}
