package casefile

import (
	"fmt"
	"strings"
	"testing"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

func TestNumbers(t *testing.T) {
	on := workday.NewDate(2026, 11, 23)
	for _, tt := range []struct {
		node   office.NodeID
		serial int64
		want   No
	}{
		{"23", 42, "23-20261123-000042-"},
		{"66", 0, "66-20261123-000000-"},
		{"11", 999_999, "11-20261123-999999-"},
		{"11", 1_000_001, "11-20261123-000001-"}, // the serial begins again
	} {
		n := MakeNo(tt.node, on, tt.serial)
		if !strings.HasPrefix(string(n), string(tt.want)) || len(n) != 20 {
			t.Errorf("%s %d: %s", tt.node, tt.serial, n)
		}
		if n.Node() != tt.node {
			t.Errorf("%s was given by %s", n, n.Node())
		}
		if back, err := ParseNo(string(n)); err != nil || back != n {
			t.Errorf("%s reads as %s, %v", n, back, err)
		}
	}
	// ISO/IEC 7064 MOD 11,10: the standard's own example, and the remainder rule over a whole number.
	if got := CheckDigit("0794"); got != 5 {
		t.Errorf("check digit of 0794 is %d, want 5", got)
	}
}

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	n := MakeNo("23", workday.NewDate(2026, 11, 23), 42)
	digits := strings.ReplaceAll(string(n), "-", "")
	wide := strings.Map(func(r rune) rune {
		if r == '-' {
			return '－'
		}
		return r - '0' + '０'
	}, string(n))
	for _, s := range []string{string(n), digits, " " + digits + " ", wide, strings.ReplaceAll(string(n), "-", "　"), strings.ReplaceAll(string(n), "-", "—")} {
		if got, err := ParseNo(s); err != nil || got != n {
			t.Errorf("%q reads as %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "23", digits[:16], digits + "0", "x" + digits[1:], "23-20261123-000042-Ⅶ", strings.Repeat("9", 1000)} {
		if got, err := ParseNo(s); !errs.Is(err, errs.BadCaseNo) || got != "" {
			t.Errorf("%q reads as %q, %v", s, got, err)
		}
	}
	if No("").Node() != "" || No("2").Node() != "" {
		t.Error("an empty number has a province")
	}
}

// Every wrong digit is caught; of swapped neighbours all but a few.
func TestSlipsOfTheTongue(t *testing.T) {
	swaps, missed := 0, 0
	for serial := range int64(400) {
		n := MakeNo(office.NodeID(fmt.Sprint(11+serial%55)), workday.NewDate(2026, 1, 1).AddDays(int(serial%365)), serial*487)
		d := []byte(strings.ReplaceAll(string(n), "-", ""))
		for i := range d {
			was := d[i]
			for x := byte('0'); x <= '9'; x++ {
				if d[i] = x; x != was {
					if _, err := ParseNo(string(d)); err == nil {
						t.Fatalf("%s with %c at %d passes", n, x, i)
					}
				}
			}
			d[i] = was
			if i == 0 || d[i] == d[i-1] {
				continue
			}
			d[i], d[i-1] = d[i-1], d[i]
			swaps++
			if _, err := ParseNo(string(d)); err == nil {
				missed++
			}
			d[i], d[i-1] = d[i-1], d[i]
		}
	}
	if share := float64(missed) / float64(swaps); share > 0.025 {
		t.Errorf("%d of %d swapped pairs pass (%.1f %%)", missed, swaps, 100*share)
	}
}
