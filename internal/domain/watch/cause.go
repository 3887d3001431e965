package watch

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/workday"
)

// Kind is what an alarm is about. Names are stored: append only.
type Kind string

// The kinds: three clocks, then the breaches.
const (
	Limit   Kind = "limit"   // 时限
	Transit Kind = "transit" // 在途: handed over, no receipt
	Papers  Kind = "papers"  // 原件: a bag that does not arrive, a paper that is missing or not as listed
	Second  Kind = "second"  // told more than once what is missing
	Again   Kind = "again"   // sent back again after a correction
	Reason  Kind = "reason"  // refused or sent back without a reason
	Asked   Kind = "asked"   // a paper asked for although its data is shared
	Early   Kind = "early"   // originals sent before the deciding place had checked their scans
)

var breaches = []Kind{Second, Again, Reason, Asked, Early}

// Breach reports whether the kind is a broken rule, which no later act undoes.
func (k Kind) Breach() bool { return slices.Contains(breaches, k) }

// Level is how grave an alarm is. Numbers are stored.
type Level int

// The levels.
const (
	Quiet  Level = 0
	Remind Level = 1 // 提示: soon due; to the holder only
	Yellow Level = 2 // 黄: past the promise
	Red    Level = 3 // 红: past the law, or a rule is broken
)

// Levels lists those that an alarm can have, the gravest first.
var Levels = []Level{Red, Yellow, Remind}

// Cause is something in a case that is, or will be, an alarm. Times are business time.
type Cause struct {
	Key         string // unique in the case
	Kind        Kind
	Leg         string
	What        string // of a limit its key in the item's rule, of Asked the material, of Transit where to, of Papers the bag
	Node        office.NodeID
	Office      string // against whom it counts
	Promised    workday.Date
	Law         workday.Date // zero where only a promise runs
	Provisional bool
	From        [Red + 1]time.Time // when it reaches each level; zero: never
	Silent      time.Time          // when it is red unless the office said a word; zero: never
	Over        time.Time          // when it ended, if it ended late; zero while it holds
	rules       Rules
}

// Facts are what the domain cannot know of a case by itself: the rule that it goes by, and what kinds of evidence
// (item.Evidence.Key) the node that decides can get by agreements in force.
type Facts struct {
	Rule   item.Version
	Shared []string
}

// First is the earliest time at which a case has to be looked at; zero if no clock runs in it. It asks for no rule, because the
// store calls it with every change of a case.
func (b *Book) First(c casefile.Case, me office.NodeID, cal *workday.Calendar) time.Time {
	var first time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	for _, x := range b.clocks(c, me, cal) {
		for _, t := range x.From {
			sooner(t)
		}
	}
	if len(judged(c)) > 0 || !c.Originals.Early.IsZero() {
		sooner(c.Last)
	}
	return first
}

// judged are the legs on which a rule may have been broken.
func judged(c casefile.Case) (out []casefile.Leg) {
	for _, l := range c.Legs {
		ruled := l.Kind == item.Decide && (c.Corrections > 0 || l.Outcome == casefile.Denied || l.Outcome == casefile.NotAccepted)
		if ruled || l.State == casefile.Returned {
			out = append(out, l)
		}
	}
	return out
}

// Causes are all that there are in a case at node me, whether reached yet or not.
func (b *Book) Causes(c casefile.Case, me office.NodeID, f Facts, cal *workday.Calendar) []Cause {
	out := b.clocks(c, me, cal)
	for i, x := range out {
		promiseOnly := slices.ContainsFunc(f.Rule.Limits, func(r item.LimitRule) bool {
			return r.Key == x.What && r.Leg == x.Leg && r.Length.N == 0 && !r.Spot
		})
		if x.Kind == Limit && promiseOnly { // the law sets no day, so none is broken
			out[i].Law, out[i].From[Red] = workday.Date{}, time.Time{}
		}
	}
	return append(out, b.broken(c, f)...)
}

// clocks are the limits that run, or ended late, and the offers of this node that are on their way.
func (b *Book) clocks(c casefile.Case, me office.NodeID, cal *workday.Calendar) (out []Cause) {
	for _, l := range c.Limits {
		late := !l.Met.IsZero() && l.Met.After(l.Promised.End())
		if l.Met.IsZero() && l.PausedSince.IsZero() || late {
			out = append(out, b.limit(c, l, me, cal))
		}
	}
	for _, l := range c.Legs {
		if l.Transit != nil && l.Holder == me {
			out = append(out, b.transit(c, l, me, cal))
		}
	}
	return append(out, b.papers(c, me, cal)...)
}

// papers is an original that does not arrive, or not as listed. It counts at both ends of the way, each at its own node, because both
// have to look for it: it is yellow once the bag is late, and red two clocks later or as soon as the trouble is known.
func (b *Book) papers(c casefile.Case, me office.NodeID, cal *workday.Calendar) (out []Cause) {
	o := c.Originals
	if o.Due.IsZero() && o.Trouble.IsZero() {
		return nil
	}
	for _, l := range c.Legs {
		if l.Node != me || l.Kind != item.Collect && l.Kind != item.Decide {
			continue
		}
		x := Cause{Key: "papers/" + l.Key + "/" + o.Bag, Kind: Papers, Leg: l.Key, What: o.Bag, Node: me, Office: l.Office}
		if !o.Due.IsZero() {
			x.rules = b.On(o.Due)
			stuck, provisional := cal.Due(o.Due, x.rules.Stuck.days())
			x.Provisional = provisional
			x.From[Yellow], x.From[Red] = o.Due.End(), stuck.End()
		}
		if !o.Trouble.IsZero() {
			x.rules = b.On(workday.DateOf(o.Trouble))
			x.From[Red] = o.Trouble
		}
		out = append(out, x)
	}
	return out
}

func (b *Book) limit(c casefile.Case, l casefile.Limit, me office.NodeID, cal *workday.Calendar) Cause {
	r := b.On(l.From)
	x := Cause{
		Key: "limit/" + l.Leg + "/" + l.Key + "/" + l.From.String(), Kind: Limit, Leg: l.Leg, What: l.Key, Node: me, Promised: l.Promised, Law: l.Due,
		Provisional: l.Provisional, Over: l.Met, rules: r,
	}
	x.Office = against(c, l.Leg, me, l.Met)
	if remind := before(cal, l.Promised, r.Remind.N).Start(); remind.After(l.From.Start()) { // a shorter promise has no day before
		x.From[Remind] = remind
	}
	x.From[Yellow], x.From[Red] = l.Promised.End(), l.Due.End()
	silent, _ := cal.Due(l.Promised, r.Silent.days())
	x.Silent = silent.End()
	return x
}

// before is the working day that lies n working days before another.
func before(cal *workday.Calendar, day workday.Date, n int) workday.Date {
	for n > 0 {
		day = day.AddDays(-1)
		if working, _ := cal.IsWorking(day); working {
			n--
		}
	}
	return day
}

// against is the office that answers for a limit of a leg: a part's own, else who had the case then, at this node.
func against(c casefile.Case, leg string, me office.NodeID, at time.Time) string {
	l, _ := c.Leg(leg)
	if l.Kind == item.Verify {
		return l.Office
	}
	for _, s := range slices.Backward(c.Custody) {
		if s.Node == me && (at.IsZero() && s.To.IsZero() || !at.IsZero() && !s.From.After(at)) {
			return s.Office
		}
	}
	return l.Office
}

func (b *Book) transit(c casefile.Case, l casefile.Leg, me office.NodeID, cal *workday.Calendar) Cause {
	day := workday.DateOf(l.Transit.At)
	r := b.On(day)
	x := Cause{
		Key: "transit/" + l.Key + "/" + l.Transit.Envelope, Kind: Transit, Leg: l.Key, What: string(l.Transit.To), Node: me, Office: l.Office, rules: r,
	}
	if h, ok := c.Holder(); ok && h.Node == me {
		x.Office = h.Office
	}
	slow, _ := cal.Due(day, r.Transit.days())
	stuck, provisional := cal.Due(day, r.Stuck.days())
	x.Provisional = provisional
	x.From[Yellow], x.From[Red] = slow.End(), stuck.End()
	return x
}

// broken are the breaches of rules that a case shows. The domain refuses most of them where they would be done; here they are
// found in what another node signed, and in what an older release let pass.
func (b *Book) broken(c casefile.Case, f Facts) (out []Cause) {
	add := func(l casefile.Leg, k Kind, what string) {
		x := Cause{Key: string(k) + "/" + l.Key + "/" + what, Kind: k, Leg: l.Key, What: what, Node: l.Node, Office: l.Office, rules: b.On(workday.DateOf(c.Last))}
		x.From[Red] = c.Last
		out = append(out, x)
	}
	if l, ok := c.LegOf(item.Collect); ok && !c.Originals.Early.IsZero() {
		x := Cause{Key: string(Early) + "/" + l.Key, Kind: Early, Leg: l.Key, Node: l.Node, Office: l.Office, rules: b.On(workday.DateOf(c.Originals.Early))}
		x.From[Red] = c.Originals.Early
		out = append(out, x)
	}
	for _, l := range judged(c) {
		if l.Kind == item.Decide {
			most := max(f.Rule.Corrections.Max, 1) // 一次告知
			if c.Corrections > most {
				add(l, Second, strconv.Itoa(c.Corrections))
			}
			if c.Corrections > 0 && l.State == casefile.Returned {
				add(l, Again, strconv.Itoa(l.Step))
			}
			for _, k := range c.Private.Corrections {
				if shared(c, f, k.Material) {
					add(l, Asked, k.Material)
				}
			}
		}
		if reasonless(c, l) {
			add(l, Reason, strconv.Itoa(l.Step))
		}
	}
	return out
}

// reasonless reports whether a leg was refused or sent back with nothing said (行政许可法 第38条: 应当说明理由). What a counterpart
// wrote in its decision stays in the paper there; of that only a blank one that came here is told.
func reasonless(c casefile.Case, l casefile.Leg) bool {
	if l.State == casefile.Returned {
		return strings.TrimSpace(l.Reason) == ""
	}
	d := c.Private.Decision
	if d == nil || l.Outcome != d.Outcome || l.Outcome != casefile.Denied && l.Outcome != casefile.NotAccepted {
		return false
	}
	return strings.TrimSpace(strings.Join(d.Reasons, "")) == ""
}

// shared reports whether the data of a material that a correction asks for is there without it: the case has it from a source, or an
// agreement in force lets the node ask for it.
func shared(c casefile.Case, f Facts, key string) bool {
	for _, m := range c.Private.Materials {
		if m.Key == key && (m.Source == "elicence" || m.Source == "shared") {
			return true
		}
	}
	for _, m := range f.Rule.Materials {
		if m.Key == key && m.Resource != "" && slices.Contains(m.Sources, "shared") && slices.Contains(f.Shared, m.Resource) {
			return true
		}
	}
	return false
}
