package sdjwt

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/domain/licence/jws"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

var now = time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)

type cast struct{ issuer, other, holder, thief *jws.Signer }

func people(t testing.TB) cast {
	t.Helper()
	keys := gm.MemoryKeys()
	es := func(name string) *jws.Signer {
		k, err := keys.ES256Key(name)
		if err != nil {
			t.Fatal(err)
		}
		return jws.NewES256(k)
	}
	return cast{es("issuer"), es("other"), es("holder"), es("thief")}
}

func (c cast) find(jws.Header, map[string]json.RawMessage) (jws.Key, error) { return c.issuer.Key, nil }

func (c cast) credential(t testing.TB) string {
	t.Helper()
	s, err := Issue(c.issuer, map[string]any{
		"vct": "urn:cn:elicence:x", "iat": now.Unix(), "cnf": map[string]any{"jwk": c.holder.Key.JWK()},
	}, []Claim{{"name", "李𠮷<梅>"}, {"no", "91630100MA0000017Q"}, {"legal_rep", "李梅"}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func present(t testing.TB, credential string, by *jws.Signer, want ...string) string {
	t.Helper()
	p, missing, err := Present(credential, want, &Holder{Signer: by, Audience: "x509_hash:a", Nonce: "n1", At: now.Unix(), Transaction: []string{"h"}})
	if err != nil || len(missing) > 0 {
		t.Fatal(err, missing)
	}
	return p
}

func TestOnlyTheChosenClaimsAreSeen(t *testing.T) {
	c := people(t)
	credential := c.credential(t)
	v, err := Verify(present(t, credential, c.holder, "name"), c.find)
	if err != nil {
		t.Fatal(err)
	}
	if v.Text("name") != "李𠮷<梅>" || v.Claims["no"] != nil || v.Claims["_sd"] != nil || v.Claims["_sd_alg"] != nil {
		t.Errorf("claims %v", v.Claims)
	}
	if err := v.For("x509_hash:a", "n1", []string{"h"}, now, time.Minute); err != nil {
		t.Error(err)
	}
	names, err := Disclosable(credential)
	if d := cmp.Diff([]string{"name", "no", "legal_rep"}, names); err != nil || d != "" {
		t.Error(err, d)
	}
	if _, missing, err := Present(credential, []string{"name", "address"}, nil); err != nil || !slices.Equal(missing, []string{"address"}) {
		t.Errorf("missing %v, %v", missing, err)
	}
	if v, err := Verify(credential, c.find); err != nil || v.Bound != nil || len(v.Claims) != 6 {
		t.Errorf("without proof, all disclosed: %v %v", v.Claims, err)
	}
}

func TestProofIsForOneOccasion(t *testing.T) {
	c := people(t)
	v, err := Verify(present(t, c.credential(t), c.holder, "name"), c.find)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		aud, nonce string
		tx         []string
		at         time.Time
	}{
		"another reader":   {"x509_hash:b", "n1", []string{"h"}, now},
		"replayed":         {"x509_hash:a", "n2", []string{"h"}, now},
		"another purpose":  {"x509_hash:a", "n1", []string{"g"}, now},
		"purpose left out": {"x509_hash:a", "n1", nil, now},
		"too old":          {"x509_hash:a", "n1", []string{"h"}, now.Add(2 * time.Minute)},
		"from the future":  {"x509_hash:a", "n1", []string{"h"}, now.Add(-3 * time.Minute)},
	} {
		if err := v.For(tt.aud, tt.nonce, tt.tx, tt.at, time.Minute); !errs.Is(err, errs.HolderProofWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	v.Bound = nil
	if err := v.For("x509_hash:a", "n1", nil, now, time.Minute); !errs.Is(err, errs.HolderProofMissing) {
		t.Errorf("no proof: %v", err)
	}
}

// TestForged tries to get in.
func TestForged(t *testing.T) {
	c := people(t)
	credential := c.credential(t)
	good := present(t, credential, c.holder, "name")
	list := strings.Split(good, "~")
	all := strings.Split(credential, "~")
	added, err := disclose(Claim{"name", "王五"})
	if err != nil {
		t.Fatal(err)
	}
	resign := func(change func(map[string]any)) string {
		tok, err := jws.Parse(all[0], MaxSize)
		if err != nil {
			t.Fatal(err)
		}
		var body map[string]any
		if err := json.Unmarshal(tok.Payload, &body); err != nil {
			t.Fatal(err)
		}
		change(body)
		payload, err := proof.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		s, err := jws.Sign(c.issuer, Typ, true, payload)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	again := func(token string, disclosures ...string) string { return join(token, disclosures) }
	for name, tt := range map[string]struct {
		token string
		want  errs.Code
	}{
		"a disclosure injected":        {list[0] + "~" + list[1] + "~" + added + "~" + list[2], errs.DisclosureForeign},
		"a true disclosure added":      {list[0] + "~" + list[1] + "~" + all[2] + "~" + list[2], errs.HolderProofWrong},
		"a disclosure taken away":      {list[0] + "~" + list[2], errs.HolderProofWrong},
		"a disclosure twice":           {list[0] + "~" + list[1] + "~" + list[1] + "~" + list[2], errs.DisclosureForeign},
		"proof by somebody else":       {present(t, credential, c.thief, "name"), errs.HolderProofWrong},
		"proof is another credential":  {list[0] + "~" + list[1] + "~" + list[0], errs.HolderProofWrong},
		"cut":                          {good[:len(good)-5], errs.TokenUnreadable},
		"cut in the token":             {good[20:], errs.TokenUnreadable},
		"no tilde":                     {list[0], errs.TokenUnreadable},
		"oversized":                    {good + strings.Repeat("~a", MaxSize), errs.TokenTooLarge},
		"too many disclosures":         {list[0] + strings.Repeat("~a", 200) + "~", errs.TokenTooLarge},
		"disclosure is no base64url":   {list[0] + "~!!~", errs.DisclosureForeign},
		"another hash":                 {again(resign(func(m map[string]any) { m["_sd_alg"] = "md5" })), errs.TokenAlgorithm},
		"a digest twice":               {again(resign(func(m map[string]any) { s := m["_sd"].([]any); m["_sd"] = append(s, s[0]) })), errs.DisclosureForeign},
		"a digest that is no text":     {again(resign(func(m map[string]any) { m["_sd"] = []any{1} })), errs.DisclosureForeign},
		"_sd is no list":               {again(resign(func(m map[string]any) { m["_sd"] = "x" })), errs.TokenUnreadable},
		"claim and disclosure alike":   {again(resign(func(m map[string]any) { m["name"] = "open" }), all[1]), errs.DisclosureForeign},
		"holder's key is RSA":          {again(resign(func(m map[string]any) { m["cnf"] = map[string]any{"jwk": map[string]any{"kty": "RSA"}} })), errs.BadKey},
		"holder's key is taken out":    {strings.Replace(good, list[0], resign(func(m map[string]any) { delete(m, "cnf") }), 1), errs.HolderProofWrong},
		"expiry can be left out":       {again(resign(hide("exp", 1)), hidden["exp"]), errs.DisclosureForeign},
		"status can be left out":       {again(resign(hide("status", map[string]any{})), hidden["status"]), errs.DisclosureForeign},
		"list element without value":   {again(resign(func(m map[string]any) { m["l"] = []any{map[string]any{"...": 5}} })), errs.DisclosureForeign},
		"list element with more":       {again(resign(func(m map[string]any) { m["l"] = []any{map[string]any{"...": "x", "a": 1}} })), errs.TokenUnreadable},
		"member ... outside of a list": {again(resign(func(m map[string]any) { m["..."] = "x" })), errs.TokenUnreadable},
	} {
		if v, err := Verify(tt.token, c.find); !errs.Is(err, tt.want) {
			t.Errorf("%s: %v %v", name, v.Claims, err)
		}
	}
	foreign := func(jws.Header, map[string]json.RawMessage) (jws.Key, error) { return c.other.Key, nil }
	if _, err := Verify(good, foreign); !errs.Is(err, errs.BadSignature) {
		t.Errorf("another issuer: %v", err)
	}
}

// hidden are disclosures that hide made, by name.
var hidden = map[string]string{}

func hide(name string, value any) func(map[string]any) {
	d, err := disclose(Claim{name, value})
	if err != nil {
		panic(err)
	}
	hidden[name] = d
	return func(m map[string]any) { m["_sd"] = append(m["_sd"].([]any), digest(d)) }
}

// TestNested reads what other issuers make: hashes inside objects and lists (RFC 9901 §4.2).
func TestNested(t *testing.T) {
	c := people(t)
	city, err := disclose(Claim{"city", "西宁"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := proof.Marshal([]any{"c2FsdHNhbHRzYWx0c2Fs", "B2"})
	if err != nil {
		t.Fatal(err)
	}
	second := jws.Encode(b)
	payload, err := proof.Marshal(map[string]any{
		"vct": "x", "address": map[string]any{"_sd": []string{digest(city)}}, "_sd_alg": "sha-256",
		"classes": []any{"A1", map[string]string{"...": digest(second)}, map[string]string{"...": digest("decoy")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.Sign(c.issuer, Typ, false, payload)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Verify(join(token, []string{city, second}), c.find)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"vct": "x", "address": map[string]any{"city": "西宁"}, "classes": []any{"A1", "B2"}}
	if d := cmp.Diff(want, v.Claims); d != "" {
		t.Error(d)
	}
	if v, err = Verify(join(token, nil), c.find); err != nil || len(v.Claims["classes"].([]any)) != 1 {
		t.Errorf("nothing disclosed: %v %v", v.Claims, err)
	}
}

func TestIssueRefuses(t *testing.T) {
	c := people(t)
	for name, hidden := range map[string][]Claim{
		"twice": {{"a", 1}, {"a", 2}}, "_sd": {{"_sd", 1}}, "dots": {{"...", 1}}, "no name": {{"", 1}}, "open already": {{"vct", "y"}},
	} {
		if s, err := Issue(c.issuer, map[string]any{"vct": "x"}, hidden); !errs.Is(err, errs.TokenUnreadable) {
			t.Errorf("%s: %q %v", name, s, err)
		}
	}
	if _, err := Issue(c.issuer, map[string]any{"_sd": 1}, nil); !errs.Is(err, errs.TokenUnreadable) {
		t.Error(err)
	}
}

func TestClaimsByType(t *testing.T) {
	c := people(t)
	token, err := Issue(c.issuer, map[string]any{"iat": now.Unix(), "exp": 1.5, "vct": 7}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Verify(token, c.find)
	if err != nil {
		t.Fatal(err)
	}
	if at, err := v.Time("iat"); err != nil || !at.Equal(now) {
		t.Error(at, err)
	}
	if _, err := v.Time("exp"); !errs.Is(err, errs.TokenUnreadable) {
		t.Error(err)
	}
	if at, err := v.Time("nbf"); err != nil || !at.IsZero() || v.Text("vct") != "" {
		t.Error(at, err)
	}
}

func FuzzVerify(f *testing.F) {
	c := people(f)
	f.Add(present(f, c.credential(f), c.holder, "name"))
	f.Add("a.b.c~~")
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := Verify(s, c.find); err == nil && v.Claims["vct"] != "urn:cn:elicence:x" {
			t.Fatalf("%v", v.Claims)
		} else if err != nil && errs.CodeOf(err) == errs.Unexpected {
			t.Fatal(err)
		}
	})
}
