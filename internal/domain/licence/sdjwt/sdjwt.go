// Package sdjwt is selective disclosure for signed tokens, SD-JWT with key binding (RFC 9901): the issuer signs hashes of
// claims, the holder passes on those that are to be seen and signs the presentation for one reader and one occasion.
package sdjwt

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"tongban/internal/domain/licence/jws"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

const (
	// Typ is the type of a credential in this form (SD-JWT VC).
	Typ = "dc+sd-jwt"
	// TypHolder is the type of the holder's proof (KB-JWT).
	TypHolder = "kb+jwt"
	// MaxSize bounds a presentation in bytes; a licence with its face is near 3 KiB.
	MaxSize = 64 << 10
	// maxDisclosures bounds the work that a token can ask for.
	maxDisclosures = 128
	hashName       = "sha-256"
)

// Claim is a name with its value.
type Claim struct {
	Name  string
	Value any
}

// Issue signs a token in which shown claims stand openly and hidden ones can be disclosed one by one. The order of the
// hashes is that of their text, which tells nothing of the claims.
func Issue(s *jws.Signer, shown map[string]any, hidden []Claim) (string, error) {
	body := make(map[string]any, len(shown)+2)
	for name, v := range shown {
		if reserved(name) {
			return "", errs.New(errs.TokenUnreadable, "claim name %q", name)
		}
		body[name] = v
	}
	var digests, disclosures []string
	named := map[string]bool{}
	for _, c := range hidden {
		if _, open := body[c.Name]; open || named[c.Name] || reserved(c.Name) {
			return "", errs.New(errs.TokenUnreadable, "claim name %q", c.Name)
		}
		named[c.Name] = true
		d, err := disclose(c)
		if err != nil {
			return "", err
		}
		disclosures, digests = append(disclosures, d), append(digests, digest(d))
	}
	slices.Sort(digests)
	if len(digests) > 0 {
		body["_sd"], body["_sd_alg"] = digests, hashName
	}
	payload, err := proof.Marshal(body)
	if err != nil {
		return "", err
	}
	token, err := jws.Sign(s, Typ, true, payload)
	if err != nil {
		return "", err
	}
	return join(token, disclosures), nil
}

func reserved(name string) bool {
	return name == "_sd" || name == "_sd_alg" || name == "..." || name == ""
}

// disclose writes a disclosure: base64url of [salt of 128 bits, name, value].
func disclose(c Claim) (string, error) {
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // never fails: the program stops instead
	b, err := proof.Marshal([]any{jws.Encode(salt[:]), c.Name, c.Value})
	return jws.Encode(b), err
}

// digest hashes the text of a disclosure exactly as it was sent.
func digest(disclosure string) string {
	h := sha256.Sum256([]byte(disclosure))
	return jws.Encode(h[:])
}

// join writes token~disclosure~…~ with the closing tilde.
func join(token string, disclosures []string) string {
	return strings.Join(append([]string{token}, disclosures...), "~") + "~"
}

// Holder is what a presentation is signed with and for.
type Holder struct {
	Signer   *jws.Signer
	Audience string // the reader's id
	Nonce    string // the reader's, for this occasion
	At       int64  // Unix seconds
	// Transaction are the hashes of what the reader bound into its request (OpenID4VP 1.0 §8.4), nil for none.
	Transaction []string
}

// Present keeps those disclosures whose claim names are wanted, and signs the rest away to nobody. With a nil holder there is
// no proof. The names that the token cannot disclose are returned in missing.
func Present(compact string, want []string, h *Holder) (presentation string, missing []string, err error) {
	p, err := split(compact)
	if err != nil {
		return "", nil, err
	}
	var keep []string
	found := map[string]bool{}
	for _, d := range p.disclosures {
		name, _, err := open(d)
		if err != nil {
			return "", nil, err
		}
		if slices.Contains(want, name) {
			keep, found[name] = append(keep, d), true
		}
	}
	for _, name := range want {
		if !found[name] {
			missing = append(missing, name)
		}
	}
	out := join(p.token, keep)
	if h == nil {
		return out, missing, nil
	}
	body := map[string]any{"iat": h.At, "aud": h.Audience, "nonce": h.Nonce, "sd_hash": digest(out)}
	if len(h.Transaction) > 0 {
		body["transaction_data_hashes"], body["transaction_data_hashes_alg"] = h.Transaction, hashName
	}
	payload, err := proof.Marshal(body)
	if err != nil {
		return "", nil, err
	}
	kb, err := jws.Sign(h.Signer, TypHolder, false, payload)
	return out + kb, missing, err
}

type parts struct {
	token       string
	disclosures []string
	proof       string // KB-JWT, "" for none
	bound       string // what the proof's sd_hash covers
}

func split(compact string) (parts, error) {
	if len(compact) > MaxSize {
		return parts{}, errs.New(errs.TokenTooLarge, "%d bytes, limit %d", len(compact), MaxSize)
	}
	list := strings.Split(compact, "~")
	if len(list) < 2 {
		return parts{}, errs.New(errs.TokenUnreadable, "no tilde")
	}
	p := parts{token: list[0], disclosures: list[1 : len(list)-1], proof: list[len(list)-1]}
	if len(p.disclosures) > maxDisclosures {
		return parts{}, errs.New(errs.TokenTooLarge, "%d disclosures", len(p.disclosures))
	}
	p.bound = compact[:len(compact)-len(p.proof)]
	return p, nil
}

// open reads a disclosure; the name is "" for an element of a list.
func open(d string) (name string, value any, err error) {
	b, err := jws.Decode(d)
	if err != nil {
		return "", nil, err
	}
	v, err := jws.Value(b)
	if err != nil {
		return "", nil, err
	}
	list, ok := v.([]any)
	if !ok || len(list) < 2 || len(list) > 3 {
		return "", nil, errs.New(errs.TokenUnreadable, "disclosure")
	}
	if _, ok := list[0].(string); !ok {
		return "", nil, errs.New(errs.TokenUnreadable, "disclosure without salt")
	}
	if len(list) == 2 {
		return "", list[1], nil
	}
	name, ok = list[1].(string)
	if !ok || reserved(name) {
		return "", nil, errs.New(errs.TokenUnreadable, "disclosed name")
	}
	return name, list[2], nil
}

// Disclosable lists the claim names that the holder of compact can show.
func Disclosable(compact string) ([]string, error) {
	p, err := split(compact)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, d := range p.disclosures {
		name, _, err := open(d)
		if err != nil {
			return nil, err
		}
		if name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}

// number reads a claim in whole Unix seconds.
func number(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

// Text reports whether a file holds a presentation rather than anything else, and gives it without blanks around it. It says
// nothing about whether the presentation holds.
func Text(file []byte) (string, bool) {
	t := bytes.TrimSpace(file)
	head, _, ok := bytes.Cut(t, []byte{'.'})
	if !ok || len(head) == 0 || bytes.ContainsAny(head, "{ \n") || !bytes.ContainsRune(t, '~') || bytes.ContainsAny(t, " \n\"") {
		return "", false
	}
	return string(t), true
}
