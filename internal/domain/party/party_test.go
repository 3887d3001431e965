package party

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/kernel/errs"
)

const (
	fanNo    = "11010519900307101X"
	permitNo = "81000019980902013X"
	greenNo  = "932010199001010010"
)

func TestNewPerson(t *testing.T) {
	for _, tt := range []struct {
		name, kind, number, phone string
		want                      Person
		err                       errs.Code
	}{
		{"樊某某", "111", fanNo, "138 0000 1234", Person{"樊某某", ResidentID, fanNo, "13800001234"}, 0},
		{" 樊 某　某 ", "111", "11010519900307101x", "+86-138-0000-1234", Person{"樊某某", ResidentID, fanNo, "13800001234"}, 0},
		{"古丽娜尔•买买提", "112", fanNo, "", Person{"古丽娜尔·买买提", TemporaryID, fanNo, ""}, 0},
		{"陈某", "111", permitNo, "（0451）5712 3456", Person{"陈某", ResidentID, permitNo, "045157123456"}, 0},
		{"Anna  Maria Ivanova", "414", "ab 123456", "+7 912 345 67 89", Person{"Anna Maria Ivanova", Passport, "AB123456", "+79123456789"}, 0},
		{"Anna Ivanova", "553", greenNo, "0086 13800001234", Person{"Anna Ivanova", ForeignerID, greenNo, "13800001234"}, 0},
		{"Anna Ivanova", "553", "RUS110105900101", "400-800-1234", Person{"Anna Ivanova", ForeignerID, "RUS110105900101", "4008001234"}, 0},
		{"李某", "516", "H12345678", "12345", Person{}, errs.PersonPhoneForm},
		{"李某", "516", "H12345678", "95588", Person{"李某", HKMOPermit, "H12345678", "95588"}, 0},
		{"", "111", fanNo, "", Person{}, errs.PersonNameForm},
		{"··", "111", fanNo, "", Person{}, errs.PersonNameForm},
		{"樊\u202e某", "111", fanNo, "", Person{}, errs.PersonNameForm},
		{"樊<b>", "111", fanNo, "", Person{}, errs.PersonNameForm},
		{"樊\x00某", "111", fanNo, "", Person{}, errs.PersonNameForm},
		{"\xff", "111", fanNo, "", Person{}, errs.PersonNameForm},
		{strings.Repeat("某", 51), "111", fanNo, "", Person{}, errs.PersonNameForm},
		{"樊某", "111", "110105199003071011", "", Person{}, errs.IDNumberCheck},
		{"樊某", "111", "110105900307101", "", Person{}, errs.IDNumberLegacy},
		{"樊某", "111", greenNo, "", Person{}, errs.PersonDocumentForm},
		{"樊某", "553", fanNo, "", Person{}, errs.PersonDocumentForm},
		{"樊某", "999", fanNo, "", Person{}, errs.PersonDocumentForm},
		{"樊某", "414", "12-3", "", Person{}, errs.PersonDocumentForm},
		{"樊某", "414", "E1234;DROP", "", Person{}, errs.PersonDocumentForm},
		{"樊某", "111", fanNo, "123", Person{}, errs.PersonPhoneForm},
		{"樊某", "111", fanNo, "12800001234", Person{}, errs.PersonPhoneForm},
		{"樊某", "111", fanNo, "1380000123a", Person{}, errs.PersonPhoneForm},
		{"樊某", "111", fanNo, "+", Person{}, errs.PersonPhoneForm},
	} {
		got, err := NewPerson(tt.name, IDType(tt.kind), tt.number, tt.phone)
		if tt.err != 0 {
			if !errs.Is(err, tt.err) {
				t.Errorf("NewPerson(%q, %s, %q, %q) = %v, want %s", tt.name, tt.kind, tt.number, tt.phone, err, tt.err.Name())
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("NewPerson(%q, %s, %q, %q) = %+v, %v", tt.name, tt.kind, tt.number, tt.phone, got, err)
		}
	}
	if err := (Person{Name: "樊 某", IDType: ResidentID, IDNo: fanNo}).Validate(); !errs.Is(err, errs.PersonNameForm) {
		t.Errorf("a name that is not canonical: %v", err)
	}
	if err := (Person{Name: "樊某", IDType: ResidentID, IDNo: strings.ToLower(fanNo)}).Validate(); !errs.Is(err, errs.PersonDocumentForm) {
		t.Errorf("a number that is not canonical: %v", err)
	}
	for _, kind := range IDTypes {
		if err := (Person{Name: "樊某", IDType: kind, IDNo: "?"}).Validate(); err == nil {
			t.Errorf("kind %s accepts anything", kind)
		}
	}
}

func TestNewOrg(t *testing.T) {
	o, err := NewOrg(" 西宁某某商贸有限公司 ", "91350100m000100y43")
	if err != nil || o.Name != "西宁某某商贸有限公司" || o.USCC != "91350100M000100Y43" {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := NewOrg("", "91350100M000100Y43"); !errs.Is(err, errs.OrgNameForm) {
		t.Errorf("no name: %v", err)
	}
	if _, err := NewOrg("某某公司", "91350100M000100Y44"); !errs.Is(err, errs.USCCCheck) {
		t.Errorf("wrong code: %v", err)
	}
	if err := (Org{Name: "某某公司", USCC: "91350100m000100y43"}).Validate(); !errs.Is(err, errs.USCCForm) {
		t.Errorf("a code that is not canonical: %v", err)
	}
}

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "樊某某": "樊**", "樊某": "樊*", "樊": "樊*", "欧阳某": "欧阳*", "欧阳某某": "欧阳**", "欧阳": "欧*",
		"古丽娜尔·买买提": "古**", "Anna Ivanova": "A**",
	} {
		if got := MaskName(in); got != want {
			t.Errorf("MaskName(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"": "", "13800001234": "138****1234", "045157123456": "045*****3456", "95588": "***88", "12": "**"} {
		if got := MaskPhone(in); got != want {
			t.Errorf("MaskPhone(%q) = %q, want %q", in, got, want)
		}
	}
	p := Person{"樊某某", ResidentID, fanNo, "13800001234"}
	want := Person{"樊**", ResidentID, "**************101X", "138****1234"}
	if diff := cmp.Diff(want, p.Masked()); diff != "" {
		t.Error(diff)
	}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).LogAttrs(t.Context(), slog.LevelInfo, "seen", slog.Any("person", p))
	for _, secret := range []string{"某某", "1990", "13800001234"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("logged %q", b.String())
		}
	}
}

func TestLookups(t *testing.T) {
	for _, tt := range []struct {
		p    Person
		want []Lookup
	}{
		{Person{"樊某某", ResidentID, fanNo, "13800001234"}, []Lookup{
			{ByNumber, fanNo}, {ByPhone, "13800001234"}, {ByName, "樊某某"}, {ByPinyin, "fanmoumou"}, {ByInitials, "fmm"}, {ByBirth, "1990101X"},
		}},
		{Person{"覃某", Passport, "E12345678", ""}, []Lookup{
			{ByNumber, "E12345678"}, {ByName, "覃某"}, {ByPinyin, "qinmou"}, {ByInitials, "qm"}, {ByPinyin, "tanmou"}, {ByInitials, "tm"},
		}},
		{Person{"Anna Ivanova", Passport, "E12345678", ""}, []Lookup{
			{ByNumber, "E12345678"}, {ByName, "annaivanova"}, {ByPinyin, "annaivanova"}, {ByInitials, "ai"},
		}},
		{Person{"王\U000323af", Passport, "E12345678", ""}, []Lookup{{ByNumber, "E12345678"}, {ByName, "王\U000323af"}}},
		{Person{}, nil},
	} {
		if diff := cmp.Diff(tt.want, Lookups(tt.p)); diff != "" {
			t.Errorf("%s: %s", tt.p.Name, diff)
		}
	}
}

func TestReadings(t *testing.T) {
	for name, want := range map[string]string{
		"单雄": "shanxiong", "曾国": "zengguo", "查良": "zhaliang", "解珍": "xiezhen", "仇英": "qiuying", "区某": "oumou",
		"樊哙": "fankuai", "朴某": "piaomou", "任某": "renmou", "吕布": "lvbu", "欧阳修": "ouyangxiu", "尉迟恭": "yuchigong",
		"单于某": "chanyumou", "万俟某": "moqimou", "长孙某": "zhangsunmou", "令狐冲": "linghuchong", "单": "shan",
		"买买提·艾力": "maimaitiaili",
	} {
		got := readings(name)
		if len(got) == 0 || strings.Join(got[0], "") != want {
			t.Errorf("readings(%s) = %v, want %s", name, got, want)
		}
	}
	if got := readings("Ольга"); got != nil {
		t.Errorf("a name in other letters: %v", got)
	}
	if len(surnames()) < 100 {
		t.Errorf("%d surnames", len(surnames()))
	}
}

func TestParseSurnamesRefuses(t *testing.T) {
	for _, line := range []string{"单\tshan\n", "单\t\t\tx\n", "欧阳\touyang\t\tx\n", "单\tShan\t\tx\n", "单\tshan\t\tx\n单\tshan\t\tx\n"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is accepted", line)
				}
			}()
			parseSurnames("surname\treading\talso\tprovenance\n" + line)
		}()
	}
}

// What a clerk types finds what was stored.
func TestSearchFinds(t *testing.T) {
	p, err := NewPerson("樊某某", ResidentID, fanNo, "13800001234")
	if err != nil {
		t.Fatal(err)
	}
	stored := map[Lookup]bool{}
	for _, l := range Lookups(p) {
		stored[l] = true
	}
	for text, want := range map[string]LookupKind{
		"11010519900307101x": ByNumber, " 138-0000-1234": ByPhone, "樊 某某": ByName, "Fan Moumou": ByPinyin, "FMM": ByInitials, "1990101x": ByBirth,
	} {
		found := false
		for _, l := range Search(text) {
			found = found || l.Kind == want && stored[l]
		}
		if !found {
			t.Errorf("Search(%q) = %v, nothing of kind %s", text, Search(text), want)
		}
	}
	for _, text := range []string{"", "?", "12", "<script>"} {
		if got := Search(text); len(got) != 0 {
			t.Errorf("Search(%q) = %v", text, got)
		}
	}
	if diff := cmp.Diff([]Lookup{{ByName, "lü'an"}, {ByPinyin, "lvan"}, {ByInitials, "lvan"}}, Search("Lü'an")); diff != "" {
		t.Error(diff)
	}
}

func FuzzNewPerson(f *testing.F) {
	f.Add("樊某某", "111", fanNo, "13800001234")
	f.Add("古丽•买买提", "414", "E12345678", "+86 138")
	f.Fuzz(func(t *testing.T, name, kind, number, phone string) {
		p, err := NewPerson(name, IDType(kind), number, phone)
		_, _ = MaskName(name), MaskPhone(phone)
		Lookups(p)
		Search(name)
		if err != nil {
			return
		}
		if again, err := NewPerson(p.Name, p.IDType, p.IDNo, p.Phone); err != nil || again != p {
			t.Errorf("%+v reads as %+v, %v", p, again, err)
		}
		if m := p.Masked(); m.Name == p.Name || m.IDNo == p.IDNo {
			t.Errorf("%+v is shown as %+v", p, m)
		}
	})
}
