package zone

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"tongban/catalogue"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

func places(t testing.TB) *region.Table {
	t.Helper()
	r, err := region.Default()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func day(t testing.TB, s string) workday.Date {
	t.Helper()
	d, err := workday.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestShippedZonesAreClean(t *testing.T) {
	for _, f := range Default().Lint(item.Default(), places(t)) {
		t.Errorf("%s %s: %s", f.File, f.Rule, f.Text)
	}
}

// Whatever way a person looks, each matter of theirs is found: nothing falls between the headings.
func TestEveryMatterStandsUnderAThemeAndADepartment(t *testing.T) {
	z, all := Default(), item.Default()
	for _, s := range []Subject{Person, Org} {
		byTheme, byDept := map[string]bool{}, map[string]bool{}
		for _, g := range z.Themes(s, all) {
			for _, it := range g.Items {
				byTheme[it.Code] = true
			}
		}
		for _, g := range z.Departments(s, all) {
			for _, it := range g.Items {
				byDept[it.Code] = true
			}
		}
		for _, it := range all.All() {
			if slices.Contains(it.Subject, string(s)) && (!byTheme[it.Code] || !byDept[it.Code]) {
				t.Errorf("%s: %s is not found by theme (%v) or department (%v)", s, it.Code, byTheme[it.Code], byDept[it.Code])
			}
			if !slices.Contains(it.Subject, string(s)) && (byTheme[it.Code] || byDept[it.Code]) {
				t.Errorf("%s: %s is shown to whom it does not serve", s, it.Code)
			}
		}
	}
}

func TestThemesMapManyToMany(t *testing.T) {
	under := map[string][]string{}
	for _, g := range Default().Themes(Org, item.Default()) {
		for _, it := range g.Items {
			under[it.Code] = append(under[it.Code], g.Key)
		}
	}
	if diff := cmp.Diff([]string{"setup", "closing"}, under["2020-032"]); diff != "" {
		t.Errorf("closing a company stands under two themes:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"qualification"}, under["2020-017"]); diff != "" {
		t.Errorf("a theme of the personal dictionary serves an enterprise's theme:\n%s", diff)
	}
}

func TestZonesOfAPlace(t *testing.T) {
	tests := []struct {
		name, place, on string
		want            []string
	}{
		{"a province in four zones", "510000", "2026-11-23", []string{"pan-pearl", "chuanyu", "southwest", "twelve"}},
		{"a city has its province's zones and its own", "510700", "2026-11-23", []string{"pan-pearl", "chuanyu", "southwest", "twelve", "quzhou-mianyang"}},
		{"before they began", "510700", "2020-09-30", nil},
		{"a city with its own tax office", "210200", "2026-11-23", []string{"northeast", "northeast-tax"}},
		{"nowhere", "650000", "2026-11-23", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, z := range Default().Containing(region.Must(tt.place), day(t, tt.on), places(t)) {
				got = append(got, z.Key)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPair(t *testing.T) {
	p := Default().Pair(item.Default(), region.Must("500000"), region.Must("510100"), day(t, "2026-11-23"), places(t))
	var zones []string
	for _, z := range p.Zones {
		zones = append(zones, z.Key)
	}
	if diff := cmp.Diff([]string{"chuanyu", "southwest"}, zones); diff != "" {
		t.Error(diff)
	}
	if len(p.Items) != 112 {
		t.Errorf("%d of 112 matters between Chongqing and Chengdu", len(p.Items))
	}
	early := Default().Pair(item.Default(), region.Must("500000"), region.Must("510100"), day(t, "2021-06-01"), places(t))
	i := slices.IndexFunc(early.Items, func(x PairItem) bool { return x.Item.Code == "2020-054" })
	if i < 0 || early.Items[i].Answer.Mode != item.Onsite {
		t.Error("marriage is in the pilot of Chongqing from 2021-06-01")
	}
	if len(early.Items) >= len(p.Items) {
		t.Error("matters promised for later are shown early")
	}
	if none := Default().Pair(item.Default(), region.Must("650000"), region.Must("110000"), day(t, "2026-11-23"), places(t)); len(none.Zones) != 0 || len(none.Items) == 0 {
		t.Errorf("a pair without a zone still has the national lists: %d %d", len(none.Zones), len(none.Items))
	}
}

func TestEventsAndOne(t *testing.T) {
	g, ok := Default().Event("wedding", item.Default())
	if !ok || len(g.Items) != 3 || g.Items[0].Code != "2020-054" || g.Mark != item.Memory {
		t.Errorf("%v %+v", ok, g)
	}
	if _, ok := Default().Event("moon", item.Default()); ok {
		t.Error("an event that does not exist was found")
	}
	if n := len(Default().Events(Org, item.Default())); n < 5 {
		t.Errorf("%d events of an enterprise", n)
	}
}

func copied(t testing.TB) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	files, err := fs.Glob(catalogue.FS, "zones/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := fs.ReadFile(catalogue.FS, f)
		if err != nil {
			t.Fatal(err)
		}
		m[f] = &fstest.MapFile{Data: b}
	}
	return m
}

func change(t testing.TB, m fstest.MapFS, file, old, new string) {
	t.Helper()
	s := string(m["zones/"+file].Data)
	if !strings.Contains(s, old) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	m["zones/"+file].Data = []byte(strings.Replace(s, old, new, 1))
}

func TestLintRefuses(t *testing.T) {
	tests := []struct{ name, file, old, new, rule string }{
		{"theme that is in no dictionary", zoneThemesFile, "person:060", "person:061", "dangling"},
		{"theme that gathers nothing of an item", zoneThemesFile, "person:060", "person:065", "dangling"},
		{"theme twice", themesFile, "person\t010", "person\t005", "duplicate-key"},
		{"event with an item that is not there", eventsFile, `"2020-054"`, `"2020-954"`, "unknown-item"},
		{"event with an item of the other subject", eventsFile, `"2020-054"`, `"2020-030"`, "dangling"},
		{"event without mark", eventsFile, `mark = "likely"`, `mark = ""`, "unknown-mark"},
		{"department of nothing", departmentsFile, "司法部\n", "司法局\n", "dangling"},
		{"zone of a place that is not there", zonesFile, `"110000"`, `"990000"`, "unknown-place"},
		{"zone without a second member", zonesFile, `["110000", "120000", "130000"]`, `["110000"]`, "one-sided"},
		{"a pair of three", zonesFile, `["330800", "510700"]`, `["330800", "510700", "320500"]`, "one-sided"},
		{"zone without source", zonesFile, `source = "xycsq.com"`, `source = ""`, "no-source"},
		{"zone that ends before it begins", zonesFile, `from = "2021-09-24"`, "from = \"2021-09-24\"\nuntil = \"2020-01-01\"", "dates"},
		{"zone of an item that is not there", zonesFile, `"practice-010"`, `"practice-910"`, "unknown-item"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := copied(t)
			change(t, m, tt.file, tt.old, tt.new)
			z, err := Load(m)
			if err != nil {
				t.Fatal(err)
			}
			found := z.Lint(item.Default(), places(t))
			if !slices.ContainsFunc(found, func(f item.Finding) bool { return f.Rule == tt.rule }) {
				t.Errorf("no finding %s: %v", tt.rule, found)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	tests := []struct{ name, file, old, new string }{
		{"a cell too few", themesFile, "person\t005", "person005"},
		{"an unknown key", zonesFile, "kind = ", "sort = "},
		{"broken TOML", eventsFile, "[[event]]", "[[event]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := copied(t)
			change(t, m, tt.file, tt.old, tt.new)
			if _, err := Load(m); !errs.Is(err, errs.CatalogueBroken) || !strings.Contains(err.Error(), tt.file) {
				t.Error(err)
			}
		})
	}
	if _, err := Load(fstest.MapFS{}); !errs.Is(err, errs.CatalogueBroken) {
		t.Error(err)
	}
}
