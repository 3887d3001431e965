package cli

import (
	"context"
	"net/http"

	"tongban/internal/domain/office"
	"tongban/internal/handling/federate"
	"tongban/internal/hub"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// succeed changes the node's signing key through the trust list. Broken off, it is given again with the same code.
func (e *env) succeed(ctx context.Context, c config, code string) int {
	next, err := c.succeed(ctx, code)
	if err != nil {
		return e.fail(err)
	}
	if e.json {
		e.print(map[string]string{"id": string(c.ID), "fingerprint": federate.Fingerprint(next)})
	} else {
		e.line("keys-signing", c.ID, federate.Fingerprint(next), c.path(configFile))
	}
	return exitYes
}

func (c config) succeed(ctx context.Context, code string) (next []byte, err error) {
	operator, _, err := c.trust()
	if err != nil {
		return nil, err
	}
	keys, err := gm.OpenKeys(c.path("keys"))
	if err != nil {
		return nil, err
	}
	// The hub's list is the one that is followed; the own one may be behind.
	f, err := askHub[federate.File](ctx, http.MethodGet, c.Hub+"/trust.json", nil)
	if err != nil {
		return nil, err
	}
	have, err := federate.NewTrust(operator, &f.Trust)
	if err != nil {
		return nil, err
	}
	now, n, err := federate.OwnKey(keys, have.List(), c.ID)
	if err != nil {
		return nil, err
	}
	key, err := keys.SignKey(federate.SignName(n + 1))
	if err != nil {
		return nil, err
	}
	by, err := office.SignSuccession(office.Succession{Node: c.ID, Version: have.List().Version + 1, Sign: key.Public()},
		proof.NewSigner(now), proof.NewSigner(key))
	if err != nil {
		return nil, err
	}
	in := hub.Succeeding{Code: code, By: by}
	w, err := askHub[hub.Welcome](ctx, http.MethodPost, c.Hub+"/succeed", in)
	if err != nil {
		return nil, err
	}
	// Looked at as any other member does, before the new key signs it.
	signed, err := have.CoSignSuccession(federate.Changing{Trust: w.Trust, By: by}, proof.NewSigner(key))
	if err != nil {
		return nil, err
	}
	in.CoSign = &signed
	if w, err = askHub[hub.Welcome](ctx, http.MethodPost, c.Hub+"/succeed", in); err != nil {
		return nil, err
	}
	if _, err := federate.NewTrust(operator, &w.Trust); err != nil {
		return nil, errs.Wrap(errs.BadTrustList, err, "the new list")
	}
	return key.Public(), c.keepTrust(operator, w.Trust)
}
