package proof

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

const frameCipher = framePlain + frameTag

func encrypt(t testing.TB, key, plain []byte) (ct []byte, address Hash) {
	t.Helper()
	var b bytes.Buffer
	address, n, err := EncryptStream(key, bytes.NewReader(plain), &b)
	if err != nil || n != int64(len(plain)) {
		t.Fatal(n, err)
	}
	return b.Bytes(), address
}

func TestStream(t *testing.T) {
	key := NewBlobKey()
	for _, size := range []int{0, 1, framePlain - 1, framePlain, framePlain + 1, 2 * framePlain, 3*framePlain + 17} {
		plain := make([]byte, size)
		_, _ = rand.Read(plain)
		ct, address := encrypt(t, key, plain)
		if int64(len(ct)) != CipherSize(int64(size)) {
			t.Errorf("%d: ciphertext of %d bytes, CipherSize says %d", size, len(ct), CipherSize(int64(size)))
		}
		if h, n, err := HashReader(bytes.NewReader(ct)); h != address || n != int64(len(ct)) || err != nil {
			t.Errorf("%d: address %s, hash %s, %v", size, address, h, err)
		}
		for name, r := range map[string]io.Reader{
			"whole": bytes.NewReader(ct), "halves": iotest.HalfReader(bytes.NewReader(ct)), "data with EOF": iotest.DataErrReader(bytes.NewReader(ct)),
		} {
			var out bytes.Buffer
			if err := DecryptStream(key, r, &out); err != nil || !bytes.Equal(out.Bytes(), plain) {
				t.Errorf("%d %s: %d bytes back, %v", size, name, out.Len(), err)
			}
		}
		if again, _ := encrypt(t, key, plain); bytes.Equal(again, ct) {
			t.Errorf("%d: the same key encrypts twice to the same bytes", size)
		}
	}
}

func TestStreamRefuses(t *testing.T) {
	key := NewBlobKey()
	plain := make([]byte, 3*framePlain)
	_, _ = rand.Read(plain)
	ct, _ := encrypt(t, key, plain)
	other, _ := encrypt(t, key, plain)
	empty, _ := encrypt(t, key, nil)
	frameAt := func(b []byte, i int) []byte { return b[streamHead+i*frameCipher : streamHead+(i+1)*frameCipher] }
	head := ct[:streamHead]
	for name, bad := range map[string][]byte{
		"nothing":                     nil,
		"half a header":               ct[:4],
		"header only":                 head,
		"another form":                append([]byte{9}, ct[1:]...),
		"changed prefix":              append([]byte{streamV1, ct[1] ^ 1}, ct[2:]...),
		"cut at a frame":              ct[:len(ct)-frameCipher],
		"cut in a frame":              ct[:len(ct)-1],
		"longer":                      append(bytes.Clone(ct), 0),
		"frames swapped":              bytes.Join([][]byte{head, frameAt(ct, 1), frameAt(ct, 0), frameAt(ct, 2)}, nil),
		"frame repeated":              bytes.Join([][]byte{head, frameAt(ct, 0), frameAt(ct, 0), frameAt(ct, 1), frameAt(ct, 2)}, nil),
		"frame dropped":               bytes.Join([][]byte{head, frameAt(ct, 0), frameAt(ct, 2)}, nil),
		"last frame only":             bytes.Join([][]byte{head, frameAt(ct, 2)}, nil),
		"frame of another stream":     bytes.Join([][]byte{head, frameAt(other, 0), frameAt(ct, 1), frameAt(ct, 2)}, nil),
		"an empty stream at the tail": append(bytes.Clone(ct), empty[streamHead:]...),
	} {
		if err := DecryptStream(key, bytes.NewReader(bad), io.Discard); !errs.Is(err, errs.CannotDecrypt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := DecryptStream(NewBlobKey(), bytes.NewReader(ct), io.Discard); !errs.Is(err, errs.CannotDecrypt) {
		t.Errorf("another key: %v", err)
	}
	if err := DecryptStream(nil, bytes.NewReader(ct), io.Discard); !errs.Is(err, errs.BadKey) {
		t.Errorf("no key: %v", err)
	}
	if _, _, err := EncryptStream(nil, bytes.NewReader(plain), io.Discard); !errs.Is(err, errs.BadKey) {
		t.Errorf("encrypting without a key: %v", err)
	}
}

// TestStreamBrokenInput: an upload that breaks off may not become a shorter file.
func TestStreamBrokenInput(t *testing.T) {
	key := NewBlobKey()
	for _, broken := range []error{io.ErrUnexpectedEOF, iotest.ErrTimeout} {
		for _, size := range []int{0, 100, framePlain, framePlain + 1} {
			r := io.MultiReader(bytes.NewReader(make([]byte, size)), iotest.ErrReader(broken))
			if _, _, err := EncryptStream(key, r, io.Discard); !errors.Is(err, broken) {
				t.Errorf("encrypting %d bytes, then %v: %v", size, broken, err)
			}
			ct, _ := encrypt(t, key, make([]byte, size))
			r = io.MultiReader(bytes.NewReader(ct), iotest.ErrReader(broken))
			if err := DecryptStream(key, r, io.Discard); !errors.Is(err, broken) {
				t.Errorf("decrypting %d bytes, then %v: %v", size, broken, err)
			}
		}
	}
}

type fullDisk struct{ left int }

var errFull = errors.New("disk full")

func (d *fullDisk) Write(b []byte) (int, error) {
	if d.left -= len(b); d.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestStreamFullDisk(t *testing.T) {
	key, plain := NewBlobKey(), make([]byte, 2*framePlain)
	for _, room := range []int{0, 8, framePlain + 100} {
		if _, _, err := EncryptStream(key, bytes.NewReader(plain), &fullDisk{room}); !errors.Is(err, errFull) {
			t.Errorf("room %d: %v", room, err)
		}
	}
	ct, _ := encrypt(t, key, plain)
	if err := DecryptStream(key, bytes.NewReader(ct), &fullDisk{10}); !errors.Is(err, errFull) {
		t.Errorf("decrypting: %v", err)
	}
}

func FuzzDecryptStream(f *testing.F) {
	key := gm.NewSecret()
	ct, _ := encrypt(f, key, []byte("scan"))
	f.Add(ct)
	f.Add([]byte{streamV1, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := DecryptStream(key, bytes.NewReader(b), io.Discard); err == nil && !bytes.Equal(b, ct) {
			t.Fatal("a made-up stream opened")
		} else if err != nil && !errs.Is(err, errs.CannotDecrypt) {
			t.Fatal(err)
		}
	})
}

func BenchmarkEncryptStream1M(b *testing.B) {
	key, plain := NewBlobKey(), make([]byte, 1<<20)
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := EncryptStream(key, bytes.NewReader(plain), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
