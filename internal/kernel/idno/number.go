// Package idno checks the numbers by which people and organisations are known: the resident identity number
// (GB 11643-1999, also used by the residence permits of people from Hong Kong, Macao and Taiwan and by the foreigners'
// permanent residence card) and the unified social credit code (GB 32100-2015 with GB 11714-1997 inside). Only form is
// checked. The division inside a number is the one of the first coding and may long be abolished, so it is not looked up.
package idno

import (
	"log/slog"
	"strings"
	"time"
	"unicode"

	"tongban/internal/kernel/errs"
)

// Number is an identity number of 18 characters as Parse returns it, the last one a digit or a capital X.
type Number string

// Kind is the document family that a number belongs to, as its first digits say.
type Kind uint8

// The families. The first six digits 810000, 820000 and 830000 mark residence permits, a leading 9 the foreigners' card.
const (
	Resident Kind = iota
	HongKong
	Macao
	Taiwan
	Foreigner
)

// Parse reads a number as people type it: blanks anywhere, full-width characters, a small x. It returns
// errs.IDNumberLegacy for the 15 digits that are void since 2013, errs.IDNumberForm, errs.IDNumberBirth for a day
// that does not exist, or errs.IDNumberCheck. No error text carries the number.
func Parse(s string) (Number, error) {
	n := normalise(s)
	if len(n) == 15 && digits(n) {
		return "", errs.New(errs.IDNumberLegacy, "15 digits")
	}
	if len(n) != 18 || !digits(n[:17]) || n[17] != 'X' && !digits(n[17:]) {
		return "", errs.New(errs.IDNumberForm, "%d bytes", len(n))
	}
	if !born(n) {
		return "", errs.New(errs.IDNumberBirth, "digits 7 to 14")
	}
	if n[17] != checkChar(n[:17]) {
		return "", errs.New(errs.IDNumberCheck, "last character")
	}
	return Number(n), nil
}

// MakeNumber adds the check character to 17 digits; it serves made-up people.
func MakeNumber(first17 string) (Number, error) {
	n := normalise(first17)
	if len(n) != 17 || !digits(n) {
		return "", errs.New(errs.IDNumberForm, "%d bytes where 17 digits are due", len(n))
	}
	return Parse(n + string(checkChar(n)))
}

// checkChar is the check of GB 11643 (ISO 7064 MOD 11-2) over 17 digits.
func checkChar(n string) byte {
	weights := [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(n[i]-'0') * w
	}
	return "10X98765432"[sum%11]
}

// born reports whether digits 7 to 14 are a day that exists in the 19th to 21st century of the calendar (18xx to 20xx).
func born(n string) bool {
	if c := n[6:8]; c != "18" && c != "19" && c != "20" {
		return false
	}
	_, err := time.Parse("20060102", n[6:14])
	return err == nil
}

// Birth is the birth date inside the number, or zeros for a value that did not come from Parse.
func (n Number) Birth() (year, month, day int) {
	if len(n) != 18 || !digits(string(n[6:14])) {
		return 0, 0, 0
	}
	num := func(s Number) int {
		v := 0
		for _, c := range s {
			v = v*10 + int(c-'0')
		}
		return v
	}
	return num(n[6:10]), num(n[10:12]), num(n[12:14])
}

// Kind tells the document family.
func (n Number) Kind() Kind {
	s := string(n)
	switch {
	case strings.HasPrefix(s, "810000"):
		return HongKong
	case strings.HasPrefix(s, "820000"):
		return Macao
	case strings.HasPrefix(s, "830000"):
		return Taiwan
	case strings.HasPrefix(s, "9"):
		return Foreigner
	}
	return Resident
}

// Mask keeps the last four characters, the form that may be shown to others than the person and the handling office.
func (n Number) Mask() string { return Mask(string(n)) }

// LogValue masks, so that no log line carries a number.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.Mask()) }

// Mask hides all but the last four characters of any document number, and all of a number shorter than eight.
func Mask(s string) string {
	r := []rune(s)
	if len(r) < 8 {
		return strings.Repeat("*", len(r))
	}
	return strings.Repeat("*", len(r)-4) + string(r[len(r)-4:])
}

// normalise drops blanks, turns full-width characters into plain ones and capitalises.
func normalise(s string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case r >= '！' && r <= '～': // the full-width forms of ASCII, U+FF01 to U+FF5E
			return r - '！' + '!'
		}
		return r
	}, s))
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
