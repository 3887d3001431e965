// Package zone holds how matters are laid out for people (专区): by theme, by life event, by department, and by the regional,
// pair and local zones in which places handle matters for each other. All of it is data with marks (catalogue/zones); no
// source gave the national zone's own lists, so nothing here claims to be them.
package zone

import (
	"slices"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Subject is whom a matter serves.
type Subject string

// The subjects.
const (
	Person Subject = "person" // 个人办事
	Org    Subject = "org"    // 法人办事
)

// Theme is an entry of the two theme dictionaries of the basic catalogue (政务服务事项基本目录).
type Theme struct {
	Subject Subject
	Code    string // 3 digits
	Name    string
	NameEn  string
	Mark    item.Mark
	Source  string
}

// ZoneTheme is a theme as a zone shows it. It gathers one or more catalogue themes, and a catalogue theme may stand in
// several: the zone's names and the dictionary's are not the same.
type ZoneTheme struct { //nolint:revive // "theme" alone is the dictionary's
	Subject Subject
	Key     string
	Name    string
	NameEn  string
	Themes  []string // "person:060"
	Mark    item.Mark
	Source  string
}

// Event is a stage or event of a life, a person's or an enterprise's.
type Event struct {
	Key     string    `toml:"key"`
	Subject Subject   `toml:"subject"`
	Name    string    `toml:"name"`
	NameEn  string    `toml:"name_en"`
	Frame   string    `toml:"frame"` // which list it comes from: "35", "32" or "practice"
	Items   []string  `toml:"items"`
	Mark    item.Mark `toml:"mark"`
	Source  string    `toml:"source"`
}

// Department is the lead ministry that answers for matters.
type Department struct {
	Key    string
	Name   string
	NameEn string
	Depts  []string // the words of item.Item.Dept that name it
}

// Kind of a zone.
type Kind string

// The kinds.
const (
	Regional Kind = "regional" // 区域专区
	PairZone Kind = "pair"     // 省际专区: two sides
	Local    Kind = "local"    // 地方专区: cities and counties
)

// Zone is a set of places that handle matters for each other.
type Zone struct {
	Key      string        `toml:"key"`
	Kind     Kind          `toml:"kind"`
	Name     string        `toml:"name"`
	NameEn   string        `toml:"name_en"`
	Members  []region.Code `toml:"members"`
	Items    []string      `toml:"items"` // codes; "*": whatever the catalogue allows
	From     workday.Date  `toml:"from"`  // zero: no source tells
	Until    workday.Date  `toml:"until"` // zero: open
	Complete *bool         `toml:"complete"`
	Mark     item.Mark     `toml:"mark"`
	Source   string        `toml:"source"`
	Note     string        `toml:"note"`
	NoteEn   string        `toml:"note_en"`
}

// AllMembers reports whether Members is the whole list.
func (z Zone) AllMembers() bool { return z.Complete == nil || *z.Complete }

// In reports whether it is there on a day. A zone whose first day no source tells counts as there.
func (z Zone) In(on workday.Date) bool {
	return !on.Before(z.From) && (z.Until.IsZero() || !on.After(z.Until))
}

// Member gives the member that a place lies in.
func (z Zone) Member(place region.Code, regions *region.Table) (region.Code, bool) {
	i := slices.IndexFunc(z.Members, func(m region.Code) bool { return regions.Within(place, m) })
	if i < 0 {
		return "", false
	}
	return z.Members[i], true
}

// Has reports whether a matter is part of the zone.
func (z Zone) Has(code string) bool {
	return slices.Contains(z.Items, "*") || slices.Contains(z.Items, code)
}

// Zones is everything a zone page needs. It is read-only and safe for concurrent use.
type Zones struct {
	themes      []Theme
	zoneThemes  []ZoneTheme
	events      []Event
	departments []Department
	zones       []Zone
}

// Group is a heading with its matters.
type Group struct {
	Key    string
	Name   string
	NameEn string
	Mark   item.Mark
	Source string
	Items  []item.Item
}

// Themes lists the zone's themes of a subject with their matters; a theme without matters stays, empty.
func (z *Zones) Themes(s Subject, all *item.Catalogue) []Group {
	var out []Group
	for _, t := range z.zoneThemes {
		if t.Subject != s {
			continue
		}
		g := Group{Key: t.Key, Name: t.Name, NameEn: t.NameEn, Mark: t.Mark, Source: t.Source}
		for _, it := range all.All() {
			if slices.Contains(it.Subject, string(s)) && z.gathers(t, it.Theme) {
				g.Items = append(g.Items, it)
			}
		}
		out = append(out, g)
	}
	return out
}

func (z *Zones) gathers(t ZoneTheme, theme string) bool {
	return slices.ContainsFunc(z.themes, func(d Theme) bool {
		return short(d.Name) == theme && slices.Contains(t.Themes, string(d.Subject)+":"+d.Code)
	})
}

// short is a dictionary name without what it explains in brackets.
func short(name string) string {
	s, _, _ := strings.Cut(name, "\uff08")
	return s
}

// Events lists the life events of a subject with their matters.
func (z *Zones) Events(s Subject, all *item.Catalogue) []Group {
	var out []Group
	for _, e := range z.events {
		if e.Subject == s {
			out = append(out, z.event(e, all))
		}
	}
	return out
}

// Event finds one by key.
func (z *Zones) Event(key string, all *item.Catalogue) (Group, bool) {
	i := slices.IndexFunc(z.events, func(e Event) bool { return e.Key == key })
	if i < 0 {
		return Group{}, false
	}
	return z.event(z.events[i], all), true
}

func (z *Zones) event(e Event, all *item.Catalogue) Group {
	g := Group{Key: e.Key, Name: e.Name, NameEn: e.NameEn, Mark: e.Mark, Source: e.Source}
	for _, code := range e.Items {
		if it, ok := all.Item(code); ok {
			g.Items = append(g.Items, it)
		}
	}
	return g
}

// Departments lists the lead ministries that have matters for a subject.
func (z *Zones) Departments(s Subject, all *item.Catalogue) []Group {
	var out []Group
	for _, d := range z.departments {
		g := Group{Key: d.Key, Name: d.Name, NameEn: d.NameEn}
		for _, it := range all.All() {
			if slices.Contains(it.Subject, string(s)) && slices.Contains(d.Depts, it.Dept) {
				g.Items = append(g.Items, it)
			}
		}
		if len(g.Items) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// All lists every zone.
func (z *Zones) All() []Zone { return slices.Clone(z.zones) }

// Zone finds one by key.
func (z *Zones) Zone(key string) (Zone, bool) {
	i := slices.IndexFunc(z.zones, func(x Zone) bool { return x.Key == key })
	if i < 0 {
		return Zone{}, false
	}
	return z.zones[i], true
}

// Containing lists the zones that a place is part of on a day.
func (z *Zones) Containing(place region.Code, on workday.Date, regions *region.Table) []Zone {
	return slices.DeleteFunc(z.All(), func(x Zone) bool {
		_, in := x.Member(place, regions)
		return !in || !x.In(on)
	})
}

// Pair is what two places do for each other: the zones they share as two members, and the matters that can be handled from
// here to there.
type Pair struct {
	Zones []Zone
	Items []PairItem
}

// PairItem is a matter that is possible between two places, with the zones that carry it.
type PairItem struct {
	Item   item.Item
	Answer item.Answer
	Zones  []string // keys
}

// Pair resolves every matter from one place to another on a day.
func (z *Zones) Pair(all *item.Catalogue, here, there region.Code, on workday.Date, regions *region.Table) Pair {
	p := Pair{Zones: slices.DeleteFunc(z.Containing(here, on, regions), func(x Zone) bool {
		h, _ := x.Member(here, regions)
		t, in := x.Member(there, regions)
		return !in || h == t
	})}
	for _, it := range all.All() {
		a := all.Can(item.Query{Item: it.Code, Here: here, There: there, On: on}, regions)
		if !a.Possible {
			continue
		}
		line := PairItem{Item: it, Answer: a}
		for _, x := range p.Zones {
			if x.Has(it.Code) {
				line.Zones = append(line.Zones, x.Key)
			}
		}
		p.Items = append(p.Items, line)
	}
	return p
}
