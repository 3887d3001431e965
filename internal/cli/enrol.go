package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"tongban/internal/adapter/natschan"
	"tongban/internal/domain/office"
	"tongban/internal/handling/federate"
	"tongban/internal/hub"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// runEnrol joins a province to a running hub.
func runEnrol(ctx context.Context, e *env) int {
	f := e.flags("enrol")
	e.withJSON(f)
	dir := f.String("dir", "", "the province's folder, as init made it")
	code := f.String("code", "", "the code that the hub's operator gave")
	at := f.String("hub", "", "address of the hub; empty is the one in the configuration")
	want := f.String("fingerprint", "", "fingerprint of the hub's key as heard by telephone; another key is refused")
	if _, exit, ok := e.parse(f, 0); !ok {
		return exit
	}
	if *dir == "" || *code == "" {
		return e.fail(errs.New(errs.BadRequest, "-dir and -code are needed"))
	}
	c, err := readConfig(*dir)
	if err != nil {
		return e.fail(err)
	}
	if *at != "" {
		c.Hub = *at
	}
	print, err := c.enrol(ctx, *code, *want)
	if err != nil {
		return e.fail(err)
	}
	if e.json {
		e.print(map[string]string{"id": string(c.ID), "hub": c.Hub, "hub_fingerprint": print})
	} else {
		e.line("enrol-done", c.ID, print, c.path(configFile), c.path(configFile))
	}
	return exitYes
}

// enrol asks twice: for the list that the hub proposes, and with the own signature over it. Nothing is written before the
// list is in force.
func (c config) enrol(ctx context.Context, code, want string) (fingerprint string, err error) {
	if c.Hub == "" {
		return "", errs.New(errs.BadRequest, "no -hub given, and none in the configuration")
	}
	in := hub.Enrolment{Code: code}
	b, err := os.ReadFile(c.path(requestFile))
	if err != nil {
		return "", errs.Wrap(errs.FileUnreadable, err, "")
	}
	if err := proof.Unmarshal(b, &in.Request); err != nil {
		return "", err
	}
	keys, err := gm.OpenKeys(c.path("keys"))
	if err != nil {
		return "", err
	}
	sign, err := keys.SignKey("sign")
	if err != nil {
		return "", err
	}
	w, err := askHub[hub.Welcome](ctx, http.MethodPost, c.Hub+"/enrol", in)
	if err != nil {
		return "", err
	}
	fingerprint = federate.Fingerprint(w.Operator)
	if want != "" && want != fingerprint {
		return "", errs.New(errs.FingerprintDiffers, "the hub's is %s", fingerprint)
	}
	operator := w.Operator
	if w.Proposal {
		if err := c.listed(w, sign.Public()); err != nil {
			return "", err
		}
		if err := w.Trust.CoSign(proof.NewSigner(sign)); err != nil {
			return "", err
		}
		in.CoSign = &w.Trust.CoSigned[len(w.Trust.CoSigned)-1]
		if w, err = askHub[hub.Welcome](ctx, http.MethodPost, c.Hub+"/enrol", in); err != nil {
			return "", err
		}
	}
	if _, err := federate.NewTrust(operator, &w.Trust); err != nil {
		return "", err
	}
	return fingerprint, c.joined(operator, w)
}

// listed checks before signing that the operator proposes this node with its own keys, and the certificate with its key.
func (c config) listed(w hub.Welcome, sign []byte) error {
	if err := proof.Check(w.Trust.List, office.TypTrust, w.Operator); err != nil {
		return err
	}
	var list office.TrustList
	if err := w.Trust.List.Into(&list); err != nil {
		return err
	}
	me, ok := list.Node(c.ID)
	if !ok || !bytes.Equal(me.Sign, sign) {
		return errs.New(errs.BadTrustList, "%s does not stand on the proposed list with its key", c.ID)
	}
	_, err := c.tls(w.Cert, w.Roots)
	return err
}

func (c config) tls(cert, roots []byte) (*natschan.TLS, error) {
	key, err := os.ReadFile(c.path(tlsKeyFile))
	if err != nil {
		return nil, errs.Wrap(errs.FileUnreadable, err, "")
	}
	return natschan.LoadTLS(cert, key, roots)
}

// joined writes what the hub answered; the trust list last, because its presence means that the node has joined.
func (c config) joined(operator []byte, w hub.Welcome) error {
	channel, err := json.Marshal(w.Channel)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		text []byte
	}{{certFile, w.Cert}, {rootsFile, w.Roots}, {channelFile, channel}} {
		if err := writeWhole(c.path(f.name), f.text); err != nil {
			return err
		}
	}
	return c.keepTrust(operator, w.Trust)
}

// askTimeout bounds one question to the hub; it asks up to 31 provinces in turn for their signatures meanwhile.
const askTimeout = 2 * time.Minute

// askHub speaks to the hub's machine interface. A refusal comes back with the hub's own error number.
func askHub[T any](ctx context.Context, method, url string, in any) (out T, err error) {
	ctx, stop := context.WithTimeout(ctx, askTimeout)
	defer stop()
	var body io.Reader
	if in != nil {
		b, err := proof.Marshal(in)
		if err != nil {
			return out, err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return out, errs.Wrap(errs.BadConfig, err, "the hub's address")
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return out, errs.Wrap(errs.HubUnreachable, err, "")
	}
	defer a.Body.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(io.LimitReader(a.Body, 4<<20))
	if err != nil {
		return out, errs.Wrap(errs.HubUnreachable, err, "")
	}
	if a.StatusCode != http.StatusOK {
		var p hub.Problem
		if json.Unmarshal(b, &p) == nil && errs.Code(p.Code).Known() {
			return out, errs.New(errs.Code(p.Code), "said by the hub")
		}
		return out, errs.New(errs.HubRefused, "status %d", a.StatusCode)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return out, errs.Wrap(errs.HubUnreachable, errors.Join(err), "no answer of a hub")
	}
	return out, nil
}
