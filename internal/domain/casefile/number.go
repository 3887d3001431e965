package casefile

import (
	"fmt"
	"strings"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// No is the public case number: province (2), date (8), serial of that day (6), check digit; written with hyphens,
// "23-20261123-000042-7". It is spoken over telephones, so the check digit (ISO/IEC 7064 MOD 11,10) catches a wrong digit
// and nearly every swapped pair.
type No string

// MakeNo builds a number; serial is taken modulo 1,000,000.
func MakeNo(node office.NodeID, on workday.Date, serial int64) No {
	digits := fmt.Sprintf("%02s%s%06d", node, strings.ReplaceAll(on.String(), "-", ""), serial%1_000_000)
	return No(fmt.Sprintf("%s-%s-%s-%d", digits[:2], digits[2:10], digits[10:], CheckDigit(digits)))
}

// ParseNo accepts a number as people type it: with or without hyphens or blanks, in full-width digits.
func ParseNo(s string) (No, error) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '\uff10' && r <= '\uff19':
			b.WriteRune(r - '\uff10' + '0')
		case r == '-' || r == ' ' || r == '\u3000' || r == '\uff0d' || r == '\u2014':
		default:
			return "", errs.New(errs.BadCaseNo, "%d characters", len(s))
		}
	}
	d := b.String()
	if len(d) != 17 || CheckDigit(d[:16]) != int(d[16]-'0') {
		return "", errs.New(errs.BadCaseNo, "%d digits", len(d))
	}
	return No(d[:2] + "-" + d[2:10] + "-" + d[10:16] + "-" + d[16:]), nil
}

// Node is the province that gave the number.
func (n No) Node() office.NodeID {
	if len(n) < 2 {
		return ""
	}
	return office.NodeID(n[:2])
}

// CheckDigit is the digit that makes a row of digits one of ISO/IEC 7064 MOD 11,10.
func CheckDigit(digits string) int {
	p := 10
	for _, r := range digits {
		s := (p + int(r-'0')) % 10
		if s == 0 {
			s = 10
		}
		p = 2 * s % 11
	}
	return (11 - p) % 10
}
