package watch_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tongban/catalogue"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/watch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

const me office.NodeID = "63"

// Monday 2026-11-23; the promise of the case ends on Thursday, the law's limit on Friday of the week after.
var monday = workday.NewDate(2026, time.November, 23)

func calendar(t *testing.T) *workday.Calendar {
	t.Helper()
	cal, err := workday.Default()
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

func rule() item.Version {
	return item.Version{
		Corrections: item.Corrections{Max: 1},
		Limits:      []item.LimitRule{{Key: "decide", Leg: "decide", Length: workday.Limit{N: 9}, Promised: workday.Limit{N: 3}}},
		Materials: []item.Material{
			{Key: "identity", Sources: []string{"elicence", "shared", "upload"}, Resource: "idcard"}, {Key: "lease", Sources: []string{"upload"}},
		},
	}
}

// accepted is a case of another province that the office here has to decide.
func accepted() casefile.Case {
	at := monday.Start().Add(9 * time.Hour).UTC()
	return casefile.Case{
		ID: "c", No: "n", Item: "2020-030", Coordinator: "23", Lodged: at, Last: at,
		Legs: []casefile.Leg{
			{Key: "collect", Kind: item.Collect, Node: "23", Office: "HERE", State: casefile.Done, Holder: "23"},
			{Key: "decide", Kind: item.Decide, Node: me, Office: "THERE", State: casefile.Accepted, Holder: me, Step: 2},
		},
		Custody: []casefile.Span{{Node: "23", Office: "HERE", Leg: "collect", From: at, To: at}, {Node: me, Office: "THERE", Leg: "decide", From: at}},
		Limits:  []casefile.Limit{{Key: "decide", Kind: item.LimitDecide, Leg: "decide", From: monday, Promised: monday.AddDays(3), Due: monday.AddDays(11)}},
	}
}

func judge(t *testing.T, c casefile.Case, f watch.Facts, have []watch.Alarm, now time.Time) watch.Judged {
	t.Helper()
	cal := calendar(t)
	return watch.Judge(c, watch.Default().Causes(c, me, f, cal), have, cal, now)
}

// Every kind of alarm fires where its cause is, and does not where it is not: the two columns differ by one thing each.
func TestEveryAlarmFires(t *testing.T) {
	day := func(n int) time.Time { return monday.AddDays(n).Start().Add(12 * time.Hour) }
	shared := watch.Facts{Rule: rule(), Shared: []string{"idcard"}}
	for _, tt := range []struct {
		name         string
		fires, quiet func(c *casefile.Case)
		facts        watch.Facts
		at           time.Time
		kind         watch.Kind
		level        watch.Level
	}{
		{"soon due", func(*casefile.Case) {}, func(c *casefile.Case) { c.Limits[0].Promised = monday.AddDays(4) }, shared, day(2), watch.Limit, watch.Remind},
		{"past the promise", func(*casefile.Case) {}, func(c *casefile.Case) { c.Limits[0].PausedSince = monday }, shared, day(4), watch.Limit, watch.Yellow},
		{
			"past the promise, without a word for two days", func(*casefile.Case) {}, func(c *casefile.Case) { c.Limits[0].Met = day(3) }, shared, day(8),
			watch.Limit, watch.Red,
		},
		{
			"past the law", func(c *casefile.Case) { c.Limits[0].Promised = monday.AddDays(11) },
			func(c *casefile.Case) { c.Limits[0].Promised, c.Limits[0].Due = monday.AddDays(14), monday.AddDays(14) }, shared, day(12), watch.Limit, watch.Red,
		},
		{
			"handed over, no receipt", func(c *casefile.Case) { c.Legs[1].Transit = &casefile.Transit{Envelope: "e", To: "23", At: day(0)} },
			func(*casefile.Case) {}, shared, day(2), watch.Transit, watch.Yellow,
		},
		{
			"handed over, still no receipt", func(c *casefile.Case) { c.Legs[1].Transit = &casefile.Transit{Envelope: "e", To: "23", At: day(0)} },
			func(c *casefile.Case) { c.Legs[1].Transit = &casefile.Transit{Envelope: "e", To: "23", At: day(4)} }, shared, day(4), watch.Transit, watch.Red,
		},
		{"second correction", func(c *casefile.Case) { c.Corrections = 2 }, func(c *casefile.Case) { c.Corrections = 1 }, shared, day(1), watch.Second, watch.Red},
		{
			"back again after a correction", func(c *casefile.Case) {
				c.Corrections, c.Legs[1].State, c.Legs[1].Reason = 1, casefile.Returned, "duplicate"
			},
			func(c *casefile.Case) { c.Legs[1].State, c.Legs[1].Reason = casefile.Returned, "duplicate" }, shared, day(1), watch.Again, watch.Red,
		},
		{
			"refused without a reason", func(c *casefile.Case) {
				c.Legs[1].Outcome, c.Private.Decision = casefile.Denied, &casefile.Decision{Outcome: casefile.Denied, Reasons: []string{" "}}
			},
			func(c *casefile.Case) {
				c.Legs[1].Outcome, c.Private.Decision = casefile.Denied, &casefile.Decision{Outcome: casefile.Denied, Reasons: []string{"name-taken"}}
			}, shared, day(1), watch.Reason, watch.Red,
		},
		{
			"sent back without a reason", func(c *casefile.Case) { c.Legs[1].State = casefile.Returned },
			func(c *casefile.Case) { c.Legs[1].State, c.Legs[1].Reason = casefile.Returned, "duplicate" }, shared, day(1), watch.Reason, watch.Red,
		},
		{
			"asked for what an agreement gives", func(c *casefile.Case) {
				c.Corrections, c.Private.Corrections = 1, []casefile.Correction{{Material: "identity"}}
			},
			func(c *casefile.Case) {
				c.Corrections, c.Private.Corrections = 1, []casefile.Correction{{Material: "lease"}}
			}, shared, day(1), watch.Asked, watch.Red,
		},
		{
			"asked for what the case has from a source", func(c *casefile.Case) {
				c.Corrections, c.Private.Corrections = 1, []casefile.Correction{{Material: "lease"}}
				c.Private.Materials = []casefile.Material{{Key: "lease", Source: "shared"}}
			},
			func(c *casefile.Case) {
				c.Corrections, c.Private.Corrections = 1, []casefile.Correction{{Material: "identity"}} // no agreement in force
				c.Private.Materials = []casefile.Material{{Key: "identity", Source: "upload"}}
			},
			watch.Facts{Rule: rule()},
			day(1), watch.Asked, watch.Red,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := accepted()
			tt.fires(&c)
			var got []watch.Alarm
			for _, a := range judge(t, c, tt.facts, nil, tt.at).Changed {
				if a.Kind == tt.kind {
					got = append(got, a)
				}
			}
			if len(got) != 1 || got[0].Level != tt.level || got[0].Office != "THERE" || got[0].Case != "c" {
				t.Fatalf("fired %+v", got)
			}
			if first := watch.Default().First(c, me, calendar(t)); first.IsZero() || first.After(tt.at) {
				t.Errorf("the store would look at %s only", first)
			}
			if again := judge(t, c, tt.facts, got, tt.at); again.Open < 1 || fired(again.Changed, tt.kind) {
				t.Errorf("the same cause fired twice: %+v", again)
			}
			c = accepted()
			tt.quiet(&c)
			for _, a := range judge(t, c, tt.facts, nil, tt.at).Changed {
				if a.Kind == tt.kind && a.Level >= tt.level {
					t.Errorf("fired without its cause: %+v", a)
				}
			}
		})
	}
}

func fired(list []watch.Alarm, k watch.Kind) bool {
	for _, a := range list {
		if a.Kind == k {
			return true
		}
	}
	return false
}

// An alarm rises once to each level, is heard by the supervisor after the office, and ends with what caused it.
func TestTheLifeOfAnAlarm(t *testing.T) {
	c, cal := accepted(), calendar(t)
	facts := watch.Facts{Rule: rule()}
	at := func(n int) time.Time { return monday.AddDays(n).Start() }
	if j := judge(t, c, facts, nil, at(1)); len(j.Changed) != 0 || !j.Next.Equal(at(2)) {
		t.Fatalf("on Tuesday: %+v", j)
	}
	j := judge(t, c, facts, nil, at(2))
	a := j.Changed[0]
	if a.Level != watch.Remind || !a.Up.IsZero() || !j.Next.Equal(at(4)) {
		t.Fatalf("the reminder: %+v, next %s", a, j.Next)
	}
	j = judge(t, c, facts, []watch.Alarm{a}, at(4))
	a = j.Changed[0]
	if a.Level != watch.Yellow || !a.Up.Equal(at(5)) || !a.At.Equal(at(4)) || len(a.Steps) != 2 { // the office has Friday for itself
		t.Fatalf("yellow: %+v", a)
	}
	answered, err := a.Do(me, watch.Answer, "o", "on Wednesday", at(4))
	if err != nil {
		t.Fatal(err)
	}
	if j := judge(t, c, facts, []watch.Alarm{answered}, at(10)); len(j.Changed) != 0 || !j.Next.Equal(at(12)) {
		t.Errorf("who answered is not red before the law is: %+v", j)
	}
	j = judge(t, c, facts, []watch.Alarm{a}, at(8)) // a node that was down: Monday
	red := j.Changed[0]
	if red.Level != watch.Red || !red.At.Equal(at(8)) || !red.Up.Equal(at(5)) {
		t.Errorf("red after two days of silence: %+v", red)
	}
	done := c
	done.Limits = []casefile.Limit{c.Limits[0]}
	done.Limits[0].Met = at(6)
	j = judge(t, done, facts, []watch.Alarm{a}, at(9))
	if len(j.Changed) != 1 || !j.Changed[0].Ended.Equal(at(6)) || j.Open != 0 || j.Changed[0].Level != watch.Yellow {
		t.Errorf("ended when it was done: %+v", j)
	}
	if j := judge(t, done, facts, nil, at(9)); len(j.Changed) != 1 || j.Changed[0].Ended.IsZero() || j.Open != 0 {
		t.Errorf("what was late while nobody looked is kept: %+v", j)
	}
	more := c
	more.Limits = []casefile.Limit{c.Limits[0]}
	more.Limits[0].Promised, more.Limits[0].Due = monday.AddDays(21), monday.AddDays(21)
	j = judge(t, more, facts, []watch.Alarm{a}, at(9))
	if len(j.Changed) != 1 || j.Changed[0].Ended.IsZero() {
		t.Errorf("more time ends it: %+v", j)
	}
	if back := judge(t, more, facts, j.Changed, at(22)); len(back.Changed) != 1 || !back.Changed[0].Ended.IsZero() || back.Changed[0].Level != watch.Red {
		t.Errorf("and it comes back: %+v", back)
	}
	promise := watch.Facts{Rule: item.Version{Limits: []item.LimitRule{{Key: "decide", Leg: "decide", Promised: workday.Limit{N: 3}}}}}
	if j := judge(t, c, promise, nil, at(5)); j.Changed[0].Level != watch.Yellow || !j.Changed[0].Law.IsZero() {
		t.Errorf("where the law sets no day none is broken: %+v", j.Changed)
	}
	if got := watch.Default().First(casefile.Case{}, me, cal); !got.IsZero() {
		t.Errorf("a case without clocks is looked at on %s", got)
	}
}

// A part that an office answers for counts against that office, whoever leads.
func TestAPartCountsAgainstItsOwnOffice(t *testing.T) {
	c := accepted()
	c.Legs = append(c.Legs, casefile.Leg{Key: "verify", Kind: item.Verify, Node: me, Office: "PART", State: casefile.Received, Holder: me})
	c.Limits[0].Leg = "verify"
	if j := judge(t, c, watch.Facts{}, nil, monday.AddDays(5).Start()); j.Changed[0].Office != "PART" {
		t.Errorf("%+v", j.Changed)
	}
}

func TestWhatOfficersDo(t *testing.T) {
	now := monday.Start()
	clock := watch.Alarm{ID: "a", Node: me, Kind: watch.Limit, Steps: []watch.Step{{Act: watch.Raise}}}
	breach := clock
	breach.Kind = watch.Asked
	foreign := breach
	foreign.Node = "23"
	over := clock
	over.Ended = now
	must := func(a watch.Alarm, act watch.Act, text string) watch.Alarm {
		t.Helper()
		out, err := a.Do(me, act, "o", text, now)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	urged, answered := must(clock, watch.Urge, ""), must(breach, watch.Answer, "mended")
	settled := must(answered, watch.Settle, "seen")
	if settled.Ended.IsZero() || urged.Urged() != 1 || !answered.Answered() {
		t.Errorf("%+v %+v", settled, urged)
	}
	for name, tt := range map[string]struct {
		a    watch.Alarm
		act  watch.Act
		text string
		want errs.Code
	}{
		"urged twice a day":                {urged, watch.Urge, "", errs.UrgedAlready},
		"answer without words":             {clock, watch.Answer, " \u200b", errs.AlarmWords},
		"answer too long":                  {clock, watch.Answer, strings.Repeat("x", 501), errs.MessageLong},
		"a clock is not settled by hand":   {clock, watch.Settle, "x", errs.AlarmOver},
		"settled before it was answered":   {breach, watch.Settle, "x", errs.AlarmOver},
		"settled twice":                    {settled, watch.Settle, "x", errs.AlarmOver},
		"an office elsewhere is not urged": {foreign, watch.Urge, "", errs.AlarmOver},
		"over":                             {over, watch.Answer, "x", errs.AlarmOver},
		"the clock's own step":             {clock, watch.Raise, "x", errs.AlarmOver},
	} {
		if _, err := tt.a.Do(me, tt.act, "o", tt.text, now); !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := must(foreign, watch.Settle, "noted"); got.Ended.IsZero() {
		t.Error("what an equal did cannot be noted")
	}
}

func TestTheBookRefuses(t *testing.T) {
	raw, err := catalogue.FS.ReadFile(watch.File)
	if err != nil {
		t.Fatal(err)
	}
	good := string(raw)
	load := func(s string) error {
		_, err := watch.Load(fstest.MapFS{watch.File: {Data: []byte(s)}})
		return err
	}
	if err := load(good); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{
		"no number":        strings.Replace(good, "n = 2", "n = 0", 1),
		"no source":        strings.Replace(good, "source = \"本系统", "source = \"\" # ", 1),
		"stuck too early":  strings.Replace(good, "n = 3", "n = 1", 1),
		"unknown breach":   good + "[[breach]]\nkey = \"x\"\nbasis = \"x\"\nzh = \"x\"\nen = \"x\"\n",
		"a breach less":    strings.Replace(good, "key = \"asked\"", "key = \"askd\"", 1),
		"unknown field":    good + "x = 1\n",
		"rules misordered": good + "[[rules]]\nid = \"2\"\nfrom = \"2017-01-01\"\n",
		"not even toml":    "=",
	} {
		if err := load(s); !errs.Is(err, errs.BadCatalogue) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := watch.Default().On(workday.NewDate(1999, 1, 1)).ID; got != "clocks-1" {
		t.Errorf("before all rules: %s", got)
	}
}
