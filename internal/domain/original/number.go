package original

import (
	"fmt"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/kernel/errs"
)

// No is a bag's number: its case's, two digits that count the case's bags, and a check digit over all of them (ISO/IEC 7064 MOD
// 11,10), as in "23-20261123-000042-7-01-5". It stands on the label as text and as a code, and names the case to whoever finds the bag
// without telling whose it is.
type No string

// digits are those of a number's text.
const digits = 20

// MakeNo is the number of a case's nth bag, 1 to 99.
func MakeNo(c casefile.No, nth int) No {
	d := strings.ReplaceAll(string(c), "-", "") + fmt.Sprintf("%02d", nth)
	return No(fmt.Sprintf("%s-%02d-%d", c, nth, casefile.CheckDigit(d)))
}

// ParseNo reads a number as it is scanned or typed: with or without hyphens or blanks, in full-width digits. Any single wrong digit, and
// nearly every swapped pair, is errs.BagNumber.
func ParseNo(s string) (No, casefile.No, error) {
	d := strings.Map(func(r rune) rune {
		switch {
		case r >= '\uff10' && r <= '\uff19':
			return r - '\uff10' + '0'
		case r == '-' || r == ' ' || r == '\u3000' || r == '\uff0d' || r == '\u2014':
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	if len(d) != digits || strings.Trim(d, "0123456789") != "" || casefile.CheckDigit(d[:digits-1]) != int(d[digits-1]-'0') {
		return "", "", errs.New(errs.BagNumber, "%d characters", len(d))
	}
	c, err := casefile.ParseNo(d[:digits-3])
	if err != nil || d[digits-3:digits-1] == "00" {
		return "", "", errs.New(errs.BagNumber, "not of a case")
	}
	return No(string(c) + "-" + d[digits-3:digits-1] + "-" + d[digits-1:]), c, nil
}
