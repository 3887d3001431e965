package blobs

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// MaxChunk is the most bytes of ciphertext in one piece.
const MaxChunk = 1 << 20

// Chunk is one piece of an attachment on its way. It carries ciphertext only; the channel says who sends it.
type Chunk struct {
	Address proof.Hash
	Offset  int64
	Total   int64  // length of the whole ciphertext
	Data    []byte // at most MaxChunk; empty: how far are you?
}

// The wire form of a chunk, the body of a message of kind "chunk", numbers big-endian:
//
//	byte 0        version, 1
//	bytes 1–32    address
//	bytes 33–40   offset
//	bytes 41–48   total
//	from 49 on    data
//
// The answer is 8 bytes: how many bytes the receiver has now.
const (
	chunkV1   = 1
	chunkHead = 1 + 32 + 8 + 8
)

func (c Chunk) check() error {
	n := int64(len(c.Data))
	if c.Offset < 0 || c.Total <= 0 || n > MaxChunk || c.Offset > c.Total || n > c.Total-c.Offset {
		return errs.New(errs.BlobBadChunk, "%d bytes at %d of %d", n, c.Offset, c.Total)
	}
	return nil
}

// EncodeChunk gives the wire form; errs.BlobBadChunk if c is not a possible piece.
func EncodeChunk(c Chunk) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	b := make([]byte, 0, chunkHead+len(c.Data))
	b = append(append(b, chunkV1), c.Address[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(c.Offset)) //nolint:gosec // checked: not negative
	b = binary.BigEndian.AppendUint64(b, uint64(c.Total))  //nolint:gosec // checked: not negative
	return append(b, c.Data...), nil
}

// DecodeChunk reads the wire form; errs.BlobBadChunk if it is none. Data shares b's memory.
func DecodeChunk(b []byte) (Chunk, error) {
	if len(b) < chunkHead || b[0] != chunkV1 {
		return Chunk{}, errs.New(errs.BlobBadChunk, "%d bytes of unknown form", len(b))
	}
	offset, total := binary.BigEndian.Uint64(b[33:]), binary.BigEndian.Uint64(b[41:])
	if offset > math.MaxInt64 || total > math.MaxInt64 {
		return Chunk{}, errs.New(errs.BlobBadChunk, "offset %d of %d", offset, total)
	}
	c := Chunk{Address: proof.Hash(b[1:33]), Offset: int64(offset), Total: int64(total), Data: b[chunkHead:]}
	return c, c.check()
}

// EncodeHave gives the answer to a chunk.
func EncodeHave(have int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(max(have, 0)))
}

// DecodeHave reads the answer to a chunk; errs.BlobBadChunk if it is none.
func DecodeHave(b []byte) (int64, error) {
	if len(b) != 8 || b[0] > 127 {
		return 0, errs.New(errs.BlobBadChunk, "answer of %d bytes", len(b))
	}
	return int64(binary.BigEndian.Uint64(b)), nil //nolint:gosec // first bit checked
}

// Push sends a complete attachment in pieces, one at a time, from where the receiver stands; it returns nil when the
// receiver has all of it. send carries one piece and returns how much the receiver has then. The first error of send ends
// Push, which goes on from there when it is called again; errs.TryLater means that the receiver does not get ahead.
// Memory is one piece, which send may not keep.
func (s *Store) Push(ctx context.Context, send func(context.Context, Chunk) (have int64, err error), address proof.Hash) error {
	total, ok := s.complete(address)
	if !ok {
		return errs.New(errs.BlobMissing, "%s", address)
	}
	r, err := s.Open(ctx, address, 0)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read
	f, ok := r.(io.ReaderAt)
	if !ok {
		return errs.New(errs.Unexpected, "%s cannot be read from the middle", address)
	}
	buf := make([]byte, MaxChunk)
	have, err := send(ctx, Chunk{Address: address, Total: total})
	// A receiver may fall back (it lost its beginning), but one that takes twice the pieces is not getting ahead.
	for left := 8 + 2*(total/MaxChunk+1); err == nil && have != total; left-- {
		if have < 0 || have > total {
			return errs.New(errs.BlobBadChunk, "receiver has %d of %d bytes", have, total)
		}
		if left == 0 {
			return errs.New(errs.TryLater, "receiver of %s does not get ahead", address)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		n, rerr := f.ReadAt(buf[:min(MaxChunk, total-have)], have)
		if rerr != nil && !errors.Is(rerr, io.EOF) {
			return disk(rerr, "attachment %s", address)
		}
		have, err = send(ctx, Chunk{Address: address, Offset: have, Total: total, Data: buf[:n]})
	}
	return err
}
