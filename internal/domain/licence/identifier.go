package licence

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// root is the object identifier under which all electronic licences stand (GB/T 36904-2018).
const root = "1.2.156.3005.2."

// Identifier is a 电子证照标识 taken apart: root . type (21) . issuer (18) . serial . version (3) . check (1).
type Identifier struct {
	TypeCode string // 证照类型代码: USCC of who defines the type, and 3 digits
	Issuer   string // 颁发机构代码; some early issuers wrote a 6-digit area code
	Serial   string // 流水号
	Version  int    // from 1, grows with each change or re-issue
	Check    byte
	// Legacy marks a check character made by a widespread wrong routine. Others' licences are taken in with a warning;
	// we never issue one.
	Legacy bool
}

// String is the full identifier.
func (id Identifier) String() string {
	return fmt.Sprintf("%s%s.%s.%s.%03d.%c", root, id.TypeCode, id.Issuer, id.Serial, id.Version, id.Check)
}

// Family is the identifier without version and check: what all versions of one licence share.
func (id Identifier) Family() string {
	return root + id.TypeCode + "." + id.Issuer + "." + id.Serial
}

// Of reports whether a place may speak for the issuer that the identifier names. Early issuers wrote area codes, of which nobody can
// tell.
func (id Identifier) Of(n office.NodeID) bool {
	return len(id.Issuer) != 18 || id.Issuer[2:4] == place(n)
}

var (
	identifierForm = regexp.MustCompile(`^1\.2\.156\.3005\.2\.([0-9A-Z]{21})\.([0-9A-Z]{6,18})\.([0-9A-Z]{1,64})\.([0-9]{3})\.([0-9A-Z])$`)
	typeForm       = regexp.MustCompile(`^[0-9A-Z]{18}[0-9]{3}$`)
	issuerForm     = regexp.MustCompile(`^[0-9A-Z]{18}$`)
	serialForm     = regexp.MustCompile(`^[0-9A-Z]{1,64}$`)
)

// NewIdentifier makes the identifier of a licence that we issue. The serial is digits and upper-case letters, version is
// 1 to 999; errs.BadIdentifier otherwise.
func NewIdentifier(typeCode, issuerCode, serial string, version int) (string, error) {
	switch {
	case !typeForm.MatchString(typeCode):
		return "", errs.New(errs.BadIdentifier, "type code %q", typeCode)
	case !issuerForm.MatchString(issuerCode):
		return "", errs.New(errs.BadIdentifier, "issuer code %q", issuerCode)
	case !serialForm.MatchString(serial):
		return "", errs.New(errs.BadIdentifier, "serial of %d characters", len(serial))
	case version < 1 || version > 999:
		return "", errs.New(errs.BadIdentifier, "version %d", version)
	}
	id := Identifier{TypeCode: typeCode, Issuer: issuerCode, Serial: serial, Version: version}
	id.Check = mod3736(id.checked())
	return id.String(), nil
}

// ParseIdentifier takes an identifier apart. The standard's check character is accepted, the known wrong routine's is
// accepted and marked Legacy, any other is errs.BadIdentifier. Issuers of 6 to 18 characters are accepted as found in use.
func ParseIdentifier(s string) (Identifier, error) {
	m := identifierForm.FindStringSubmatch(s)
	if m == nil {
		return Identifier{}, errs.New(errs.BadIdentifier, "form")
	}
	version, err := strconv.Atoi(m[4])
	if err != nil {
		return Identifier{}, errs.Wrap(errs.BadIdentifier, err, "version")
	}
	id := Identifier{TypeCode: m[1], Issuer: m[2], Serial: m[3], Version: version, Check: m[5][0]}
	switch id.Check {
	case mod3736(id.checked()):
	case legacyCheck(id.checked()):
		id.Legacy = true
	default:
		return Identifier{}, errs.New(errs.BadIdentifier, "check character %c, want %c", id.Check, mod3736(id.checked()))
	}
	return id, nil
}

// checked is what the check character covers: no root, no dots.
func (id Identifier) checked() string {
	return fmt.Sprintf("%s%s%s%03d", id.TypeCode, id.Issuer, id.Serial, id.Version)
}

const checkAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// mod3736 is ISO/IEC 7064 MOD 37,36 (GB/T 17710-2008) over digits and upper-case letters.
func mod3736(s string) byte {
	p := 36
	for _, c := range []byte(s) {
		p = (p + strings.IndexByte(checkAlphabet, c)) % 36
		if p == 0 {
			p = 36
		}
		p = 2 * p % 37
	}
	return checkAlphabet[(37-p)%36]
}

// legacyCheck repeats the wrong routine found in several provinces' code, which counts letters from 11 and folds
// differently. 0 if that routine would give no character.
func legacyCheck(s string) byte {
	p := 36
	for _, c := range []byte(s) {
		a := strings.IndexByte(checkAlphabet, c)
		if a > 9 {
			a++
		}
		r := p + a
		if a > 10 && r > 37 {
			r %= 37
		} else if a < 10 && r > 36 {
			r %= 36
		}
		r %= 36
		if r == 0 {
			r = 36
		}
		p = 2 * r % 37
	}
	x := 37 - p
	if x < 1 || x > len(checkAlphabet) {
		return 0
	}
	return checkAlphabet[x-1]
}
