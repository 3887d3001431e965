package exchange

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"

	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// What stands inside the encryption: JSON; since protocol 2 deflated; since protocol 3 with its length in front and, behind
// it, the signed objects as bytes, so that they need not be written in letters first.

// encode writes v and its signed objects: since protocol 3 they are taken out of v first.
func encode(v any, objects *[]proof.Signed, protocol int) ([]byte, error) {
	list := *objects
	if protocol >= 3 {
		*objects = nil
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if protocol >= 3 {
		size := binary.MaxVarintLen32 + len(plain)
		for _, s := range list {
			size += s.BinarySize()
		}
		whole := binary.AppendUvarint(make([]byte, 0, size), uint64(len(plain)))
		whole = append(whole, plain...)
		for _, s := range list {
			whole = s.AppendBinary(whole)
		}
		plain = whole
	}
	if len(plain) > MaxPacket { // its receiver would refuse it
		return nil, errs.New(errs.BodyTooLarge, "packet of %d bytes", len(plain))
	}
	if protocol < 2 {
		return plain, nil
	}
	w := writers.Get().(*flate.Writer)
	defer writers.Put(w)
	var b bytes.Buffer
	b.Grow(len(plain) / 2)
	w.Reset(&b)
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// decode is the reverse of encode.
func decode(b []byte, protocol int, v any, objects *[]proof.Signed) error {
	if protocol >= 2 {
		plain, err := inflate(b)
		if err != nil {
			return errs.Wrap(errs.BadPacket, err, "inflating")
		}
		b = plain
	}
	if len(b) > MaxPacket {
		return errs.New(errs.BodyTooLarge, "packet opens to more than %d bytes", MaxPacket)
	}
	var rest []byte
	if protocol >= 3 {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b)-used) { //nolint:gosec // used is at most len(b)
			return errs.New(errs.BadPacket, "cut short")
		}
		b, rest = b[used:used+int(n)], b[used+int(n):] //nolint:gosec // n is within b
	}
	if err := json.Unmarshal(b, v); err != nil {
		return errs.Wrap(errs.BadPacket, err, "decoding")
	}
	if protocol >= 3 {
		*objects = nil
	}
	for len(rest) > 0 {
		s, next, ok := proof.CutSigned(rest)
		if !ok || len(*objects) == Capacity(protocol) {
			return errs.New(errs.BadPacket, "object %d is none, or one too many", len(*objects))
		}
		*objects, rest = append(*objects, s), next
	}
	return nil
}

// writers are kept because a fresh one fills the better part of a megabyte before it writes a byte.
var writers = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

// readers are kept for the same reason.
var readers = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// inflate gives one byte more than MaxPacket at most.
func inflate(b []byte) ([]byte, error) {
	r := readers.Get().(io.ReadCloser)
	defer readers.Put(r)
	if err := r.(flate.Resetter).Reset(bytes.NewReader(b), nil); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Grow(min(8*len(b), MaxPacket))
	_, err := out.ReadFrom(io.LimitReader(r, MaxPacket+1))
	return out.Bytes(), err
}
