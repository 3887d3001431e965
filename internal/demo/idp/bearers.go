package idp

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/proof"
)

const (
	bearersAMinute = 400 // of one grant: a dozen looks at all provinces
	maxBearers     = 64  // in one request
)

// bearers makes a Bearer for each node asked for. Whoever holds the grant is the node where the person signed in, and is
// named in each as the only one who may present it.
func (p *Provider) bearers(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	t, id, ok := p.grantOf(r)
	if !ok {
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var q oidc.BearersRequest
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&q)
	if err != nil || !q.Purpose.Known() || len(q.To) == 0 || len(q.To) > maxBearers {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if p.asked.TakeN(id, len(q.To)) != nil {
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	a := oidc.BearersAnswer{Bearers: map[office.NodeID]proof.Signed{}}
	for _, to := range q.To {
		b, ok := p.bearer(t, to, q.Purpose)
		if !ok {
			continue
		}
		if a.Bearers[to], err = proof.SignJSON(p.cfg.Signer, vouch.TypBearer, b); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a) // the reader may be gone
}

// grantOf finds the grant of a request by its access token.
func (p *Provider) grantOf(r *http.Request) (t token, id string, ok bool) {
	secret, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	plain, err := p.op.Crypto().Decrypt(secret)
	if !bearer || err != nil || p.cfg.Signer == nil {
		return token{}, "", false
	}
	id, subject, _ := strings.Cut(plain, ":")
	t, ok = p.store.grant(id, subject)
	return t, id, ok
}

// bearer says what the scopes of the sign-in and the checks behind it allow; somebody without a verified name and number has
// nothing that another province could look up.
func (p *Provider) bearer(t token, to office.NodeID, purpose vouch.Purpose) (vouch.Bearer, bool) {
	from, ok := p.store.clients[t.clientID]
	audience := p.clientOf(to)
	if !ok || audience == nil || from.Node == to || t.who.IDNo == "" || t.who.Level < 2 ||
		!slices.Contains(t.scopes, oidc.ScopeIDNo) {
		return vouch.Bearer{}, false
	}
	now := p.cfg.Now().UTC().Truncate(time.Second)
	return vouch.Bearer{
		ID: rand.Text(), To: to, From: from.Node, Subject: p.keys.subject(audience.ID, t.who.Sub), Level: t.who.Level, Purpose: purpose,
		Person: party.Person{Name: t.who.Name, IDType: party.ResidentID, IDNo: t.who.IDNo}, At: now, Until: now.Add(vouch.BearerLife),
	}, true
}

// clientOf finds the client of a node; nil if there is none.
func (p *Provider) clientOf(id office.NodeID) *client {
	for _, c := range p.store.clients {
		if c.Node == id && id != "" {
			return c
		}
	}
	return nil
}
