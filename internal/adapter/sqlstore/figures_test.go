package sqlstore

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/count"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/unit/unittest"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// lives makes the facts of cases between this node and another, with corrections and suspensions, by a seed.
type lives struct {
	t      *testing.T
	rnd    *rand.Rand
	signer *proof.Signer
}

func (l lives) one(n int) []unit.Unit {
	here, there := unittest.Me, unittest.There
	if l.rnd.IntN(2) == 0 {
		here, there = there, here
	}
	id := fmt.Sprintf("case-%03d", n)
	at := time.Date(2026, 11, 2+l.rnd.IntN(20), 1, 0, 0, 0, time.UTC)
	var out []unit.Unit
	later := func(most time.Duration) {
		at = at.Add(time.Minute + time.Duration(l.rnd.Int64N(int64(most)))).Truncate(time.Microsecond)
	}
	add := func(by office.NodeID, act casefile.Act, leg string, most time.Duration) {
		later(most)
		f := casefile.Fact{
			Case: id, Item: []string{"2020-030", "2020-031"}[n%2], Here: "230102000000", There: "310101000000", By: by, Office: "o",
			Leg: leg, Step: len(out) + 1, Act: act, At: at, Due: workday.DateOf(at).AddDays(3).String(),
		}
		if here != unittest.Me {
			f.Here, f.There = f.There, f.Here
		}
		if act == casefile.ActDecide {
			f.Outcome = casefile.Granted
		}
		s := l.sign(casefile.TypFact, f)
		out = append(out, unit.Unit{Facts: []casefile.Known{{Case: id, Hash: s.Hash(), Fact: f, Signed: s}}})
	}
	// receive is a hand-over with its receipt, as the side that is this node stores it
	receive := func(by office.NodeID, leg string) {
		later(time.Hour)
		envelope := fmt.Sprintf("%s-%s-%d", leg, id, len(out))
		r := exchange.Receipt{Envelope: envelope, From: by, Case: id, Leg: leg, Kind: exchange.Offer, Status: exchange.Held, At: at}
		receipt := l.sign(exchange.TypReceipt, r)
		if by == unittest.Me {
			out = append(out, unit.Unit{In: &exchange.Arrival{
				From: unittest.There, ID: envelope, Case: id, Kind: exchange.Offer, Status: exchange.Held, Receipt: receipt, Signed: receipt, At: at,
			}})
			return
		}
		out = append(out, unit.Unit{
			Out:     []exchange.Parcel{{ID: envelope, To: by, Case: id, Leg: leg, Kind: exchange.Offer, Signed: receipt, At: at}},
			Settled: []exchange.Settlement{{Parcel: envelope, Receipt: receipt, Status: exchange.Held, At: at}},
		})
	}
	add(here, casefile.ActLodge, "collect", time.Hour)
	add(here, casefile.ActHandOver, "collect", 5*time.Hour)
	receive(there, "decide")
	if l.rnd.IntN(4) == 0 {
		add(there, casefile.ActCorrect, "decide", 40*time.Hour)
		receive(here, "decide")
		add(here, casefile.ActHandOver, "collect", 90*time.Hour)
		receive(there, "decide")
	}
	add(there, casefile.ActAccept, "decide", 50*time.Hour)
	if l.rnd.IntN(4) == 0 {
		add(there, casefile.ActSuspend, "decide", 20*time.Hour)
		add(there, casefile.ActResume, "decide", 100*time.Hour)
	}
	if l.rnd.IntN(8) == 0 {
		return out // not decided yet
	}
	add(there, casefile.ActDecide, "decide", 120*time.Hour)
	add(there, casefile.ActDispatch, "decide", 10*time.Hour)
	receive(here, "deliver")
	add(here, casefile.ActDeliver, "deliver", 60*time.Hour)
	return out
}

func (l lives) sign(typ string, v any) proof.Signed {
	s, err := proof.SignJSON(l.signer, typ, v)
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

// The figures that grow fact by fact, counted in between by two replicas, equal what plain SQL finds in the table of facts.
func TestFiguresEqualARecountInSQL(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		db := open()
		stores := []*Store{storeAt(t, db), storeAt(t, db)}
		key, err := gm.MemoryKeys().SignKey("sign")
		if err != nil {
			t.Fatal(err)
		}
		l := lives{t, rand.New(rand.NewPCG(26, 11)), proof.NewSigner(key)}
		calendar, err := workday.Default()
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 12, 30, 0, 0, 0, 0, time.UTC)
		counter := func(n int) *count.Counter {
			return &count.Counter{Store: stores[n%2], Book: figure.Default(), Kit: &unit.Kit{
				Me: unittest.Me, Catalogue: item.Default(), Calendar: calendar, Now: func() time.Time { return now },
			}}
		}
		const cases = 120
		var all []unit.Unit
		for n := range cases {
			all = append(all, l.one(n)...)
		}
		l.rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for n, chunk := range slices.Collect(slices.Chunk(all, 40)) {
			for _, u := range chunk {
				u.At = now
				if err := stores[n%2].Commit(t.Context(), u); err != nil {
					t.Fatal(err)
				}
			}
			now = now.Add(time.Minute)
			if _, err := counter(n).Round(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for round := 0; ; round++ {
			now = now.Add(time.Minute)
			done, err := counter(round).Round(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if done == 0 && round > 1 {
				break
			}
		}
		recount(t, stores[0])
		look(t, stores[0])
	})
}

// events are the facts and the receipts that say a leg was taken, as one table.
const events = `WITH ev AS (SELECT case_id, act, leg, by_node, at FROM facts
UNION ALL SELECT case_id, 'receive', CASE WHEN id LIKE 'decide%%' THEN 'decide' ELSE 'deliver' END, '23', at FROM inbox WHERE status = 'held'
UNION ALL SELECT case_id, 'receive', leg, dest, settled FROM outbox WHERE status = 'held') `

// pairs is the time of each pair of events by SQL alone: from the last of from to the next of to, less suspension.
const pairs = events + `SELECT b.case_id, b.at - a.at - COALESCE((SELECT sum(r.at - (SELECT max(s.at) FROM ev s WHERE s.case_id = r.case_id AND s.act = 'suspend' AND s.at < r.at))
FROM ev r WHERE r.case_id = b.case_id AND r.act = 'resume' AND r.at BETWEEN a.at AND b.at AND %[5]s), 0) AS d
FROM ev b JOIN ev a ON a.case_id = b.case_id AND %[1]s AND a.at <= b.at
WHERE %[3]s AND %[4]s AND NOT EXISTS (SELECT 1 FROM ev x WHERE x.case_id = b.case_id AND %[2]s AND x.at > a.at AND x.at <= b.at)`

func recount(t *testing.T, s *Store) {
	t.Helper()
	me := string(unittest.Me)
	for _, tt := range []struct{ figure, from, to, where, pauses string }{
		{"intake", "(@.act = 'lodge' OR @.act = 'receive' AND @.leg = 'decide') AND @.by_node = '23'", "b.act = 'hand-over'", "b.by_node = '23'", "1 = 0"},
		{"transit", "@.act = 'hand-over' AND @.by_node = '23'", "b.act = 'receive' AND b.leg = 'decide'", "b.by_node = '31'", "1 = 0"},
		{"acceptance", "@.act = 'receive' AND @.leg = 'decide' AND @.by_node = '23'", "b.act IN ('accept','correct')", "b.by_node = '23'", "1 = 0"},
		{"decision", "@.act = 'accept'", "b.act = 'decide'", "b.by_node = '23'", "1 = 1"},
		{"issue", "@.act = 'decide'", "b.act = 'dispatch'", "b.by_node = '23'", "1 = 0"},
		{"back", "@.act = 'dispatch' AND @.by_node = '23'", "b.act = 'receive' AND b.leg = 'deliver'", "b.by_node = '31'", "1 = 0"},
		{"delivery", "@.act = 'receive' AND @.leg = 'deliver' AND @.by_node = '23'", "b.act = 'deliver'", "b.by_node = '23'", "1 = 0"},
		{"whole", "@.act = 'lodge'", "b.act = 'deliver'", "b.by_node = '23'", "1 = 0"},
	} {
		text := fmt.Sprintf(pairs, strings.ReplaceAll(tt.from, "@", "a"), strings.ReplaceAll(tt.from, "@", "x"), tt.to, tt.where, tt.pauses)
		h := histOf(t, s, tt.figure)
		for _, q := range []float64{0.5, 0.9} {
			var n int64
			var d int64
			err := s.e.queryRow(t.Context(), fmt.Sprintf(`SELECT n, CAST(d AS BIGINT) FROM (SELECT d, row_number() OVER (ORDER BY d) AS rn, count(*) OVER () AS n FROM (%s) p) q
WHERE rn = CAST(ceil(%v * n) AS BIGINT)`, text, q)).Scan(&n, &d)
			if err != nil {
				t.Fatal(tt.figure, err)
			}
			got, _ := h.Span(q)
			off := math.Abs(float64(got.Microseconds()-d)) / float64(d)
			if h.N() != n || off > figure.MaxError+0.01 && d > int64(time.Minute/time.Microsecond) {
				t.Errorf("%s: %d and %v at %v, SQL finds %d and %v", tt.figure, h.N(), got, q, n, time.Duration(d)*time.Microsecond)
			}
		}
	}
	for figureKey, text := range map[string]string{
		"lodged":   `SELECT count(*) FROM facts WHERE act = 'lodge' AND by_node = $1`,
		"outcome":  `SELECT count(*) FROM facts WHERE act = 'decide' AND by_node = $1`,
		"received": `SELECT count(*) FROM inbox i WHERE id LIKE 'decide%' AND EXISTS (SELECT 1 FROM facts f WHERE f.case_id = i.case_id AND f.act = 'lodge' AND f.by_node <> $1)`,
		"arrived":  `SELECT count(*) FROM inbox WHERE id LIKE 'deliver%' AND $1 <> ''`,
	} {
		var n int64
		if err := s.e.queryRow(t.Context(), text, me).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if got := histOf(t, s, figureKey).N(); got != n || n == 0 {
			t.Errorf("%s: %d, SQL finds %d", figureKey, got, n)
		}
	}
}

// histOf adds up a figure, and holds that every cut gives the same.
func histOf(t *testing.T, s *Store, key string) figure.Hist {
	t.Helper()
	var out []figure.Hist
	for _, cut := range figure.Cuts() {
		cells, err := s.FigureBy(t.Context(), cut, key, 202601, 202712)
		if err != nil {
			t.Fatal(err)
		}
		h := figure.Hist{}
		for _, c := range cells {
			h[c.Class] += c.N
		}
		out = append(out, h)
	}
	for _, h := range out[1:] {
		if h.N() != out[0].N() {
			t.Errorf("%s differs by cut: %v", key, out)
		}
	}
	return out[0]
}

// look holds that what is read piece by piece is what is stored, and that a recount changes nothing.
func look(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	before, err := s.Figures(ctx)
	if err != nil {
		t.Fatal(err)
	}
	months, err := s.FigureMonths(ctx)
	if err != nil || !slices.IsSorted(months) || len(months) == 0 {
		t.Fatal(months, err)
	}
	var again []figure.Cell
	for _, cut := range figure.Cuts() {
		for _, m := range months {
			some, err := s.FiguresOfMonth(ctx, cut, m)
			if err != nil {
				t.Fatal(err)
			}
			again = append(again, some...)
		}
	}
	slices.SortFunc(again, func(a, b figure.Cell) int { return a.Compare(b.Key) })
	if !slices.Equal(before, again) {
		t.Errorf("%d cells, month by month %d", len(before), len(again))
	}
	one, err := s.FigureOf(ctx, figure.ByItem, "lodged", "2020-030", 202601, 202712)
	if err != nil || len(one) == 0 {
		t.Error(one, err)
	}
}

// What two units say of one case in one group is one mark.
func TestMarksFoldByCase(t *testing.T) {
	got := oncePerCase([]any{"a", int64(1), int64(5), "b", int64(1), int64(6), "a", int64(1), int64(9)})
	if want := []any{"a", int64(1), int64(9), "b", int64(1), int64(6)}; !slices.Equal(got, want) {
		t.Error(got)
	}
}

// The boards' questions are answered from indexes: no table that grows with cases is read from end to end.
func TestBoardsReadNoTableFromEndToEnd(t *testing.T) {
	s := storeAt(t, sqltest.SQLite(t))
	for _, text := range []string{selectOfMonth, selectOfFigure, selectOfName} {
		plan, err := collect(context.Background(), s.e, func(r *rows) (p string, err error) {
			var a, b, c int
			err = r.Scan(&a, &b, &c, &p)
			return p, err
		}, "EXPLAIN QUERY PLAN "+text, "place", "decision", 202601, 202612, "63")
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range plan {
			if strings.HasPrefix(line, "SCAN") {
				t.Errorf("%s: %s", text, line)
			}
		}
	}
}
