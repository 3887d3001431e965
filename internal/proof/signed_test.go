package proof

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

func newSigner(t testing.TB) *Signer {
	t.Helper()
	k, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	return NewSigner(k)
}

func sign(t testing.TB, s *Signer, typ, body string) Signed {
	t.Helper()
	out, err := s.Sign(typ, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCheck(t *testing.T) {
	a, b := newSigner(t), newSigner(t)
	good := sign(t, a, "receipt", `{"x":1}`)
	change := func(f func(*Signed)) Signed {
		c := good
		c.Body, c.Sig = bytes.Clone(good.Body), bytes.Clone(good.Sig)
		f(&c)
		return c
	}
	for _, c := range []struct {
		name string
		s    Signed
		typ  string
		pub  []byte
		want errs.Code
	}{
		{"untouched", good, "receipt", a.Public(), 0},
		{"another type expected", good, "envelope", a.Public(), errs.WrongType},
		{"type rewritten", change(func(s *Signed) { s.Typ = "envelope" }), "envelope", a.Public(), errs.BadSignature},
		{"suite rewritten", change(func(s *Signed) { s.Suite = "ES256" }), "receipt", a.Public(), errs.UnknownKey},
		{"another key", good, "receipt", b.Public(), errs.UnknownKey},
		{"key id rewritten", change(func(s *Signed) { s.Key = b.KeyID() }), "receipt", b.Public(), errs.BadSignature},
		{"body changed", change(func(s *Signed) { s.Body[5] = '2' }), "receipt", a.Public(), errs.BadSignature},
		{"body longer", change(func(s *Signed) { s.Body = append(s.Body, ' ') }), "receipt", a.Public(), errs.BadSignature},
		{"signature changed", change(func(s *Signed) { s.Sig[0] ^= 1 }), "receipt", a.Public(), errs.BadSignature},
		{"signature missing", change(func(s *Signed) { s.Sig = nil }), "receipt", a.Public(), errs.BadSignature},
		{"lines moved between fields", change(func(s *Signed) {
			s.Body = append([]byte(s.Key+"\n"), s.Body...)
		}), "receipt", a.Public(), errs.BadSignature},
	} {
		err := Check(c.s, c.typ, c.pub)
		if (c.want == 0) != (err == nil) || (err != nil && !errs.Is(err, c.want)) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestSignedSurvivesJSON(t *testing.T) {
	s := newSigner(t)
	in, err := SignJSON(s, "fact", map[string]string{"name": "<尚志市> & 西宁市"})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"name":"<尚志市> & 西宁市"}`; string(in.Body) != want {
		t.Errorf("body %s, want %s", in.Body, want)
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out Signed
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(in, out); d != "" {
		t.Error(d)
	}
	if err := Check(out, "fact", s.Public()); err != nil {
		t.Error(err)
	}
	var back map[string]string
	if err := out.Into(&back); err != nil || back["name"] != "<尚志市> & 西宁市" {
		t.Error(back, err)
	}
}

func TestSignRefusesTypes(t *testing.T) {
	s := newSigner(t)
	for _, typ := range []string{"", "a\nb", "Fact", "-a", strings.Repeat("a", 65), "事实"} {
		if _, err := s.Sign(typ, nil); !errs.Is(err, errs.WrongType) {
			t.Errorf("%q: %v", typ, err)
		}
	}
	if _, err := SignJSON(s, "fact", func() {}); !errs.Is(err, errs.Unexpected) {
		t.Errorf("a function as JSON: %v", err)
	}
}

func TestHashIsNotTheSignature(t *testing.T) {
	s := newSigner(t)
	a, b := sign(t, s, "fact", "x"), sign(t, s, "fact", "x")
	if a.Hash() != b.Hash() {
		t.Error("two signatures over the same object give two hashes")
	}
	if bytes.Equal(a.Sig, b.Sig) {
		t.Error("two signatures are the same")
	}
	if a.Hash() == sign(t, s, "receipt", "x").Hash() {
		t.Error("the type is not in the hash")
	}
}

func TestHashText(t *testing.T) {
	h := HashOf([]byte("a"), []byte("bc"))
	const want = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
	if h.String() != want {
		t.Errorf("SM3(abc) = %s", h)
	}
	b, err := json.Marshal(map[string]Hash{"h": h})
	if err != nil || string(b) != `{"h":"`+want+`"}` {
		t.Error(string(b), err)
	}
	var back map[string]Hash
	if err := json.Unmarshal(b, &back); err != nil || back["h"] != h {
		t.Error(back, err)
	}
	for _, bad := range []string{"", want[1:], want + "00", strings.ToUpper(want), "zz" + want[2:]} {
		if _, err := ParseHash(bad); !errs.Is(err, errs.UnreadableBody) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if r, n, err := HashReader(strings.NewReader("abc")); r != h || n != 3 || err != nil {
		t.Error(r, n, err)
	}
	if h.IsZero() || !(Hash{}).IsZero() {
		t.Error("IsZero")
	}
}

func TestInto(t *testing.T) {
	for _, c := range []struct {
		body string
		ok   bool
	}{
		{`{"a":1}`, true},
		{` {"a":1} ` + "\n", true},
		{`{"a":1,"newer":[1,2]}`, true},
		{`{"a":1}{"a":2}`, false},
		{`{"a":1,"a":1}`, false},
		{"{\"a\":1,\"b\":\"\xff\"}", false},
		{`{"a":1}x`, false},
		{`{"a":1}]`, false},
		{`{"a":"text"}`, false},
		{`{"a":1`, false},
		{``, false},
	} {
		var v struct {
			A int `json:"a"`
		}
		err := Signed{Typ: "fact", Body: []byte(c.body)}.Into(&v)
		if c.ok && (err != nil || v.A != 1) || !c.ok && !errs.Is(err, errs.UnreadableBody) {
			t.Errorf("%q: %+v %v", c.body, v, err)
		}
	}
}

func FuzzInto(f *testing.F) {
	f.Add([]byte(`{"suite":"SM","typ":"fact","key":"0","body":"e30=","sig":""}`))
	f.Add([]byte(`{} {}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v Signed
		if err := (Signed{Body: b}).Into(&v); err == nil && !json.Valid(b) {
			t.Fatalf("%q was read but is not one JSON value", b)
		} else if err != nil && !errs.Is(err, errs.UnreadableBody) {
			t.Fatal(err)
		}
	})
}

func BenchmarkSignCheck1K(b *testing.B) {
	s := newSigner(b)
	body := bytes.Repeat([]byte("x"), 1024)
	for b.Loop() {
		o, err := s.Sign("fact", body)
		if err != nil || Check(o, "fact", s.Public()) != nil {
			b.Fatal(err)
		}
	}
}
