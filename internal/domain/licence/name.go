package licence

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"tongban/internal/kernel/errs"
)

// Clean holds a text of one line against what licences may bear; see cleanText. errs.NameUnsafe.
func Clean(s string) error { return cleanText(s) }

// cleanText refuses what makes a text look like another one: invisible characters, characters that change the direction of
// reading, control characters, and bytes that are no text. Rare characters, also outside the Basic Multilingual Plane, and
// variation selectors (which choose a form of a name's character) are fine. errs.NameUnsafe.
func cleanText(s string) error {
	if !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		return errs.New(errs.NameUnsafe, "not UTF-8, or blanks at an end")
	}
	for _, r := range s {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Zl, unicode.Zp) || r == utf8.RuneError || hangulFiller(r) {
			return errs.New(errs.NameUnsafe, "character %U", r)
		}
	}
	return nil
}

// hangulFiller are letters that show nothing.
func hangulFiller(r rune) bool { return r == 0x115F || r == 0x1160 || r == 0x3164 || r == 0xFFA0 }

// cleanNumber is cleanText for numbers and codes, in which wide forms of ASCII would be a second spelling.
func cleanNumber(s string) error {
	for _, r := range s {
		if r >= 0xFF01 && r <= 0xFF5E || unicode.Is(unicode.Mn, r) {
			return errs.New(errs.NameUnsafe, "character %U in a number", r)
		}
	}
	return cleanText(s)
}

// clean holds all texts of the record against cleanText.
func (l Licence) clean() error {
	for _, s := range []string{l.TypeName, l.Holder.Name, l.Issuer.Name} {
		if err := cleanText(s); err != nil {
			return err
		}
	}
	for _, s := range []string{l.No, l.Holder.Code, l.Holder.CodeType} {
		if err := cleanNumber(s); err != nil {
			return err
		}
	}
	for _, f := range l.Fields {
		if err := cleanText(f.Label); err != nil {
			return err
		}
		for line := range strings.SplitSeq(f.Value, "\n") { // a field may have several lines
			if err := cleanText(strings.TrimSpace(line)); err != nil {
				return err
			}
		}
	}
	return nil
}
