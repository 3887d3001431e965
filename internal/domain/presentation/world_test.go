package presentation

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

const (
	kind    = "11100000MB0143028R001"
	listURI = "https://qinghai.example/status/1"
)

var at = time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC)

// world is 黑龙江 (23) that asks, 青海 (63) that issued, 福建 (35) that has nothing to do with it, and a holder.
type world struct {
	t                           testing.TB
	trust                       *office.TrustList
	asker, issuer, other        *jws.Signer
	sm                          *jws.Signer // 青海's key inside the federation
	holder                      *jws.Signer
	list                        string
	here, there, fujian         office.Node
	otherPrivate, holderPrivate map[string]string
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair is a P-256 key whose private half can be told to another program.
type pair struct {
	key *ecdsa.PrivateKey
	pub []byte
}

func (p pair) Public() []byte { return p.pub }

func (p pair) SignES256(msg []byte) ([]byte, error) {
	h := sum(msg)
	r, s, err := ecdsa.Sign(rand.Reader, p.key, h[:])
	if err != nil {
		return nil, err
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out, nil
}

func newPair(t testing.TB) (*jws.Signer, map[string]string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	pub, err := key.PublicKey.Bytes()
	must(t, err)
	d, err := key.Bytes()
	must(t, err)
	s := jws.NewES256(pair{key, pub})
	j := s.Key.JWK()
	return s, map[string]string{"kty": j.Kty, "crv": j.Crv, "x": j.X, "y": j.Y, "d": jws.Encode(d)}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t}
	w.asker, _ = newPair(t)
	w.issuer, _ = newPair(t)
	w.other, w.otherPrivate = newPair(t)
	w.holder, w.holderPrivate = newPair(t)
	sm, err := gm.MemoryKeys().SignKey("sign")
	must(t, err)
	w.sm = jws.NewSM2(sm)
	w.here = office.Node{ID: "23", Address: "https://heilongjiang.example", ES256: w.asker.Key.Pub, Sign: []byte{1}}
	w.there = office.Node{ID: "63", Address: "https://qinghai.example", ES256: w.issuer.Key.Pub, Sign: sm.Public()}
	w.fujian = office.Node{ID: "35", Address: "https://fujian.example", ES256: w.other.Key.Pub, Sign: []byte{2}}
	w.trust = &office.TrustList{Version: 1, Nodes: []office.Node{w.here, w.there, w.fujian}}
	list := statuslist.New(64, 2)
	must(t, list.Set(7, statuslist.Invalid))
	w.list, err = statuslist.Sign(w.issuer, listURI, list, at)
	must(t, err)
	return w
}

var use = Use{Office: "11230000000000000X", OfficeName: "尚志市营商环境局", Case: "23202611230000017", Item: "2020-030", Purpose: "核对经营范围"}

func (w *world) ask(claims ...string) Request {
	w.t.Helper()
	if claims == nil {
		claims = []string{licence.ClaimNo, "scope", licence.ClaimBearerCode, licence.ClaimBearerCodeType}
	}
	r, err := New(w.asker, w.here, kind, claims, use, at)
	must(w.t, err)
	return r
}

// credential is a licence of 西宁 at a place of the status list, bound to the holder's key.
func (w *world) credential(by *jws.Signer, holder jws.Key, idx int, until string) string {
	w.t.Helper()
	id, err := licence.NewIdentifier(kind, "11630000015000000X", "91630100MA0000017Q", 1)
	must(w.t, err)
	c, err := licence.Credential(by, licence.Licence{
		ID: id, TypeCode: kind, TypeName: "营业执照", No: "91630100MA0000017Q", Version: 1, Issued: "2026-01-05", From: "2026-01-05", Until: until,
		Holder: licence.Holder{Name: "西宁市雪莲商贸有限公司", Code: "91630100MA0000017Q", CodeType: "001"}, Issuer: licence.Issuer{Name: "西宁市行政审批局", Code: "11630000015000000X", Node: "63"},
		Fields: []licence.Field{{Key: "scope", Label: "经营范围", Value: "日用百货销售"}},
	}, w.there, licence.Binding{
		Holder: &holder, Bearer: licence.Holder{Code: "230183199001010025", CodeType: "111"}, Status: &statuslist.Ref{URI: listURI, Idx: idx}, At: at.Add(-time.Hour),
	})
	must(w.t, err)
	return c
}

func (w *world) answer(r Request, idx int, until string) string {
	w.t.Helper()
	a, err := r.Answer(w.credential(w.issuer, w.holder.Key, idx, until), w.holder, at.Add(time.Minute))
	must(w.t, err)
	return a
}

// ours judges an answer as the asking node does, with the status list.
func (w *world) ours(r Request, answer string) string {
	now := at.Add(2 * time.Minute)
	c, err := r.Judge(answer, w.trust, now)
	if err == nil {
		_, err = c.Standing(w.list, w.trust, now)
	}
	if err != nil {
		return errs.CodeOf(err).Name()
	}
	return "good"
}

// forged is a request with its members changed, signed anew.
func (w *world) forged(by *jws.Signer, change func(m map[string]any)) string {
	w.t.Helper()
	t, err := jws.Parse(w.ask().Token, MaxRequest)
	must(w.t, err)
	var m map[string]any
	must(w.t, json.Unmarshal(t.Payload, &m))
	m["iat"], m["exp"] = at.Unix(), at.Add(Life).Unix() // numbers as they were
	change(m)
	b, err := proof.Marshal(m)
	must(w.t, err)
	token, err := jws.Sign(by, TypRequest, true, b)
	must(w.t, err)
	return token
}

// presented takes the presentation out of an answer.
func presented(t testing.TB, answer string) string {
	t.Helper()
	var m map[string][]string
	must(t, json.Unmarshal([]byte(answer), &m))
	return m[queryID][0]
}

func wrapped(token string) string { return `{"licence":["` + token + `"]}` }

func injected(t testing.TB, answer string) string {
	t.Helper()
	parts := strings.Split(presented(t, answer), "~")
	more := append(append([]string{}, parts[:2]...), jws.Encode([]byte(`["c2FsdHNhbHRzYWx0c2FsdA","holder_name","1"]`)))
	return wrapped(strings.Join(append(more, parts[2:]...), "~"))
}

func without(t testing.TB, answer string) string {
	t.Helper()
	parts := strings.Split(presented(t, answer), "~")
	return wrapped(strings.Join(append(append([]string{}, parts[0]), parts[2:]...), "~"))
}
