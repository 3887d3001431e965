package cli

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"tongban/internal/adapter/dataservice"
	"tongban/internal/adapter/sqlview"
	"tongban/internal/handling/share"
	"tongban/internal/kernel/errs"
)

// connector is an own system that answers for one resource: View is set, or URL.
type connector struct {
	Resource string                    `toml:"resource"`
	View     string                    `toml:"view"`   // schema.view
	Number   sqlview.Column            `toml:"number"` // of a view
	AsOf     sqlview.Column            `toml:"as_of"`  // of a view; may be left out
	URL      string                    `toml:"url"`
	Secret   string                    `toml:"secret"`  // file below the node's folder: the database's address, or the service's token
	Timeout  string                    `toml:"timeout"` // such as 800ms; may be left out
	Fields   map[string]sqlview.Column `toml:"fields"`  // by the resource's fields; a service's need no type
}

func (k connector) check() error {
	bad := func(what string) error { return errs.New(errs.BadConfig, "connector %.40q: %s", k.Resource, what) }
	u, err := url.Parse(k.URL)
	switch {
	case k.Resource == "" || len(k.Fields) == 0:
		return bad("resource and fields are needed")
	case (k.View == "") == (k.URL == ""):
		return bad("either view or url is needed")
	case k.View != "" && k.Secret == "":
		return bad("a view needs the file with its database's address")
	case k.URL != "" && (err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1"):
		return bad("url is no https:// address")
	}
	for _, c := range k.Fields {
		if c.Name == "" {
			return bad("a field without its column")
		}
	}
	if _, err := k.patience(); err != nil {
		return bad("timeout is none, such as 800ms")
	}
	return nil
}

// patience is the timeout; 0 if none is set.
func (k connector) patience() (time.Duration, error) {
	if k.Timeout == "" {
		return 0, nil
	}
	return time.ParseDuration(k.Timeout)
}

// connected opens all connectors. Views are given on their own as well: they can be checked, and have to be closed.
func (c config) connected() (share.Connected, map[string]*sqlview.View, error) {
	all, views := share.Connected{}, map[string]*sqlview.View{}
	for _, k := range c.Connectors {
		secret := ""
		if k.Secret != "" {
			b, err := readSmall(c.path(k.Secret))
			if err != nil {
				return nil, views, err
			}
			if secret = string(bytes.TrimSpace(b)); strings.ContainsAny(secret, "\r\n") {
				return nil, views, errs.New(errs.BadConfig, "connector %s: its secret has several lines", k.Resource)
			}
		}
		timeout, err := k.patience()
		if err != nil {
			return nil, views, errs.Wrap(errs.BadConfig, err, "connector %s", k.Resource)
		}
		if k.URL != "" {
			fields := map[string]string{}
			for name, f := range k.Fields {
				fields[name] = f.Name
			}
			all[k.Resource] = dataservice.New(dataservice.Config{URL: k.URL, Key: secret, Fields: fields, Timeout: timeout})
			continue
		}
		v, err := sqlview.Open(sqlview.Config{DSN: secret, View: k.View, Number: k.Number, AsOf: k.AsOf, Fields: k.Fields, Timeout: timeout, Now: time.Now})
		if err != nil {
			return nil, views, err
		}
		all[k.Resource], views[k.Resource] = v, v
	}
	return all, views, nil
}

// closeViews ends the connections of views.
func closeViews(views map[string]*sqlview.View) error {
	var err error
	for _, v := range views {
		err = errors.Join(err, v.Close())
	}
	return err
}

// connectors holds every view against what was set up.
func (p *patient) connectors(ctx context.Context) {
	if len(p.c.Connectors) == 0 {
		return
	}
	_, views, err := p.c.connected()
	defer closeViews(views) //nolint:errcheck // read only
	if err != nil {
		p.hold("connector", err, "")
		return
	}
	for _, k := range p.c.Connectors {
		if v, ok := views[k.Resource]; ok {
			p.hold("connector", v.Check(ctx), k.Resource)
		}
	}
}
