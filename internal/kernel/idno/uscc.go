package idno

import (
	"strings"

	"tongban/internal/kernel/errs"
)

// USCC is a unified social credit code of 18 characters as ParseUSCC returns it. It may consist of digits only and is
// never a number.
type USCC string

// usccAlphabet is the 31 characters of GB 32100, in the order of their values.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// ParseUSCC reads a code as people type it: blanks, full-width and small letters. It checks the outer character
// (GB 32100) and the organisation code inside (GB 11714), and returns errs.USCCForm or errs.USCCCheck.
func ParseUSCC(s string) (USCC, error) {
	c := normalise(s)
	if len(c) != 18 || !usccForm(c) {
		return "", errs.New(errs.USCCForm, "%d bytes", len(c))
	}
	if c[16] != orgCheck(c[8:16]) {
		return "", errs.New(errs.USCCCheck, "character 17 (organisation code)")
	}
	if c[17] != usccCheck(c[:17]) {
		return "", errs.New(errs.USCCCheck, "character 18")
	}
	return USCC(c), nil
}

// MakeUSCC adds what is missing to 16 characters (both check characters) or 17 (the last); it serves made-up organisations.
func MakeUSCC(first string) (USCC, error) {
	c := normalise(first)
	if len(c) != 16 && len(c) != 17 || !usccForm(c) {
		return "", errs.New(errs.USCCForm, "%d bytes where 16 or 17 characters are due", len(c))
	}
	if len(c) == 16 {
		c += string(orgCheck(c[8:16]))
	}
	return ParseUSCC(c + string(usccCheck(c)))
}

// usccForm reports whether the characters of c may stand at their places: the alphabet, and digits for the division.
func usccForm(c string) bool {
	for i := range len(c) {
		if strings.IndexByte(usccAlphabet, c[i]) < 0 {
			return false
		}
	}
	return digits(c[2:8])
}

func usccCheck(c string) byte {
	sum, weight := 0, 1
	for i := range 17 {
		sum += strings.IndexByte(usccAlphabet, c[i]) * weight
		weight = weight * 3 % 31
	}
	return usccAlphabet[(31-sum%31)%31]
}

// orgCheck is the ninth character of an organisation code; letters count 10 to 35.
func orgCheck(c string) byte {
	weights := [...]int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		v := int(c[i] - '0')
		if c[i] >= 'A' {
			v = int(c[i]-'A') + 10
		}
		sum += v * w
	}
	return "0X987654321"[sum%11]
}

// Authority is the first two characters: the registering department and the kind of organisation ("11" an organ of
// the state, "91" an enterprise).
func (c USCC) Authority() string {
	if len(c) < 2 {
		return ""
	}
	return string(c[:2])
}

// Area is the six digits of the registering division, which may be abolished.
func (c USCC) Area() string {
	if len(c) != 18 {
		return ""
	}
	return string(c[2:8])
}

// OrgCode is the organisation code of nine characters inside.
func (c USCC) OrgCode() string {
	if len(c) != 18 {
		return ""
	}
	return string(c[8:17])
}
