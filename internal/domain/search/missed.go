package search

import (
	"strings"
	"sync"
	"unicode"

	"tongban/internal/kernel/workday"
)

// Missed is a question that found nothing, with how often it was asked on a day (Asia/Shanghai). Nobody knows who asked.
type Missed struct {
	Day   workday.Date `json:"day"`
	Query string       `json:"query"` // as Keepable gives it
	N     int          `json:"n"`
}

// The sizes of what is kept.
const (
	longestKept  = 40  // characters
	mostKept     = 500 // different questions between two collections; more look like an attack
	digitsKept   = 5   // six and more may be a number of a person or a case
	longestNamed = 4   // characters of a name
)

// Misses counts questions that found nothing until somebody collects them. The zero value is ready; it is safe for
// concurrent use.
type Misses struct {
	mu  sync.Mutex // guards all
	all map[Missed]int
}

// Add counts one question. What may tell of a person is forgotten at once (Keepable).
func (m *Misses) Add(x *Index, text string, day workday.Date) {
	q, ok := x.Keepable(text)
	if !ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[Missed]int{}
	}
	k := Missed{Day: day, Query: q}
	if _, ok := m.all[k]; ok || len(m.all) < mostKept {
		m.all[k]++
	}
}

// Take gives what was counted and starts anew. A caller that cannot store it gives it back with Return.
func (m *Misses) Take() []Missed {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Missed, 0, len(m.all))
	for k, n := range m.all {
		k.N = n
		list = append(list, k)
	}
	m.all = nil
	return list
}

// Return counts again what Take gave.
func (m *Misses) Return(list []Missed) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[Missed]int{}
	}
	for _, k := range list {
		n := k.N
		k.N = 0
		m.all[k] += n
	}
}

// Keepable gives a question in the form that may be kept for the stewards of the catalogue, or false if any of it may
// tell of a person: six digits or more, an address with @, letters that are no word of the index, or a surname before
// characters that are no known word. It refuses too much rather than too little.
func (x *Index) Keepable(text string) (string, bool) {
	w := x.words
	folded := w.fold(text)
	if len(folded) == 0 || len(folded) > longestKept || strings.ContainsRune(text, '@') {
		return "", false
	}
	digits := 0
	for _, r := range folded {
		if unicode.IsDigit(r) || numerals[r] {
			digits++
		}
	}
	if digits > digitsKept {
		return "", false
	}
	rest, _ := x.places.cut(folded)
	for letters := range strings.FieldsSeq(string(latinOnly(rest))) {
		if letters[0] >= '0' && letters[0] <= '9' && strings.Trim(letters, "0123456789") == "" {
			continue
		}
		if _, known := x.grams[latin(word, letters)]; !known {
			return "", false
		}
	}
	if x.named(rest) {
		return "", false
	}
	return string(folded), true
}

// numerals are the characters in which people write out digits.
var numerals = func() map[rune]bool {
	m := map[rune]bool{}
	for _, r := range "\u3007\u96f6\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5e7a" {
		m[r] = true
	}
	return m
}()

// named reports whether text may hold a person's name: a surname whose next characters make no known word.
func (x *Index) named(text []rune) bool {
	w := x.words
	plain := make([]bool, len(text)+longestNamed) // part of a known word
	for i := range text {
		mark := func(n int) {
			for j := i; j < i+n; j++ {
				plain[j] = true
			}
		}
		for _, d := range []*dictionary{&w.ordinary, &w.synonyms, &w.stops} {
			if _, n := d.at(text[i:], nil); n > 1 {
				mark(n)
			}
		}
		if i+1 < len(text) && x.known(text[i], text[i+1]) {
			mark(2)
		}
	}
	for i := 0; i+1 < len(text); i++ {
		if w.surnames[text[i]] && !plain[i] && han(text[i+1]) {
			return true
		}
	}
	return false
}

// Finder is a search as pages use it: what finds nothing is counted. Misses may be nil: then nothing is.
type Finder struct {
	Index  *Index
	Misses *Misses
	Today  func() workday.Date
}

// Find is Index.Find.
func (f *Finder) Find(q Query) Result {
	r := f.Index.Find(q)
	if len(r.Hits) == 0 && f.Misses != nil {
		f.Misses.Add(f.Index, q.Text, f.Today())
	}
	return r
}
