// Package proof signs and encrypts bytes: signed objects with a suite and a type, envelopes for another node, encryption
// at rest, salted hashes of private parts, and encrypted streams for attachments. It knows nothing of what the bytes mean.
// The word seal is kept for the electronic seal 电子印章.
package proof

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"time"

	strictjson "github.com/go-json-experiment/json"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

// Suite names the algorithms of a signed object: SM2 with SM3, one signature for each object. SuiteTree is the other one.
const Suite = "SM"

// Signed is bytes with a signature. The signature covers suite, type, key id and body, so that a signature made for one
// type is worth nothing for another.
type Signed struct {
	Suite string `json:"suite"`
	Typ   string `json:"typ"`
	Key   string `json:"key"`  // KeyID of the signer's public key
	Body  []byte `json:"body"` // exactly the bytes that were signed
	Sig   []byte `json:"sig"`  // 64 bytes r ‖ s; see SuiteTree for its form
}

func (s Signed) signedBytes() []byte {
	out := make([]byte, 0, len("tongban\n\n\n\n")+len(s.Suite)+len(s.Typ)+len(s.Key)+len(s.Body))
	out = append(out, "tongban\n"...)
	out = append(append(out, s.Suite...), '\n')
	out = append(append(out, s.Typ...), '\n')
	out = append(append(out, s.Key...), '\n')
	return append(out, s.Body...)
}

// Hash identifies the object: SM3 over the signed bytes, not over the signature, which is not unique.
func (s Signed) Hash() Hash { return gm.SM3(s.signedBytes()) }

// KeyID is the first 16 hex digits of the SM3 of a public key.
func KeyID(pub []byte) string {
	h := gm.SM3(pub)
	return hex.EncodeToString(h[:8])
}

// Signer makes Signed objects with one key. Safe for concurrent use.
type Signer struct {
	key    gm.SignKey
	id     string
	gather time.Duration
	trees  gathering
}

// NewSigner prepares a key for signing.
func NewSigner(key gm.SignKey) *Signer { return &Signer{key: key, id: KeyID(key.Public())} }

// KeyID is the id that the signer's objects carry.
func (s *Signer) KeyID() string { return s.id }

// Public is the signer's public key.
func (s *Signer) Public() []byte { return s.key.Public() }

var typName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`)

// Sign signs body as an object of type typ (lower-case letters, digits, dots, hyphens). It keeps body; do not change it.
func (s *Signer) Sign(typ string, body []byte) (Signed, error) {
	if !typName.MatchString(typ) {
		return Signed{}, errs.New(errs.WrongType, "%q cannot name a type", typ)
	}
	out := Signed{Suite: Suite, Typ: typ, Key: s.id, Body: body}
	sig, err := s.key.Sign(out.signedBytes())
	if err != nil {
		return Signed{}, err
	}
	out.Sig = sig
	return out, nil
}

// SignJSON signs v as JSON, without HTML escaping, so that what is signed can be read as it is.
func SignJSON(s *Signer, typ string, v any) (Signed, error) {
	body, err := Marshal(v)
	if err != nil {
		return Signed{}, err
	}
	return s.Sign(typ, body)
}

// Marshal is JSON without HTML escaping and without a trailing newline: the form that is signed and hashed.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, errs.Wrap(errs.Unexpected, err, "encoding %T", v)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Check holds s against the type expected and the key said to have signed it. Errors: errs.WrongType, errs.UnknownKey
// (another suite or another key), errs.BadSignature.
func Check(s Signed, typ string, pub []byte) error {
	switch {
	case s.Typ != typ:
		return errs.New(errs.WrongType, "%q, want %q", s.Typ, typ)
	case s.Key != KeyID(pub):
		return errs.New(errs.UnknownKey, "key %q, want %s", s.Key, KeyID(pub))
	}
	var good bool
	switch s.Suite {
	case Suite:
		good = gm.Verify(pub, s.signedBytes(), s.Sig)
	case SuiteTree:
		good = checkTree(s, pub)
	default:
		return errs.New(errs.UnknownKey, "suite %q", s.Suite)
	}
	if !good {
		return errs.New(errs.BadSignature, "%s by key %s", typ, s.Key)
	}
	return nil
}

// Into decodes the body, which must be exactly one JSON value in valid UTF-8 that names no member twice (RFC 7493). Members that
// v does not know are allowed: a newer node may send more. It returns errs.UnreadableBody and does not check the signature.
func (s Signed) Into(v any) error {
	if err := strictjson.Unmarshal(s.Body, v); err != nil {
		return errs.Wrap(errs.UnreadableBody, err, "%s", s.Typ)
	}
	return nil
}

// Unmarshal decodes exactly one JSON value that was not signed on its own; errs.UnreadableBody otherwise.
func Unmarshal(b []byte, v any) error { return Signed{Typ: "payload", Body: b}.Into(v) }
