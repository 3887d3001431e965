package item

import (
	"maps"
	"regexp"
	"strings"
)

// hole is a place in a derived field's template: {key}, or {key:part} for the line of business of a scope's first phrase.
var hole = regexp.MustCompile(`\{([a-z_.]+)(:part)?\}`)

// factPrefix are the names of facts that a template or an evidence field may use besides earlier fields: there.name (full
// name of the deciding place), there.city, there.office, here.name … and KEY.GIVES of a registered evidence.
var factPrefix = []string{"there.", "here.", "case."}

// Fill puts together all values of the form: answers as Clean gives them, evidence values from facts by their From
// ("idcard.name"), and derived ones from their templates. An answer given where the fallback is to ask wins over
// evidence. A template with a hole that nothing fills gives no value, so that a gap shows as a gap.
func (v Version) Fill(answers, facts map[string]string) map[string]string {
	out := maps.Clone(answers)
	if out == nil {
		out = map[string]string{}
	}
	for _, f := range v.Form.Fields {
		if out[f.Key] != "" && f.Fallback == FallAsk {
			continue
		}
		switch f.Source { //nolint:exhaustive // asked values are there already
		case FromEvidence:
			set(out, f.Key, facts[f.From])
		case Derived:
			set(out, f.Key, v.template(f.From, out, facts))
		}
	}
	return out
}

func set(m map[string]string, key, value string) {
	if value == "" {
		delete(m, key)
		return
	}
	m[key] = value
}

func (v Version) template(t string, values, facts map[string]string) string {
	gap := false
	s := hole.ReplaceAllStringFunc(t, func(h string) string {
		m := hole.FindStringSubmatch(h)
		value := values[m[1]]
		if value == "" {
			value = facts[m[1]]
		}
		if m[2] != "" {
			value = v.part(m[1], value)
		}
		gap = gap || value == ""
		return value
	})
	if gap {
		return ""
	}
	return s
}

// part is the line of business that the first phrase of a scope puts into the name.
func (v Version) part(key, value string) string {
	f, _ := v.Field(key)
	first, _, _ := strings.Cut(value, ScopeJoin)
	for _, o := range f.Options {
		if o.Value == first {
			return o.Part
		}
	}
	return ""
}

// Missing lists the required fields that have no value in what Fill gave, in the form's order.
func (v Version) Missing(values map[string]string) []Field {
	var out []Field
	for _, f := range v.Form.Fields {
		if f.Required && values[f.Key] == "" {
			out = append(out, f)
		}
	}
	return out
}
