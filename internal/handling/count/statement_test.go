package count_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/handling/count"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// shelf keeps statements in memory, as a hub's folder would.
type shelf map[office.NodeID]map[int]proof.Signed

func (s shelf) Keep(node office.NodeID, month int, x proof.Signed) error {
	if s[node] == nil {
		s[node] = map[int]proof.Signed{}
	}
	s[node][month] = x
	return nil
}

func (s shelf) All() ([]proof.Signed, error) {
	var out []proof.Signed
	for _, months := range s {
		for _, x := range months {
			out = append(out, x)
		}
	}
	return out, nil
}

// months is a node's aggregates.
type months []figure.Cell

func (m months) FigureMonths(context.Context) ([]int, error) {
	var out []int
	for _, c := range m {
		out = append(out, c.Month)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (m months) FiguresOfMonth(_ context.Context, cut figure.Cut, month int) ([]figure.Cell, error) {
	return slices.DeleteFunc(slices.Clone(m), func(c figure.Cell) bool { return c.Cut != cut || c.Month != month }), nil
}

func cells(month int, key, with string, n int64) months {
	s := figure.Sum{}
	s.Add([]figure.Tally{{Figure: key, Month: month, Item: "2020-030", With: office.NodeID(with), Office: "o"}}, n)
	return s.Cells()
}

type world struct {
	t       *testing.T
	now     time.Time
	trust   *office.TrustList
	signers map[office.NodeID]*proof.Signer
	shelf   shelf
	hub     *count.Collector
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC), trust: &office.TrustList{Version: 1}, signers: map[office.NodeID]*proof.Signer{}, shelf: shelf{}}
	for _, id := range []office.NodeID{"23", "63"} {
		key, err := gm.MemoryKeys().SignKey("sign")
		if err != nil {
			t.Fatal(err)
		}
		w.signers[id] = proof.NewSigner(key)
		w.trust.Nodes = append(w.trust.Nodes, office.Node{ID: id, Sign: key.Public()})
	}
	w.hub = w.collector()
	return w
}

func (w *world) collector() *count.Collector {
	return &count.Collector{Trust: func() *office.TrustList { return w.trust }, Now: func() time.Time { return w.now }, Book: figure.Default(), Shelf: w.shelf}
}

func (w *world) speaker(id office.NodeID, m months) *count.Speaker {
	return &count.Speaker{
		Kit: &unit.Kit{Me: id, Signer: w.signers[id], Now: func() time.Time { return w.now }}, Store: m, Book: figure.Default(),
		Ask: func(ctx context.Context, _ office.NodeID, body []byte) ([]byte, error) {
			return w.hub.Receive(ctx, id, body)
		},
	}
}

func (w *world) round(s *count.Speaker, want int) {
	w.t.Helper()
	if n, err := s.Round(w.t.Context()); err != nil || n != want {
		w.t.Errorf("%d statements, want %d: %v", n, want, err)
	}
}

// A node speaks when something has changed, and once an hour so that silence can be told from rest; the hub knows it after a
// restart too.
func TestSpeaking(t *testing.T) {
	w := newWorld(t)
	s := w.speaker("23", append(cells(202610, "lodged", "63", 3), cells(202611, "lodged", "63", 4)...))
	w.round(s, 2)
	w.round(s, 0)
	w.now = w.now.Add(time.Hour)
	w.round(s, 1)
	s.Store = append(cells(202610, "lodged", "63", 5), cells(202611, "lodged", "63", 4)...)
	w.now = w.now.Add(time.Minute)
	w.round(s, 1)
	again := w.collector()
	if err := again.Open(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*count.Collector{w.hub, again} {
		by, err := c.FigureBy(t.Context(), "23", figure.ByPlace, "lodged", 202610, 202611)
		if err != nil || by["63"].N() != 9 {
			t.Errorf("%v %v", by, err)
		}
		if at := c.Spoke()["23"]; !at.Equal(w.now) {
			t.Errorf("spoke at %v", at)
		}
	}
	if by, err := w.hub.FigureBy(t.Context(), "23", figure.ByItem, "lodged", 202611, 202611); err != nil || by["2020-030"].N() != 4 {
		t.Errorf("one month: %v %v", by, err)
	}
}

// What cannot be a statement of that node is refused and changes nothing.
func TestForgedStatements(t *testing.T) {
	w := newWorld(t)
	good := figure.Statement{Node: "23", Month: 202611, At: w.now, Lines: figure.LinesOf(cells(202611, "lodged", "63", 4))}
	if _, err := w.send("23", "23", good); err != nil {
		t.Fatal(err)
	}
	line := func(change func(l *figure.Line)) []figure.Line {
		out := figure.LinesOf(cells(202611, "lodged", "63", 4))
		change(&out[1])
		return out
	}
	for name, tt := range map[string]struct {
		signer, from office.NodeID
		change       func(s *figure.Statement)
		want         errs.Code
	}{
		"of another":         {"63", "63", func(*figure.Statement) {}, errs.BadStatement},
		"brought by another": {"23", "63", func(*figure.Statement) {}, errs.BadStatement},
		"of the hub":         {"23", "23", func(s *figure.Statement) { s.Node = "hub" }, errs.BadStatement},
		"a month to come":    {"23", "23", func(s *figure.Statement) { s.Month = 202701 }, errs.BadStatement},
		"no month":           {"23", "23", func(s *figure.Statement) { s.Month = 202613 }, errs.BadStatement},
		"from the future":    {"23", "23", func(s *figure.Statement) { s.At = w.now.AddDate(0, 0, 9) }, errs.BadStatement},
		"the same again":     {"23", "23", func(*figure.Statement) {}, errs.OldStatement},
		"older":              {"23", "23", func(s *figure.Statement) { s.At = w.now.Add(-time.Hour) }, errs.OldStatement},
		"an unknown figure":  {"23", "23", func(s *figure.Statement) { s.Lines = line(func(l *figure.Line) { l.Figure = "quality" }) }, errs.BadStatement},
		"offices":            {"23", "23", func(s *figure.Statement) { s.Lines = line(func(l *figure.Line) { l.Cut = figure.ByOffice }) }, errs.BadStatement},
		"no place":           {"23", "23", func(s *figure.Statement) { s.Lines = line(func(l *figure.Line) { l.Key = "<b>" }) }, errs.BadStatement},
		"fewer than nothing": {"23", "23", func(s *figure.Statement) { s.Lines = line(func(l *figure.Line) { l.Counts = [][2]int64{{0, -4}} }) }, errs.BadStatement},
		"against itself":     {"23", "23", func(s *figure.Statement) { s.Lines = line(func(l *figure.Line) { l.Counts = [][2]int64{{0, 5}} }) }, errs.BadStatement},
		"a line twice":       {"23", "23", func(s *figure.Statement) { s.Lines = append(s.Lines, s.Lines[1]) }, errs.BadStatement},
		"classes out of order": {"23", "23", func(s *figure.Statement) {
			s.Lines = line(func(l *figure.Line) { l.Counts = [][2]int64{{1, 2}, {0, 2}} })
		}, errs.BadStatement},
	} {
		s := good
		s.Lines = slices.Clone(good.Lines)
		tt.change(&s)
		if _, err := w.send(tt.signer, tt.from, s); !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.hub.Receive(t.Context(), "23", []byte(`{"suite":"SM"`)); err == nil {
		t.Error("half a document was taken")
	}
	if by, _ := w.hub.FigureBy(t.Context(), "23", figure.ByPlace, "lodged", 202001, 202712); by["63"].N() != 4 || len(w.shelf) != 1 {
		t.Errorf("%v, %v", by, w.shelf)
	}
}

func (w *world) send(signer, from office.NodeID, s figure.Statement) ([]byte, error) {
	w.t.Helper()
	x, err := proof.SignJSON(w.signers[signer], figure.TypStatement, s)
	if err != nil {
		w.t.Fatal(err)
	}
	body, err := proof.Marshal(x)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.hub.Receive(w.t.Context(), from, body)
}

// Who says that more was handed over than the other signed for is shown with both numbers, and not taken out.
func TestContradictionsAreShown(t *testing.T) {
	w := newWorld(t)
	w.round(w.speaker("23", cells(202610, "transit", "63", 5)), 1)
	if list := w.hub.Against(202601, 202612); len(list) != 0 {
		t.Errorf("the other side has not spoken: %v", list)
	}
	w.round(w.speaker("63", cells(202610, "received", "23", 3)), 1)
	want := []figure.Contradiction{{Month: 202610, Figure: "transit", Sender: "23", Receiver: "63", Says: 5, SaysOther: 3}}
	if list := w.hub.Against(202601, 202612); !slices.Equal(list, want) {
		t.Errorf("%v", list)
	}
	w.now = w.now.Add(time.Minute)
	w.round(w.speaker("63", cells(202610, "received", "23", 5)), 1)
	if list := w.hub.Against(202601, 202612); len(list) != 0 {
		t.Errorf("settled: %v", list)
	}
	if by, err := w.hub.FigureBy(t.Context(), "23", figure.ByPlace, "transit", 202610, 202610); err != nil || by["63"].N() != 5 {
		t.Errorf("%v %v", by, err)
	}
}

// FuzzStatement holds that nothing that another node may send brings the collector down.
func FuzzStatement(f *testing.F) {
	f.Add([]byte(`{"node":"23","month":202611,"at":"2026-11-25T01:00:00Z","lines":[{"cut":"place","figure":"lodged","key":"63","n":[[0,4]]}]}`))
	f.Add([]byte(`{"lines":[{"n":[[9,-9]]},{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var s figure.Statement
		if proof.Unmarshal(body, &s) != nil {
			return
		}
		if s.Check("23", figure.Default(), time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC)) == nil {
			figure.Against([]figure.Statement{s, s})
			s.Of(figure.ByPlace, "lodged")
		}
	})
}
