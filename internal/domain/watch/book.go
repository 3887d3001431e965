// Package watch is 预警和督办: clocks of open cases that run out, breaches of rules, and what comes of them. Time counts against
// whoever holds the case, on the way against who sends, until the signed receipt is there (architecture I2, I7). A limit warns
// before the promised day, is yellow after it and red after the day of the law; GB/T 39046-2020 table 11 names the field
// (监察预警类型代码) and no codes, so the three are ours.
package watch

import (
	"io/fs"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// File is where the catalogue keeps the clocks.
const File = "oversight/clocks.toml"

// Length is a number of working days, with where it is from.
type Length struct {
	N      int    `toml:"n"`
	Source string `toml:"source"`
}

func (l Length) days() workday.Limit { return workday.Limit{N: l.N, Unit: workday.WorkingDays} }

// Rules are the clocks of limits that began during some days.
type Rules struct {
	ID       string       `toml:"id"`
	From     workday.Date `toml:"from"`
	Until    workday.Date `toml:"until"` // last day; zero: open
	Remind   Length       `toml:"remind"`
	Silent   Length       `toml:"silent"`
	Transit  Length       `toml:"transit"`
	Stuck    Length       `toml:"stuck"`
	Escalate Length       `toml:"escalate"`
	Reply    Length       `toml:"reply"` // to an order
	Carry    Length       `toml:"carry"` // a bag of originals, from office to office
}

// Breach is a rule that an office can break, in words and with the article.
type Breach struct {
	Key   Kind   `toml:"key"`
	Basis string `toml:"basis"`
	Zh    string `toml:"zh"`
	En    string `toml:"en"`
}

// Book is the dated rules and the breaches. Read-only after Load, safe for concurrent use.
type Book struct {
	rules    []Rules
	breaches []Breach
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
		return nil, errs.Wrap(errs.BadCatalogue, err, "clocks")
	}
	var f struct {
		Rules  []Rules  `toml:"rules"`
		Breach []Breach `toml:"breach"`
	}
	meta, err := toml.Decode(string(raw), &f)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "%s", File)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return nil, errs.New(errs.BadCatalogue, "%s: unknown field %s", File, u[0])
	}
	for i, r := range f.Rules {
		for _, n := range []Length{r.Remind, r.Silent, r.Transit, r.Stuck, r.Escalate, r.Reply, r.Carry} {
			if n.N <= 0 || n.Source == "" {
				return nil, errs.New(errs.BadCatalogue, "%s: %s has a number that is none or has no source", File, r.ID)
			}
		}
		if r.Stuck.N <= r.Transit.N || i > 0 && !f.Rules[i-1].From.Before(r.From) {
			return nil, errs.New(errs.BadCatalogue, "%s: %s is out of order", File, r.ID)
		}
	}
	for _, k := range breaches {
		at := slices.IndexFunc(f.Breach, func(b Breach) bool { return b.Key == k })
		if at < 0 || f.Breach[at].Basis == "" || f.Breach[at].Zh == "" || f.Breach[at].En == "" {
			return nil, errs.New(errs.BadCatalogue, "%s: breach %q lacks its words or its article", File, k)
		}
	}
	if len(f.Rules) == 0 || len(f.Breach) != len(breaches) {
		return nil, errs.New(errs.BadCatalogue, "%s: no rules, or a breach that nothing looks for", File)
	}
	return &Book{rules: f.Rules, breaches: f.Breach}, nil
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

// Carried is the last day on which a bag of originals that leaves on a day is in time. A bag that is later is looked for.
func (b *Book) Carried(day workday.Date, c *workday.Calendar) workday.Date {
	due, _ := c.Due(day, b.On(day).Carry.days())
	return due
}

// Breach gives the words of one, false for what is none.
func (b *Book) Breach(k Kind) (Breach, bool) {
	at := slices.IndexFunc(b.breaches, func(x Breach) bool { return x.Key == k })
	if at < 0 {
		return Breach{}, false
	}
	return b.breaches[at], true
}
