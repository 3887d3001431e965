package presentation

import (
	"encoding/json"
	"slices"
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/sdjwt"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// MaxAnswer bounds the vp_token parameter in bytes: a presentation and what stands around it.
const MaxAnswer = sdjwt.MaxSize + 256

// Answer makes the vp_token: what is asked for out of a credential that is bound to the holder's key, signed away to who asks, for
// this occasion, case and purpose. errs.FieldsMissing if the licence lacks a field.
func (r Request) Answer(credential string, holder *jws.Signer, now time.Time) (string, error) {
	shown, missing, err := sdjwt.Present(credential, r.Claims, &sdjwt.Holder{
		Signer: holder, Audience: ClientID(r.By), Nonce: r.Nonce, At: now.Unix(), Transaction: r.Hashes,
	})
	if err != nil {
		return "", err
	}
	if len(missing) > 0 {
		return "", errs.New(errs.FieldsMissing, "%d fields", len(missing))
	}
	b, err := proof.Marshal(map[string][]string{queryID: {shown}})
	return string(b), err
}

// Fits reports whether a licence of that type, with these fields on its face, can answer.
func (r Request) Fits(l licence.Licence) bool {
	return l.TypeCode == r.Type && !slices.ContainsFunc(r.Claims, func(name string) bool {
		return !slices.Contains(licence.Disclosable, name) && !slices.ContainsFunc(l.Fields, func(f licence.Field) bool { return f.Key == name })
	})
}

// Judge checks a vp_token against the request. It says nothing of how the licence stands at its issuer, nor whose it is: that is the
// caller's. Errors: errs.TokenTooLarge, errs.TokenUnreadable, those of licence.CheckCredential, errs.TokenAlgorithm,
// errs.HolderProofMissing, errs.HolderProofWrong, errs.LicenceMismatch for another type, errs.FieldsMissing, errs.ShownTooMuch.
func (r Request) Judge(token string, trust *office.TrustList, now time.Time) (licence.Checked, error) {
	if len(token) > MaxAnswer {
		return licence.Checked{}, errs.New(errs.TokenTooLarge, "%d bytes", len(token))
	}
	m, err := jws.Object([]byte(token))
	if err != nil {
		return licence.Checked{}, err
	}
	var list []string
	if json.Unmarshal(m[queryID], &list) != nil || len(m) != 1 || len(list) != 1 {
		return licence.Checked{}, errs.New(errs.TokenUnreadable, "vp_token: %d entries, %d presentations", len(m), len(list))
	}
	c, err := licence.CheckCredential(list[0], trust, now)
	if err != nil {
		return licence.Checked{}, err
	}
	if c.Header.Alg != jws.ES256 || c.Holder != nil && c.Holder.Alg != jws.ES256 {
		return licence.Checked{}, errs.New(errs.TokenAlgorithm, "%s was not offered", c.Header.Alg)
	}
	if err := c.For(ClientID(r.By), r.Nonce, r.Hashes, now, now.Sub(r.At)+sdjwt.Leeway); err != nil {
		return licence.Checked{}, err
	}
	if c.ID.TypeCode != r.Type {
		return licence.Checked{}, errs.New(errs.LicenceMismatch, "type %s, asked for %s", c.ID.TypeCode, r.Type)
	}
	for _, name := range r.Claims {
		if _, ok := c.Claims[name]; !ok {
			return licence.Checked{}, errs.New(errs.FieldsMissing, "%s", name)
		}
	}
	for name := range c.Claims {
		if !slices.Contains(r.Claims, name) && !slices.Contains(licence.Open, name) {
			return licence.Checked{}, errs.New(errs.ShownTooMuch, "%.40q", name)
		}
	}
	return c, nil
}
