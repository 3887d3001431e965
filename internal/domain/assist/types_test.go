package assist

import (
	"strings"
	"testing"
	"testing/fstest"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

func civil(t *testing.T, s string) workday.Date {
	t.Helper()
	d, err := workday.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTypesAreDated(t *testing.T) {
	b := Default()
	if list := b.For("2020-049", civil(t, "2026-11-23")); len(list) != 2 || list[0].Key != "household" {
		t.Errorf("%+v", list)
	}
	if _, ok := b.On("household", civil(t, "2021-11-30")); ok {
		t.Error("asked before its day")
	}
	if list := b.For("2020-054", civil(t, "2026-11-23")); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	if n := b.Remind(civil(t, "2026-11-23")); n != 2 {
		t.Error(n)
	}
}

func TestAnswersHaveTheirForm(t *testing.T) {
	for _, tt := range []struct {
		kind     FieldKind
		optional bool
		in, out  string
		ok       bool
	}{
		{YesNo, false, " yes ", "yes", true},
		{YesNo, false, "maybe", "maybe", false},
		{YesNo, false, "", "", false},
		{YesNo, true, "", "", true},
		{Date, false, "2020-05-01", "2020-05-01", true},
		{Date, false, "2020-02-30", "", false},
		{Number, false, "12.50", "12.50", true},
		{Number, false, "-1", "-1", false},
		{Number, false, "1e9", "1e9", false},
		{Text, false, "a", "a", true},
		{Text, false, "a\u202eb", "ab", true},
		{Text, false, "a\nb", "", false},
		{Text, false, strings.Repeat("x", 201), "", false},
	} {
		got, ok := Field{Kind: tt.kind, Optional: tt.optional}.Clean(tt.in)
		if ok != tt.ok || ok && got != tt.out {
			t.Errorf("%s %q: %q, %v", tt.kind, tt.in, got, ok)
		}
	}
}

// What lacks its basis, its source or its length is refused when it is read.
func TestLoadRefuses(t *testing.T) {
	raw, err := catalogue.FS.ReadFile(File)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"basis_zh = ", "source = \"anshun", "days = 5", "days_source = ", "items = [", "kind = \"yesno\"", "remind = 2"} {
		text := string(raw)
		i := strings.Index(text, line)
		if i < 0 {
			t.Fatalf("no line %q", line)
		}
		end := i + strings.IndexByte(text[i:], '\n')
		_, err := Load(fstest.MapFS{File: {Data: []byte(text[:i] + text[end:])}})
		if !errs.Is(err, errs.BadCatalogue) {
			t.Errorf("without %q: %v", line, err)
		}
	}
	if _, err := Load(fstest.MapFS{File: {Data: append(raw, "\n[[other]]\n"...)}}); !errs.Is(err, errs.BadCatalogue) {
		t.Errorf("an unknown table: %v", err)
	}
}
