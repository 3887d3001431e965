package item

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Problem is one thing to mend in an answer: what is wrong and how to put it right, in the reader's language.
type Problem struct {
	Field string // Field.Key
	Key   string // the rule: required long short control han choice money percent date region unknown
	What  string
	Fix   string
}

// ScopeJoin stands between the phrases of a scope.
const ScopeJoin = "\uff1b"

// typeMax bounds the characters of a value whose field sets no Max.
const typeMax = 200

// Typed lists the fields whose values must come from the applicant's side.
func (v Version) Typed() []Field {
	return slices.DeleteFunc(slices.Clone(v.Form.Fields), func(f Field) bool { return f.Source != Asked })
}

// Check judges answers in the language lang ("zh" or "en"), in the form's order. Asked fields must be there if required;
// other fields may be answered only where their fallback is to ask. A key that the form does not have is a problem too.
// Nothing is a problem that Clean mends.
func (v Version) Check(answers map[string]string, lang string) []Problem {
	var out []Problem
	add := func(key, rule string, f Field) {
		out = append(out, problem(key, rule, f, lang))
	}
	for _, f := range v.Form.Fields {
		raw, given := answers[f.Key]
		if f.Source != Asked && (!given || strings.TrimSpace(raw) == "") {
			continue
		}
		if f.Source != Asked && f.Fallback != FallAsk {
			add(f.Key, "unknown", f)
			continue
		}
		if _, rule := f.canonical(raw); rule != "" {
			add(f.Key, rule, f)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(answers)) {
		if _, known := v.Field(key); !known {
			add(key, "unknown", Field{Label: key, LabelEn: key})
		}
	}
	return out
}

// Clean gives the canonical form of each answer that Check accepts and leaves the others out: trimmed, digits and
// letters half width, amounts without separators and leading zeros, dates YYYY-MM-DD, scopes joined by ScopeJoin.
func (v Version) Clean(answers map[string]string) map[string]string {
	out := map[string]string{}
	for _, f := range v.Form.Fields {
		if f.Source != Asked && f.Fallback != FallAsk {
			continue
		}
		if s, rule := f.canonical(answers[f.Key]); rule == "" && s != "" {
			out[f.Key] = s
		}
	}
	return out
}

func problem(key, rule string, f Field, lang string) Problem {
	label := word{f.Label, f.LabelEn}
	w := words{"label": label, "max": same(strconv.Itoa(f.limit())), "min": same(strconv.Itoa(f.Min))}
	what, fix := Default().texts["problem-"+rule], Default().texts["problem-"+rule+"-fix"]
	if lang == "en" {
		return Problem{Field: key, Key: rule, What: w.fill(what.En, true), Fix: w.fill(fix.En, true)}
	}
	return Problem{Field: key, Key: rule, What: w.fill(what.Zh, false), Fix: w.fill(fix.Zh, false)}
}

func (f Field) limit() int {
	if f.Max > 0 {
		return f.Max
	}
	return typeMax
}

// canonical gives the value's canonical form, or the rule it breaks.
func (f Field) canonical(raw string) (value, rule string) {
	if len(raw) > 64<<10 {
		return "", "long"
	}
	if !utf8.ValidString(raw) || strings.ContainsFunc(strings.TrimSpace(raw), hidden) {
		return "", "control"
	}
	s := strings.Join(strings.Fields(strings.Map(half, raw)), " ")
	if s == "" {
		if f.Required {
			return "", "required"
		}
		return "", ""
	}
	switch f.Type { //nolint:exhaustive // the others are text
	case Money:
		return f.money(s)
	case Percent:
		return decimal(s, 4, 100, "percent")
	case Date:
		d, err := workday.ParseDate(strings.NewReplacer("/", "-", ".", "-").Replace(s))
		if err != nil {
			return "", "date"
		}
		return d.String(), ""
	case Region:
		c, err := region.Parse(s)
		if err != nil {
			return "", "region"
		}
		return string(c), ""
	case Choice:
		if !f.has(s) {
			return "", "choice"
		}
		return s, ""
	case Scope:
		return f.scope(s)
	default:
		return f.text(s)
	}
}

func (f Field) text(s string) (value, rule string) {
	n := utf8.RuneCountInString(s)
	switch {
	case f.Chars == "han" && strings.ContainsFunc(s, func(r rune) bool { return !unicode.Is(unicode.Han, r) }):
		return "", "han"
	case n > f.limit():
		return "", "long"
	case n < f.Min:
		return "", "short"
	}
	return s, ""
}

func (f Field) money(s string) (value, rule string) {
	most := f.Max
	if most == 0 {
		most = 1e12
	}
	return decimal(strings.NewReplacer(",", "", "\uff0c", "", " ", "").Replace(s), 2, most, "money")
}

// decimal reads 0 < s ≤ most with at most places decimals, without sign or exponent.
func decimal(s string, places, most int, rule string) (value, broken string) {
	whole, frac, dot := strings.Cut(strings.TrimSuffix(s, "%"), ".")
	if strings.Trim(whole+frac, "0123456789") != "" || whole == "" || (dot && frac == "") || len(frac) > places {
		return "", rule
	}
	whole, frac = strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")
	n, err := strconv.Atoi("0" + whole)
	if err != nil || n > most || (n == most && frac != "") || whole+frac == "" {
		return "", rule
	}
	if whole == "" {
		whole = "0"
	}
	if frac != "" {
		whole += "." + frac
	}
	return whole, ""
}

func (f Field) has(s string) bool {
	return slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == s })
}

// scope reads standard phrases; one that stands twice counts once.
func (f Field) scope(s string) (value, rule string) {
	var out []string
	for p := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '\uff1b' || r == ';' }) {
		p = strings.TrimSpace(p)
		switch {
		case p == "" || slices.Contains(out, p):
		case !f.has(p):
			return "", "choice"
		default:
			out = append(out, p)
		}
	}
	switch {
	case len(out) == 0:
		return "", "choice"
	case f.Max > 0 && len(out) > f.Max:
		return "", "long"
	}
	return strings.Join(out, ScopeJoin), ""
}

// Search finds the options whose label or words hold the query, those that begin with it first; at most n.
func (f Field) Search(query string, n int) []Option {
	q := strings.TrimSpace(query)
	if q == "" {
		return nil
	}
	var first, rest []Option
	for _, o := range f.Options {
		switch {
		case strings.HasPrefix(o.Label, q) || slices.Contains(o.Words, q):
			first = append(first, o)
		case strings.Contains(o.Label, q) || strings.Contains(strings.Join(o.Words, " "), q) ||
			strings.Contains(strings.ToLower(o.LabelEn), strings.ToLower(q)):
			rest = append(rest, o)
		}
	}
	out := append(first, rest...)
	return out[:min(n, len(out))]
}

// half makes full-width digits, letters, the decimal point and blanks half width; other signs stay as they are.
func half(r rune) rune {
	switch {
	case r >= '\uff10' && r <= '\uff19', r >= '\uff21' && r <= '\uff3a', r >= '\uff41' && r <= '\uff5a', r == '\uff0e':
		return r - 0xfee0
	case r == '\u3000', r == '\u00a0':
		return ' '
	}
	return r
}

// hidden are control characters and the invisible ones that turn or hide text.
func hidden(r rune) bool {
	return unicode.IsControl(r) || (r >= '\u200b' && r <= '\u200f') || (r >= '\u202a' && r <= '\u202e') ||
		(r >= '\u2060' && r <= '\u2069') || r == '\ufeff' || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
}
