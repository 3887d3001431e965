package journey

import (
	"regexp"

	"tongban/internal/domain/item"
)

var hole = regexp.MustCompile(`\{([a-z_]+)`)

// Behind are the typed answers on which points of the checklist rest: those that may be changed when the points are to be
// mended, and no others.
func Behind(v item.Version, checks []string) []item.Field {
	wanted := map[string]bool{}
	for _, k := range v.Checklist {
		for _, key := range checks {
			if k.Key != key || k.Field == "" {
				continue
			}
			wanted[k.Field] = true
			field, _ := v.Field(k.Field)
			for _, m := range hole.FindAllStringSubmatch(field.From, -1) {
				wanted[m[1]] = true
			}
		}
	}
	var out []item.Field
	for _, f := range v.Typed() {
		if wanted[f.Key] {
			out = append(out, f)
		}
	}
	return out
}

// PaperBehind is the material that a point looks at, "" if it looks at an answer alone.
func PaperBehind(v item.Version, check string) string {
	for _, k := range v.Checklist {
		if k.Key == check {
			return k.Material
		}
	}
	return ""
}
