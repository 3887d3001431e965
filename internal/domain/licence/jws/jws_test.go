package jws

import (
	"encoding/json"
	"strings"
	"testing"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

func signers(t testing.TB) (es, sm *Signer) {
	t.Helper()
	keys := gm.MemoryKeys()
	e, err := keys.ES256Key("es256")
	if err != nil {
		t.Fatal(err)
	}
	s, err := keys.SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	return NewES256(e), NewSM2(s)
}

func TestSignVerify(t *testing.T) {
	es, sm := signers(t)
	for _, s := range []*Signer{es, sm} {
		token, err := Sign(s, "dc+sd-jwt", true, []byte(`{"a":"中"}`))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(token, 4096)
		if err != nil {
			t.Fatal(err)
		}
		if got.Header.Kid != s.Key.ID() || string(got.Payload) != `{"a":"中"}` || got.Verify("dc+sd-jwt", s.Key) != nil {
			t.Errorf("%s: %+v", s.Key.Alg, got)
		}
		if err := got.Verify("kb+jwt", s.Key); !errs.Is(err, errs.WrongType) {
			t.Errorf("another type: %v", err)
		}
		back, err := json.Marshal(s.Key.JWK())
		if err != nil {
			t.Fatal(err)
		}
		if k, err := ReadJWK(back); err != nil || k.Alg != s.Key.Alg || string(k.Pub) != string(s.Key.Pub) {
			t.Errorf("%s as JWK: %v", s.Key.Alg, err)
		}
	}
}

// TestAlgorithmConfusion tries to get a token past a key that is not for its algorithm.
func TestAlgorithmConfusion(t *testing.T) {
	es, sm := signers(t)
	payload := Encode([]byte(`{}`))
	forge := func(header string) string { return Encode([]byte(header)) + "." + payload + "." }
	hmac := gm.HMAC(es.Key.Pub, []byte("x"))
	for name, token := range map[string]string{
		"none":                  forge(`{"alg":"none","typ":"t"}`),
		"None":                  forge(`{"alg":"None","typ":"t"}`),
		"HS256 with the key":    forge(`{"alg":"HS256","typ":"t"}`) + Encode(hmac[:]),
		"no algorithm":          forge(`{"typ":"t"}`),
		"es256 in lower case":   forge(`{"alg":"es256","typ":"t"}`),
		"ALG in capitals":       forge(`{"ALG":"ES256","typ":"t"}`),
		"algorithm named twice": forge(`{"alg":"none","alg":"ES256","typ":"t"}`),
		"brings its own key":    forge(`{"alg":"ES256","typ":"t","jwk":{}}`),
		"names a key's address": forge(`{"alg":"ES256","typ":"t","jku":"https://a"}`),
		"critical extension":    forge(`{"alg":"ES256","typ":"t","crit":["b64"]}`),
	} {
		if tok, err := Parse(token, 4096); err == nil {
			t.Errorf("%s: %+v passes", name, tok.Header)
		}
	}
	swapped, err := Sign(sm, "t", false, []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Parse(swapped, 4096)
	if err != nil {
		t.Fatal(err)
	}
	if err := tok.Verify("t", es.Key); !errs.Is(err, errs.TokenAlgorithm) {
		t.Errorf("SM2 for ES256: %v", err)
	}
	// The header lies about its algorithm: the key's own decides, and the signature fails.
	lying := forge(`{"alg":"ES256","typ":"t"}`) + strings.Split(swapped, ".")[2]
	if tok, err = Parse(lying, 4096); err != nil {
		t.Fatal(err)
	}
	if err := tok.Verify("t", es.Key); !errs.Is(err, errs.BadSignature) {
		t.Errorf("SM2's signature as ES256: %v", err)
	}
	if err := tok.Verify("t", sm.Key); !errs.Is(err, errs.TokenAlgorithm) {
		t.Errorf("ES256's header with the SM2 key: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	es, _ := signers(t)
	good, err := Sign(es, "t", false, []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	for name, c := range map[string]struct {
		token string
		want  errs.Code
	}{
		"empty":       {"", errs.TokenUnreadable},
		"two parts":   {parts[0] + "." + parts[1], errs.TokenUnreadable},
		"four parts":  {good + ".", errs.TokenUnreadable},
		"padding":     {parts[0] + "=." + parts[1] + "." + parts[2], errs.TokenUnreadable},
		"line break":  {parts[0] + "." + parts[1] + "\n." + parts[2], errs.TokenUnreadable},
		"too long":    {strings.Repeat("a", 5000), errs.TokenTooLarge},
		"loose bits":  {parts[0] + "." + parts[1] + "." + parts[2][:len(parts[2])-1] + "_", errs.TokenUnreadable},
		"head no map": {Encode([]byte(`[]`)) + "." + parts[1] + "." + parts[2], errs.TokenUnreadable},
	} {
		tok, err := Parse(c.token, 4096)
		if err == nil {
			err = tok.Verify("t", es.Key)
		}
		if !errs.Is(err, c.want) && (name != "loose bits" || !errs.Is(err, errs.BadSignature)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"twice": `{"a":1,"a":2}`, "nested twice": `{"a":{"b":1,"b":1}}`, "two values": `{}{}`, "cut": `{"a"`, "deep": strings.Repeat("[", 40),
		"no UTF-8": "{\"a\":\"\xff\"}", "null": "null",
	} {
		if _, err := Object([]byte(text)); !errs.Is(err, errs.TokenUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadJWKRefuses(t *testing.T) {
	es, sm := signers(t)
	j := es.Key.JWK()
	wrongCurve, off := j, j
	wrongCurve.Crv = "SM2"
	off.Y = sm.Key.JWK().Y
	for name, v := range map[string]any{
		"another curve's point": wrongCurve, "off the curve": off, "a private key": map[string]string{"kty": "EC", "crv": "P-256", "x": j.X, "y": j.Y, "d": j.X},
		"RSA": map[string]string{"kty": "RSA"}, "another algorithm": JWK{Kty: "EC", Crv: "P-256", X: j.X, Y: j.Y, Alg: SM2}, "nothing": nil,
	} {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if k, err := ReadJWK(raw); err == nil {
			t.Errorf("%s: %+v passes", name, k)
		}
	}
}

func FuzzParse(f *testing.F) {
	es, _ := signers(f)
	good, err := Sign(es, "t", true, []byte(`{"a":1}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("..")
	f.Add(Encode([]byte(`{"alg":"none"}`)) + ".e30.")
	f.Fuzz(func(t *testing.T, s string) {
		tok, err := Parse(s, 4096)
		if err == nil && tok.Header.Alg != ES256 && tok.Header.Alg != SM2 {
			t.Fatalf("algorithm %q", tok.Header.Alg)
		}
		if err != nil && !errs.Is(err, errs.TokenUnreadable) && !errs.Is(err, errs.TokenAlgorithm) && !errs.Is(err, errs.TokenTooLarge) {
			t.Fatal(err)
		}
		if err == nil && s != good && tok.Verify("t", es.Key) == nil {
			t.Fatalf("%q verifies", s)
		}
	})
}
