package people_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tongban/catalogue"
	"tongban/internal/demo/people"
	"tongban/internal/kernel/idno"
)

func load(t *testing.T) *people.Book {
	t.Helper()
	b, err := people.Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rows reads a table of the catalogue.
func rows(t *testing.T, name string) [][]string {
	t.Helper()
	data, err := catalogue.FS.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for line := range strings.Lines(string(data)) {
		if cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(cells) >= 5 {
			out = append(out, cells)
		}
	}
	return out
}

func TestEveryProvinceHasAClerkAndAnOfficer(t *testing.T) {
	b := load(t)
	offices, regions := map[string]string{}, map[string][3]string{}
	for _, row := range rows(t, "offices.tsv") {
		offices[row[3]] = row[4]
	}
	for _, row := range rows(t, "regions_en.tsv") {
		regions[row[0]] = [3]string{row[1], row[2], row[3]}
	}
	if got := len(b.Provinces); got != 32 {
		t.Errorf("%d provinces, want 31 and 兵团", got)
	}
	for _, p := range b.Provinces {
		var roles []string
		for _, o := range b.Officers(p.ID) {
			if strings.HasSuffix(o.Sub, "."+p.ID) { // not one who works at a place of a story
				roles = append(roles, o.Roles...)
			}
			if o.IDNo != "" {
				t.Errorf("%s: no identity number of an officer leaves the provider", o.Sub)
			}
			if offices[o.Region] != p.Region[:2] {
				t.Errorf("%s works at %s, which has no office of this province", o.Sub, o.Region)
			}
		}
		if diff := cmp.Diff([]string{"clerk", "reviewer", "decider", "lead", "steward", "steward", "lead", "supervisor"}, roles); diff != "" {
			t.Errorf("%s: %s", p.ID, diff)
		}
		if got := regions[p.Region+"000000"]; got != [3]string{p.Name, p.NameEn, p.ID} {
			t.Errorf("%s: the catalogue says %v", p.ID, got)
		}
	}
}

func TestPeopleOfTheStory(t *testing.T) {
	b := load(t)
	for sub, want := range map[string]struct{ name, region string }{
		"resident.fan":       {"樊晓梅", "230183"},
		"clerk.heilongjiang": {"李窗口", "230183"},
		"officer.qinghai":    {"赵审核", "630100"},
	} {
		p, ok := b.BySub(sub)
		if !ok || p.Name != want.name || p.Region != want.region {
			t.Errorf("%s is %q at %q (%v)", sub, p.Name, p.Region, ok)
		}
	}
	if _, ok := b.BySub("nobody"); ok {
		t.Error("found nobody")
	}
	if p, ok := b.Province("bingtuan"); !ok || p.Region != "660000" {
		t.Errorf("bingtuan: %+v", p)
	}
	if _, ok := b.Province("atlantis"); ok {
		t.Error("found atlantis")
	}
}

func TestSubjectsNumbersAndPhones(t *testing.T) {
	b := load(t)
	var subs []string
	for _, p := range b.People {
		subs = append(subs, p.Sub)
		if _, ok := b.Province(p.Province); !ok || p.Name == "" || p.Title == "" || p.TitleEn == "" || p.Level < 1 || p.Level > 4 {
			t.Errorf("%s is incomplete", p.Sub)
		}
		if p.Phone != "" && !strings.HasPrefix(p.Phone, "1380000") {
			t.Errorf("%s: phone outside the made-up range", p.Sub)
		}
		if p.LogValue().String() != p.Sub {
			t.Errorf("%s: log shows %s", p.Sub, p.LogValue())
		}
	}
	slices.Sort(subs)
	if len(slices.Compact(subs)) != len(b.People) {
		t.Error("a subject stands twice")
	}
	for _, p := range b.Residents() {
		if p.IDNo == "" && p.Level > 1 {
			t.Errorf("%s: level %d without a number", p.Sub, p.Level)
		}
		if p.IDNo == "" {
			continue
		}
		if _, err := idno.Parse(p.IDNo); err != nil || !strings.HasPrefix(p.IDNo, p.Region) {
			t.Errorf("%s: the identity number is not one of %s: %v", p.Sub, p.Region, err)
		}
	}
}
