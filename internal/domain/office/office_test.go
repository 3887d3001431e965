package office

import (
	"strings"
	"testing"
	"testing/fstest"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
)

func TestCodeValid(t *testing.T) {
	for code := range strings.FieldsSeq(`91350100M000100Y43 91110000600037341L 91110108551385082Q 91440300708461136T 12100000400000624D
		11100000000013338W 11100000MB03271699 11110000000021135M 11430000006122244L 11370800MB28559184 113700000045030270
		113700000045046442 91610800064834709T 11330105002500287C 11220000013544541J 11100000000013661B`) {
		if !CodeValid(code) {
			t.Errorf("%s is refused", code)
		}
		for i := range code {
			bad := []byte(code)
			if bad[i]++; CodeValid(string(bad)) {
				t.Errorf("%s is accepted", bad)
			}
		}
	}
	for _, bad := range []string{"", "91350100M000100Y4", "91350100M000100Y433", "91350100m000100y43", "91350100I000100Y43", "尚志市政务服务"} {
		if CodeValid(bad) {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestCatalogueOffices(t *testing.T) {
	offices, err := Load(catalogue.FS)
	if err != nil {
		t.Fatal(err)
	}
	table, err := region.Load(catalogue.FS)
	if err != nil {
		t.Fatal(err)
	}
	at, named := map[NodeID]int{}, map[string]Office{}
	for _, o := range offices {
		at[o.Node]++
		named[o.Name] = o
		if name := table.Name(o.Region); name == "" {
			t.Errorf("%s lies in an unknown region %s", o.Code, o.Region)
		}
		if o.Provenance != Demo {
			t.Errorf("%s is made up but not marked", o.Code)
		}
	}
	for _, p := range table.Provinces() {
		if at[NodeID(p.Code.Province())] == 0 {
			t.Errorf("no office at %s", p.Code)
		}
	}
	if len(at) != 32 {
		t.Errorf("offices at %d nodes, want 31 provinces and the Corps", len(at))
	}
	if o := named["尚志市政务服务中心（跨省通办窗口）"]; o.Region.Short() != "230183" || o.Node != "23" {
		t.Errorf("尚志: %+v", o)
	}
	if o := named["西宁市行政审批服务局"]; o.Region.Short() != "630100" || o.Node != "63" {
		t.Errorf("西宁: %+v", o)
	}
}

func TestLoadRefuses(t *testing.T) {
	const head = "code\tname\tname_en\tregion\tnode\tphone\tprovenance\n"
	const row = "11100000000013338W\t甲\tA\t110000\t11\t1\tdemo\n"
	load := func(text string) error {
		_, err := Load(fstest.MapFS{File: {Data: []byte(text)}})
		return err
	}
	if err := load(head + row); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"columns":      "code\tname\n",
		"cells":        head + "11100000000013338W\t甲\n",
		"twice":        head + row + row,
		"check":        head + strings.Replace(row, "338W", "339W", 1),
		"no name":      head + strings.Replace(row, "甲", "", 1),
		"region":       head + strings.Replace(row, "110000", "11", 1),
		"hub":          head + strings.Replace(row, "\t11\t", "\thub\t", 1),
		"another node": head + strings.Replace(row, "\t11\t", "\t12\t", 1),
	} {
		if err := load(text); !errs.Is(err, errs.BadCatalogue) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(fstest.MapFS{}); !errs.Is(err, errs.BadCatalogue) {
		t.Errorf("no file: %v", err)
	}
}

func TestNodeID(t *testing.T) {
	for id, want := range map[NodeID][2]bool{
		"23": {true, true}, "66": {true, true}, Hub: {false, true}, IDP: {false, true}, "": {}, "0a": {}, "03": {}, "230": {}, "HUB": {},
	} {
		if got := [2]bool{id.Member(), id.Known()}; got != want {
			t.Errorf("%q: member, known = %v", id, got)
		}
	}
}

func TestOfficerHas(t *testing.T) {
	o := Officer{Roles: []Role{Window, Reviewer}}
	if !o.Has(Decider, Reviewer) || o.Has(Decider, Lead) || o.Has() {
		t.Error("roles")
	}
	if len(Roles()) != 8 {
		t.Errorf("%d roles", len(Roles()))
	}
}
