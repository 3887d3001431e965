package depart

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tongban/catalogue"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

var day = workday.NewDate(2026, time.November, 23)

// What a case of the matter holds goes to the system by name: whatever a form asks for and the mapping forgets would be typed there
// again. Every reason that the system knows is a ground of the matter, and every act has a code.
func TestNothingIsLeftToType(t *testing.T) {
	offices, err := office.Load(catalogue.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range Default().Keys(day) {
		s, _ := Default().Of(key, day)
		at := false
		for _, o := range offices {
			at = at || o.Code == s.Office
		}
		if !at {
			t.Errorf("%s: no office %s", key, s.Office)
		}
		mapped, coded := map[string]bool{}, map[casefile.Act]bool{}
		for _, f := range s.Fields {
			mapped[f.From] = true
		}
		for _, m := range s.Answers {
			coded[m.Act] = true
		}
		for _, act := range acts {
			if !coded[act] {
				t.Errorf("%s has no code for %s", key, act)
			}
		}
		for _, code := range s.Items {
			v, ok := item.Default().Version(code, day)
			if !ok {
				t.Fatalf("%s: no rule of %s", key, code)
			}
			for _, f := range v.Form.Fields {
				person := strings.HasPrefix(f.Key, "applicant_") // under applicant.*
				if !person && !mapped["answer."+f.Key] {
					t.Errorf("%s: %s of %s would have to be typed there", key, f.Key, code)
				}
			}
			for _, f := range s.Fields {
				if k, ok := strings.CutPrefix(f.From, "answer."); ok {
					if _, ok := v.Field(k); !ok {
						t.Errorf("%s: %s has no field %s", key, code, k)
					}
				}
			}
			for _, r := range s.Reasons {
				known := false
				for _, g := range v.Refusals {
					known = known || g.Key == r.Key
				}
				if !known {
					t.Errorf("%s: %s is no ground of %s", key, r.Key, code)
				}
			}
		}
	}
}

const one = `[[system]]
key = "a"
name = "甲"
name_en = "A"
office = "11630100MB9902043M"
items = ["2020-030"]
from = "2026-01-01"
way = "http"
tries = 3
provenance = "demo"
fields = [{ from = "case.no", to = "no", need = true }, { from = "org.name", to = "org" }, { from = "said.shared", to = "shared" }]
answers = [{ code = "Y", act = "decide", outcome = "granted" }, { code = "N", act = "decide", outcome = "denied" }, { code = "G", act = "correct" }, { code = "T", act = "ask-extend" }]
reasons = [{ code = "R", key = "unlawful" }]
`

func load(text string) (*Book, error) {
	return Load(fstest.MapFS{systemsFile: {Data: []byte(text)}})
}

func TestLoadRefuses(t *testing.T) {
	if _, err := load(one); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"key":             {`key = "a"`, `key = "../a"`},
		"name":            {`name = "甲"`, `name = ""`},
		"office":          {"11630100MB9902043M", "11630100MB9902043X"},
		"no matter":       {`items = ["2020-030"]`, `items = []`},
		"no beginning":    {`from = "2026-01-01"`, ``},
		"end first":       {`way = "http"`, "way = \"http\"\nuntil = \"2025-01-01\""},
		"way":             {`way = "http"`, `way = "pigeon"`},
		"no try":          {`tries = 3`, `tries = 0`},
		"unknown source":  {`from = "case.no"`, `from = "case.secret"`},
		"a name twice":    {`to = "org"`, `to = "no"`},
		"unknown act":     {`act = "correct"`, `act = "return"`},
		"a code twice":    {`code = "N"`, `code = "Y"`},
		"no outcome":      {`act = "decide", outcome = "denied"`, `act = "decide"`},
		"outcome of none": {`act = "correct"`, `act = "correct", outcome = "granted"`},
		"reason":          {`key = "unlawful"`, `key = ""`},
		"unknown field":   {`tries = 3`, "tries = 3\ncolour = 1"},
	} {
		if text := strings.Replace(one, change[0], change[1], 1); text == one {
			t.Errorf("%s changes nothing", name)
		} else if _, err := load(text); !errs.Is(err, errs.BadCatalogue) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := load(one + strings.Replace(one, `key = "a"`, `key = "b"`, 1)); !errs.Is(err, errs.BadCatalogue) {
		t.Errorf("two systems for one matter: %v", err)
	}
	ended := strings.Replace(one, `way = "http"`, "way = \"http\"\nuntil = \"2026-06-30\"", 1)
	next := strings.Replace(one, `from = "2026-01-01"`, `from = "2026-07-01"`, 1)
	b, err := load(ended + next)
	if err != nil {
		t.Fatal(err)
	}
	for on, until := range map[workday.Date]bool{workday.NewDate(2026, time.June, 30): true, workday.NewDate(2026, time.July, 1): false} {
		if s, ok := b.For("11630100MB9902043M", "2020-030", on); !ok || s.Until.IsZero() == until {
			t.Errorf("%s: %+v %v", on, s, ok)
		}
	}
}

func TestReadingAnswers(t *testing.T) {
	b, err := load(one)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := b.Of("a", day)
	who := Staff{No: "1", Name: "甲"}
	for name, tt := range map[string]struct {
		a    Answer
		code errs.Code
		act  casefile.Act
	}{
		"yes":                 {Answer{Code: "Y", Officer: who}, 0, casefile.ActDecide},
		"no":                  {Answer{Code: "N", Officer: who, Reasons: []string{"R"}}, 0, casefile.ActDecide},
		"no without a reason": {Answer{Code: "N", Officer: who}, errs.AnswerReason, ""},
		"unknown reason":      {Answer{Code: "N", Officer: who, Reasons: []string{"R", "Q"}}, errs.AnswerReason, ""},
		"gaps":                {Answer{Code: "G", Officer: who, Gaps: []Gap{{Material: "m", Problem: "p", Fix: "f"}}}, 0, casefile.ActCorrect},
		"no gaps":             {Answer{Code: "G", Officer: who}, errs.AnswerReason, ""},
		"time":                {Answer{Code: "T", Officer: who, Text: "why"}, 0, casefile.ActAskExtend},
		"time, no reason":     {Answer{Code: "T", Officer: who}, errs.AnswerReason, ""},
		"unknown code":        {Answer{Code: "X", Officer: who}, errs.AnswerUnmapped, ""},
		"nobody":              {Answer{Code: "Y"}, errs.AnswerUnnamed, ""},
		"a colon in the name": {Answer{Code: "Y", Officer: Staff{No: "a:b", Name: "x"}}, errs.AnswerUnnamed, ""},
		"nobody looked":       {Answer{Code: "Y", Officer: who, Checked: &Staff{}}, errs.AnswerUnnamed, ""},
	} {
		d, err := s.Read(tt.a)
		if tt.code == 0 && (err != nil || d.Act != tt.act) || tt.code != 0 && !errs.Is(err, tt.code) {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	if KeyOf(s.Account("1"), []string{"a"}) != "a" || KeyOf("a:1", nil) != "" || KeyOf("officer", []string{"a"}) != "" {
		t.Error("accounts")
	}
}

func TestFilling(t *testing.T) {
	b, err := load(one)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := b.Of("a", day)
	if _, err := s.Fill(Work{}, casefile.Case{}); !errs.Is(err, errs.SystemFieldEmpty) {
		t.Errorf("without its number: %v", err)
	}
	c := casefile.Case{No: "n", Private: casefile.Private{Said: map[string]bool{"shared": false}}}
	task, err := s.Fill(Work{ID: "w"}, c)
	if err != nil || len(task.Fields) != 2 || task.Fields["no"] != "n" || task.Fields["shared"] != "false" {
		t.Errorf("%+v %v", task, err)
	}
}

func TestPausesGrow(t *testing.T) {
	if Pause(1) != 5*time.Second || Pause(2) != 10*time.Second || Pause(100) != 30*time.Minute {
		t.Error(Pause(1), Pause(2), Pause(100))
	}
}
