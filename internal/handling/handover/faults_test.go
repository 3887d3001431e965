package handover_test

import (
	"fmt"
	"testing"
	"time"

	"tongban/internal/adapter/memchan"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
)

// stories are whole lives with every direction of a hand-over. "settle" waits until both nodes are quiet; what stands
// between two of them happens while letters may still be on their way.
var stories = []struct {
	name, story string
	status      casefile.Status
	chain       string
}{
	{"granted", "lodge hand-over settle accept settle grant settle issue settle deliver settle", casefile.StatusDone, "23 63 23"},
	{"granted without waiting for the post", "lodge hand-over settle accept grant issue settle deliver settle", casefile.StatusDone, "23 63 23"},
	{"denied", "lodge hand-over settle accept deny issue settle deliver settle", casefile.StatusDenied, "23 63 23"},
	{"not accepted", "lodge hand-over settle decline issue settle deliver settle", casefile.StatusDenied, "23 63 23"},
	{"corrected", "lodge hand-over settle correct settle supplement hand-over settle accept settle", casefile.StatusAccepted, "23 63 23 63"},
	{"returned", "lodge hand-over settle return settle hand-over settle accept suspend resume settle", casefile.StatusAccepted, "23 63 23 63"},
	{"withdrawn at the deciding place", "lodge hand-over settle accept withdraw settle", casefile.StatusWithdrawn, "23 63"},
	{"withdrawn after a correction", "lodge hand-over settle correct settle withdraw settle", casefile.StatusWithdrawn, "23 63 23"},
}

func TestStories(t *testing.T) {
	for _, s := range stories {
		for protocol := exchange.OldestProtocol; protocol <= exchange.NewestProtocol; protocol++ {
			t.Run(fmt.Sprintf("%s, protocol %d", s.name, protocol), func(t *testing.T) {
				w := newWorld(t, protocol)
				w.play(s.story)
				w.check(s.status, s.chain)
			})
		}
	}
}

// Every message of every story meets every fault of the channel, one at a time, and then all of them twice in a row.
func TestEveryMessageMeetsEveryFault(t *testing.T) {
	for _, s := range stories {
		messages := 0
		count := newWorld(t, 0)
		count.net.SetFaults(memchan.FaultsFunc(func(office.NodeID, office.NodeID, string) memchan.Fate { messages++; return memchan.Deliver }))
		count.play(s.story)
		for fate, name := range map[memchan.Fate]string{
			memchan.LoseRequest: "request lost", memchan.LoseAnswer: "answer lost", memchan.Twice: "repeated", memchan.HoldBack: "reordered",
		} {
			for from := range messages {
				for _, width := range []int{1, 3} {
					t.Run(fmt.Sprintf("%s/%s from message %d, %d of them", s.name, name, from+1, width), func(t *testing.T) {
						w := newWorld(t, 0)
						n := 0
						w.net.SetFaults(memchan.FaultsFunc(func(office.NodeID, office.NodeID, string) memchan.Fate {
							n++
							if n > from && n <= from+width {
								return fate
							}
							return memchan.Deliver
						}))
						w.play(s.story)
						w.check(s.status, s.chain)
					})
				}
			}
		}
	}
}

// Every commit of every story is where a process ends once: before it, and after it with nobody told.
func TestEveryCommitCrashes(t *testing.T) {
	for _, s := range stories {
		count := newWorld(t, 0)
		count.play(s.story)
		for id := range count.nodes {
			for at := 1; at <= count.nodes[id].commits; at++ {
				for _, after := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/commit %d of %s, after it %v", s.name, at, id, after), func(t *testing.T) {
						w := newWorld(t, 0)
						w.nodes[id].crashAt, w.nodes[id].afterIt = at, after
						w.play(s.story)
						w.check(s.status, s.chain)
					})
				}
			}
		}
	}
}

func TestSeededPost(t *testing.T) {
	for seed := range uint64(60) {
		s := stories[seed%uint64(len(stories))]
		t.Run(fmt.Sprintf("seed %d, %s", seed, s.name), func(t *testing.T) {
			w := newWorld(t, 0)
			w.net.SetFaults(memchan.Seeded(seed, memchan.Rates{LoseRequest: .15, LoseAnswer: .2, Twice: .15, HoldBack: .15}))
			w.play(s.story)
			w.check(s.status, s.chain)
		})
	}
}

// The other province is away: the clerk finishes, and the case arrives when it is back.
func TestTheOtherNodeIsDown(t *testing.T) {
	w := newWorld(t, 0)
	w.net.Leave(west)
	w.play("lodge hand-over pump pump")
	c := w.at(north)
	if q, _ := c.At(north); q != casefile.QueueTransit {
		t.Errorf("the case stands in %q", q)
	}
	if h, _ := c.Holder(); h.Node != north {
		t.Errorf("held by %s while on its way", h.Node)
	}
	for range 40 {
		w.now = w.now.Add(7 * time.Minute)
		w.pump()
	}
	w.net.Join(west, w.nodes[west].post.Receive)
	w.now = w.now.Add(6 * time.Minute) // never more than five minutes between two tries
	w.pump()
	w.check(casefile.StatusSubmitted, "23 63")
}

func TestRecallRaces(t *testing.T) {
	hold := func(w *world, n int) { // the next n messages are held back
		w.net.SetFaults(memchan.FaultsFunc(func(office.NodeID, office.NodeID, string) memchan.Fate {
			if n--; n >= 0 {
				return memchan.HoldBack
			}
			return memchan.Deliver
		}))
	}
	t.Run("the recall comes first", func(t *testing.T) {
		w := newWorld(t, 1)
		w.play("lodge hand-over")
		hold(w, 2)
		w.play("pump recall pump") // the offer is under way twice, the recall overtakes it
		if w.at(west).ID != "" {
			t.Error("the deciding place has the case")
		}
		w.settle()
		w.check(casefile.StatusSubmitted, "23")
		w.play("hand-over settle accept settle") // it can be handed over again
		w.check(casefile.StatusAccepted, "23 63")
	})
	t.Run("the offer comes first", func(t *testing.T) {
		w := newWorld(t, 1)
		w.play("lodge hand-over recall settle")
		w.check(casefile.StatusSubmitted, "23 63")
	})
	t.Run("the offer was held, only its answer was lost", func(t *testing.T) {
		w := newWorld(t, 1)
		w.net.SetFaults(memchan.FaultsFunc(func(office.NodeID, office.NodeID, string) memchan.Fate { return memchan.LoseAnswer }))
		w.play("lodge hand-over pump recall")
		w.net.SetFaults(nil)
		w.play("settle")
		w.check(casefile.StatusSubmitted, "23 63")
	})
	t.Run("both are repeated in every order", func(t *testing.T) {
		for first := range 2 {
			w := newWorld(t, 1)
			hold(w, 2)
			w.play("lodge hand-over recall pump")
			if w.net.Held() != 2 {
				t.Fatalf("%d letters held back", w.net.Held())
			}
			w.net.Step(t.Context(), first)
			w.net.Step(t.Context(), 0)
			w.settle()
			w.check(casefile.StatusSubmitted, []string{"23 63", "23"}[first])
		}
	})
	t.Run("the case moves on before the recall is answered", func(t *testing.T) {
		for _, rest := range []string{"accept grant issue", "decline issue", "correct", "return"} {
			w := newWorld(t, 1)
			w.net.SetFaults(memchan.FaultsFunc(func(from, _ office.NodeID, _ string) memchan.Fate {
				if from == north {
					return memchan.LoseAnswer
				}
				return memchan.Deliver
			}))
			w.play("lodge hand-over pump recall " + rest + " pump")
			w.net.SetFaults(nil)
			w.play("settle")
			if c := w.at(north); len(c.Custody) != 3 || c.Custody[2].Node != north {
				t.Errorf("%s: custody %+v", rest, c.Custody)
			}
			w.check(w.at(west).Status(), "23 63 23")
		}
	})
}
