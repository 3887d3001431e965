package proof

import (
	"encoding/binary"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

// wrapV1 is: version ‖ length of the wrapped key (2 bytes) ‖ fresh SM4 key under SM2 ‖ SM4-GCM ciphertext with tag.
// The key encrypts once, so the nonce is zero; the header is authenticated with the caller's aad.
const wrapV1 = 1

const wrapHead = 3

var zeroNonce [12]byte

// Wrap encrypts plain for the holder of toPub and binds it to aad, which the receiver must know.
func Wrap(toPub, plain, aad []byte) ([]byte, error) {
	key := gm.NewSecret()
	wrapped, err := gm.Encrypt(toPub, key)
	if err != nil {
		return nil, err
	}
	aead, err := gm.NewGCM(key)
	if err != nil {
		return nil, err
	}
	out := make([]byte, wrapHead, wrapHead+len(wrapped)+len(plain)+aead.Overhead())
	out[0] = wrapV1
	binary.BigEndian.PutUint16(out[1:], uint16(len(wrapped))) //nolint:gosec // an SM2 ciphertext of 16 bytes has about 120
	out = append(out, wrapped...)
	return aead.Seal(out, zeroNonce[:], plain, join(out, aad)), nil //nolint:gosec // the key is fresh
}

// Unwrap opens what Wrap made for k with the same aad; any other input gives errs.CannotDecrypt.
func Unwrap(k gm.DecryptKey, wrapped, aad []byte) ([]byte, error) {
	if len(wrapped) < wrapHead || wrapped[0] != wrapV1 {
		return nil, errs.New(errs.CannotDecrypt, "unknown envelope form")
	}
	end := wrapHead + int(binary.BigEndian.Uint16(wrapped[1:]))
	if end > len(wrapped) {
		return nil, errs.New(errs.CannotDecrypt, "envelope cut off")
	}
	head, body := wrapped[:end], wrapped[end:]
	key, err := k.Decrypt(head[wrapHead:])
	if err != nil {
		return nil, errs.Wrap(errs.CannotDecrypt, err, "envelope key")
	}
	if len(key) != gm.SecretSize {
		return nil, errs.New(errs.CannotDecrypt, "envelope key")
	}
	aead, err := gm.NewGCM(key)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, zeroNonce[:], body, join(head, aad))
	if err != nil {
		return nil, errs.New(errs.CannotDecrypt, "envelope body")
	}
	return plain, nil
}

// join is unambiguous for a head that states its own length.
func join(head, aad []byte) []byte {
	return append(append(make([]byte, 0, len(head)+len(aad)), head...), aad...)
}
