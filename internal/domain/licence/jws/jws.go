// Package jws is the compact signed token (RFC 7515) in the two forms that licences use: ES256 (RFC 7518 §3.4), which any
// wallet can check, and SM2, a private profile inside the federation (no registered name exists: SM2 with SM3, user id
// 1234567812345678, r ‖ s). A key carries its algorithm, so that a token can never choose how it is checked.
package jws

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// Alg is a signature algorithm. There is no third one: none, HS256 and all others are refused by name.
type Alg string

// The algorithms.
const (
	ES256 Alg = "ES256"
	SM2   Alg = "SM2"
)

// Key is a public key (65-byte uncompressed point) with the only algorithm that it may be used with.
type Key struct {
	Alg Alg
	Pub []byte
}

// ID is the key's id in headers, as proof.KeyID makes it.
func (k Key) ID() string { return proof.KeyID(k.Pub) }

// Check returns errs.BadKey unless the point lies on the algorithm's curve.
func (k Key) Check() error {
	switch k.Alg {
	case ES256:
		return gm.CheckES256Public(k.Pub)
	case SM2:
		return gm.CheckPublic(k.Pub)
	}
	return errs.New(errs.BadKey, "algorithm %q", k.Alg)
}

func (k Key) verify(msg, sig []byte) bool {
	switch k.Alg {
	case ES256:
		return gm.VerifyES256(k.Pub, msg, sig)
	case SM2:
		return gm.Verify(k.Pub, msg, sig)
	}
	return false
}

// Signer signs tokens with one key. Safe for concurrent use.
type Signer struct {
	Key  Key
	sign func(msg []byte) ([]byte, error)
}

// NewES256 signs with a P-256 key.
func NewES256(k gm.ES256Key) *Signer { return &Signer{Key{ES256, k.Public()}, k.SignES256} }

// NewSM2 signs with an SM2 key, for readers inside the federation.
func NewSM2(k gm.SignKey) *Signer { return &Signer{Key{SM2, k.Public()}, k.Sign} }

// Header is what a token may say of itself. Members that are not listed here are refused on reading, so that nothing can be
// meant that was not understood (RFC 7515 §4.1.11 asks it for crit only).
type Header struct {
	Alg Alg    `json:"alg"`
	Typ string `json:"typ"`
	Kid string `json:"kid,omitempty"`
}

// Token is a token taken apart; nothing of it is believed before Verify.
type Token struct {
	Header  Header
	Payload []byte
	signed  string
	sig     []byte
}

var b64 = base64.RawURLEncoding.Strict()

// Encode is base64url without padding.
func Encode(b []byte) string { return b64.EncodeToString(b) }

// Decode reads base64url without padding, in its only spelling; errs.TokenUnreadable otherwise.
func Decode(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") { // the library skips them: a second spelling
		return nil, errs.New(errs.TokenUnreadable, "line breaks in base64url")
	}
	b, err := b64.DecodeString(s)
	if err != nil {
		return nil, errs.New(errs.TokenUnreadable, "base64url")
	}
	return b, nil
}

// Sign makes a token of type typ; withKid names the key in the header.
func Sign(s *Signer, typ string, withKid bool, payload []byte) (string, error) {
	h := Header{Alg: s.Key.Alg, Typ: typ}
	if withKid {
		h.Kid = s.Key.ID()
	}
	head, err := proof.Marshal(h)
	if err != nil {
		return "", err
	}
	signed := Encode(head) + "." + Encode(payload)
	sig, err := s.sign([]byte(signed))
	if err != nil {
		return "", err
	}
	return signed + "." + Encode(sig), nil
}

// Parse takes a token of at most limit bytes apart. Errors: errs.TokenTooLarge, errs.TokenUnreadable,
// errs.TokenAlgorithm for any algorithm but the two.
func Parse(token string, limit int) (Token, error) {
	if len(token) > limit {
		return Token{}, errs.New(errs.TokenTooLarge, "%d bytes, limit %d", len(token), limit)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Token{}, errs.New(errs.TokenUnreadable, "%d parts", len(parts))
	}
	head, err := Decode(parts[0])
	if err != nil {
		return Token{}, err
	}
	var t Token
	m, err := Object(head)
	if err != nil {
		return Token{}, err
	}
	if err := t.Header.read(m); err != nil {
		return Token{}, err
	}
	if t.Payload, err = Decode(parts[1]); err != nil {
		return Token{}, err
	}
	if t.sig, err = Decode(parts[2]); err != nil {
		return Token{}, err
	}
	t.signed = parts[0] + "." + parts[1]
	return t, nil
}

func (h *Header) read(m map[string]json.RawMessage) error {
	for name, raw := range m {
		var s string
		switch name {
		case "alg", "typ", "kid":
			if json.Unmarshal(raw, &s) != nil {
				return errs.New(errs.TokenUnreadable, "header %s", name)
			}
		case "iat", "cty": // carried by some issuers; they decide nothing
			continue
		default: // jwk, jku, x5u, crit, b64: a key or a meaning that the token brings itself
			return errs.New(errs.TokenUnreadable, "header member %q", name)
		}
		switch name {
		case "alg":
			h.Alg = Alg(s)
		case "typ":
			h.Typ = s
		case "kid":
			h.Kid = s
		}
	}
	if h.Alg != ES256 && h.Alg != SM2 {
		return errs.New(errs.TokenAlgorithm, "%q", h.Alg)
	}
	return nil
}

// Verify holds the token against type and key. Errors: errs.WrongType, errs.TokenAlgorithm if the header names another
// algorithm than the key's, errs.BadSignature.
func (t Token) Verify(typ string, k Key) error {
	switch {
	case t.Header.Typ != typ:
		return errs.New(errs.WrongType, "%q, want %q", t.Header.Typ, typ)
	case t.Header.Alg != k.Alg:
		return errs.New(errs.TokenAlgorithm, "%q, the key is for %s", t.Header.Alg, k.Alg)
	case !k.verify([]byte(t.signed), t.sig):
		return errs.New(errs.BadSignature, "%s", typ)
	}
	return nil
}
