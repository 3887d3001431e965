package journey

import (
	"reflect"
	"slices"

	"tongban/internal/domain/item"
)

// Change is one thing that differs between two versions of the rules, as far as an applicant has to do with it.
type Change struct {
	What   string // question | material | limit | fee
	How    string // new | gone | changed
	Name   string
	NameEn string
}

// Moved lists what changed from the version that a draft was begun under to the one in force.
func Moved(old, now item.Version) []Change {
	out := compare("question", asked(old), asked(now), func(f item.Field) (string, string, string) { return f.Key, f.Label, f.LabelEn })
	out = append(out, compare("material", old.Materials, now.Materials, func(m item.Material) (string, string, string) { return m.Key, m.Name, m.NameEn })...)
	out = append(out, compare("limit", old.Limits, now.Limits, func(l item.LimitRule) (string, string, string) { return l.Key, string(l.Kind), string(l.Kind) })...)
	if old.Fee.Fen != now.Fee.Fen {
		out = append(out, Change{What: "fee", How: "changed"})
	}
	return out
}

func asked(v item.Version) []item.Field { return v.Typed() }

func compare[T any](what string, old, now []T, name func(T) (key, zh, en string)) []Change {
	var out []Change
	find := func(list []T, key string) (T, bool) {
		i := slices.IndexFunc(list, func(x T) bool { k, _, _ := name(x); return k == key })
		if i < 0 {
			var none T
			return none, false
		}
		return list[i], true
	}
	for _, x := range now {
		key, zh, en := name(x)
		was, had := find(old, key)
		switch {
		case !had:
			out = append(out, Change{what, "new", zh, en})
		case !reflect.DeepEqual(was, x):
			out = append(out, Change{what, "changed", zh, en})
		}
	}
	for _, x := range old {
		key, zh, en := name(x)
		if _, still := find(now, key); !still {
			out = append(out, Change{what, "gone", zh, en})
		}
	}
	return out
}
