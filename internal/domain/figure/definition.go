// Package figure is the 统计指标: what a figure on a board means, as dated data, and how it is reckoned from signed facts
// alone, so that anyone who holds them can reckon it again. Aggregates hold counts and no case, person or officer.
package figure

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/catalogue"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Kind says how a figure is reckoned; catalogue/figures explains each.
type Kind string

// The kinds.
const (
	Count   Kind = "count"
	Time    Kind = "time"
	Days    Kind = "days"
	Kept    Kind = "kept"
	Law     Kind = "law"
	Tries   Kind = "tries"
	Outcome Kind = "outcome"
)

var kinds = []Kind{Count, Time, Days, Kept, Law, Tries, Outcome}

// Role is the side on which a board shows a figure.
type Role string

// The roles.
const (
	Receiver Role = "receiver" // 收件地
	Handler  Role = "handler"  // 属地
)

// Event is an act, or an act on one leg: ACT or ACT@LEG.
type Event string

func (e Event) is(f casefile.Fact) bool {
	act, leg, on := strings.Cut(string(e), "@")
	return act == string(f.Act) && (!on || leg == f.Leg)
}

// Definition is one figure.
type Definition struct {
	Key           string         `toml:"key"`
	Role          Role           `toml:"role"`
	Kind          Kind           `toml:"kind"`
	Stage         bool           `toml:"stage"`  // stands in the table of stages
	Limit         item.LimitKind `toml:"limit"`  // of kind Law: whose legal length
	Pauses        bool           `toml:"pauses"` // time between suspend and resume is taken out
	By            string         `toml:"by"`     // "from": who signed the first event; otherwise who signed the last
	From          []Event        `toml:"from"`
	To            []Event        `toml:"to"`
	Name          string         `toml:"name"`
	NameEn        string         `toml:"name_en"`
	Says          string         `toml:"says"` // the formula in words
	SaysEn        string         `toml:"says_en"`
	Numerator     string         `toml:"numerator"`
	NumeratorEn   string         `toml:"numerator_en"`
	Denominator   string         `toml:"denominator"` // "" for a plain count
	DenominatorEn string         `toml:"denominator_en"`
}

// Book is one frozen version of all definitions. Read-only.
type Book struct {
	Version string       `toml:"version"`
	From    workday.Date `toml:"from"`
	Figures []Definition `toml:"figure"`
	Digest  string       `toml:"-"` // SHA-256 of the file
}

// Find gives a definition by its key.
func (b *Book) Find(key string) (Definition, bool) {
	i := slices.IndexFunc(b.Figures, func(d Definition) bool { return d.Key == key })
	if i < 0 {
		return Definition{}, false
	}
	return b.Figures[i], true
}

// Stages lists the figures of the table of stages, in the order of a case's life.
func (b *Book) Stages() []Definition {
	return slices.DeleteFunc(slices.Clone(b.Figures), func(d Definition) bool { return !d.Stage })
}

// File is where the catalogue keeps the definitions in force.
const File = "figures/2026-1.toml"

// Default is the book inside the binary.
var Default = sync.OnceValue(func() *Book {
	b, err := Load(catalogue.FS)
	if err != nil {
		panic(err) // compiled in, so a test has seen it
	}
	return b
})

// Load reads and checks the definitions: errs.BadCatalogue names what is wrong.
func Load(fsys fs.FS) (*Book, error) {
	raw, err := fs.ReadFile(fsys, File)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "figures")
	}
	b := &Book{}
	meta, err := toml.Decode(string(raw), b)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "figures")
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, errs.New(errs.BadCatalogue, "figures: %s is not known", unknown[0])
	}
	seen := map[string]bool{}
	for _, d := range b.Figures {
		if why := d.wrong(); why != "" || seen[d.Key] {
			return nil, errs.New(errs.BadCatalogue, "figure %q: %s", d.Key, why)
		}
		seen[d.Key] = true
	}
	if b.Version == "" || b.From.IsZero() || len(b.Figures) == 0 {
		return nil, errs.New(errs.BadCatalogue, "figures without version, date or content")
	}
	sum := sha256.Sum256(raw)
	b.Digest = hex.EncodeToString(sum[:])
	return b, nil
}

func (d Definition) wrong() string {
	switch {
	case slices.Contains([]string{d.Key, d.Name, d.NameEn, d.Says, d.SaysEn, d.Numerator, d.NumeratorEn}, ""):
		return "a text is missing"
	case !slices.Contains(kinds, d.Kind):
		return "kind " + string(d.Kind)
	case d.Role != Receiver && d.Role != Handler:
		return "role " + string(d.Role)
	case d.By != "" && d.By != "from":
		return "by " + d.By
	case len(d.To) == 0 || (d.Kind == Count || d.Kind == Outcome) != (len(d.From) == 0):
		return "its events"
	case (d.Denominator == "") != (d.Kind == Count) || (d.DenominatorEn == "") != (d.Kind == Count):
		return "its denominator"
	case (d.Limit == "") != (d.Kind != Law):
		return "its limit"
	case d.Stage && d.Kind != Time:
		return "a stage is a time"
	}
	return ""
}
