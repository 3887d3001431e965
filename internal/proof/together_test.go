package proof

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tongban/internal/kernel/errs"
)

// together has n objects ask for a signature at the same moment, right after another one.
func together(t *testing.T, s *Signer, n int) []Signed {
	t.Helper()
	out := make([]Signed, n)
	synctest.Test(t, func(t *testing.T) {
		s.Gather(time.Millisecond)
		ask := func(i int) {
			var err error
			if out[i], err = s.SignTogether("fact", fmt.Appendf(nil, `{"n":%d}`, i)); err != nil {
				t.Error(err)
			}
		}
		ask(0)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { ask(i) })
		}
		wg.Wait()
	})
	return out
}

func TestSignTogether(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 31, 64, 65, 130} {
		s := newSigner(t)
		signatures := map[string]bool{}
		for i, o := range together(t, s, n) {
			if err := Check(o, "fact", s.Public()); err != nil {
				t.Errorf("%d of %d: %v", i, n, err)
			}
			signatures[string(o.Sig[:sigSize])] = true
		}
		if want := (n + mostTogether - 1) / mostTogether; len(signatures) != want {
			t.Errorf("%d objects: %d signatures, want %d", n, len(signatures), want)
		}
	}
}

// Nobody waits for company that there is no sign of.
func TestAloneIsSignedAtOnce(t *testing.T) {
	s := newSigner(t)
	s.Gather(time.Millisecond)
	synctest.Test(t, func(t *testing.T) {
		for range 3 {
			time.Sleep(time.Second)
			begin := time.Now()
			if _, err := s.SignTogether("fact", []byte("{}")); err != nil || time.Since(begin) != 0 {
				t.Errorf("after %s: %v", time.Since(begin), err)
			}
		}
	})
}

func TestCheckOfATree(t *testing.T) {
	a, b := newSigner(t), newSigner(t)
	list := together(t, a, 5)
	good, last := list[1], list[4]
	alone, err := a.SignTogether("fact", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	change := func(o Signed, f func(*Signed)) Signed {
		o.Body, o.Sig = bytes.Clone(o.Body), bytes.Clone(o.Sig)
		f(&o)
		return o
	}
	for _, c := range []struct {
		name string
		s    Signed
		pub  []byte
		want errs.Code
	}{
		{"untouched", good, a.Public(), 0},
		{"without a sibling on two levels", last, a.Public(), 0},
		{"alone", alone, a.Public(), 0},
		{"another key", good, b.Public(), errs.UnknownKey},
		{"key id rewritten", change(good, func(s *Signed) { s.Key = b.KeyID() }), b.Public(), errs.BadSignature},
		{"read as signed by itself", change(alone, func(s *Signed) { s.Suite, s.Sig = Suite, s.Sig[:sigSize] }), a.Public(), errs.BadSignature},
		{"body changed", change(good, func(s *Signed) { s.Body[5] = '7' }), a.Public(), errs.BadSignature},
		{"a sibling's place", change(good, func(s *Signed) { s.Sig = list[0].Sig }), a.Public(), errs.BadSignature},
		{"root's signature changed", change(good, func(s *Signed) { s.Sig[0] ^= 1 }), a.Public(), errs.BadSignature},
		{"of another tree", change(good, func(s *Signed) { copy(s.Sig, alone.Sig[:sigSize]) }), a.Public(), errs.BadSignature},
		{"sides changed", change(good, func(s *Signed) { s.Sig[sigSize+1] ^= 2 }), a.Public(), errs.BadSignature},
		{"sides beyond the hashes", change(good, func(s *Signed) { s.Sig[sigSize] |= 0x80 }), a.Public(), errs.BadSignature},
		{"a hash changed", change(good, func(s *Signed) { s.Sig[sigSize+2] ^= 1 }), a.Public(), errs.BadSignature},
		{"a hash missing", change(good, func(s *Signed) { s.Sig = s.Sig[:len(s.Sig)-32] }), a.Public(), errs.BadSignature},
		{"half a hash", change(good, func(s *Signed) { s.Sig = s.Sig[:len(s.Sig)-16] }), a.Public(), errs.BadSignature},
		{"no sides", change(alone, func(s *Signed) { s.Sig = s.Sig[:sigSize] }), a.Public(), errs.BadSignature},
		{"no signature", change(good, func(s *Signed) { s.Sig = nil }), a.Public(), errs.BadSignature},
		{"a path without end", change(alone, func(s *Signed) { s.Sig = append(s.Sig, make([]byte, 32*1000)...) }), a.Public(), errs.BadSignature},
		{"a node sold as an object", nodeAsObject(good), a.Public(), errs.BadSignature},
	} {
		for range 2 { // also when it was asked before
			if err := Check(c.s, "fact", c.pub); (err != nil || c.want != 0) && errs.CodeOf(err) != c.want {
				t.Errorf("%s: %v, want %d", c.name, err, c.want)
			}
		}
	}
}

// nodeAsObject takes one level away and offers what stood below as the object.
func nodeAsObject(s Signed) Signed {
	h := s.Hash()
	sibling := s.Sig[sigSize+2 : sigSize+34]
	s.Body = append([]byte{1}, append(bytes.Clone(sibling), h[:]...)...)
	s.Sig = append(append(bytes.Clone(s.Sig[:sigSize]), 0, 0), s.Sig[sigSize+34:]...)
	return s
}

// Bad signatures push no good ones out of the memory, and are not taken for good later.
func TestRootsForgetWhatIsBad(t *testing.T) {
	m := memo{most: 2}
	s := newSigner(t)
	msg := []byte("root")
	sig, err := s.key.Sign(msg)
	if err != nil {
		t.Fatal(err)
	}
	if !m.good(s.Public(), msg, sig) {
		t.Fatal("good one refused")
	}
	for i := range 20 {
		if m.good(s.Public(), fmt.Append(nil, i), sig) {
			t.Error("bad one taken")
		}
	}
	if len(m.now)+len(m.old) > 2 {
		t.Errorf("%d remembered", len(m.now)+len(m.old))
	}
}

func FuzzCutSigned(f *testing.F) {
	whole := Signed{Suite: Suite, Typ: "fact", Key: "k", Body: []byte("{}"), Sig: []byte("s")}.AppendBinary(nil)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, rest, ok := CutSigned(b)
		if !ok {
			return
		}
		again, more, ok := CutSigned(append(s.AppendBinary(nil), rest...))
		if !ok || !bytes.Equal(again.Body, s.Body) || !bytes.Equal(again.Sig, s.Sig) || again.Typ != s.Typ || !bytes.Equal(more, rest) {
			t.Errorf("%+v became %+v", s, again)
		}
	})
}
