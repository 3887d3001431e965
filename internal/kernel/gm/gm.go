// Package gm is the only door to the national algorithms: SM2 (GB/T 32918), SM3 (GB/T 32905) and SM4 (GB/T 32907).
// The SM2 user id is always written out, because libraries disagree about an empty one (GB/T 35276-2017 §10).
// A pure Go library is no certified module (GB/T 37092): private keys are therefore reached only through KeyProvider,
// behind which an HSM can stand.
package gm

import (
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"hash"
	"sync"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"

	"tongban/internal/kernel/errs"
)

const (
	// PublicSize is the length of an SM2 public key: 04 ‖ x ‖ y.
	PublicSize = 65
	// SignatureSize is the length of a signature: r ‖ s.
	SignatureSize = 64
	// SecretSize is the length of an SM4 key.
	SecretSize = 16
)

// userID is the default user id of GB/T 35276-2017 §10.
var userID = []byte("1234567812345678")

// public is a parsed key with its ZA, so that neither is worked out again per signature.
type public struct {
	key *ecdsa.PublicKey
	za  []byte
}

// digest is e = SM3(ZA ‖ M) (GB/T 32918.2-2016 §6.1).
func (p *public) digest(msg []byte) []byte {
	h := sm3.New()
	h.Write(p.za)
	h.Write(msg)
	return h.Sum(nil)
}

func newPublic(key *ecdsa.PublicKey) (*public, error) {
	za, err := sm2.CalculateZA(key, userID)
	if err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "ZA")
	}
	return &public{key: key, za: za}, nil
}

// parsedMax bounds the cache of public keys: two keys for each node of the country, with their predecessors, fit many
// times over. A full cache is emptied rather than aged; refilling costs microseconds.
const parsedMax = 4096

var (
	parsedMu sync.RWMutex // guards parsed
	parsed   = map[[PublicSize]byte]*public{}
)

func parse(pub []byte) (*public, error) {
	if len(pub) != PublicSize {
		return nil, errs.New(errs.BadKey, "public key of %d bytes, want %d", len(pub), PublicSize)
	}
	id := [PublicSize]byte(pub)
	parsedMu.RLock()
	p := parsed[id]
	parsedMu.RUnlock()
	if p != nil {
		return p, nil
	}
	key, err := sm2.ParseUncompressedPublicKey(pub)
	if err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "public key")
	}
	if p, err = newPublic(key); err != nil {
		return nil, err
	}
	parsedMu.Lock()
	defer parsedMu.Unlock()
	if len(parsed) >= parsedMax {
		clear(parsed)
	}
	parsed[id] = p
	return p, nil
}

// CheckPublic returns errs.BadKey unless pub is an uncompressed point on the SM2 curve.
func CheckPublic(pub []byte) error {
	_, err := parse(pub)
	return err
}

// Verify reports whether sig (64 bytes r ‖ s) is pub's signature over msg under the default user id.
// The pair (r, s) is not unique for a message: never use a signature as an identifier.
func Verify(pub, msg, sig []byte) bool {
	p, err := parse(pub)
	if err != nil {
		return false
	}
	der, ok := toDER(sig)
	return ok && sm2.VerifyASN1(p.key, p.digest(msg), der)
}

// Encrypt encrypts plain (1 byte or more) for the holder of pub; the result is the ASN.1 SM2Cipher of GB/T 35276-2017.
func Encrypt(pub, plain []byte) ([]byte, error) {
	p, err := parse(pub)
	if err != nil {
		return nil, err
	}
	if len(plain) == 0 {
		return nil, errs.New(errs.BadRequest, "nothing to encrypt")
	}
	out, err := sm2.EncryptASN1(rand.Reader, p.key, plain)
	if err != nil {
		return nil, errs.Wrap(errs.Unexpected, err, "SM2 encryption")
	}
	return out, nil
}

// SM3 hashes the parts as if they were one.
func SM3(parts ...[]byte) [32]byte {
	if len(parts) == 1 {
		return sm3.Sum(parts[0])
	}
	h := sm3.New()
	for _, p := range parts {
		h.Write(p)
	}
	var out [32]byte
	h.Sum(out[:0])
	return out
}

// NewSM3 starts an SM3 hash.
func NewSM3() hash.Hash { return sm3.New() }

// HMAC is HMAC-SM3 over the parts as if they were one.
func HMAC(key []byte, parts ...[]byte) [32]byte {
	h := hmac.New(sm3.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	var out [32]byte
	h.Sum(out[:0])
	return out
}

// NewGCM is SM4-GCM with a 12-byte nonce and a 16-byte tag (RFC 8998) under a 16-byte key.
func NewGCM(key []byte) (cipher.AEAD, error) {
	block, err := sm4.NewCipher(key)
	if err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "SM4 key")
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "SM4-GCM")
	}
	return aead, nil
}

// NewSecret draws a fresh SM4 key.
func NewSecret() []byte {
	key := make([]byte, SecretSize)
	_, _ = rand.Read(key) // never fails: the program stops instead
	return key
}
