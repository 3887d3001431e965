package figure

import (
	"cmp"
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/workday"
)

// Tally is one thing that a case adds to a figure.
type Tally struct {
	Figure string        `json:"f"`
	Month  int           `json:"m"` // yyyymm of the last event, Asia/Shanghai
	Item   string        `json:"i"`
	With   office.NodeID `json:"w"` // the other side: who decides, of a receiver's figure; where it came from, of a handler's
	Office string        `json:"o"` // of this node
	Class  int           `json:"c"`
}

// Reckoner reckons tallies. LegalLimit is what the national definition with that digest sets for a step; false if no source tells.
type Reckoner struct {
	Book       *Book
	Calendar   *workday.Calendar
	LegalLimit func(digest string, step item.LimitKind) (workday.Limit, bool)
}

// Events are the facts of a case with its receipts, which are events as well: that a node held a leg since then. A receipt takes
// matter and places from a fact of the same node if there is one, on the same leg first.
func Events(facts []casefile.Fact, receipts []exchange.Receipt) []casefile.Fact {
	facts = slices.Clone(facts)
	slices.SortFunc(facts, inOrder)
	var held []casefile.Fact
	for _, r := range receipts {
		if r.Status != exchange.Held || r.Kind != exchange.Offer || len(facts) == 0 {
			continue
		}
		like := facts[0]
		for _, same := range []func(f casefile.Fact) bool{
			func(f casefile.Fact) bool { return f.By == r.From },
			func(f casefile.Fact) bool { return f.By == r.From && f.Leg == r.Leg },
		} {
			if i := slices.IndexFunc(facts, same); i >= 0 {
				like = facts[i]
			}
		}
		f := casefile.Fact{
			Case: like.Case, No: like.No, Item: like.Item, Rule: like.Rule, Here: like.Here, There: like.There, By: r.From,
			Leg: r.Leg, Act: casefile.ActReceive, At: r.At,
		}
		if like.By == r.From {
			f.Office = like.Office
		}
		held = append(held, f)
	}
	return append(facts, held...)
}

// inOrder is that of time; what stands at one instant goes by leg, and a receipt follows the hand-over.
func inOrder(a, b casefile.Fact) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Leg, b.Leg), cmp.Compare(a.Step, b.Step), cmp.Compare(a.By, b.By), cmp.Compare(a.Act, b.Act))
}

// Tallies is what a case adds to the figures of node me: a pure function of the set of events that me holds of it, in whatever
// order they came. Only what me signed counts; of another's facts, those of the other side alone, as the end of what me began, so
// that no counterpart can add to a figure of me's or take from it.
func (r Reckoner) Tallies(me office.NodeID, facts []casefile.Fact) []Tally {
	facts = slices.Clone(facts)
	slices.SortFunc(facts, inOrder)
	var out []Tally
	for _, d := range r.Book.Figures {
		out = append(out, r.one(d, me, facts)...)
	}
	return out
}

// one walks through a case for one definition.
func (r Reckoner) one(d Definition, me office.NodeID, facts []casefile.Fact) []Tally {
	var out []Tally
	var w walk
	for _, f := range facts {
		if happened(d.To, f) && d.counts(f, me) {
			if class, ok := r.class(d, w, f); ok {
				mine := f
				if d.By == "from" {
					mine = w.from
				}
				out = append(out, tallyOf(d, f.At, mine, class))
			}
			w.open = false
		}
		if f.By == me {
			w.see(d, f)
		}
	}
	return out
}

// counts reports whether a fact may end what a figure of me's measures.
func (d Definition) counts(f casefile.Fact, me office.NodeID) bool {
	switch {
	case d.By != "from":
		return f.By == me && (d.Role == Receiver || string(me) == f.There.Province())
	case d.Role == Handler:
		return string(f.By) == f.Here.Province()
	}
	return string(f.By) == f.There.Province()
}

// walk is what has been seen on the way.
type walk struct {
	open   bool // an event of From waits for its end
	from   casefile.Fact
	tries  int
	came   casefile.Fact // the last arrival of the papers
	since  time.Time     // of the suspension that runs
	paused time.Duration // since from
	days   []pause
}

type pause struct{ from, to time.Time }

func (w *walk) see(d Definition, f casefile.Fact) {
	switch f.Act { //nolint:exhaustive // the acts with which papers arrive
	case casefile.ActLodge, casefile.ActReceive, casefile.ActSupplement:
		w.came = f
	}
	switch {
	case happened(d.From, f):
		if f.Act == casefile.ActResume { // the named day is new, the time before goes on to count
			w.from, w.open = f, true
			break
		}
		*w = walk{open: true, from: f, tries: w.tries + 1, came: w.came}
	case f.Act == casefile.ActSuspend:
		w.since = f.At
	case f.Act == casefile.ActResume && !w.since.IsZero():
		w.paused += f.At.Sub(w.since)
		w.days = append(w.days, pause{w.since, f.At})
		w.since = time.Time{}
	}
}

// class is where a pair of events counts; false if it does not.
func (r Reckoner) class(d Definition, w walk, to casefile.Fact) (int, bool) {
	switch d.Kind {
	case Count:
		return 0, true
	case Outcome:
		return outcomeOf(to)
	case Tries:
		return w.tries, true
	case Time, Days, Kept, Law:
	}
	if !w.open {
		return 0, false
	}
	switch d.Kind { //nolint:exhaustive // the others are done
	case Time:
		span := to.At.Sub(w.from.At)
		if d.Pauses {
			span -= w.paused
		}
		return ClassOf(span), true
	case Days:
		return max(0, r.Calendar.Between(w.legalStart(), workday.DateOf(to.At))-r.pausedDays(w, workday.WorkingDays)), true
	case Kept:
		due, err := workday.ParseDate(w.from.Due)
		return bit(!workday.DateOf(to.At).After(due)), err == nil
	}
	limit, ok := r.LegalLimit(cmp.Or(to.Rule, w.from.Rule), d.Limit)
	if !ok || limit.N <= 0 {
		return 0, false
	}
	limit.N += r.pausedDays(w, limit.Unit)
	due, _ := r.Calendar.Due(w.legalStart(), limit)
	return bit(!workday.DateOf(to.At).After(due)), true
}

// pausedDays are the days of the suspensions that have ended, in a limit's own unit.
func (r Reckoner) pausedDays(w walk, unit workday.Unit) int {
	n := 0
	for _, p := range w.days {
		a, b := workday.DateOf(p.from), workday.DateOf(p.to)
		if unit == workday.WorkingDays {
			n += r.Calendar.Between(a, b)
		} else {
			n += int(b.Start().Sub(a.Start()) / (24 * time.Hour))
		}
	}
	return n
}

// legalStart is the civil day from which a limit runs: that of the act; where silence meant acceptance, that of receipt
// (行政许可法 第32条).
func (w walk) legalStart() workday.Date {
	if w.from.Act == casefile.ActDeemAccept && w.came.Leg == w.from.Leg {
		return workday.DateOf(w.came.At)
	}
	return workday.DateOf(w.from.At)
}

func happened(events []Event, f casefile.Fact) bool {
	return slices.ContainsFunc(events, func(e Event) bool { return e.is(f) })
}

func bit(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// The classes of outcomes.
const (
	ClassGranted     = 1
	ClassDenied      = 2
	ClassNotAccepted = 3
	ClassWithdrawn   = 4
)

func outcomeOf(f casefile.Fact) (int, bool) {
	switch {
	case f.Act == casefile.ActWithdraw:
		return ClassWithdrawn, true
	case f.Outcome == casefile.Granted:
		return ClassGranted, true
	case f.Outcome == casefile.Denied:
		return ClassDenied, true
	case f.Outcome == casefile.NotAccepted:
		return ClassNotAccepted, true
	}
	return 0, false
}

func tallyOf(d Definition, at time.Time, mine casefile.Fact, class int) Tally {
	t := Tally{Figure: d.Key, Month: MonthOf(at), Item: mine.Item, With: office.NodeID(mine.There.Province()), Office: mine.Office, Class: class}
	if d.Role == Handler {
		t.With = office.NodeID(mine.Here.Province())
	}
	return t
}

// MonthOf is yyyymm of an instant, Asia/Shanghai.
func MonthOf(at time.Time) int {
	d := workday.DateOf(at)
	return d.Year()*100 + int(d.Month())
}
