package casefile

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// The two places of the tests: north takes papers in, west decides.
const (
	north office.NodeID = "23"
	west  office.NodeID = "63"
)

var (
	monday = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC) // 09:00 in Shanghai

	clerk   = Actor{ID: "c1", Office: "HERE", Node: north, Roles: []office.Role{office.Window}}
	officer = Actor{ID: "o1", Office: "THERE", Node: west, Roles: []office.Role{office.Reviewer, office.Decider}}
)

func lawOf(t testing.TB, silence string) Law {
	t.Helper()
	cal, err := workday.Default()
	if err != nil {
		t.Fatal(err)
	}
	wd := func(n int) workday.Limit { return workday.Limit{N: n} }
	return Law{Calendar: cal, Version: item.Version{
		ID: "2022-03-01", Item: "T-1", Digest: "digest-1", Corrections: item.Corrections{Max: 1},
		Plan: map[item.Mode][]item.LegPlan{item.Entrusted: {
			{Key: "collect", Kind: item.Collect, Place: item.Here},
			{Key: "decide", Kind: item.Decide, Place: item.There, After: []string{"collect"}},
			{Key: "deliver", Kind: item.Deliver, Place: item.Here, After: []string{"decide"}},
		}},
		Limits: []item.LimitRule{
			{Key: "forward", Kind: item.LimitNotify, Leg: "collect", Start: "complete", Length: wd(1)},
			{Key: "intake", Kind: item.LimitIntake, Leg: "decide", Start: "received", Length: wd(5), Silence: silence},
			{Key: "decide", Kind: item.LimitDecide, Leg: "decide", Start: "accepted", Length: wd(20), Promised: wd(3), Extend: wd(10)},
			{Key: "issue", Kind: item.LimitIssue, Leg: "deliver", Start: "decided", Length: wd(10)},
		},
	}}
}

// letter is an envelope on its way, without signatures and encryption.
type letter struct {
	exchange.Envelope
	in    Offered
	facts []Known
}

// world is two nodes and the post between them. The post loses nothing by itself; a step says what it does.
type world struct {
	t     testing.TB
	law   Law
	now   time.Time
	clock map[office.NodeID]time.Duration // how far a node's clock is ahead
	cases map[office.NodeID]Case
	known map[office.NodeID][]Known
	inbox map[string]exchange.Receipt // by envelope id: ids are unique over both nodes
	post  []letter
	ids   int
}

func newWorld(t testing.TB, silence string) *world {
	t.Helper()
	w := &world{
		t: t, law: lawOf(t, silence), now: monday, clock: map[office.NodeID]time.Duration{},
		cases: map[office.NodeID]Case{}, known: map[office.NodeID][]Known{}, inbox: map[string]exchange.Receipt{},
	}
	w.lodge()
	return w
}

func (w *world) lodge() {
	w.t.Helper()
	c, step, err := Lodge(Lodging{
		ID: "case-1", No: MakeNo(north, workday.DateOf(w.at(north)), 1), Item: item.Item{Code: "T-1"}, Mode: item.Entrusted, Law: w.law,
		Here:  office.Office{Code: "HERE", Region: "230183000000", Node: north},
		There: office.Office{Code: "THERE", Region: "630100000000", Node: west},
		Private: Private{
			Applicant: party.Person{Name: "樊女士"}, Answers: map[string]string{"name": "雪莲"},
			Materials: []Material{{Key: "charter", Name: "章程", Source: "generated"}},
		},
	}, north, clerk, w.at(north))
	if err != nil {
		w.t.Fatal(err)
	}
	w.cases[north] = c
	w.record(north, step)
}

func (w *world) at(me office.NodeID) time.Time { return w.now.Add(w.clock[me]) }

func (w *world) id() string { w.ids++; return fmt.Sprintf("e%d", w.ids) }

func (w *world) record(me office.NodeID, step Step) Known {
	w.t.Helper()
	c := w.cases[me]
	f := c.FactOf(step, me)
	b, err := proof.Marshal(f)
	if err != nil {
		w.t.Fatal(err)
	}
	k := Known{Case: c.ID, Hash: proof.HashOf(b), Fact: f}
	c.Head = k.Hash
	w.cases[me] = c
	w.known[me] = append(w.known[me], k)
	return k
}

// acts are the acts by name, with who does them.
var acts = map[string]struct {
	me office.NodeID
	do func(w *world, c Case, id string, now time.Time) (Case, Step, error)
}{
	"supplement": {north, func(_ *world, c Case, _ string, now time.Time) (Case, Step, error) {
		return Supplement(c, north, clerk, Law{}, map[string]string{"name": "雪莲花"}, []Material{{Key: "lease", Source: "upload"}}, nil, now)
	}},
	"hand-over": {north, func(_ *world, c Case, id string, now time.Time) (Case, Step, error) {
		return HandOver(c, north, clerk, Law{}, func() string { return id }, now)
	}},
	"withdraw": {north, func(_ *world, c Case, _ string, now time.Time) (Case, Step, error) {
		return Withdraw(c, north, nil, now)
	}},
	"ask-withdraw": {north, func(_ *world, c Case, _ string, now time.Time) (Case, Step, error) {
		return AskWithdraw(c, north, now)
	}},
	"review": {west, func(_ *world, c Case, _ string, now time.Time) (Case, Step, error) {
		return Review(c, west, officer, map[string]Mark{"charter": {Finding: Meets}}, now)
	}},
	"accept": {west, func(w *world, c Case, _ string, now time.Time) (Case, Step, error) {
		return Accept(c, west, officer, w.law, now)
	}},
	"deem-accept": {west, func(w *world, c Case, _ string, now time.Time) (Case, Step, error) {
		return DeemAccept(c, west, w.law, now)
	}},
	"correct": {west, func(w *world, c Case, id string, now time.Time) (Case, Step, error) {
		return Correct(c, west, officer, w.law, []Correction{{Check: "charter", Problem: "没有签名", Fix: "请签名"}}, id, now)
	}},
	"return": {west, func(_ *world, c Case, id string, now time.Time) (Case, Step, error) {
		return Return(c, west, officer, "unreadable", id, now)
	}},
	"decline": {west, func(w *world, c Case, _ string, now time.Time) (Case, Step, error) {
		return Decline(c, west, officer, w.law, Decision{Reasons: []string{"no-permit"}}, now)
	}},
	"suspend": {west, func(w *world, c Case, _ string, now time.Time) (Case, Step, error) {
		return Suspend(c, west, officer, w.law, Suspension{Procedure: "experts", Reason: "expert review", Days: 5}, now)
	}},
	"resume": {west, func(w *world, c Case, _ string, now time.Time) (Case, Step, error) {
		return Resume(c, west, officer, w.law, now)
	}},
	"grant": {west, func(w *world, c Case, _ string, now time.Time) (Case, Step, error) {
		return Decide(c, west, officer, w.law, Decision{Outcome: Granted}, now)
	}},
	"deny": {west, func(w *world, c Case, _ string, now time.Time) (Case, Step, error) {
		return Decide(c, west, officer, w.law, Decision{Outcome: Denied, Reasons: []string{"unlawful"}}, now)
	}},
	"dispatch": {west, func(_ *world, c Case, id string, now time.Time) (Case, Step, error) {
		return Dispatch(c, west, officer, id, now)
	}},
	"deliver": {north, func(_ *world, c Case, _ string, now time.Time) (Case, Step, error) {
		return Deliver(c, north, clerk, Delivery{Way: "counter", To: "applicant"}, now)
	}},
}

// do does one act, and posts what goes to the other node.
func (w *world) do(act string) error {
	w.t.Helper()
	if act == "recall" {
		return w.recall()
	}
	a, ok := acts[act]
	if !ok {
		w.t.Fatalf("no act %q", act)
	}
	me, other := a.me, north
	if me == north {
		other = west
	}
	before := snapshot(w.t, w.cases[me])
	id := w.id()
	c, step, err := a.do(w, w.cases[me], id, w.at(me))
	if d := cmp.Diff(before, snapshot(w.t, w.cases[me])); d != "" {
		w.t.Errorf("%s changed the case that it was given:\n%s", act, d)
	}
	if err != nil {
		return err
	}
	w.cases[me] = c
	fact := w.record(me, step)
	c = w.cases[me]
	l := letter{Envelope: exchange.Envelope{ID: id, From: me, To: other, Kind: exchange.Notice, Case: c.ID, Leg: step.Leg, At: step.At}, facts: []Known{fact}}
	for _, leg := range c.Legs {
		if leg.Transit != nil && leg.Transit.Envelope == id {
			l.Kind, l.Leg, l.in = exchange.Offer, leg.Key, Offered{Case: c, Private: c.Private}
			l.facts = slices.Clone(w.known[me])
		}
	}
	if _, met := w.cases[other]; !met && l.Kind == exchange.Notice {
		return nil
	}
	if act != "review" && act != "supplement" {
		w.post = append(w.post, l)
	}
	return nil
}

func (w *world) recall() error {
	id := w.id()
	c, err := AskBack(w.cases[north], north, clerk, "decide", id)
	if err != nil {
		return err
	}
	w.cases[north] = c
	l, _ := c.Leg("decide")
	w.post = append(w.post, letter{Envelope: exchange.Envelope{
		ID: id, From: north, To: west, Kind: exchange.Recall, Case: c.ID, Leg: "decide", At: w.at(north), Recalls: l.Transit.Envelope,
	}})
	return nil
}

// arrive gives a letter to its addressee, as the post room does; ok is false if it came before its turn.
func (w *world) arrive(l letter) (r exchange.Receipt, ok bool) {
	w.t.Helper()
	if r, done := w.inbox[l.ID]; done {
		return r, true
	}
	known := w.cases[l.To]
	r = exchange.Receipt{Envelope: l.ID, From: l.To, To: l.From, Case: l.Case, Leg: l.Leg, Kind: l.Kind, At: w.at(l.To)}
	switch l.Kind { //nolint:exhaustive // ratings touch no case
	case exchange.Offer:
		c, at, err := Take(known, l.Envelope, l.in, l.facts, l.To, w.law, w.at(l.To))
		if errs.Is(err, errs.NotInOrder) {
			return r, false
		}
		if err != nil {
			r.Status, r.Reason = exchange.Refused, "wrong-office"
			break
		}
		w.cases[l.To], r.Status, r.At = c, exchange.Held, at
	case exchange.Notice:
		for _, leg := range known.Legs {
			if leg.Transit != nil {
				return r, false
			}
		}
		if known.ID == "" {
			return r, false
		}
		for _, k := range l.facts {
			known = known.Learn(k.Fact, k.Hash)
		}
		w.cases[l.To], r.Status = known, exchange.Noted
		if l.facts[len(l.facts)-1].Fact.Act == ActAskWithdraw {
			w.stop(l)
		}
	case exchange.Recall:
		r.Status = exchange.Recalled
		if offer, came := w.inbox[l.Recalls]; came && offer.Status == exchange.Held {
			r.Status, r.At = exchange.Since, offer.At
		} else if !came {
			grave := r
			grave.Envelope = l.Recalls
			w.inbox[l.Recalls] = grave
		}
	case exchange.Message: // nobody writes any here
	}
	w.inbox[l.ID] = r
	return r, true
}

func (w *world) stop(l letter) {
	c, step, ok := Stop(w.cases[l.To], l.To, w.at(l.To))
	if !ok {
		return
	}
	w.cases[l.To] = c
	k := w.record(l.To, step)
	w.post = append(w.post, letter{
		Envelope: exchange.Envelope{ID: w.id(), From: l.To, To: l.From, Kind: exchange.Notice, Case: l.Case, Leg: step.Leg, At: step.At},
		facts:    []Known{k},
	})
}

// mail moves the i-th letter; its receipt comes back unless lost. A letter without receipt stays in the post.
func (w *world) mail(i int, lost bool) {
	w.t.Helper()
	l := w.post[i]
	r, ok := w.arrive(l)
	if !ok || lost {
		return
	}
	w.post = slices.DeleteFunc(w.post, func(o letter) bool { return o.ID == l.ID })
	if l.Kind != exchange.Notice {
		w.cases[l.From] = Settle(w.cases[l.From], r, l.From)
	}
}

// mailAll moves letters until none is left, the oldest or the newest first.
func (w *world) mailAll(newestFirst bool) {
	w.t.Helper()
	for range 40 {
		order := slices.Clone(w.post)
		if newestFirst {
			slices.Reverse(order)
		}
		for _, l := range order {
			if i := slices.IndexFunc(w.post, func(o letter) bool { return o.ID == l.ID }); i >= 0 {
				w.mail(i, false)
			}
		}
		if len(w.post) == 0 {
			return
		}
	}
	w.t.Fatalf("%d letters never arrive; the first is %+v", len(w.post), w.post[0].Envelope)
}

// step does what a word of a life says: an act, one that must fail ("correct!SecondCorrection"), or what time and post do.
func (w *world) step(word string) {
	w.t.Helper()
	w.now = w.now.Add(time.Minute)
	act, code, fails := strings.Cut(word, "!")
	var days int
	switch {
	case word == "mail":
		w.mailAll(false)
	case word == "mail-newest-first":
		w.mailAll(true)
	case word == "mail-answers-lost":
		for i := range w.post {
			w.mail(i, true)
		}
	case len(word) > 4 && word[:4] == "day+":
		if _, err := fmt.Sscanf(word, "day+%d", &days); err != nil {
			w.t.Fatal(err)
		}
		w.now = w.now.Add(time.Duration(days) * 24 * time.Hour)
	default:
		err := w.do(act)
		if fails && (err == nil || errs.CodeOf(err).Name() != code) {
			w.t.Errorf("%s: got %v, want %s", act, err, code)
		}
		if !fails && err != nil {
			w.t.Errorf("%s: %v", act, err)
		}
	}
	w.invariants(word)
}

// invariants are I1 and I7 as far as one moment can show them.
func (w *world) invariants(after string) {
	w.t.Helper()
	for me, c := range w.cases {
		for i, s := range c.Custody {
			switch {
			case i > 0 && !s.From.Equal(c.Custody[i-1].To):
				w.t.Errorf("after %s: %s: span %d begins %v, the one before ended %v", after, me, i, s.From, c.Custody[i-1].To)
			case !s.To.IsZero() && s.To.Before(s.From):
				w.t.Errorf("after %s: %s: span %d is negative", after, me, i)
			case s.To.IsZero() != (i == len(c.Custody)-1 && c.Closed.IsZero()):
				w.t.Errorf("after %s: %s: span %d of %d is open %v, case closed %v", after, me, i, len(c.Custody), s.To.IsZero(), c.Closed)
			}
		}
		if n := len(c.Custody); !c.Closed.IsZero() && !c.Custody[n-1].To.Equal(c.Closed) {
			w.t.Errorf("after %s: %s: custody ends %v, closed %v", after, me, c.Custody[n-1].To, c.Closed)
		}
	}
	a := w.cases[north]
	if !a.Custody[0].From.Equal(a.Lodged) {
		w.t.Errorf("after %s: custody begins %v, lodged %v", after, a.Custody[0].From, a.Lodged)
	}
	held := 0
	for me, c := range w.cases {
		if h, ok := c.Holder(); ok && h.Node == me {
			held++
		}
	}
	if closed := !a.Closed.IsZero() || !w.cases[west].Closed.IsZero(); held == 0 && !closed {
		w.t.Errorf("after %s: nobody holds the case", after)
	}
	if len(w.post) == 0 {
		w.agree(after)
	}
}

// agree holds when the post is empty: both sides tell the same story from the moment the second one came in.
func (w *world) agree(after string) {
	w.t.Helper()
	a, b := w.cases[north], w.cases[west]
	if b.ID == "" {
		return
	}
	tail := a.Custody[1:]
	if d := cmp.Diff(tail, b.Custody); d != "" {
		w.t.Errorf("after %s: custody differs (-north +west):\n%s", after, d)
	}
	if a.Status() != b.Status() {
		w.t.Errorf("after %s: north says %s, west %s", after, a.Status(), b.Status())
	}
	for _, key := range []string{"decide", "deliver"} {
		la, _ := a.Leg(key)
		lb, _ := b.Leg(key)
		if la.State != lb.State || key == "decide" && la.Step > lb.Step || // findings count as steps and are not told
			la.Holder != lb.Holder || la.Transit != nil || lb.Transit != nil {
			w.t.Errorf("after %s: %s is %s step %d at %s in the north, %s step %d at %s in the west", after, key,
				la.State, la.Step, la.Holder, lb.State, lb.Step, lb.Holder)
		}
	}
}

// snapshot is a deep copy as text, private part included.
func snapshot(t testing.TB, c Case) string {
	t.Helper()
	b, err := json.Marshal(struct {
		Case    Case
		Private Private
		Row     int64
	}{c, c.Private, c.Row})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// chain is who held the case, in order: "23 63 23".
func chain(c Case) string {
	names := make([]string, 0, len(c.Custody))
	for _, s := range c.Custody {
		names = append(names, string(s.Node))
	}
	return strings.Join(names, " ")
}

// receiptOf is a refusal of an envelope.
func receiptOf(e exchange.Envelope, reason string) exchange.Receipt {
	return exchange.Receipt{
		Envelope: e.ID, From: e.To, To: e.From, Case: e.Case, Leg: e.Leg, Kind: e.Kind, Status: exchange.Refused, Reason: reason, At: e.At,
	}
}
