package witness_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/witness"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

var now = time.Date(2026, 7, 1, 2, 0, 0, 0, time.UTC)

// world is four provinces; messages pass through the hands of the test.
type world struct {
	t     *testing.T
	trust *office.TrustList
	nodes map[office.NodeID]*node
	bend  func(to office.NodeID, body []byte) []byte // nil passes all; nil back loses it
}

type node struct {
	*store
	kit     *unit.Kit
	witness *witness.Witness
	keeper  *witness.Keeper
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, trust: &office.TrustList{Version: 1, Issued: now}, nodes: map[office.NodeID]*node{}}
	for _, id := range []office.NodeID{"23", "35", "11", "63"} {
		k, err := gm.MemoryKeys().SignKey("sign")
		if err != nil {
			t.Fatal(err)
		}
		w.trust.Nodes = append(w.trust.Nodes, office.Node{ID: id, Sign: k.Public()})
		kit := &unit.Kit{Me: id, Signer: proof.NewSigner(k), Now: func() time.Time { return now }, Trust: func() *office.TrustList { return w.trust }}
		s := &store{heads: map[int64]proof.Signed{}, by: map[int64][]proof.Signed{}, seen: map[office.NodeID]proof.Signed{}}
		n := &node{store: s, kit: kit, witness: witness.New(kit, s, func() time.Time { return now })}
		n.keeper = &witness.Keeper{Kit: kit, Store: s, Channel: door{w, id}}
		w.nodes[id] = n
	}
	return w
}

// door is the channel of one node.
type door struct {
	w    *world
	from office.NodeID
}

func (d door) Ask(ctx context.Context, to office.NodeID, body []byte) ([]byte, error) {
	if d.w.bend != nil {
		if body = d.w.bend(to, body); body == nil {
			return nil, errs.New(errs.TryLater, "lost")
		}
	}
	return d.w.nodes[to].witness.Receive(ctx, d.from, body)
}

// write lets a node's log grow by n entries.
func (w *world) write(id office.NodeID, n int, word string) {
	w.t.Helper()
	w.nodes[id].grow(w.t, w.nodes[id].kit, n, word)
}

// round is 63 showing its newest head.
func (w *world) round() (int, error) { return w.nodes["63"].keeper.Round(w.t.Context(), 0) }

// signed counts the witnesses of a node's newest head.
func (w *world) signed(id office.NodeID) int {
	n := w.nodes[id]
	var h accesslog.Head
	head := n.heads[int64(n.size)]
	if err := head.Into(&h); err != nil {
		w.t.Fatal(err)
	}
	return len(accesslog.Witnesses(head, h, n.by[h.Size], w.trust))
}

func TestAHeadIsWitnessedAsItGrows(t *testing.T) {
	w := newWorld(t)
	if n, err := w.round(); n != 0 || err != nil {
		t.Errorf("an empty log: %d %v", n, err)
	}
	for i := range 4 {
		w.write("63", 3, fmt.Sprint(i))
		if n, err := w.round(); n != 3 || err != nil {
			t.Fatalf("round %d: %d witnesses, %v", i, n, err)
		}
	}
	if n, err := w.round(); n != 0 || err != nil || w.signed("63") != 3 {
		t.Errorf("a head is shown once: %d %v", n, err)
	}
}

func TestAWitnessThatWasAwayCatchesUp(t *testing.T) {
	w := newWorld(t)
	w.bend = func(to office.NodeID, body []byte) []byte {
		if to == "35" {
			return nil
		}
		return body
	}
	for i := range 3 {
		w.write("63", 2, fmt.Sprint(i))
		if n, err := w.round(); n != 2 || err != nil {
			t.Fatalf("without 35: %d %v", n, err)
		}
	}
	w.bend = nil
	if n, err := w.round(); n != 1 || err != nil || w.signed("63") != 3 {
		t.Errorf("35 is back: %d %v", n, err)
	}
}

// A node that lost part of its log, or shows another one, gets no signature for it, hears of it, and leaves evidence.
func TestTwoHistories(t *testing.T) {
	t.Run("rolled back", func(t *testing.T) {
		w := newWorld(t)
		w.write("63", 3, "a")
		old := w.nodes["63"].copied()
		w.write("63", 3, "b")
		if _, err := w.round(); err != nil {
			t.Fatal(err)
		}
		w.nodes["63"].restore(old)
		if n, err := w.round(); n != 0 || !errs.Is(err, errs.LogForked) {
			t.Errorf("after a rollback: %d %v", n, err)
		}
	})
	t.Run("rewritten", func(t *testing.T) {
		w := newWorld(t)
		w.write("63", 3, "a")
		if _, err := w.round(); err != nil {
			t.Fatal(err)
		}
		w.nodes["63"].restore(&store{heads: map[int64]proof.Signed{}, by: map[int64][]proof.Signed{}, seen: map[office.NodeID]proof.Signed{}})
		w.write("63", 7, "other")
		if n, err := w.round(); n != 0 || !errs.Is(err, errs.LogForked) {
			t.Errorf("after a rewriting: %d %v", n, err)
		}
		if got := w.nodes["23"].forks; len(got) != 0 {
			t.Errorf("a way that does not hold is no evidence yet: %d", len(got))
		}
	})
	t.Run("two heads of one size", func(t *testing.T) {
		w := newWorld(t)
		w.write("63", 3, "a")
		if _, err := w.round(); err != nil {
			t.Fatal(err)
		}
		w.nodes["63"].restore(&store{heads: map[int64]proof.Signed{}, by: map[int64][]proof.Signed{}, seen: map[office.NodeID]proof.Signed{}})
		w.write("63", 3, "other")
		if n, err := w.round(); n != 0 || err != nil {
			t.Errorf("%d %v", n, err)
		}
		for _, id := range []office.NodeID{"23", "35", "11"} {
			if got := w.nodes[id].forks; len(got) != 1 || got[0].Seen.Hash() == got[0].Shown.Hash() {
				t.Errorf("%s keeps %d", id, len(got))
			}
		}
	})
}

// What a witness is sent is somebody else's: nothing of it is signed unless it holds.
func TestAWitnessSignsNothingElse(t *testing.T) {
	w := newWorld(t)
	w.write("63", 3, "a")
	w.write("35", 3, "b")
	n := w.nodes["63"]
	head := n.heads[3]
	offer := func(h proof.Signed) []byte {
		b, err := proof.Marshal(map[string]any{"head": h})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	bent := head
	bent.Sig = append([]byte{head.Sig[0] ^ 1}, head.Sig[1:]...)
	for name, tt := range map[string]struct {
		from office.NodeID
		body []byte
		code errs.Code
	}{
		"another's head":     {"35", offer(head), errs.LogNotShown},
		"its own head":       {"23", offer(head), errs.LogNotShown},
		"a bad signature":    {"63", offer(bent), errs.BadSignature},
		"no head":            {"63", []byte(`{}`), errs.UnknownKey},
		"no JSON":            {"63", []byte(`{`), errs.UnreadableBody},
		"far too much":       {"63", make([]byte, 1<<20), errs.LogNotShown},
		"a witness's answer": {"63", offer(must(proof.SignJSON(n.kit.Signer, accesslog.TypWitness, accesslog.Witness{}))), errs.WrongType},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := w.nodes["23"].witness.Receive(t.Context(), tt.from, tt.body)
			if !errs.Is(err, tt.code) || got != nil {
				t.Errorf("got %s %v, want %s", got, err, tt.code.Name())
			}
			if _, ok := w.nodes["23"].seen[tt.from]; ok {
				t.Error("remembered")
			}
		})
	}
	for range 1000 {
		if _, err := w.nodes["23"].witness.Receive(t.Context(), "63", offer(head)); err != nil {
			return // drowning a witness is refused
		}
	}
	t.Error("no limit")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// store is a log and what witnesses remember, in memory.
type store struct {
	mu     sync.Mutex
	size   int
	hashes [][32]byte
	heads  map[int64]proof.Signed
	by     map[int64][]proof.Signed
	seen   map[office.NodeID]proof.Signed
	forks  []witness.Fork
}

func (s *store) grow(t *testing.T, kit *unit.Kit, n int, word string) {
	t.Helper()
	var leaves [][]byte
	for i := range n {
		leaves = append(leaves, fmt.Appendf(nil, "%s %d", word, i))
	}
	g, err := accesslog.Grow(t.Context(), int64(s.size), s.Hashes, leaves)
	if err != nil {
		t.Fatal(err)
	}
	s.hashes, s.size = append(s.hashes, g.Hashes...), int(g.Size)
	s.heads[g.Size] = must(g.Sign(kit.Signer, kit.Me, now))
}

func (s *store) copied() *store {
	c := &store{size: s.size, hashes: append([][32]byte(nil), s.hashes...), heads: map[int64]proof.Signed{}, by: map[int64][]proof.Signed{}, seen: s.seen}
	maps.Copy(c.heads, s.heads)
	return c
}

func (s *store) restore(c *store) {
	s.size, s.hashes, s.heads, s.by = c.size, c.hashes, c.heads, c.by
}

func (s *store) TreeSize(context.Context) (int64, error) { return int64(s.size), nil }

func (s *store) HeadAt(_ context.Context, size int64) (proof.Signed, []byte, error) {
	return s.heads[size], nil, nil
}

func (s *store) Hashes(_ context.Context, positions []int64) ([][32]byte, error) {
	out := make([][32]byte, len(positions))
	for i, p := range positions {
		out[i] = s.hashes[p]
	}
	return out, nil
}

func (s *store) WitnessesOf(_ context.Context, size int64) ([]proof.Signed, error) {
	return s.by[size], nil
}

func (s *store) AddWitness(_ context.Context, size int64, _ office.NodeID, signed proof.Signed) error {
	s.by[size] = append(s.by[size], signed)
	return nil
}

func (s *store) SeenHead(_ context.Context, id office.NodeID) (proof.Signed, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.seen[id]
	return h, ok, nil
}

func (s *store) KeepSeen(_ context.Context, id office.NodeID, was, _ int64, signed proof.Signed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var h accesslog.Head
	if old, ok := s.seen[id]; ok {
		if err := old.Into(&h); err != nil {
			return err
		}
	}
	if h.Size != was {
		return errs.New(errs.Stale, "%d", h.Size)
	}
	s.seen[id] = signed
	return nil
}

func (s *store) KeepFork(_ context.Context, _ office.NodeID, _ int64, f witness.Fork) error {
	s.forks = append(s.forks, f)
	return nil
}
