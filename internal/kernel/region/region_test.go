package region

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
)

func table(t testing.TB) *Table {
	t.Helper()
	tab, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestParse(t *testing.T) {
	for in, want := range map[string]Code{
		"230183": "230183000000", "230183001": "230183001000", "230183001002": "230183001002", " 230183\n": "230183000000",
		"２３０１８３": "230183000000", "　630100　": "630100000000", "000000": "000000000000", "999999": "999999000000",
	} {
		if got, err := Parse(in); err != nil || got != want {
			t.Errorf("Parse(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "23", "2301830", "23018X", "230183 001", "二三零", "-30183", "2301830010020"} {
		if got, err := Parse(in); !errs.Is(err, errs.RegionCodeForm) {
			t.Errorf("Parse(%q) = %q, %v", in, got, err)
		}
	}
}

func TestCode(t *testing.T) {
	for _, tt := range []struct {
		in, short, display, province string
		level                        Level
	}{
		{"000000", "000000", "000000", "00", Nation},
		{"230000", "230000", "230000", "23", Province},
		{"230100", "230100", "230100", "23", Prefecture},
		{"100000", "100000", "100000", "10", Province},
		{"230183", "230183", "230183", "23", County},
		{"230183100", "230183", "230183100", "23", Township},
		{"230183100200", "230183", "230183100200", "23", Village},
	} {
		c := Must(tt.in)
		if c.Short() != tt.short || c.Display() != tt.display || c.Province() != tt.province || c.Level() != tt.level {
			t.Errorf("%s: %s %s %s %s", tt.in, c.Short(), c.Display(), c.Province(), c.Level())
		}
	}
	var zero Code
	if zero.Short() != "" || zero.Display() != "" || zero.Province() != "" || zero.ProvinceCode() != "" || zero.Level() != NoLevel {
		t.Error("the zero code names something")
	}
	if got := Must("230183").ProvinceCode(); got != "230000000000" {
		t.Errorf("ProvinceCode() = %s", got)
	}
}

func TestCodeText(t *testing.T) {
	var doc struct{ A, B Code }
	if err := json.Unmarshal([]byte(`{"A":"230183","B":""}`), &doc); err != nil || doc.A != "230183000000" || doc.B != "" {
		t.Errorf("%+v, %v", doc, err)
	}
	if err := json.Unmarshal([]byte(`{"A":"2301"}`), &doc); !errs.Is(err, errs.RegionCodeForm) {
		t.Errorf("four digits: %v", err)
	}
}

func TestLookup(t *testing.T) {
	tab := table(t)
	for _, tt := range []struct {
		code, name, full string
		status           Status
	}{
		{"230183", "尚志市", "黑龙江省哈尔滨市尚志市", Current},
		{"630100", "西宁市", "青海省西宁市", Current},
		{"630103", "城中区", "青海省西宁市城中区", Current},
		{"110105", "朝阳区", "北京市朝阳区", Current},
		{"429004", "仙桃市", "湖北省仙桃市", Current},
		{"441900", "东莞市", "广东省东莞市", Current},
		{"710000", "台湾省", "台湾省", Current},
		{"810000", "香港特别行政区", "香港特别行政区", Current},
		{"820000", "澳门特别行政区", "澳门特别行政区", Current},
		{"660000", "新疆生产建设兵团", "新疆生产建设兵团", Current},
		{"653228", "和康县", "新疆维吾尔自治区和田地区和康县", Current},
		{"653132", "岑岭县", "新疆维吾尔自治区喀什地区岑岭县", Current},
		{"500157", "两江新区", "重庆市两江新区", Current},
		{"500105", "江北区", "重庆市江北区", Historical},
		{"330103", "下城区", "浙江省杭州市下城区", Historical},
		{"440524", "440524", "广东省汕头市(440524)", Unknown},
		{"230183001", "230183001", "黑龙江省哈尔滨市尚志市(230183001)", Unknown},
		{"990000", "990000", "990000", Unknown},
	} {
		c := Must(tt.code)
		r, status := tab.Lookup(c)
		if r.Code != c || status != tt.status || tab.Name(c) != tt.name || tab.FullName(c) != tt.full {
			t.Errorf("%s: %s, %s, status %d", tt.code, tab.Name(c), tab.FullName(c), status)
		}
	}
	r, _ := tab.Lookup(Must("500112"))
	if diff := cmp.Diff([]Code{"500157000000", "500109000000"}, r.Successors); diff != "" || r.Provenance != "medium" || r.Until != "2025-12-05" {
		t.Errorf("%+v %s", r, diff)
	}
	r.Successors[0] = "changed"
	if again, _ := tab.Lookup(Must("500112")); again.Successors[0] != "500157000000" {
		t.Error("a caller can change the table")
	}
	if got := tab.FullName(""); got != "" {
		t.Errorf("FullName of nothing = %q", got)
	}
}

func TestProvinces(t *testing.T) {
	tab := table(t)
	list := tab.Provinces()
	if len(list) != 32 {
		t.Fatalf("%d nodes, want 31 provinces and the Corps", len(list))
	}
	labels := map[string]bool{}
	for i, r := range list {
		if r.Level != Province || r.En == "" || r.Short == "" || labels[r.Label] || strings.Trim(r.Label, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("%+v", r)
		}
		if i > 0 && list[i-1].Code >= r.Code {
			t.Errorf("%s stands before %s", list[i-1].Code, r.Code)
		}
		labels[r.Label] = true
	}
	if r, ok := tab.ByLabel("qinghai"); !ok || r.Code != "630000000000" || r.En != "Qinghai" || r.Short != "青海" {
		t.Errorf("%+v, %v", r, ok)
	}
	if _, ok := tab.ByLabel("taiwan"); ok {
		t.Error("a label of no node is found")
	}
}

func TestChildren(t *testing.T) {
	tab := table(t)
	names := func(code string) string {
		var s []string
		for _, r := range tab.Children(Code(code)) {
			s = append(s, r.Name)
		}
		return strings.Join(s, " ")
	}
	if got := names("630100000000"); got != "城东区 城中区 城西区 城北区 湟中区 大通回族土族自治县 湟源县" {
		t.Errorf("Xining: %s", got)
	}
	if got := names("500000000000"); !strings.Contains(got, "两江新区") || strings.Contains(got, "江北区") || !strings.Contains(got, "城口县") {
		t.Errorf("Chongqing: %s", got)
	}
	if got := len(tab.Children("")); got != 35 {
		t.Errorf("%d provinces", got)
	}
	if got := names("441900000000"); got != "" {
		t.Errorf("Dongguan: %s", got)
	}
}

func TestWithin(t *testing.T) {
	tab := table(t)
	for _, tt := range []struct {
		code, ancestor string
		want           bool
	}{
		{"230183", "230000", true},
		{"230183", "230183", true},
		{"230183001", "230183", true},
		{"230183", "000000", true},
		{"230183", "630000", false},
		{"230000", "230183", false},
		{"429004", "420000", true},
		{"999999", "990000", true},
		{"500105", "500157", true},
		{"500112", "500109", true},
		{"500157", "500105", false},
		{"330103", "330105", true},
	} {
		if got := tab.Within(Must(tt.code), Must(tt.ancestor)); got != tt.want {
			t.Errorf("Within(%s, %s) = %v", tt.code, tt.ancestor, got)
		}
	}
	if tab.Within("", Must("230000")) || tab.Within(Must("230000"), "") {
		t.Error("nothing lies within")
	}
}

// Every listed row hangs where its digits say.
func TestParents(t *testing.T) {
	for code, r := range table(t).rows {
		if r.Parent != code.parent() {
			t.Errorf("%s lies in %s", code, r.Parent)
		}
		if r.Level != Group && r.Level != code.Level() {
			t.Errorf("%s is a %s", code, r.Level)
		}
	}
}

func TestLoad(t *testing.T) {
	small := fstest.MapFS{
		"regions.tsv":         {Data: []byte("code\tname\tlevel\tparent\tsource\n230000\tA\tprovince\t\ts\n230100\tB\tprefecture\t230000\ts\n230183\tC\tcounty\t230100\ts\n")},
		"streets_23.tsv":      {Data: []byte("code\tname\tlevel\tparent\tsource\n230183100\tD\ttownship\t230183\ts\n")},
		"regions_overlay.tsv": {Data: []byte("code\tname\tlevel\tparent\tfrom\tuntil\tsuccessor\tsource\tprovenance\n")},
		"regions_en.tsv":      {Data: []byte("code\tshort\tname_en\tlabel\tnode\n230000\tA\tAy\tay\tyes\n")},
	}
	tab, err := Load(small)
	if err != nil {
		t.Fatal(err)
	}
	if got := tab.FullName(Must("230183100")); got != "ABCD" {
		t.Errorf("a street: %q", got)
	}
	for name, change := range map[string]struct{ file, add string }{
		"code":        {"regions.tsv", "23\tX\tcounty\t230100\ts\n"},
		"columns":     {"regions.tsv", "230184\tX\n"},
		"level":       {"regions.tsv", "230184\tX\tvillages\t230100\ts\n"},
		"no name":     {"regions.tsv", "230184\t\tcounty\t230100\ts\n"},
		"twice":       {"regions.tsv", "230183\tX\tcounty\t230100\ts\n"},
		"no parent":   {"regions.tsv", "230284\tX\tcounty\t230200\ts\n"},
		"own parent":  {"regions.tsv", "230184\tX\tcounty\t230184\ts\n"},
		"bad parent":  {"regions.tsv", "230184\tX\tcounty\t2301\ts\n"},
		"no source":   {"regions_overlay.tsv", "230184\tX\tcounty\t230100\t2020\t\t\t\tmedium\n"},
		"successor":   {"regions_overlay.tsv", "230184\tX\tcounty\t230100\t\t2020\t230199\ts\tmedium\n"},
		"successor 2": {"regions_overlay.tsv", "230184\tX\tcounty\t230100\t\t2020\tnone\ts\tmedium\n"},
		"overlay":     {"regions_overlay.tsv", "2301\tX\tcounty\t230100\t\t\t\ts\tmedium\n"},
		"english":     {"regions_en.tsv", "230183\tA\tAy\tay\tyes\n"},
		"english 2":   {"regions_en.tsv", "2301\tA\tAy\tay\tyes\n"},
	} {
		broken := maps.Clone(small)
		broken[change.file] = &fstest.MapFile{Data: append(append([]byte{}, small[change.file].Data...), change.add...)}
		if _, err := Load(broken); !errs.Is(err, errs.RegionData) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, file := range []string{"regions.tsv", "regions_overlay.tsv", "regions_en.tsv"} {
		broken := maps.Clone(small)
		delete(broken, file)
		if _, err := Load(broken); !errs.Is(err, errs.RegionData) {
			t.Errorf("without %s: %v", file, err)
		}
	}
	if _, err := Load(catalogue.FS); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"230183", "２３０１８３", "230183001002", " 630100 ", "", "0"} {
		f.Add(s)
	}
	tab := table(f)
	f.Fuzz(func(t *testing.T, s string) {
		c, err := Parse(s)
		if err != nil {
			return
		}
		if len(c) != 12 || !c.Within(c.ProvinceCode()) {
			t.Errorf("%q reads as %q", s, c)
		}
		for _, form := range []string{string(c), c.Display()} {
			if again, err := Parse(form); err != nil || again != c {
				t.Errorf("%q reads as %q, %v; want %q", form, again, err, c)
			}
		}
		if tab.FullName(c) == "" {
			t.Errorf("%q has no name", c)
		}
	})
}
