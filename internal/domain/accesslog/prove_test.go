package accesslog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

var day = time.Date(2026, 7, 1, 2, 0, 0, 0, time.UTC)

// log is a node's log in memory.
type log struct {
	hashes [][32]byte
	leaves [][]byte
	heads  map[int64]accesslog.Growth
}

func (l *log) stored(_ context.Context, positions []int64) ([][32]byte, error) {
	out := make([][32]byte, len(positions))
	for i, p := range positions {
		out[i] = l.hashes[p]
	}
	return out, nil
}

func (l *log) grow(t *testing.T, n int, word string) {
	t.Helper()
	var leaves [][]byte
	for i := range n {
		e := accesslog.Entry{Kind: accesslog.View, At: day, Case: "c", Who: fmt.Sprintf("%s%d", word, len(l.leaves)+i), What: "desk.check"}
		leaf, err := e.Leaf()
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leaf)
	}
	g, err := accesslog.Grow(t.Context(), int64(len(l.leaves)), l.stored, leaves)
	if err != nil {
		t.Fatal(err)
	}
	l.hashes, l.leaves = append(l.hashes, g.Hashes...), append(l.leaves, leaves...)
	if l.heads == nil {
		l.heads = map[int64]accesslog.Growth{}
	}
	l.heads[g.Size] = g
}

// country is a few provinces with keys.
type country struct {
	signers map[office.NodeID]*proof.Signer
	trust   *office.TrustList
}

func newCountry(t *testing.T, ids ...office.NodeID) country {
	t.Helper()
	c := country{signers: map[office.NodeID]*proof.Signer{}, trust: &office.TrustList{Version: 1, Issued: day}}
	for _, id := range ids {
		k, err := gm.MemoryKeys().SignKey("sign")
		if err != nil {
			t.Fatal(err)
		}
		c.signers[id] = proof.NewSigner(k)
		c.trust.Nodes = append(c.trust.Nodes, office.Node{ID: id, Sign: k.Public()})
	}
	return c
}

func (c country) sign(t *testing.T, by office.NodeID, typ string, v any) proof.Signed {
	t.Helper()
	s, err := proof.SignJSON(c.signers[by], typ, v)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// extract is a good one: node 63, entries 2 and 5 of a log of 9, one entry too new, three witnesses.
func extract(t *testing.T, c country) accesslog.Extract {
	t.Helper()
	var l log
	l.grow(t, 4, "a")
	l.grow(t, 5, "b")
	head, err := l.heads[9].Sign(c.signers["63"], "63", day)
	if err != nil {
		t.Fatal(err)
	}
	x := accesslog.Extract{Kind: accesslog.ExtractKind, Head: head}
	for _, by := range []office.NodeID{"23", "35", "11"} {
		x.Witnesses = append(x.Witnesses, c.sign(t, by, accesslog.TypWitness, accesslog.Witness{Head: head.Hash(), Node: "63", Size: 9, By: by, At: day}))
	}
	paths, err := accesslog.ProveEntries(t.Context(), 9, []int64{5, 2}, l.stored)
	if err != nil {
		t.Fatal(err)
	}
	x.Lines = []accesslog.Line{
		{Index: -1, Leaf: `{"kind":"view"}`},
		{Index: 5, Leaf: string(l.leaves[5]), Path: paths[0]},
		{Index: 2, Leaf: string(l.leaves[2]), Path: paths[1]},
	}
	return x
}

// Each line spoils one thing that somebody who hides or invents a look could try.
func TestAnExtractCannotBeBent(t *testing.T) {
	c := newCountry(t, "63", "23", "35", "11", office.Hub)
	for name, tt := range map[string]struct {
		bend func(x *accesslog.Extract)
		code errs.Code
	}{
		"good":                      {func(*accesslog.Extract) {}, 0},
		"two witnesses are enough":  {func(x *accesslog.Extract) { x.Witnesses = x.Witnesses[:2] }, 0},
		"one witness":               {func(x *accesslog.Extract) { x.Witnesses = x.Witnesses[:1] }, errs.LogUnwitnessed},
		"one witness three times":   {func(x *accesslog.Extract) { x.Witnesses[1], x.Witnesses[2] = x.Witnesses[0], x.Witnesses[0] }, errs.LogUnwitnessed},
		"its own witness":           {func(x *accesslog.Extract) { own(t, c, x, "63", "63") }, errs.LogUnwitnessed},
		"the hub as a witness":      {func(x *accesslog.Extract) { own(t, c, x, office.Hub, office.Hub) }, errs.LogUnwitnessed},
		"in another's name":         {func(x *accesslog.Extract) { own(t, c, x, "35", "11") }, errs.LogUnwitnessed},
		"witnesses of another head": {func(x *accesslog.Extract) { x.Head = c.sign(t, "63", accesslog.TypHead, headOf(t, x, 9)) }, errs.LogUnwitnessed},
		"the head of another node":  {func(x *accesslog.Extract) { x.Head = c.sign(t, "23", accesslog.TypHead, headOf(t, x, 9)) }, errs.LogNotShown},
		"a larger tree":             {func(x *accesslog.Extract) { x.Head = c.sign(t, "63", accesslog.TypHead, headOf(t, x, 10)) }, errs.LogUnwitnessed},
		"an empty tree":             {func(x *accesslog.Extract) { x.Head = c.sign(t, "63", accesslog.TypHead, headOf(t, x, 0)) }, errs.LogNotShown},
		"a changed head":            {func(x *accesslog.Extract) { x.Head.Body = append([]byte(" "), x.Head.Body...) }, errs.BadSignature},
		"no head":                   {func(x *accesslog.Extract) { x.Head = proof.Signed{} }, errs.UnknownKey},
		"another entry":             {func(x *accesslog.Extract) { x.Lines[1].Leaf = x.Lines[2].Leaf }, errs.LogNotShown},
		"another place":             {func(x *accesslog.Extract) { x.Lines[1].Index = 4 }, errs.LogNotShown},
		"a place beyond the tree":   {func(x *accesslog.Extract) { x.Lines[1].Index = 9 }, errs.LogNotShown},
		"a shorter path":            {func(x *accesslog.Extract) { x.Lines[1].Path = x.Lines[1].Path[1:] }, errs.LogNotShown},
		"one entry as two":          {func(x *accesslog.Extract) { x.Lines[1] = x.Lines[2] }, errs.LogNotShown},
		"no entry":                  {func(x *accesslog.Extract) { x.Lines[0].Leaf = "look" }, errs.LogNotShown},
	} {
		t.Run(name, func(t *testing.T) {
			x := extract(t, c)
			tt.bend(&x)
			p, err := x.Check(c.trust)
			if tt.code == 0 && err != nil || tt.code != 0 && !errs.Is(err, tt.code) {
				t.Fatalf("got %v, want %s", err, tt.code.Name())
			}
			if tt.code == 0 && (p.Lines != 2 || p.Pending != 1 || p.Head.Node != "63") {
				t.Errorf("proved %+v", p)
			}
		})
	}
}

// own leaves one good witness and adds one that by signed in the name of as.
func own(t *testing.T, c country, x *accesslog.Extract, by, as office.NodeID) {
	t.Helper()
	x.Witnesses = append(x.Witnesses[:1], c.sign(t, by, accesslog.TypWitness, accesslog.Witness{Head: x.Head.Hash(), Node: "63", Size: 9, By: as, At: day}))
}

// headOf is the head of x with another size.
func headOf(t *testing.T, x *accesslog.Extract, size int64) accesslog.Head {
	t.Helper()
	var h accesslog.Head
	if err := x.Head.Into(&h); err != nil {
		t.Fatal(err)
	}
	h.Size, h.At = size, day.Add(time.Second)
	return h
}

func TestGrowth(t *testing.T) {
	var honest, other log
	honest.grow(t, 4, "a")
	honest.grow(t, 5, "b")
	other.grow(t, 4, "x")
	other.grow(t, 5, "b")
	head := func(l *log, size int64) accesslog.Head {
		g := l.heads[size]
		c := newCountry(t, "63")
		s, err := g.Sign(c.signers["63"], "63", day)
		if err != nil {
			t.Fatal(err)
		}
		var h accesslog.Head
		if err := s.Into(&h); err != nil {
			t.Fatal(err)
		}
		return h
	}
	way, err := accesslog.ProveGrowth(t.Context(), 9, 4, honest.stored)
	if err != nil {
		t.Fatal(err)
	}
	if err := head(&honest, 9).CheckGrowth(head(&honest, 4), way); err != nil {
		t.Errorf("an honest log: %v", err)
	}
	if err := head(&honest, 9).CheckGrowth(head(&other, 4), way); !errs.Is(err, errs.LogNotShown) {
		t.Errorf("another beginning: %v", err)
	}
	if err := head(&honest, 4).CheckGrowth(head(&honest, 9), way); !errs.Is(err, errs.LogNotShown) {
		t.Errorf("backwards: %v", err)
	}
	if !head(&honest, 9).Forks(head(&other, 9)) || head(&honest, 9).Forks(head(&honest, 4)) {
		t.Error("a fork is two roots of one size")
	}
}

func TestWitnessesAreSpread(t *testing.T) {
	members := []office.NodeID{office.Hub, "11", "12", "13", "23", "35", "63", office.IDP}
	count := map[office.NodeID]int{}
	for _, me := range members[1:7] {
		chosen := accesslog.Choose(me, members, 3)
		if len(chosen) != 3 {
			t.Errorf("%s has %d witnesses", me, len(chosen))
		}
		for _, w := range chosen {
			if w == me || !w.Member() {
				t.Errorf("%s is witnessed by %s", me, w)
			}
			count[w]++
		}
	}
	if len(count) < 4 {
		t.Errorf("only %v witness", count)
	}
	if got := accesslog.Choose("11", []office.NodeID{"11", "12"}, 3); len(got) != 1 {
		t.Errorf("of two nodes: %v", got)
	}
}

func TestExtractFile(t *testing.T) {
	c := newCountry(t, "63", "23", "35", "11")
	b, err := extract(t, c).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x, err := accesslog.ReadExtract(b)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := x.Check(c.trust); err != nil || p.Lines != 2 {
		t.Errorf("read back: %+v, %v", p, err)
	}
	for _, bad := range []string{"", "{}", `{"kind":"licence"}`, string(b) + "{}"} {
		if _, err := accesslog.ReadExtract([]byte(bad)); err == nil {
			t.Errorf("%.20q passes", bad)
		}
	}
}

// Anything may be handed in as a proof file; nothing of it may pass, or stop the program.
func FuzzExtract(f *testing.F) {
	trust := &office.TrustList{Version: 1, Issued: day}
	f.Add([]byte(`{"kind":"log-extract","head":{"suite":"SM","typ":"loghead","key":"","body":"e30=","sig":""},"lines":[{"index":0,"leaf":"{}","path":["AA=="]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := accesslog.ReadExtract(b)
		if err != nil {
			return
		}
		if _, err := x.Check(trust); err == nil {
			t.Error("passes without a single key")
		}
	})
}
