package item

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func story() map[string]string {
	return map[string]string{
		"trade_name": "晨光", "trade_name_alt": "晨曦", "capital": "100000", "premises_no": "东关大街88号301室", "scope": "食用农产品批发",
	}
}

func TestCheck(t *testing.T) {
	v, _ := Default().Version("2020-030", day(t, "2026-11-23"))
	tests := []struct {
		name, field, value string
		rule, clean        string
	}{
		{"plain", "capital", "100000", "", "100000"},
		{"full width and separators", "capital", " １００，０００．５０ ", "", "100000.5"},
		{"leading zeros", "capital", "000100", "", "100"},
		{"zero", "capital", "0.00", "money", ""},
		{"negative", "capital", "-5", "money", ""},
		{"exponent", "capital", "1e5", "money", ""},
		{"three decimals", "capital", "1.234", "money", ""},
		{"words", "capital", "十万", "money", ""},
		{"too much", "capital", "100000000001", "money", ""},
		{"far too much", "capital", strings.Repeat("9", 40), "money", ""},
		{"required", "capital", " \u3000 ", "required", ""},
		{"trimmed", "trade_name", "\u3000晨光 ", "", "晨光"},
		{"letters in a name", "trade_name", "ABC", "han", ""},
		{"one character", "trade_name", "晨", "short", ""},
		{"long name", "trade_name", strings.Repeat("光", 21), "long", ""},
		{"optional", "trade_name_alt", "", "", ""},
		{"control", "premises_no", "东关大街\x0088号", "control", ""},
		{"line break", "premises_no", "东关大街\n88号", "control", ""},
		{"turned text", "premises_no", "东关大街\u202e88号", "control", ""},
		{"not UTF-8", "premises_no", "东关\xff大街", "control", ""},
		{"half width house number", "premises_no", "东关大街８８号  ３０１室", "", "东关大街88号 301室"},
		{"huge", "premises_no", strings.Repeat("a", 1<<17), "long", ""},
		{"two phrases, one twice", "scope", "餐饮服务;家政服务；餐饮服务", "", "餐饮服务；家政服务"},
		{"own words", "scope", "卖东西", "choice", ""},
		{"only separators", "scope", "；；", "choice", ""},
		{"not on the form", "colour", "red", "unknown", ""},
		{"derived without asking", "company_name", "我的公司", "unknown", ""},
		{"evidence that did not answer", "applicant_phone", "１３９００００００００", "", "13900000000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := story()
			in[tt.field] = tt.value
			var got string
			for _, p := range v.Check(in, "zh") {
				if p.Field != tt.field || p.What == "" || p.Fix == "" || strings.ContainsAny(p.What+p.Fix, "{}") {
					t.Errorf("%+v", p)
				}
				got = p.Key
			}
			if got != tt.rule {
				t.Errorf("rule %q, want %q", got, tt.rule)
			}
			if c := v.Clean(in)[tt.field]; c != tt.clean {
				t.Errorf("clean %q, want %q", c, tt.clean)
			}
		})
	}
}

func TestCheckInEnglish(t *testing.T) {
	v, _ := Default().Version("2020-030", day(t, "2026-11-23"))
	ps := v.Check(nil, "en")
	var fields []string
	for _, p := range ps {
		fields = append(fields, p.Field)
	}
	if diff := cmp.Diff([]string{"trade_name", "capital", "premises_no", "scope"}, fields); diff != "" {
		t.Error(diff)
	}
	if ps[0].What != `"Trade name" is empty` || ps[0].Fix != "Enter: Trade name." {
		t.Errorf("%+v", ps[0])
	}
}

func TestOtherTypes(t *testing.T) {
	tests := []struct {
		f           Field
		raw         string
		value, rule string
	}{
		{Field{Type: Percent}, "100%", "100", ""},
		{Field{Type: Percent}, "33.33", "33.33", ""},
		{Field{Type: Percent}, "100.01", "", "percent"},
		{Field{Type: Percent}, "0", "", "percent"},
		{Field{Type: Date}, "2026/11/23", "2026-11-23", ""},
		{Field{Type: Date}, "2026-02-30", "", "date"},
		{Field{Type: Region}, "６３０１０２", "630102000000", ""},
		{Field{Type: Region}, "6301", "", "region"},
		{Field{Type: Choice, Options: []Option{{Value: "a"}}}, "a", "a", ""},
		{Field{Type: Choice, Options: []Option{{Value: "a"}}}, "b", "", "choice"},
		{Field{Type: Money}, "0.5", "0.5", ""},
		{Field{Type: Money}, ".5", "", "money"},
		{Field{Type: Person, Required: true}, "", "", "required"},
	}
	for _, tt := range tests {
		value, rule := tt.f.canonical(tt.raw)
		if value != tt.value || rule != tt.rule {
			t.Errorf("%s %q: %q %q, want %q %q", tt.f.Type, tt.raw, value, rule, tt.value, tt.rule)
		}
	}
}

func FuzzCleanIsStable(f *testing.F) {
	for _, s := range []string{"100000", "１，０００", "晨光", "餐饮服务；家政服务", "2026-11-23", "\x00", "\u202e"} {
		f.Add(s)
	}
	v, _ := Default().Version("2020-030", day(f, "2026-11-23"))
	f.Fuzz(func(t *testing.T, s string) {
		for _, fd := range v.Typed() {
			once, rule := fd.canonical(s)
			if rule != "" {
				continue
			}
			twice, rule := fd.canonical(once)
			if once != twice || (rule != "" && once != "") {
				t.Errorf("%s: %q gives %q then %q %s", fd.Key, s, once, twice, rule)
			}
		}
	})
}

func TestFill(t *testing.T) {
	v, _ := Default().Version("2020-030", day(t, "2026-11-23"))
	facts := map[string]string{
		"idcard.name": "樊某", "idcard.number": "230183199001011234", "account.phone": "13900000000",
		"there.name": "青海省西宁市", "there.city": "西宁市",
	}
	got := v.Fill(v.Clean(story()), facts)
	for key, want := range map[string]string{
		"company_name": "西宁市晨光农产品有限公司", "domicile": "青海省西宁市东关大街88号301室", "legal_rep": "樊某",
		"shareholder_ratio": "100", "company_type": "有限责任公司(自然人独资)", "applicant_phone": "13900000000",
	} {
		if got[key] != want {
			t.Errorf("%s = %q, want %q", key, got[key], want)
		}
	}
	if m := v.Missing(got); len(m) != 0 {
		t.Errorf("missing %v", m)
	}
	if _, there := got["supervisor"]; there {
		t.Error("nobody joined as supervisor")
	}
	delete(facts, "there.city")
	if m := v.Missing(v.Fill(v.Clean(story()), facts)); len(m) != 1 || m[0].Key != "company_name" {
		t.Errorf("a gap does not show as a gap: %v", m)
	}
	forged := story()
	forged["company_type"] = "股份有限公司"
	if got := v.Fill(forged, facts)["company_type"]; got != "有限责任公司(自然人独资)" {
		t.Errorf("an answer replaced a derived value: %q", got)
	}
}

func TestSearch(t *testing.T) {
	v, _ := Default().Version("2020-030", day(t, "2026-11-23"))
	f, _ := v.Field("scope")
	got := f.Search("木耳", 5)
	if len(got) != 2 || got[0].Value != "初级农产品收购" {
		t.Errorf("%+v", got)
	}
	if n := len(f.Search("农产品", 1)); n != 1 {
		t.Errorf("%d hits where one was asked for", n)
	}
	if f.Search(" ", 5) != nil {
		t.Error("a blank finds something")
	}
}
