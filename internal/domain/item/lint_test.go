package item

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
)

// shipped copies the shipped items with one definition, so that a test can break it in one place.
func shipped(t testing.TB) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	sub, err := fs.Sub(catalogue.FS, "items")
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(sub, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || (strings.Contains(p, "/") && p != def) {
			return err
		}
		b, err := fs.ReadFile(sub, p)
		m[p] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func shippedRoot() fs.FS { return catalogue.FS }

func readShipped(t testing.TB, file string) string {
	t.Helper()
	b, err := fs.ReadFile(catalogue.FS, file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// replace changes the first occurrence of old in a file, and fails if there is none.
func replace(t testing.TB, m fstest.MapFS, file, old, new string) {
	t.Helper()
	s := string(m[file].Data)
	if !strings.Contains(s, old) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	m[file] = &fstest.MapFile{Data: []byte(strings.Replace(s, old, new, 1))}
}

const def = "2020-030/2022-03-01.toml"

func TestLintRefuses(t *testing.T) {
	tests := []struct {
		name, file, old, new, rule string
	}{
		{"two rows of one code", rowsFile, "2020-031\t", "2020-030\t", "duplicate-code"},
		{"two rows of one name", rowsFile, "内资企业及分支机构变更登记", "内资企业及分支机构设立登记", "duplicate-name"},
		{"alias of two items", aliasFile, "公司设立登记\t", "企业设立登记\t", "duplicate-alias"},
		{"alias that is a name", aliasFile, "公司设立登记\t", "结婚登记\t", "duplicate-alias"},
		{"alias of nothing", aliasFile, "企业设立登记\t2020-030", "企业设立登记\t2020-930", "unknown-item"},
		{"row without source", rowsFile, "国家税务总局公告2018年第38号\n", "\n", "no-source"},
		{"row with unknown mark", rowsFile, "\tconfirmed\t", "\tsure\t", "unknown-mark"},
		{"row with unknown mode", rowsFile, "\tonline\t", "\tremote\t", "unknown-mode"},
		{"row with unknown subject", rowsFile, "\tperson\t", "\tdog\t", "unknown-subject"},
		{"odd code", rowsFile, "2020-001\t", "2020-1\t", "code-form"},
		{"first day without ground", rowsFile, "\tsourced\tconfirmed\t", "\tunknown\tconfirmed\t", "unknown-mark"},
		{"area rule of nothing", modesFile, "2020-054", "2020-954", "unknown-item"},
		{"area that does not exist", modesFile, "420100", "429900", "unknown-place"},
		{"area rule without basis", modesFile, "国函〔2021〕48号", "", "no-basis"},
		{"area rule with unknown mark", modesFile, "\tinferred\t", "\tguessed\t", "unknown-mark"},
		{"area rule with unknown mode", modesFile, "\tonsite\t", "\tthere\t", "unknown-mode"},
		{"area rule that ends first", modesFile, "\t2023-05-31\t", "\t2020-05-31\t", "dates"},
		{"leg after nothing", def, `after = ["collect"]`, `after = ["gather"]`, "dangling"},
		{"limit on no leg", def, `leg = "deliver"`, `leg = "send"`, "dangling"},
		{"check of no material", def, `material = "charter"`, `material = "chart"`, "dangling"},
		{"check of no field", def, `field = "domicile"`, `field = "dome"`, "dangling"},
		{"result of no field", def, `from = "form:capital"`, `from = "form:money"`, "dangling"},
		{"derived from nothing", def, `{premises_area}{premises_no}`, `{premises}{premises_no}`, "dangling"},
		{"evidence that is not registered", def, `from = "idcard.number"`, `from = "idcard.blood"`, "dangling"},
		{"material of no resource", def, `resource = "realestate"`, `resource = "moon"`, "dangling"},
		{"basis that is not there", def, `basis = "名称第8条"`, `basis = "名称第88条"`, "dangling"},
		{"missing basis", def, `basis = "名称第8条"`, `basis = ""`, "no-basis"},
		{"asked though known", proofFile, `"applicant_name"`, `"applicant_name", "capital"`, "asked-but-known"},
		{"asked without reason", def, `reason = "由申请人自主认缴，没有别处可查"`, ``, "no-reason"},
		{"missing English", def, `label_en = "Trade name"`, ``, "no-english"},
		{"missing English of a reason", def, `reason_en = "A new name that only the applicant knows"`, ``, "no-english"},
		{"promise longer than the law", def, `length = "10wd"`, "length = \"10wd\"\npromised = \"11wd\"", "promise-too-long"},
		{"promise in other days", def, `length = "10wd"`, "length = \"10wd\"\npromised = \"9d\"", "promise-too-long"},
		{"field with unknown mark", def, "商贸\"\nmark = \"unverified\"", "商贸\"\nmark = \"maybe\"", "unknown-mark"},
		{"unknown type", def, `type = "money"`, `type = "gold"`, "unknown-value"},
		{"unknown act", def, `"formal-check"`, `"frisk"`, "unknown-value"},
		{"unknown silence", def, `silence = "none"`, `silence = "golden"`, "unknown-value"},
		{"field that stands twice", def, `key = "capital"`, `key = "trade_name"`, "duplicate-key"},
		{"name and first day differ", def, `from = "2022-03-01"`, `from = "2022-03-02"`, "dates"},
		{"licence type too short", def, `"11100000MB0143028R001"`, `"11100000MB0143028R"`, "unknown-value"},
		{"reason without English", reasonsFile, `en = "Recalled by the sending place"`, ``, "no-english"},
		{"reason that stands twice", reasonsFile, `key = "recalled"`, `key = "duplicate"`, "duplicate-key"},
		{"sentence missing", textsFile, "[not-yet]", "[not-now]", "no-text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := shipped(t)
			replace(t, m, tt.file, tt.old, tt.new)
			c, err := Load(m)
			if err != nil {
				t.Fatal(err)
			}
			found := c.Lint()
			if !slices.ContainsFunc(found, func(f Finding) bool {
				return f.Rule == tt.rule && f.File == tt.file || f.Rule == tt.rule && f.File == def
			}) {
				t.Errorf("no finding %s: %v", tt.rule, found)
			}
		})
	}
}

func TestLintNamesTheLine(t *testing.T) {
	m := shipped(t)
	replace(t, m, def, `label_en = "Registered capital (yuan)"`, "")
	c, err := Load(m)
	if err != nil {
		t.Fatal(err)
	}
	f := c.Lint()
	lines := strings.Split(string(m[def].Data), "\n")
	if len(f) != 1 || f[0].Line == 0 || lines[f[0].Line] != `key = "capital"` {
		t.Errorf("%+v", f)
	}
}

func TestTwoVersionsAtOnce(t *testing.T) {
	m := shipped(t)
	next := "2020-030/2024-07-01.toml"
	m[next] = &fstest.MapFile{Data: m[def].Data}
	replace(t, m, next, `from = "2022-03-01"`, `from = "2024-07-01"`)
	c, err := Load(m)
	if err != nil {
		t.Fatal(err)
	}
	if f := c.Lint(); len(f) != 1 || f[0].Rule != "two-versions" {
		t.Errorf("%+v", f)
	}
	replace(t, m, def, `from = "2022-03-01"`, "from = \"2022-03-01\"\nuntil = \"2024-06-30\"")
	if c, err = Load(m); err != nil {
		t.Fatal(err)
	}
	if f := c.Lint(); len(f) != 0 {
		t.Errorf("%+v", f)
	}
	for on, want := range map[string]string{"2024-06-30": "2020-030/2022-03-01", "2024-07-01": "2020-030/2024-07-01"} {
		if v, _ := c.Version("2020-030", day(t, on)); v.ID != want {
			t.Errorf("%s: %q", on, v.ID)
		}
	}
}

func TestRuleMayBarAnItem(t *testing.T) {
	m := shipped(t)
	m[modesFile] = &fstest.MapFile{Data: append(m[modesFile].Data,
		"2020-030\tnone\t*\t630000\t2026-01-01\t2026-12-31\t示例\tlikely\t\n"...)}
	c, err := Load(m)
	if err != nil {
		t.Fatal(err)
	}
	q := Query{Item: "2020-030", Here: "230183000000", There: "630102000000", On: day(t, "2026-11-23")}
	if a := c.Can(q, places(t)); a.Possible || a.ReasonKey != "rule-none" || !a.Provisional {
		t.Errorf("%+v", a)
	}
	q.On = day(t, "2027-01-01")
	if a := c.Can(q, places(t)); !a.Possible {
		t.Errorf("the rule outlives its last day: %+v", a)
	}
}

func TestLoadRefuses(t *testing.T) {
	tests := []struct{ name, file, old, new string }{
		{"a cell too few", rowsFile, "2020-001\t", "2020-001"},
		{"another heading", rowsFile, "code\t", "kode\t"},
		{"a day that does not exist", rowsFile, "\t2020-12-31\tsourced", "\t2020-12-32\tsourced"},
		{"an area that is no code", modesFile, "420100", "Wuhan"},
		{"an unknown key", def, `title = `, `headline = `},
		{"broken TOML", def, `[form]`, `[form`},
		{"a limit without unit", def, `length = "3wd"`, `length = "3"`},
		{"a limit in weeks", def, `length = "3wd"`, `length = "3w"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := shipped(t)
			replace(t, m, tt.file, tt.old, tt.new)
			_, err := Load(m)
			if !errs.Is(err, errs.CatalogueBroken) || !strings.Contains(err.Error(), tt.file) {
				t.Errorf("%v", err)
			}
		})
	}
}
