// Package item holds the matters (事项) that may be handled across provinces: the annex rows of 国办发〔2020〕35号 and
// 国办发〔2022〕34号 plus matters known from practice, and, for some, dated definitions of form, materials, legs, limits and
// result. A definition is data (catalogue/items); what no source supports is marked and stays visible to the reader.
package item

import (
	"slices"
	"sync"
	"sync/atomic"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Item is one matter of the list. Code is list and row ("2020-030") until a sourced 基本编码 is known.
type Item struct {
	Code     string
	Name     string
	Aliases  []string
	Subject  []string // "person" and/or "org"
	Theme    string
	Scenario string
	Dept     string       // lead ministry
	Modes    []Mode       // as the annex row gives them, best first
	ModeText string       // the row's own words
	Due      string       // the row's own words, "" if it names none
	From     workday.Date // first day on which the matter counts as promised; zero if no source tells
	Note     string       // why a row reads as it does (pilot, odd date, overlap)
	Marks    Provenance
	NameEn   string
	Versions []Edition // full definitions, oldest first; empty: known by its row only
}

// Edition is the head of a definition, known without reading the whole of it; Catalogue.Version gives the whole.
type Edition struct {
	ID             string // CODE/DATE
	Title, TitleEn string
	From, Until    workday.Date // zero Until: open
	Digest         string       // see Version
}

func (e Edition) inForce(on workday.Date) bool {
	return !on.Before(e.From) && (e.Until.IsZero() || !on.After(e.Until))
}

// Provenance says how far a row may be trusted.
type Provenance struct {
	InAnnex   Mark   // confirmed | likely | memory | n/a
	Detail    string // what the list adds to InAnnex, "" mostly
	ModeBasis Mark   // sourced | inferred
	FromMark  Mark   // sourced | inferred | unknown: how Item.From was found
	Source    string // where it was read
}

// Solid reports whether row and mode both rest on a source that was read.
func (p Provenance) Solid() bool {
	return (p.InAnnex == Confirmed || p.InAnnex == NotAnnex) && p.ModeBasis == Sourced && p.FromMark == Sourced
}

// Defined is "full" if a version defines form and plan, "guide" if only the row is known.
func (i Item) Defined() string {
	if len(i.Versions) > 0 {
		return "full"
	}
	return "guide"
}

// Mode is how a matter is handled between two places (国办发〔2020〕35号); see docs of the constants.
type Mode string

// The modes. Delegated is the fourth that practice added (行政许可法 第24条).
const (
	Online    Mode = "online"    // 全程网办
	Entrusted Mode = "entrusted" // 异地代收代办
	Joint     Mode = "joint"     // 多地联办
	Delegated Mode = "delegated" // 异地授权
	Onsite    Mode = "onsite"    // 现场办理
	None      Mode = "none"      // cannot be done across provinces
)

// rank orders modes by the trouble they cost the applicant, least first: 35号 wants everything online that the law does
// not force on site; then no second visit to another place; then one visit.
var rank = []Mode{Online, Joint, Delegated, Entrusted, Onsite}

func bestFirst(modes []Mode) []Mode {
	out := slices.Clone(modes)
	slices.SortStableFunc(out, func(a, b Mode) int { return slices.Index(rank, a) - slices.Index(rank, b) })
	return slices.Compact(out)
}

// Mark is the provenance of one statement.
type Mark string

// The marks. The empty mark on a field, material or limit means: its basis was read.
const (
	Confirmed  Mark = "confirmed"
	Likely     Mark = "likely"
	Memory     Mark = "memory"
	NotAnnex   Mark = "n/a" // known from practice, in no annex
	Sourced    Mark = "sourced"
	Inferred   Mark = "inferred"
	Unknown    Mark = "unknown"
	Unverified Mark = "unverified" // 未核实
)

// Catalogue is all items with their rules. It is read-only after Load but for what Install puts in force, and safe for
// concurrent use.
type Catalogue struct {
	items      []Item
	byKey      map[string]int // code, exact name, alias
	rules      []ModeRule
	reasons    []Reason
	texts      map[string]text
	evidence   []Evidence
	statutes   []Statute
	overlays   []Overlay
	agreements []Agreement
	byDigest   map[string]func() (Version, error)
	whole      map[string]func() (Version, error) // by Version.ID; reads the definition when it is first asked for
	findings   []Finding                          // found while reading; Lint adds the rest
	src        map[string]string                  // the files as read, so that findings name a line
	shelf      *atomic.Pointer[shelf]             // nil: the built-in catalogue alone
}

type text struct {
	Zh string `toml:"zh"`
	En string `toml:"en"`
}

// Default is the catalogue embedded in the binary, definitions read when they are first needed. It panics if that does not
// load, which the tests of this package rule out.
var Default = sync.OnceValue(func() *Catalogue {
	c, err := heads(catalogue.FS)
	if err != nil {
		panic(err)
	}
	return c
})

// Item finds an item by its code, exact name or alias.
func (c *Catalogue) Item(key string) (Item, bool) {
	i, ok := c.byKey[key]
	if !ok {
		return Item{}, false
	}
	return c.items[i], true
}

// All lists the items in list order: 2020, 2022, practice.
func (c *Catalogue) All() []Item { return slices.Clone(c.items) }

// Version is the full definition of an item in force on a day (I8); false if the item is unknown or has none that day.
func (c *Catalogue) Version(key string, on workday.Date) (Version, bool) {
	it, _ := c.Item(key)
	for _, e := range it.Versions {
		if e.inForce(on) {
			v, err := c.whole[e.ID]()
			return v, err == nil
		}
	}
	return Version{}, false
}

// VersionByDigest finds the definition a case was accepted under, whatever day it is now. It returns
// errs.VersionUnknown if this binary's catalogue does not hold it.
func (c *Catalogue) VersionByDigest(digest string) (Version, error) {
	if read, ok := c.byDigest[digest]; ok {
		return read()
	}
	return Version{}, errs.New(errs.VersionUnknown, "no definition with digest %s", digest)
}

// Reasons lists the shared codes with which a leg is returned or refused between places.
func (c *Catalogue) Reasons() []Reason { return slices.Clone(c.reasons) }

// Reason finds one by key.
func (c *Catalogue) Reason(key string) (Reason, bool) {
	i := slices.IndexFunc(c.reasons, func(r Reason) bool { return r.Key == key })
	if i < 0 {
		return Reason{}, false
	}
	return c.reasons[i], true
}

// Evidence is a registered source that tells something about the applicant or the matter.
type Evidence struct {
	Key    string   `toml:"key"`
	Name   string   `toml:"name"`
	NameEn string   `toml:"name_en"`
	Owner  string   `toml:"owner"`
	Gives  []string `toml:"gives"`  // what can be read; a field takes it as KEY.GIVES
	Covers []string `toml:"covers"` // form fields that may therefore not be asked
	Basis  string   `toml:"basis"`
	Mark   Mark     `toml:"mark"`

	// LicenceType is the 证照类型代码 of the electronic licence that is this source, wherever it was issued; "" if none is.
	// Face says which of its fields gives what: by the names of Gives.
	LicenceType string            `toml:"licence_type"`
	Face        map[string]string `toml:"face"`
}

// Evidence lists the registered sources.
func (c *Catalogue) Evidence() []Evidence { return slices.Clone(c.evidence) }

// Face is what stands on a licence of a type, as the newest version of the first item that grants one has it; nil if none does.
func (c *Catalogue) Face(licenceType string) []ResultField {
	for _, it := range c.items {
		for _, e := range slices.Backward(it.Versions) {
			if v, err := c.whole[e.ID](); err == nil && licenceType != "" && v.Result.LicenceType == licenceType {
				return slices.Clone(v.Result.Fields)
			}
		}
	}
	return nil
}

// Reason is one shared return or refusal code; it crosses nodes, so keys are never reused.
type Reason struct {
	Key    string `toml:"key"`
	Zh     string `toml:"zh"`
	En     string `toml:"en"`
	NextZh string `toml:"next_zh"` // what the receiver of the reason does now
	NextEn string `toml:"next_en"`
	Basis  string `toml:"basis"`
	Mark   Mark   `toml:"mark"`
}
