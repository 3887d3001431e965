package complaint

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

// monday is 2026-11-23 in Shanghai.
var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

func calendar(t testing.TB) *workday.Calendar {
	t.Helper()
	c, err := workday.Default()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// entrusted is a case that 尚志 took in and 西宁 decides.
var entrusted = casefile.Case{
	ID: "c1", No: "23-1", Item: "2020-030", Coordinator: "23", Legs: []casefile.Leg{
		{Key: "collect", Kind: item.Collect, Node: "23", Office: "window"}, {Key: "decide", Kind: item.Decide, Node: "63", Office: "decider"},
	},
}

func wish(target Target) Wish {
	return Wish{ID: "1", Target: target, About: "late", Text: "three weeks and no word"}
}

func made(t testing.TB, target Target) Complaint {
	t.Helper()
	x, err := New(entrusted, "23", nil, wish(target), Default(), calendar(t), monday)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestWhatIsNotTaken(t *testing.T) {
	open := made(t, Decider)
	closed := open
	closed.Care.State = Closed
	long := wish(Decider)
	long.Text = strings.Repeat("x", 501)
	for name, tt := range map[string]struct {
		me   office.NodeID
		have []Complaint
		wish Wish
		want errs.Code
	}{
		"one at a time":             {"23", []Complaint{open}, wish(Decider), errs.ComplaintOpen},
		"the window beside it":      {"23", []Complaint{open}, wish(Window), 0},
		"again once it is closed":   {"23", []Complaint{closed}, wish(Decider), 0},
		"three are enough":          {"23", []Complaint{closed, closed, closed}, wish(Decider), errs.ComplaintsMany},
		"at another province":       {"63", nil, wish(Decider), errs.NoSuchComplaint},
		"a service that is none":    {"23", nil, wish("minister"), errs.NoSuchComplaint},
		"about nothing":             {"23", nil, Wish{ID: "1", Target: Window, Text: "x"}, errs.ComplaintAbout},
		"about what is not offered": {"23", nil, Wish{ID: "1", Target: Window, About: "weather", Text: "x"}, errs.ComplaintAbout},
		"without words":             {"23", nil, Wish{ID: "1", Target: Window, About: "late", Text: " \n"}, errs.ComplaintWords},
		"too long":                  {"23", nil, long, errs.MessageLong},
	} {
		_, err := New(entrusted, tt.me, tt.have, tt.wish, Default(), calendar(t), monday)
		if errs.CodeOf(err) != tt.want && (err != nil || tt.want != 0) {
			t.Errorf("%s: %v, want %d", name, err, tt.want)
		}
	}
}

// Both nodes follow the same complaint by words alone, also when the word that it was taken up comes last; the taker's province makes the
// call, and a person who is not content is heard once more, then the file is closed with their word in it.
func TestBothSidesFollowIt(t *testing.T) {
	book, cal, now := Default(), calendar(t), monday
	home := made(t, Decider)
	tell := func(x Complaint, me, to office.NodeID, have []Complaint) Complaint {
		t.Helper()
		w, who, ok := x.Tell(me)
		if !ok || who != to {
			t.Fatalf("%s tells %q", me, who)
		}
		out, err := w.Arrived(entrusted, me, to, have, book, cal, now)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	there := tell(home, "23", "63", nil)
	if there.Todo("63") != Work || home.Todo("23") != "" || there.Office != "decider" {
		t.Fatalf("at 63 %+v, at 23 %+v", there, home)
	}
	do := func(x Complaint, me office.NodeID, a Act, text string) Complaint {
		t.Helper()
		now = now.Add(time.Hour)
		out, err := x.Do(me, a, "o", text, book, cal, now)
		if err != nil {
			t.Fatalf("%s at %s: %v", a, me, err)
		}
		return out
	}
	for round := range 2 {
		taken := do(there, "63", Take, "")
		if taken.Care.Due.Before(there.Care.Due) {
			t.Errorf("the answer is due on %s, before %s", taken.Care.Due, there.Care.Due)
		}
		there = do(taken, "63", Explain, "the register was down")
		home = tell(there, "63", "23", []Complaint{home})
		late := tell(taken, "63", "23", []Complaint{home}) // overtaken: nothing changes
		if late.Care.State != Answered || home.Care.State != Answered || home.Todo("23") != Calls || there.Todo("63") != "" {
			t.Fatalf("round %d: at 23 %s and %s, at 63 %s", round, home.Care.State, late.Care.State, there.Care.State)
		}
		if a, ok := home.Care.Answer(); !ok || a.Text != "the register was down" || a.By != "" {
			t.Errorf("the answer reads %+v", a)
		}
		home = do(home, "23", Unhappy, "that is no answer")
		there = tell(home, "23", "63", []Complaint{there})
	}
	if home.Care.State != Closed || there.Care.State != Closed {
		t.Errorf("at 23 %s, at 63 %s", home.Care.State, there.Care.State)
	}
	called := do(do(made(t, Window), "23", Take, ""), "23", Settle, "done")
	for range book.On(workday.DateOf(now)).Calls.N {
		called = do(called, "23", NoAnswer, "")
	}
	if called.Care.State != Closed {
		t.Errorf("after all tries %s", called.Care.State)
	}
}

func TestStepsThatCannotBe(t *testing.T) {
	there := made(t, Decider)
	for name, tt := range map[string]struct {
		me   office.NodeID
		act  Act
		text string
		want errs.Code
	}{
		"an answer before it was taken up": {"63", Settle, "x", errs.ComplaintMove},
		"a call before the answer":         {"23", Content, "x", errs.ComplaintMove},
		"by who took it":                   {"23", Take, "", errs.ComplaintMove},
		"that nobody knows":                {"63", "burn", "x", errs.ComplaintMove},
	} {
		if _, err := there.Do(tt.me, tt.act, "o", tt.text, Default(), calendar(t), monday); errs.CodeOf(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	taken, err := there.Do("63", Take, "o", "", Default(), calendar(t), monday)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := taken.Do("63", Settle, "o", " ", Default(), calendar(t), monday); !errs.Is(err, errs.ComplaintWords) {
		t.Errorf("an answer without words: %v", err)
	}
}

// A counterpart may only say what is its own to say.
func TestWordsOfALyingCounterpart(t *testing.T) {
	given := func(change func(*Complaint)) Word {
		x := made(t, Decider)
		change(&x)
		return Word{Complaint: "1", Given: &x}
	}
	have := []Complaint{made(t, Decider)}
	for name, tt := range map[string]struct {
		from, me office.NodeID
		have     []Complaint
		w        Word
	}{
		"of who does not coordinate":     {"62", "63", nil, given(func(*Complaint) {})},
		"about an office elsewhere":      {"23", "63", nil, given(func(x *Complaint) { x.Office = "window" })},
		"about another case":             {"23", "63", nil, given(func(x *Complaint) { x.Case = "c2" })},
		"under another number":           {"23", "63", nil, given(func(x *Complaint) { x.No = "23-2" })},
		"with another count":             {"23", "63", nil, given(func(x *Complaint) { x.Nth = 2 })},
		"about what is not offered":      {"23", "63", nil, given(func(x *Complaint) { x.About = "weather" })},
		"without words":                  {"23", "63", nil, given(func(x *Complaint) { x.Text = "" })},
		"in characters that hide":        {"23", "63", nil, given(func(x *Complaint) { x.Text = "a\u202eb" })},
		"twice":                          {"23", "63", have, given(func(*Complaint) {})},
		"an answer by who asked":         {"23", "63", have, Word{Complaint: "1", Act: Settle, Text: "x"}},
		"a call by who was asked":        {"63", "23", have, Word{Complaint: "1", Act: Content, Text: "x"}},
		"an answer without words":        {"63", "23", have, Word{Complaint: "1", Act: Settle}},
		"about one that is not here":     {"63", "23", nil, Word{Complaint: "1", Act: Take}},
		"of nothing":                     {"23", "63", nil, Word{}},
		"a step that nobody knows":       {"63", "23", have, Word{Complaint: "1", Act: "burn", Text: "x"}},
		"a stranger's word about a step": {"62", "23", have, Word{Complaint: "1", Act: Take}},
	} {
		if x, err := tt.w.Arrived(entrusted, tt.from, tt.me, tt.have, Default(), calendar(t), monday); err == nil {
			t.Errorf("%s: taken as %+v", name, x)
		}
	}
}

func TestBooksThatAreRefused(t *testing.T) {
	raw, err := catalogue.FS.ReadFile(File)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"a number without source": {"source = \"本系统的默认值，未核实\"", "source = \"\""}, "no number": {"n = 5", "n = 0"},
		"an unknown field": {"[rules.take]", "[rules.took]"}, "two of one name": {"key = \"refused\"", "key = \"late\""},
	} {
		text := strings.Replace(string(raw), change[0], change[1], 1)
		if text == string(raw) {
			t.Fatalf("%s: nothing to change", name)
		}
		if _, err := Load(fstest.MapFS{File: {Data: []byte(text)}}); !errs.Is(err, errs.BadCatalogue) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
