package sqlstore

import (
	"encoding/binary"
	"encoding/json"

	"tongban/internal/proof"
)

// The first byte of an encrypted column says whose key opens it.
const (
	underCase = 1 // the case's data key
	underNode = 2 // the node's own: a row that was written when its case was not here
)

// aad binds a ciphertext to table, column and row.
func aad(column, id string) []byte { return append(append([]byte(column), 0), id...) }

// lock encrypts a column under the case's key, or under the node's if there is none.
func (s *Store) lock(key proof.DataKey, hasKey bool, plain []byte, column, id string) []byte {
	if hasKey {
		return append([]byte{underCase}, key.Encrypt(plain, aad(column, id))...)
	}
	return append([]byte{underNode}, s.vault.Encrypt(plain, aad(column, id))...)
}

// unlock is the reverse of lock; wrapped is the case's data key as stored, nil if the case is not here. column begins
// with the table's name, which is what an error tells, with the row's id.
func (s *Store) unlock(wrapped, box []byte, column, id string) ([]byte, error) {
	if len(box) == 0 {
		return nil, nil
	}
	var plain []byte
	var err error
	switch {
	case box[0] == underNode:
		plain, err = s.vault.Decrypt(box[1:], aad(column, id))
	case box[0] == underCase && wrapped != nil:
		var key proof.DataKey
		if key, err = s.vault.DataKey(wrapped); err == nil {
			plain, err = key.Decrypt(box[1:], aad(column, id))
		}
	default:
		return nil, corrupt(column, id)
	}
	if err != nil {
		return nil, corrupt(column, id)
	}
	return plain, nil
}

// signedV1 is: version ‖ suite, type, key, body and signature, each with its length in front. In signedV2 the body is shrunk.
const (
	signedV1 = 1
	signedV2 = 2
)

// packSigned is the form in which signed objects are stored: two thirds of their JSON. An object without body is empty.
func packSigned(s proof.Signed) []byte {
	if len(s.Body) == 0 {
		return nil
	}
	version, body := byte(signedV1), s.Body
	if len(body) >= packMin {
		version, body = signedV2, shrink(body)
	}
	out := make([]byte, 1, 1+5*binary.MaxVarintLen32+len(s.Suite)+len(s.Typ)+len(s.Key)+len(body)+len(s.Sig))
	out[0] = version
	for _, part := range [...][]byte{[]byte(s.Suite), []byte(s.Typ), []byte(s.Key), body, s.Sig} {
		out = binary.AppendUvarint(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}

// unpackSigned is the reverse of packSigned; the result shares memory with b.
func unpackSigned(b []byte) (s proof.Signed, ok bool) {
	if len(b) == 0 {
		return s, true
	}
	version := b[0]
	if version != signedV1 && version != signedV2 {
		return s, false
	}
	var parts [5][]byte
	b = b[1:]
	for i := range parts {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b)-used) { //nolint:gosec // used is within b
			return s, false
		}
		parts[i], b = b[used:used+int(n)], b[used+int(n):] //nolint:gosec // n is within b
	}
	if len(b) > 0 {
		return s, false
	}
	if version == signedV2 {
		if parts[3], ok = grow(parts[3]); !ok {
			return s, false
		}
	}
	return proof.Signed{
		Suite: string(parts[0]), Typ: string(parts[1]), Key: string(parts[2]), Body: parts[3], Sig: parts[4],
	}, true
}

func (s *Store) unlockSigned(wrapped, box []byte, column, id string) (proof.Signed, error) {
	plain, err := s.unlock(wrapped, box, column, id)
	if err != nil {
		return proof.Signed{}, err
	}
	signed, ok := unpackSigned(plain)
	if !ok {
		return proof.Signed{}, corrupt(column, id)
	}
	return signed, nil
}

func (s *Store) unlockJSON(wrapped, box []byte, column, id string, v any) error {
	plain, err := s.unlock(wrapped, box, column, id)
	if err != nil || plain == nil {
		return err
	}
	if json.Unmarshal(plain, v) != nil {
		return corrupt(column, id)
	}
	return nil
}
