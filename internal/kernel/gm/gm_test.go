package gm

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"tongban/internal/kernel/errs"
)

func TestSelfTest(t *testing.T) {
	if err := SelfTest(); err != nil {
		t.Fatal(err)
	}
}

// TestPublishedPrivateKey ties the vector's public key to the private key that GB/T 32918.5 prints beside it.
func TestPublishedPrivateKey(t *testing.T) {
	d, err := hex.DecodeString("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
	if err != nil {
		t.Fatal(err)
	}
	key, err := sm2.NewPrivateKey(d)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPair(key)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(p.Public(), unhex(vecPub)) {
		t.Errorf("public key %X", p.Public())
	}
	sig, err := p.Sign([]byte(vecMsg))
	if err != nil || len(sig) != SignatureSize {
		t.Fatal(len(sig), err)
	}
	if !Verify(unhex(vecPub), []byte(vecMsg), sig) {
		t.Error("own signature does not verify")
	}
}

func TestVerifyRefuses(t *testing.T) {
	pub, msg, sig := unhex(vecPub), []byte(vecMsg), unhex(vecSig)
	flip := func(b []byte, i int) []byte { c := bytes.Clone(b); c[i] ^= 1; return c }
	other, err := MemoryKeys().SignKey("other")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ pub, msg, sig []byte }{
		"changed message":    {pub, flip(msg, 3), sig},
		"changed r":          {pub, msg, flip(sig, 5)},
		"changed s":          {pub, msg, flip(sig, 60)},
		"short signature":    {pub, msg, sig[:63]},
		"long signature":     {pub, msg, append(bytes.Clone(sig), 0)},
		"zero signature":     {pub, msg, make([]byte, SignatureSize)},
		"no signature":       {pub, msg, nil},
		"another key":        {other.Public(), msg, sig},
		"key off the curve":  {flip(pub, 40), msg, sig},
		"compressed key":     {append([]byte{2}, pub[1:33]...), msg, sig},
		"key without prefix": {pub[1:], msg, sig},
		"no key":             {nil, msg, sig},
	} {
		if Verify(c.pub, c.msg, c.sig) {
			t.Errorf("%s: accepted", name)
		}
	}
	if !Verify(pub, msg, sig) {
		t.Error("the untouched signature is refused")
	}
}

func TestDER(t *testing.T) {
	for _, s := range []string{
		"00000000000000000000000000000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000000000080",
		"ff00000000000000000000000000000000000000000000000000000000000001007f000000000000000000000000000000000000000000000000000000000000",
	} {
		want, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		der, ok := toDER(want)
		got, err := fromDER(der)
		if !ok || err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %x, %v", s, got, err)
		}
	}
	for _, bad := range []string{"", "3000", "3003020101", "300602010102010100", "3026022100" + "01" + "00", "30060201ff020101ff"} {
		b, err := hex.DecodeString(bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fromDER(b); err == nil {
			t.Errorf("%s: accepted", bad)
		}
	}
}

func TestEncryptRefuses(t *testing.T) {
	k, err := MemoryKeys().DecryptKey("k")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Encrypt(k.Public(), nil); !errs.Is(err, errs.BadRequest) {
		t.Errorf("empty: %v", err)
	}
	if _, err := Encrypt(k.Public()[:64], []byte("x")); !errs.Is(err, errs.BadKey) {
		t.Errorf("short key: %v", err)
	}
	ct, err := Encrypt(k.Public(), []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range ct {
		bad := bytes.Clone(ct)
		bad[i] ^= 1
		if plain, err := k.Decrypt(bad); err == nil && bytes.Equal(plain, []byte("0123456789abcdef")) {
			continue // a changed tag byte of the ASN.1 form may still say the same
		} else if !errs.Is(err, errs.CannotDecrypt) {
			t.Fatalf("byte %d: %q %v", i, plain, err)
		}
	}
	if _, err := k.Decrypt(nil); !errs.Is(err, errs.CannotDecrypt) {
		t.Errorf("nothing: %v", err)
	}
}

func TestOpenKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	first, err := OpenKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := OpenKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, err := first.SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	b, err := again.SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Public(), b.Public()) {
		t.Error("the key changed between two openings")
	}
	sig, err := a.Sign([]byte("x"))
	if err != nil || !Verify(b.Public(), []byte("x"), sig) {
		t.Errorf("signature of a stored key: %v", err)
	}
	s1, err1 := first.Secret("kek")
	s2, err2 := again.Secret("kek")
	if err1 != nil || err2 != nil || !bytes.Equal(s1, s2) || len(s1) != SecretSize {
		t.Errorf("secrets %d %d bytes: %v %v", len(s1), len(s2), err1, err2)
	}
	for _, name := range []string{"sign.pem", "kek.pem"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".new-*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v %v", left, err)
	}
}

func TestOpenKeysRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, mode os.FileMode, b []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), b, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("open.pem", 0o644, []byte("x"))
	write("junk.pem", 0o600, []byte("x"))
	write("wrong.pem", 0o600, pem.EncodeToMemory(&pem.Block{Type: pairBlock, Bytes: []byte{1, 2, 3}}))
	write("short.pem", 0o600, pem.EncodeToMemory(&pem.Block{Type: secretBlock, Bytes: []byte{1, 2, 3}}))
	k, err := OpenKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"open", "junk", "wrong", "short", "", "../up", "A", "a/b", "a.b"} {
		if _, err := k.SignKey(name); !errs.Is(err, errs.BadKey) {
			t.Errorf("SignKey(%q): %v", name, err)
		}
		if _, err := k.Secret(name); !errs.Is(err, errs.BadKey) {
			t.Errorf("Secret(%q): %v", name, err)
		}
	}
}

// TestOpenKeysTogether starts many openings at once, as replicas of one node do: they must end with one key.
func TestOpenKeysTogether(t *testing.T) {
	dir := t.TempDir()
	pubs := make([]string, 8)
	var wg sync.WaitGroup
	for i := range pubs {
		wg.Go(func() {
			k, err := OpenKeys(dir)
			if err != nil {
				t.Error(err)
				return
			}
			s, err := k.SignKey("sign")
			if err != nil {
				t.Error(err)
				return
			}
			pubs[i] = string(s.Public())
		})
	}
	wg.Wait()
	for _, p := range pubs {
		if p != pubs[0] {
			t.Fatal("two keys under one name")
		}
	}
}

func TestParsedCacheIsBounded(t *testing.T) {
	parsedMu.Lock()
	clear(parsed)
	for i := range parsedMax {
		parsed[[PublicSize]byte{byte(i), byte(i >> 8)}] = &public{}
	}
	parsedMu.Unlock()
	if err := CheckPublic(unhex(vecPub)); err != nil {
		t.Fatal(err)
	}
	parsedMu.RLock()
	defer parsedMu.RUnlock()
	if len(parsed) != 1 {
		t.Errorf("%d keys kept", len(parsed))
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(unhex(vecPub), []byte(vecMsg), unhex(vecSig))
	f.Fuzz(func(t *testing.T, pub, msg, sig []byte) {
		if Verify(pub, msg, sig) && len(sig) != SignatureSize {
			t.Fatal("accepted")
		}
	})
}

func benchPair(b *testing.B) *pair {
	b.Helper()
	p, err := MemoryKeys().pair("bench")
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func BenchmarkSign1K(b *testing.B) {
	p, msg := benchPair(b), make([]byte, 1024)
	for b.Loop() {
		if _, err := p.Sign(msg); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify1K(b *testing.B) {
	p, msg := benchPair(b), make([]byte, 1024)
	sig, err := p.Sign(msg)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if !Verify(p.Public(), msg, sig) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkEncryptKey(b *testing.B) {
	p, key := benchPair(b), NewSecret()
	for b.Loop() {
		if _, err := Encrypt(p.Public(), key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecryptKey(b *testing.B) {
	p := benchPair(b)
	ct, err := Encrypt(p.Public(), NewSecret())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.Decrypt(ct); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGCM1K(b *testing.B) {
	aead, err := NewGCM(NewSecret())
	if err != nil {
		b.Fatal(err)
	}
	nonce, plain, out := make([]byte, 12), make([]byte, 1024), make([]byte, 0, 2048)
	_, _ = rand.Read(plain)
	b.SetBytes(1024)
	for b.Loop() {
		out = aead.Seal(out[:0], nonce, plain, nil)
	}
}

func BenchmarkSM31K(b *testing.B) {
	msg := make([]byte, 1024)
	b.SetBytes(1024)
	for b.Loop() {
		SM3(msg)
	}
}

func TestES256(t *testing.T) {
	keys := MemoryKeys()
	k, err := keys.ES256Key("es256")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := keys.ES256Key("es256"); err != nil || !bytes.Equal(again.Public(), k.Public()) {
		t.Errorf("asked twice: another key, %v", err)
	}
	msg := []byte("a licence")
	sig, err := k.SignES256(msg)
	if err != nil || len(sig) != SignatureSize || !VerifyES256(k.Public(), msg, sig) {
		t.Fatalf("own signature: %v", err)
	}
	other, err := keys.ES256Key("other")
	if err != nil {
		t.Fatal(err)
	}
	sm2, err := keys.SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]struct{ pub, msg, sig []byte }{
		"another key":    {other.Public(), msg, sig},
		"an SM2 key":     {sm2.Public(), msg, sig},
		"another text":   {k.Public(), msg[1:], sig},
		"cut":            {k.Public(), msg, sig[1:]},
		"zero":           {k.Public(), msg, make([]byte, SignatureSize)},
		"no key":         {nil, msg, sig},
		"off the curve":  {append([]byte{4}, bytes.Repeat([]byte{1}, 64)...), msg, sig},
		"point at zero":  {append([]byte{4}, make([]byte, 64)...), msg, sig},
		"without its 04": {k.Public()[1:], msg, sig},
	} {
		if VerifyES256(bad.pub, bad.msg, bad.sig) {
			t.Errorf("%s passes", name)
		}
	}
	if Verify(k.Public(), msg, sig) {
		t.Error("an ES256 signature passes for SM2")
	}
}

func TestES256KeyFrom(t *testing.T) {
	a, err := ES256KeyFrom([32]byte{31: 7})
	if err != nil {
		t.Fatal(err)
	}
	b, err := ES256KeyFrom([32]byte{31: 7})
	if err != nil || !bytes.Equal(a.Public(), b.Public()) {
		t.Errorf("the same seed, another key: %v", err)
	}
	for name, seed := range map[string][32]byte{"zero": {}, "all ones": [32]byte(bytes.Repeat([]byte{255}, 32))} {
		if k, err := ES256KeyFrom(seed); err != nil || CheckES256Public(k.Public()) != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestES256KeyFiles(t *testing.T) {
	dir := t.TempDir()
	first, err := OpenKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, err := first.ES256Key("es256")
	if err != nil {
		t.Fatal(err)
	}
	second, err := OpenKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := second.ES256Key("es256"); err != nil || !bytes.Equal(a.Public(), b.Public()) {
		t.Errorf("from its file another key: %v", err)
	}
	if _, err := second.SignKey("es256"); !errs.Is(err, errs.BadKey) {
		t.Errorf("a P-256 file as an SM2 key: %v", err)
	}
	if _, err := second.SignKey("sign"); err != nil {
		t.Fatal(err)
	}
	if _, err := first.ES256Key("sign"); !errs.Is(err, errs.BadKey) {
		t.Errorf("an SM2 file as a P-256 key: %v", err)
	}
}
