package postal

import (
	"strings"
	"testing"

	"tongban/internal/kernel/errs"
)

func TestParse(t *testing.T) {
	for typed, want := range map[string]Number{
		"RA473124829US":    "RA473124829US", // the usual example of UPU S10
		"ra 4731 2482 9us": "RA473124829US",
		"\uff32\uff21\uff14\uff17\uff13\uff11\uff12\uff14\uff18\uff12\uff19\uff35\uff33": "RA473124829US", // full width
		"1234567890123": "1234567890123",
		"RA473124829":   "", "RA473124828US": "", "RA47312482XUS": "", "R1473124829US": "", "RA473124829U1": "", "": "", "RA473124829US\x00": "",
		"一二三四五六七八九十一二三": "",
	} {
		got, err := Parse(typed)
		if got != want || (want == "") != errs.Is(err, errs.BadPostalNumber) {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
}

// Every single wrong digit is noticed, and nearly every pair that was swapped.
func TestTyposAreNoticed(t *testing.T) {
	const good = "RA473124829US"
	for i := 2; i < 11; i++ {
		for d := byte('0'); d <= '9'; d++ {
			if d == good[i] {
				continue
			}
			if _, err := Parse(good[:i] + string(d) + good[i+1:]); err == nil {
				t.Errorf("%c for digit %d was not noticed", d, i-1)
			}
		}
		if i < 10 && good[i] != good[i+1] {
			if _, err := Parse(good[:i] + string(good[i+1]) + string(good[i]) + good[i+2:]); err == nil {
				t.Errorf("digits %d and %d swapped were not noticed", i-1, i)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("RA473124829US")
	f.Add("1234567890123")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err != nil {
			return
		}
		if again, err := Parse(string(n)); err != nil || again != n || strings.ToUpper(string(n)) != string(n) {
			t.Errorf("%q gives %q, which gives %q %v", s, n, again, err)
		}
	})
}
