package jws

import (
	"encoding/json"

	"tongban/internal/kernel/errs"
)

// JWK is a public key as JSON (RFC 7517). SM2 keys use the private curve name "SM2".
type JWK struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
	Alg Alg    `json:"alg,omitempty"`
	Use string `json:"use,omitempty"`
	Kid string `json:"kid,omitempty"`
}

var curves = map[Alg]string{ES256: "P-256", SM2: "SM2"}

// JWK is the key as JSON.
func (k Key) JWK() JWK {
	return JWK{Kty: "EC", Crv: curves[k.Alg], X: Encode(k.Pub[1:33]), Y: Encode(k.Pub[33:])}
}

// ReadJWK reads a public key; a private half, another curve or a point off the curve is errs.BadKey.
func ReadJWK(raw json.RawMessage) (Key, error) {
	m, err := Object(raw)
	if err != nil {
		return Key{}, err
	}
	if _, private := m["d"]; private {
		return Key{}, errs.New(errs.BadKey, "a private key where a public one belongs")
	}
	var j JWK
	if err := json.Unmarshal(raw, &j); err != nil {
		return Key{}, errs.New(errs.BadKey, "key as JSON")
	}
	x, errX := Decode(j.X)
	y, errY := Decode(j.Y)
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 || j.Kty != "EC" {
		return Key{}, errs.New(errs.BadKey, "key of type %q", j.Kty)
	}
	for alg, crv := range curves {
		if j.Crv == crv && (j.Alg == "" || j.Alg == alg) {
			k := Key{Alg: alg, Pub: append(append([]byte{4}, x...), y...)}
			return k, k.Check()
		}
	}
	return Key{}, errs.New(errs.BadKey, "curve %q", j.Crv)
}
