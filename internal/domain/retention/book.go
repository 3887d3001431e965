package retention

import (
	"io/fs"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// File is where the catalogue keeps the numbers.
const File = "oversight/retention.toml"

// Number is one length, with where it is from.
type Number struct {
	N      int    `toml:"n"`
	Source string `toml:"source"`
}

// Rules are the lengths in force during some days.
type Rules struct {
	ID      string       `toml:"id"`
	From    workday.Date `toml:"from"`
	Until   workday.Date `toml:"until"` // last day; zero: open
	Basis   string       `toml:"basis"`
	Unknown Number       `toml:"unknown"` // days after the case, where no terms are known
	Review  Number       `toml:"review"`  // months after a decided case
	Spare   Number       `toml:"spare"`   // days that a node may be late
}

// Book is the dated rules. Read-only after Load, safe for concurrent use.
type Book struct{ rules []Rules }

// Default is the book inside the binary.
var Default = sync.OnceValue(func() *Book {
	b, err := Load(catalogue.FS)
	if err != nil {
		panic(err) // compiled in, so a test has seen it
	}
	return b
})

// Load reads and checks a catalogue's book; errs.BadCatalogue names what is wrong.
func Load(fsys fs.FS) (*Book, error) {
	raw, err := fs.ReadFile(fsys, File)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "retention")
	}
	var f struct {
		Rules []Rules `toml:"rules"`
	}
	meta, err := toml.Decode(string(raw), &f)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "%s", File)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return nil, errs.New(errs.BadCatalogue, "%s: unknown field %s", File, u[0])
	}
	for _, r := range f.Rules {
		for _, n := range []Number{r.Unknown, r.Review, r.Spare} {
			if n.N <= 0 || n.Source == "" || r.Basis == "" {
				return nil, errs.New(errs.BadCatalogue, "%s: %s has a number that is none or has no source", File, r.ID)
			}
		}
	}
	if len(f.Rules) == 0 {
		return nil, errs.New(errs.BadCatalogue, "%s: no rules", File)
	}
	return &Book{f.Rules}, nil
}

// On is the rules of a day; before the first ones, those.
func (b *Book) On(day workday.Date) Rules {
	for _, r := range slices.Backward(b.rules) {
		if !day.Before(r.From) && (r.Until.IsZero() || !day.After(r.Until)) {
			return r
		}
	}
	return b.rules[0]
}
