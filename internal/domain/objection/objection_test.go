package objection

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

var (
	at    = time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)
	about = About{ID: "019a9d5e-0000-7000-8000-000000000001", From: "23", Of: "63", Month: 202610, Figure: "promise"}
)

func say(t *testing.T, o Objection, me office.NodeID, act Act, minute int) Objection {
	t.Helper()
	w, err := o.Say(me, act, "words", at.Add(time.Duration(minute)*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return Gather(append(slices.Clone(o.Words), w))[0]
}

// Who objected and who is asked take turns; nobody else speaks, and nobody but the objector ends it, with or without an answer.
func TestTurns(t *testing.T) {
	first, err := Raise(about, " why <b> \u202e", figure.Default(), at)
	if err != nil || first.Text != "why <b>" {
		t.Fatalf("%v %q", err, first.Text)
	}
	o := Gather([]Word{first})[0]
	acts := func(step string, mine, theirs []Act) {
		t.Helper()
		if got := o.Acts("23"); !slices.Equal(got, mine) {
			t.Errorf("%s: the objector may %v", step, got)
		}
		if got := o.Acts("63"); !slices.Equal(got, theirs) {
			t.Errorf("%s: the other may %v", step, got)
		}
		if got := o.Acts("31"); got != nil {
			t.Errorf("%s: a third may %v", step, got)
		}
	}
	acts("raised", []Act{Settle}, []Act{Answer})
	if _, err := o.Say("63", Settle, "no", at); !errs.Is(err, errs.ContestMove) {
		t.Errorf("the other side ends it: %v", err)
	}
	if _, err := o.Say("63", Answer, "  ", at); !errs.Is(err, errs.ContestWords) {
		t.Errorf("without words: %v", err)
	}
	o = say(t, o, "63", Answer, 1)
	acts("answered", []Act{Settle, Object}, nil)
	o = say(t, o, "23", Object, 2)
	acts("said again", []Act{Settle}, []Act{Answer})
	o = say(t, say(t, o, "63", Answer, 3), "23", Settle, 4)
	acts("settled", nil, nil)
	if !o.Settled() || len(o.Words) != 5 {
		t.Errorf("%+v", o)
	}
}

// What stands follows from the set of words, in whatever order they came; a word about something else under the same id changes nothing.
func TestOrderDoesNotMatter(t *testing.T) {
	first, err := Raise(about, "x", figure.Default(), at)
	if err != nil {
		t.Fatal(err)
	}
	o := say(t, say(t, Gather([]Word{first})[0], "63", Answer, 1), "23", Settle, 2)
	other := first
	other.Figure, other.N, other.Act, other.By = "law", 1, Answer, "63"
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		words := append(slices.Clone(o.Words), other)
		rnd.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		got := Gather(words)
		if len(got) != 1 || got[0].About != about || !slices.Equal(got[0].Words, o.Words) {
			t.Fatalf("%+v", got)
		}
	}
	if got := Gather(o.Words[1:]); len(got) != 0 {
		t.Errorf("without its first word: %+v", got)
	}
}

func TestWordsThatCannotBe(t *testing.T) {
	trust, keys := &office.TrustList{Version: 1}, map[office.NodeID]*proof.Signer{}
	for _, id := range []office.NodeID{"23", "63", "31"} {
		key, err := gm.MemoryKeys().SignKey("sign")
		if err != nil {
			t.Fatal(err)
		}
		keys[id] = proof.NewSigner(key)
		trust.Nodes = append(trust.Nodes, office.Node{ID: id, Sign: key.Public()})
	}
	good, err := Raise(about, "x", figure.Default(), at)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(w *Word){
		"":                          func(*Word) {},
		"about itself":              func(w *Word) { w.Of = "23" },
		"of no province":            func(w *Word) { w.Of = office.Hub },
		"no such figure":            func(w *Word) { w.Figure = "beauty" },
		"a month to come":           func(w *Word) { w.Month = 202702 },
		"no month":                  func(w *Word) { w.Month = 202613 },
		"an answer by who objected": func(w *Word) { w.Act = Answer },
		"ends before it began":      func(w *Word) { w.Act = Settle },
		"an unknown act":            func(w *Word) { w.Act = "overrule" },
		"too many":                  func(w *Word) { w.N = 21 },
		"no number":                 func(w *Word) { w.N = 0 },
		"no id":                     func(w *Word) { w.ID = "../x" },
		"tomorrow's":                func(w *Word) { w.At = at.AddDate(0, 0, 3) },
		"hidden characters":         func(w *Word) { w.Text = "a\u202eb" },
		"a book":                    func(w *Word) { w.Text = strings.Repeat("字", 2000) },
		"no words":                  func(w *Word) { w.Text = "" },
	} {
		w := good
		change(&w)
		s, err := proof.SignJSON(keys["23"], Typ, w)
		if err != nil {
			t.Fatal(err)
		}
		want := errs.BadContest
		if _, err := Open(s, trust, figure.Default(), at); name == "" && err != nil || name != "" && !errs.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := proof.SignJSON(keys["31"], Typ, good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(s, trust, figure.Default(), at); !errs.Is(err, errs.BadContest) {
		t.Errorf("in another's name: %v", err)
	}
	bad := about
	bad.Of = "23"
	if _, err := Raise(bad, "x", figure.Default(), at); !errs.Is(err, errs.ContestFigure) {
		t.Errorf("an own figure: %v", err)
	}
}
