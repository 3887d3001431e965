// Package assist is the list of what offices may ask one another about a case (协查事项), as dated data with its basis: which fields are
// answered, within how many working days, and when the other office is reminded.
package assist

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"tongban/catalogue"
	"tongban/internal/domain/message"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// File is where the catalogue keeps it.
const File = "inquiries/types.toml"

// FieldKind is the shape of an answer. Names cross nodes: append only.
type FieldKind string

// The kinds of field.
const (
	YesNo  FieldKind = "yesno"
	Text   FieldKind = "text"
	Date   FieldKind = "date"   // YYYY-MM-DD
	Number FieldKind = "number" // digits, at most two decimals
)

// What a yes-no field is answered with.
const (
	Yes     = "yes"
	No      = "no"
	Unknown = "unknown" // the record does not tell
)

// Field is one thing that is asked.
type Field struct {
	Key      string    `toml:"key"`
	Zh       string    `toml:"zh"`
	En       string    `toml:"en"`
	Kind     FieldKind `toml:"kind"`
	Optional bool      `toml:"optional"`
}

// Type is one kind of question, in force on From ≤ day ≤ Until (zero: open). Days is the deadline in working days; where Mark is
// set, no source was read for it.
type Type struct {
	Key        string       `toml:"key"`
	Zh         string       `toml:"zh"`
	En         string       `toml:"en"`
	From       workday.Date `toml:"from"`
	Until      workday.Date `toml:"until"`
	Items      []string     `toml:"items"`
	BasisZh    string       `toml:"basis_zh"`
	BasisEn    string       `toml:"basis_en"`
	Source     string       `toml:"source"`
	Days       int          `toml:"days"`
	DaysSource string       `toml:"days_source"`
	Mark       string       `toml:"mark"`
	Fields     []Field      `toml:"field"`
}

// Field finds one by key.
func (t Type) Field(key string) (Field, bool) {
	i := slices.IndexFunc(t.Fields, func(f Field) bool { return f.Key == key })
	if i < 0 {
		return Field{}, false
	}
	return t.Fields[i], true
}

// Due is the last day for an answer to what is asked on a day; provisional if it reaches into a year without a calendar.
func (t Type) Due(c *workday.Calendar, on workday.Date) (due workday.Date, provisional bool) {
	return c.Due(on, workday.Limit{N: t.Days, Unit: workday.WorkingDays})
}

type clock struct {
	From   workday.Date `toml:"from"`
	Remind int          `toml:"remind"` // working days
	Source string       `toml:"source"`
}

// Book is the dated types. Read-only after Load, safe for concurrent use.
type Book struct {
	types  []Type
	clocks []clock
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
		return nil, errs.Wrap(errs.BadCatalogue, err, "inquiries")
	}
	var f struct {
		Clock []clock `toml:"clock"`
		Type  []Type  `toml:"type"`
	}
	meta, err := toml.Decode(string(raw), &f)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "%s", File)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return nil, errs.New(errs.BadCatalogue, "%s: unknown field %s", File, u[0])
	}
	for _, c := range f.Clock {
		if c.Remind <= 0 || c.Source == "" {
			return nil, errs.New(errs.BadCatalogue, "%s: a clock without length or source", File)
		}
	}
	if len(f.Clock) == 0 || len(f.Type) == 0 {
		return nil, errs.New(errs.BadCatalogue, "%s: no clock or no type", File)
	}
	for _, t := range f.Type {
		if err := t.check(); err != nil {
			return nil, err
		}
	}
	return &Book{f.Type, f.Clock}, nil
}

func (t Type) check() error {
	switch {
	case t.Key == "" || t.Zh == "" || t.En == "" || t.BasisZh == "" || t.BasisEn == "" || t.Source == "":
		return errs.New(errs.BadCatalogue, "%s: type %q lacks words, basis or source", File, t.Key)
	case t.Days <= 0 || t.DaysSource == "" || len(t.Items) == 0 || len(t.Fields) == 0:
		return errs.New(errs.BadCatalogue, "%s: type %q lacks deadline, matters or fields", File, t.Key)
	}
	for i, f := range t.Fields {
		twice := slices.ContainsFunc(t.Fields[:i], func(o Field) bool { return o.Key == f.Key })
		known := slices.Contains([]FieldKind{YesNo, Text, Date, Number}, f.Kind)
		if f.Key == "" || f.Zh == "" || f.En == "" || twice || !known {
			return errs.New(errs.BadCatalogue, "%s: type %s, field %q", File, t.Key, f.Key)
		}
	}
	return nil
}

// On is the type of a key on a day.
func (b *Book) On(key string, day workday.Date) (Type, bool) {
	for _, t := range slices.Backward(b.types) {
		if t.Key == key && holds(t.From, t.Until, day) {
			return t, true
		}
	}
	return Type{}, false
}

// For lists what may be asked in a matter on a day.
func (b *Book) For(item string, day workday.Date) []Type {
	var out []Type
	for _, t := range b.types {
		if slices.Contains(t.Items, item) && holds(t.From, t.Until, day) {
			out = append(out, t)
		}
	}
	return out
}

// Remind is after how many working days beyond the deadline, and between two reminders, the other office is reminded.
func (b *Book) Remind(day workday.Date) int {
	for _, c := range slices.Backward(b.clocks) {
		if !day.Before(c.From) {
			return c.Remind
		}
	}
	return b.clocks[0].Remind
}

func holds(from, until, day workday.Date) bool {
	return !day.Before(from) && (until.IsZero() || !day.After(until))
}

// mostValue bounds one answer, in characters.
const mostValue = 200

var number = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,2})?$`)

// Clean is an answer as it is kept. A field that is not optional needs one; "" and false say that it does not fit.
func (f Field) Clean(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", f.Optional
	}
	if utf8.RuneCountInString(s) > mostValue {
		return "", false
	}
	clean, err := message.Clean(s)
	if err != nil || strings.ContainsAny(clean, "\n\t") {
		return "", false
	}
	switch f.Kind {
	case YesNo:
		return clean, clean == Yes || clean == No || clean == Unknown
	case Date:
		d, err := workday.ParseDate(clean)
		return d.String(), err == nil
	case Number:
		return clean, number.MatchString(clean)
	case Text:
	}
	return clean, true
}

// Note cleans words beside a question or an answer, which may be missing. It returns errs.InquiryWords.
func Note(s string) (string, error) {
	clean, err := message.Clean(s)
	if errs.Is(err, errs.MessageEmpty) {
		return "", nil
	}
	if err != nil {
		return "", errs.Wrap(errs.InquiryWords, err, "words")
	}
	return clean, nil
}
