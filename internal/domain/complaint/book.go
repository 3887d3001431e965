package complaint

import (
	"io/fs"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// File is where the catalogue keeps the clocks and what can be complained about.
const File = "oversight/complaints.toml"

// Number is one length or count of the rules, with where it is from.
type Number struct {
	N      int    `toml:"n"`
	Source string `toml:"source"`
}

// Rules are the clocks in force during some days.
type Rules struct {
	ID     string       `toml:"id"`
	From   workday.Date `toml:"from"`
	Until  workday.Date `toml:"until"`  // last day; zero: open
	Take   Number       `toml:"take"`   // working days, as the next two
	Answer Number       `toml:"answer"` // from the day on which it was taken up
	Call   Number       `toml:"call"`
	Calls  Number       `toml:"calls"`  // tries of a return call
	Rounds Number       `toml:"rounds"` // how often one is taken up
	Most   Number       `toml:"most"`   // about one service of one case
}

// About is one thing that can be complained about.
type About struct {
	Key string `toml:"key"`
	Zh  string `toml:"zh"`
	En  string `toml:"en"`
}

// Book is the dated rules and what can be complained about. Read-only after Load, safe for concurrent use.
type Book struct {
	rules []Rules
	about []About
}

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
		return nil, errs.Wrap(errs.BadCatalogue, err, "complaints")
	}
	var f struct {
		Rules []Rules `toml:"rules"`
		About []About `toml:"about"`
	}
	meta, err := toml.Decode(string(raw), &f)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "%s", File)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return nil, errs.New(errs.BadCatalogue, "%s: unknown field %s", File, u[0])
	}
	for _, r := range f.Rules {
		for _, n := range []Number{r.Take, r.Answer, r.Call, r.Calls, r.Rounds, r.Most} {
			if n.N <= 0 || n.Source == "" {
				return nil, errs.New(errs.BadCatalogue, "%s: %s has a number that is none or has no source", File, r.ID)
			}
		}
	}
	for i, a := range f.About {
		twice := slices.ContainsFunc(f.About[:i], func(b About) bool { return b.Key == a.Key })
		if a.Key == "" || a.Zh == "" || a.En == "" || twice {
			return nil, errs.New(errs.BadCatalogue, "%s: about %q", File, a.Key)
		}
	}
	if len(f.Rules) == 0 || len(f.About) == 0 {
		return nil, errs.New(errs.BadCatalogue, "%s: no rules, or nothing to complain about", File)
	}
	return &Book{rules: f.Rules, about: f.About}, nil
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

// Abouts lists what can be complained about.
func (b *Book) Abouts() []About { return b.about }

// Knows reports whether key is among it.
func (b *Book) Knows(key string) bool {
	return slices.ContainsFunc(b.about, func(a About) bool { return a.Key == key })
}
