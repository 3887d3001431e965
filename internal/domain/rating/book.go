package rating

import (
	"io/fs"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// File is where the catalogue keeps what is asked and the clocks.
const File = "oversight/ratings.toml"

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
	Window Number       `toml:"window"` // calendar days after the case is closed during which it can be rated
	Verify Number       `toml:"verify"` // working days, as the next three
	Handle Number       `toml:"handle"`
	Review Number       `toml:"review"`
	Call   Number       `toml:"call"`
	Calls  Number       `toml:"calls"`  // tries of a return call
	Rounds Number       `toml:"rounds"` // how often an office takes up one rating
}

// Indicator is one thing that may be rated beside the whole.
type Indicator struct {
	Key string `toml:"key"`
	Zh  string `toml:"zh"`
	En  string `toml:"en"`
}

// Set is the indicators of a channel, fixed nationally: none is added or left out.
type Set struct {
	Key       string       `toml:"key"`
	From      workday.Date `toml:"from"`
	Until     workday.Date `toml:"until"`
	Source    string       `toml:"source"`
	Indicator []Indicator  `toml:"indicator"`
}

// Book is the dated rules and sets. Read-only after Load, safe for concurrent use.
type Book struct {
	rules []Rules
	sets  []Set
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
		return nil, errs.Wrap(errs.BadCatalogue, err, "ratings")
	}
	var f struct {
		Rules []Rules `toml:"rules"`
		Set   []Set   `toml:"set"`
	}
	meta, err := toml.Decode(string(raw), &f)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "%s", File)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return nil, errs.New(errs.BadCatalogue, "%s: unknown field %s", File, u[0])
	}
	for _, r := range f.Rules {
		for _, n := range []Number{r.Window, r.Verify, r.Handle, r.Review, r.Call, r.Calls, r.Rounds} {
			if n.N <= 0 || n.Source == "" {
				return nil, errs.New(errs.BadCatalogue, "%s: %s has a number that is none or has no source", File, r.ID)
			}
		}
	}
	for _, s := range f.Set {
		if s.Key != Online && s.Key != Counter || s.Source == "" || len(s.Indicator) == 0 {
			return nil, errs.New(errs.BadCatalogue, "%s: set %q", File, s.Key)
		}
		for i, x := range s.Indicator {
			twice := slices.ContainsFunc(s.Indicator[:i], func(y Indicator) bool { return y.Key == x.Key })
			if x.Key == "" || x.Zh == "" || x.En == "" || twice {
				return nil, errs.New(errs.BadCatalogue, "%s: set %s, indicator %q", File, s.Key, x.Key)
			}
		}
	}
	b := &Book{rules: f.Rules, sets: f.Set}
	if len(b.rules) == 0 || b.Set(Online, b.rules[0].From).Key == "" || b.Set(Counter, b.rules[0].From).Key == "" {
		return nil, errs.New(errs.BadCatalogue, "%s: rules or a set are missing", File)
	}
	return b, nil
}

// On is the rules of a day; before the first ones, those.
func (b *Book) On(day workday.Date) Rules {
	for _, r := range slices.Backward(b.rules) {
		if holds(r.From, r.Until, day) {
			return r
		}
	}
	return b.rules[0]
}

// Set is the indicators of a set on a day; a zero Set if there are none.
func (b *Book) Set(key string, day workday.Date) Set {
	for _, s := range slices.Backward(b.sets) {
		if s.Key == key && holds(s.From, s.Until, day) {
			return s
		}
	}
	return Set{}
}

func holds(from, until, day workday.Date) bool {
	return !day.Before(from) && (until.IsZero() || !day.After(until))
}
