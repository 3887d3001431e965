// Package depart is the departmental system (部门业务系统): an office's own system, in which it works a leg of a case instead of at
// the desk here. Which office works which matters in which system, what each of our fields is called there and what each of its
// answers means here is dated data of the catalogue (systems/systems.toml); the rest is pure functions over it. What the case
// holds already is never typed there again (政务数据共享条例 第19条).
package depart

import (
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/catalogue"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Way is how a system is reached.
type Way string

// The ways; docs/API.md documents both.
const (
	HTTP   Way = "http"
	Folder Way = "folder" // files in a folder that both sides see
)

// System is one office's system, with its mapping, as of From.
type System struct {
	Key        string       `toml:"key"` // lower-case letters, digits and hyphens; stands in addresses
	Name       string       `toml:"name"`
	NameEn     string       `toml:"name_en"`
	Office     string       `toml:"office"` // office.Office.Code
	Items      []string     `toml:"items"`  // matters that are worked there, by code
	From       workday.Date `toml:"from"`   // first day
	Until      workday.Date `toml:"until"`  // last day; zero: open
	Way        Way          `toml:"way"`
	Tries      int          `toml:"tries"`        // until a person has to look at what is not taken
	Poll       int          `toml:"poll_minutes"` // how often it is asked for answers that did not come; 0: never
	Issue      bool         `toml:"issue"`        // its yes or no also sends the result to the place of delivery
	Fields     []Field      `toml:"fields"`
	Answers    []Meaning    `toml:"answers"`
	Reasons    []Reason     `toml:"reasons"`
	Provenance string       `toml:"provenance"` // where the mapping comes from; office.Demo for a made-up system
}

// Field maps one thing that a case holds (Sources, answer.KEY, said.KEY) to the system's name of it.
type Field struct {
	From string `toml:"from"`
	To   string `toml:"to"`
	Need bool   `toml:"need"` // the system takes no case without it
}

// Meaning is what one of the system's answer codes is here.
type Meaning struct {
	Code    string           `toml:"code"`
	Act     casefile.Act     `toml:"act"`
	Outcome casefile.Outcome `toml:"outcome"` // of a decision
}

// Reason maps one of the system's reason codes to a ground of the matter (item.Refusal.Key).
type Reason struct {
	Code string `toml:"code"`
	Key  string `toml:"key"`
}

// acts are what a system's answer may be. The table of authority (office.Table) says the same of the role office.System.
var acts = []casefile.Act{casefile.ActAccept, casefile.ActCorrect, casefile.ActDecline, casefile.ActDecide, casefile.ActAskExtend}

// systemsFile is where the catalogue keeps the systems.
const systemsFile = "systems/systems.toml"

// Book is all systems. Read-only after Load, safe for concurrent use.
type Book struct{ all []System }

// Default is the book inside the binary.
var Default = sync.OnceValue(func() *Book {
	b, err := Load(catalogue.FS)
	if err != nil {
		panic(err) // compiled in, so a test has seen it
	}
	return b
})

// Load reads and checks a catalogue's systems; errs.BadCatalogue names what is wrong.
func Load(fsys fs.FS) (*Book, error) {
	raw, err := fs.ReadFile(fsys, systemsFile)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "systems")
	}
	var f struct {
		System []System `toml:"system"`
	}
	meta, err := toml.Decode(string(raw), &f)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "%s", systemsFile)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return nil, errs.New(errs.BadCatalogue, "%s: unknown field %s", systemsFile, u[0])
	}
	for i, s := range f.System {
		if why := s.wrong(); why != "" {
			return nil, errs.New(errs.BadCatalogue, "%s: system %q: %s", systemsFile, s.Key, why)
		}
		for _, o := range f.System[:i] {
			if o.overlaps(s) {
				return nil, errs.New(errs.BadCatalogue, "%s: %s and %s work the same matter of one office at the same time", systemsFile, o.Key, s.Key)
			}
		}
	}
	return &Book{f.System}, nil
}

func (s System) wrong() string {
	name := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
	switch {
	case s.Key == "" || strings.ContainsFunc(s.Key, name):
		return "key"
	case s.Name == "" || s.NameEn == "" || s.Provenance == "":
		return "lacks a name or its provenance"
	case !office.CodeValid(s.Office):
		return "office " + s.Office
	case len(s.Items) == 0 || s.From.IsZero() || !s.Until.IsZero() && s.Until.Before(s.From):
		return "items, from or until"
	case s.Way != HTTP && s.Way != Folder:
		return "way " + string(s.Way)
	case s.Tries < 1 || s.Poll < 0 || s.Way == Folder && s.Poll == 0: // nothing calls us from a folder
		return "tries or poll_minutes"
	}
	seen := map[string]bool{}
	for _, f := range s.Fields {
		if !known(f.From) || f.To == "" || seen[f.To] {
			return "field " + f.From + " to " + f.To
		}
		seen[f.To] = true
	}
	for _, m := range s.Answers {
		decides := m.Act == casefile.ActDecide
		if m.Code == "" || !slices.Contains(acts, m.Act) || seen["code "+m.Code] ||
			decides != (m.Outcome == casefile.Granted || m.Outcome == casefile.Denied) || !decides && m.Outcome != "" {
			return "answer " + m.Code
		}
		seen["code "+m.Code] = true
	}
	for _, r := range s.Reasons {
		if r.Code == "" || r.Key == "" || seen["reason "+r.Code] {
			return "reason " + r.Code
		}
		seen["reason "+r.Code] = true
	}
	return ""
}

// overlaps reports whether both would take the same case.
func (s System) overlaps(o System) bool {
	apart := !s.Until.IsZero() && s.Until.Before(o.From) || !o.Until.IsZero() && o.Until.Before(s.From)
	return !apart && s.Office == o.Office && slices.ContainsFunc(s.Items, func(i string) bool { return slices.Contains(o.Items, i) })
}

func (s System) runs(on workday.Date) bool {
	return !on.Before(s.From) && (s.Until.IsZero() || !on.After(s.Until))
}

// For finds the system in which an office works a matter on a day.
func (b *Book) For(officeCode, item string, on workday.Date) (System, bool) {
	for _, s := range b.all {
		if s.Office == officeCode && s.runs(on) && slices.Contains(s.Items, item) {
			return s, true
		}
	}
	return System{}, false
}

// Of finds a system by its key, with the mapping of a day: what was given under one mapping is answered under it.
func (b *Book) Of(key string, on workday.Date) (System, bool) {
	for _, s := range b.all {
		if s.Key == key && s.runs(on) {
			return s, true
		}
	}
	return System{}, false
}

// Keys lists the systems of a day.
func (b *Book) Keys(on workday.Date) []string {
	var out []string
	for _, s := range b.all {
		if s.runs(on) {
			out = append(out, s.Key)
		}
	}
	return out
}

// Account is the id under which the system acts for one of its office's staff: what is done in the log and in a decision names
// both. The role office.System belongs to such accounts alone.
func (s System) Account(staff string) string { return s.Key + ":" + staff }

// KeyOf is the system of an account; "" for anybody else's id.
func KeyOf(account string, keys []string) string {
	key, _, ok := strings.Cut(account, ":")
	if !ok || !slices.Contains(keys, key) {
		return ""
	}
	return key
}
