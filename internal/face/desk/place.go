package desk

import (
	"slices"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/region"
)

// place is a deciding place that the form suggests.
type place struct{ Code, Name string }

// indexPlaces makes the names under which a clerk may type a place: its own, and the full one from the province down.
func (f *Face) indexPlaces() {
	f.byName = map[string][]region.Code{}
	regions := f.cfg.Kit.Regions
	var walk func(code region.Code)
	walk = func(code region.Code) {
		for _, r := range regions.Children(code) {
			full := regions.FullName(r.Code)
			f.byName[r.Name] = append(f.byName[r.Name], r.Code)
			if full != r.Name {
				f.byName[full] = append(f.byName[full], r.Code)
			}
			if r.Short != "" && r.Short != r.Name {
				f.byName[r.Short] = append(f.byName[r.Short], r.Code)
			}
			if r.Level < region.County {
				walk(r.Code)
			}
		}
	}
	walk("")
	for _, o := range f.cfg.Kit.Offices {
		if o.Node != f.cfg.Kit.Me {
			f.places = append(f.places, place{o.Region.Display(), regions.FullName(o.Region)})
		}
	}
	slices.SortFunc(f.places, func(a, b place) int { return strings.Compare(a.Code, b.Code) })
	f.places = slices.Compact(f.places)
}

// findPlace reads a place as typed: a code, a name, the end or the beginning of a full name. More than one answer means
// that the clerk has to choose.
func (f *Face) findPlace(text string) []region.Code {
	text = strings.Join(strings.Fields(text), "")
	if text == "" {
		return nil
	}
	if code, err := region.Parse(text); err == nil {
		return []region.Code{code}
	}
	if codes := f.byName[text]; len(codes) > 0 {
		return slices.Clone(codes)
	}
	if len([]rune(text)) < 2 {
		return nil
	}
	var out []region.Code
	for name, codes := range f.byName {
		if strings.Contains(name, text) {
			out = append(out, codes...)
		}
	}
	slices.SortFunc(out, func(a, b region.Code) int {
		if a.Level() != b.Level() {
			return int(a.Level()) - int(b.Level())
		}
		return strings.Compare(string(a), string(b))
	})
	out = slices.Compact(out)
	return out[:min(len(out), 12)]
}

// findItems reads a matter as typed: code, exact name or alias, or a part of a name.
func (f *Face) findItems(text string) []item.Item {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	if it, ok := f.cfg.Kit.Catalogue.Item(text); ok {
		return []item.Item{it}
	}
	var out []item.Item
	for _, it := range f.cfg.Kit.Catalogue.All() {
		hit := strings.Contains(it.Name, text) || slices.ContainsFunc(it.Aliases, func(a string) bool { return strings.Contains(a, text) })
		if hit {
			out = append(out, it)
		}
	}
	// what can be done in full comes first
	slices.SortStableFunc(out, func(a, b item.Item) int { return len(b.Versions) - len(a.Versions) })
	return out[:min(len(out), 12)]
}
