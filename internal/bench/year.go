package bench

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/count"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// year makes the facts of a made-up year between all nodes, by a seed, and reckons every case by the real definitions. No count
// of real cases by pair, matter or month is known, so its mix is invented: people move from a few populous places to a few rich
// ones, some matters are common and most rare, the first months are quiet and spring and autumn busy, most steps are quick and a
// few very slow, and each place has its own pace.
type year struct {
	seed     uint64
	cases    int
	first    workday.Date
	nodes    []office.NodeID
	items    []item.Item
	digests  []string
	reckoner figure.Reckoner
	calendar *workday.Calendar
}

// seasons weighs the twelve months.
var seasons = [12]float64{0.7, 0.5, 1.3, 1.2, 1.1, 1.0, 0.9, 0.9, 1.3, 1.0, 1.1, 1.0}

func newYear(seed uint64, cases int, catalogue *item.Catalogue, regions *region.Table, calendar *workday.Calendar) year {
	y := year{
		seed: seed, cases: cases, first: workday.NewDate(2025, time.December, 1), calendar: calendar,
		items: catalogue.All(), reckoner: count.Reckoner(figure.Default(), catalogue, calendar),
	}
	for _, r := range regions.Children("") {
		if r.Node {
			y.nodes = append(y.nodes, office.NodeID(r.Code.Province()))
		}
	}
	for _, it := range y.items {
		v, _ := catalogue.Version(it.Code, workday.NewDate(2026, time.November, 1)) // "" where it has no full definition
		y.digests = append(y.digests, v.Digest)
	}
	return y
}

// sums reckons the aggregates of every node.
func (y year) sums() map[office.NodeID]figure.Sum {
	rnd := rand.New(rand.NewPCG(y.seed, y.seed)) //nolint:gosec // made-up cases
	from, to, matter := weighed(rnd, len(y.nodes), 0.9), weighed(rnd, len(y.nodes), 0.9), weighed(rnd, len(y.items), 1.05)
	pace := make([]float64, len(y.nodes))
	for i := range pace {
		pace[i] = math.Exp(0.25 * rnd.NormFloat64())
	}
	days := y.days()
	out := map[office.NodeID]figure.Sum{}
	for _, id := range y.nodes {
		out[id] = figure.Sum{}
	}
	for range y.cases {
		here, there, m := from.pick(rnd), to.pick(rnd), matter.pick(rnd)
		for there == here {
			there = to.pick(rnd)
		}
		facts := slices.DeleteFunc(y.one(rnd, y.nodes[here], y.nodes[there], m, days.pick(rnd), pace[there]), y.later)
		for _, id := range []office.NodeID{y.nodes[here], y.nodes[there]} {
			out[id].Add(y.reckoner.Tallies(id, facts), 1)
		}
	}
	return out
}

// end is when the year is over: what would come after it has not happened, so cases are open then.
func (y year) end() time.Time { return y.first.AddDays(365).Start() }

func (y year) later(f casefile.Fact) bool { return f.At.After(y.end()) }

// one is the life of a case.
func (y year) one(rnd *rand.Rand, here, there office.NodeID, matter, day int, pace float64) []casefile.Fact {
	at := y.first.AddDays(day).Start().Add(9*time.Hour + time.Duration(rnd.IntN(8*3600))*time.Second)
	facts := make([]casefile.Fact, 0, 16)
	base := casefile.Fact{
		Case: "c", Item: y.items[matter].Code, Rule: y.digests[matter], Here: region.Code(string(here) + "0000000000"), There: region.Code(string(there) + "0000000000"),
	}
	add := func(by office.NodeID, act casefile.Act, leg string, median time.Duration, spread float64, outcome casefile.Outcome) {
		at = at.Add(time.Duration(float64(median) * math.Exp(spread*rnd.NormFloat64())))
		f := base
		f.By, f.Office, f.Act, f.Leg, f.Step, f.At, f.Outcome = by, string(by)+"-1", act, leg, len(facts)+1, at, outcome
		if act == casefile.ActReceive || act == casefile.ActAccept {
			due, _ := y.calendar.Due(workday.DateOf(at), workday.Limit{N: 5, Unit: workday.WorkingDays})
			f.Due = due.String()
		}
		facts = append(facts, f)
	}
	const day1 = 24 * time.Hour
	add(here, casefile.ActLodge, "collect", time.Minute, 0.2, "")
	add(here, casefile.ActHandOver, "collect", 40*time.Minute, 0.9, "")
	add(there, casefile.ActReceive, "decide", 20*time.Second, 1.6, "")
	if rnd.IntN(100) < 6 {
		add(there, casefile.ActCorrect, "decide", day1, 0.6, "")
		add(here, casefile.ActReceive, "decide", time.Minute, 0.5, "")
		add(here, casefile.ActHandOver, "collect", 4*day1, 0.8, "")
		add(there, casefile.ActReceive, "decide", 20*time.Second, 1.6, "")
	}
	if rnd.IntN(100) < 1 {
		add(there, casefile.ActDecline, "decide", day1, 0.6, casefile.NotAccepted)
	} else {
		add(there, casefile.ActAccept, "decide", time.Duration(pace*float64(day1)), 0.7, "")
		if rnd.IntN(100) < 2 {
			add(there, casefile.ActSuspend, "decide", day1, 0.5, "")
			add(there, casefile.ActResume, "decide", 8*day1, 0.5, "")
		}
		outcome := casefile.Granted
		if rnd.IntN(100) < 3 {
			outcome = casefile.Denied
		}
		add(there, casefile.ActDecide, "decide", time.Duration(pace*float64(60*time.Hour)), 0.7, outcome)
	}
	add(there, casefile.ActDispatch, "decide", 3*time.Hour, 0.9, "")
	add(here, casefile.ActReceive, "deliver", 20*time.Second, 1.6, "")
	add(here, casefile.ActDeliver, "deliver", 30*time.Hour, 0.9, "")
	return facts
}

// days weighs the days of the year: by season, few on days off.
func (y year) days() choice {
	var w []float64
	for d := range 365 {
		day := y.first.AddDays(d)
		one := seasons[day.Month()-1]
		if working, _ := y.calendar.IsWorking(day); !working {
			one *= 0.08
		}
		w = append(w, one)
	}
	return cumulated(w)
}

// choice picks an index by weight.
type choice []float64

func cumulated(w []float64) choice {
	for i := 1; i < len(w); i++ {
		w[i] += w[i-1]
	}
	return w
}

func weighed(rnd *rand.Rand, n int, skew float64) choice {
	w := make([]float64, n)
	for i, at := range rnd.Perm(n) {
		w[at] = 1 / math.Pow(float64(i+1), skew)
	}
	return cumulated(w)
}

func (c choice) pick(rnd *rand.Rand) int {
	i, _ := slices.BinarySearch(c, rnd.Float64()*c[len(c)-1])
	return min(i, len(c)-1)
}
