package original

import (
	"slices"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

var at = time.Date(2026, time.November, 23, 2, 0, 0, 0, time.UTC)

func fixture() (casefile.Case, Ends, Chain) {
	c := casefile.Case{ID: "c", No: casefile.MakeNo("33", workday.DateOf(at), 7), Coordinator: "33", Legs: []casefile.Leg{
		{Key: "collect", Kind: item.Collect, Node: "33", Office: "window", State: casefile.Done},
		{Key: "decide", Kind: item.Decide, Node: "52", Office: "decider", State: casefile.Received, Holder: "52"},
	}}
	c.Private.Materials = []casefile.Material{{Key: "bill", Name: "Bills", Source: "upload"}, {Key: "card", Name: "Card", Source: "upload"}}
	e, err := EndsOf(c)
	if err != nil {
		panic(err)
	}
	return c, e, Chain{Case: c.ID, No: c.No}
}

func ok[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func refused(t *testing.T, err error, code errs.Code) {
	t.Helper()
	if !errs.Is(err, code) {
		t.Errorf("got %v, want %s", err, code.Name())
	}
}

func (ch Chain) packed(t *testing.T, back bool, held []string, materials ...string) (Chain, Bag) {
	t.Helper()
	b := Bag{ID: "b", From: "window", Node: "33", To: "decider", Papers: held, Way: ByPost, Ref: "ra 4731 2482 9us", By: "Li", At: at, Due: workday.DateOf(at).AddDays(5)}
	if back {
		b.From, b.Node, b.To = "decider", "52", "window"
	}
	b.No = ok[No](t)(ch.Next(back))
	var fresh []Paper
	for _, m := range materials {
		fresh = append(fresh, Paper{ID: "p-" + m, Material: m, Name: m, Pages: 2, Form: Original})
	}
	ch, b, err := ch.Pack(b, fresh)
	if err != nil {
		t.Fatal(err)
	}
	return ch, b
}

func (ch Chain) where(id string) Where { return ch.paper(id).Where }

// Every single wrong digit of a bag's number is noticed, and a good one is read however it is typed.
func TestNumbers(t *testing.T) {
	_, _, ch := fixture()
	no := MakeNo(ch.No, 1)
	for _, typed := range []string{string(no), " " + string(no[:9]) + "\u3000" + string(no[9:])} {
		got, of, err := ParseNo(typed)
		if got != no || of != ch.No || err != nil {
			t.Errorf("%q: %q of %q, %v", typed, got, of, err)
		}
	}
	for i := range no {
		if no[i] == '-' {
			continue
		}
		for d := byte('0'); d <= '9'; d++ {
			bad := []byte(no)
			if bad[i] = d; d == no[i] {
				continue
			}
			_, _, err := ParseNo(string(bad))
			refused(t, err, errs.BagNumber)
		}
	}
	for _, typed := range []string{"", string(ch.No), string(no) + "1", "x"} {
		_, _, err := ParseNo(typed)
		refused(t, err, errs.BagNumber)
	}
}

func FuzzParseNo(f *testing.F) {
	f.Add("33-20261123-000007-1-01-2")
	f.Fuzz(func(t *testing.T, s string) {
		no, _, err := ParseNo(s)
		if err != nil {
			return
		}
		if again, _, err := ParseNo(string(no)); err != nil || again != no {
			t.Errorf("%q gives %q, which gives %q, %v", s, no, again, err)
		}
	})
}

// The way there and back: at each step the paper has one holder, and the case learns when the last is home.
func TestThereAndBack(t *testing.T) {
	c, e, ch := fixture()
	_, _, err := ch.Pack(Bag{Way: ByHand, Ref: "x"}, []Paper{{Material: "bill"}})
	refused(t, err, errs.NotCalledFor)
	ch = ok[Chain](t)(ch.Ask(c, Call{ID: "a", Office: "decider", Materials: []string{"bill"}, At: at}))
	if w, d := ch.Todo(e); w != "window" || d != "" || !ch.Summary().Called {
		t.Errorf("after the call: %q %q", w, d)
	}
	_, _, err = ch.Pack(Bag{Way: ByHand, Ref: "x"}, []Paper{{Material: "card"}})
	refused(t, err, errs.NotCalledFor)
	ch, b := ch.packed(t, false, nil, "bill")
	if s := ch.Summary(); b.Ref != "RA473124829US" || ch.where("p-bill") != Sent || s.Out != 1 || s.Bag != string(b.No) || !s.Called {
		t.Errorf("in the bag: %+v, %+v", b, s)
	}
	ch = ok[Chain](t)(ch.Open(e, b.No, Got{By: "Zhao", Marks: map[string]Mark{"p-bill": Here}, At: at.Add(time.Hour)}))
	_, err = ch.Open(e, b.No, Got{Marks: map[string]Mark{"p-bill": Here}})
	refused(t, err, errs.BagReceived)
	if w, d := ch.Todo(e); w != "" || d != "decider" || ch.Summary().Called || !ch.Summary().Due.IsZero() {
		t.Errorf("received: %q %q %+v", w, d, ch.Summary())
	}
	_, err = ch.Give(e, []string{"p-bill"}, at)
	refused(t, err, errs.PaperNotHere)
	ch, b = ch.packed(t, true, []string{"p-bill"})
	ch = ok[Chain](t)(ch.Open(e, b.No, Got{Marks: map[string]Mark{"p-bill": Here}, At: at.Add(2 * time.Hour)}))
	ch = ok[Chain](t)(ch.Give(e, []string{"p-bill"}, at.Add(3*time.Hour)))
	if w, d := ch.Todo(e); w != "" || d != "" || ch.Summary().Out != 0 || !ch.Summary().At.Equal(at.Add(3*time.Hour)) {
		t.Errorf("home: %q %q %+v", w, d, ch.Summary())
	}
}

// What goes wrong on the way: numbers with a typo, forgotten lines, a line that is missing, one that differs, a bag that is lost and
// comes after all, and a paper that is made good.
func TestTroubleOnTheWay(t *testing.T) {
	c, e, ch := fixture()
	ch = ok[Chain](t)(ch.Ask(c, Call{ID: "a", Office: "decider", Materials: []string{"bill", "card"}, At: at}))
	_, _, err := ch.Pack(Bag{Way: ByPost, Ref: "RA473124828US"}, []Paper{{Material: "bill"}})
	refused(t, err, errs.BadPostalNumber)
	_, _, err = ch.Pack(Bag{Way: "courier", Ref: "x"}, []Paper{{Material: "bill"}})
	refused(t, err, errs.BagWay)
	for _, p := range []Paper{{Pages: 0, Form: Original}, {Pages: 1000, Form: Copy}, {Pages: 1, Form: "x"}} {
		p.ID, p.Material, p.Name = "p", "bill", "x"
		_, _, err = ch.Pack(Bag{No: "x", Way: ByHand, Ref: "x"}, []Paper{p})
		refused(t, err, errs.BagLines)
	}
	_, _, err = ch.Pack(Bag{No: "x", Way: ByHand, Ref: "x"}, nil)
	refused(t, err, errs.BagLines)
	var nine []Paper
	for _, id := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		nine = append(nine, Paper{ID: id, Material: "bill", Name: "x", Pages: 1, Form: Copy})
	}
	_, _, err = ch.Pack(Bag{No: "x", Way: ByHand, Ref: "x"}, nine) // its list would not fit one sheet
	refused(t, err, errs.BagLines)
	sent, b := ch.packed(t, false, nil, "bill", "card")
	for name, g := range map[string]Got{
		"a line without its tick": {Marks: map[string]Mark{"p-bill": Here}},
		"another line":            {Marks: map[string]Mark{"p-bill": Here, "x": Here}},
		"no mark":                 {Marks: map[string]Mark{"p-bill": Here, "p-card": "perhaps"}},
	} {
		if _, err := sent.Open(e, b.No, g); !errs.Is(err, errs.BagTicks) {
			t.Errorf("%s: %v", name, err)
		}
	}
	marks := map[string]Mark{"p-bill": Differs, "p-card": NotInBag}
	_, err = sent.Open(e, b.No, Got{Marks: marks})
	refused(t, err, errs.BagWords)
	odd := ok[Chain](t)(sent.Open(e, b.No, Got{Marks: marks, Note: "one page less", At: at.Add(time.Hour)}))
	if s := odd.Summary(); s.Trouble.IsZero() || odd.where("p-card") != Missing || odd.paper("p-card").Office != "window" || odd.where("p-bill") != Held {
		t.Errorf("found: %+v, %+v", odd.Papers, s)
	}
	if w, d := odd.Todo(e); w != "window" || d != "decider" {
		t.Errorf("who looks for it: %q %q", w, d)
	}
	_, err = odd.Find(e, Trace{Paper: "p-card", Ending: Replaced, Office: "decider", Words: "x"})
	refused(t, err, errs.PaperNotHere)
	_, err = odd.Find(e, Trace{Paper: "p-card", Ending: Found, Office: "window"})
	refused(t, err, errs.BagWords)
	mended := ok[Chain](t)(odd.Find(e, Trace{Paper: "p-card", Ending: Found, Office: "window", Words: "left on the desk", At: at}))
	mended = ok[Chain](t)(mended.Find(e, Trace{Paper: "p-bill", Ending: Cleared, Office: "decider", Words: "two pages stuck together", At: at}))
	if s := mended.Summary(); !s.Trouble.IsZero() || s.Out != 2 || !s.Called {
		t.Errorf("mended: %+v", s)
	}
	loss := Loss{By: "Wang", Why: "the post has no trace of it", At: at}
	_, err = sent.Lose(b.No, loss)
	refused(t, err, errs.BagNotLate)
	loss.At = at.AddDate(0, 0, 6)
	lost := ok[Chain](t)(sent.Lose(b.No, loss))
	if lost.where("p-bill") != Missing || lost.Summary().Due != (workday.Date{}) {
		t.Errorf("lost: %+v", lost.Papers)
	}
	good := ok[Chain](t)(lost.Find(e, Trace{Paper: "p-card", Ending: Replaced, Office: "window", Words: "a new card was issued", At: loss.At}))
	late := ok[Chain](t)(good.Open(e, b.No, Got{Marks: map[string]Mark{"p-bill": Here, "p-card": Here}, At: loss.At.Add(time.Hour)}))
	if late.where("p-bill") != Held || late.where("p-card") != Settled || late.Summary().Out != 1 {
		t.Errorf("it came after all: %+v", late.Papers)
	}
}

// A lead's leave carries one bag, which says so; the case shows it for good.
func TestEarly(t *testing.T) {
	_, _, ch := fixture()
	_, err := ch.Let(Leave{By: "Wang"})
	refused(t, err, errs.BagWords)
	ch = ok[Chain](t)(ch.Let(Leave{By: "Wang", Why: "the office asked by telephone", At: at}))
	ch, b := ch.packed(t, false, nil, "bill")
	if b.Early == "" || ch.Early != nil || ch.Summary().Early.IsZero() {
		t.Errorf("%+v, %+v", b, ch.Summary())
	}
	_, _, err = ch.Pack(Bag{Way: ByHand, Ref: "x"}, []Paper{{Material: "card"}})
	refused(t, err, errs.NotCalledFor)
}

// A case whose applicant's part is over closes with the last original that is home, and not before; the order in which its nodes hear of
// it makes no difference.
func TestNoCaseClosesWhileAnOriginalIsOut(t *testing.T) {
	out := casefile.Originals{Out: 1, At: at}
	home := casefile.Originals{At: at.Add(3 * time.Hour)}
	ended := casefile.Case{Ended: at.Add(time.Hour), Custody: []casefile.Span{{From: at}}}
	open := ended.WithOriginals(out)
	if !open.Closed.IsZero() {
		t.Error("closed while one is out")
	}
	closed := open.WithOriginals(home)
	if !closed.Closed.Equal(home.At) {
		t.Errorf("closed at %s", closed.Closed)
	}
	again := closed.WithOriginals(out) // the word of a bag that was slower than that of the end
	if _, held := again.Holder(); !again.Closed.IsZero() || !held {
		t.Error("stays closed although a bag is on its way")
	}
	if back := again.WithOriginals(home); !back.Closed.Equal(home.At) || !slices.Equal(back.Custody, closed.Custody) {
		t.Errorf("%+v", back)
	}
}
