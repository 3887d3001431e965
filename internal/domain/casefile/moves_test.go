package casefile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// allowed is the law of a leg as a lawyer reads it: kind, state, act, who ("-": nobody signs), next state. It stands here
// a second time on purpose: a change of the table must be a change of this list too.
const allowed = `
collect received   supplement   window   received
collect received   hand-over    window   done
collect done       reopen       -        received
collect received   withdraw     -        withdrawn
collect done       withdraw     -        withdrawn
collect done       ask-withdraw -        done
decide  planned    receive      -        received
decide  corrected  receive      -        received
decide  returned   receive      -        received
decide  received   review       reviewer received
decide  accepted   review       reviewer accepted
decide  received   accept       reviewer accepted
decide  received   deem-accept  -        accepted
decide  received   correct      reviewer corrected
decide  received   return       reviewer returned
decide  received   decline      reviewer declined
decide  received   inquire      reviewer received
decide  accepted   inquire      reviewer accepted
decide  suspended  inquire      reviewer suspended
decide  accepted   suspend      reviewer suspended
decide  suspended  resume       reviewer accepted
decide  accepted   ask-extend   reviewer accepted
decide  accepted   extend       lead     accepted
decide  accepted   keep-limit   lead     accepted
decide  accepted   decide       decider  concluded
decide  concluded  dispatch     decider  done
decide  declined   dispatch     reviewer done
decide  received   withdraw     -        withdrawn
decide  accepted   withdraw     -        withdrawn
decide  suspended  withdraw     -        withdrawn
decide  corrected  supplement   -        received
decide  corrected  withdraw     -        withdrawn
decide  done       reopen       -        accepted
decide  received   pass-on      reviewer planned
decide  accepted   pass-on      reviewer planned
seal    planned    receive      -        received
seal    received   seal         -        done
verify  planned    receive      -        received
verify  returned   receive      -        received
verify  received   verify       reviewer done
verify  received   inquire      reviewer received
verify  received   return       reviewer returned
verify  received   withdraw     -        withdrawn
verify  done       unwind       -        undoing
verify  undoing    undo         reviewer undone
deliver planned    receive      -        received
deliver received   deliver      window   delivered
deliver received   serve        -        delivered
`

type key struct {
	kind item.LegKind
	from State
	act  Act
}

type permit struct {
	role office.Role
	to   State
}

func law(t *testing.T) map[key]permit {
	t.Helper()
	out := map[key]permit{}
	for line := range strings.Lines(strings.TrimSpace(allowed)) {
		f := strings.Fields(line)
		out[key{item.LegKind(f[0]), State(f[1]), Act(f[2])}] = permit{office.Role(strings.TrimPrefix(f[3], "-")), State(f[4])}
	}
	return out
}

var (
	allKinds  = []item.LegKind{item.Collect, item.Decide, item.Deliver, item.Verify, item.File, item.Seal}
	allStates = []State{Planned, Received, Corrected, Returned, Accepted, Suspended, Declined, Concluded, Done, Delivered, Withdrawn, Undoing, Undone}
	allActs   = []Act{
		ActLodge, ActHandOver, ActReceive, ActReopen, ActAccept, ActDeemAccept, ActDecline, ActCorrect, ActReturn, ActSuspend,
		ActResume, ActAskExtend, ActExtend, ActKeepLimit, ActDecide, ActDispatch, ActDeliver, ActWithdraw, ActAskWithdraw, ActReview, ActSupplement, ActServe,
		ActVerify, ActUnwind, ActUndo, ActSeal, ActPassOn, ActInquire, "unheard-of",
	}
)

func TestTheTableIsTheLaw(t *testing.T) {
	got := map[key]permit{}
	for _, m := range moves {
		got[key{m.kind, m.from, m.act}] = permit{m.role, m.to}
	}
	if len(got) != len(moves) {
		t.Error("a move stands twice")
	}
	if d := cmp.Diff(law(t), got, cmp.AllowUnexported(key{}, permit{})); d != "" {
		t.Error(d)
	}
}

// oneLeg is a case whose only leg is of a kind, in a state, held by me.
func oneLeg(kind item.LegKind, state State) Case {
	return Case{No: "x", Last: monday, Legs: []Leg{{Key: "k", Kind: kind, Node: north, Office: "HERE", State: state, Holder: north, Step: 7}}}
}

// Every combination of kind, state, act and role is tried: what the law does not name is refused and changes nothing.
func TestWhatIsNotInTheTableIsRefused(t *testing.T) {
	rules, tried, passed := law(t), 0, 0
	for _, kind := range allKinds {
		for _, state := range allStates {
			for _, act := range allActs {
				for _, role := range append(office.Roles(), "", "nobody") {
					by := &Actor{ID: "o", Office: "HERE", Node: north}
					if role == "nobody" {
						by = nil
					} else if role != "" {
						by.Roles = []office.Role{role}
					}
					p, ok := rules[key{kind, state, act}]
					want := errs.Code(0)
					switch {
					case !ok:
						want = errs.NotAllowedNow
					case p.role != "" && p.role != role && role != office.System:
						want = errs.NotYours
					case by != nil && !office.Ever(by.Roles, office.Act(act)): // the system's own act, or a window's wish of the applicant
						want = errs.NotYours
					}
					c := oneLeg(kind, state)
					before := snapshot(t, c)
					l, step, err := c.begin(north, "k", act, by, monday.Add(time.Minute))
					tried++
					what := fmt.Sprintf("%s %s, %s by %q", kind, state, act, role)
					if want != 0 {
						if errs.CodeOf(err) != want {
							t.Errorf("%s: got %v, want %s", what, err, want.Name())
						}
						if d := cmp.Diff(before, snapshot(t, c)); d != "" {
							t.Errorf("%s was refused and changed the case:\n%s", what, d)
						}
						continue
					}
					passed++
					if err != nil || l.State != p.to || l.Step != 8 || step.Act != act || !c.Last.Equal(step.At) {
						t.Errorf("%s: %v, leg %+v, step %+v", what, err, l, step)
					}
				}
			}
		}
	}
	if tried != len(allKinds)*len(allStates)*len(allActs)*10 || passed == 0 {
		t.Errorf("tried %d, passed %d", tried, passed)
	}
}

// The same walk over the doors that others use: each act, the leg that it is about in each state, each role. Whatever
// comes out, the case that went in is as it was.
func TestActsKeepToTheTableAndLeaveTheirInputAlone(t *testing.T) {
	lawful := lawOf(t, "accepted")
	doors := []struct {
		act  Act
		kind item.LegKind
		do   func(c Case, by Actor, now time.Time) (Case, Step, error)
	}{
		{ActSupplement, item.Collect, func(c Case, by Actor, now time.Time) (Case, Step, error) {
			return Supplement(c, north, by, Law{}, map[string]string{"name": "x"}, []Material{{Key: "m"}}, []Correction{{Answer: "x"}}, now)
		}},
		{ActHandOver, item.Collect, func(c Case, by Actor, now time.Time) (Case, Step, error) {
			return HandOver(c, north, by, Law{}, func() string { return "e" }, now)
		}},
		{ActWithdraw, item.Collect, func(c Case, by Actor, now time.Time) (Case, Step, error) { return Withdraw(c, north, &by, now) }},
		{ActReview, item.Decide, func(c Case, by Actor, now time.Time) (Case, Step, error) {
			return Review(c, west, by, map[string]Mark{"a": {Finding: Amend}}, now)
		}},
		{ActAccept, item.Decide, func(c Case, by Actor, now time.Time) (Case, Step, error) { return Accept(c, west, by, lawful, now) }},
		{ActCorrect, item.Decide, func(c Case, by Actor, now time.Time) (Case, Step, error) {
			return Correct(c, west, by, lawful, []Correction{{Problem: "p", Fix: "f"}}, "e", now)
		}},
		{ActReturn, item.Decide, func(c Case, by Actor, now time.Time) (Case, Step, error) {
			return Return(c, west, by, "unreadable", "e", now)
		}},
		{ActDecline, item.Decide, func(c Case, by Actor, now time.Time) (Case, Step, error) {
			return Decline(c, west, by, lawful, Decision{Reasons: []string{"r"}}, now)
		}},
		{ActSuspend, item.Decide, func(c Case, by Actor, now time.Time) (Case, Step, error) {
			return Suspend(c, west, by, lawful, Suspension{Procedure: "experts", Reason: "r", Days: 5}, now)
		}},
		{ActResume, item.Decide, func(c Case, by Actor, now time.Time) (Case, Step, error) { return Resume(c, west, by, lawful, now) }},
		{ActAskExtend, item.Decide, func(c Case, by Actor, now time.Time) (Case, Step, error) {
			c.Private.Extension = nil
			return AskExtend(c, west, by, lawful, "r", now)
		}},
		{ActExtend, item.Decide, func(c Case, by Actor, now time.Time) (Case, Step, error) { return Extend(c, west, by, lawful, now) }},
		{ActKeepLimit, item.Decide, func(c Case, by Actor, now time.Time) (Case, Step, error) { return KeepLimit(c, west, by, "r", now) }},
		{ActDecide, item.Decide, func(c Case, by Actor, now time.Time) (Case, Step, error) {
			return Decide(c, west, by, lawful, Decision{Outcome: Granted}, now)
		}},
		{ActDispatch, item.Decide, func(c Case, by Actor, now time.Time) (Case, Step, error) { return Dispatch(c, west, by, "e", now) }},
		{ActDeliver, item.Deliver, func(c Case, by Actor, now time.Time) (Case, Step, error) {
			return Deliver(c, north, by, Delivery{Way: "post"}, now)
		}},
	}
	rules := law(t)
	for _, door := range doors {
		for _, state := range allStates {
			for _, role := range append(office.Roles(), "") {
				for _, place := range []string{"HERE", "THERE"} {
					c, l := threeLegs(t, lawful, door.kind, state)
					p, ok := rules[key{door.kind, state, door.act}]
					by := Actor{ID: "o", Office: place, Roles: []office.Role{role}}
					want := errs.Code(0)
					switch {
					case !ok:
						want = errs.NotAllowedNow
					case place != l.Office:
						want = errs.NotHolder
					case p.role != "" && p.role != role && role != office.System, !office.Ever(by.Roles, office.Act(door.act)):
						want = errs.NotYours
					}
					before := snapshot(t, c)
					after, _, err := door.do(c, by, monday.Add(48*time.Hour))
					what := fmt.Sprintf("%s of %s in state %s by %q of %s", door.act, door.kind, state, role, place)
					if d := cmp.Diff(before, snapshot(t, c)); d != "" {
						t.Errorf("%s changed its input:\n%s", what, d)
					}
					switch {
					case want != 0 && errs.CodeOf(err) != want:
						t.Errorf("%s: got %v, want %s", what, err, want.Name())
					case want != 0 && after.ID != "":
						t.Errorf("%s was refused and gave a case", what)
					case want == 0 && err != nil:
						t.Errorf("%s: %v", what, err)
					case want == 0:
						if got, _ := after.Leg(string(door.kind)); got.State != p.to {
							t.Errorf("%s: now %s, want %s", what, got.State, p.to)
						}
					}
				}
			}
		}
	}
}

// threeLegs is a case in the middle of its life, with the leg of a kind in a state and held by its own node.
func threeLegs(t *testing.T, law Law, kind item.LegKind, state State) (Case, Leg) {
	t.Helper()
	w := newWorld(t, "accepted")
	c := w.cases[north]
	c.Legs[1].Holder = west
	for i := range c.Legs {
		if c.Legs[i].Kind == kind {
			c.Legs[i].State, c.Legs[i].Holder = state, c.Legs[i].Node
		}
	}
	c.start(law, "decide", EventReceived, monday)
	c.start(law, "decide", EventAccepted, monday)
	c.Private.Review = map[string]Mark{"a": {Finding: Meets}}
	c.Private.Extension = &Extension{Limit: "decide", Reason: "r", Asked: "somebody"}
	l, _ := c.LegOf(kind)
	return c, l
}

func TestOnlyTheHolderActs(t *testing.T) {
	w := newWorld(t, "none")
	w.step("hand-over")
	w.step("mail")
	for _, tt := range []struct {
		name string
		do   func() error
		want errs.Code
	}{
		{"the other node", func() error { _, _, err := Accept(w.cases[north], north, clerk, w.law, w.now); return err }, errs.NotHolder},
		{"another office of the node", func() error {
			_, _, err := Accept(w.cases[west], west, Actor{Office: "ELSE", Roles: officer.Roles}, w.law, w.now)
			return err
		}, errs.NotHolder},
		{"an officer without the role", func() error {
			_, _, err := Accept(w.cases[west], west, Actor{Office: "THERE", Roles: []office.Role{office.Window}}, w.law, w.now)
			return err
		}, errs.NotYours},
		{"a reviewer who would decide", func() error {
			w.step("accept")
			_, _, err := Decide(w.cases[west], west, Actor{Office: "THERE", Roles: []office.Role{office.Reviewer}}, w.law, Decision{Outcome: Granted}, w.now)
			return err
		}, errs.NotYours},
	} {
		if err := tt.do(); errs.CodeOf(err) != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want.Name())
		}
	}
}

func TestWordsThatTheLawAsksFor(t *testing.T) {
	w := newWorld(t, "none")
	for word := range strings.FieldsSeq("hand-over mail") {
		w.step(word)
	}
	c, now := w.cases[west], w.at(west)
	accepted, _, err := Accept(c, west, officer, w.law, now)
	if err != nil {
		t.Fatal(err)
	}
	doubted, _, err := Review(accepted, west, officer, map[string]Mark{"charter": {Finding: Breaks}}, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		do   func() (Case, Step, error)
		want errs.Code
	}{
		{"a notice without items", func() (Case, Step, error) { return Correct(c, west, officer, w.law, nil, "e", now) }, errs.ReasonNeeded},
		{"an item without the way to mend it", func() (Case, Step, error) {
			return Correct(c, west, officer, w.law, []Correction{{Problem: "p"}}, "e", now)
		}, errs.ReasonNeeded},
		{"a return without a reason", func() (Case, Step, error) { return Return(c, west, officer, "", "e", now) }, errs.ReasonNeeded},
		{"not accepted without a reason", func() (Case, Step, error) { return Decline(c, west, officer, w.law, Decision{}, now) }, errs.ReasonNeeded},
		{"denied without a reason", func() (Case, Step, error) {
			return Decide(accepted, west, officer, w.law, Decision{Outcome: Denied}, now)
		}, errs.ReasonNeeded},
		{"suspended without a reason", func() (Case, Step, error) {
			return Suspend(accepted, west, officer, w.law, Suspension{Procedure: "experts", Days: 1}, now)
		}, errs.ReasonNeeded},
		{"granted against a finding", func() (Case, Step, error) {
			return Decide(doubted, west, officer, w.law, Decision{Outcome: Granted}, now)
		}, errs.BadDecision},
		{"an outcome that is none", func() (Case, Step, error) {
			return Decide(accepted, west, officer, w.law, Decision{Outcome: NotAccepted, Reasons: []string{"r"}}, now)
		}, errs.BadDecision},
	} {
		if got, _, err := tt.do(); errs.CodeOf(err) != tt.want || got.ID != "" {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want.Name())
		}
	}
}

func TestLodging(t *testing.T) {
	w := newWorld(t, "none")
	in := Lodging{
		ID: "c", Item: item.Item{Code: "T-1"}, Mode: item.Entrusted, Law: w.law,
		Here: office.Office{Code: "HERE", Node: north}, There: office.Office{Code: "THERE", Node: west},
	}
	noPlan, elsewhere := in, in
	noPlan.Mode = item.Joint
	elsewhere.Here.Node = west
	for _, tt := range []struct {
		name string
		in   Lodging
		by   Actor
		want errs.Code
	}{
		{"a mode without a plan", noPlan, clerk, errs.NoPlan},
		{"no window", in, Actor{Office: "HERE"}, errs.NotYours},
		{"the window of another office", in, Actor{Office: "ELSE", Roles: clerk.Roles}, errs.NotYours},
		{"a plan that begins elsewhere", elsewhere, clerk, errs.NotHolder},
	} {
		if _, _, err := Lodge(tt.in, north, tt.by, monday); errs.CodeOf(err) != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want.Name())
		}
	}
	c, step, err := Lodge(in, north, clerk, monday.Add(1234*time.Nanosecond))
	if err != nil || !step.At.Equal(monday.Add(time.Microsecond)) || c.Coordinator != north || c.Rule.Digest != w.law.Version.Digest {
		t.Errorf("%v %+v", err, c)
	}
	if states := []State{c.Legs[0].State, c.Legs[1].State, c.Legs[2].State}; !slices.Equal(states, []State{Received, Planned, Planned}) {
		t.Errorf("legs begin %v", states)
	}
}
