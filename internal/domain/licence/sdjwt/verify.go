package sdjwt

import (
	"encoding/json"
	"slices"
	"time"

	"tongban/internal/domain/licence/jws"
	"tongban/internal/kernel/errs"
)

// Leeway is how far two honest clocks may differ.
const Leeway = 2 * time.Minute

// Presented is a token after its signature and all its disclosures were checked.
type Presented struct {
	Header jws.Header
	Claims map[string]any // what stands openly and what was disclosed; numbers are json.Number
	Bound  *Bound         // the holder's proof, nil for none; not yet held against an occasion
	Holder *jws.Key       // the key in cnf, nil for none
}

// Bound is a holder's proof whose signature and sd_hash hold.
type Bound struct {
	Audience    string
	Nonce       string
	At          time.Time
	Transaction []string
}

// KeyFor finds the issuer's key by what the token says of itself before anything of it is believed.
type KeyFor func(h jws.Header, claims map[string]json.RawMessage) (jws.Key, error)

// Verify checks issuer's signature, disclosures, and the holder's proof if there is one (RFC 9901 §7.1, §7.3). Times are the
// caller's to judge. Errors: errs.TokenTooLarge, errs.TokenUnreadable, errs.TokenAlgorithm, errs.WrongType,
// errs.BadSignature, errs.DisclosureForeign, errs.HolderProofWrong, and what find returns.
func Verify(compact string, find KeyFor) (Presented, error) {
	p, err := split(compact)
	if err != nil {
		return Presented{}, err
	}
	t, err := jws.Parse(p.token, MaxSize)
	if err != nil {
		return Presented{}, err
	}
	raw, err := jws.Object(t.Payload)
	if err != nil {
		return Presented{}, err
	}
	key, err := find(t.Header, raw)
	if err != nil {
		return Presented{}, err
	}
	if err := t.Verify(Typ, key); err != nil {
		return Presented{}, err
	}
	out := Presented{Header: t.Header}
	if out.Claims, err = disclosed(t.Payload, p.disclosures); err != nil {
		return Presented{}, err
	}
	if cnf, ok := raw["cnf"]; ok {
		m, err := jws.Object(cnf)
		if err != nil {
			return Presented{}, err
		}
		k, err := jws.ReadJWK(m["jwk"])
		if err != nil {
			return Presented{}, err
		}
		out.Holder = &k
	}
	if p.proof != "" {
		if out.Bound, err = out.bound(p); err != nil {
			return Presented{}, err
		}
	}
	return out, nil
}

// bound checks the holder's proof against the key in the token and against what was presented.
func (v Presented) bound(p parts) (*Bound, error) {
	if v.Holder == nil {
		return nil, errs.New(errs.HolderProofWrong, "the token names no holder's key")
	}
	t, err := jws.Parse(p.proof, MaxSize)
	if err != nil {
		return nil, err
	}
	if err := t.Verify(TypHolder, *v.Holder); err != nil {
		return nil, errs.Wrap(errs.HolderProofWrong, err, "signature")
	}
	if _, err := jws.Object(t.Payload); err != nil {
		return nil, err
	}
	var b struct {
		Iat    json.Number `json:"iat"`
		Aud    string      `json:"aud"`
		Nonce  string      `json:"nonce"`
		SDHash string      `json:"sd_hash"`
		TX     []string    `json:"transaction_data_hashes"`
		TXAlg  string      `json:"transaction_data_hashes_alg"`
	}
	if err := json.Unmarshal(t.Payload, &b); err != nil {
		return nil, errs.New(errs.HolderProofWrong, "claims")
	}
	at, err := b.Iat.Int64()
	if err != nil || b.Aud == "" || b.Nonce == "" {
		return nil, errs.New(errs.HolderProofWrong, "iat, aud or nonce is missing")
	}
	if b.SDHash != digest(p.bound) {
		return nil, errs.New(errs.HolderProofWrong, "sd_hash: disclosures were added or taken away")
	}
	if b.TXAlg != "" && b.TXAlg != hashName {
		return nil, errs.New(errs.HolderProofWrong, "hash %q", b.TXAlg)
	}
	return &Bound{Audience: b.Aud, Nonce: b.Nonce, At: time.Unix(at, 0).UTC(), Transaction: b.TX}, nil
}

// For holds the proof against an occasion: this reader, this nonce, these hashes, and no older than age at now. Errors:
// errs.HolderProofMissing, errs.HolderProofWrong.
func (v Presented) For(audience, nonce string, transaction []string, now time.Time, age time.Duration) error {
	b := v.Bound
	switch {
	case b == nil:
		return errs.New(errs.HolderProofMissing, "no key binding")
	case b.Audience != audience:
		return errs.New(errs.HolderProofWrong, "for another reader")
	case b.Nonce != nonce:
		return errs.New(errs.HolderProofWrong, "for another occasion")
	case b.At.After(now.Add(Leeway)):
		return errs.New(errs.HolderProofWrong, "from the future")
	case b.At.Before(now.Add(-age)):
		return errs.New(errs.HolderProofWrong, "too old")
	case !slices.Equal(b.Transaction, transaction):
		return errs.New(errs.HolderProofWrong, "for another purpose")
	}
	return nil
}

// Time reads a claim in Unix seconds; zero if it is not there, errs.TokenUnreadable if it is no whole number.
func (v Presented) Time(name string) (time.Time, error) {
	c, ok := v.Claims[name]
	if !ok {
		return time.Time{}, nil
	}
	n, ok := number(c)
	if !ok {
		return time.Time{}, errs.New(errs.TokenUnreadable, "claim %s", name)
	}
	return time.Unix(n, 0).UTC(), nil
}

// Text reads a text claim, "" if it is not there or no text.
func (v Presented) Text(name string) string {
	s, _ := v.Claims[name].(string)
	return s
}

// never are the claims that a holder may not choose to hide or show (SD-JWT VC §3.2.2.2).
var never = []string{"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status"}

// opener puts disclosures where their hashes stand. Every disclosure must be used exactly once.
type opener struct {
	byDigest map[string]string
	used     map[string]bool
	seen     map[string]bool // digests met in the token
}

func disclosed(payload []byte, disclosures []string) (map[string]any, error) {
	v, err := jws.Value(payload)
	if err != nil {
		return nil, err
	}
	body, ok := v.(map[string]any)
	if !ok {
		return nil, errs.New(errs.TokenUnreadable, "claims")
	}
	if alg, ok := body["_sd_alg"]; ok && alg != hashName {
		return nil, errs.New(errs.TokenAlgorithm, "_sd_alg")
	}
	delete(body, "_sd_alg")
	o := opener{byDigest: map[string]string{}, used: map[string]bool{}, seen: map[string]bool{}}
	for _, d := range disclosures {
		h := digest(d)
		if _, twice := o.byDigest[h]; twice {
			return nil, errs.New(errs.DisclosureForeign, "a disclosure stands twice")
		}
		o.byDigest[h] = d
	}
	if err := o.object(body, 0); err != nil {
		return nil, err
	}
	if len(o.used) != len(disclosures) {
		return nil, errs.New(errs.DisclosureForeign, "%d of %d disclosures are signed", len(o.used), len(disclosures))
	}
	return body, nil
}

// take opens the disclosure of a digest; ok is false for a hidden claim or a decoy.
func (o *opener) take(v any) (name string, value any, ok bool, err error) {
	h, isText := v.(string)
	if !isText || o.seen[h] {
		return "", nil, false, errs.New(errs.DisclosureForeign, "a digest is no text or stands twice")
	}
	o.seen[h] = true
	d, ok := o.byDigest[h]
	if !ok {
		return "", nil, false, nil
	}
	o.used[h] = true
	name, value, err = open(d)
	return name, value, true, err
}

const maxNesting = 8

func (o *opener) object(m map[string]any, depth int) error {
	if depth > maxNesting {
		return errs.New(errs.TokenUnreadable, "nested too deep")
	}
	list, has := m["_sd"]
	delete(m, "_sd")
	digests, ok := list.([]any)
	if has && !ok {
		return errs.New(errs.TokenUnreadable, "_sd")
	}
	for _, h := range digests {
		name, value, ok, err := o.take(h)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if _, twice := m[name]; twice || name == "" || (depth == 0 && slices.Contains(never, name)) {
			return errs.New(errs.DisclosureForeign, "claim %q may not be disclosed", name)
		}
		m[name] = value
	}
	for name, v := range m {
		if name == "..." {
			return errs.New(errs.TokenUnreadable, "claim name")
		}
		opened, err := o.value(v, depth)
		if err != nil {
			return err
		}
		m[name] = opened
	}
	return nil
}

func (o *opener) value(v any, depth int) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		return v, o.object(v, depth+1)
	case []any:
		return o.list(v, depth+1)
	}
	return v, nil
}

func (o *opener) list(in []any, depth int) ([]any, error) {
	if depth > maxNesting {
		return nil, errs.New(errs.TokenUnreadable, "nested too deep")
	}
	out := make([]any, 0, len(in))
	for _, v := range in {
		m, isMap := v.(map[string]any)
		if h, hidden := m["..."]; isMap && hidden {
			if len(m) != 1 {
				return nil, errs.New(errs.TokenUnreadable, "list element")
			}
			name, value, ok, err := o.take(h)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			if name != "" {
				return nil, errs.New(errs.DisclosureForeign, "a claim where a list element belongs")
			}
			v = value
		}
		opened, err := o.value(v, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, opened)
	}
	return out, nil
}
