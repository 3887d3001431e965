package sharing

import (
	"slices"
	"strings"

	"tongban/internal/domain/item"
)

// Named lists what the dated rules of a matter need of a source, by the names that the source gives: what a field of the form is
// read from, and everything about a paper that the source stands in for. Nothing else may be asked for in that matter.
func Named(v item.Version, source item.Evidence) []string {
	var out []string
	add := func(name string) {
		if slices.Contains(source.Gives, name) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, f := range v.Form.Fields {
		if from, name, ok := strings.Cut(f.From, "."); ok && f.Source == item.FromEvidence && from == source.Key {
			add(name)
		}
	}
	for _, m := range v.Materials {
		if m.Resource == source.Key && (slices.Contains(m.Sources, "shared") || slices.Contains(m.Sources, "elicence")) {
			for _, name := range source.Gives {
				add(name)
			}
		}
	}
	return out
}
