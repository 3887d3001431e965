package sqlstore

import (
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

// signedV1 is: version ‖ the object as bytes. In signedV2 its body is shrunk.
const (
	signedV1 = 1
	signedV2 = 2
)

// packSigned is the form in which signed objects are stored: two thirds of their JSON. An object without body is empty.
func packSigned(s proof.Signed) []byte {
	if len(s.Body) == 0 {
		return nil
	}
	version := byte(signedV1)
	if len(s.Body) >= packMin {
		version, s.Body = signedV2, shrink(s.Body)
	}
	return s.AppendBinary(append(make([]byte, 0, 1+s.BinarySize()), version))
}

// unpackSigned is the reverse of packSigned; the result shares memory with b.
func unpackSigned(b []byte) (s proof.Signed, ok bool) {
	if len(b) == 0 {
		return s, true
	}
	s, rest, ok := proof.CutSigned(b[1:])
	if !ok || len(rest) > 0 {
		return proof.Signed{}, false
	}
	switch b[0] {
	case signedV1:
	case signedV2:
		if s.Body, ok = grow(s.Body); !ok {
			return proof.Signed{}, false
		}
	default:
		return proof.Signed{}, false
	}
	return s, true
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
	if proof.Unmarshal(plain, v) != nil {
		return corrupt(column, id)
	}
	return nil
}
