package sqlstore

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"tongban/internal/proof"
)

// nested is JSON in base64 in JSON, as envelopes are.
func nested(depth int) []byte {
	b := []byte(`{"text":"` + strings.Repeat("尚志市", 40) + `"}`)
	for range depth {
		b, _ = json.Marshal(map[string]any{"body": b, "sig": bytes.Repeat([]byte{7, 200}, 32), "n": 1})
	}
	return b
}

func TestShrink(t *testing.T) {
	for _, b := range [][]byte{
		nil, []byte("x"), []byte(`""`), []byte(`"`), nested(0), nested(1), nested(4), nested(9),
		[]byte(`{"a":"` + strings.Repeat("A", 63) + `B","b":"` + strings.Repeat("AAAA", 9) + `"}`),
		[]byte(`{"bad":"` + strings.Repeat("A", 33) + `===","c":"` + strings.Repeat("A", 62) + `B="}`),
		[]byte(`"` + strings.Repeat("A", 64)),
	} {
		if back, ok := grow(shrink(b)); !ok || !bytes.Equal(back, b) {
			t.Errorf("%.40q of %d bytes: %d back, %v", b, len(b), len(back), ok)
		}
	}
	if b := nested(4); len(shrink(b)) > len(b)/3 {
		t.Errorf("%d bytes become %d", len(b), len(shrink(b)))
	}
}

func TestPackSigned(t *testing.T) {
	for _, body := range [][]byte{[]byte(`{}`), nested(3), []byte(base64.StdEncoding.EncodeToString(make([]byte, 999)))} {
		s := proof.Signed{Suite: "SM", Typ: "envelope", Key: "0123456789abcdef", Body: body, Sig: make([]byte, 64)}
		packed := packSigned(s)
		back, ok := unpackSigned(packed)
		if !ok || back.Hash() != s.Hash() || !bytes.Equal(back.Sig, s.Sig) {
			t.Errorf("%d bytes do not come back", len(body))
		}
		for cut := range packed {
			if _, ok := unpackSigned(packed[:cut]); ok && cut > 0 {
				t.Fatalf("cut at %d it still opens", cut)
			}
		}
	}
}

func FuzzShrink(f *testing.F) {
	f.Add(nested(2))
	f.Fuzz(func(t *testing.T, b []byte) {
		if back, ok := grow(shrink(b)); !ok || !bytes.Equal(back, b) {
			t.Fatalf("%q became %q", b, back)
		}
		grow(b) // whatever stands in a row must not panic
	})
}
