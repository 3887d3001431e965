package casefile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// A life is what happens to a case, one word after the other. After every word the rules I1 and I7 are checked.
func TestLives(t *testing.T) {
	for _, tt := range []struct {
		name   string
		life   string
		status Status
		chain  string
	}{
		{"granted", "hand-over mail review accept mail grant dispatch mail deliver mail", StatusDone, "23 63 23"},
		{"granted, everything told in one go", "hand-over mail review accept grant dispatch mail deliver mail", StatusDone, "23 63 23"},
		{"granted, the news overtakes itself", "hand-over mail accept grant dispatch mail-newest-first deliver mail", StatusDone, "23 63 23"},
		{"denied", "hand-over mail accept deny dispatch mail deliver mail", StatusDenied, "23 63 23"},
		{"not accepted", "hand-over mail decline dispatch mail deliver mail", StatusDenied, "23 63 23"},
		{"on its way nobody may act", "hand-over hand-over!NotAllowedNow supplement!NotAllowedNow withdraw!InTransit mail accept mail", StatusAccepted, "23 63"},
		{"one correction round", "hand-over mail correct mail supplement hand-over mail accept grant dispatch mail deliver mail", StatusDone, "23 63 23 63 23"},
		{"gaps are told once", "hand-over mail correct mail supplement hand-over mail correct!SecondCorrection accept mail", StatusAccepted, "23 63 23 63"},
		{"returned with a reason, mended, sent again", "hand-over mail return mail hand-over mail accept grant dispatch mail deliver mail", StatusDone, "23 63 23 63 23"},
		{"a return is no notice", "hand-over mail return mail hand-over mail correct mail", StatusCorrection, "23 63 23 63 23"},
		{"accepted means no more corrections", "hand-over mail accept correct!NotAllowedNow return!NotAllowedNow decline!NotAllowedNow mail", StatusAccepted, "23 63"},
		{"a recall that comes first wins", "hand-over recall mail-newest-first", StatusSubmitted, "23"},
		{"a recall that comes late is told since when", "hand-over recall mail accept mail", StatusAccepted, "23 63"},
		{"a recall after a lost answer is told since when", "hand-over mail-answers-lost recall mail-newest-first accept mail", StatusAccepted, "23 63"},
		{"recalled and sent again", "hand-over recall mail-newest-first supplement hand-over mail accept mail", StatusAccepted, "23 63"},
		{"only one recall at a time", "hand-over recall recall!NotAllowedNow mail", StatusSubmitted, "23 63"},
		{"what is held is not recalled", "hand-over mail recall!NotAllowedNow", StatusSubmitted, "23 63"},
		{"withdrawn before it went anywhere", "withdraw supplement!NotAllowedNow hand-over!NotAllowedNow", StatusWithdrawn, "23"},
		{"withdrawn while waiting for acceptance", "hand-over mail withdraw!NotAllowedNow ask-withdraw mail", StatusWithdrawn, "23 63"},
		{"withdrawn after acceptance", "hand-over mail accept ask-withdraw mail", StatusWithdrawn, "23 63"},
		{"withdrawn while suspended", "hand-over mail accept suspend mail ask-withdraw mail", StatusWithdrawn, "23 63"},
		{"withdrawn instead of mending", "hand-over mail correct mail withdraw mail", StatusWithdrawn, "23 63 23"},
		{"withdrawn after a return", "hand-over mail return mail withdraw mail", StatusWithdrawn, "23 63 23"},
		{"too late to withdraw: the result comes", "hand-over mail accept grant ask-withdraw mail dispatch mail deliver mail", StatusDone, "23 63 23"},
		{"withdrawal and decision cross", "hand-over mail accept ask-withdraw grant mail dispatch mail deliver mail", StatusDone, "23 63 23"},
		{"withdrawn after a won recall", "hand-over recall mail-newest-first withdraw", StatusWithdrawn, "23"},
		{"answers lost, everything twice", "hand-over mail-answers-lost mail accept mail-answers-lost mail grant dispatch mail-answers-lost mail deliver mail-answers-lost mail", StatusDone, "23 63 23"},
		{"suspended and resumed", "hand-over mail accept suspend grant!NotAllowedNow resume grant dispatch mail deliver mail", StatusDone, "23 63 23"},
		{"delivered is the end", "hand-over mail accept grant dispatch mail deliver mail deliver!NotAllowedNow withdraw!NotAllowedNow ask-withdraw!NotAllowedNow", StatusDone, "23 63 23"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, skew := range []time.Duration{0, time.Hour, -time.Hour, 48 * time.Hour, -48 * time.Hour} {
				w := newWorld(t, "none")
				w.clock[west] = skew
				for word := range strings.FieldsSeq(tt.life) {
					w.step(word)
				}
				if got := w.cases[north].Status(); got != tt.status {
					t.Errorf("west %v ahead: status %s, want %s", skew, got, tt.status)
				}
				if got := chain(w.cases[north]); got != tt.chain {
					t.Errorf("west %v ahead: held by %s, want %s", skew, got, tt.chain)
				}
				if t.Failed() {
					break
				}
			}
		})
	}
}

// Mid-November 2026: Monday 23rd; five working days from receipt end on Monday 30th.
func TestSilence(t *testing.T) {
	t.Run("counts when the limit is over, from the day of receipt", func(t *testing.T) {
		w := newWorld(t, "accepted")
		for word := range strings.FieldsSeq("hand-over mail deem-accept!NotAllowedNow day+7 deem-accept!NotAllowedNow day+1 deem-accept mail") {
			w.step(word)
		}
		c := w.cases[west]
		if want := workday.NewDate(2026, 11, 23); c.Rule.On != want {
			t.Errorf("accepted on %s, want %s", c.Rule.On, want)
		}
		due, ok := c.Due()
		if want := workday.NewDate(2026, 11, 26); !ok || due.On != want { // three promised days from receipt
			t.Errorf("to be decided by %s, want %s", due.On, want)
		}
		if want := workday.NewDate(2026, 12, 21); due.Statutory != want {
			t.Errorf("by law %s, want %s", due.Statutory, want)
		}
	})
	t.Run("means nothing where the item says so", func(t *testing.T) {
		w := newWorld(t, "none")
		for word := range strings.FieldsSeq("hand-over mail day+30 deem-accept!NotAllowedNow accept") {
			w.step(word)
		}
	})
	t.Run("ends with the first word", func(t *testing.T) {
		for _, word := range []string{"accept", "correct", "return", "decline"} {
			w := newWorld(t, "accepted")
			for _, word := range []string{"hand-over", "mail", word, "mail", "day+30", "deem-accept!NotAllowedNow"} {
				w.step(word)
			}
			if _, ok := w.cases[west].SilenceAt(); ok {
				t.Errorf("silence still runs after %s", word)
			}
		}
	})
	t.Run("is asked for at the first instant after the last day", func(t *testing.T) {
		w := newWorld(t, "accepted")
		w.step("hand-over")
		w.step("mail")
		at, ok := w.cases[west].SilenceAt()
		if want := time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC); !ok || !at.Equal(want) {
			t.Errorf("silence at %v, want %v", at, want)
		}
		if _, _, err := DeemAccept(w.cases[west], west, w.law, at.Add(-time.Microsecond)); !errs.Is(err, errs.NotAllowedNow) {
			t.Errorf("a microsecond early: %v", err)
		}
		if _, _, err := DeemAccept(w.cases[west], west, w.law, at); err != nil {
			t.Errorf("in time: %v", err)
		}
	})
}

func TestSuspensionMovesTheDueDate(t *testing.T) {
	w := newWorld(t, "none")
	for word := range strings.FieldsSeq("hand-over mail accept") {
		w.step(word)
	}
	before, _ := w.cases[west].Due()
	if before.On != workday.NewDate(2026, 11, 26) || before.Statutory != workday.NewDate(2026, 12, 21) {
		t.Fatalf("due %+v", before)
	}
	w.step("suspend")
	if due, _ := w.cases[west].Due(); !due.Paused {
		t.Error("the clock runs on during a suspension")
	}
	w.step("day+4") // until Friday: four working days
	w.step("resume")
	after, _ := w.cases[west].Due()
	if after.On != workday.NewDate(2026, 12, 2) || after.Statutory != workday.NewDate(2026, 12, 25) || after.Paused {
		t.Errorf("due %+v", after)
	}
	for word := range strings.FieldsSeq("suspend day+3 resume") { // Friday to Monday: one more
		w.step(word)
	}
	if due, _ := w.cases[west].Due(); due.On != workday.NewDate(2026, 12, 3) {
		t.Errorf("after a second suspension due %s", due.On)
	}
}

func TestLimitsOfTheWholeLife(t *testing.T) {
	w := newWorld(t, "none")
	want := func(side office.NodeID, when, key string) {
		t.Helper()
		running := ""
		for _, l := range w.cases[side].Limits {
			if l.Met.IsZero() {
				running += l.Key + " "
			}
		}
		if strings.TrimSpace(running) != key {
			t.Errorf("%s: %q runs at %s, want %q", when, running, side, key)
		}
	}
	want(north, "lodged", "forward")
	w.step("hand-over")
	want(north, "handed over", "")
	w.step("mail")
	want(west, "received", "intake")
	w.step("accept")
	want(west, "accepted", "decide")
	w.step("grant")
	want(west, "decided", "issue")
	w.step("dispatch")
	want(west, "dispatched", "")
	w = newWorld(t, "none")
	w.step("withdraw")
	want(north, "withdrawn", "")
	w = newWorld(t, "none")
	for word := range strings.FieldsSeq("hand-over mail correct mail") {
		w.step(word)
	}
	want(west, "sent back", "")
	for word := range strings.FieldsSeq("day+10 hand-over mail") {
		w.step(word)
	}
	want(west, "received again", "intake")
	if l := w.cases[west].Limits; l[len(l)-1].From != workday.NewDate(2026, 12, 3) {
		t.Errorf("the second intake limit runs from %s", l[len(l)-1].From)
	}
}

func TestRandomLives(t *testing.T) {
	words := slices.Sorted(func(yield func(string) bool) {
		for w := range acts {
			if !yield(w) {
				return
			}
		}
	})
	words = append(words, "recall", "day+1", "day+9")
	ended := map[Status]int{}
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 7))
		w := newWorld(t, []string{"none", "accepted"}[seed%2])
		w.clock[west] = time.Duration(rng.IntN(7)-3) * time.Hour
		story := make([]string, 0, 80)
		for range 80 {
			switch rng.IntN(4) {
			case 0: // one letter arrives, its answer perhaps not
				if len(w.post) == 0 {
					continue
				}
				i, lost := rng.IntN(len(w.post)), rng.IntN(4) == 0
				story = append(story, fmt.Sprintf("mail %s of %s, lost %v", w.post[i].Kind, w.post[i].From, lost))
				w.mail(i, lost)
			default:
				word := words[rng.IntN(len(words))]
				w.now = w.now.Add(time.Duration(rng.IntN(3600)) * time.Second)
				if strings.HasPrefix(word, "day+") {
					w.now = w.now.Add(time.Duration(word[4]-'0') * 24 * time.Hour)
					continue
				}
				if w.do(word) == nil {
					story = append(story, word)
				}
			}
			w.invariants("these")
			if t.Failed() {
				t.Fatalf("seed %d: %s", seed, strings.Join(story, " | "))
			}
		}
		w.mailAll(false)
		w.invariants("the end")
		if t.Failed() {
			t.Fatalf("seed %d: %s", seed, strings.Join(story, " | "))
		}
		ended[w.cases[north].Status()]++
	}
	for _, s := range []Status{StatusDone, StatusDenied, StatusWithdrawn, StatusSubmitted} {
		if ended[s] == 0 {
			t.Errorf("no life ended %s: %v", s, ended)
		}
	}
}

// A counterpart with a broken clock, or a lying one, cannot make a custody negative.
func TestCustodyIsNeverNegative(t *testing.T) {
	w := newWorld(t, "none")
	w.step("hand-over")
	l := w.post[0]
	early := w.cases[north].Lodged.Add(-time.Hour)
	c := Settle(w.cases[north], exchange.Receipt{
		Envelope: l.ID, From: west, To: north, Case: l.Case, Leg: "decide", Kind: exchange.Offer, Status: exchange.Held, At: early,
	}, north)
	for i, s := range c.Custody {
		if !s.To.IsZero() && s.To.Before(s.From) || i > 0 && !s.From.Equal(c.Custody[i-1].To) {
			t.Errorf("span %d: %v to %v", i, s.From, s.To)
		}
	}
}
