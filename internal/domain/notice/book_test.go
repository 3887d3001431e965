package notice

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

var words = Words{
	Item:   func(code, _ string) string { return "M-" + code },
	Office: func(code, _ string) (string, string) { return "O-" + code, "100" },
	Day:    func(d workday.Date, _ string) string { return d.String() },
}

func TestEveryActIsToldOrSaidWhyNot(t *testing.T) {
	source, err := os.ReadFile("../casefile/moves.go")
	if err != nil {
		t.Fatal(err)
	}
	acts := regexp.MustCompile(`Act = "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(acts) != len(told)+len(silent) {
		t.Errorf("%d acts, %d told and %d silent", len(acts), len(told), len(silent))
	}
	for _, m := range acts {
		_, tells := told[casefile.Act(m[1])]
		if not := silent[casefile.Act(m[1])]; tells == (not != "") {
			t.Errorf("%s: told %v, silent %q", m[1], tells, not)
		}
	}
}

func TestTheBookIsWhole(t *testing.T) {
	b := Default()
	for _, k := range Kinds {
		tpl := b.On(k, workday.NewDate(2026, 11, 27))
		for _, lang := range []string{"zh", "en"} {
			values := map[string]string{ValueName: "F**", ValueItem: "1", ValueNo: "23-1", ValueOffice: "a", ValueWindow: "b", ValueDay: "2026-11-27"}
			for _, s := range []string{tpl.Short(values, lang, words), tpl.Full(values, lang, words)} {
				if strings.ContainsAny(s, "{}[]") || strings.Contains(s, "http") {
					t.Errorf("%s %s: %q", k, lang, s)
				}
			}
		}
	}
}

func TestAWordingMayNotBeWrong(t *testing.T) {
	good := "[[template]]\nid=\"x\"\nkind=\"received\"\nfrom=\"2020-01-01\"\nparts=1\nparts_en=1\nsms=\"a\"\nsms_en=\"a\"\ntext=\"a\"\ntext_en=\"a\"\n"
	for name, from := range map[string]string{
		"too long":                 strings.Replace(good, `sms="a"`, `sms="`+strings.Repeat("\u4e2d", 71)+`"`, 1),
		"too long with its values": strings.Replace(good, `sms="a"`, `sms="`+strings.Repeat("\u4e2d", 55)+`{no}"`, 1),
		"placeholder":              strings.Replace(good, `text="a"`, `text="{idno}"`, 1),
		"one language":             strings.Replace(good, `text_en="a"`, `text_en=""`, 1),
		"unknown kind":             strings.Replace(good, "received", "whatever", 1),
		"twice":                    good + good,
		"field":                    good + "colour=\"red\"\n",
		"not all kinds":            good,
	} {
		if _, err := Load(fstest.MapFS{File: {Data: []byte(from)}}); !errs.Is(err, errs.BadCatalogue) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParts(t *testing.T) {
	for s, want := range map[string]int{
		strings.Repeat("a", 160): 1, strings.Repeat("a", 161): 2, strings.Repeat("\u4e2d", 70): 1, strings.Repeat("\u4e2d", 71): 2,
		strings.Repeat("\u4e2d", 134): 2, strings.Repeat("\u4e2d", 135): 3,
	} {
		if got := Parts(s); got != want {
			t.Errorf("%d characters: %d parts, want %d", len([]rune(s)), got, want)
		}
	}
}

func TestQuietHours(t *testing.T) {
	at := func(h, m int) time.Time { return time.Date(2026, 11, 27, h, m, 0, 0, workday.Zone) }
	for _, tt := range []struct {
		t, want time.Time
		urgent  bool
	}{
		{at(8, 0), at(8, 0), false},
		{at(21, 59), at(21, 59), false},
		{at(22, 0), at(32, 0), false},
		{at(3, 0), at(8, 0), false},
		{at(3, 0), at(3, 0), true},
	} {
		if got := After(tt.t, tt.urgent); !got.Equal(tt.want) {
			t.Errorf("%s: %s, want %s", tt.t, got, tt.want)
		}
	}
}

func TestTriesEnd(t *testing.T) {
	now := time.Unix(0, 0)
	n := 0
	for tries := 1; ; tries++ {
		next, ok := Again(now, tries)
		if !ok {
			break
		}
		if !next.After(now) {
			t.Fatal("no pause")
		}
		now = next
		n++
	}
	if n == 0 || now.Sub(time.Unix(0, 0)) > 48*time.Hour {
		t.Errorf("%d tries over %s", n, now.Sub(time.Unix(0, 0)))
	}
}

func TestOnlyTheHoldersWordIsTold(t *testing.T) {
	c := casefile.Case{
		ID: "c", No: "23-1", Item: "1", Coordinator: "23", Private: casefile.Private{Applicant: party.Person{Name: "樊晓梅"}},
		Legs: []casefile.Leg{{Key: "collect", Kind: item.Collect, Node: "23", Office: "w"}, {Key: "decide", Kind: item.Decide, Node: "63", Office: "d"}},
	}
	f := casefile.Fact{Case: "c", By: "63", Leg: "decide", Act: casefile.ActDecide, Outcome: casefile.Denied, At: time.Unix(1, 0), Office: "d"}
	n, ok := Of(c, f, proof.Hash{1})
	if !ok || n.Kind != Refused || n.Office != "w" || strings.Contains(n.Values[ValueName], "晓") {
		t.Errorf("%v %+v", ok, n)
	}
	same, _ := Of(c, f, proof.Hash{1})
	other, _ := Of(c, f, proof.Hash{2})
	if same.ID != n.ID || other.ID == n.ID {
		t.Error("the id is not the act's")
	}
	f.By = "31"
	if _, ok := Of(c, f, proof.Hash{1}); ok {
		t.Error("a stranger's word is told")
	}
}
