package cli

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"tongban/internal/adapter/natschan"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/handling/federate"
	"tongban/internal/hub"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/proof"
)

// runInit makes a node's folder: keys, configuration and, for a province, the request with which it joins.
func runInit(_ context.Context, e *env) int {
	f := e.flags("init")
	e.withJSON(f)
	var c config
	id := f.String("id", "", "two digits of the province, or hub")
	f.StringVar(&c.dir, "dir", "", "folder to make")
	f.StringVar(&c.Listen, "listen", "127.0.0.1:8080", "address to answer HTTP at")
	f.StringVar(&c.URL, "url", "", "address under which others reach it; empty is http:// and -listen")
	f.StringVar(&c.Hub, "hub", "", "address of the hub")
	f.StringVar(&c.DB, "db", "", "postgres://…; empty is SQLite in the folder")
	f.StringVar(&c.Schema, "schema", "", "PostgreSQL schema; empty is p and the id")
	channel := f.String("channel", "127.0.0.1:4222", "hub only: address at which the channel's server listens")
	hosts := f.String("channel-host", "", "hub only: name under which provinces reach the channel")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	c.ID = office.NodeID(*id)
	if c.dir == "" {
		return e.fail(errs.New(errs.BadRequest, "-dir is needed"))
	}
	if c.URL == "" {
		c.URL = "http://" + c.Listen
	}
	c.URL, c.Hub = strings.TrimSuffix(c.URL, "/"), strings.TrimSuffix(c.Hub, "/")
	if c.ID == office.Hub {
		c.ChannelListen = *channel
		if *hosts != "" {
			_, port, ok := strings.Cut(*channel, ":")
			if !ok {
				return e.fail(errs.New(errs.BadConfig, "-channel %q has no port", *channel))
			}
			c.ChannelHosts, c.Channel = []string{*hosts}, []string{"tls://" + *hosts + ":" + port}
		}
	}
	print, err := c.found()
	if err != nil {
		return e.fail(err)
	}
	if e.json {
		e.print(map[string]string{"id": string(c.ID), "dir": c.dir, "fingerprint": print})
		return exitYes
	}
	e.line("init-done", c.path(configFile), print)
	if c.ID == office.Hub {
		e.line("init-next-hub", c.path(configFile), c.dir)
	} else {
		e.line("init-next", c.dir)
	}
	return exitYes
}

// found makes the folder and gives the fingerprint of the key that speaks for the node.
func (c config) found() (string, error) {
	if err := c.check(); err != nil {
		return "", err
	}
	regions, err := region.Default()
	if err != nil {
		return "", err
	}
	place, ok := placeOf(regions, c.ID)
	if c.ID != office.Hub && !ok {
		return "", errs.New(errs.BadConfig, "id %q is no province with a node", c.ID)
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return "", err
	}
	if err := c.write(); err != nil {
		return "", err
	}
	keys, err := gm.OpenKeys(c.path("keys"))
	if err != nil {
		return "", err
	}
	decrypt, err := keys.DecryptKey("encrypt")
	if err != nil {
		return "", err
	}
	if c.ID == office.Hub {
		operator, err := keys.SignKey("operator")
		if err != nil {
			return "", err
		}
		return federate.Fingerprint(operator.Public()), nil
	}
	sign, err := keys.SignKey("sign")
	if err != nil {
		return "", err
	}
	browser, err := keys.ES256Key("es256")
	if err != nil {
		return "", err
	}
	for _, name := range []string{"rest", "index"} {
		if _, err := keys.Secret(name); err != nil {
			return "", err
		}
	}
	nkey, public, err := c.transportKeys()
	if err != nil {
		return "", err
	}
	r := hub.Request{TLSKey: public, Node: office.Node{
		ID: c.ID, Name: place.Name, NameEn: place.En, Region: place.Code, Protocol: exchange.NewestProtocol,
		Sign: sign.Public(), Encrypt: decrypt.Public(), ES256: browser.Public(), NKey: nkey, Address: c.URL,
	}}
	signed, err := proof.SignJSON(proof.NewSigner(sign), hub.TypRequest, r)
	if err != nil {
		return "", err
	}
	b, err := json.MarshalIndent(signed, "", "  ")
	if err != nil {
		return "", err
	}
	return federate.Fingerprint(sign.Public()), os.WriteFile(c.path(requestFile), b, 0o600)
}

func placeOf(t *region.Table, id office.NodeID) (region.Region, bool) {
	for _, p := range t.Provinces() {
		if p.Node && p.Code.Province() == string(id) {
			return p, true
		}
	}
	return region.Region{}, false
}

// transportKeys makes the keys for the channel and gives their public halves.
func (c config) transportKeys() (nkey string, public []byte, err error) {
	seed, nkey, err := natschan.NewNKey()
	if err != nil {
		return "", nil, err
	}
	key, err := natschan.NewKey()
	if err != nil {
		return "", nil, err
	}
	secret, err := natschan.KeyPEM(key)
	if err != nil {
		return "", nil, err
	}
	if public, err = x509.MarshalPKIXPublicKey(&key.PublicKey); err != nil {
		return "", nil, err
	}
	return nkey, public, errors.Join(
		os.WriteFile(c.path(seedFile), seed, 0o600), os.WriteFile(c.path(tlsKeyFile), secret, 0o600))
}

// runInvite prints a code with which a province may join once. It writes into the hub's folder; a hub that runs sees it.
func runInvite(ctx context.Context, e *env) int {
	f := e.flags("invite")
	e.withJSON(f)
	dir := f.String("dir", "", "the hub's folder")
	id := f.String("id", "", "two digits of the province")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	c, err := readConfig(filepath.Join(*dir, configFile))
	if err != nil {
		return e.fail(err)
	}
	if c.ID != office.Hub {
		return e.fail(errs.New(errs.BadConfig, "%s is no hub", *dir))
	}
	code, err := hub.Folder(c.dir).Invite(ctx, office.NodeID(*id))
	if err != nil {
		return e.fail(err)
	}
	if e.json {
		e.print(map[string]string{"id": *id, "code": code})
	} else {
		e.line("invite-done", *id, code)
	}
	return exitYes
}
