// Package workgate is the way to departmental systems over HTTP, as docs/API.md documents it: the node gives cases to a system and
// stops them, and the system answers by itself or when it is asked. Both sides prove each request and each answer with a key that
// they share; bodies and patience are bounded; a system that fails again and again is left alone for a while.
package workgate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// The headers that requests and answers bear: seconds since 1970, and the HMAC-SHA256 (RFC 2104, FIPS 198-1).
const (
	TimeHeader      = "Tongban-Time"
	SignatureHeader = "Tongban-Signature"
)

// KeyHeader names the work: the system takes a request with the same key once.
const KeyHeader = "Idempotency-Key"

// skew is how far the clocks of the two may be apart; an older signature is worth nothing.
const skew = 5 * time.Minute

// Sign puts time and signature into a header. what is "METHOD PATH" of a request, and "ANSWER PATH" of what a request is answered
// with, so that neither can be played somewhere else.
func Sign(h http.Header, key []byte, now time.Time, what string, body []byte) {
	at := strconv.FormatInt(now.Unix(), 10)
	h.Set(TimeHeader, at)
	h.Set(SignatureHeader, mac(key, at, what, body))
}

func mac(key []byte, at, what string, body []byte) string {
	return hex.EncodeToString(keyed(key, []byte(at+"\n"+what+"\n"), body))
}

func keyed(key []byte, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, key)
	for _, p := range parts {
		_, _ = m.Write(p) // never fails
	}
	return m.Sum(nil)
}

// Good reports whether a header bears a good signature of now.
func Good(h http.Header, key []byte, now time.Time, what string, body []byte) bool {
	at := h.Get(TimeHeader)
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil || now.Sub(time.Unix(n, 0)).Abs() > skew || len(key) < leastKey {
		return false
	}
	return hmac.Equal([]byte(mac(key, at, what, body)), []byte(h.Get(SignatureHeader)))
}

// leastKey is the fewest bytes of a key that count as one.
const leastKey = 32
