package proof

import (
	"encoding/hex"
	"io"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

// Hash is an SM3 digest. Its text form is 64 lower-case hex digits.
type Hash [32]byte

// String is the text form.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// IsZero reports whether h was never set.
func (h Hash) IsZero() bool { return h == Hash{} }

// MarshalText gives the text form.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads the text form only; errs.UnreadableBody otherwise.
func (h *Hash) UnmarshalText(text []byte) error {
	p, err := ParseHash(string(text))
	if err != nil {
		return err
	}
	*h = p
	return nil
}

// ParseHash reads the text form. Upper case is refused, so that a hash has one spelling and can be compared as text.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != 2*len(h) {
		return Hash{}, errs.New(errs.UnreadableBody, "hash of %d characters", len(s))
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return Hash{}, errs.New(errs.UnreadableBody, "hash with character %q", c)
		}
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil {
		return Hash{}, errs.Wrap(errs.UnreadableBody, err, "hash")
	}
	return h, nil
}

// HashOf is the SM3 of the parts as if they were one.
func HashOf(parts ...[]byte) Hash { return gm.SM3(parts...) }

// HashReader reads r to its end with bounded memory: the address that a received ciphertext must have, and its length.
func HashReader(r io.Reader) (Hash, int64, error) {
	h := gm.NewSM3()
	n, err := io.Copy(h, r)
	return Hash(h.Sum(nil)), n, err
}
