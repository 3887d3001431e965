package party

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/mozillazg/go-pinyin"

	"tongban/catalogue"
	"tongban/internal/kernel/idno"
)

// LookupKind names what a look-up value is made of. The texts go into the keyed hashes that are stored, so they are
// never changed.
type LookupKind string

// The exact forms under which a person can be found.
const (
	ByNumber   LookupKind = "number"   // the document number, capitals
	ByPhone    LookupKind = "phone"    // digits
	ByName     LookupKind = "name"     // the whole name, blanks removed, small letters
	ByPinyin   LookupKind = "pinyin"   // the whole name in letters, no tones, ü as v: "fanmoumou"
	ByInitials LookupKind = "initials" // the first letter of each syllable: "fmm"
	ByBirth    LookupKind = "birth"    // year of birth and last four characters of a national number: "19900017"
)

// Lookup is one exact form. It holds personal data in the clear and is only ever stored as a keyed hash.
type Lookup struct {
	Kind  LookupKind
	Value string
}

// Lookups gives every form under which p can be found, without repetition. A surname with two accepted readings gives
// both; a name with a character that has no known reading gives none in letters.
func Lookups(p Person) []Lookup {
	var list []Lookup
	add := func(kind LookupKind, value string) {
		if l := (Lookup{kind, value}); value != "" && !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	add(ByNumber, cleanNumber(p.IDNo))
	add(ByPhone, cleanPhone(p.Phone))
	add(ByName, nameForm(p.Name))
	for _, syllables := range readings(CleanName(p.Name)) {
		add(ByPinyin, strings.Join(syllables, ""))
		initials := make([]byte, 0, len(syllables))
		for _, s := range syllables {
			initials = append(initials, s[0])
		}
		add(ByInitials, string(initials))
	}
	if n, err := idno.Parse(p.IDNo); err == nil {
		add(ByBirth, string(n[6:10]+n[14:]))
	}
	return list
}

// Search gives the forms that a text typed into a search box may be meant as; the same text can be a phone number and
// the number of a document. A text that can be none of them gives nothing.
func Search(text string) []Lookup {
	text = strings.TrimSpace(text)
	number, phone, name := cleanNumber(text), cleanPhone(text), nameForm(text)
	var list []Lookup
	add := func(kind LookupKind, value string) { list = append(list, Lookup{kind, value}) }
	if len(number) >= 5 && strings.Trim(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" && strings.ContainsAny(number, "0123456789") {
		add(ByNumber, number)
	}
	if goodPhone(phone) {
		add(ByPhone, phone)
	}
	if len(number) == 8 && strings.Trim(number[:7], "0123456789") == "" && strings.Trim(number[7:], "0123456789X") == "" {
		add(ByBirth, number)
	}
	if goodName(name, 50) && !strings.ContainsAny(name, "0123456789") {
		add(ByName, name)
		letters := strings.NewReplacer("ü", "v", "'", "", "-", "", "·", "").Replace(name)
		if strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz") == "" && letters != "" {
			add(ByPinyin, letters)
			add(ByInitials, letters)
		}
	}
	return list
}

// nameForm is a name with its blanks removed and in small letters.
func nameForm(s string) string {
	return strings.ToLower(strings.ReplaceAll(CleanName(s), " ", ""))
}

// readings gives the syllables of a name, once for each accepted reading of its surname, or nothing if a character has
// no reading. A Latin word is one syllable.
func readings(name string) [][]string {
	heads, rest := surnames().split(name)
	tail, ok := syllables(rest)
	if !ok || len(heads) == 0 && len(tail) == 0 {
		return nil
	}
	if len(heads) == 0 {
		return [][]string{tail}
	}
	list := make([][]string, 0, len(heads))
	for _, h := range heads {
		list = append(list, append(slices.Clone(h), tail...))
	}
	return list
}

// syllables reads Han characters by their most common reading and keeps runs of Latin letters together.
func syllables(s string) ([]string, bool) {
	args := pinyin.NewArgs()
	var list []string
	word := ""
	flush := func() {
		if word != "" {
			list, word = append(list, word), ""
		}
	}
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z':
			word += string(r)
			continue
		case r == '·' || r == ' ' || r == '-' || r == '\'' || r == '.':
			flush()
			continue
		case !unicode.Is(unicode.Han, r):
			return nil, false
		}
		flush()
		p := pinyin.SinglePinyin(r, args)
		if len(p) == 0 || p[0] == "" {
			return nil, false
		}
		list = append(list, p[0])
	}
	flush()
	return list, true
}

// surnameTable holds the readings of surnames that differ from the character's common one, and the compound surnames.
// A reading is a list of syllables, one for each character.
type surnameTable map[string][][]string

// surnames reads the table of the catalogue inside the binary. A damaged one is a fault of the build and panics.
var surnames = sync.OnceValue(func() surnameTable {
	b, err := catalogue.FS.ReadFile("names/surnames.tsv")
	if err != nil {
		panic(err)
	}
	return parseSurnames(string(b))
})

func parseSurnames(text string) surnameTable {
	t := surnameTable{}
	first := true
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if first {
			first = false
			continue
		}
		if len(cells) != 4 || cells[0] == "" || cells[1] == "" || t[cells[0]] != nil {
			panic("names/surnames.tsv: " + line)
		}
		for _, reading := range cells[1:3] {
			if reading == "" {
				continue
			}
			s := strings.Fields(reading)
			if len(s) != len([]rune(cells[0])) || strings.Trim(strings.Join(s, ""), "abcdefghijklmnopqrstuvwxyz") != "" {
				panic("names/surnames.tsv: " + line)
			}
			t[cells[0]] = append(t[cells[0]], s)
		}
	}
	return t
}

// split takes a listed surname off the front of a name, the compound one first if something is left after it.
func (t surnameTable) split(name string) (heads [][]string, rest string) {
	r := []rune(name)
	for _, n := range [...]int{2, 1} {
		if len(r) > n || len(r) == n && n == 1 {
			if h := t[string(r[:n])]; h != nil {
				return h, string(r[n:])
			}
		}
	}
	return nil, name
}

func (t surnameTable) compound(s string) bool { return t[s] != nil && len([]rune(s)) == 2 }
