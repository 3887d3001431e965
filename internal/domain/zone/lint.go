package zone

import (
	"slices"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/region"
)

// Lint checks every rule of the zones against the items and gives the breaches; an empty answer means clean.
func (z *Zones) Lint(all *item.Catalogue, regions *region.Table) []item.Finding {
	l := &linter{}
	l.themes(z, all)
	l.file = eventsFile
	seen := map[string]bool{}
	for _, e := range z.events {
		l.once(seen, e.Key)
		l.text(e.Key, e.Name, e.NameEn, string(e.Mark), e.Source)
		l.items(e.Key, e.Items, all)
		for _, code := range e.Items {
			if it, ok := all.Item(code); ok && !slices.Contains(it.Subject, string(e.Subject)) {
				l.say("dangling", e.Key+": "+code+" does not serve "+string(e.Subject))
			}
		}
	}
	l.file = departmentsFile
	for _, it := range all.All() {
		if !slices.ContainsFunc(z.departments, func(d Department) bool { return slices.Contains(d.Depts, it.Dept) }) {
			l.say("dangling", "no department for "+it.Code+": "+it.Dept)
		}
	}
	l.file = zonesFile
	seen = map[string]bool{}
	for _, x := range z.zones {
		l.once(seen, x.Key)
		l.text(x.Key, x.Name, x.NameEn, string(x.Mark), x.Source)
		if (x.Note == "") != (x.NoteEn == "") {
			l.say("no-english", x.Key+" note")
		}
		l.zone(x, regions)
		if !slices.Contains(x.Items, "*") {
			l.items(x.Key, x.Items, all)
		}
	}
	return l.out
}

type linter struct {
	out  []item.Finding
	file string
}

func (l *linter) say(rule, text string) {
	l.out = append(l.out, item.Finding{File: "zones/" + l.file, Rule: rule, Text: text})
}

func (l *linter) once(seen map[string]bool, key string) {
	if key == "" || seen[key] {
		l.say("duplicate-key", key)
	}
	seen[key] = true
}

func (l *linter) text(key, zh, en, mark, source string) {
	if zh == "" || en == "" {
		l.say("no-text", key)
	}
	if source == "" {
		l.say("no-source", key)
	}
	marks := []item.Mark{item.Confirmed, item.Likely, item.Memory, item.Sourced, item.Inferred, item.Unverified}
	if !slices.Contains(marks, item.Mark(mark)) {
		l.say("unknown-mark", key+": "+mark)
	}
}

func (l *linter) items(key string, codes []string, all *item.Catalogue) {
	if len(codes) == 0 {
		l.say("unknown-item", key+": none")
	}
	for _, code := range codes {
		if it, ok := all.Item(code); !ok || it.Code != code {
			l.say("unknown-item", key+": "+code)
		}
	}
}

func (l *linter) themes(z *Zones, all *item.Catalogue) {
	l.file = themesFile
	seen := map[string]bool{}
	for _, t := range z.themes {
		l.once(seen, string(t.Subject)+":"+t.Code)
		l.text(t.Code, t.Name, t.NameEn, string(t.Mark), t.Source)
	}
	l.file = zoneThemesFile
	keys := map[string]bool{}
	for _, t := range z.zoneThemes {
		l.once(keys, string(t.Subject)+"/"+t.Key)
		l.text(t.Key, t.Name, t.NameEn, string(t.Mark), t.Source)
		for _, code := range t.Themes {
			if !seen[code] {
				l.say("dangling", t.Key+": no theme "+code)
			}
		}
	}
	for _, it := range all.All() {
		for _, s := range it.Subject {
			if !slices.ContainsFunc(z.zoneThemes, func(t ZoneTheme) bool { return string(t.Subject) == s && z.gathers(t, it.Theme) }) {
				l.say("dangling", it.Code+": no theme of the zone for "+s+" gathers "+it.Theme)
			}
		}
	}
}

func (l *linter) zone(x Zone, regions *region.Table) {
	if !slices.Contains([]Kind{Regional, PairZone, Local}, x.Kind) {
		l.say("unknown-value", x.Key+": "+string(x.Kind))
	}
	if len(x.Members) < 2 || (x.Kind == PairZone && len(x.Members) != 2) {
		l.say("one-sided", x.Key+": a zone has two members or more, a pair two")
	}
	seen := map[region.Code]bool{}
	for _, m := range x.Members {
		if _, s := regions.Lookup(m); s == region.Unknown {
			l.say("unknown-place", x.Key+": "+string(m))
		}
		if seen[m] {
			l.say("duplicate-key", x.Key+": "+string(m))
		}
		seen[m] = true
	}
	if !x.Until.IsZero() && x.Until.Before(x.From) {
		l.say("dates", x.Key)
	}
}
