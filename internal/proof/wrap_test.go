package proof

import (
	"bytes"
	"testing"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

func newDecrypt(t testing.TB) gm.DecryptKey {
	t.Helper()
	k, err := gm.MemoryKeys().DecryptKey("encrypt")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestWrap(t *testing.T) {
	k, aad := newDecrypt(t), []byte("23>63")
	for _, plain := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("尚志"), 50_000)} {
		w, err := Wrap(k.Public(), plain, aad)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Unwrap(k, w, aad)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %d back, %v", len(plain), len(got), err)
		}
		if again, err := Wrap(k.Public(), plain, aad); err != nil || bytes.Equal(w, again) {
			t.Errorf("two wrappings are the same: %v", err)
		}
	}
	if _, err := Wrap(k.Public()[1:], nil, nil); !errs.Is(err, errs.BadKey) {
		t.Errorf("bad key: %v", err)
	}
}

// TestUnwrapRefuses changes every byte and every length of an envelope.
func TestUnwrapRefuses(t *testing.T) {
	k, aad := newDecrypt(t), []byte("23>63")
	w, err := Wrap(k.Public(), []byte("private"), aad)
	if err != nil {
		t.Fatal(err)
	}
	for i := range w {
		bad := bytes.Clone(w)
		bad[i] ^= 1
		if _, err := Unwrap(k, bad, aad); !errs.Is(err, errs.CannotDecrypt) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := Unwrap(k, w[:i], aad); !errs.Is(err, errs.CannotDecrypt) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	for name, err := range map[string]error{
		"longer":      second(Unwrap(k, append(bytes.Clone(w), 0), aad)),
		"another aad": second(Unwrap(k, w, []byte("23>64"))),
		"no aad":      second(Unwrap(k, w, nil)),
		"another key": second(Unwrap(newDecrypt(t), w, aad)),
	} {
		if !errs.Is(err, errs.CannotDecrypt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	big, err := gm.Encrypt(k.Public(), make([]byte, 17))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Unwrap(k, append([]byte{wrapV1, 0, byte(len(big))}, big...), nil); !errs.Is(err, errs.CannotDecrypt) {
		t.Errorf("key of 17 bytes: %v", err)
	}
}

func second(_ []byte, err error) error { return err }

func FuzzUnwrap(f *testing.F) {
	k := newDecrypt(f)
	w, err := Wrap(k.Public(), []byte("private"), []byte("a"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(w)
	f.Add([]byte{wrapV1, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := Unwrap(k, b, []byte("a")); err == nil && !bytes.Equal(b, w) {
			t.Fatal("a made-up envelope opened")
		} else if err != nil && !errs.Is(err, errs.CannotDecrypt) {
			t.Fatal(err)
		}
	})
}

func TestEncryptWith(t *testing.T) {
	key := gm.NewSecret()
	box, err := EncryptWith(key, []byte("answer"), []byte("head"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecryptWith(key, box, []byte("head")); err != nil || string(got) != "answer" {
		t.Errorf("%q %v", got, err)
	}
	for name, c := range map[string]struct {
		key, box, aad []byte
		want          errs.Code
	}{
		"another key":  {gm.NewSecret(), box, []byte("head"), errs.CannotDecrypt},
		"another head": {key, box, []byte("tail"), errs.CannotDecrypt},
		"cut":          {key, box[:8], []byte("head"), errs.CannotDecrypt},
		"no key":       {nil, box, []byte("head"), errs.BadKey},
	} {
		if _, err := DecryptWith(c.key, c.box, c.aad); !errs.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := EncryptWith(nil, nil, nil); !errs.Is(err, errs.BadKey) {
		t.Errorf("encrypting without a key: %v", err)
	}
}

func BenchmarkWrapUnwrap1K(b *testing.B) {
	k := newDecrypt(b)
	plain := make([]byte, 1024)
	for b.Loop() {
		w, err := Wrap(k.Public(), plain, nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Unwrap(k, w, nil); err != nil {
			b.Fatal(err)
		}
	}
}
