package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// PathBearers is where the provider makes Bearers, below its issuer. It is no part of OpenID Connect: what RFC 8693 does for
// one audience at a time, it does for all provinces at once. The grant goes in the Authorization header.
const PathBearers = "/bearers"

// bearersWithin bounds the question: somebody waits for a page.
const bearersWithin = 2 * time.Second

// BearersRequest is the JSON that a node posts to PathBearers.
type BearersRequest struct {
	Purpose vouch.Purpose   `json:"purpose"`
	To      []office.NodeID `json:"to"`
}

// BearersAnswer is what comes back: one for each node that the provider knows.
type BearersAnswer struct {
	Bearers map[office.NodeID]proof.Signed `json:"bearers"`
}

// Bearers asks the provider in the name of a sign-in that goes on. errs.RoamEnded if the provider no longer knows it,
// errs.ProviderDown if it cannot answer.
func (p *Party) Bearers(ctx context.Context, grant string, purpose vouch.Purpose, to []office.NodeID) (map[office.NodeID]proof.Signed, error) {
	body, err := json.Marshal(BearersRequest{purpose, to})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, bearersWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.cfg.Issuer+PathBearers, bytes.NewReader(body))
	if err != nil {
		return nil, errs.Wrap(errs.ProviderDown, err, "address")
	}
	r.Header.Set("Authorization", "Bearer "+grant)
	r.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(r)
	if err != nil {
		return nil, errs.Wrap(errs.ProviderDown, err, "bearers")
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		return nil, errs.New(errs.RoamEnded, "the provider does not know the grant")
	case resp.StatusCode != http.StatusOK:
		return nil, errs.New(errs.ProviderDown, "bearers: status %d", resp.StatusCode)
	}
	var a BearersAnswer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return nil, errs.Wrap(errs.ProviderDown, err, "bearers")
	}
	return a.Bearers, nil
}
