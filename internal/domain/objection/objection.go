// Package objection is the 数字异议: a province says that a figure of another is not right, that one answers, and only who objected ends it,
// because nobody overrules an equal. Each word is signed; what stands follows from the set of words, in whatever order they came. Words
// are public and name nobody.
package objection

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/message"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Typ is the type under which a word is signed.
const Typ = "objection"

// Act is what a word does. Names cross nodes: append only.
type Act string

// The acts. Object may be said again after an answer: what is still not right.
const (
	Object Act = "object"
	Answer Act = "answer"
	Settle Act = "settle"
)

// About is what an objection is about; it stands in each word, so that any of them can come first.
type About struct {
	ID     string        `json:"id"`     // UUIDv7, made with the form
	From   office.NodeID `json:"from"`   // who objects
	Of     office.NodeID `json:"of"`     // whose figure
	Month  int           `json:"month"`  // yyyymm
	Figure string        `json:"figure"` // figure.Definition.Key
}

// Word is what one side says.
type Word struct {
	About
	By   office.NodeID `json:"by"`
	N    int           `json:"n"` // of this side's words in the objection, from 1
	Act  Act           `json:"act"`
	Text string        `json:"text"`
	At   time.Time     `json:"at"` // of the sender's clock
}

// mostWords bounds what one side says in one objection; farAhead is how far a counterpart's clock may be ahead.
const (
	mostWords = 20
	farAhead  = 48 * time.Hour
)

// Key names a word: one side has one under each.
func (w Word) Key() string { return w.ID + "/" + string(w.By) + "/" + strconv.Itoa(w.N) }

// Open takes a word out of what was signed and looks whether it can be one: errs.BadContest, and the errors of signatures. now is
// business time.
func Open(s proof.Signed, trust *office.TrustList, book *figure.Book, now time.Time) (Word, error) {
	var w Word
	by, err := trust.Check(s, Typ)
	if err != nil {
		return w, err
	}
	if err := s.Into(&w); err != nil {
		return w, err
	}
	if by.ID != w.By {
		return w, errs.New(errs.BadContest, "of %s, signed by %s", w.By, by.ID)
	}
	return w, w.check(book, now)
}

func (w Word) check(book *figure.Book, now time.Time) error {
	id, err := uuid.Parse(w.ID)
	_, known := book.Find(w.Figure)
	year, month := w.Month/100, w.Month%100
	side := w.From
	if w.Act == Answer {
		side = w.Of
	}
	switch {
	case err != nil || id.Version() != 7 || id.String() != w.ID:
		return errs.New(errs.BadContest, "id %.40q", w.ID)
	case !w.From.Member() || !w.Of.Member() || w.From == w.Of || !known || year < 2020 || month < 1 || month > 12 || w.Month > figure.MonthOf(now.Add(farAhead)):
		return errs.New(errs.BadContest, "figure %.40q of %.10q in %d", w.Figure, w.Of, w.Month)
	case w.Act != Object && w.Act != Answer && w.Act != Settle || w.By != side:
		return errs.New(errs.BadContest, "%.20q by %.10q", w.Act, w.By)
	case w.N < 1 || w.N > mostWords || w.N == 1 && w.Act == Settle:
		return errs.New(errs.BadContest, "word %d", w.N)
	case w.At.After(now.Add(farAhead)):
		return errs.New(errs.BadContest, "said at %s", w.At)
	}
	if text, err := message.Clean(w.Text); err != nil || text != w.Text {
		return errs.New(errs.BadContest, "its text")
	}
	return nil
}

// Objection is what stands of one: its words by time.
type Objection struct {
	About
	Words []Word
}

// Gather brings words together, the newest objection first. A word of a set without its first is left out until that comes; so is one
// that speaks of something else under the same id, which nobody but the first objector can mean.
func Gather(words []Word) []Objection {
	words = slices.Clone(words)
	slices.SortFunc(words, func(a, b Word) int {
		return cmp.Or(cmp.Compare(b.ID, a.ID), a.At.Compare(b.At), cmp.Compare(a.By, b.By), cmp.Compare(a.N, b.N))
	})
	var out []Objection
	for len(words) > 0 {
		n := slices.IndexFunc(words, func(w Word) bool { return w.ID != words[0].ID })
		if n < 0 {
			n = len(words)
		}
		of := words[:n]
		words = words[n:]
		first := slices.IndexFunc(of, func(w Word) bool { return w.Act == Object && w.N == 1 })
		if first < 0 {
			continue
		}
		o := Objection{About: of[first].About}
		for _, w := range of {
			if w.About == o.About {
				o.Words = append(o.Words, w)
			}
		}
		out = append(out, o)
	}
	return out
}

// Settled reports whether who objected has ended it.
func (o Objection) Settled() bool {
	return slices.ContainsFunc(o.Words, func(w Word) bool { return w.Act == Settle })
}

// Last is the newest word of one side; false if it said nothing.
func (o Objection) Last(side office.NodeID) (last Word, ok bool) {
	for _, w := range o.Words {
		if w.By == side && w.N > last.N {
			last, ok = w, true
		}
	}
	return last, ok
}

// Acts are what province me may say now: who objected says more once it has an answer, and ends it at any time; the other side answers.
func (o Objection) Acts(me office.NodeID) []Act {
	mine, _ := o.Last(o.From)
	theirs, answered := o.Last(o.Of)
	full := func(n int) bool { return n >= mostWords-1 } // the last is kept for the end
	switch {
	case o.Settled():
	case me == o.Of && !full(theirs.N) && (!answered || theirs.At.Before(mine.At)):
		return []Act{Answer}
	case me == o.From && answered && theirs.At.After(mine.At) && !full(mine.N):
		return []Act{Settle, Object}
	case me == o.From:
		return []Act{Settle}
	}
	return nil
}

// Say is the next word of province me: errs.ContestMove if it is not its turn, errs.ContestWords without words or with too many.
func (o Objection) Say(me office.NodeID, act Act, text string, now time.Time) (Word, error) {
	if !slices.Contains(o.Acts(me), act) {
		return Word{}, errs.New(errs.ContestMove, "%s of %s", act, o.ID)
	}
	last, _ := o.Last(me)
	w := Word{About: o.About, By: me, N: last.N + 1, Act: act, At: now.UTC().Truncate(time.Microsecond)}
	var err error
	w.Text, err = clean(text)
	return w, err
}

// Raise is the first word of an objection: errs.ContestFigure if there is no such figure to contest, errs.ContestWords.
func Raise(about About, text string, book *figure.Book, now time.Time) (Word, error) {
	w := Word{About: about, By: about.From, N: 1, Act: Object, At: now.UTC().Truncate(time.Microsecond)}
	var err error
	if w.Text, err = clean(text); err != nil {
		return w, err
	}
	if err := w.check(book, now); err != nil {
		return w, errs.Wrap(errs.ContestFigure, err, "objection")
	}
	return w, nil
}

func clean(text string) (string, error) {
	out, err := message.Clean(text)
	if err != nil {
		return "", errs.Wrap(errs.ContestWords, err, "words")
	}
	return out, nil
}
