package figure_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/catalogue"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

const (
	here  office.NodeID = "23"
	there office.NodeID = "63"
)

var monday = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC) // 9 o'clock

func reckoner(t *testing.T) figure.Reckoner {
	t.Helper()
	calendar, err := workday.Default()
	if err != nil {
		t.Fatal(err)
	}
	return figure.Reckoner{Book: figure.Default(), Calendar: calendar, LegalLimit: func(digest string, _ item.LimitKind) (workday.Limit, bool) {
		return workday.Limit{N: 3, Unit: workday.WorkingDays}, digest == "known"
	}}
}

type step struct {
	by   office.NodeID
	act  casefile.Act
	leg  string
	at   time.Duration // since monday
	more func(f *casefile.Fact)
}

func facts(steps ...step) []casefile.Fact {
	var out []casefile.Fact
	for i, s := range steps {
		f := casefile.Fact{
			Case: "c", Item: "2020-030", Rule: "known", Here: "230183000000", There: "630100000000", By: s.by, Office: "o" + string(s.by),
			Leg: s.leg, Step: i + 1, Act: s.act, At: monday.Add(s.at),
		}
		if s.more != nil {
			s.more(&f)
		}
		out = append(out, f)
	}
	return out
}

func due(day string) func(*casefile.Fact) { return func(f *casefile.Fact) { f.Due = day } }

func granted(f *casefile.Fact) { f.Outcome = casefile.Granted }

const day = 24 * time.Hour

// A life over two provinces: lodged, corrected once, suspended for two working days, decided on the fourth counted day.
func life() []casefile.Fact {
	return facts(
		step{here, casefile.ActLodge, "collect", 0, nil},
		step{here, casefile.ActHandOver, "collect", time.Hour, nil},
		step{there, casefile.ActReceive, "decide", 2 * time.Hour, due("2026-11-30")},
		step{there, casefile.ActCorrect, "decide", 3 * time.Hour, nil},
		step{here, casefile.ActReceive, "decide", 3 * time.Hour, nil},
		step{here, casefile.ActHandOver, "collect", 5 * time.Hour, nil},
		step{there, casefile.ActReceive, "decide", 5 * time.Hour, due("2026-11-23")},
		step{there, casefile.ActAccept, "decide", day, due("2026-11-26")},
		step{there, casefile.ActSuspend, "decide", 2 * day, nil},
		step{there, casefile.ActResume, "decide", 4 * day, due("2026-12-01")},
		step{there, casefile.ActDecide, "decide", 8 * day, granted},
		step{there, casefile.ActDispatch, "decide", 8*day + time.Hour, nil},
		step{here, casefile.ActReceive, "deliver", 8*day + 2*time.Hour, nil},
		step{here, casefile.ActDeliver, "deliver", 9 * day, nil},
	)
}

// classes gives the classes of each figure, in the order of their events.
func classes(list []figure.Tally) map[string][]int {
	out := map[string][]int{}
	for _, t := range list {
		out[t.Figure] = append(out[t.Figure], t.Class)
	}
	return out
}

func TestALifeInFigures(t *testing.T) {
	r := reckoner(t)
	of := figure.ClassOf
	for node, want := range map[office.NodeID]map[string][]int{
		here: {
			"lodged": {0}, "intake": {of(time.Hour), of(2 * time.Hour)}, "transit": {of(time.Hour), of(0)}, "arrived": {0},
			"delivery": {of(day - 2*time.Hour)}, "whole": {of(9 * day)},
		},
		there: {
			"acceptance": {of(time.Hour), of(19 * time.Hour)}, "answered": {1, 1}, "decision": {of(5 * day)},
			// Tuesday to Tuesday are five working days, two of them suspended: within three
			"days": {3}, "law": {1}, "promise": {1}, "issue": {of(time.Hour)}, "received": {0, 0}, "back": {of(time.Hour)}, "corrections": {1}, "returns": {0}, "outcome": {figure.ClassGranted},
		},
		"11": {},
	} {
		list := r.Tallies(node, life())
		if d := cmp.Diff(want, classes(list)); d != "" {
			t.Errorf("%s: %s", node, d)
		}
		for _, x := range list {
			other := map[office.NodeID]office.NodeID{here: there, there: here}[node]
			if x.With != other || x.Item != "2020-030" || x.Office != "o"+string(node) {
				t.Errorf("%s: %+v", node, x)
			}
		}
	}
	if got := r.Tallies(there, life()); got[0].Month != 202611 || got[len(got)-1].Month != 202612 {
		t.Errorf("months of %+v", got)
	}
}

// A receipt is an event of whoever signed it, if it says that a leg was taken.
func TestReceiptsAreEvents(t *testing.T) {
	r := reckoner(t)
	var acts []casefile.Fact
	var receipts []exchange.Receipt
	for _, f := range life() {
		if f.Act == casefile.ActReceive {
			receipts = append(receipts, exchange.Receipt{From: f.By, Case: f.Case, Leg: f.Leg, Kind: exchange.Offer, Status: exchange.Held, At: f.At})
		} else {
			acts = append(acts, f)
		}
	}
	receipts = append(receipts,
		exchange.Receipt{From: there, Leg: "decide", Kind: exchange.Offer, Status: exchange.Refused, At: monday},
		exchange.Receipt{From: there, Leg: "decide", Kind: exchange.Recall, Status: exchange.Held, At: monday},
	)
	for _, node := range []office.NodeID{here, there} {
		if d := cmp.Diff(classes(r.Tallies(node, life())), classes(r.Tallies(node, figure.Events(acts, receipts)))); d != "" {
			t.Errorf("%s: %s", node, d)
		}
	}
	if got := figure.Events(nil, receipts); len(got) != 0 {
		t.Errorf("receipts of an unknown case: %v", got)
	}
}

// The order in which facts come changes nothing: what is reckoned early is made good later.
func TestAnyOrderGivesTheSame(t *testing.T) {
	r := reckoner(t)
	all := life()
	for seed := range uint64(20) {
		mixed := slices.Clone(all)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		for _, node := range []office.NodeID{here, there} {
			if d := cmp.Diff(r.Tallies(node, all), r.Tallies(node, mixed)); d != "" {
				t.Fatalf("seed %d: %s", seed, d)
			}
		}
	}
}

// A counterpart that signs acts which are not its own to do can neither add to another's figures nor take from them.
func TestALiarReachesNoOtherFigures(t *testing.T) {
	r := reckoner(t)
	honest := life()
	lies := facts(
		step{there, casefile.ActLodge, "collect", -day, nil},
		step{there, casefile.ActHandOver, "collect", 30 * time.Minute, nil},
		step{there, casefile.ActDeliver, "deliver", 8*day + 3*time.Hour, nil},
		step{there, casefile.ActReopen, "collect", 4 * time.Hour, nil},
		step{"11", casefile.ActReceive, "decide", 90 * time.Minute, nil},
	)
	if d := cmp.Diff(r.Tallies(here, honest), r.Tallies(here, append(slices.Clone(honest), lies...))); d != "" {
		t.Error(d)
	}
	lies = facts(
		step{here, casefile.ActDecide, "decide", 25 * time.Hour, granted},
		step{here, casefile.ActAccept, "decide", 7 * day, due("2026-11-24")},
		step{here, casefile.ActCorrect, "decide", 7 * day, nil},
	)
	if d := cmp.Diff(r.Tallies(there, honest), r.Tallies(there, append(slices.Clone(honest), lies...))); d != "" {
		t.Error(d)
	}
}

func TestLimits(t *testing.T) {
	r := reckoner(t)
	for name, tt := range map[string]struct {
		list   []casefile.Fact
		figure string
		want   []int
	}{
		"on the named day":    {facts(step{there, casefile.ActAccept, "decide", 0, due("2026-11-24")}, step{there, casefile.ActDecide, "decide", day + 14*time.Hour, granted}), "promise", []int{1}},
		"a minute after it":   {facts(step{there, casefile.ActAccept, "decide", 0, due("2026-11-24")}, step{there, casefile.ActDecide, "decide", day + 15*time.Hour, granted}), "promise", []int{0}},
		"no day named":        {facts(step{there, casefile.ActAccept, "decide", 0, nil}, step{there, casefile.ActDecide, "decide", day, granted}), "promise", nil},
		"never accepted":      {facts(step{there, casefile.ActDecide, "decide", day, granted}), "days", nil},
		"third working day":   {facts(step{there, casefile.ActAccept, "decide", 0, nil}, step{there, casefile.ActDecide, "decide", 3 * day, granted}), "law", []int{1}},
		"fourth":              {facts(step{there, casefile.ActAccept, "decide", 0, nil}, step{there, casefile.ActDecide, "decide", 4 * day, granted}), "law", []int{0}},
		"over the weekend":    {facts(step{there, casefile.ActAccept, "decide", 3 * day, nil}, step{there, casefile.ActDecide, "decide", 8 * day, granted}), "days", []int{3}},
		"no legal limit":      {facts(step{there, casefile.ActAccept, "decide", 0, nil}, step{there, casefile.ActDecide, "decide", day, func(f *casefile.Fact) { f.Rule = "other" }}), "law", nil},
		"silence":             {facts(step{there, casefile.ActReceive, "decide", 0, nil}, step{there, casefile.ActDeemAccept, "decide", 2 * day, nil}, step{there, casefile.ActDecide, "decide", 4 * day, granted}), "law", []int{0}},
		"not accepted":        {facts(step{there, casefile.ActDecline, "decide", 0, func(f *casefile.Fact) { f.Outcome = casefile.NotAccepted }}), "outcome", []int{figure.ClassNotAccepted}},
		"withdrawn":           {facts(step{there, casefile.ActWithdraw, "decide", 0, nil}), "outcome", []int{figure.ClassWithdrawn}},
		"two notices":         {facts(step{there, casefile.ActCorrect, "decide", 0, nil}, step{there, casefile.ActCorrect, "decide", day, nil}, step{there, casefile.ActDecide, "decide", 2 * day, granted}), "corrections", []int{2}},
		"a clock that is off": {facts(step{here, casefile.ActHandOver, "collect", time.Hour, nil}, step{there, casefile.ActReceive, "decide", time.Hour, nil}), "transit", nil},
	} {
		if got := classes(r.Tallies(there, tt.list))[tt.figure]; !slices.Equal(got, tt.want) {
			t.Errorf("%s: %s is %v, want %v", name, tt.figure, got, tt.want)
		}
	}
}

// A percentile read from classes is within the stated error of the value at that rank.
func TestPercentilesAreWithinTheStatedError(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for _, n := range []int{1, 2, 3, 10, 99, 5000} {
		h := figure.Hist{}
		var all []float64
		for range n {
			seconds := math.Exp(rnd.Float64() * 17) // up to 280 days
			all = append(all, seconds)
			h[figure.ClassOf(time.Duration(seconds)*time.Second)]++
		}
		slices.Sort(all)
		for _, q := range []float64{0.01, 0.5, 0.9, 1} {
			want := all[max(1, int(math.Ceil(q*float64(n))))-1]
			got, ok := h.Span(q)
			if off := math.Abs(got.Seconds()-want) / want; !ok || (want >= 60 && off > figure.MaxError+0.01) || (want < 60 && got >= time.Minute) {
				t.Errorf("n %d, q %v: %v instead of %v s", n, q, got, want)
			}
		}
	}
	if _, ok := (figure.Hist{}).Span(0.5); ok {
		t.Error("a median of nothing")
	}
	if share, ok := (figure.Hist{0: 1, 1: 3}).Share(1); !ok || share != 0.75 {
		t.Errorf("share %v", share)
	}
}

// What one case added can be taken out again, and nothing is left.
func TestSumsTakeBack(t *testing.T) {
	r := reckoner(t)
	s := figure.Sum{}
	early, late := r.Tallies(there, life()[:8]), r.Tallies(there, life())
	s.Add(early, 1)
	s.Add(early, -1)
	if len(s.Cells()) != 0 {
		t.Errorf("left over: %v", s.Cells())
	}
	s.Add(late, 1)
	total := 0
	for _, c := range s.Cells() {
		if c.N <= 0 {
			t.Errorf("%+v", c)
		}
		total += int(c.N)
	}
	if total != len(late)*len(figure.Cuts()) {
		t.Errorf("%d counts of %d entries", total, len(late))
	}
}

func TestDefinitionsThatCannotBe(t *testing.T) {
	good, err := catalogue.FS.ReadFile(figure.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"version = \"x\"\nfrom = \"2026-01-01\"", "version = \"x\"\nunknown = 1",
		string(good) + "\n[[figure]]\nkey = \"lodged\"\nrole = \"receiver\"\nkind = \"count\"\nto = [\"lodge\"]\nname = \"a\"\nname_en = \"a\"\nsays = \"a\"\nsays_en = \"a\"\nnumerator = \"a\"\nnumerator_en = \"a\"",
		string(good) + "\n[[figure]]\nkey = \"new\"\nrole = \"receiver\"\nkind = \"guess\"\nto = [\"lodge\"]\nname = \"a\"\nname_en = \"a\"\nsays = \"a\"\nsays_en = \"a\"\nnumerator = \"a\"\nnumerator_en = \"a\"",
	} {
		if _, err := figure.Load(fstest.MapFS{figure.File: {Data: []byte(bad)}}); !errs.Is(err, errs.BadCatalogue) {
			t.Errorf("%.40q: %v", bad[max(0, len(bad)-200):], err)
		}
	}
}
