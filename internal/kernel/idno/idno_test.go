package idno

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"tongban/internal/kernel/errs"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		err      errs.Code
	}{
		{in: "11010519491231002X", want: "11010519491231002X"},
		{in: "440524188001010014", want: "440524188001010014"},
		{in: "34052419800101001X", want: "34052419800101001X"},
		{in: "110101199003077774", want: "110101199003077774"},
		{in: "440106200001010019", want: "440106200001010019"},
		{in: "11010519900307101X", want: "11010519900307101X"},
		{in: "81000019980902013X", want: "81000019980902013X"},
		{in: "830000199808010013", want: "830000199808010013"},
		{in: "932010199001010010", want: "932010199001010010"},
		{in: " 110105 19491231 002x\n", want: "11010519491231002X"},
		{in: "１１０１０５１９４９１２３１００２ｘ", want: "11010519491231002X"},
		{in: "110105　19491231002X", want: "11010519491231002X"},
		{in: "610102198908080001", err: errs.IDNumberCheck},
		{in: "110105194912310021", err: errs.IDNumberCheck},
		{in: "110105491231002", err: errs.IDNumberLegacy},
		{in: "110105199002300010", err: errs.IDNumberBirth},
		{in: "110105170001010010", err: errs.IDNumberBirth},
		{in: "110105210001010010", err: errs.IDNumberBirth},
		{in: "", err: errs.IDNumberForm},
		{in: "1101051949123100", err: errs.IDNumberForm},
		{in: "11010519491231002Y", err: errs.IDNumberForm},
		{in: "1101051949123100X2", err: errs.IDNumberForm},
		{in: "1101051949123一", err: errs.IDNumberForm},
		{in: "A10105491231002", err: errs.IDNumberForm},
	} {
		got, err := Parse(tt.in)
		if tt.err != 0 {
			if !errs.Is(err, tt.err) || got != "" {
				t.Errorf("Parse(%q) = %q, %v; want %s", tt.in, got, err, tt.err.Name())
			}
			continue
		}
		if err != nil || string(got) != tt.want {
			t.Errorf("Parse(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
}

// Every single wrong digit is found.
func TestParseFindsWrongDigit(t *testing.T) {
	const good = "110101199003077774"
	for i := range good {
		for _, c := range "0123456789" {
			bad := good[:i] + string(c) + good[i+1:]
			if _, err := Parse(bad); (err == nil) != (bad == good) {
				t.Errorf("Parse(%q) = %v", bad, err)
			}
		}
	}
}

func TestErrorsCarryNoNumber(t *testing.T) {
	for _, in := range []string{"610102198908080001", "110105199002300010", "110105491231002", "11010519491231002Y"} {
		if _, err := Parse(in); err == nil || strings.Contains(err.Error(), in[6:14]) {
			t.Errorf("%v", err)
		}
	}
}

func TestNumberParts(t *testing.T) {
	for in, want := range map[Number]Kind{
		"110101199003077774": Resident, "81000019980902013X": HongKong, "820000199808010013": Macao,
		"830000199808010013": Taiwan, "932010199001010010": Foreigner,
	} {
		if got := in.Kind(); got != want {
			t.Errorf("%s is of kind %d, want %d", in, got, want)
		}
	}
	if y, m, d := Number("11010519491231002X").Birth(); y != 1949 || m != 12 || d != 31 {
		t.Errorf("born %d-%d-%d", y, m, d)
	}
	if y, m, d := Number("short").Birth(); y != 0 || m != 0 || d != 0 {
		t.Errorf("born %d-%d-%d", y, m, d)
	}
	n := Number("11010519491231002X")
	if got := n.Mask(); got != "**************002X" {
		t.Errorf("Mask() = %q", got)
	}
	if got := Mask("E12345"); got != "******" {
		t.Errorf("Mask of a short number = %q", got)
	}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).LogAttrs(t.Context(), slog.LevelInfo, "seen", slog.Any("number", n))
	if strings.Contains(b.String(), "1949") || !strings.Contains(b.String(), "002X") {
		t.Errorf("logged %q", b.String())
	}
}

func TestMakeNumber(t *testing.T) {
	if n, err := MakeNumber("11010519491231002"); err != nil || n != "11010519491231002X" {
		t.Errorf("%q, %v", n, err)
	}
	if _, err := MakeNumber("1101051949123100"); !errs.Is(err, errs.IDNumberForm) {
		t.Errorf("16 digits: %v", err)
	}
	if _, err := MakeNumber("11010519491331002"); !errs.Is(err, errs.IDNumberBirth) {
		t.Errorf("month 13: %v", err)
	}
}

var usccs = []string{
	"91350100M000100Y43", "91110000600037341L", "91110108551385082Q", "91440300708461136T", "12100000400000624D",
	"11100000000013338W", "11100000MB03271699", "11110000000021135M", "11430000006122244L", "11370800MB28559184",
	"113700000045030270", "113700000045046442", "91610800064834709T", "11330105002500287C", "11220000013544541J",
	"11100000000013661B",
}

func TestParseUSCC(t *testing.T) {
	for _, in := range usccs {
		if got, err := ParseUSCC(in); err != nil || string(got) != in {
			t.Errorf("ParseUSCC(%q) = %q, %v", in, got, err)
		}
		for _, n := range []int{16, 17} {
			if got, err := MakeUSCC(in[:n]); err != nil || string(got) != in {
				t.Errorf("MakeUSCC(%q) = %q, %v", in[:n], got, err)
			}
		}
	}
	if got, err := ParseUSCC(" ９１350100 m000100y43 "); err != nil || got != "91350100M000100Y43" {
		t.Errorf("%q, %v", got, err)
	}
	for in, want := range map[string]errs.Code{
		"":                       errs.USCCForm,
		"91350100M000100Y4":      errs.USCCForm,
		"91350100I000100Y43":     errs.USCCForm,
		"9135A100M000100Y43":     errs.USCCForm,
		"91350100M000100Y44":     errs.USCCCheck,
		"91350100M000100X43":     errs.USCCCheck,
		"91350101M000100Y43":     errs.USCCCheck,
		"91350100M000100Y43\x00": errs.USCCForm,
	} {
		if _, err := ParseUSCC(in); !errs.Is(err, want) {
			t.Errorf("ParseUSCC(%q) = %v, want %s", in, err, want.Name())
		}
	}
	// The outer check is right and the organisation code inside is not.
	inner := "91350100M000100Y5"
	if _, err := ParseUSCC(inner + string(usccCheck(inner))); !errs.Is(err, errs.USCCCheck) {
		t.Errorf("wrong organisation code: %v", err)
	}
	if _, err := MakeUSCC(inner); !errs.Is(err, errs.USCCCheck) {
		t.Errorf("MakeUSCC of a wrong organisation code: %v", err)
	}
	if _, err := MakeUSCC("91"); !errs.Is(err, errs.USCCForm) {
		t.Errorf("MakeUSCC of two characters: %v", err)
	}
	c := USCC("91350100M000100Y43")
	if c.Authority() != "91" || c.Area() != "350100" || c.OrgCode() != "M000100Y4" {
		t.Error("parts")
	}
	if c := USCC(""); c.Authority() != "" || c.Area() != "" || c.OrgCode() != "" {
		t.Error("parts of nothing")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"11010519491231002X", "１１０１０５", "110105491231002", "\u212a", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err != nil {
			return
		}
		if again, err := Parse(string(n)); err != nil || again != n || len(n) != 18 {
			t.Errorf("%q reads as %q, which reads as %q, %v", s, n, again, err)
		}
		if y, m, d := n.Birth(); y < 1800 || y > 2099 || m < 1 || m > 12 || d < 1 || d > 31 {
			t.Errorf("%q born %d-%d-%d", n, y, m, d)
		}
		if made, err := MakeNumber(string(n[:17])); err != nil || made != n {
			t.Errorf("MakeNumber(%q) = %q, %v", n[:17], made, err)
		}
	})
}

func FuzzParseUSCC(f *testing.F) {
	for _, s := range usccs {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseUSCC(s)
		if err != nil {
			return
		}
		if again, err := ParseUSCC(string(c)); err != nil || again != c || len(c) != 18 {
			t.Errorf("%q reads as %q, which reads as %q, %v", s, c, again, err)
		}
	})
}
