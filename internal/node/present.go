package node

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/domain/presentation"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/present"
	"tongban/internal/kernel/errs"
)

// presenting makes the desk that asks for licences.
func (n *Node) presenting() *present.Desk {
	return present.New(present.Desk{
		Kit: n.Kit, Store: n.Store, Signer: n.Issuer.Tokens.ES256, Types: n.Issuer.Types, Standing: n.standingAt,
	})
}

// askingDoor is where wallets read requests and send answers (OpenID4VP 1.0 §5.7 and §8.2). It asks nobody who they are: who has an
// address of 128 random bits was given it.
type askingDoor struct{ desk *present.Desk }

// statuses that a wallet gets; all else is 400.
func presentStatus(err error) int {
	switch errs.KindOf(err) {
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Conflict:
		return http.StatusConflict
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge
	case errs.Exhausted:
		return http.StatusTooManyRequests
	case errs.Unavailable, errs.Internal:
		return http.StatusServiceUnavailable
	case errs.Invalid, errs.Unauthenticated, errs.Forbidden, errs.Corrupt:
	}
	return http.StatusBadRequest
}

func (d askingDoor) request(w http.ResponseWriter, r *http.Request) {
	token, err := d.desk.Token(r.Context(), r.PathValue("id"))
	if err != nil {
		http.Error(w, http.StatusText(presentStatus(err)), presentStatus(err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", presentation.MediaType)
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(token)) //nolint:gosec // a signed token, not a page; a wallet that went away is no error of ours
}

// crossSite refuses what a browser sends from another site: wallets send answers themselves.
var crossSite = http.NewCrossOriginProtection()

func (d askingDoor) answer(w http.ResponseWriter, r *http.Request) {
	said := func(status int, v map[string]string) {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v) // a wallet that went away is no error of ours
	}
	if crossSite.Check(r) != nil {
		said(http.StatusForbidden, map[string]string{"error": "access_denied"})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 3*presentation.MaxAnswer+4096) // three bytes for one, as forms may write it
	if err := r.ParseForm(); err != nil {
		status := http.StatusBadRequest
		if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
			status = http.StatusRequestEntityTooLarge
		}
		said(status, map[string]string{"error": "invalid_request"})
		return
	}
	err := d.desk.Take(r.Context(), r.PathValue("id"), present.Answer{
		State: r.PostForm.Get("state"), Token: r.PostForm.Get("vp_token"), Refused: r.PostForm.Get("error") != "",
	})
	if err != nil {
		said(presentStatus(err), map[string]string{"error": "invalid_request", "error_description": errs.CodeOf(err).Name()})
		return
	}
	said(http.StatusOK, map[string]string{})
}

// counter is the way to nodes that ask, by their public addresses: the trust list says them, no request can.
type counter struct {
	client *http.Client
	me     office.NodeID
	own    *present.Desk
}

// counterWait is how long a node that asks may take.
const counterWait = 10 * time.Second

func newCounter(c *http.Client, me office.NodeID, own *present.Desk) certify.Counter {
	if c == nil {
		c = http.DefaultClient
	}
	calm := *c
	calm.Timeout = counterWait
	calm.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the trust list names no other place
	return &counter{&calm, me, own}
}

// Request implements certify.Counter.
func (c *counter) Request(ctx context.Context, by office.Node, id string) (string, error) {
	if by.ID == c.me {
		return c.own.Token(ctx, id)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, presentation.RequestURI(by, id), http.NoBody)
	if err != nil {
		return "", errs.Wrap(errs.RequestWrong, err, "address of %s", by.ID)
	}
	r.Header.Set("Accept", presentation.MediaType)
	body, err := c.do(r, by.ID, presentation.MaxRequest)
	return string(body), err
}

// Answer implements certify.Counter.
func (c *counter) Answer(ctx context.Context, by office.Node, p presentation.Request, vpToken string) error {
	if by.ID == c.me {
		return c.own.Take(ctx, p.ID, present.Answer{State: p.State, Token: vpToken, Refused: vpToken == ""})
	}
	form := url.Values{"state": {p.State}}
	if vpToken == "" {
		form.Set("error", "access_denied")
	} else {
		form.Set("vp_token", vpToken)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, presentation.AnswerURI(by, p.ID), strings.NewReader(form.Encode()))
	if err != nil {
		return errs.Wrap(errs.RequestWrong, err, "address of %s", by.ID)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err = c.do(r, by.ID, presentation.MaxRequest)
	return err
}

// do sends, and reads at most limit bytes.
func (c *counter) do(r *http.Request, by office.NodeID, limit int64) ([]byte, error) {
	resp, err := c.client.Do(r)
	if err != nil {
		return nil, errs.Wrap(errs.VerifierAway, err, "%s", by)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return nil, errs.Wrap(errs.VerifierAway, err, "%s", by)
	case resp.StatusCode == http.StatusConflict, resp.StatusCode == http.StatusNotFound:
		return nil, errs.New(errs.RequestOver, "%s says %d", by, resp.StatusCode)
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= http.StatusInternalServerError:
		return nil, errs.New(errs.VerifierAway, "%s says %d", by, resp.StatusCode)
	case resp.StatusCode != http.StatusOK, int64(len(body)) > limit:
		return nil, errs.New(errs.RequestWrong, "%s says %d, %d bytes", by, resp.StatusCode, len(body))
	}
	return body, nil
}
