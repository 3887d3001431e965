package search

import (
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"

	"tongban/internal/kernel/errs"
)

// Words is what the index knows of language: the files of catalogue/search. It is read-only after LoadWords.
type Words struct {
	variants   map[rune]rune // other forms of a character: traditional, often confused
	synonyms   dictionary    // how people say it → the word under which it is indexed
	stops      dictionary    // words that tell nothing of the matter
	readings   dictionary    // words with a character that is read otherwise than usual → their syllables
	stopSounds map[string]bool
	ordinary   dictionary // words that begin like a surname
	surnames   map[rune]bool

	spoken    map[rune]string   // the most common reading without its tone, ü as v
	syllables map[string]uint16 // folded syllable → number
	spellings map[string]bool   // every syllable as it is written

	asked   map[string][]string // item → how people ask
	english map[string][]string // item → how people ask in English
}

// dictionary finds the longest piece at a place of a text.
type dictionary struct {
	to     map[string]string
	starts map[rune]int // first character → length of the longest piece with it
}

func (d *dictionary) add(piece, to string) {
	if d.to == nil {
		d.to, d.starts = map[string]string{}, map[rune]int{}
	}
	r := []rune(piece)
	d.to[piece] = to
	d.starts[r[0]] = max(d.starts[r[0]], len(r))
}

// at gives the longest piece at the beginning of text that fits says yes to, its length in characters, or 0.
func (d *dictionary) at(text []rune, fits func(n int) bool) (to string, n int) {
	for n := min(d.starts[text[0]], len(text)); n > 0; n-- {
		if to, ok := d.to[string(text[:n])]; ok && (fits == nil || fits(n)) {
			return to, n
		}
	}
	return "", 0
}

// replace goes through text from left to right and puts the dictionary's word for each piece; fits may keep a piece that
// stands at a place.
func (d *dictionary) replace(text []rune, fits func(at, n int) bool) []rune {
	out := make([]rune, 0, len(text))
	for i := 0; i < len(text); {
		var here func(int) bool
		if fits != nil {
			here = func(n int) bool { return fits(i, n) }
		}
		to, n := d.at(text[i:], here)
		if n == 0 {
			out = append(out, text[i])
			i++
			continue
		}
		out = append(out, []rune(to)...)
		i += n
	}
	return out
}

// LoadWords reads variants.tsv, synonyms.tsv, stop.tsv, pinyin.tsv, ordinary.tsv, surnames.tsv, words.tsv and english.tsv of fsys. It
// returns errs.SearchData with file and line for what cannot be read.
func LoadWords(fsys fs.FS) (*Words, error) {
	w := &Words{
		variants: map[rune]rune{}, stopSounds: map[string]bool{}, surnames: map[rune]bool{}, asked: map[string][]string{},
		english: map[string][]string{},
	}
	w.loadSyllables()
	for _, f := range []struct {
		name string
		row  func(a, b string) error
	}{
		{"variants.tsv", w.variant},
		{"synonyms.tsv", w.synonym},
		{"pinyin.tsv", w.reading}, // before the words that are read with it
		{"stop.tsv", w.stop},
		{"ordinary.tsv", func(a, _ string) error { w.ordinary.add(a, ""); return nil }},
		{"surnames.tsv", w.surname},
		{"words.tsv", func(a, b string) error { w.asked[a] = append(w.asked[a], strings.Fields(b)...); return nil }},
		{"english.tsv", w.englishRow},
	} {
		if err := table(fsys, f.name, f.row); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// table calls row for the two columns of every line below the heading.
func table(fsys fs.FS, name string, row func(a, b string) error) error {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return errs.Wrap(errs.SearchData, err, "%s", name)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		if n++; n == 1 {
			continue
		}
		x, y, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		if !ok || x == "" || strings.Contains(y, "\t") {
			return errs.New(errs.SearchData, "%s:%d: two columns are due", name, n)
		}
		if err := row(x, y); err != nil {
			return errs.Wrap(errs.SearchData, err, "%s:%d", name, n)
		}
	}
	return nil
}

// variant: each character of a stands for the one at the same place of b.
func (w *Words) variant(a, b string) error {
	from, to := []rune(a), []rune(b)
	if len(from) != len(to) {
		return errs.New(errs.SearchData, "%d characters stand for %d", len(from), len(to))
	}
	for i, r := range from {
		w.variants[r] = to[i]
	}
	return nil
}

// synonym: the words of a, separated by blanks, mean b.
func (w *Words) synonym(a, b string) error {
	for word := range strings.FieldsSeq(a) {
		w.synonyms.add(word, b)
	}
	return nil
}

func (w *Words) stop(a, _ string) error {
	for word := range strings.FieldsSeq(a) {
		w.stops.add(word, " ")
		w.stopSounds[strings.Join(w.sounds([]rune(word)), " ")] = true
	}
	return nil
}

func (w *Words) surname(a, _ string) error {
	for _, r := range a {
		w.surnames[r] = true
	}
	return nil
}

func (w *Words) reading(a, b string) error {
	if n, m := len([]rune(a)), len(strings.Fields(b)); n != m {
		return errs.New(errs.SearchData, "%d characters, %d syllables", n, m)
	}
	w.readings.add(a, b)
	return nil
}

func (w *Words) englishRow(a, b string) error {
	for p := range strings.SplitSeq(b, ";") {
		if p = strings.TrimSpace(p); p != "" {
			w.english[a] = append(w.english[a], p)
		}
	}
	return nil
}

// loadSyllables collects the readings of the common block of Han characters.
func (w *Words) loadSyllables() {
	w.spoken, w.syllables, w.spellings = map[rune]string{}, map[string]uint16{}, map[string]bool{}
	for r := rune(0x4e00); r <= 0x9fff; r++ {
		list := pinyin.SinglePinyin(r, pinyin.Args{Style: pinyin.Normal})
		if len(list) == 0 || strings.Trim(list[0], "abcdefghijklmnopqrstuvwxyz") != "" || !strings.ContainsAny(list[0], "aeiouv") {
			continue
		}
		w.spoken[r] = list[0]
		w.spellings[list[0]] = true
	}
	for s := range w.spellings {
		if f := alike(s); w.syllables[f] == 0 {
			w.syllables[f] = uint16(len(w.syllables) + 1) //nolint:gosec // some four hundred
		}
	}
}

// alike folds what many speakers and keyboards do not tell apart: z/zh, c/ch, s/sh, l/n, and n/ng at the end.
func alike(s string) string {
	for _, p := range []string{"zh", "ch", "sh"} {
		if strings.HasPrefix(s, p) {
			s = s[:1] + s[2:]
		}
	}
	if s[0] == 'l' && len(s) > 1 {
		s = "n" + s[1:]
	}
	for _, end := range []string{"ang", "eng", "ing"} {
		if strings.HasSuffix(s, end) {
			return s[:len(s)-1]
		}
	}
	return s
}

// fold gives small letters, half width, simplified characters; everything else is one blank between words, and none
// between two Chinese characters.
func (w *Words) fold(s string) []rune {
	out := make([]rune, 0, len(s)/2)
	gap := false
	for _, r := range norm.NFKC.String(s) {
		r = unicode.ToLower(r)
		if v, ok := w.variants[r]; ok {
			r = v
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = true
			continue
		}
		if gap && len(out) > 0 && (!han(out[len(out)-1]) || !han(r)) {
			out = append(out, ' ')
		}
		gap = false
		out = append(out, r)
	}
	return out
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

// canonical says everything with the word under which it is indexed.
func (w *Words) canonical(text []rune) []rune { return w.synonyms.replace(text, nil) }

// without cuts the words that tell nothing. A single character stays if it is part of a word that known knows, and a
// Latin word is cut only as a whole.
func (w *Words) without(text []rune, known func(a, b rune) bool) []rune {
	out := w.stops.replace(text, func(at, n int) bool {
		r, end := text[at], at+n
		switch {
		case !han(r):
			return (at == 0 || text[at-1] == ' ') && (end == len(text) || text[end] == ' ')
		case n == 1:
			return (at == 0 || !known(text[at-1], r)) && (end == len(text) || !known(r, text[end]))
		}
		return true
	})
	return []rune(strings.Join(strings.Fields(string(out)), " "))
}

// sounds gives the syllables of text as written, "" for what has none (a blank, a digit). Latin words are cut into
// syllables; letters that make none are left out.
func (w *Words) sounds(text []rune) []string {
	var out []string
	for i := 0; i < len(text); {
		r := text[i]
		if r >= 'a' && r <= 'z' {
			j := i
			for j < len(text) && text[j] >= 'a' && text[j] <= 'z' {
				j++
			}
			out = append(out, w.spell(string(text[i:j]))...)
			i = j
			continue
		}
		if s, n := w.readings.at(text[i:], nil); n > 0 {
			out = append(out, strings.Fields(s)...)
			i += n
			continue
		}
		switch s := w.spoken[r]; {
		case han(r) && s != "":
			out = append(out, s)
		case r != ' ':
			out = append(out, "")
		}
		i++
	}
	return out
}

// spell cuts letters into as few syllables as possible, skipping as few letters as possible.
func (w *Words) spell(letters string) []string {
	const skip = 10 // a letter skipped is worse than any number of syllables
	cost := make([]int, len(letters)+1)
	from := make([]int, len(letters)+1)
	for i := 1; i <= len(letters); i++ {
		cost[i], from[i] = cost[i-1]+skip, i-1
		for n := 1; n <= min(6, i); n++ {
			if c := cost[i-n] + 1; c <= cost[i] && w.spellings[letters[i-n:i]] {
				cost[i], from[i] = c, i-n
			}
		}
	}
	var out []string
	for i := len(letters); i > 0; i = from[i] {
		if s := letters[from[i]:i]; w.spellings[s] {
			out = append([]string{s}, out...)
		}
	}
	return out
}

// spelt reports whether letters are syllables to the last one, which may be unfinished.
func (w *Words) spelt(letters string) bool {
	n := 0
	for _, s := range w.spell(letters) {
		n += len(s)
	}
	return len(letters)-n <= min(2, len(letters)/4) && n > 0
}

// Letters gives a name in letters of pinyin without tones, whole and as initials; "" for what has a character without a reading.
func (w *Words) Letters(name string) (whole, initials string) {
	sounds := w.sounds(w.fold(name))
	if len(sounds) == 0 || slices.Contains(sounds, "") {
		return "", ""
	}
	return strings.Join(sounds, ""), firsts(sounds)
}
