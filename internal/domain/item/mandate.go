package item

import (
	"slices"
	"strconv"
	"strings"

	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Mandate (委托) is what makes an agreement entrust one side's offices with deciding in the other's name (行政许可法 第24条): it is
// published, names the offices, says how far they may go, and cannot be passed on. The side that entrusts answers for the
// decision; its node checks and seals it. Both sides sign the text, and each may end its own signature for the time to come.
type Mandate struct {
	By      region.Code    `toml:"by"`      // the side that entrusts: what lies in it is decided
	Offices []NamedOffice  `toml:"offices"` // of other sides; no other office decides, whoever asks it to
	Limits  []MandateLimit `toml:"limits"`
	Basis   string         `toml:"basis"`
	Mark    Mark           `toml:"mark"`
}

// NamedOffice is an office that may decide.
type NamedOffice struct {
	Code string `toml:"code"` // 统一社会信用代码, as in the list of offices
	Name string `toml:"name"`
}

// MandateLimit is one bound: what a field of the form may say, or what amount at most. What goes beyond is decided by who entrusts.
type MandateLimit struct {
	Field  string   `toml:"field"`
	Values []string `toml:"values"`
	Most   int      `toml:"most"` // 元, for a field of money
	Text   string   `toml:"text"`
	TextEn string   `toml:"text_en"`
}

// Why a mandate does not carry a decision: keys of catalogue/items/reasons.toml, which cross nodes.
const (
	MandateEnded  = "mandate-ended"  // none is in force on that day
	MandateOffice = "mandate-office" // that office is not named
	MandateLimits = "mandate-limit"  // the case goes beyond a limit
)

// Mandated is the agreement by which a matter of there may be decided at here on a day; false if there is none, or a side has
// not signed it or has ended it.
func (c *Catalogue) Mandated(code string, here, there region.Code, on workday.Date, regions *region.Table) (Agreement, bool) {
	list := c.Agreements(code, here, there, on, regions)
	i := slices.IndexFunc(list, func(a Agreement) bool { return a.entrusts(there, regions) && a.Carries() })
	if i < 0 {
		return Agreement{}, false
	}
	return list[i], true
}

// entrusts reports whether what lies in there may be decided elsewhere under the agreement.
func (a Agreement) entrusts(there region.Code, regions *region.Table) bool {
	return a.Mandate != nil && slices.Contains(a.Modes, Delegated) && regions.Within(there, a.Mandate.By)
}

// Against says why an office may not decide a case with these answers, "" if it may.
func (m Mandate) Against(office string, answers map[string]string) string {
	if !slices.ContainsFunc(m.Offices, func(o NamedOffice) bool { return o.Code == office }) {
		return MandateOffice
	}
	for _, l := range m.Limits {
		if !l.keeps(answers[l.Field]) {
			return MandateLimits
		}
	}
	return ""
}

// keeps reports whether a value is within the limit. What cannot be read is not.
func (l MandateLimit) keeps(value string) bool {
	if len(l.Values) > 0 && !slices.Contains(l.Values, value) {
		return false
	}
	if l.Most == 0 {
		return true
	}
	yuan, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return err == nil && yuan >= 0 && yuan <= float64(l.Most)
}

// AgreementBy finds an agreement by the digest of its text, of whatever day.
func (c *Catalogue) AgreementBy(digest string) (Agreement, bool) {
	list := c.AllAgreements()
	i := slices.IndexFunc(list, func(a Agreement) bool { return digest != "" && a.Digest == digest })
	if i < 0 {
		return Agreement{}, false
	}
	return list[i], true
}

// mandate holds the part of an agreement that entrusts against the rest of it.
func (l *linter) mandate(a Agreement) {
	m := a.Mandate
	if (m != nil) != slices.Contains(a.Modes, Delegated) {
		l.say(0, "no-mandate", "the mode delegated needs a mandate, and a mandate that mode")
	}
	if m == nil {
		return
	}
	l.mark(0, "mandate", m.Mark)
	if !slices.ContainsFunc(a.Parties, func(p Partner) bool { return p.Region == m.By }) {
		l.say(0, "no-mandate", "who entrusts is a side of the agreement")
	}
	if slices.Contains(a.Items, "*") {
		l.say(0, "no-mandate", "a mandate names its matters one by one")
	}
	if a.Until.IsZero() {
		l.say(0, "dates", "a mandate has a last day")
	}
	if !slices.ContainsFunc(a.Basis, func(b Basis) bool { return b.Key == m.Basis }) {
		l.say(0, "dangling", "mandate: no basis "+m.Basis)
	}
	if len(m.Offices) == 0 {
		l.say(0, "no-mandate", "a mandate names the offices")
	}
	for _, o := range m.Offices {
		if len(o.Code) != 18 || o.Name == "" {
			l.say(0, "unknown-value", "office "+o.Code)
		}
	}
	for _, t := range m.Limits {
		l.both(0, "limit "+t.Field, t.Text, t.TextEn)
		if (len(t.Values) == 0) == (t.Most == 0) || t.Most < 0 {
			l.say(0, "unknown-value", "limit "+t.Field+": either values or the most")
		}
		for _, code := range a.Items {
			v, ok := l.c.Version(code, a.From)
			if f, has := v.Field(t.Field); ok && (!has || t.Most > 0 && f.Type != Money) {
				l.say(0, "dangling", "limit "+t.Field+": no such field of "+code)
			}
		}
	}
}
