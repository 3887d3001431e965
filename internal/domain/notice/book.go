package notice

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Template is one dated wording of a kind.
type Template struct {
	ID      string       `toml:"id"`
	Kind    Kind         `toml:"kind"`
	From    workday.Date `toml:"from"`  // first day
	Until   workday.Date `toml:"until"` // last day; zero: open
	Urgent  bool         `toml:"urgent"`
	Parts   int          `toml:"parts"`    // the most short messages that the Chinese text may take
	PartsEn int          `toml:"parts_en"` // the same for the English one
	SMS     string       `toml:"sms"`
	SMSEn   string       `toml:"sms_en"`
	Text    string       `toml:"text"` // page, letter and voice
	TextEn  string       `toml:"text_en"`
	Basis   string       `toml:"basis"` // article that asks for the notice; "" for a service of ours
}

// Book is all wordings. Read-only after Load, safe for concurrent use.
type Book struct {
	byKind map[Kind][]Template
	byID   map[string]Template
}

// File is where the catalogue keeps the wordings.
const File = "notices/notices.toml"

// Default is the book inside the binary.
var Default = sync.OnceValue(func() *Book {
	b, err := Load(catalogue.FS)
	if err != nil {
		panic(err) // compiled in, so a test has seen it
	}
	return b
})

// Load reads and checks a catalogue's wordings: each kind has one on every day from the first on, in both languages, with
// known placeholders only, and a short message is never longer than stated. errs.BadCatalogue names what is wrong.
func Load(fsys fs.FS) (*Book, error) {
	raw, err := fs.ReadFile(fsys, File)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "notices")
	}
	var f struct {
		Template []Template `toml:"template"`
	}
	meta, err := toml.Decode(string(raw), &f)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "%s", File)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return nil, errs.New(errs.BadCatalogue, "%s: unknown field %s", File, u[0])
	}
	b := &Book{byKind: map[Kind][]Template{}, byID: map[string]Template{}}
	for _, t := range f.Template {
		if _, twice := b.byID[t.ID]; twice || t.ID == "" {
			return nil, errs.New(errs.BadCatalogue, "%s: id %q", File, t.ID)
		}
		if why := t.wrong(); why != "" {
			return nil, errs.New(errs.BadCatalogue, "%s: %s: %s", File, t.ID, why)
		}
		b.byID[t.ID] = t
		b.byKind[t.Kind] = append(b.byKind[t.Kind], t)
	}
	for _, k := range Kinds {
		list := b.byKind[k]
		if len(list) == 0 {
			return nil, errs.New(errs.BadCatalogue, "%s: no wording for %s", File, k)
		}
		slices.SortFunc(list, func(a, b Template) int { return a.From.Compare(b.From) })
		for i, t := range list {
			if last := i == len(list)-1; last != t.Until.IsZero() || !last && t.Until.AddDays(1) != list[i+1].From {
				return nil, errs.New(errs.BadCatalogue, "%s: %s does not end where the next begins", File, t.ID)
			}
		}
	}
	return b, nil
}

func (t Template) wrong() string {
	if !slices.Contains(Kinds, t.Kind) {
		return "kind " + string(t.Kind)
	}
	if t.From.IsZero() {
		return "no first day"
	}
	for _, s := range []string{t.SMS, t.SMSEn, t.Text, t.TextEn} {
		if s == "" {
			return "a text is missing"
		}
		for _, m := range hole.FindAllStringSubmatch(s, -1) {
			if !slices.Contains(holes, m[1]) {
				return "placeholder " + m[1]
			}
		}
	}
	for lang, most := range map[string]int{"zh": t.Parts, "en": t.PartsEn} {
		if n := Parts(t.write(t.short(lang), longest[lang])); n > most {
			return lang + " short message takes too many parts"
		}
	}
	return ""
}

// On is the wording of a kind on a day; before the first day the first one, because a wording is no rule.
func (b *Book) On(k Kind, day workday.Date) Template {
	list := b.byKind[k]
	for _, t := range slices.Backward(list) {
		if !day.Before(t.From) {
			return t
		}
	}
	return list[0]
}

// Version finds a wording by its id; false if this book does not have it.
func (b *Book) Version(id string) (Template, bool) {
	t, ok := b.byID[id]
	return t, ok
}

func (t Template) short(lang string) string {
	if lang == "en" {
		return t.SMSEn
	}
	return t.SMS
}

func (t Template) full(lang string) string {
	if lang == "en" {
		return t.TextEn
	}
	return t.Text
}

var (
	hole   = regexp.MustCompile(`\{(\w+)\}`)
	clause = regexp.MustCompile(`\[[^\[\]]*\]`)
	holes  = []string{"name", "item", "no", "office", "window", "phone", "day", "due", "n", "sum"}
)

// write fills a wording. A clause in square brackets falls away if one of its values is empty.
func (t Template) write(s string, values map[string]string) string {
	s = clause.ReplaceAllStringFunc(s, func(c string) string {
		for _, m := range hole.FindAllStringSubmatch(c, -1) {
			if values[m[1]] == "" {
				return ""
			}
		}
		return c[1 : len(c)-1]
	})
	return hole.ReplaceAllStringFunc(s, func(h string) string { return values[h[1:len(h)-1]] })
}

// Words resolve what a notice keeps as a code or a date.
type Words struct {
	Item   func(code, lang string) string
	Office func(code, lang string) (name, phone string)
	Day    func(d workday.Date, lang string) string
}

// Short is the short message in a language; names are cut so that it keeps its length.
func (t Template) Short(v map[string]string, lang string, w Words) string {
	values := resolve(v, lang, w)
	for k, most := range cut[lang] {
		values[k] = crop(values[k], most)
	}
	return t.write(t.short(lang), values)
}

// Full is the whole text in a language, for the page, a letter and a voice call.
func (t Template) Full(v map[string]string, lang string, w Words) string {
	return t.write(t.full(lang), resolve(v, lang, w))
}

func resolve(v map[string]string, lang string, w Words) map[string]string {
	out := map[string]string{"name": v[ValueName], "no": v[ValueNo], "n": v[ValueCount], "sum": v[ValueSum], "item": w.Item(v[ValueItem], lang)}
	out["office"], _ = w.Office(v[ValueOffice], lang)
	out["window"], out["phone"] = w.Office(v[ValueWindow], lang)
	for _, k := range []string{ValueDay, ValueDue} {
		if d, err := workday.ParseDate(v[k]); err == nil {
			out[k] = w.Day(d, lang)
		}
	}
	return out
}

// cut is the most characters that names take in a short message; longest is the longest value of each placeholder there.
var (
	cut = map[string]map[string]int{
		"zh": {"name": 4, "item": 10, "office": 8, "window": 8},
		"en": {"name": 12, "item": 30, "office": 24, "window": 24},
	}
	longest = map[string]map[string]string{"zh": longestOf("zh"), "en": longestOf("en")}
)

func longestOf(lang string) map[string]string {
	filler := "x"
	if lang == "zh" {
		filler = "\u4e2d"
	}
	out := map[string]string{"no": "23-20261231-000042-7", "phone": "0000-00000000", "n": "99", "sum": "99999.99", "day": strings.Repeat(filler, 6), "due": strings.Repeat(filler, 6)}
	for k, n := range cut[lang] {
		out[k] = strings.Repeat(filler, n)
	}
	return out
}

func crop(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "\u2026"
}

// Parts is how many short messages a text takes: 160 characters of the basic alphabet or 70 others in one (3GPP TS 23.038,
// 23.040), 153 and 67 in each of several.
func Parts(s string) int {
	one, many := 160, 153
	n := 0
	for _, r := range s {
		if r > 0x7e || r < 0x20 || strings.ContainsRune("[]{}\\^~|`", r) {
			one, many = 70, 67
		}
		if r > 0xffff {
			n++
		}
		n++
	}
	if n <= one {
		return 1
	}
	return (n + many - 1) / many
}
