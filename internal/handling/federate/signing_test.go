package federate

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// Members sign by themselves a list that changes one signing key and nothing else, if the key in force and the new one both ask for it. The
// operator alone, another member, and a key that was retired change nobody's key.
func TestMembersSignASuccession(t *testing.T) {
	operator, member, other, retired, next := signer(t), signer(t), signer(t), signer(t), signer(t)
	have := &office.TrustList{Version: 1, Issued: time.Now().UTC(), Nodes: []office.Node{
		{ID: "23", Sign: member.Public(), OldSign: [][]byte{retired.Public()}, Encrypt: box(t), NKey: "UA"},
		{ID: "63", Sign: other.Public(), Encrypt: box(t)},
	}}
	first, err := office.SignTrust(operator, have)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*proof.Signer{member, other} {
		if err := first.CoSign(m); err != nil {
			t.Fatal(err)
		}
	}
	trust, err := NewTrust(operator.Public(), &first)
	if err != nil {
		t.Fatal(err)
	}
	word := func(s office.Succession, now, next *proof.Signer) proof.Signed {
		t.Helper()
		by, err := office.SignSuccession(s, now, next)
		if err != nil {
			t.Fatal(err)
		}
		return by
	}
	good := office.Succession{Node: "23", Version: 2, Sign: next.Public()}
	change := func(f func(*office.Succession)) office.Succession {
		s := good
		f(&s)
		return s
	}
	stolen := change(func(s *office.Succession) { s.Sign = other.Public() })
	for _, tt := range []struct {
		name string
		by   proof.Signed
		list func(l *office.TrustList)
		want errs.Code
	}{
		{"by both keys", word(good, member, next), nil, 0},
		{"by the operator", word(good, operator, next), nil, errs.UnknownKey},
		{"by another member", word(good, other, next), nil, errs.BadTrustList},
		{"by a retired key", word(good, retired, next), nil, errs.BadTrustList},
		{"to a key that did not sign", word(good, member, signer(t)), nil, errs.UnknownKey},
		{"to another member's key", word(stolen, member, other), nil, errs.BadTrustList},
		{"back to the retired key", word(change(func(s *office.Succession) { s.Sign = retired.Public() }), member, retired), nil, errs.BadTrustList},
		{"of an earlier list", word(change(func(s *office.Succession) { s.Version = 1 }), member, next), nil, errs.BadTrustList},
		{"for another node", word(change(func(s *office.Succession) { s.Node = "63" }), member, next), nil, errs.BadTrustList},
		{"and the box", word(good, member, next), func(l *office.TrustList) { l.Nodes[0].Encrypt = box(t) }, errs.BadTrustList},
		{"and the channel key", word(good, member, next), func(l *office.TrustList) { l.Nodes[0].NKey = "UB" }, errs.BadTrustList},
		{"and another's key", word(good, member, next), func(l *office.TrustList) { l.Nodes[1].Sign = signer(t).Public() }, errs.BadTrustList},
		{"and forgets the old key", word(good, member, next), func(l *office.TrustList) { l.Nodes[0].OldSign = nil }, errs.BadTrustList},
		{"and drops a member", word(good, member, next), func(l *office.TrustList) { l.Nodes = l.Nodes[:1] }, errs.BadTrustList},
		{"to another key on the list", word(good, member, next), func(l *office.TrustList) { l.Nodes[0].Sign = signer(t).Public() }, errs.BadTrustList},
	} {
		list := &office.TrustList{Version: 2, Issued: have.Issued, Nodes: slices.Clone(have.Nodes)}
		list.Nodes[0] = list.Nodes[0].Succeeded(good)
		if tt.list != nil {
			tt.list(list)
		}
		proposal, err := office.SignTrust(operator, list)
		if err != nil {
			t.Fatal(tt.name, err)
		}
		_, err = trust.CoSignSuccession(Changing{proposal, tt.by}, other)
		if tt.want == 0 && err != nil || tt.want != 0 && !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if _, err := trust.CoSign(proposal, other); !errs.Is(err, errs.BadTrustList) {
			t.Errorf("%s, without the word of the keys: %v", tt.name, err)
		}
	}
	// Once in force, the old key is believed of what it signed, and votes no more.
	list, _, err := trust.Succeed(word(good, member, next))
	if err != nil {
		t.Fatal(err)
	}
	before, err := proof.SignJSON(member, "fact", "x")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := list.Check(before, "fact"); err != nil || n.ID != "23" {
		t.Errorf("what the old key signed: %q, %v", n.ID, err)
	}
}

// A node signs with the key that the list names, whichever of its keys that is.
func TestOwnKey(t *testing.T) {
	keys := gm.MemoryKeys()
	var public [][]byte
	for n := 1; n <= 3; n++ {
		k, err := keys.SignKey(SignName(n))
		if err != nil {
			t.Fatal(err)
		}
		public = append(public, k.Public())
	}
	for want, sign := range map[int][]byte{1: public[0], 2: public[1], 3: public[2]} {
		list := &office.TrustList{Nodes: []office.Node{{ID: "23", Sign: sign}}}
		if k, n, err := OwnKey(keys, list, "23"); err != nil || n != want || !bytes.Equal(k.Public(), sign) {
			t.Errorf("key %d instead of %d, %v", n, want, err)
		}
	}
	for name, list := range map[string]*office.TrustList{
		"no list": {}, "a key from elsewhere": {Nodes: []office.Node{{ID: "23", Sign: signer(t).Public()}}},
	} {
		if k, n, err := OwnKey(keys, list, "23"); err != nil || n != 1 || !bytes.Equal(k.Public(), public[0]) {
			t.Errorf("%s: key %d, %v", name, n, err)
		}
	}
}
