package presentation

import (
	"encoding/json"
	"slices"
	"strings"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/sdjwt"
	"tongban/internal/kernel/errs"
)

// queryID names the one credential that a request asks for.
const queryID = "licence"

// query is the part of DCQL (OpenID4VP 1.0 §6) that asks for one licence of one type and some of its fields, all of them. What is
// not in it, such as alternatives or values to compare with, is refused: nobody may be asked what the page cannot say.
type query struct {
	Credentials []credentialQuery `json:"credentials"`
}

type credentialQuery struct {
	ID     string       `json:"id"`
	Format string       `json:"format"`
	Meta   meta         `json:"meta"`
	Claims []claimQuery `json:"claims"`
}

type meta struct {
	VCT []string `json:"vct_values"`
}

type claimQuery struct {
	Path []string `json:"path"`
}

func ask(typeCode string, claims []string) query {
	c := credentialQuery{ID: queryID, Format: sdjwt.Typ, Meta: meta{[]string{licence.VCT(typeCode)}}}
	for _, name := range claims {
		c.Claims = append(c.Claims, claimQuery{[]string{name}})
	}
	return query{[]credentialQuery{c}}
}

// known refuses members of an object that are not understood here.
func known(raw json.RawMessage, names ...string) (map[string]json.RawMessage, error) {
	m, err := jws.Object(raw)
	if err != nil {
		return nil, err
	}
	for name := range m {
		if !slices.Contains(names, name) {
			return nil, errs.New(errs.RequestWrong, "query with %.40q", name)
		}
	}
	return m, nil
}

// list reads an array of objects with no other members than these.
func list(raw json.RawMessage, names ...string) error {
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return errs.New(errs.RequestWrong, "query without its list")
	}
	for _, one := range all {
		if _, err := known(one, names...); err != nil {
			return err
		}
	}
	return nil
}

// understood walks a query for members that would change what it asks for.
func understood(raw json.RawMessage) error {
	m, err := known(raw, "credentials")
	if err != nil {
		return err
	}
	if err := list(m["credentials"], "id", "format", "meta", "claims"); err != nil {
		return err
	}
	var all []map[string]json.RawMessage
	if json.Unmarshal(m["credentials"], &all) != nil {
		return errs.New(errs.RequestWrong, "credentials")
	}
	for _, c := range all {
		if _, err := known(c["meta"], "vct_values"); err != nil {
			return err
		}
		if err := list(c["claims"], "path"); err != nil {
			return err
		}
	}
	return nil
}

// read takes the type and the claims out of a query; raw is the query as it was signed. errs.RequestWrong, errs.TokenUnreadable.
func (q query) read(raw json.RawMessage) (typeCode string, claims []string, err error) {
	if err := understood(raw); err != nil {
		return "", nil, err
	}
	if len(q.Credentials) != 1 {
		return "", nil, errs.New(errs.RequestWrong, "%d credentials", len(q.Credentials))
	}
	c := q.Credentials[0]
	if c.ID != queryID || c.Format != sdjwt.Typ || len(c.Meta.VCT) != 1 || len(c.Claims) == 0 || len(c.Claims) > maxClaims {
		return "", nil, errs.New(errs.RequestWrong, "credential %.40q of format %.40q, %d claims", c.ID, c.Format, len(c.Claims))
	}
	typeCode, ok := strings.CutPrefix(c.Meta.VCT[0], licence.VCT(""))
	if !ok || len(typeCode) != 21 {
		return "", nil, errs.New(errs.RequestWrong, "type %.80q", c.Meta.VCT[0])
	}
	for _, one := range c.Claims {
		if len(one.Path) != 1 || one.Path[0] == "" || !shown(one.Path[0]) || slices.Contains(claims, one.Path[0]) {
			return "", nil, errs.New(errs.RequestWrong, "path %.80q", one.Path)
		}
		claims = append(claims, one.Path[0])
	}
	return typeCode, claims, nil
}
