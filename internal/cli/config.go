package cli

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
)

// configFile is the name of a node's configuration in its folder; the other files there are named below.
const (
	configFile  = "node.toml"
	requestFile = "request.json"
	certFile    = "cert.pem"
	rootsFile   = "roots.pem"
	tlsKeyFile  = "tls.pem"
	seedFile    = "nkey.seed"
	trustFile   = "trust.json"
	channelFile = "channel.json"
)

// config is a node's configuration, one sentence to a field. The same text is written into the file above each line.
// Unknown fields are refused, so that a slip of the pen does not pass for a setting.
type config struct {
	ID      office.NodeID `toml:"id" say:"Two digits of the province (66 for the Corps), or hub."`
	Listen  string        `toml:"listen" say:"Address at which this process answers HTTP; a proxy with the certificate stands before it."`
	URL     string        `toml:"url" say:"Address under which others reach that, without a slash at the end."`
	Hub     string        `toml:"hub" say:"Address of the hub, for enrolment and for the trust list; empty at the hub itself."`
	DB      string        `toml:"db" say:"postgres://… for the database; empty is SQLite in this folder. Replicas need PostgreSQL and a shared folder."`
	Schema  string        `toml:"schema" say:"PostgreSQL schema of this node; empty is p and the id."`
	Channel []string      `toml:"channel" say:"Addresses of the channel; at a province they replace those that the hub gave, at the hub they are what provinces are told."`
	Issuer  string        `toml:"issuer" say:"Address of the identity provider; empty leaves the pages for people out and serves machines only."`
	Client  string        `toml:"client" say:"Name of this node at the identity provider."`
	PayURL  string        `toml:"pay_url" say:"Address of the payment gateway, without a slash at the end; empty takes fees in cash only."`
	PayKey  string        `toml:"pay_key" say:"The gateway's public SM2 key in hex, as the bank handed it over."`
	PayPage string        `toml:"pay_page" say:"Origin of the bank's pages, to which a form may lead; empty is that of pay_url."`
	Owner   string        `toml:"owner" say:"Who runs this site, as the foot of each page says; may be empty."`

	ChannelListen string   `toml:"channel_listen" say:"Hub only: address at which the channel's own server listens, with a port; empty if channel names an outside one."`
	ChannelHosts  []string `toml:"channel_hosts" say:"Hub only: names under which provinces reach that server, for its certificate."`

	Outlets []outlet `toml:"outlets" say:"How notices reach people, one per channel (sms, voice, letter): the address of a gateway with the file that holds the shared key, or a folder that another system empties. None: they stand on the pages only."`

	Systems    []system    `toml:"systems" say:"Departmental systems of this node's offices (catalogue/systems): key, address or folder, and the file that holds the shared key. None: every case is worked here."`
	Connectors []connector `toml:"connectors" say:"Own systems that answer for a resource, by its key, where no table was imported: a view of a PostgreSQL database, or an HTTP service. The file that is named holds the address of the database, or the service's token."`

	Officers []officer `toml:"officers" say:"The node's register of officers: subject at the identity provider, name, office code, roles; items, places and leave narrow their work."`
	Tokens   []token   `toml:"tokens" say:"Departmental systems: SHA-256 of the token in hex, and the officer in whose name it acts."`

	dir string
}

type officer struct {
	ID     string         `toml:"id"`
	Name   string         `toml:"name"`
	Office string         `toml:"office"`
	Roles  []office.Role  `toml:"roles"`
	Items  []string       `toml:"items"`  // remit by item code; empty: all
	Places []region.Code  `toml:"places"` // remit by place; empty: all
	Leave  []office.Leave `toml:"leave"`  // days off, both included
}

// register is the officer as the node takes them.
func (o officer) register() office.Officer {
	return office.Officer{
		ID: o.ID, Name: o.Name, Office: o.Office, Roles: o.Roles, Remit: office.Remit{Items: o.Items, Places: o.Places}, Leave: o.Leave,
	}
}

// outlet is a gateway for notices.
type outlet struct {
	Channel notice.Channel `toml:"channel"`
	URL     string         `toml:"url"`
	Key     string         `toml:"key"`    // file below the node's folder
	Folder  string         `toml:"folder"` // below the node's folder
}

// system is a departmental system.
type system struct {
	Key    string `toml:"key"`
	URL    string `toml:"url"`
	Folder string `toml:"folder"` // below the node's folder
	Secret string `toml:"secret"` // file below the node's folder
}

type token struct {
	SHA256 string `toml:"sha256"`
	officer
}

// readConfig reads a configuration and checks what can be checked without leaving the file. A folder stands for the file
// in it.
func readConfig(path string) (config, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, configFile)
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return config{}, errs.Wrap(errs.FileUnreadable, err, "")
	}
	var c config
	meta, err := toml.Decode(string(b), &c)
	if err != nil {
		return config{}, errs.Wrap(errs.BadConfig, err, "%s", filepath.Base(path))
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return config{}, errs.New(errs.BadConfig, "%s: unknown field %s", filepath.Base(path), u[0])
	}
	c.dir = filepath.Dir(path)
	return c, c.check()
}

func (c config) check() error {
	bad := func(format string, args ...any) error { return errs.New(errs.BadConfig, format, args...) }
	switch {
	case c.ID != office.Hub && !c.ID.Member():
		return bad("id %q is no node", c.ID)
	case c.Listen == "":
		return bad("listen is empty")
	case c.Issuer != "" && c.Client == "":
		return bad("issuer needs client")
	case c.ID == office.Hub && c.ChannelListen == "" && len(c.Channel) == 0:
		return bad("channel_listen and channel are empty: provinces need one of them")
	case c.DB != "" && !strings.HasPrefix(c.DB, "postgres://") && !strings.HasPrefix(c.DB, "postgresql://"):
		return bad("db is no postgres:// address")
	}
	if (c.PayURL == "") != (c.PayKey == "") || len(c.PayKey)%2 != 0 || strings.Trim(c.PayKey, "0123456789abcdef") != "" {
		return bad("pay_url and pay_key belong together; the key is lower-case hex")
	}
	for name, s := range map[string]string{"url": c.URL, "hub": c.Hub, "issuer": c.Issuer, "pay_url": c.PayURL, "pay_page": c.PayPage} {
		if s == "" {
			continue
		}
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.HasSuffix(s, "/") {
			return bad("%s %q is no address such as https://host", name, s)
		}
	}
	for _, o := range c.Outlets {
		u, err := url.Parse(o.URL)
		switch {
		case o.Channel != notice.SMS && o.Channel != notice.Voice && o.Channel != notice.Letter:
			return bad("outlet %q is no channel", o.Channel)
		case (o.URL == "") == (o.Folder == ""):
			return bad("outlet %s needs either url or folder", o.Channel)
		case o.URL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1"):
			return bad("outlet %s: url is no https:// address", o.Channel)
		case o.URL != "" && o.Key == "":
			return bad("outlet %s needs the file of its key", o.Channel)
		}
	}
	for _, s := range c.Systems {
		u, err := url.Parse(s.URL)
		switch {
		case s.Key == "" || s.Secret == "":
			return bad("system %q needs key and the file of its secret", s.Key)
		case (s.URL == "") == (s.Folder == ""):
			return bad("system %s needs either url or folder", s.Key)
		case s.URL != "" && (err != nil || u.Host == "" || strings.HasSuffix(s.URL, "/") ||
			u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1"):
			return bad("system %s: url is no https:// address without a slash at its end", s.Key)
		}
	}
	for i, k := range c.Connectors {
		if slices.ContainsFunc(c.Connectors[:i], func(o connector) bool { return o.Resource == k.Resource }) {
			return bad("two connectors for %.40q", k.Resource)
		}
		if err := k.check(); err != nil {
			return err
		}
	}
	people := c.Officers
	for _, t := range c.Tokens {
		if len(t.SHA256) != 64 || strings.Trim(t.SHA256, "0123456789abcdef") != "" {
			return bad("a token of %s is no SHA-256 in lower-case hex", t.ID)
		}
		people = append(people, t.officer)
	}
	for _, o := range people {
		if o.ID == "" || !office.CodeValid(o.Office) || len(o.Roles) == 0 {
			return bad("officer %q needs id, office and roles", o.ID)
		}
		if slices.Contains(o.Roles, office.System) || strings.Contains(o.ID, ":") {
			return bad("officer %q: the role system and ids with a colon belong to departmental systems", o.ID)
		}
	}
	return nil
}

// write stores the configuration with its explanations, in a folder that has none.
func (c config) write() error {
	var b strings.Builder
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("toml")
		if name == "" || strings.HasPrefix(f.Tag.Get("say"), "Hub only") && c.ID != office.Hub {
			continue
		}
		fmt.Fprintf(&b, "# %s\n", f.Tag.Get("say"))
		switch x := v.Field(i).Interface().(type) {
		case []string:
			quoted := make([]string, len(x))
			for j, s := range x {
				quoted[j] = fmt.Sprintf("%q", s)
			}
			fmt.Fprintf(&b, "%s = [%s]\n\n", name, strings.Join(quoted, ", "))
		case []outlet:
			b.WriteString("# [[outlets]]\n# channel = \"sms\"\n# url = \"https://…\"\n# key = \"sms.key\"\n\n")
		case []system:
			b.WriteString("# [[systems]]\n# key = \"\"\n# url = \"https://…\"\n# secret = \"system.key\"\n\n")
		case []connector:
			b.WriteString("# [[connectors]]\n# resource = \"\"\n# url = \"https://…\"\n# secret = \"estate.key\"\n# fields = { owner = { column = \"qlr\" } }\n\n")
		case []officer:
			b.WriteString("# [[officers]]\n# id = \"\"\n# name = \"\"\n# office = \"\"\n# roles = [\"window\"]\n\n")
		case []token:
			b.WriteString("# [[tokens]]\n# sha256 = \"\"\n# id = \"\"\n# name = \"\"\n# office = \"\"\n# roles = [\"window\"]\n")
		default:
			fmt.Fprintf(&b, "%s = %q\n\n", name, fmt.Sprint(x))
		}
	}
	f, err := os.OpenFile(c.path(configFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return errs.New(errs.AlreadyThere, "%s", c.dir)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(b.String())
	return errors.Join(err, f.Sync(), f.Close())
}

func (c config) path(name string) string { return filepath.Join(c.dir, name) }

// store is where the node's database is.
func (c config) store() sqlstore.Config { return nodePlace{c.ID, c.dir, c.DB, c.Schema}.store() }

// nodePlace is where one node's data are.
type nodePlace struct {
	id              office.NodeID
	dir, db, schema string
}

// store is the layout that a nation and a single node share: a file in the node's folder, or a schema of its own.
func (p nodePlace) store() sqlstore.Config {
	switch {
	case p.db == "":
		return sqlstore.Config{DSN: "sqlite:" + filepath.Join(p.dir, "node.db")}
	case p.schema == "":
		return sqlstore.Config{DSN: p.db, Schema: "p" + string(p.id)}
	}
	return sqlstore.Config{DSN: p.db, Schema: p.schema}
}

// register is the officers as the faces take them.
func (c config) register() []office.Officer {
	out := make([]office.Officer, len(c.Officers))
	for i, o := range c.Officers {
		out[i] = o.register()
	}
	return out
}
