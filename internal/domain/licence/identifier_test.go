package licence

import (
	"strings"
	"testing"

	"tongban/internal/kernel/errs"
)

// real are identifiers found in public integrators' code.
var real = []string{
	"1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
	"1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.002.S",
	"1.2.156.3005.2.11100000000013338W011.11110000000021135M.20230329701.003.Y",
	"1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
	"1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
	"1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
}

// legacy carries the check character of the known wrong routine, as issued by a province.
const legacy = "1.2.156.3005.2.11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M"

func TestMod3736(t *testing.T) {
	if c := mod3736("A12425GABC1234002"); c != 'M' {
		t.Errorf("ISO 7064's own sample gives %c, want M", c)
	}
}

func TestParseIdentifier(t *testing.T) {
	for _, s := range real {
		id, err := ParseIdentifier(s)
		if err != nil || id.Legacy || id.String() != s {
			t.Errorf("%s: %+v %v", s, id, err)
			continue
		}
		if len(id.Issuer) == 18 {
			if made, err := NewIdentifier(id.TypeCode, id.Issuer, id.Serial, id.Version); err != nil || made != s {
				t.Errorf("made anew: %s, %v", made, err)
			}
		}
		if !strings.HasPrefix(s, id.Family()+".") {
			t.Errorf("family %s", id.Family())
		}
	}
	id, err := ParseIdentifier(legacy)
	if err != nil || !id.Legacy {
		t.Errorf("legacy: %+v %v", id, err)
	}
	if made, err := NewIdentifier(id.TypeCode, id.Issuer, id.Serial, id.Version); err != nil || made != strings.TrimSuffix(legacy, "M")+"D" {
		t.Errorf("legacy made by the standard: %s, %v", made, err)
	}
}

func TestParseIdentifierRefuses(t *testing.T) {
	good := real[0]
	for name, s := range map[string]string{
		"nothing":       "",
		"no root":       strings.TrimPrefix(good, root),
		"another root":  "1.2.156.3005.3." + strings.TrimPrefix(good, root),
		"lower case":    strings.ToLower(good),
		"blank":         good + " ",
		"newline":       good + "\n",
		"no check":      good[:len(good)-2],
		"wrong check":   good[:len(good)-1] + "V",
		"short version": strings.Replace(good, ".001.", ".01.", 1),
		"short type":    strings.Replace(good, "W011", "W01", 1),
		"no serial":     strings.Replace(good, "20230000403", "", 1),
		"long serial":   strings.Replace(good, "20230000403", strings.Repeat("2", 65), 1),
		"full width":    strings.Replace(good, "0403", "０403", 1),
	} {
		if id, err := ParseIdentifier(s); !errs.Is(err, errs.BadIdentifier) {
			t.Errorf("%s: %+v %v", name, id, err)
		}
	}
	// Any one digit read wrongly is noticed, unless it happens to give the wrong routine's character, which is marked.
	for i := len(root); i < len(good); i++ {
		if good[i] < '0' || good[i] > '8' {
			continue
		}
		b := []byte(good)
		b[i]++
		if id, err := ParseIdentifier(string(b)); err == nil && !id.Legacy {
			t.Errorf("%s passes", b)
		}
	}
}

func TestNewIdentifierRefuses(t *testing.T) {
	const typ, issuer = "11100000000013338W011", "11430000006122244L"
	for name, c := range map[string]struct {
		typ, issuer, serial string
		version             int
	}{
		"type":         {typ[1:], issuer, "1", 1},
		"type letters": {typ[:18] + "0AB", issuer, "1", 1},
		"issuer":       {typ, "340100", "1", 1},
		"serial":       {typ, issuer, "a-b", 1},
		"no serial":    {typ, issuer, "", 1},
		"version 0":    {typ, issuer, "1", 0},
		"version 1000": {typ, issuer, "1", 1000},
	} {
		if s, err := NewIdentifier(c.typ, c.issuer, c.serial, c.version); !errs.Is(err, errs.BadIdentifier) {
			t.Errorf("%s: %q %v", name, s, err)
		}
	}
}

func FuzzParseIdentifier(f *testing.F) {
	for _, s := range append(real, legacy) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseIdentifier(s)
		if err == nil && id.String() != s {
			t.Fatalf("%q becomes %q", s, id)
		} else if err != nil && !errs.Is(err, errs.BadIdentifier) {
			t.Fatal(err)
		}
	})
}
