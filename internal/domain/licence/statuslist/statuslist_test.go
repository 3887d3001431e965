package statuslist

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"tongban/internal/domain/licence/jws"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

const uri = "https://qinghai.example/status/1"

var now = time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)

// TestVectors are those of the draft, §4.1 and §4.2.
func TestVectors(t *testing.T) {
	one, err := Unpack("eNrbuRgAAhcBXQ", 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Value{1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1} {
		if got, err := one.Get(i); err != nil || got != want {
			t.Errorf("one bit, place %d: %d %v", i, got, err)
		}
	}
	two, err := Unpack("eNo76fITAAPfAgc", 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Value{1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3} {
		if got, err := two.Get(i); err != nil || got != want {
			t.Errorf("two bits, place %d: %d %v", i, got, err)
		}
	}
}

func TestSetGet(t *testing.T) {
	for _, bits := range []int{1, 2, 4, 8} {
		const n = 1000
		l, want := New(n, bits), make([]Value, n)
		random := rand.New(rand.NewPCG(1, 2))
		for range 3000 {
			i, v := random.IntN(n), Value(random.IntN(1<<bits))
			want[i] = v
			if err := l.Set(i, v); err != nil {
				t.Fatal(err)
			}
		}
		lst, err := l.Pack()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Unpack(lst, bits)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if got, err := back.Get(i); err != nil || got != want[i] {
				t.Fatalf("%d bits, place %d: %d, want %d, %v", bits, i, got, want[i], err)
			}
		}
		for _, i := range []int{-1, back.Len(), 1 << 40} {
			if _, err := back.Get(i); !errs.Is(err, errs.StatusOutOfRange) {
				t.Errorf("place %d: %v", i, err)
			}
			if err := l.Set(i, 0); !errs.Is(err, errs.StatusOutOfRange) {
				t.Errorf("setting place %d: %v", i, err)
			}
		}
	}
	if err := New(8, 1).Set(0, Suspended); !errs.Is(err, errs.StatusOutOfRange) {
		t.Error("2 fits into one bit")
	}
}

func bomb(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	if _, err := z.Write(make([]byte, 16<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return jws.Encode(out.Bytes())
}

func TestUnpackRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		lst  string
		bits int
	}{
		"three bits": {"eNrbuRgAAhcBXQ", 3}, "no bits": {"eNrbuRgAAhcBXQ", 0}, "empty": {"", 1}, "not base64url": {"eNr+", 1}, "not zlib": {jws.Encode([]byte("abc")), 1},
		"cut": {"eNrbuRgAAhcB", 1}, "an empty list": {"eJwDAAAAAAE", 1}, "a bomb": {bomb(t), 2},
	} {
		if l, err := Unpack(c.lst, c.bits); !errs.Is(err, errs.StatusUnreadable) {
			t.Errorf("%s: %v %v", name, l, err)
		}
	}
}

func signer(t testing.TB, name string) *jws.Signer {
	t.Helper()
	k, err := gm.MemoryKeys().ES256Key(name)
	if err != nil {
		t.Fatal(err)
	}
	return jws.NewES256(k)
}

func TestSignedList(t *testing.T) {
	s, other := signer(t, "a"), signer(t, "b")
	l := New(100, 2)
	for i, v := range map[int]Value{5: Invalid, 6: Suspended, 7: 3} {
		if err := l.Set(i, v); err != nil {
			t.Fatal(err)
		}
	}
	find := func(jws.Header) (jws.Key, error) { return s.Key, nil }
	token, err := Sign(s, uri, l, now)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := Read(token, uri, find, now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]errs.Code{0: 0, 5: errs.LicenceRevoked, 6: errs.LicenceSuspended, 7: errs.LicenceRevoked, 100: errs.StatusOutOfRange, -1: errs.StatusOutOfRange} {
		if err := seen.Judge(i); (want == 0) != (err == nil) || (err != nil && !errs.Is(err, want)) {
			t.Errorf("place %d: %v", i, err)
		}
	}
	if !seen.At.Equal(now) || !seen.Fresh(now.Add(TTL)) || seen.Fresh(now.Add(TTL+time.Second)) {
		t.Errorf("seen %+v", seen)
	}
	made := func(by *jws.Signer, typ string, body any) string {
		b, err := proof.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		token, err := jws.Sign(by, typ, true, b)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := map[string]any{"bits": 1, "lst": "eNrbuRgAAhcBXQ"}
	for name, c := range map[string]struct {
		token string
		at    time.Time
		want  errs.Code
	}{
		"out of date":      {token, now.Add(Life + time.Second), errs.StatusStale},
		"from the future":  {token, now.Add(-time.Hour), errs.StatusStale},
		"another signer":   {made(other, Typ, map[string]any{"sub": uri, "iat": now.Unix(), "status_list": good}), now, errs.BadSignature},
		"another type":     {made(s, "JWT", map[string]any{"sub": uri, "iat": now.Unix(), "status_list": good}), now, errs.WrongType},
		"another list":     {made(s, Typ, map[string]any{"sub": uri + "0", "iat": now.Unix(), "status_list": good}), now, errs.StatusUnreadable},
		"no time":          {made(s, Typ, map[string]any{"sub": uri, "status_list": good}), now, errs.StatusUnreadable},
		"no list":          {made(s, Typ, map[string]any{"sub": uri, "iat": now.Unix()}), now, errs.StatusUnreadable},
		"no token":         {"", now, errs.StatusUnreadable},
		"bits as text":     {made(s, Typ, map[string]any{"sub": uri, "iat": now.Unix(), "status_list": map[string]any{"bits": "1", "lst": ""}}), now, errs.StatusUnreadable},
		"a bomb":           {made(s, Typ, map[string]any{"sub": uri, "iat": now.Unix(), "status_list": map[string]any{"bits": 2, "lst": bomb(t)}}), now, errs.StatusUnreadable},
		"a list of claims": {made(s, Typ, []any{}), now, errs.StatusUnreadable},
	} {
		if _, err := Read(c.token, uri, find, c.at); !errs.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRef(t *testing.T) {
	read := func(v any) (Ref, bool, error) {
		b, err := json.Marshal(map[string]any{"status": v})
		if err != nil {
			t.Fatal(err)
		}
		m, err := jws.Value(b)
		if err != nil {
			t.Fatal(err)
		}
		return RefOf(m.(map[string]any))
	}
	if r, ok, err := read(Ref{uri, 7}.Claim()); err != nil || !ok || r != (Ref{uri, 7}) {
		t.Errorf("%+v %v %v", r, ok, err)
	}
	if _, ok, err := RefOf(map[string]any{}); ok || err != nil {
		t.Error("a status out of nothing")
	}
	for name, v := range map[string]any{
		"text": "x", "empty": map[string]any{}, "negative": Ref{uri, -1}.Claim(), "no uri": Ref{"", 1}.Claim(),
		"half a place": map[string]any{"status_list": map[string]any{"uri": uri, "idx": 1.5}}, "huge": map[string]any{"status_list": map[string]any{"uri": uri, "idx": 1 << 50}},
	} {
		if _, _, err := read(v); !errs.Is(err, errs.TokenUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add("eNrbuRgAAhcBXQ", 1)
	f.Add("eNo76fITAAPfAgc", 2)
	f.Fuzz(func(t *testing.T, lst string, bits int) {
		l, err := Unpack(lst, bits)
		if err == nil && (l.Len() == 0 || len(l.b) > maxBytes) {
			t.Fatal(l.Len())
		} else if err != nil && !errs.Is(err, errs.StatusUnreadable) {
			t.Fatal(err)
		}
	})
}
