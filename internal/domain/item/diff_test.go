package item

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/kernel/workday"
)

// What the law of 2025 changed for a couple is what Diff says about the two definitions.
func TestDiffOfMarriageRules(t *testing.T) {
	old, ok1 := Default().Version("结婚登记", day(t, "2025-05-09"))
	now, ok2 := Default().Version("结婚登记", day(t, "2025-05-10"))
	if !ok1 || !ok2 {
		t.Fatal("no definition of both days")
	}
	less := map[string]bool{}
	for _, c := range Diff(old, now) {
		if c.Kind == AskedMore {
			t.Errorf("nothing more is asked: %+v", c)
		}
		if c.Kind == AskedLess && c.Part == "material" {
			less[c.Key] = true
			if c.Name == "" || c.NameEn == "" || c.Old == "" || c.New != "" {
				t.Errorf("%+v", c)
			}
		}
	}
	if diff := cmp.Diff(map[string]bool{"household": true, "residence": true}, less); diff != "" {
		t.Error(diff)
	}
	if same := Diff(now, now); len(same) != 0 {
		t.Errorf("%+v", same)
	}
}

func TestDiffOfLimitsAndFees(t *testing.T) {
	wd := func(n int) workday.Limit { return workday.Limit{N: n, Unit: workday.WorkingDays} }
	v := func(law, promise int, fee int, items ...FeeItem) Version {
		return Version{Limits: []LimitRule{{Key: "decide", Length: wd(law), Promised: wd(promise)}}, Fee: Fee{Fen: fee, Items: items}}
	}
	tests := []struct {
		name     string
		old, now Version
		want     []Change
	}{
		{"a shorter promise", v(20, 10, 0), v(20, 5, 0), []Change{{Shorter, "limit", "decide", "", "", "20wd promised 10wd", "20wd promised 5wd"}}},
		{"a longer law without promise", v(15, 0, 0), v(20, 0, 0), []Change{{Longer, "limit", "decide", "", "", "15wd", "20wd"}}},
		{"a fee", v(1, 0, 0), v(1, 0, 2000), []Change{{Dearer, "fee", "fee", "", "", "0", "2000"}}},
		{"no fee any more", v(1, 0, 2000), v(1, 0, 0), []Change{{Cheaper, "fee", "fee", "", "", "2000", "0"}}},
		{"a line of the tariff", v(1, 0, 0, FeeItem{Key: "a", Fen: 10}), v(1, 0, 0, FeeItem{Key: "a", Fen: 20}), []Change{{Dearer, "fee", "a", "", "", "10", "20"}}},
		{"a limit is gone", v(5, 0, 0), Version{}, []Change{{Changed, "limit", "decide", "", "", "5wd", ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Diff(tt.old, tt.now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDiffOfAForm(t *testing.T) {
	old := Version{Form: Form{Fields: []Field{{Key: "a", Source: Asked}, {Key: "b", Source: Derived}}}}
	now := Version{Form: Form{Fields: []Field{{Key: "b", Source: Asked}, {Key: "c", Source: FromEvidence}}}}
	var got []string
	for _, c := range Diff(old, now) {
		got = append(got, c.Kind+" "+c.Key)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"asked-less a", "asked-more b"}, got); diff != "" {
		t.Errorf("what is found or derived is no burden:\n%s", diff)
	}
}
