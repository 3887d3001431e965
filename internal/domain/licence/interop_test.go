package licence

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"flag"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/sdjwt"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

var updateVectors = flag.Bool("update", false, "make testdata/interop.json anew, with new keys")

// vector is one object with the outcome that every implementation must come to. testdata/interop.json has them for other vendors.
type vector struct {
	Name   string   `json:"name"`
	Want   string   `json:"want"` // "good", or the code under which we refuse
	Kind   string   `json:"kind"` // presentation | signature
	Issuer jws.JWK  `json:"issuer"`
	Token  string   `json:"token,omitempty"`
	List   string   `json:"list,omitempty"` // status list token
	URI    string   `json:"uri,omitempty"`
	Aud    string   `json:"aud,omitempty"`
	Nonce  string   `json:"nonce,omitempty"`
	At     int64    `json:"at,omitempty"` // the moment to judge at, Unix seconds
	Need   []string `json:"need,omitempty"`
	Hidden []string `json:"hidden,omitempty"`

	Message   string `json:"message,omitempty"`
	Signature string `json:"signature,omitempty"` // r ‖ s, base64url
}

const vectorsFile = "testdata/interop.json"

// makeVectors makes every vector with new keys, at a fixed moment.
func makeVectors(t *testing.T) []vector {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC)
	keys, holderKeys := gm.MemoryKeys(), gm.MemoryKeys()
	es, err := keys.ES256Key("es256")
	must(err)
	sm, err := keys.SignKey("sign")
	must(err)
	hk, err := holderKeys.ES256Key("wallet")
	must(err)
	holder := jws.NewES256(hk)
	const uri = "https://qinghai.example/status/1"
	node := office.Node{ID: "63", Address: "https://qinghai.example"}
	id, err := NewIdentifier("11100000MB0143028R001", "11630000015000000X", "91630100MA0000017Q", 1)
	must(err)
	var out []vector
	for _, signer := range []*jws.Signer{jws.NewES256(es), jws.NewSM2(sm)} {
		list := statuslist.New(64, 2)
		must(list.Set(6, statuslist.Suspended))
		must(list.Set(7, statuslist.Invalid))
		token, err := statuslist.Sign(signer, uri, list, at)
		must(err)
		show := func(idx int, until string) string {
			l := Licence{
				ID: id, TypeCode: "11100000MB0143028R001", TypeName: "营业执照", No: "91630100MA0000017Q", Version: 1, Issued: "2026-01-05", From: "2026-01-05", Until: until,
				Holder: Holder{Name: "西宁市雪莲商贸有限公司", Code: "91630100MA0000017Q", CodeType: "001"}, Issuer: Issuer{Name: "西宁市行政审批局", Code: "11630000015000000X", Node: "63"},
				Fields: []Field{{Key: "scope", Label: "经营范围", Value: "日用百货销售"}},
			}
			c, err := Credential(signer, l, node, Binding{Holder: &holder.Key, Status: &statuslist.Ref{URI: uri, Idx: idx}, At: at.Add(-time.Hour)})
			must(err)
			p, missing, err := sdjwt.Present(c, []string{ClaimHolderName, "scope"}, &sdjwt.Holder{Signer: holder, Audience: "desk", Nonce: "n-1", At: at.Unix()})
			if must(err); missing != nil {
				t.Fatal(missing)
			}
			return p
		}
		key := signer.Key.JWK()
		add := func(name, want, token2 string, change func(*vector)) {
			v := vector{
				Name: string(signer.Key.Alg) + " " + name, Want: want, Kind: "presentation", Issuer: key, Token: token2, List: token, URI: uri, Aud: "desk", Nonce: "n-1",
				At: at.Unix(), Need: []string{ClaimHolderName, "scope", ClaimID}, Hidden: []string{ClaimHolderCode, ClaimNo},
			}
			if change != nil {
				change(&v)
			}
			out = append(out, v)
		}
		good := show(5, "")
		add("good", "good", good, nil)
		add("wrong nonce", errs.HolderProofWrong.Name(), good, func(v *vector) { v.Nonce = "n-2" })
		parts := strings.Split(good, "~")
		injected := jws.Encode([]byte(`["c2FsdHNhbHRzYWx0c2FsdA","no","1"]`))
		add("injected disclosure", errs.DisclosureForeign.Name(), strings.Join(append(append([]string{}, parts[:2]...), append([]string{injected}, parts[2:]...)...), "~"), nil)
		add("disclosure taken away", errs.HolderProofWrong.Name(), parts[0]+"~"+parts[1]+"~"+parts[len(parts)-1], nil)
		add("suspended", errs.LicenceSuspended.Name(), show(6, ""), nil)
		add("revoked", errs.LicenceRevoked.Name(), show(7, ""), nil)
		add("out of range", errs.StatusOutOfRange.Name(), show(4096, ""), nil)
		add("expired", errs.LicenceNotInForce.Name(), show(5, "2026-06-30"), nil)
		head, rest, _ := strings.Cut(good, ".")
		body, sig, _ := strings.Cut(rest, ".")
		add("forged", errs.BadSignature.Name(), head+"."+body+"."+flip(sig), nil)
		signature, err := map[jws.Alg]func([]byte) ([]byte, error){jws.ES256: es.SignES256, jws.SM2: sm.Sign}[signer.Key.Alg]([]byte("互认"))
		must(err)
		out = append(out, vector{Name: string(signer.Key.Alg) + " signature", Want: "good", Kind: "signature", Issuer: key, Message: "互认", Signature: jws.Encode(signature)})
		signature[0] ^= 1
		out = append(out, vector{Name: string(signer.Key.Alg) + " wrong signature", Want: errs.BadSignature.Name(), Kind: "signature", Issuer: key, Message: "互认", Signature: jws.Encode(signature)})
	}
	return out
}

// flip changes the first character of a token's signature.
func flip(sig string) string {
	if sig[0] == 'A' {
		return "B" + sig[1:]
	}
	return "A" + sig[1:]
}

// ours is what this implementation says of a vector: "good" or the code's name.
func (v vector) ours(t *testing.T) string {
	t.Helper()
	raw, err := json.Marshal(v.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	key, err := jws.ReadJWK(raw)
	if err != nil {
		t.Fatal(err)
	}
	if v.Kind == "signature" {
		sig, err := jws.Decode(v.Signature)
		if err != nil {
			t.Fatal(err)
		}
		if key.Alg == jws.SM2 && gm.Verify(key.Pub, []byte(v.Message), sig) || key.Alg == jws.ES256 && gm.VerifyES256(key.Pub, []byte(v.Message), sig) {
			return "good"
		}
		return errs.BadSignature.Name()
	}
	n := office.Node{ID: "63", Address: "https://qinghai.example", Sign: []byte{}, ES256: key.Pub}
	if key.Alg == jws.SM2 {
		n.Sign, n.ES256 = key.Pub, nil
	}
	trust, at := &office.TrustList{Version: 1, Nodes: []office.Node{n}}, time.Unix(v.At, 0)
	c, err := CheckCredential(v.Token, trust, at)
	if err == nil {
		err = c.For(v.Aud, v.Nonce, nil, at, time.Minute)
	}
	if err == nil {
		_, err = c.Standing(v.List, trust, at)
	}
	if err != nil {
		return errs.CodeOf(err).Name()
	}
	return "good"
}

// TestInterop holds committed vectors and freshly made ones against this implementation and against independent ones: npm
// @sd-jwt/* and sm-crypto, and openssl. `make interop` counts its subtests.
func TestInterop(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("Node.js is missing: run `make setup`")
	}
	if *updateVectors {
		b, err := json.MarshalIndent(makeVectors(t), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsFile, append(b, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fresh, err := json.Marshal(makeVectors(t))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "fresh.json")
	if err := os.WriteFile(file, fresh, 0o600); err != nil {
		t.Fatal(err)
	}
	for from, path := range map[string]string{"committed": vectorsFile, "fresh": file} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var list []vector
		if err := json.Unmarshal(b, &list); err != nil || len(list) == 0 {
			t.Fatalf("%s: %d vectors, %v", path, len(list), err)
		}
		cmd := exec.CommandContext(t.Context(), node, "../../../web/interop/check.mjs", path)
		var wrong bytes.Buffer
		cmd.Stderr = &wrong
		said, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, wrong.String())
		}
		var theirs struct {
			Vectors []struct {
				Name string
				OK   bool
				Why  string
			}
			Theirs struct{ Public, Message, Signature string }
		}
		if err := json.Unmarshal(said, &theirs); err != nil || len(theirs.Vectors) != len(list) {
			t.Fatalf("%s: %v", said, err)
		}
		for i, v := range list {
			t.Run(from+"/ours/"+v.Name, func(t *testing.T) {
				if got := v.ours(t); got != v.Want {
					t.Errorf("we say %s, want %s", got, v.Want)
				}
			})
			t.Run(from+"/npm/"+v.Name, func(t *testing.T) {
				if got := theirs.Vectors[i]; got.OK != (v.Want == "good") {
					t.Errorf("they say %t (%s), want %s", got.OK, got.Why, v.Want)
				}
			})
		}
		t.Run(from+"/ours/signature by sm-crypto", func(t *testing.T) {
			pub, err1 := hex.DecodeString(theirs.Theirs.Public)
			sig, err2 := hex.DecodeString(theirs.Theirs.Signature)
			if err1 != nil || err2 != nil || !gm.Verify(pub, []byte(theirs.Theirs.Message), sig) {
				t.Errorf("%v %v", err1, err2)
			}
			if gm.Verify(pub, []byte(theirs.Theirs.Message+"."), sig) {
				t.Error("another message passes")
			}
		})
	}
	t.Run("openssl/our SM2 signature", func(t *testing.T) { opensslReads(t) })
}

// sm2Key is a public key as SubjectPublicKeyInfo (GM/T 0003, OID of SM2).
func sm2Key(pub []byte) []byte {
	head, _ := hex.DecodeString("3059301306072a8648ce3d020106082a811ccf5501822d034200")
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: append(head, pub...)})
}

// opensslReads has openssl verify a signature of ours, and refuse it over another message.
func opensslReads(t *testing.T) {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("openssl is missing")
	}
	key, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	sig, err := key.Sign([]byte("互认"))
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"key.pem": sm2Key(key.Public()), "sig": der, "good": []byte("互认"), "other": []byte("互认。")} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{"good": true, "other": false} {
		cmd := exec.CommandContext(t.Context(), openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-sigfile", "sig", "-in", name, "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
		cmd.Dir = dir
		if b, err := cmd.CombinedOutput(); (err == nil) != want {
			t.Errorf("%s: %v %s", name, err, b)
		}
	}
}
