package proof

import "encoding/binary"

// The form of a signed object as bytes: suite, type, key, body and signature, each with its length in front.

// BinarySize is at least the number of bytes that AppendBinary adds.
func (s Signed) BinarySize() int {
	return 5*binary.MaxVarintLen32 + len(s.Suite) + len(s.Typ) + len(s.Key) + len(s.Body) + len(s.Sig)
}

// AppendBinary adds the object to b.
func (s Signed) AppendBinary(b []byte) []byte {
	for _, part := range [...]string{s.Suite, s.Typ, s.Key} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	for _, part := range [...][]byte{s.Body, s.Sig} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return b
}

// CutSigned reads the object that b begins with and gives what stands behind it. Body and Sig share memory with b. Nothing
// is checked but that all parts are there.
func CutSigned(b []byte) (s Signed, rest []byte, ok bool) {
	var parts [5][]byte
	for i := range parts {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b)-used) { //nolint:gosec // used is at most len(b)
			return Signed{}, nil, false
		}
		end := used + int(n) //nolint:gosec // n is within b
		parts[i], b = b[used:end:end], b[end:]
	}
	return Signed{Suite: string(parts[0]), Typ: string(parts[1]), Key: string(parts[2]), Body: parts[3], Sig: parts[4]}, b, true
}
