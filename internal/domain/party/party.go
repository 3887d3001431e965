// Package party knows who takes part in a case: persons and organisations, how their particulars are written, checked
// and masked, and the exact forms under which a stored person can be found again without opening any personal field.
package party

import (
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
)

// IDType is the kind of an identity document, a code of GA/T 2000.156 as GB/T 39046-2020 uses it.
type IDType string

// The kinds of document that a person may show. ResidentID also covers the residence permits of people from
// Hong Kong, Macao and Taiwan, whose numbers follow the same standard.
const (
	ResidentID    IDType = "111" // 居民身份证
	TemporaryID   IDType = "112" // 临时身份证
	HouseholdBook IDType = "113" // 户口簿
	Passport      IDType = "414" // 普通护照
	TaiwanPermit  IDType = "511" // 台湾居民来往大陆通行证
	HKMOPermit    IDType = "516" // 港澳居民来往内地通行证
	ForeignerID   IDType = "553" // 外国人永久居留身份证
)

// IDTypes lists the kinds in the order in which a form offers them.
var IDTypes = []IDType{ResidentID, TemporaryID, HouseholdBook, HKMOPermit, TaiwanPermit, Passport, ForeignerID}

// Person is a natural person as a case names them. It logs as a mask.
type Person struct {
	Name   string `json:"name"`
	IDType IDType `json:"id_type"`
	IDNo   string `json:"id_no"`
	Phone  string `json:"phone,omitempty"` // digits, with a leading + if abroad; may be empty
}

// Org is a legal person or other organisation as a case names it.
type Org struct {
	Name string    `json:"name"`
	USCC idno.USCC `json:"uscc"`
}

// NewPerson writes the particulars in their canonical form and validates them.
func NewPerson(name string, kind IDType, number, phone string) (Person, error) {
	p := Person{Name: CleanName(name), IDType: kind, IDNo: cleanNumber(number), Phone: cleanPhone(phone)}
	return p, p.Validate()
}

// NewOrg writes the particulars in their canonical form and validates them.
func NewOrg(name, uscc string) (Org, error) {
	code, err := idno.ParseUSCC(uscc)
	if err != nil {
		return Org{}, err
	}
	o := Org{Name: strings.Join(strings.Fields(name), " "), USCC: code}
	return o, o.Validate()
}

// Validate reports the first particular that is not in its canonical form: errs.PersonNameForm,
// errs.PersonDocumentForm or the code of idno.Parse, errs.PersonPhoneForm. No error text carries the value.
func (p Person) Validate() error {
	if !goodName(p.Name, 50) || p.Name != CleanName(p.Name) {
		return errs.New(errs.PersonNameForm, "name")
	}
	if err := checkDocument(p.IDType, p.IDNo); err != nil {
		return err
	}
	if p.Phone != "" && (p.Phone != cleanPhone(p.Phone) || !goodPhone(p.Phone)) {
		return errs.New(errs.PersonPhoneForm, "phone")
	}
	return nil
}

// Validate is the check of Person.Validate for an organisation: errs.OrgNameForm or the code of idno.ParseUSCC.
func (o Org) Validate() error {
	if !goodName(o.Name, 200) {
		return errs.New(errs.OrgNameForm, "name")
	}
	c, err := idno.ParseUSCC(string(o.USCC))
	if err == nil && c != o.USCC {
		err = errs.New(errs.USCCForm, "not in canonical form")
	}
	return err
}

// checkDocument applies the rule of each kind: the national number where there is one, else 5 to 20 letters and digits.
func checkDocument(kind IDType, number string) error {
	switch kind {
	case ResidentID, TemporaryID, HouseholdBook:
		return checkNumber(number, false)
	case ForeignerID:
		if oldForeignerNumber(number) {
			return nil
		}
		return checkNumber(number, true)
	case Passport, TaiwanPermit, HKMOPermit:
		if len(number) < 5 || len(number) > 20 || strings.Trim(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return errs.New(errs.PersonDocumentForm, "number of kind %s", kind)
		}
		return nil
	}
	return errs.New(errs.PersonDocumentForm, "unknown kind of document")
}

func checkNumber(number string, foreigner bool) error {
	n, err := idno.Parse(number)
	if err != nil {
		return err
	}
	if string(n) != number || (n.Kind() == idno.Foreigner) != foreigner {
		return errs.New(errs.PersonDocumentForm, "number of another kind, or not in canonical form")
	}
	return nil
}

// oldForeignerNumber is the form of the permanent residence cards issued before 2017, some of which still run: three
// letters of the nationality and twelve digits.
func oldForeignerNumber(s string) bool {
	return len(s) == 15 && strings.Trim(s[:3], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" && strings.Trim(s[3:], "0123456789") == ""
}

// SameDocument reports whether both show the same document: the same number, and the same kind of document unless it is the
// national number, which several documents bear. Names are not compared: they are written in many ways.
func SameDocument(a, b Person) bool {
	if a.IDNo == "" || a.IDNo != b.IDNo {
		return false
	}
	_, err := idno.Parse(a.IDNo)
	return err == nil || a.IDType == b.IDType
}

// CleanName writes a name as it is stored: blanks around it go, those between Han characters too, those between
// Latin words become one; every middle dot becomes U+00B7.
func CleanName(s string) string {
	words := strings.Fields(strings.Map(func(r rune) rune {
		switch r {
		case '•', '・', '‧', '∙', '⋅', '．', '●':
			return '·'
		}
		return r
	}, s))
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			last, _ := utf8.DecodeLastRuneInString(words[i-1])
			first, _ := utf8.DecodeRuneInString(w)
			if !unicode.Is(unicode.Han, last) && !unicode.Is(unicode.Han, first) && last != '·' && first != '·' {
				b.WriteByte(' ')
			}
		}
		b.WriteString(w)
	}
	return b.String()
}

// goodName wants letters first and no control, format or private characters, so that a name cannot turn the text around it.
func goodName(s string, most int) bool {
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > most || s != strings.TrimSpace(s) {
		return false
	}
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case !unicode.IsGraphic(r) || strings.ContainsRune("<>{}|\\\"", r):
			return false
		}
	}
	return letters > 0
}

// plain turns full-width characters into plain ones.
func plain(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == '　':
		return ' '
	}
	return r
}

func cleanNumber(s string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return plain(r)
	}, s))
}

// cleanPhone drops blanks, hyphens and brackets, and the country's own prefix.
func cleanPhone(s string) string {
	s = strings.Map(func(r rune) rune {
		r = plain(r)
		if unicode.IsSpace(r) || strings.ContainsRune("-()–—", r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimPrefix(s, "+86")
	if rest, ok := strings.CutPrefix(s, "0086"); ok {
		return rest
	}
	return s
}

// goodPhone accepts a mobile number (11 digits from 1), a landline with its area code (10 to 12 digits from 0), a
// service number (400 or 95…, 5 to 10 digits) and a number abroad (+ and 6 to 15 digits).
func goodPhone(s string) bool {
	rest, abroad := strings.CutPrefix(s, "+")
	if strings.Trim(rest, "0123456789") != "" || rest == "" {
		return false
	}
	switch n := len(rest); {
	case abroad:
		return n >= 6 && n <= 15
	case rest[0] == '1':
		return n == 11 && rest[1] >= '3'
	case rest[0] == '0':
		return n >= 10 && n <= 12
	default:
		return n == 10 && strings.HasPrefix(rest, "400") || n >= 5 && n <= 8 && strings.HasPrefix(rest, "9")
	}
}

// LogValue masks all particulars.
func (p Person) LogValue() slog.Value {
	return slog.GroupValue(slog.String("name", MaskName(p.Name)), slog.String("id_type", string(p.IDType)), slog.String("id_no", idno.Mask(p.IDNo)))
}

// Masked is p as a third party may see it.
func (p Person) Masked() Person {
	return Person{Name: MaskName(p.Name), IDType: p.IDType, IDNo: idno.Mask(p.IDNo), Phone: MaskPhone(p.Phone)}
}

// MaskName keeps the surname (two characters if it is a compound one) or the first letter, and shows at most two
// stars for the rest, so that the length of a long name stays hidden.
func MaskName(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return ""
	}
	keep := 1
	if len(r) > 2 && surnames().compound(string(r[:2])) {
		keep = 2
	}
	return string(r[:keep]) + strings.Repeat("*", min(2, max(1, len(r)-keep)))
}

// MaskPhone keeps the first three and the last four digits of a number of eleven or more, the last two of a shorter one.
func MaskPhone(s string) string {
	switch n := len(s); {
	case n >= 11:
		return s[:3] + strings.Repeat("*", n-7) + s[n-4:]
	case n > 2:
		return strings.Repeat("*", n-2) + s[n-2:]
	default:
		return strings.Repeat("*", n)
	}
}
