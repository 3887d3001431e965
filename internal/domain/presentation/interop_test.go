package presentation

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

var updateVectors = flag.Bool("update", false, "make testdata/openid4vp.json anew, with new keys")

const vectorsFile = "testdata/openid4vp.json"

// vector is a request or an answer with the outcome that every implementation must come to; testdata/openid4vp.json has them for other
// vendors.
type vector struct {
	Name    string  `json:"name"`
	Want    string  `json:"want"` // "good", or the code under which we refuse
	Kind    string  `json:"kind"` // request | answer
	At      int64   `json:"at"`   // the moment to judge at, Unix seconds
	Client  string  `json:"client"`
	URI     string  `json:"uri"`
	Request string  `json:"request"`
	Case    string  `json:"case"`
	State   string  `json:"state"`
	Asker   jws.JWK `json:"asker"`
	Issuer  jws.JWK `json:"issuer"`
	Answer  string  `json:"answer,omitempty"`
	List    string  `json:"list,omitempty"` // status list token
}

func makeVectors(w *world) []vector {
	r := w.ask()
	base := vector{
		At: at.Add(2 * time.Minute).Unix(), Client: ClientID("23"), URI: RequestURI(w.here, r.ID), Request: r.Token, Case: use.Case, State: r.State,
		Asker: w.asker.Key.JWK(), Issuer: w.issuer.Key.JWK(), List: w.list,
	}
	var out []vector
	request := func(name, want, token string) {
		v := base
		v.Name, v.Want, v.Kind, v.Request = "request "+name, want, "request", token
		out = append(out, v)
	}
	request("good", "good", r.Token)
	request("by another key", errs.VerifierUnknown.Name(), w.forged(w.other, func(map[string]any) {}))
	request("over", errs.RequestOver.Name(), w.forged(w.asker, func(m map[string]any) { m["exp"] = at.Add(time.Second).Unix() }))
	request("in another's name", errs.RequestWrong.Name(), w.forged(w.asker, func(m map[string]any) { m["client_id"] = ClientID("35") }))
	_, rest, _ := strings.Cut(r.Token, ".")
	body, _, _ := strings.Cut(rest, ".")
	request("unsigned", errs.TokenAlgorithm.Name(), jws.Encode([]byte(`{"alg":"none","typ":"`+TypRequest+`","kid":"`+w.asker.Key.ID()+`"}`))+"."+body+".")

	other := w.ask()
	otherReader, otherCase, less := r, r, r
	otherReader.By, otherCase.Hashes, less.Claims = "35", []string{jws.Encode(make([]byte, 32))}, r.Claims[:1]
	good := w.answer(r, 5, "")
	for _, x := range []struct{ name, want, answer string }{
		{"good", "good", good},
		{"wrong nonce", errs.HolderProofWrong.Name(), w.answer(other, 5, "")},
		{"wrong audience", errs.HolderProofWrong.Name(), w.answer(otherReader, 5, "")},
		{"other case", errs.HolderProofWrong.Name(), w.answer(otherCase, 5, "")},
		{"injected disclosure", errs.DisclosureForeign.Name(), injected(w.t, good)},
		{"disclosure taken away", errs.HolderProofWrong.Name(), without(w.t, good)},
		{"fields missing", errs.FieldsMissing.Name(), w.answer(less, 5, "")},
		{"revoked", errs.LicenceRevoked.Name(), w.answer(r, 7, "")},
		{"expired", errs.LicenceNotInForce.Name(), w.answer(r, 5, "2026-06-30")},
	} {
		v := base
		v.Name, v.Want, v.Kind, v.Answer = "answer "+x.name, x.want, "answer", x.answer
		out = append(out, v)
	}
	return out
}

// ours is what this implementation says of a vector, with no other knowledge than what stands in it.
func (v vector) ours(t *testing.T) string {
	t.Helper()
	key := func(j jws.JWK) []byte {
		raw, err := json.Marshal(j)
		must(t, err)
		k, err := jws.ReadJWK(raw)
		must(t, err)
		return k.Pub
	}
	trust := &office.TrustList{Version: 1, Nodes: []office.Node{
		{ID: "23", Address: "https://heilongjiang.example", ES256: key(v.Asker), Sign: []byte{1}},
		{ID: "63", Address: "https://qinghai.example", ES256: key(v.Issuer), Sign: []byte{2}},
	}}
	now := time.Unix(v.At, 0).UTC()
	by, _, err := Find(v.Client, v.URI, trust)
	if err != nil {
		return errs.CodeOf(err).Name()
	}
	r, err := Open(v.Request, by, now)
	if err == nil && v.Kind == "answer" {
		var c licence.Checked
		if c, err = r.Judge(v.Answer, trust, now); err == nil {
			_, err = c.Standing(v.List, trust, now)
		}
	}
	if err != nil {
		return errs.CodeOf(err).Name()
	}
	return "good"
}

// TestInterop holds requests and answers of this implementation against independent ones (npm @openid4vc/openid4vp, dcql and
// @sd-jwt/*), committed and fresh, and has ours judge a request and an answer that they make. `make interop` counts its subtests.
func TestInterop(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("Node.js is missing: run `make setup`")
	}
	w := newWorld(t)
	if *updateVectors {
		b, err := json.MarshalIndent(makeVectors(newWorld(t)), "", "  ")
		must(t, err)
		must(t, os.WriteFile(vectorsFile, append(b, '\n'), 0o600))
	}
	b, err := os.ReadFile(vectorsFile)
	must(t, err)
	var list []vector
	must(t, json.Unmarshal(b, &list))
	for i := range list {
		list[i].Name = "committed/" + list[i].Name
	}
	fresh := makeVectors(w)
	for i := range fresh {
		fresh[i].Name = "fresh/" + fresh[i].Name
	}
	list = append(list, fresh...)

	mine := w.ask()
	t2, err := jws.Parse(mine.Token, MaxRequest)
	must(t, err)
	var sent wire
	must(t, json.Unmarshal(t2.Payload, &sent))
	data, err := proof.Marshal(transaction{Type: useType, Credentials: []string{queryID}, Hashes: []string{hashName}, Use: use})
	must(t, err)
	theirID := strings.Repeat("b", 26)
	input, err := json.Marshal(map[string]any{"vectors": list, "theirs": map[string]any{
		"at": at.Add(time.Minute).Unix(), "client": ClientID("35"), "kid": w.other.Key.ID(), "asker": w.otherPrivate, "holder": w.holderPrivate,
		"uri": RequestURI(w.fujian, theirID), "answer_uri": AnswerURI(w.fujian, theirID), "nonce": strings.Repeat("c", 26),
		"vct": licence.VCT(kind), "claims": mine.Claims, "transaction": jws.Encode(data),
		"credential": w.credential(w.issuer, w.holder.Key, 5, ""), "to": ClientID("23"), "to_nonce": mine.Nonce, "to_transaction": sent.Transaction[0],
	}})
	must(t, err)
	file := filepath.Join(t.TempDir(), "input.json")
	must(t, os.WriteFile(file, input, 0o600))
	cmd := exec.CommandContext(t.Context(), node, "../../../web/interop/present.mjs", file)
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
		Request, Answer string
	}
	must(t, json.Unmarshal(said, &theirs))
	if len(theirs.Vectors) != len(list) {
		t.Fatalf("%s", said)
	}
	for i, v := range list {
		t.Run("ours/"+v.Name, func(t *testing.T) {
			if got := v.ours(t); got != v.Want {
				t.Errorf("we say %s, want %s", got, v.Want)
			}
		})
		t.Run("npm/"+v.Name, func(t *testing.T) {
			if got := theirs.Vectors[i]; got.OK != (v.Want == "good") {
				t.Errorf("they say %t (%s), want %s", got.OK, got.Why, v.Want)
			}
		})
	}
	t.Run("ours/request by @openid4vc", func(t *testing.T) {
		r, err := Open(theirs.Request, w.fujian, at.Add(time.Minute))
		if err != nil || r.Use != use || r.ID != theirID || r.Type != kind {
			t.Errorf("%+v %v", r, err)
		}
	})
	t.Run("ours/answer by @sd-jwt", func(t *testing.T) {
		if got := w.ours(mine, theirs.Answer); got != "good" {
			t.Error(got)
		}
	})
}
