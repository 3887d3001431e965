package idp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	jose "github.com/go-jose/go-jose/v4"

	"tongban/internal/kernel/errs"
)

// secretSize is the size of Config.Secret in bytes.
const secretSize = 32

// keys come from one secret, so that a restarted demo knows its people again.
type keys struct {
	token    *ecdsa.PrivateKey // signs ID tokens, ES256
	tokenID  string
	crypto   [32]byte // encrypts codes and access tokens
	pairwise []byte
}

func newKeys(secret []byte) (keys, error) {
	if len(secret) != secretSize {
		return keys{}, errs.New(errs.BadRequest, "the provider's secret has %d bytes, not %d", len(secret), secretSize)
	}
	derive := func(what string) []byte {
		k, err := hkdf.Key(sha256.New, secret, nil, "tongban demo identity "+what, 32)
		if err != nil {
			panic(err) // only for lengths that no caller asks for
		}
		return k
	}
	// All but one in 2³² values of 32 bytes are a P-256 key.
	token, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), derive("token"))
	if err != nil {
		return keys{}, errs.Wrap(errs.BadRequest, err, "take another secret for the provider")
	}
	k := keys{token: token, pairwise: derive("pairwise")}
	copy(k.crypto[:], derive("crypto"))
	sum := sha256.Sum256(derive("key id"))
	k.tokenID = base64.RawURLEncoding.EncodeToString(sum[:9])
	return k, nil
}

func (k keys) subject(clientID, sub string) string {
	m := hmac.New(sha256.New, k.pairwise)
	m.Write([]byte(clientID + "\x00" + sub))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
}

// signingKey and publicKey show the token key to the library.
type (
	signingKey struct{ keys }
	publicKey  struct{ keys }
)

func (s signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.ES256 }
func (s signingKey) Key() any                                    { return s.token }
func (s signingKey) ID() string                                  { return s.tokenID }

func (p publicKey) Algorithm() jose.SignatureAlgorithm { return jose.ES256 }
func (p publicKey) Use() string                        { return "sig" }
func (p publicKey) Key() any                           { return &p.token.PublicKey }
func (p publicKey) ID() string                         { return p.tokenID }
