package item

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

func day(t testing.TB, s string) workday.Date {
	t.Helper()
	d, err := workday.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func places(t testing.TB) *region.Table {
	t.Helper()
	r, err := region.Default()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAllRowsLoad(t *testing.T) {
	c := Default()
	if n := len(c.All()); n != 112 {
		t.Fatalf("%d items, the reference has 112 rows", n)
	}
	lists, full := map[string]int{}, 0
	for _, it := range c.All() {
		list, _, _ := strings.Cut(it.Code, "-")
		lists[list]++
		if it.Defined() == "full" {
			full++
		}
		if got, ok := c.Item(it.Code); !ok || got.Name != it.Name {
			t.Errorf("%s is not found by its code", it.Code)
		}
		if got, ok := c.Item(it.Name); !ok || got.Code != it.Code {
			t.Errorf("%s is not found by its name", it.Code)
		}
	}
	if diff := cmp.Diff(map[string]int{"2020": 78, "2022": 18, "practice": 16}, lists); diff != "" {
		t.Error(diff)
	}
	if full < 40 {
		t.Errorf("%d items are fully defined, at least 40 are promised", full)
	}
	marks := map[Mark]int{}
	for _, it := range c.All() {
		marks[it.Marks.InAnnex]++
	}
	if marks[Memory] == 0 || marks[Likely] == 0 || marks[Confirmed] == 0 {
		t.Errorf("provenance was lost: %v", marks)
	}
}

func TestItemByAlias(t *testing.T) {
	for _, key := range []string{"2020-030", "内资企业及分支机构设立登记", "内资企业设立登记", "企业设立登记"} {
		it, ok := Default().Item(key)
		if !ok || it.Code != "2020-030" {
			t.Errorf("%s gives %q", key, it.Code)
		}
	}
	if _, ok := Default().Item("2020-999"); ok {
		t.Error("a code that does not exist was found")
	}
}

func TestShippedCatalogueIsClean(t *testing.T) {
	for _, f := range Default().Lint() {
		t.Errorf("%s:%d %s: %s", f.File, f.Line, f.Rule, f.Text)
	}
}

func TestVersionByDate(t *testing.T) {
	c := Default()
	if _, ok := c.Version("2020-030", day(t, "2022-02-28")); ok {
		t.Error("a definition is in force before its first day")
	}
	v, ok := c.Version("企业设立登记", day(t, "2022-03-01"))
	if !ok || v.ID != "2020-030/2022-03-01" || len(v.Digest) != 64 {
		t.Fatalf("%v %q %q", ok, v.ID, v.Digest)
	}
	again, err := c.VersionByDigest(v.Digest)
	if err != nil || again.ID != v.ID {
		t.Errorf("%q %v", again.ID, err)
	}
	if _, err := c.VersionByDigest("00"); errs.CodeOf(err) != errs.VersionUnknown {
		t.Error(err)
	}
	if _, ok := c.Version("2020-001", day(t, "2026-11-23")); ok {
		t.Error("a row without definition has a version")
	}
}

func TestDefinition(t *testing.T) {
	v, _ := Default().Version("2020-030", day(t, "2026-11-23"))
	var typed []string
	for _, f := range v.Typed() {
		typed = append(typed, f.Key)
	}
	if diff := cmp.Diff([]string{"trade_name", "trade_name_alt", "capital", "premises_no", "scope"}, typed); diff != "" {
		t.Errorf("the story of flows.md types five values:\n%s", diff)
	}
	var legs []string
	for _, g := range v.Plan[Entrusted] {
		legs = append(legs, string(g.Kind)+"@"+string(g.Place))
	}
	if diff := cmp.Diff([]string{"collect@here", "decide@there", "deliver@here"}, legs); diff != "" {
		t.Error(diff)
	}
	for _, l := range v.LimitsOf("decide") {
		if l.Kind == LimitDecide && (l.Length != workday.Limit{N: 3, Unit: workday.WorkingDays} || l.Extend.N != 3 || !l.Spot) {
			t.Errorf("%+v", l)
		}
	}
	if v.Corrections.Manner != "return" || v.Corrections.Max != 1 || v.Fee.Fen != 0 || len(v.Checklist) != 5 {
		t.Errorf("%+v %+v %d", v.Corrections, v.Fee, len(v.Checklist))
	}
	if got := v.Cite(v.Fee.Basis); got != "行政许可法 第58条" {
		t.Error(got)
	}
	if len(v.Result.Fields) != 9 || len(v.Unverified()) == 0 {
		t.Errorf("%d fields on the licence, unverified %v", len(v.Result.Fields), v.Unverified())
	}
	for _, key := range []string{"wrong-office", "incomplete", "unreadable", "not-cross-province", "duplicate", "recalled"} {
		if r, ok := Default().Reason(key); !ok || r.Zh == "" || r.En == "" {
			t.Errorf("no reason %s", key)
		}
	}
}

func TestCan(t *testing.T) {
	type want struct {
		Key         string
		Mode        Mode
		Modes       []Mode
		Provisional bool
	}
	no := func(key string) want { return want{Key: key, Mode: None} }
	biz := []Mode{Online, Entrusted}
	tests := []struct {
		name, item, here, there, on string
		want                        want
	}{
		{"the story", "内资企业设立登记", "230183", "630102", "2026-11-23", want{"yes-online", Online, biz, false}},
		{"on the first day", "2020-030", "230183", "630102", "2020-12-31", want{"yes-online", Online, biz, false}},
		{"the day before", "2020-030", "230183", "630102", "2020-12-30", no("not-yet")},
		{"province codes", "2020-030", "230000", "630000", "2026-11-23", want{"yes-online", Online, biz, false}},
		{"same province", "2020-030", "230183", "230102", "2026-11-23", no("same-province")},
		{"unknown place", "2020-030", "230183", "639999", "2026-11-23", no("unknown-place")},
		{"unknown item", "火星登记", "230183", "630102", "2026-11-23", no("unknown-item")},
		{"no date", "2020-030", "230183", "630102", "", no("no-date")},
		{"Hong Kong", "2020-030", "230183", "810000", "2026-11-23", no("outside")},
		{"abolished", "2020-030", "230183", "500105", "2026-11-23", want{"abolished", None, nil, true}},
		{"before it was abolished", "2020-030", "230183", "500105", "2025-12-04", want{"yes-online", Online, biz, false}},
		{"before it was set up", "2020-030", "230183", "500157", "2025-12-04", want{"not-established", None, nil, true}},
		{"marriage before the pilot", "结婚登记", "320102", "140100", "2021-05-31", no("not-yet")},
		{"marriage in the first pilot", "结婚登记", "320102", "140100", "2021-06-01", want{"yes-onsite", Onsite, []Mode{Onsite}, false}},
		{"divorce is not in that pilot there", "离婚登记", "320102", "140100", "2021-06-01", no("not-yet")},
		{"divorce in a pilot province", "离婚登记", "370102", "140100", "2021-06-01", want{"yes-onsite", Onsite, []Mode{Onsite}, false}},
		{"marriage outside the second pilot", "结婚登记", "140100", "320102", "2025-05-09", no("not-yet")},
		{"marriage everywhere", "结婚登记", "140100", "320102", "2025-05-10", want{"yes-onsite", Onsite, []Mode{Onsite}, false}},
		{"a city pilot", "结婚登记", "420102", "320102", "2022-01-01", want{"yes-onsite", Onsite, []Mode{Onsite}, false}},
		{"beside the city pilot", "结婚登记", "420200", "320102", "2022-01-01", no("not-yet")},
		{"from memory", "2020-014", "230183", "630102", "2026-11-23", want{"yes-online", Online, []Mode{Online}, true}},
		{"inferred mode", "2020-005", "230183", "630102", "2026-11-23", want{"yes-online", Online, []Mode{Online}, true}},
		{"second list before it", "2022-001", "230183", "630102", "2022-01-01", want{"not-yet", None, nil, true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := Query{Item: tt.item, Here: region.Must(tt.here), There: region.Must(tt.there)}
			if tt.on != "" {
				q.On = day(t, tt.on)
			}
			a := Default().Can(q, places(t))
			got := want{a.ReasonKey, a.Mode, a.Modes, a.Provisional}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s%+v", diff, a)
			}
			if a.Possible != (a.Mode != None) || a.Reason == "" || a.ReasonEn == "" || a.Possible == (a.Instead != "") ||
				a.Possible == (a.InsteadEn != "") || (a.Provisional && len(a.Marks) == 0) || (a.Possible && len(a.Basis) == 0) {
				t.Errorf("incomplete answer %+v", a)
			}
			if s := a.Reason + a.ReasonEn + a.Instead + a.InsteadEn; strings.ContainsAny(s, "{}") {
				t.Errorf("a hole is left in %q", s)
			}
		})
	}
}

// The natural question about a matter for which people must come: "may we do it here?" Here is where they stand, there is
// where one of them is registered; who knows no better names one place for both.
func TestMarriageThroughTheYears(t *testing.T) {
	const nanjing, wuhan, xian, jinan, taiyuan, fuzhou = "320100", "420100", "610100", "370100", "140100", "350100"
	tests := []struct {
		on, here, there   string
		marriage, divorce bool
	}{
		{"2021-05-31", nanjing, taiyuan, false, false},
		{"2021-06-01", nanjing, taiyuan, true, false}, // residence permit of one party
		{"2021-06-01", nanjing, nanjing, true, false},
		{"2021-06-01", wuhan, fuzhou, true, false},
		{"2021-06-01", "420500", fuzhou, false, false}, // the pilot is the city of Wuhan, not Hubei
		{"2021-06-01", xian, taiyuan, true, false},
		{"2021-06-01", jinan, taiyuan, true, true},
		{"2021-06-01", taiyuan, nanjing, false, false},
		{"2023-05-31", fuzhou, taiyuan, false, false},
		{"2023-06-01", fuzhou, taiyuan, true, true},
		{"2023-06-01", nanjing, taiyuan, true, true},
		{"2023-06-01", taiyuan, fuzhou, false, false},
		{"2025-05-09", taiyuan, taiyuan, false, false},
		{"2025-05-10", taiyuan, fuzhou, true, true},
		{"2025-05-10", taiyuan, taiyuan, true, true},
		{"2025-05-10", "540100", "650100", true, true},
	}
	for _, tt := range tests {
		for name, want := range map[string]bool{"结婚登记": tt.marriage, "离婚登记": tt.divorce} {
			a := Default().Can(Query{Item: name, Here: region.Must(tt.here), There: region.Must(tt.there), On: day(t, tt.on)}, places(t))
			if a.Possible != want || (want && a.Mode != Onsite) || (!want && a.Instead == "") {
				t.Errorf("%s %s in %s, from %s: %+v", tt.on, name, tt.here, tt.there, a)
			}
		}
	}
}

func TestCanNamesSuccessor(t *testing.T) {
	a := Default().Can(Query{Item: "2020-030", Here: region.Must("230183"), There: region.Must("500112"), On: day(t, "2026-11-23")}, places(t))
	if !strings.Contains(a.Instead, "500157") || !strings.Contains(a.InsteadEn, "500157") {
		t.Errorf("%q %q", a.Instead, a.InsteadEn)
	}
}

func TestCanKeepsBracesOfTheQuestion(t *testing.T) {
	a := Default().Can(Query{Item: "{there}"}, places(t))
	if !strings.Contains(a.Reason, "{there}") {
		t.Error(a.Reason)
	}
}

func TestLoadNeedsItsFiles(t *testing.T) {
	if _, err := Load(os.DirFS(t.TempDir())); !errs.Is(err, errs.CatalogueBroken) {
		t.Error(err)
	}
}
