package blobs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

func newStore(t *testing.T, cfg Config) *Store {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// noise is n bytes that do not compress, always the same ones.
func noise(n int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{1}), n)
}

func put(t *testing.T, s *Store, n int64) Ref {
	t.Helper()
	ref, err := s.Put(t.Context(), noise(n))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func wantCode(t *testing.T, err error, want errs.Code) {
	t.Helper()
	if err == nil || errs.CodeOf(err) != want {
		t.Fatalf("got %v, want %s", err, want.Name())
	}
}

// files are all regular files of the store.
func files(t *testing.T, s *Store) (names []string) {
	t.Helper()
	err := filepath.WalkDir(s.cfg.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestPutAndRead(t *testing.T) {
	s := newStore(t, Config{})
	for _, n := range []int64{0, 1, 64 << 10, 64<<10 + 1, 3 << 20} {
		ref := put(t, s, n)
		var plain bytes.Buffer
		if err := s.Read(t.Context(), ref, &plain); err != nil {
			t.Fatal(err)
		}
		want, _ := io.ReadAll(noise(n))
		if !bytes.Equal(plain.Bytes(), want) || ref.Size != n {
			t.Errorf("%d bytes: read %d, ref %d", n, plain.Len(), ref.Size)
		}
		r, err := s.Open(t.Context(), ref.Address, 0)
		if err != nil {
			t.Fatal(err)
		}
		cipher, _ := io.ReadAll(r)
		_ = r.Close()
		if size, ok := s.Have(ref.Address); !ok || size != ref.Cipher || int64(len(cipher)) != size || proof.HashOf(cipher) != ref.Address {
			t.Errorf("%d bytes: have %d (%v), ref says %d, file has %d", n, size, ok, ref.Cipher, len(cipher))
		}
		if n > 100 && bytes.Contains(cipher, want[:32]) {
			t.Error("plaintext on disk")
		}
		tail, err := s.Open(t.Context(), ref.Address, 5)
		if err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(tail)
		_ = tail.Close()
		if !bytes.Equal(rest, cipher[5:]) {
			t.Error("reading from an offset")
		}
	}
	a, b := put(t, s, 10), put(t, s, 10)
	if a.Address == b.Address {
		t.Error("the same plaintext twice has one address: keys are not fresh")
	}
}

func TestReadRefuses(t *testing.T) {
	s := newStore(t, Config{})
	ref := put(t, s, 200<<10)
	wrong := ref
	wrong.Key = proof.NewBlobKey()
	wantCode(t, s.Read(t.Context(), wrong, io.Discard), errs.CannotDecrypt)
	wantCode(t, s.Read(t.Context(), Ref{Address: proof.HashOf(nil), Key: ref.Key}, io.Discard), errs.BlobMissing)
	data, err := os.ReadFile(s.path(ref.Address))
	if err != nil {
		t.Fatal(err)
	}
	data[100<<10] ^= 1
	if err := os.WriteFile(s.path(ref.Address), data, 0o600); err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.Read(t.Context(), ref, io.Discard), errs.CannotDecrypt)
	if err := s.Remove(ref.Address); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(ref.Address); err != nil {
		t.Errorf("removing twice: %v", err)
	}
	if _, ok := s.Have(ref.Address); ok {
		t.Error("still there after Remove")
	}
}

// fullAfter is a disk with room for so many bytes.
type fullAfter struct {
	w    io.Writer
	left *int
}

func (f fullAfter) Write(p []byte) (int, error) {
	if *f.left < len(p) {
		n, _ := f.w.Write(p[:*f.left])
		*f.left = 0
		return n, &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	*f.left -= len(p)
	return f.w.Write(p)
}

func TestPutThatFailsLeavesNothing(t *testing.T) {
	broken := errors.New("upload broken")
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		r    io.Reader
		room int
		want func(error) bool
	}{
		{"disk full at once", t.Context(), noise(1 << 20), 0, is(errs.DiskFull)},
		{"disk full in the middle", t.Context(), noise(1 << 20), 300_000, is(errs.DiskFull)},
		{"broken upload", t.Context(), io.MultiReader(noise(1<<20), iotest.ErrReader(broken)), 1 << 30, func(err error) bool { return errors.Is(err, broken) }},
		{"cancelled", over, noise(1 << 20), 1 << 30, func(err error) bool { return errors.Is(err, context.Canceled) }},
		{"too large", t.Context(), noise(3 << 20), 1 << 30, is(errs.BlobTooLarge)},
		{"too large once encrypted", t.Context(), noise(2 << 20), 1 << 30, is(errs.BlobTooLarge)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t, Config{MaxBytes: 2 << 20})
			s.wrap = func(w io.Writer) io.Writer { return fullAfter{w, &c.room} }
			ref, err := s.Put(c.ctx, c.r)
			if !c.want(err) || ref.Key != nil {
				t.Errorf("got %v, %v", ref, err)
			}
			if left := files(t, s); len(left) != 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

func is(code errs.Code) func(error) bool {
	return func(err error) bool { return err != nil && errs.CodeOf(err) == code }
}

func TestRestartDropsUnfinishedPuts(t *testing.T) {
	s := newStore(t, Config{})
	ref := put(t, s, 1000)
	if err := os.WriteFile(filepath.Join(s.temp(), "put-1"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := newStore(t, Config{Dir: s.cfg.Dir})
	if got := files(t, again); len(got) != 1 || got[0] != s.path(ref.Address) {
		t.Errorf("left %v", got)
	}
	if err := again.Read(t.Context(), ref, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestDropStale(t *testing.T) {
	today := time.Date(2021, 6, 1, 9, 0, 0, 0, time.UTC) // business time, not the machine's
	src := newStore(t, Config{})
	old, young := put(t, src, 100_000), put(t, src, 100_000)
	cfg := Config{Dir: t.TempDir(), Now: func() time.Time { return today }}
	s := newStore(t, cfg)
	first := func(ref Ref) {
		t.Helper()
		if have, err := s.Append(t.Context(), "23", ref.Address, 0, ref.Cipher, cipher(t, src, ref)[:500]); err != nil || have != 500 {
			t.Fatalf("have %d, %v", have, err)
		}
	}
	first(old)
	today = today.Add(48 * time.Hour)
	first(young)
	s = newStore(t, cfg) // the times outlive the process
	if n, err := s.DropStale(today.Add(-24 * time.Hour)); n != 1 || err != nil {
		t.Fatalf("dropped %d, %v", n, err)
	}
	if have, _ := s.Have(old.Address); have != 0 {
		t.Errorf("old: %d", have)
	}
	if have, _ := s.Have(young.Address); have != 500 {
		t.Errorf("young: %d", have)
	}
	if left := files(t, s); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

// cipher is the ciphertext of a complete attachment.
func cipher(t *testing.T, s *Store, ref Ref) []byte {
	t.Helper()
	data, err := os.ReadFile(s.path(ref.Address))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
