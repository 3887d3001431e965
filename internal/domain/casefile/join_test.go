package casefile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// The provinces of shared matters: the first one leads.
var sharers = []office.NodeID{"11", "22", "33", "44"}

// shared is a matter that several provinces share, played as the post room plays it: what waits in the post comes in any order.
type shared struct {
	t      *testing.T
	rng    *rand.Rand
	law    Law
	now    time.Time
	cases  map[office.NodeID]Case
	post   []letter
	n      int
	steps  []string
	facts  map[office.NodeID]map[string]bool // by leg and step, so that none is made twice
	undone map[string]bool
}

func officeOf(n office.NodeID) office.Office {
	return office.Office{Code: "O" + string(n), Region: region.Code(string(n) + "0000000000"), Node: n}
}

func staff(n office.NodeID) Actor {
	return Actor{ID: "p" + string(n), Office: "O" + string(n), Node: n, Roles: []office.Role{office.Window, office.Reviewer, office.Decider}}
}

// randomPlan has one to four parts in one or two rows, joined by all, one or a sequence, and who decides is the leading place or
// another.
func randomPlan(rng *rand.Rand) (plan []item.LegPlan, places map[string]office.NodeID) {
	plan, places = []item.LegPlan{{Key: "collect", Kind: item.Collect, Place: item.Here}}, map[string]office.NodeID{}
	var row, last []string
	last = []string{"collect"}
	for i := range 1 + rng.IntN(4) {
		key := fmt.Sprintf("part%d", i)
		leg := item.LegPlan{Key: key, Kind: item.Verify, Place: item.Other, After: slices.Clone(last)}
		places[key] = sharers[rng.IntN(len(sharers))]
		if rng.IntN(2) == 0 {
			leg.Undo = "恢复原样"
		}
		plan, row = append(plan, leg), append(row, key)
		if rng.IntN(3) == 0 { // what follows waits for this row
			last, row = row, nil
		}
	}
	after := append(slices.Clone(row), last...)
	if len(row) > 0 {
		after = row
	}
	decide := item.LegPlan{Key: "decide", Kind: item.Decide, Place: item.Here, After: after}
	if rng.IntN(2) == 0 {
		decide.Join = item.JoinAny
	}
	if rng.IntN(3) == 0 {
		decide.Place = item.There
	}
	return append(plan, decide, item.LegPlan{Key: "deliver", Kind: item.Deliver, Place: item.Here, After: []string{"decide"}}), places
}

func newShared(t *testing.T, rng *rand.Rand, plan []item.LegPlan, places map[string]office.NodeID) *shared {
	t.Helper()
	w := &shared{
		t: t, rng: rng, law: lawOf(t, "none"), now: monday, cases: map[office.NodeID]Case{},
		facts: map[office.NodeID]map[string]bool{}, undone: map[string]bool{},
	}
	w.law.Version.Plan = map[item.Mode][]item.LegPlan{item.Joint: plan}
	others := map[string]office.Office{}
	for key, n := range places {
		others[key] = officeOf(n)
	}
	c, _, err := Lodge(Lodging{
		ID: "case-1", No: MakeNo(sharers[0], workday.DateOf(monday), 1), Item: item.Item{Code: "T-1"}, Mode: item.Joint, Law: w.law,
		Here: officeOf(sharers[0]), There: officeOf("55"), Others: others, Private: Private{Applicant: party.Person{Name: "樊女士"}},
	}, sharers[0], staff(sharers[0]), monday)
	if err != nil {
		t.Fatal(err)
	}
	w.cases[sharers[0]] = c
	return w
}

func (w *shared) id() string { w.n++; return fmt.Sprintf("e%d", w.n) }

// put stores what an act made of a case and posts what follows, as unit.Kit does.
func (w *shared) put(me office.NodeID, before, c Case, steps ...Step) {
	w.t.Helper()
	var facts []Known
	record := func(step Step) {
		f := c.FactOf(step, me)
		f.Prev = proof.Hash{}
		b, err := proof.Marshal(f)
		if err != nil {
			w.t.Fatal(err)
		}
		k := Known{Case: c.ID, Hash: proof.HashOf(b), Fact: f}
		place := fmt.Sprintf("%s %d", f.Leg, f.Step)
		if w.facts[me] == nil {
			w.facts[me] = map[string]bool{}
		}
		if w.facts[me][place] {
			w.t.Errorf("%s makes step %s twice", me, place)
		}
		w.facts[me][place] = true
		c.Head = k.Hash
		facts = append(facts, k)
	}
	for _, s := range steps {
		record(s)
		w.steps = append(w.steps, fmt.Sprintf("%s:%s %s", me, s.Leg, s.Act))
	}
	for {
		next, step, ok := Unwind(c, me, w.now)
		if !ok {
			break
		}
		c = next
		record(step)
		w.steps = append(w.steps, fmt.Sprintf("%s:%s %s", me, step.Leg, step.Act))
	}
	var said []Verified
	for _, s := range steps {
		if v, ok := s.Private.(Verified); ok {
			said = append(said, v)
		}
	}
	if c.Coordinator == me {
		c = React(c, me, me, said, w.law, w.id, w.now)
	}
	w.cases[me] = c
	w.offers(me, before, c, facts)
	for _, k := range facts {
		w.tell(me, c, k, said)
	}
}

func (w *shared) offers(me office.NodeID, before, c Case, facts []Known) {
	for _, l := range c.Legs {
		if was, _ := before.Leg(l.Key); l.Transit != nil && was.Transit == nil {
			w.post = append(w.post, letter{
				Envelope: exchange.Envelope{ID: l.Transit.Envelope, From: me, To: l.Transit.To, Kind: exchange.Offer, Case: c.ID, Leg: l.Key, At: w.now},
				in:       Offered{Case: c, Private: c.Private}, facts: facts,
			})
		}
	}
}

// tell sends a fact to who leads, or from there to everybody with a part.
func (w *shared) tell(me office.NodeID, c Case, k Known, said []Verified) {
	to := []office.NodeID{c.Coordinator}
	if me == c.Coordinator {
		if l, _ := c.Leg(k.Fact.Leg); l.Kind == item.Verify {
			return
		}
		to = c.Sharing(me)
	}
	for _, one := range to {
		w.post = append(w.post, letter{
			Envelope: exchange.Envelope{ID: w.id(), From: me, To: one, Kind: exchange.Notice, Case: c.ID, Leg: k.Fact.Leg, At: w.now},
			in:       Offered{Verified: said}, facts: []Known{k},
		})
	}
}

// mail brings one letter; it stays in the post if it came too early.
func (w *shared) mail(i int) {
	w.t.Helper()
	l := w.post[i]
	known := w.cases[l.To]
	r := exchange.Receipt{Envelope: l.ID, From: l.To, To: l.From, Case: l.Case, Leg: l.Leg, Kind: l.Kind, At: w.now}
	if l.Kind == exchange.Offer {
		c, at, err := Take(known, l.Envelope, l.in, l.facts, l.To, w.law, w.now)
		if errs.Is(err, errs.NotInOrder) {
			return
		}
		if err != nil {
			w.t.Fatalf("%s does not take %s: %v after %s", l.To, l.Leg, err, strings.Join(w.steps, " | "))
		}
		r.Status, r.At = exchange.Held, at
		w.cases[l.To] = c
		w.cases[l.From] = Settle(w.cases[l.From], r, l.From)
	} else {
		if known.ID == "" {
			return
		}
		for _, leg := range known.Legs {
			if leg.Transit != nil && leg.Transit.To == l.From {
				return
			}
		}
		before := known
		c := known
		for _, k := range l.facts {
			c = c.Learn(k.Fact, k.Hash)
		}
		if c.Coordinator == l.To {
			c = React(c, l.To, l.From, l.in.Verified, w.law, w.id, w.now)
			for _, k := range l.facts {
				if leg, _ := c.Leg(k.Fact.Leg); leg.Kind != item.Verify {
					w.tell(l.To, c, k, nil)
				}
			}
		}
		w.put(l.To, before, c)
	}
	w.post = slices.DeleteFunc(w.post, func(o letter) bool { return o.ID == l.ID })
}

func (w *shared) mailAll() {
	w.t.Helper()
	for range 200 {
		if len(w.post) == 0 {
			return
		}
		for _, l := range slices.Clone(w.post) {
			if i := slices.IndexFunc(w.post, func(o letter) bool { return o.ID == l.ID }); i >= 0 {
				w.mail(i)
			}
		}
	}
	l := w.post[0]
	w.t.Fatalf("%d letters never arrive, the first a %s of %s from %s to %s, where it is %+v, after %s", len(w.post), l.Kind, l.Leg, l.From, l.To,
		w.cases[l.To].Legs, strings.Join(w.steps, " | "))
}

// act lets somebody do something that they may.
func (w *shared) act() {
	w.t.Helper()
	me := append(slices.Clone(sharers), "55")[w.rng.IntN(5)]
	c, ok := w.cases[me]
	if !ok {
		return
	}
	by := staff(me)
	yes := Verified{Outcome: Confirmed}
	if w.rng.IntN(4) == 0 {
		yes = Verified{Outcome: Differs, Text: "账户不存在"}
	}
	type deed func() (Case, Step, error)
	deeds := map[string]deed{
		"hand-over": func() (Case, Step, error) { return HandOver(c, me, by, w.law, w.id, w.now) },
		"verify":    func() (Case, Step, error) { return Verify(c, me, by, yes, w.now) },
		"give-back": func() (Case, Step, error) {
			if w.rng.IntN(4) > 0 {
				return Case{}, Step{}, errs.New(errs.NotAllowedNow, "not now")
			}
			return GiveBack(c, me, by, "wrong-office", w.now)
		},
		"undo":   func() (Case, Step, error) { return Undo(c, me, by, w.now) },
		"accept": func() (Case, Step, error) { return Accept(c, me, by, w.law, w.now) },
		"grant":  func() (Case, Step, error) { return Decide(c, me, by, w.law, Decision{Outcome: Granted}, w.now) },
		"deny": func() (Case, Step, error) {
			if w.rng.IntN(3) > 0 {
				return Case{}, Step{}, errs.New(errs.NotAllowedNow, "not now")
			}
			return Decide(c, me, by, w.law, Decision{Outcome: Denied, Reasons: []string{"x"}}, w.now)
		},
		"correct": func() (Case, Step, error) {
			return Correct(c, me, by, w.law, []Correction{{Problem: "x", Fix: "y"}}, w.id(), w.now)
		},
		"dispatch": func() (Case, Step, error) { return Dispatch(c, me, by, w.id(), w.now) },
		"deliver":  func() (Case, Step, error) { return Deliver(c, me, by, Delivery{Way: "counter"}, w.now) },
		"withdraw": func() (Case, Step, error) {
			if w.rng.IntN(8) > 0 {
				return Case{}, Step{}, errs.New(errs.NotAllowedNow, "not now")
			}
			return Withdraw(c, me, nil, w.now)
		},
	}
	names := []string{"hand-over", "verify", "give-back", "undo", "accept", "grant", "deny", "correct", "dispatch", "deliver", "withdraw"}
	w.rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		next, step, err := deeds[name]()
		if err != nil {
			continue
		}
		if name == "undo" {
			w.undone[step.Leg] = true
		}
		w.put(me, c, next, step)
		return
	}
}

// one is I1: a leg that began has one holder, and the case has one while it is open; I7: custody has no gap.
func (w *shared) one(where string) {
	w.t.Helper()
	lead := w.cases[sharers[0]]
	for _, l := range lead.Legs {
		n := 0
		for me, c := range w.cases {
			if mine, _ := c.Leg(l.Key); mine.Holder == me {
				n++
			}
		}
		if l.State != Planned && n != 1 && len(w.post) == 0 {
			w.t.Errorf("%s: leg %s (%s) is held by %d", where, l.Key, l.State, n)
		}
	}
	for me, c := range w.cases {
		for i, s := range c.Custody {
			if i > 0 && !s.From.Equal(c.Custody[i-1].To) || !s.To.IsZero() && s.To.Before(s.From) {
				w.t.Errorf("%s: %s: span %d: %v – %v after %v", where, me, i, s.From, s.To, c.Custody[i-1].To)
			}
		}
	}
	if len(lead.Custody) == 0 || lead.Closed.IsZero() != lead.Custody[len(lead.Custody)-1].To.IsZero() {
		w.t.Errorf("%s: custody %+v, closed %v", where, lead.Custody, lead.Closed)
	}
}

// TestSharedMatters plays random plans of several provinces with random turns and a post in any order: no leg is ever held by two,
// nobody is overruled, and what was done is undone exactly when the case came to nothing.
func TestSharedMatters(t *testing.T) {
	ends := map[Status]int{}
	undone, differs := 0, 0
	for seed := range uint64(120) {
		rng := rand.New(rand.NewPCG(seed, 11))
		plan, places := randomPlan(rng)
		w := newShared(t, rng, plan, places)
		for range 150 {
			w.now = w.now.Add(time.Minute)
			if rng.IntN(2) == 0 && len(w.post) > 0 {
				w.mail(rng.IntN(len(w.post)))
			} else {
				w.act()
			}
			w.one("on the way")
		}
		w.mailAll()
		for range 60 { // everybody does what is theirs
			w.now = w.now.Add(time.Minute)
			w.act()
			w.mailAll()
		}
		lead := w.cases[sharers[0]]
		w.one("at the end")
		w.settled(lead)
		for _, l := range lead.Legs {
			if l.Outcome == Differs {
				differs++
			}
		}
		undone += len(w.undone)
		ends[lead.Status()]++
		if t.Failed() {
			t.Fatalf("seed %d, plan %+v at %v: %s", seed, plan, places, strings.Join(w.steps, " | "))
		}
	}
	for _, s := range []Status{StatusDone, StatusDenied, StatusWithdrawn} {
		if ends[s] < 5 {
			t.Errorf("ends: %v", ends)
		}
	}
	if undone < 5 || differs < 5 {
		t.Errorf("%d undone, %d answered no", undone, differs)
	}
}

// settled holds what must be true once a case is closed.
func (w *shared) settled(lead Case) {
	w.t.Helper()
	if lead.Closed.IsZero() {
		return
	}
	decide, _ := lead.LegOf(item.Decide)
	yes, no := 0, 0
	for _, l := range lead.Legs {
		if l.Kind != item.Verify {
			continue
		}
		switch l.Outcome { //nolint:exhaustive // of a part there are two
		case Confirmed:
			yes++
		case Differs:
			no++
		}
		if l.State == Received || l.State == Undoing || l.Transit != nil {
			w.t.Errorf("closed with %s %s", l.Key, l.State)
		}
		if want := l.Effect && l.Outcome == Confirmed && lead.Failed(); want != (l.State == Undone) || w.undone[l.Key] != (l.State == Undone) {
			w.t.Errorf("%s ended %s (%s), effect %v, the case %s", l.Key, l.State, l.Outcome, l.Effect, lead.Status())
		}
	}
	if decide.Outcome == Granted && (yes == 0 || no > 0 && !decide.Any) {
		w.t.Errorf("granted with %d yes and %d no", yes, no)
	}
	for me, c := range w.cases {
		if me != decide.Node && c.Closed.IsZero() {
			w.t.Errorf("closed at the lead, open at %s", me)
		}
	}
}

// A part is answered by the office that has it, in its own words if it says no, and by nobody else.
func TestWhoMayAnswerForAPart(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	plan := []item.LegPlan{
		{Key: "collect", Kind: item.Collect, Place: item.Here},
		{Key: "part", Kind: item.Verify, Place: item.Other, After: []string{"collect"}},
		{Key: "decide", Kind: item.Decide, Place: item.Here, After: []string{"part"}},
		{Key: "deliver", Kind: item.Deliver, Place: item.Here, After: []string{"decide"}},
	}
	w := newShared(t, rng, plan, map[string]office.NodeID{"part": "22"})
	c, step, err := HandOver(w.cases["11"], "11", staff("11"), w.law, w.id, w.now)
	if err != nil {
		t.Fatal(err)
	}
	w.put("11", w.cases["11"], c, step)
	w.mailAll()
	if got := w.cases["11"].Status(); got != StatusChecking {
		t.Errorf("status %s while another place checks", got)
	}
	yes := Verified{Outcome: Confirmed}
	for node, want := range map[office.NodeID]bool{"11": true, "22": true, "33": false} {
		if got := w.cases["11"].With(node); got != want {
			t.Errorf("the case, or a part of it, is with %s: %v", node, got)
		}
	}
	shut := w.cases["11"].clone()
	shut.Closed = w.now
	if shut.With("22") {
		t.Error("a part of a closed case is with somebody")
	}
	for name, tried := range map[string]struct {
		me   office.NodeID
		by   Actor
		v    Verified
		want errs.Code
	}{
		"the lead for the other":  {"11", staff("11"), yes, errs.NotAllowedNow},
		"another office":          {"22", Actor{ID: "x", Office: "OTHER", Node: "22", Roles: staff("22").Roles}, yes, errs.NotHolder},
		"a window clerk":          {"22", Actor{ID: "x", Office: "O22", Node: "22", Roles: []office.Role{office.Window}}, yes, errs.NotYours},
		"no without a reason":     {"22", staff("22"), Verified{Outcome: Differs}, errs.ReasonNeeded},
		"an outcome of a decider": {"22", staff("22"), Verified{Outcome: Granted}, errs.BadDecision},
	} {
		if _, _, err := Verify(w.cases[tried.me], tried.me, tried.by, tried.v, w.now); errs.CodeOf(err) != tried.want {
			t.Errorf("%s: %v, want %s", name, err, tried.want.Name())
		}
	}
	// a liar may speak for its own part alone, and only what its fact says
	lead := React(w.cases["11"], "11", "33", []Verified{{Leg: "part", Outcome: Confirmed}}, w.law, w.id, w.now)
	if len(lead.Private.Verified) != 0 {
		t.Error("a stranger's answer is taken")
	}
}
