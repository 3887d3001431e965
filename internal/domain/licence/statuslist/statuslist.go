// Package statuslist is the Token Status List (draft-ietf-oauth-status-list): one compressed list per issuer in which each
// licence has a place, so that a reader learns whether it stands without telling anybody which licence was asked about.
package statuslist

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"io"
	"time"

	"tongban/internal/domain/licence/jws"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Typ is the type of the signed list.
const Typ = "statuslist+jwt"

// MediaType is under which it is served.
const MediaType = "application/statuslist+jwt"

// Value is a status.
type Value uint8

// The values, as the draft numbers them.
const (
	Valid     Value = 0
	Invalid   Value = 1
	Suspended Value = 2
)

const (
	// TTL is for how long a reader may keep a list before it asks again.
	TTL = 5 * time.Minute
	// Life is after what time a list says nothing any more.
	Life = 24 * time.Hour
	// maxToken bounds the signed list, maxBytes the list unpacked: a small token that unpacks to more is refused unread.
	maxToken = 4 << 20
	maxBytes = 1 << 20
)

// List is bits in a row, the first status in the least significant bits of the first byte.
type List struct {
	bits int // 1, 2, 4 or 8 for each status
	b    []byte
}

// New makes a list of n statuses, all Valid. bits is 1, 2, 4 or 8.
func New(n, bits int) *List { return &List{bits, make([]byte, (n*bits+7)/8)} }

// Len is how many statuses fit.
func (l *List) Len() int { return len(l.b) * 8 / l.bits }

// Get reads a status; errs.StatusOutOfRange beyond the end.
func (l *List) Get(i int) (Value, error) {
	if i < 0 || i >= l.Len() {
		return 0, errs.New(errs.StatusOutOfRange, "place %d of %d", i, l.Len())
	}
	at := i * l.bits
	return Value(l.b[at/8] >> (at % 8) & (1<<l.bits - 1)), nil
}

// Set writes a status; errs.StatusOutOfRange beyond the end or for a value that does not fit.
func (l *List) Set(i int, v Value) error {
	if i < 0 || i >= l.Len() || int(v) >= 1<<l.bits {
		return errs.New(errs.StatusOutOfRange, "place %d of %d, value %d", i, l.Len(), v)
	}
	at := i * l.bits
	mask := byte(1<<l.bits - 1)
	l.b[at/8] = l.b[at/8]&^(mask<<(at%8)) | byte(v)<<(at%8)
	return nil
}

// Pack compresses the list (DEFLATE in the ZLIB format) for the claim lst.
func (l *List) Pack() (string, error) {
	var out bytes.Buffer
	z, err := zlib.NewWriterLevel(&out, zlib.BestCompression)
	if err != nil {
		return "", errs.Wrap(errs.Unexpected, err, "status list")
	}
	if _, err := z.Write(l.b); err != nil {
		return "", errs.Wrap(errs.Unexpected, err, "status list")
	}
	if err := z.Close(); err != nil {
		return "", errs.Wrap(errs.Unexpected, err, "status list")
	}
	return jws.Encode(out.Bytes()), nil
}

// Unpack is the reverse of Pack; errs.StatusUnreadable for anything else and for what unpacks to more than 1 MiB.
func Unpack(lst string, bits int) (*List, error) {
	switch bits {
	case 1, 2, 4, 8:
	default:
		return nil, errs.New(errs.StatusUnreadable, "%d bits", bits)
	}
	packed, err := jws.Decode(lst)
	if err != nil {
		return nil, errs.Wrap(errs.StatusUnreadable, err, "lst")
	}
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, errs.New(errs.StatusUnreadable, "zlib")
	}
	b, err := io.ReadAll(io.LimitReader(z, maxBytes+1))
	if err != nil || len(b) > maxBytes || len(b) == 0 {
		return nil, errs.New(errs.StatusUnreadable, "unpacks to %d bytes or more", len(b))
	}
	return &List{bits, b}, nil
}

// claims are the token's.
type claims struct {
	Sub  string `json:"sub"`
	Iat  int64  `json:"iat"`
	Exp  int64  `json:"exp,omitempty"`
	TTL  int64  `json:"ttl,omitempty"`
	List struct {
		Bits int    `json:"bits"`
		Lst  string `json:"lst"`
	} `json:"status_list"`
}

// Sign makes the token under which the list is served at uri.
func Sign(s *jws.Signer, uri string, l *List, now time.Time) (string, error) {
	c := claims{Sub: uri, Iat: now.Unix(), Exp: now.Add(Life).Unix(), TTL: int64(TTL / time.Second)}
	var err error
	c.List.Bits = l.bits
	if c.List.Lst, err = l.Pack(); err != nil {
		return "", err
	}
	payload, err := proof.Marshal(c)
	if err != nil {
		return "", err
	}
	return jws.Sign(s, Typ, true, payload)
}

// Seen is a list whose signature was checked, with the time it speaks of.
type Seen struct {
	URI   string
	At    time.Time     // when the issuer made it
	Until time.Time     // zero if the issuer names no end
	TTL   time.Duration // zero if the issuer names none
	list  *List
}

// Read checks a token: type, key, the uri that the licence names, and that it speaks of now. Errors: errs.StatusUnreadable
// (wrapping what was wrong), errs.StatusStale, and the jws errors for signature, type and algorithm.
func Read(token, uri string, find func(jws.Header) (jws.Key, error), now time.Time) (Seen, error) {
	t, err := jws.Parse(token, maxToken)
	if err != nil {
		return Seen{}, errs.Wrap(errs.StatusUnreadable, err, "token")
	}
	key, err := find(t.Header)
	if err != nil {
		return Seen{}, err
	}
	if err := t.Verify(Typ, key); err != nil {
		return Seen{}, err
	}
	if _, err := jws.Object(t.Payload); err != nil {
		return Seen{}, errs.Wrap(errs.StatusUnreadable, err, "claims")
	}
	var c claims
	if err := json.Unmarshal(t.Payload, &c); err != nil || c.Iat == 0 {
		return Seen{}, errs.New(errs.StatusUnreadable, "claims")
	}
	s := Seen{URI: c.Sub, At: time.Unix(c.Iat, 0).UTC(), TTL: time.Duration(min(max(c.TTL, 0), 1<<31)) * time.Second}
	if c.Exp != 0 {
		s.Until = time.Unix(c.Exp, 0).UTC()
	}
	switch {
	case c.Sub != uri:
		return Seen{}, errs.New(errs.StatusUnreadable, "list of %q, want %q", c.Sub, uri)
	case s.At.After(now.Add(2 * time.Minute)):
		return Seen{}, errs.New(errs.StatusStale, "made at %s, in the future", s.At)
	case !s.Until.IsZero() && now.After(s.Until):
		return Seen{}, errs.New(errs.StatusStale, "ended at %s", s.Until)
	}
	s.list, err = Unpack(c.List.Lst, c.List.Bits)
	return s, err
}

// Fresh reports whether the list may still be used without asking again.
func (s Seen) Fresh(now time.Time) bool {
	ttl := s.TTL
	if ttl == 0 {
		ttl = TTL
	}
	return !now.After(s.At.Add(ttl))
}

// Judge gives the status at a place: nil, errs.LicenceSuspended, errs.LicenceRevoked (also for every value we do not know), or
// errs.StatusOutOfRange.
func (s Seen) Judge(i int) error {
	v, err := s.list.Get(i)
	switch {
	case err != nil:
		return err
	case v == Valid:
		return nil
	case v == Suspended:
		return errs.New(errs.LicenceSuspended, "as of %s", s.At)
	}
	return errs.New(errs.LicenceRevoked, "status %d as of %s", v, s.At)
}

// Ref is a licence's place in a list, as its claim "status" names it.
type Ref struct {
	URI string `json:"uri"`
	Idx int    `json:"idx"`
}

// Claim is the value of the claim "status".
func (r Ref) Claim() map[string]any {
	return map[string]any{"status_list": map[string]any{"uri": r.URI, "idx": r.Idx}}
}

// RefOf reads the claim "status"; false if there is none, errs.TokenUnreadable if it is malformed.
func RefOf(claims map[string]any) (Ref, bool, error) {
	v, ok := claims["status"]
	if !ok {
		return Ref{}, false, nil
	}
	status, _ := v.(map[string]any)
	list, _ := status["status_list"].(map[string]any)
	uri, _ := list["uri"].(string)
	n, _ := list["idx"].(json.Number)
	idx, err := n.Int64()
	if err != nil || uri == "" || idx < 0 || idx > 1<<40 {
		return Ref{}, false, errs.New(errs.TokenUnreadable, "claim status")
	}
	return Ref{URI: uri, Idx: int(idx)}, true, nil
}
