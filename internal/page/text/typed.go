package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Typed is what somebody typed without what a keyboard does not give and a reader does not see: bytes that are no UTF-8,
// control characters except line breaks and tabs, and characters that turn the direction of text or have no width, with which
// a value can be made to look like another. Joiners stay, which some scripts and signs need.
func Typed(s string) string {
	if !strings.ContainsFunc(s, unseen) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return r
	}, s)
}

func unseen(r rune) bool {
	switch r {
	case '\n', '\r', '\t', '\u200c', '\u200d':
		return false
	}
	return r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}
