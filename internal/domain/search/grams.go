package search

import (
	"hash/maphash"
)

// A gram is a small piece of a text that can be looked up. Its kind stands in the upper four bits.
type gram uint64

const (
	oneChar   gram = (iota + 1) << 60 // a Chinese character
	twoChars                          // two in a row
	twoSounds                         // two syllables in a row, folded
	oneSound
	initials // two or three first letters in a row
	word     // a Latin word or a number
	stem     // the beginning of a Latin word
)

const kinds gram = 0xf << 60

// weights by kind.
var weights = [...]float32{
	oneChar >> 60: 0.3, twoChars >> 60: 1, twoSounds >> 60: 0.45, oneSound >> 60: 0.2, initials >> 60: 1, word >> 60: 1, stem >> 60: 0.6,
}

// weight says how much a kind tells. A wrong character that sounds alike still has its sounds; a swapped one, its
// characters.
func (g gram) weight() float32 {
	return weights[g>>60]
}

var seed = maphash.MakeSeed()

func latin(kind gram, s string) gram {
	return kind | gram(maphash.String(seed, s))&^kinds
}

// chars gives the grams of Chinese characters and of Latin words.
func chars(text []rune) []gram {
	var out []gram
	for i := 0; i < len(text); i++ {
		r := text[i]
		switch {
		case r == ' ':
		case han(r):
			out = append(out, oneChar|char(r))
			if i+1 < len(text) && han(text[i+1]) {
				out = append(out, pair(r, text[i+1]))
			}
		default:
			j := i
			for j < len(text) && text[j] != ' ' && !han(text[j]) {
				j++
			}
			w := string(text[i:j])
			out = append(out, latin(word, w))
			if w[0] >= 'a' && w[0] <= 'z' && len(w) > 3 {
				out = append(out, latin(stem, root(w)))
			}
			i = j - 1
		}
	}
	return out
}

func pair(a, b rune) gram { return twoChars | char(a)<<21 | char(b) }

func char(r rune) gram { return gram(r) & 0x1fffff } //nolint:gosec // a code point has 21 bits

// root is the beginning of an English word: register, registered and registration share it.
func root(w string) string {
	if len(w) > 5 {
		return w[:5]
	}
	if w[len(w)-1] == 's' || w[len(w)-1] == 'y' || w[len(w)-1] == 'e' {
		return w[:len(w)-1]
	}
	return w
}

// heard gives the grams of syllables; one syllable alone is a gram too if alone says so.
func (w *Words) heard(syllables []string, alone bool) []gram {
	var out []gram
	before := gram(0)
	for _, s := range syllables {
		n := gram(0)
		if s != "" {
			n = gram(w.syllables[alike(s)])
		}
		if n > 0 && before > 0 {
			out = append(out, twoSounds|before<<16|n)
		}
		if n > 0 && alone {
			out = append(out, oneSound|n)
		}
		before = n
	}
	return out
}

// firsts gives the first letters of syllables; what has none ends a row.
func firsts(syllables []string) string {
	b := make([]byte, 0, len(syllables))
	for _, s := range syllables {
		if s == "" {
			s = " "
		}
		b = append(b, s[0])
	}
	return string(b)
}

// initialGrams gives two and three letters in a row.
func initialGrams(letters string) []gram {
	var out []gram
	for i := range len(letters) {
		if letters[i] == ' ' || i+1 >= len(letters) || letters[i+1] == ' ' {
			continue
		}
		two := gram(letters[i])<<8 | gram(letters[i+1])
		out = append(out, initials|two)
		if i+2 < len(letters) && letters[i+2] != ' ' {
			out = append(out, initials|two<<8|gram(letters[i+2]))
		}
	}
	return out
}
