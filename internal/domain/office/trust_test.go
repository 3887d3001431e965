package office

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

var issued = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// country is a federation with the keys of all in one hand.
type country struct {
	keys     *gm.Keys
	operator *proof.Signer
}

func newCountry(t *testing.T) country {
	t.Helper()
	c := country{keys: gm.MemoryKeys()}
	c.operator = c.signer(t, "operator")
	return c
}

func (c country) signer(t *testing.T, name string) *proof.Signer {
	t.Helper()
	k, err := c.keys.SignKey(name)
	if err != nil {
		t.Fatal(err)
	}
	return proof.NewSigner(k)
}

func (c country) list(t *testing.T, version int, ids ...NodeID) *TrustList {
	t.Helper()
	l := &TrustList{Version: version, Issued: issued}
	for _, id := range ids {
		e, err := c.keys.DecryptKey("encrypt-" + string(id))
		if err != nil {
			t.Fatal(err)
		}
		l.Nodes = append(l.Nodes, Node{ID: id, Name: string(id), Protocol: 2, Sign: c.signer(t, string(id)).Public(), Encrypt: e.Public()})
	}
	return l
}

func (c country) signed(t *testing.T, l *TrustList, by ...NodeID) SignedTrust {
	t.Helper()
	s, err := SignTrust(c.operator, l)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range by {
		if err := s.CoSign(c.signer(t, string(id))); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestTrustThreshold(t *testing.T) {
	c := newCountry(t)
	nodes := []NodeID{"11", "23", "63", "66", Hub, IDP}
	first := c.list(t, 1, nodes...)
	for _, tt := range []struct {
		name     string
		previous *TrustList
		next     *TrustList
		by       []NodeID
		want     errs.Code
	}{
		{"founded by three of four", nil, first, []NodeID{"11", "23", "63"}, 0},
		{"founded by half", nil, first, []NodeID{"11", "23"}, errs.TrustTooFew},
		{"by nobody", nil, first, nil, errs.TrustTooFew},
		{"one member thrice", nil, first, []NodeID{"11", "11", "11"}, errs.TrustTooFew},
		{"hub and identity provider have no vote", nil, first, []NodeID{"11", "23", Hub, IDP}, errs.TrustTooFew},
		{"strangers have no vote", nil, first, []NodeID{"11", "23", "44", "45"}, errs.TrustTooFew},
		{"next by three of four", first, c.list(t, 2, append(nodes, "44")...), []NodeID{"11", "23", "66"}, 0},
		{"members that only the new list knows", first, c.list(t, 2, "44", "45", "46"), []NodeID{"44", "45", "46"}, errs.TrustTooFew},
		{"same version", first, first, []NodeID{"11", "23", "63", "66"}, errs.TrustOutdated},
		{"no members at all", nil, c.list(t, 1, Hub), []NodeID{Hub}, errs.TrustTooFew},
	} {
		got, err := c.signed(t, tt.next, tt.by...).Open(tt.previous, c.operator.Public())
		switch {
		case tt.want != 0 && !errs.Is(err, tt.want):
			t.Errorf("%s: %v", tt.name, err)
		case tt.want == 0 && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want == 0:
			if d := cmp.Diff(tt.next.Nodes, got.Nodes); d != "" || !got.Issued.Equal(issued) || got.Version != tt.next.Version {
				t.Errorf("%s: %s", tt.name, d)
			}
		}
	}
}

func TestTrustTamper(t *testing.T) {
	c := newCountry(t)
	all := []NodeID{"11", "23", "63"}
	good := c.signed(t, c.list(t, 1, all...), all...)
	if _, err := good.Open(nil, c.signer(t, "11").Public()); !errs.Is(err, errs.UnknownKey) {
		t.Errorf("another operator: %v", err)
	}
	changed := good
	changed.List.Body = slices.Clone(good.List.Body)
	changed.List.Body[11] ^= 1
	if _, err := changed.Open(nil, c.operator.Public()); !errs.Is(err, errs.BadSignature) {
		t.Errorf("changed list: %v", err)
	}
	moved := c.signed(t, c.list(t, 2, "11", "23", "63", "44"))
	moved.CoSigned = good.CoSigned
	if _, err := moved.Open(nil, c.operator.Public()); !errs.Is(err, errs.TrustTooFew) {
		t.Errorf("votes for another list: %v", err)
	}
	forged := good
	forged.CoSigned = slices.Clone(good.CoSigned)
	forged.CoSigned[0].Sig, forged.CoSigned[1].Typ = nil, "fact"
	if _, err := forged.Open(nil, c.operator.Public()); !errs.Is(err, errs.TrustTooFew) {
		t.Errorf("forged votes: %v", err)
	}
}

func TestTrustContradictions(t *testing.T) {
	c := newCountry(t)
	for name, change := range map[string]func(*TrustList){
		"no version":          func(l *TrustList) { l.Version = 0 },
		"no date":             func(l *TrustList) { l.Issued = time.Time{} },
		"unknown node":        func(l *TrustList) { l.Nodes[0].ID = "x" },
		"node twice":          func(l *TrustList) { l.Nodes[0].ID = "23" },
		"key twice":           func(l *TrustList) { l.Nodes[0].Sign = l.Nodes[1].Sign },
		"one pair for both":   func(l *TrustList) { l.Nodes[0].Encrypt = l.Nodes[0].Sign },
		"another's old key":   func(l *TrustList) { l.Nodes[0].OldSign = [][]byte{l.Nodes[1].Sign} },
		"key off the curve":   func(l *TrustList) { l.Nodes[0].Sign = make([]byte, gm.PublicSize) },
		"no key":              func(l *TrustList) { l.Nodes[0].Encrypt = nil },
		"malformed old key":   func(l *TrustList) { l.Nodes[0].OldSign = [][]byte{{4}} },
		"own key as old, too": func(l *TrustList) { l.Nodes[0].OldSign = [][]byte{l.Nodes[0].Sign} },
	} {
		l := c.list(t, 1, "11", "23")
		change(l)
		if _, err := SignTrust(c.operator, l); !errs.Is(err, errs.BadTrustList) {
			t.Errorf("%s, signing: %v", name, err)
		}
		s, err := proof.SignJSON(c.operator, TypTrust, l)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (SignedTrust{List: s}).Open(nil, c.operator.Public()); !errs.Is(err, errs.BadTrustList) {
			t.Errorf("%s, opening: %v", name, err)
		}
	}
}

func TestTrustCheck(t *testing.T) {
	c := newCountry(t)
	l := c.list(t, 1, "11", "23")
	old := c.signer(t, "old-23")
	l.Nodes[1].OldSign = [][]byte{old.Public()}
	for _, tt := range []struct {
		name   string
		signer *proof.Signer
		typ    string
		node   NodeID
		want   errs.Code
	}{
		{"in force", c.signer(t, "23"), "fact", "23", 0},
		{"old but still good", old, "fact", "23", 0},
		{"stranger", c.signer(t, "44"), "fact", "", errs.UnknownKey},
		{"type", c.signer(t, "11"), "receipt", "", errs.WrongType},
	} {
		s, err := tt.signer.Sign(tt.typ, []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		n, err := l.Check(s, "fact")
		if n.ID != tt.node || (tt.want == 0) != (err == nil) || (err != nil && !errs.Is(err, tt.want)) {
			t.Errorf("%s: %q, %v", tt.name, n.ID, err)
		}
		s.Body = []byte("[]")
		if _, err := l.Check(s, tt.typ); err == nil {
			t.Errorf("%s: a changed body passes", tt.name)
		}
	}
	// An old key verifies but does not vote.
	s := c.signed(t, c.list(t, 2, "11", "23"), "11")
	if err := s.CoSign(old); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(l, c.operator.Public()); !errs.Is(err, errs.TrustTooFew) {
		t.Errorf("a vote by an old key: %v", err)
	}
}

func TestTrustTogether(t *testing.T) {
	l := newCountry(t).list(t, 1, "11", "23")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			n, ok := l.Node("23")
			if _, pub, found := l.Signer(proof.KeyID(n.Sign)); !ok || !found || string(pub) != string(n.Sign) {
				t.Error("not found")
			}
			if _, ok := l.Node("44"); ok {
				t.Error("found a stranger")
			}
		})
	}
	wg.Wait()
}
