package blobs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// wire carries chunks from one store to another in their wire form, as sent by a node.
func wire(to *Store, from office.NodeID) func(context.Context, Chunk) (int64, error) {
	return func(ctx context.Context, c Chunk) (int64, error) {
		body, err := EncodeChunk(c)
		if err != nil {
			return 0, err
		}
		got, err := DecodeChunk(body)
		if err != nil {
			return 0, err
		}
		have, err := to.Append(ctx, from, got.Address, got.Offset, got.Total, got.Data)
		if err != nil {
			return 0, err
		}
		return DecodeHave(EncodeHave(have))
	}
}

func TestHundredMegabytesInBoundedMemory(t *testing.T) {
	const size, allowed = 100 << 20, 64 << 20
	a, b := newStore(t, Config{}), newStore(t, Config{})
	var before, m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var peak uint64
	measure := func() {
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	}
	ref := put(t, a, size)
	measure()
	send, chunks := wire(b, "23"), 0
	err := a.Push(t.Context(), func(ctx context.Context, c Chunk) (int64, error) {
		chunks++
		measure()
		return send(ctx, c)
	}, ref.Address)
	if err != nil {
		t.Fatal(err)
	}
	sum := &same{r: noise(size)}
	if err := b.Read(t.Context(), ref, sum); err != nil || sum.n != size {
		t.Fatalf("read %d bytes, %v", sum.n, err)
	}
	measure()
	t.Logf("%d chunks, at most %d MiB of heap above the start", chunks, (peak-min(peak, before.HeapAlloc))>>20)
	if peak > before.HeapAlloc+allowed {
		t.Errorf("the heap grew by %d bytes", peak-before.HeapAlloc)
	}
}

// same compares what is written with r.
type same struct {
	r io.Reader
	n int64
}

func (s *same) Write(p []byte) (int, error) {
	want := make([]byte, len(p))
	if _, err := io.ReadFull(s.r, want); err != nil || !bytes.Equal(p, want) {
		return 0, errors.New("the plaintext differs")
	}
	s.n += int64(len(p))
	return len(p), nil
}

func TestInterruptedInTheMiddleGoesOnFromThere(t *testing.T) {
	a := newStore(t, Config{})
	ref := put(t, a, 10<<20)
	dir := t.TempDir()
	cut := errs.New(errs.TryLater, "line cut")
	var offsets []int64
	for _, restart := range []bool{false, true} { // the receiver's process also ends in between
		b := newStore(t, Config{Dir: dir})
		send, n := wire(b, "23"), 0
		err := a.Push(t.Context(), func(ctx context.Context, c Chunk) (int64, error) {
			if n++; !restart && n == 5 {
				return 0, cut
			}
			if len(c.Data) > 0 {
				offsets = append(offsets, c.Offset>>20)
			}
			return send(ctx, c)
		}, ref.Address)
		if !restart && !errors.Is(err, cut) || restart && err != nil {
			t.Fatalf("restart %v: %v", restart, err)
		}
		if size, ok := b.Have(ref.Address); ok != restart || (!restart && size != 3<<20) {
			t.Errorf("restart %v: have %d (%v)", restart, size, ok)
		}
	}
	if diff := cmp.Diff([]int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, offsets); diff != "" {
		t.Errorf("MiB sent: %s", diff)
	}
	if err := newStore(t, Config{Dir: dir}).Read(t.Context(), ref, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestAnswersLostChunksRepeatedAndReordered(t *testing.T) {
	a, b := newStore(t, Config{}), newStore(t, Config{})
	ref := put(t, a, 300_000)
	data := cipher(t, a, ref)
	total := ref.Cipher
	for _, c := range []struct{ offset, end, want int64 }{
		{100, 200, 0}, // too early
		{0, 0, 0},     // how far are you?
		{0, 100, 100},
		{0, 100, 100},         // again
		{50, 150, 100},        // overlaps
		{200, 300, 100},       // leaves a gap
		{100, 100_000, 1e5},   // fits
		{0, 0, 1e5},           // how far?
		{1e5, total, total},   // the last
		{1e5, total, total},   // again
		{0, 100, total},       // an old one
		{total, total, total}, // how far?
	} {
		have, err := b.Append(t.Context(), "23", ref.Address, c.offset, total, data[c.offset:c.end])
		if err != nil || have != c.want {
			t.Errorf("%d–%d: have %d, %v; want %d", c.offset, c.end, have, err, c.want)
		}
	}
	if err := b.Read(t.Context(), ref, io.Discard); err != nil {
		t.Error(err)
	}
	if left := files(t, b); len(left) != 1 || len(b.partials) != 0 {
		t.Errorf("left %v and %d partials", left, len(b.partials))
	}
}

func TestAppendRefuses(t *testing.T) {
	a := newStore(t, Config{})
	ref := put(t, a, 1000)
	for _, c := range []struct {
		name          string
		from          office.NodeID
		offset, total int64
		n             int
		want          errs.Code
	}{
		{"total over the limit", "23", 0, 1<<20 + 1, 10, errs.BlobTooLarge},
		{"no total", "23", 0, 0, 0, errs.BlobBadChunk},
		{"negative offset", "23", -1, 100, 10, errs.BlobBadChunk},
		{"past the end", "23", 95, 100, 10, errs.BlobBadChunk},
		{"overflowing offset", "23", 1<<63 - 1, 100, 10, errs.BlobBadChunk},
		{"chunk too large", "23", 0, 1 << 30, MaxChunk + 1, errs.BlobBadChunk},
		{"a sender that is a path", "../x", 0, 100, 10, errs.BlobBadChunk},
	} {
		s := newStore(t, Config{MaxBytes: 1 << 20})
		_, err := s.Append(t.Context(), c.from, ref.Address, c.offset, c.total, make([]byte, c.n))
		if errs.CodeOf(err) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
		if left := files(t, s); len(left) != 0 || len(s.partials) != 0 {
			t.Errorf("%s: left %v and %d partials", c.name, left, len(s.partials))
		}
	}
}

func TestGarbageIsDroppedAndHarmsNoOtherSender(t *testing.T) {
	a, b := newStore(t, Config{}), newStore(t, Config{})
	ref := put(t, a, 3000)
	bad := bytes.Clone(cipher(t, a, ref))
	bad[2000] ^= 1
	if have, err := b.Append(t.Context(), "66", ref.Address, 0, ref.Cipher, bad[:2500]); err != nil || have != 2500 {
		t.Fatalf("have %d, %v", have, err)
	}
	if have, err := b.Append(t.Context(), "23", ref.Address, 0, ref.Cipher, nil); err != nil || have != 0 {
		t.Fatalf("the other's bytes are counted as 23's: %d, %v", have, err)
	}
	have, err := b.Append(t.Context(), "66", ref.Address, 2500, ref.Cipher, bad[2500:])
	wantCode(t, err, errs.BlobMismatch)
	if have != 0 || len(files(t, b)) != 0 {
		t.Errorf("have %d, left %v", have, files(t, b))
	}
	if err := a.Push(t.Context(), wire(b, "23"), ref.Address); err != nil {
		t.Fatal(err)
	}
	if err := b.Read(t.Context(), ref, io.Discard); err != nil {
		t.Error(err)
	}
	// A beginning damaged on disk after a restart is found, dropped and sent again.
	c := newStore(t, Config{})
	if _, err := c.Append(t.Context(), "23", ref.Address, 0, ref.Cipher, bad[:2500]); err != nil {
		t.Fatal(err)
	}
	c = newStore(t, Config{Dir: c.cfg.Dir})
	wantCode(t, a.Push(t.Context(), wire(c, "23"), ref.Address), errs.BlobMismatch)
	if err := a.Push(t.Context(), wire(c, "23"), ref.Address); err != nil {
		t.Error(err)
	}
}

func TestQuotaPerSender(t *testing.T) {
	s := newStore(t, Config{Quota: 300_000, MaxBytes: 250_000})
	ask := func(from office.NodeID, name string, total int64) error {
		_, err := s.Append(t.Context(), from, proof.HashOf([]byte(name)), 0, total, []byte("x"))
		return err
	}
	if err := ask("23", "a", 200_000); err != nil {
		t.Fatal(err)
	}
	wantCode(t, ask("23", "b", 200_000), errs.BlobQuota)
	if err := ask("23", "a", 200_000); err != nil {
		t.Errorf("one already begun: %v", err)
	}
	if err := ask("66", "b", 200_000); err != nil {
		t.Errorf("another sender: %v", err)
	}
	if err := ask("23", "c", 10); err != nil { // counts as 64 KiB
		t.Error(err)
	}
	wantCode(t, ask("23", "d", 10), errs.BlobQuota)
	wantCode(t, func() error { s = newStore(t, s.cfg); return ask("23", "d", 10) }(), errs.BlobQuota)
	if err := s.Remove(proof.HashOf([]byte("a"))); err != nil {
		t.Fatal(err)
	}
	if err := ask("23", "d", 10); err != nil {
		t.Errorf("after room was made: %v", err)
	}
	if err := ask("23", "d", 20_000); err != nil {
		t.Errorf("a sender that changes its total starts again: %v", err)
	}
}

func TestDiskFullKeepsWhatWasThere(t *testing.T) {
	a, b := newStore(t, Config{}), newStore(t, Config{})
	ref := put(t, a, 3<<20)
	room := 1<<20 + 1000
	b.wrap = func(w io.Writer) io.Writer { return fullAfter{w, &room} }
	for range 2 {
		wantCode(t, a.Push(t.Context(), wire(b, "23"), ref.Address), errs.DiskFull)
		if have, ok := b.Have(ref.Address); have != 1<<20 || ok {
			t.Fatalf("have %d (%v)", have, ok)
		}
		if i, err := os.Stat(files(t, b)[0]); err != nil || i.Size() != 1<<20 {
			t.Fatalf("file of %d bytes, %v", i.Size(), err)
		}
	}
	room = 1 << 30
	if err := a.Push(t.Context(), wire(b, "23"), ref.Address); err != nil {
		t.Fatal(err)
	}
	if err := b.Read(t.Context(), ref, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestManySendersAtOnce(t *testing.T) {
	a, b := newStore(t, Config{}), newStore(t, Config{})
	ref := put(t, a, 4<<20)
	var wg sync.WaitGroup
	for i := range 8 {
		from := office.NodeID([]string{"11", "23", "66", "hub"}[i%4])
		wg.Go(func() {
			if err := a.Push(t.Context(), wire(b, from), ref.Address); err != nil {
				t.Errorf("%s: %v", from, err)
			}
		})
	}
	wg.Wait()
	if err := b.Read(t.Context(), ref, io.Discard); err != nil {
		t.Error(err)
	}
	if left := files(t, b); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

func TestPushRefuses(t *testing.T) {
	a := newStore(t, Config{})
	ref := put(t, a, 3<<20)
	stuck := func(context.Context, Chunk) (int64, error) { return 5, nil }
	wantCode(t, a.Push(t.Context(), stuck, ref.Address), errs.TryLater)
	liar := func(context.Context, Chunk) (int64, error) { return ref.Cipher + 1, nil }
	wantCode(t, a.Push(t.Context(), liar, ref.Address), errs.BlobBadChunk)
	wantCode(t, a.Push(t.Context(), stuck, proof.HashOf(nil)), errs.BlobMissing)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Push(ctx, stuck, ref.Address); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func FuzzDecodeChunk(f *testing.F) {
	for _, c := range []Chunk{
		{Address: proof.HashOf(nil), Total: 1},
		{Address: proof.HashOf([]byte("x")), Offset: 7, Total: 10, Data: []byte("abc")},
		{Total: 1<<63 - 1, Offset: 1<<63 - 2, Data: []byte("x")},
	} {
		b, err := EncodeChunk(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-1])
	}
	f.Add(bytes.Repeat([]byte{0xff}, 60))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeChunk(b)
		if err != nil {
			if errs.CodeOf(err) != errs.BlobBadChunk {
				t.Fatalf("%v", err)
			}
			return
		}
		again, err := EncodeChunk(c)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("read %+v, wrote %x, %v", c, again, err)
		}
	})
}

func FuzzDecodeHave(f *testing.F) {
	f.Add(EncodeHave(0))
	f.Add(EncodeHave(1<<63 - 1))
	f.Add([]byte{255, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		have, err := DecodeHave(b)
		if err == nil && (have < 0 || !bytes.Equal(EncodeHave(have), b)) {
			t.Fatalf("%d of %x", have, b)
		}
	})
}
