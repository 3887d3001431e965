package rating

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

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

// entrusted is a case that 尚志 took in and 西宁 decided.
func entrusted(decide casefile.State, closed time.Time) casefile.Case {
	return casefile.Case{
		ID: "c1", No: "23-1", Item: "2020-030", Coordinator: "23", Closed: closed, Legs: []casefile.Leg{
			{Key: "collect", Kind: item.Collect, Node: "23", Office: "window", State: casefile.Done},
			{Key: "decide", Kind: item.Decide, Node: "63", Office: "decider", State: decide},
		},
	}
}

func wish(target Target, level Level) Wish {
	return Wish{ID: "r1", Target: target, Level: level, Named: true, Text: "x"}
}

func TestWhatCanBeRatedWhen(t *testing.T) {
	book := Default()
	days := book.On(workday.DateOf(monday)).Window.N
	first, second := Rating{ID: "a", Target: Window, Nth: 1}, Rating{ID: "b", Target: Window, Nth: 2}
	for _, tt := range []struct {
		name   string
		c      casefile.Case
		given  []Rating
		w      Wish
		after  time.Duration
		me     office.NodeID
		nth    int
		refuse errs.Code
	}{
		{"the window at once", entrusted(casefile.Received, time.Time{}), nil, wish(Window, 1), 0, "23", 1, 0},
		{"who decides, not before", entrusted(casefile.Accepted, time.Time{}), nil, wish(Decider, 1), 0, "23", 0, errs.RatingTooEarly},
		{"who decides, once decided", entrusted(casefile.Concluded, time.Time{}), nil, wish(Decider, 5), 0, "23", 1, 0},
		{"the other service does not count", entrusted(casefile.Done, monday), []Rating{first, second}, wish(Decider, 5), 0, "23", 1, 0},
		{"once more", entrusted(casefile.Done, monday), []Rating{first}, wish(Window, 3), 0, "23", 2, 0},
		{"not three times", entrusted(casefile.Done, monday), []Rating{first, second}, wish(Window, 3), 0, "23", 0, errs.RatedAlready},
		{"on the last day", entrusted(casefile.Done, monday), nil, wish(Window, 3), time.Duration(days) * 24 * time.Hour, "23", 1, 0},
		{"the day after", entrusted(casefile.Done, monday), nil, wish(Window, 3), time.Duration(days+1) * 24 * time.Hour, "23", 0, errs.RatingOver},
		{"elsewhere", entrusted(casefile.Done, monday), nil, wish(Window, 3), 0, "63", 0, errs.NoSuchRating},
		{"no such service", entrusted(casefile.Done, monday), nil, wish("x", 3), 0, "23", 0, errs.NoSuchRating},
		{"no level", entrusted(casefile.Done, monday), nil, wish(Window, 0), 0, "23", 0, errs.BadRating},
		{"six", entrusted(casefile.Done, monday), nil, wish(Window, 6), 0, "23", 0, errs.BadRating},
		{"an indicator of the other set", entrusted(casefile.Done, monday), nil, Wish{ID: "r", Target: Window, Level: 1, Scores: map[string]Level{"platform": 1}}, 0, "23", 0, errs.BadRating},
		{"an indicator with no level", entrusted(casefile.Done, monday), nil, Wish{ID: "r", Target: Window, Level: 1, Scores: map[string]Level{"manner": 9}}, 0, "23", 0, errs.BadRating},
		{"too long", entrusted(casefile.Done, monday), nil, Wish{ID: "r", Target: Window, Level: 1, Text: strings.Repeat("x", 501)}, 0, "23", 0, errs.MessageLong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := New(tt.c, tt.me, tt.given, tt.w, Web, book, calendar(t), monday.Add(tt.after))
			if tt.refuse != 0 {
				if !errs.Is(err, tt.refuse) {
					t.Errorf("%v, want %s", err, tt.refuse.Name())
				}
				return
			}
			if err != nil || r.Nth != tt.nth || r.Level.Bad() != (r.Care.State == Open) {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

// do plays steps of one node and gives the last rating; a refused one ends it.
func do(t *testing.T, r Rating, me office.NodeID, acts ...Act) Rating {
	t.Helper()
	for _, a := range acts {
		var err error
		if r, err = r.Do(me, a, "officer", "words", Default(), calendar(t), monday); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
	}
	return r
}

func TestABadRatingIsCaredForUntilItIsClosed(t *testing.T) {
	bad := func(named bool) Rating {
		w := wish(Window, VeryDissatisfied)
		w.Named = named
		r, err := New(entrusted(casefile.Done, monday), "23", nil, w, Web, Default(), calendar(t), monday)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, tt := range []struct {
		name   string
		named  bool
		acts   []Act
		state  State
		called bool
		void   bool
	}{
		{"put right and content", true, []Act{Verify, Fix, Content}, Closed, true, false},
		{"explained, then tried in vain", true, []Act{Verify, Explain, NoAnswer, NoAnswer, NoAnswer}, Closed, true, false},
		{"tried once", true, []Act{Verify, Explain, NoAnswer}, Answered, false, false},
		{"not content: once more", true, []Act{Verify, Fix, Unhappy}, Open, false, false},
		{"not content twice", true, []Act{Verify, Fix, Unhappy, Verify, Fix, Unhappy}, Closed, true, false},
		{"contested in vain", true, []Act{Verify, Appeal, Reject, Fix}, Answered, false, false},
		{"mistaken indeed, and still called", true, []Act{Verify, Appeal, Uphold, Unhappy}, Closed, true, true},
		{"nobody wanted a call", false, []Act{Verify, Fix}, Closed, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := do(t, bad(tt.named), "23", tt.acts...)
			if r.Care.State != tt.state || r.Care.Called() != tt.called || r.Care.Void != tt.void {
				t.Errorf("%+v", r.Care)
			}
			if (r.Care.State == Closed) != r.Care.Due.IsZero() {
				t.Errorf("%s is due at %v", r.Care.State, r.Care.Due)
			}
			if tt.named && r.Care.State == Closed && !r.Care.Called() {
				t.Error("closed without a call")
			}
		})
	}
	r := bad(true)
	for _, a := range []Act{Fix, Explain, Appeal, Uphold, Reject, Content, Unhappy, NoAnswer, EndUnread, "dance"} {
		if _, err := r.Do("23", a, "o", "w", Default(), calendar(t), monday); !errs.Is(err, errs.RatingMove) {
			t.Errorf("%s first: %v", a, err)
		}
	}
	if _, err := r.Do("63", Verify, "o", "w", Default(), calendar(t), monday); !errs.Is(err, errs.RatingMove) {
		t.Errorf("at another node: %v", err)
	}
	if _, err := r.Do("23", Verify, "o", " \n", Default(), calendar(t), monday); !errs.Is(err, errs.RatingWords) {
		t.Errorf("without words: %v", err)
	}
	if r.Care.Due != workday.NewDate(2026, 11, 24).End() || r.Care.Provisional {
		t.Errorf("verified until %v", r.Care.Due)
	}
	late, err := New(entrusted(casefile.Done, time.Time{}), "23", nil, wish(Window, 4), Web, Default(), calendar(t), time.Date(2026, 12, 31, 2, 0, 0, 0, time.UTC))
	if err != nil || !late.Care.Provisional {
		t.Errorf("into a year without calendar: %+v, %v", late.Care, err)
	}
}

// Two provinces keep the same rating: each step that the other must know arrives as a word, and both end alike.
func TestBothProvincesKnowWhatBecameOfIt(t *testing.T) {
	c, book, cal := entrusted(casefile.Done, monday), Default(), calendar(t)
	home, err := New(c, "23", nil, wish(Decider, Dissatisfied), Web, book, cal, monday)
	if err != nil {
		t.Fatal(err)
	}
	home.By = "clerk"
	var away Rating
	pass := func(r Rating, from, to office.NodeID, have ...Rating) Rating {
		t.Helper()
		w, dest, ok := r.Tell(from)
		if !ok || dest != to {
			t.Fatalf("%s tells %q %v", from, dest, ok)
		}
		raw, err := json.Marshal(w)
		if err != nil || strings.Contains(string(raw), "officer") || strings.Contains(string(raw), "clerk") {
			t.Fatalf("says %s, %v", raw, err)
		}
		var got Word
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		out, err := got.Arrived(c, from, to, have, book, cal, monday)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	away = pass(home, "23", "63")
	if home.Todo("23") != "" || away.Todo("63") != Work {
		t.Fatalf("%q and %q", home.Todo("23"), away.Todo("63"))
	}
	away = do(t, away, "63", Verify)
	if _, _, ok := away.Tell("63"); ok {
		t.Error("an inner step is told")
	}
	away = do(t, away, "63", Fix)
	home = pass(away, "63", "23", home)
	if home.Todo("23") != Calls || away.Todo("63") != "" {
		t.Fatalf("%q and %q", home.Todo("23"), away.Todo("63"))
	}
	home = do(t, home, "23", Unhappy)
	away = pass(home, "23", "63", away)
	away = do(t, away, "63", Verify, Appeal, Uphold)
	home = pass(away, "63", "23", home)
	home = do(t, home, "23", Content)
	away = pass(home, "23", "63", away)
	if home.Care.State != Closed || away.Care.State != Closed || !home.Care.Void || !away.Care.Void || !home.Care.Called() {
		t.Errorf("%+v\n%+v", home.Care, away.Care)
	}
}

func TestALyingProvinceRatesNobody(t *testing.T) {
	c, book, cal := entrusted(casefile.Done, monday), Default(), calendar(t)
	r, err := New(c, "23", nil, wish(Decider, Dissatisfied), Web, book, cal, monday)
	if err != nil {
		t.Fatal(err)
	}
	change := func(f func(r *Rating)) Word {
		x := r
		f(&x)
		return Word{Rating: x.ID, Given: &x}
	}
	answered := do(t, r, "63", Verify, Fix)
	for name, tt := range map[string]struct {
		w    Word
		from office.NodeID
		have []Rating
	}{
		"a third province":        {Word{Rating: r.ID, Given: &r}, "44", nil},
		"another office":          {change(func(r *Rating) { r.Office = "x" }), "23", nil},
		"the own window":          {change(func(r *Rating) { r.Target = Window }), "23", nil},
		"another case":            {change(func(r *Rating) { r.Case = "c2" }), "23", nil},
		"no level":                {change(func(r *Rating) { r.Level = 0 }), "23", nil},
		"a third one":             {change(func(r *Rating) { r.Nth = 3 }), "23", []Rating{{ID: "a", Target: Decider}, {ID: "b", Target: Decider}}},
		"the second as first":     {change(func(r *Rating) { r.ID = "r2" }), "23", []Rating{r}},
		"the same again":          {Word{Rating: r.ID, Given: &r}, "23", []Rating{r}},
		"hidden characters":       {change(func(r *Rating) { r.Text = "a\u202eb" }), "23", nil},
		"another set":             {change(func(r *Rating) { r.Set = "x" }), "23", nil},
		"another channel":         {change(func(r *Rating) { r.Channel = "x" }), "23", nil},
		"ids that differ":         {Word{Rating: "other", Given: &r}, "23", nil},
		"nothing":                 {Word{}, "23", []Rating{r}},
		"a step of the office":    {Word{Rating: r.ID, Act: Verify, Text: "x"}, "23", []Rating{answered}},
		"answers for the office":  {Word{Rating: r.ID, Act: Fix, Text: "x"}, "23", []Rating{r}},
		"called before an answer": {Word{Rating: r.ID, Act: Content, Text: "x"}, "23", []Rating{r}},
		"called by a third":       {Word{Rating: r.ID, Act: Content, Text: "x"}, "44", []Rating{answered}},
		"about nothing here":      {Word{Rating: "x", Act: Content, Text: "x"}, "23", []Rating{answered}},
	} {
		if got, err := tt.w.Arrived(c, tt.from, "63", tt.have, book, cal, monday); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Whatever a province sends is judged, and never made worse than a rating that New could have made.
func FuzzWord(f *testing.F) {
	f.Add([]byte(`{"rating":"r1","given":{"id":"r1","case":"c1","item":"2020-030","target":"decider","office":"decider","node":"63","taker":"23","nth":1,"level":4,"set":"online","channel":"web","named":true}}`))
	f.Add([]byte(`{"rating":"r1","act":"content","text":"x"}`))
	cal := calendar(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var w Word
		if json.Unmarshal(raw, &w) != nil {
			return
		}
		r, err := w.Arrived(entrusted(casefile.Done, monday), "23", "63", nil, Default(), cal, monday)
		if err != nil {
			return
		}
		if !r.Level.known() || r.Nth != 1 || r.Node != "63" || r.Taker != "23" || r.By != "" || len(r.Care.Steps) > 0 || r.At != monday {
			t.Errorf("%+v", r)
		}
	})
}

func TestTheBookIsDatedAndSourced(t *testing.T) {
	b := Default()
	day := workday.DateOf(monday)
	var keys []string
	for _, s := range []string{Online, Counter} {
		for _, i := range b.Set(s, day).Indicator {
			keys = append(keys, i.Zh)
		}
	}
	want := []string{"办事效率", "办事指南精确度", "办事便捷度", "平台操作性", "服务效率", "服务水平", "服务态度"}
	if !slices.Equal(keys, want) {
		t.Errorf("%v", keys)
	}
	good := `[[rules]]
id = "a"
from = "2018-01-01"
window = {n=1,source="s"}
verify = {n=1,source="s"}
handle = {n=1,source="s"}
review = {n=1,source="s"}
call = {n=1,source="s"}
calls = {n=1,source="s"}
rounds = {n=1,source="s"}
[[set]]
key = "online"
from = "2018-01-01"
source = "s"
indicator = [{key="a",zh="a",en="a"}]
[[set]]
key = "counter"
from = "2018-01-01"
source = "s"
indicator = [{key="a",zh="a",en="a"}]
`
	for name, text := range map[string]string{
		"good":             good,
		"no source":        strings.Replace(good, `call = {n=1,source="s"}`, `call = {n=1}`, 1),
		"no length":        strings.Replace(good, `verify = {n=1,`, `verify = {n=0,`, 1),
		"an unknown field": good + "x = 1\n",
		"no counter":       strings.Replace(good, `key = "counter"`, `key = "online"`, 1),
		"twice":            strings.Replace(good, `[{key="a",zh="a",en="a"}]`, `[{key="a",zh="a",en="a"},{key="a",zh="a",en="a"}]`, 1),
		"no toml":          "[",
	} {
		_, err := Load(fstest.MapFS{File: {Data: []byte(text)}})
		if (err == nil) != (name == "good") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
