package gm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"math/big"
	"sync"

	"tongban/internal/kernel/errs"
)

// ES256Key signs with ECDSA on P-256 and SHA-256 (RFC 7518 §3.4), for those who cannot read SM2: browsers, foreign wallets.
// Its method has another name than SignKey's, so that neither key can stand where the other is meant. Safe for concurrent use.
type ES256Key interface {
	// Public is the 65-byte uncompressed point on P-256.
	Public() []byte
	// SignES256 gives 64 bytes r ‖ s over SHA-256(msg).
	SignES256(msg []byte) ([]byte, error)
}

// ES256Key gives the P-256 key of that name.
func (k *Keys) ES256Key(name string) (ES256Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p, ok := k.p256[name]; ok {
		return p, nil
	}
	der, err := k.load(name, pairBlock, func() ([]byte, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		return x509.MarshalPKCS8PrivateKey(key)
	})
	if err != nil {
		return nil, err
	}
	anyKey, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "key %s", name)
	}
	key, ok := anyKey.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errs.New(errs.BadKey, "key %s: %T, want P-256", name, anyKey)
	}
	p, err := newP256(key)
	if err != nil {
		return nil, err
	}
	k.p256[name] = p
	return p, nil
}

// ES256KeyFrom makes the key whose secret number is seed (32 bytes) reduced into 1 … n-1; the same seed gives the same key.
func ES256KeyFrom(seed [32]byte) (ES256Key, error) {
	d := new(big.Int).SetBytes(seed[:])
	n := elliptic.P256().Params().N
	d.Mod(d, new(big.Int).Sub(n, big.NewInt(1))).Add(d, big.NewInt(1))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d.FillBytes(make([]byte, 32)))
	if err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "P-256 key")
	}
	return newP256(key)
}

// p256 is a P-256 key pair held in this process.
type p256 struct {
	key   *ecdsa.PrivateKey
	point []byte
}

func newP256(key *ecdsa.PrivateKey) (*p256, error) {
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "public key")
	}
	return &p256{key: key, point: point}, nil
}

func (p *p256) Public() []byte { return p.point }

func (p *p256) SignES256(msg []byte) ([]byte, error) {
	h := sha256.Sum256(msg)
	der, err := ecdsa.SignASN1(rand.Reader, p.key, h[:])
	if err != nil {
		return nil, errs.Wrap(errs.Unexpected, err, "ES256 signature")
	}
	return fromDER(der)
}

var (
	p256Mu sync.RWMutex // guards p256s
	p256s  = map[[PublicSize]byte]*ecdsa.PublicKey{}
)

func parseP256(pub []byte) (*ecdsa.PublicKey, error) {
	if len(pub) != PublicSize {
		return nil, errs.New(errs.BadKey, "public key of %d bytes, want %d", len(pub), PublicSize)
	}
	id := [PublicSize]byte(pub)
	p256Mu.RLock()
	key := p256s[id]
	p256Mu.RUnlock()
	if key != nil {
		return key, nil
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), pub)
	if err != nil {
		return nil, errs.Wrap(errs.BadKey, err, "public key")
	}
	p256Mu.Lock()
	defer p256Mu.Unlock()
	if len(p256s) >= parsedMax {
		clear(p256s)
	}
	p256s[id] = key
	return key, nil
}

// CheckES256Public returns errs.BadKey unless pub is an uncompressed point on P-256.
func CheckES256Public(pub []byte) error {
	_, err := parseP256(pub)
	return err
}

// VerifyES256 reports whether sig (64 bytes r ‖ s) is pub's signature over msg.
func VerifyES256(pub, msg, sig []byte) bool {
	key, err := parseP256(pub)
	if err != nil {
		return false
	}
	der, ok := toDER(sig)
	h := sha256.Sum256(msg)
	return ok && ecdsa.VerifyASN1(key, h[:], der)
}
