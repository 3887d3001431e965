// Package presentation is how a licence is shown for a case: OpenID4VP 1.0 with a DCQL query, response mode direct_post and
// credentials of the form dc+sd-jwt. Who asks, in which case and for what stands in the request that the asking node signs (RFC
// 9101), and the holder's proof covers it (transaction_data, OpenID4VP 1.0 §8.4). A wallet knows those who may ask by the trust
// list: the client ids are pre-registered (§5.9.2), nothing that a request brings itself makes its sender known.
package presentation

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/sdjwt"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

const (
	// TypRequest is the type of a signed request, and MediaType what it is served as (RFC 9101 §10.8).
	TypRequest = "oauth-authz-req+jwt"
	MediaType  = "application/" + TypRequest
	// MaxRequest bounds a signed request in bytes; one for every field of a licence is near 3 KiB.
	MaxRequest = 16 << 10
	// Life is how long a request waits for its answer.
	Life = 7 * 24 * time.Hour

	wallets  = "https://self-issued.me/v2" // the audience of requests to wallets that are not known before (OpenID4VP 1.0 §5.8)
	useType  = "urn:tongban:licence-use:1"
	clients  = "tongban-"
	hashName = "sha-256"
	// maxClaims bounds what one request may ask for, maxText each of its texts in characters.
	maxClaims = 32
	maxText   = 200
)

// Use says for what a licence is to be shown; the holder's proof covers it.
type Use struct {
	Office     string `json:"office"` // code of the office that asks
	OfficeName string `json:"office_name"`
	Case       string `json:"case"` // number of the case
	Item       string `json:"item"` // code of its matter
	Purpose    string `json:"purpose"`
}

// Request is what a node asks of a wallet.
type Request struct {
	Token  string        `json:"token"` // as signed
	By     office.NodeID `json:"by"`
	ID     string        `json:"id"`
	Nonce  string        `json:"nonce"`
	State  string        `json:"state"`
	Type   string        `json:"type"`   // 证照类型代码
	Claims []string      `json:"claims"` // that the answer has to show
	Use    Use           `json:"use"`
	At     time.Time     `json:"at"`
	Until  time.Time     `json:"until"` // after that no answer is taken
	Hashes []string      `json:"hashes"`
}

// ClientID names a node that asks.
func ClientID(id office.NodeID) string { return clients + string(id) }

// Print is the fingerprint of a request: what somebody agreed to is what they saw.
func (r Request) Print() string { return proof.HashOf([]byte(r.Token)).String() }

// RequestURI is where a wallet reads the request, AnswerURI where it sends the answer.
func RequestURI(n office.Node, id string) string { return n.Address + "/present/" + id + "/request" }

// AnswerURI is where a wallet sends the answer.
func AnswerURI(n office.Node, id string) string { return n.Address + "/present/" + id + "/answer" }

var idForm = regexp.MustCompile(`^[a-z2-7]{26}$`)

// secret is 128 bits that nobody can guess.
func secret() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// Find reads the link that brings somebody to a wallet: who asks and which request. Errors: errs.VerifierUnknown for anybody who
// is not on the trust list, errs.RequestWrong for an address that is not theirs.
func Find(clientID, requestURI string, trust *office.TrustList) (office.Node, string, error) {
	name, ok := strings.CutPrefix(clientID, clients)
	n, known := trust.Node(office.NodeID(name))
	if !ok || !known || !n.ID.Member() || len(n.ES256) == 0 || n.Address == "" {
		return office.Node{}, "", errs.New(errs.VerifierUnknown, "client %.80q", clientID)
	}
	rest, ok := strings.CutPrefix(requestURI, n.Address+"/present/")
	id, is := strings.CutSuffix(rest, "/request")
	if !ok || !is || !idForm.MatchString(id) {
		return office.Node{}, "", errs.New(errs.RequestWrong, "address of %s", n.ID)
	}
	return n, id, nil
}

// wire is the request as it is signed. Members that are not listed are ignored, as OAuth asks, but for those that would mean
// another way of answering.
type wire struct {
	Type        string   `json:"response_type"`
	Mode        string   `json:"response_mode"`
	Client      string   `json:"client_id"`
	Answer      string   `json:"response_uri"`
	Audience    string   `json:"aud"`
	Nonce       string   `json:"nonce"`
	State       string   `json:"state"`
	Iat         int64    `json:"iat"`
	Exp         int64    `json:"exp"`
	Query       query    `json:"dcql_query"`
	Transaction []string `json:"transaction_data"`
	Metadata    any      `json:"client_metadata,omitempty"`
}

// transaction is one entry of transaction_data.
type transaction struct {
	Type        string   `json:"type"`
	Credentials []string `json:"credential_ids"`
	Hashes      []string `json:"transaction_data_hashes_alg"`
	Use
}

// formats is what this implementation reads: ES256 alone, so that no answer chooses how it is checked.
var formats = map[string]any{"vp_formats_supported": map[string]any{
	sdjwt.Typ: map[string]any{"sd-jwt_alg_values": []string{string(jws.ES256)}, "kb-jwt_alg_values": []string{string(jws.ES256)}},
}}

// New makes and signs a request of the node by. Errors: errs.RequestWrong for one that no wallet would take.
func New(s *jws.Signer, by office.Node, typeCode string, claims []string, u Use, now time.Time) (Request, error) {
	at := now.UTC().Truncate(time.Second)
	r := Request{By: by.ID, ID: secret(), Nonce: secret(), State: secret(), Type: typeCode, Claims: claims, Use: u, At: at, Until: at.Add(Life)}
	data, err := proof.Marshal(transaction{Type: useType, Credentials: []string{queryID}, Hashes: []string{hashName}, Use: u})
	if err != nil {
		return Request{}, err
	}
	w := wire{
		Type: "vp_token", Mode: "direct_post", Client: ClientID(by.ID), Answer: AnswerURI(by, r.ID), Audience: wallets, Nonce: r.Nonce, State: r.State,
		Iat: at.Unix(), Exp: r.Until.Unix(), Query: ask(typeCode, claims), Transaction: []string{jws.Encode(data)}, Metadata: formats,
	}
	body, err := proof.Marshal(w)
	if err != nil {
		return Request{}, err
	}
	if r.Token, err = jws.Sign(s, TypRequest, true, body); err != nil {
		return Request{}, err
	}
	return read(r.Token, by, now)
}

// Open checks a request that claims to be of the node by. Errors: errs.TokenTooLarge, errs.TokenUnreadable, errs.TokenAlgorithm for
// one that is not signed or not by ES256, errs.WrongType, errs.VerifierUnknown for another key, errs.BadSignature, errs.RequestWrong,
// errs.RequestOver.
func Open(token string, by office.Node, now time.Time) (Request, error) {
	t, err := jws.Parse(token, MaxRequest)
	if err != nil {
		return Request{}, err
	}
	switch {
	case t.Header.Alg != jws.ES256:
		return Request{}, errs.New(errs.TokenAlgorithm, "request by %q", t.Header.Alg)
	case t.Header.Kid != proof.KeyID(by.ES256):
		return Request{}, errs.New(errs.VerifierUnknown, "key %.40q is not that of %s", t.Header.Kid, by.ID)
	}
	if err := t.Verify(TypRequest, jws.Key{Alg: jws.ES256, Pub: by.ES256}); err != nil {
		return Request{}, err
	}
	return read(token, by, now)
}

// otherWays are members that ask for an answer by another way than the one checked here.
var otherWays = []string{"redirect_uri", "request", "request_uri", "scope", "presentation_definition", "presentation_definition_uri", "client_id_scheme", "verifier_info"}

// read takes what a request says; its signature is the caller's.
func read(token string, by office.Node, now time.Time) (Request, error) {
	t, err := jws.Parse(token, MaxRequest)
	if err != nil {
		return Request{}, err
	}
	m, err := jws.Object(t.Payload)
	if err != nil {
		return Request{}, err
	}
	for _, name := range otherWays {
		if _, ok := m[name]; ok {
			return Request{}, errs.New(errs.RequestWrong, "member %s", name)
		}
	}
	var w wire
	if err := exact(m, &w); err != nil {
		return Request{}, err
	}
	r := Request{
		Token: token, By: by.ID, Nonce: w.Nonce, State: w.State, At: time.Unix(w.Iat, 0).UTC(), Until: time.Unix(w.Exp, 0).UTC(),
	}
	rest, ok := strings.CutPrefix(w.Answer, by.Address+"/present/")
	r.ID, _ = strings.CutSuffix(rest, "/answer")
	switch {
	case w.Type != "vp_token" || w.Mode != "direct_post" || w.Audience != wallets:
		return Request{}, errs.New(errs.RequestWrong, "%.40q by %.40q to %.80q", w.Type, w.Mode, w.Audience)
	case w.Client != ClientID(by.ID):
		return Request{}, errs.New(errs.RequestWrong, "client %.80q, signed by %s", w.Client, by.ID)
	case !ok || by.Address == "" || !idForm.MatchString(r.ID) || w.Answer != AnswerURI(by, r.ID):
		return Request{}, errs.New(errs.RequestWrong, "answer to another place than %s", by.ID)
	case !idForm.MatchString(w.Nonce) || !idForm.MatchString(w.State):
		return Request{}, errs.New(errs.RequestWrong, "nonce or state")
	case r.At.After(now.Add(sdjwt.Leeway)) || r.Until.Sub(r.At) > Life:
		return Request{}, errs.New(errs.RequestWrong, "from %s until %s", r.At, r.Until)
	case !now.Before(r.Until):
		return Request{}, errs.New(errs.RequestOver, "until %s", r.Until)
	}
	if r.Type, r.Claims, err = w.Query.read(m["dcql_query"]); err != nil {
		return Request{}, err
	}
	if len(w.Transaction) != 1 {
		return Request{}, errs.New(errs.RequestWrong, "%d transactions", len(w.Transaction))
	}
	r.Use, err = readUse(w.Transaction[0])
	hash := sha256.Sum256([]byte(w.Transaction[0]))
	r.Hashes = []string{jws.Encode(hash[:])}
	return r, err
}

// exact decodes the members that are known here, by their exact names: encoding/json alone takes other spellings too.
func exact(m map[string]json.RawMessage, w *wire) error {
	known := map[string]json.RawMessage{}
	for _, name := range []string{
		"response_type", "response_mode", "client_id", "response_uri", "aud", "nonce", "state", "iat", "exp", "dcql_query", "transaction_data",
	} {
		if raw, ok := m[name]; ok {
			known[name] = raw
		}
	}
	b, err := proof.Marshal(known)
	if err != nil {
		return err
	}
	if json.Unmarshal(b, w) != nil {
		return errs.New(errs.RequestWrong, "members")
	}
	return nil
}

// readUse reads an entry of transaction_data. One of another type is refused, as §8.4 asks: it would be agreed to unread.
func readUse(entry string) (Use, error) {
	b, err := jws.Decode(entry)
	if err != nil {
		return Use{}, err
	}
	if _, err := jws.Object(b); err != nil {
		return Use{}, err
	}
	var d transaction
	if err := proof.Unmarshal(b, &d); err != nil {
		return Use{}, errs.New(errs.RequestWrong, "transaction")
	}
	if d.Type != useType || !slices.Equal(d.Credentials, []string{queryID}) || !slices.Equal(d.Hashes, []string{hashName}) {
		return Use{}, errs.New(errs.RequestWrong, "transaction of type %.60q", d.Type)
	}
	for name, s := range map[string]string{"office": d.Office, "office_name": d.OfficeName, "case": d.Case, "item": d.Item, "purpose": d.Purpose} {
		if s == "" || !shown(s) {
			return Use{}, errs.New(errs.RequestWrong, "%s of the use", name)
		}
	}
	return d.Use, nil
}

// shown reports whether a text can be put before somebody's eyes as it is.
func shown(s string) bool {
	return utf8.RuneCountInString(s) <= maxText && licence.Clean(s) == nil
}
