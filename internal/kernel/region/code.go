// Package region knows administrative divisions by their codes (GB/T 2260, GB/T 10114): two digits of province, two of
// prefecture, two of county, three of township, three of village. The list is dated data from the catalogue; a code
// that it does not hold may be older or newer than the list, so it is kept and marked, never refused.
package region

import (
	"strings"

	"tongban/internal/kernel/errs"
)

// Code is a division code in its canonical form of 12 digits. The zero value "" means that no division is named.
type Code string

// Level is how deep a division stands.
type Level uint8

// The levels. Nation is the code 000000, which item codes use for the central authorities. Group is a row that only
// holds the counties below it (the urban districts of a municipality, the counties directly under a province).
const (
	NoLevel Level = iota
	Nation
	Province
	Prefecture
	Group
	County
	Township
	Village
)

var levelNames = [...]string{"", "nation", "province", "prefecture", "group", "county", "township", "village"}

// String is the level's name in the catalogue's files.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return ""
}

// Parse reads 6, 9 or 12 digits, half or full width, with blanks around them; the short forms are filled with zeros,
// as government exchange does. Anything else is errs.RegionCodeForm.
func Parse(s string) (Code, error) {
	digits := strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, strings.TrimSpace(s))
	switch len(digits) {
	case 6, 9, 12:
	default:
		return "", errs.New(errs.RegionCodeForm, "%d bytes where 6, 9 or 12 digits are due", len(digits))
	}
	for _, r := range digits {
		if r < '0' || r > '9' {
			return "", errs.New(errs.RegionCodeForm, "a character other than a digit")
		}
	}
	return Code(digits + "000000"[:12-len(digits)]), nil
}

// Must is Parse for codes that the program itself writes; it panics on a malformed one.
func Must(s string) Code {
	c, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return c
}

// Short is the first six digits, the form that people read. A code that is not canonical is returned as it is.
func (c Code) Short() string {
	if len(c) < 6 {
		return string(c)
	}
	return string(c[:6])
}

// Display is the shortest form that names the same division: 6, 9 or 12 digits.
func (c Code) Display() string {
	switch {
	case len(c) != 12:
		return string(c)
	case c[6:] == "000000":
		return string(c[:6])
	case c[9:] == "000":
		return string(c[:9])
	}
	return string(c)
}

// Province is the first two digits, "23" for Heilongjiang, or "" for the zero value.
func (c Code) Province() string {
	if len(c) < 2 {
		return ""
	}
	return string(c[:2])
}

// ProvinceCode is the code of the province that c lies in, or "" for the zero value.
func (c Code) ProvinceCode() Code {
	if len(c) < 2 {
		return ""
	}
	return c[:2] + "0000000000"
}

// Level is read from the digits alone and therefore never Group; the table knows groups.
func (c Code) Level() Level {
	switch n := len(c.significant()); {
	case len(c) != 12:
		return NoLevel
	case n == 0:
		return Nation
	case n == 2:
		return Province
	case n == 4:
		return Prefecture
	case n == 6:
		return County
	case n == 9:
		return Township
	default:
		return Village
	}
}

// significant is c without the groups of zeros at its end.
func (c Code) significant() Code {
	if len(c) != 12 {
		return c
	}
	for _, n := range [...]int{9, 6, 4, 2, 0} {
		if strings.Trim(string(c[n:]), "0") != "" {
			for _, m := range [...]int{2, 4, 6, 9, 12} {
				if m > n {
					return c[:m]
				}
			}
		}
	}
	return ""
}

// parent is the next shorter code by its digits; a province has none.
func (c Code) parent() Code {
	sig := c.significant()
	for _, n := range [...]int{9, 6, 4, 2} {
		if len(sig) > n {
			return sig[:n] + Code("000000000000"[n:])
		}
	}
	return ""
}

// Within reports, by the digits alone, whether c is ancestor or lies below it.
func (c Code) Within(ancestor Code) bool {
	return len(c) == 12 && len(ancestor) == 12 && strings.HasPrefix(string(c), string(ancestor.significant()))
}

// UnmarshalText lets files and wire documents carry 6, 9 or 12 digits; an empty text stays the zero value.
func (c *Code) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = ""
		return nil
	}
	v, err := Parse(string(text))
	if err != nil {
		return err
	}
	*c = v
	return nil
}
