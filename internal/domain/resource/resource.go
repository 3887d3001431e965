// Package resource is the 数据资源: what one office can tell about people, described by its owner as the law asks of a catalogue
// (政务数据共享条例 第13条: 名称、数据项、提供单位、更新频率、共享属性、使用条件). It describes; it holds no data of anybody.
package resource

import (
	"regexp"
	"slices"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Attribute is the 共享属性 (第14条). Names cross nodes: append only.
type Attribute string

// The attributes.
const (
	Unconditional Attribute = "unconditional" // 无条件共享
	Conditional   Attribute = "conditional"   // 有条件共享: the conditions are the agreement's
	Denied        Attribute = "denied"        // 不予共享: only where law, regulation or a State Council decision says so
)

// Attributes lists them as a form does.
func Attributes() []Attribute { return []Attribute{Unconditional, Conditional, Denied} }

// Freshness is how often the owner brings the data up to date. Names cross nodes: append only.
type Freshness string

// The frequencies.
const (
	Live    Freshness = "live"
	Daily   Freshness = "daily"
	Weekly  Freshness = "weekly"
	Monthly Freshness = "monthly"
)

// Frequencies lists them as a form does.
func Frequencies() []Freshness { return []Freshness{Live, Daily, Weekly, Monthly} }

// Resource is one description. The owner's key stays, versions follow each other; the last one counts.
type Resource struct {
	Owner     office.NodeID `json:"owner"`
	Key       string        `json:"key"`
	Version   int           `json:"version"` // from 1
	Name      string        `json:"name"`
	NameEn    string        `json:"name_en"`
	Office    string        `json:"office"` // that provides it, by its code
	Source    string        `json:"source"` // item.Evidence.Key: what the rules of matters call such data
	Fields    []string      `json:"fields"` // names of item.Evidence.Gives
	Attribute Attribute     `json:"attribute"`
	Basis     string        `json:"basis"` // law and article of the attribute
	Freshness Freshness     `json:"freshness"`
	PerDay    int           `json:"per_day"` // most questions of one asking node in a day
	From      workday.Date  `json:"from"`
	Withdrawn bool          `json:"withdrawn,omitempty"`
	Demo      bool          `json:"demo,omitempty"` // a demonstration's; no office published it
}

// Bounds of a description.
const (
	mostName   = 120 // bytes
	mostBasis  = 300 // bytes
	mostFields = 32
	mostPerDay = 1_000_000
)

var key = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)

// ID names a resource among all: owner and key.
func (r Resource) ID() string { return string(r.Owner) + "/" + r.Key }

// Check says what a description lacks: errs.ResourceIncomplete. It needs no catalogue, so that an older node can hold what a
// newer one describes; Fits asks whether the source is known here.
func (r Resource) Check() error {
	switch {
	case !r.Owner.Member() || !key.MatchString(r.Key) || r.Version < 1:
		return errs.New(errs.ResourceIncomplete, "owner, key or version: %.8q %.40q %d", r.Owner, r.Key, r.Version)
	case r.Withdrawn:
		return nil
	case blank(r.Name, mostName) || blank(r.NameEn, mostName) || blank(r.Basis, mostBasis) || blank(r.Office, mostName):
		return errs.New(errs.ResourceIncomplete, "%s: name, office or basis", r.ID())
	case !key.MatchString(r.Source) || len(r.Fields) == 0 || len(r.Fields) > mostFields:
		return errs.New(errs.ResourceIncomplete, "%s: source %.40q, %d fields", r.ID(), r.Source, len(r.Fields))
	case !slices.Contains(Attributes(), r.Attribute) || !slices.Contains(Frequencies(), r.Freshness):
		return errs.New(errs.ResourceIncomplete, "%s: %.16q %.16q", r.ID(), r.Attribute, r.Freshness)
	case r.PerDay < 1 || r.PerDay > mostPerDay || r.From.IsZero():
		return errs.New(errs.ResourceIncomplete, "%s: %d a day from %s", r.ID(), r.PerDay, r.From)
	}
	for i, f := range r.Fields {
		if blank(f, 32) || slices.Contains(r.Fields[:i], f) {
			return errs.New(errs.ResourceIncomplete, "%s: field %.40q", r.ID(), f)
		}
	}
	return nil
}

func blank(s string, most int) bool { return strings.TrimSpace(s) == "" || len(s) > most }

// Fits reports whether the registered sources know what the resource says it gives; errs.ResourceIncomplete otherwise.
func (r Resource) Fits(known []item.Evidence) error {
	i := slices.IndexFunc(known, func(e item.Evidence) bool { return e.Key == r.Source })
	if i < 0 {
		return errs.New(errs.ResourceIncomplete, "%s: no source %.40q", r.ID(), r.Source)
	}
	for _, f := range r.Fields {
		if !slices.Contains(known[i].Gives, f) {
			return errs.New(errs.ResourceIncomplete, "%s: %s does not give %.40q", r.ID(), r.Source, f)
		}
	}
	return nil
}

// Offered reports whether questions may be asked of it on a day at all.
func (r Resource) Offered(on workday.Date) bool {
	return !r.Withdrawn && r.Attribute != Denied && !on.Before(r.From)
}

// Has reports whether all words stand in the description, in any order and case.
func (r Resource) Has(words string) bool {
	all := strings.ToLower(strings.Join(append([]string{r.Key, r.Name, r.NameEn, r.Source, r.Basis}, r.Fields...), " "))
	for w := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
}
