// Package postal reads the numbers of postal items as they are typed from a label: the thirteen characters of UPU S10 (two
// letters, eight digits, a check digit, the country), and the thirteen digits of domestic mail.
package postal

import (
	"strings"

	"tongban/internal/kernel/errs"
)

// Number is a postal item's number in its usual form: capitals, no blanks.
type Number string

// size is the length of both kinds.
const size = 13

// Parse reads a number as people type it: small letters, blanks, hyphens, full-width characters. It returns errs.BadPostalNumber
// for what cannot be one, which catches every single wrong digit of an S10 number. Whether the thirteen digits of domestic mail
// have a check digit is not confirmed (未核实); they are taken as they are.
func Parse(text string) (Number, error) {
	s := strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '\u3000':
			return -1
		case r >= '\uff01' && r <= '\uff5e':
			r -= 0xfee0
		}
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}, text)
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	letters := func(s string) bool { return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" }
	switch {
	case len(s) != size:
		return "", errs.New(errs.BadPostalNumber, "%d characters", len(s))
	case digits(s):
		return Number(s), nil
	case !letters(s[:2]) || !digits(s[2:11]) || !letters(s[11:]):
		return "", errs.New(errs.BadPostalNumber, "not two letters, nine digits, two letters")
	case check(s[2:10]) != s[10]:
		return "", errs.New(errs.BadPostalNumber, "its check digit does not fit")
	}
	return Number(s), nil
}

// check is the check digit of UPU S10: weights 8 6 4 2 3 5 9 7, eleven less the rest of the sum by eleven, 10 and 11 written as
// 0 and 5.
func check(serial string) byte {
	sum := 0
	for i, w := range [...]int{8, 6, 4, 2, 3, 5, 9, 7} {
		sum += w * int(serial[i]-'0')
	}
	switch d := 11 - sum%11; d {
	case 10:
		return '0'
	case 11:
		return '5'
	default:
		return byte('0' + d)
	}
}
