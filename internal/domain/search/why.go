package search

import "strings"

// why says how the best phrase of a topic came to match, and what the person probably meant to write.
func (x *Index) why(q question, b best) (why Why, meant string) {
	p := x.phrases[b.phrase]
	switch {
	case b.way == waySounds:
		return ByPinyin, ""
	case b.way == wayInitials:
		return ByInitials, ""
	case p.field == englishField:
		return ByEnglish, ""
	}
	plain := [...]Why{nameField: ByName, aliasField: ByAlias, wordsField: ByWords}[p.field]
	text := x.words.without(x.words.fold(p.text), func(rune, rune) bool { return true })
	a, c := string(q.core), string(text)
	if a == c || strings.Contains(a, c) || strings.Contains(c, a) || len(q.core) < 3 {
		return plain, ""
	}
	core := q.core
	changed, sound := x.changes(core, text)
	most := max(1, len(text)/4)
	if changed == 0 || changed > most || len(text) < 3 {
		return plain, ""
	}
	if sound {
		return BySound, p.text
	}
	return ByTypo, p.text
}

// changes counts what has to be changed in a so that it holds b: a character wrong, missing, too many, or two swapped.
// sound is true if only characters were wrong and all of them sound right. It is 0 if what differs is known words, which
// nobody wrote by mistake.
func (x *Index) changes(a, b []rune) (n int, sound bool) {
	const far = 1 << 20
	type cell struct {
		n     int
		sound bool
		typo  bool // a changed piece of a is in no phrase
	}
	d := make([][]cell, len(b)+1)
	for i := range d {
		d[i] = make([]cell, len(a)+1)
		d[i][0] = cell{n: i, sound: i == 0}
	}
	for j := range d[0] {
		d[0][j] = cell{sound: true}
	}
	odd := func(j int) bool { // a[j-1] makes no known word with its neighbours
		return (j < 2 || !x.known(a[j-2], a[j-1])) && (j == len(a) || !x.known(a[j-1], a[j]))
	}
	for i := 1; i <= len(b); i++ {
		for j := 1; j <= len(a); j++ {
			c := cell{n: far}
			better := func(o cell) {
				if o.n < c.n {
					c = o
				}
			}
			p := d[i-1][j-1]
			if a[j-1] == b[i-1] {
				better(p)
			} else {
				better(cell{p.n + 1, p.sound && x.words.same(a[j-1], b[i-1]), p.typo || odd(j)})
			}
			better(cell{n: d[i-1][j].n + 1, typo: d[i-1][j].typo || j < len(a) && !x.known(a[j-1], a[j])})
			better(cell{n: d[i][j-1].n + 1, typo: d[i][j-1].typo || odd(j)})
			if i > 1 && j > 1 && a[j-1] == b[i-2] && a[j-2] == b[i-1] {
				better(cell{n: d[i-2][j-2].n + 1, typo: true})
			}
			d[i][j] = c
		}
	}
	end := cell{n: far}
	for _, c := range d[len(b)] {
		if c.n < end.n {
			end = c
		}
	}
	if !end.typo {
		return 0, false
	}
	return end.n, end.sound
}

// same reports whether two characters sound alike.
func (w *Words) same(a, b rune) bool {
	s, t := w.spoken[a], w.spoken[b]
	return s != "" && t != "" && alike(s) == alike(t)
}

// withoutSounds cuts words that tell nothing out of a row of syllables.
func (w *Words) withoutSounds(s []string) []string {
	var out []string
next:
	for i := 0; i < len(s); {
		for n := min(6, len(s)-i); n > 1; n-- {
			if w.stopSounds[strings.Join(s[i:i+n], " ")] {
				out = append(out, "")
				i += n
				continue next
			}
		}
		out = append(out, s[i])
		i++
	}
	for len(out) > 0 && out[0] == "" {
		out = out[1:]
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	if len(out) == 0 {
		return s
	}
	return out
}
