package natschan

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/nats-io/nats-server/v2/server"

	"tongban/internal/kernel/errs"
)

// Files are paths of PEM files as the server's process sees them.
type Files struct{ Cert, Key, Roots string }

// WriteConfig writes the same server as a configuration file of nats-server, for a cluster of own processes (ServeFile
// or the nats-server binary of the same version). Secrets stay in the files; c.TLS and c.Cluster.TLS are not read.
// After a change of nodes write it again to all servers and send them SIGHUP.
func (c ServerConfig) WriteConfig(w io.Writer, client, cluster Files) error {
	keys, err := users(c.Nodes)
	if err != nil {
		return err
	}
	if c.Name == "" || c.Listen == "" || len(keys) == 0 {
		return errs.New(errs.ChannelConfig, "a server of its own needs a name, an address and nodes")
	}
	var b strings.Builder
	p := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	q := strconv.Quote
	p("server_name: %s\nlisten: %s", q(c.Name), q(c.Listen))
	p("max_payload: %d\nping_interval: %q\nping_max: %d", maxPayload, pingEvery, pingsOut)
	tlsBlock(p, "", client)
	p("authorization {\n  timeout: %d\n  users: [", signInWithin)
	for _, k := range keys {
		p("    { nkey: %s, permissions: {", k.Nkey)
		p("        publish: { allow: [%s] }", quoted(k.Permissions.Publish.Allow))
		p("        subscribe: { allow: [%s] }", quoted(k.Permissions.Subscribe.Allow))
		p("        allow_responses: { max: %d, expires: %q } } }", k.Permissions.Response.MaxMsgs, k.Permissions.Response.Expires)
	}
	p("  ]\n}")
	if k := c.Cluster; k != nil {
		if k.Name == "" || cluster == (Files{}) {
			return errs.New(errs.ChannelConfig, "a cluster needs a name and TLS of its own")
		}
		p("cluster {\n  name: %s\n  listen: %s\n  no_advertise: true", q(k.Name), q(k.Listen))
		routes := make([]string, len(k.Routes))
		for i, r := range k.Routes {
			routes[i] = "nats-route://" + r
		}
		p("  routes: [%s]", quoted(routes))
		tlsBlock(p, "  ", cluster)
		p("}")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

func tlsBlock(p func(string, ...any), indent string, f Files) {
	p(indent+"tls { cert_file: %q, key_file: %q, ca_file: %q, verify: true, min_version: \"1.3\", timeout: %d }", f.Cert, f.Key, f.Roots, signInWithin)
}

func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	return strings.Join(out, ", ")
}

// ServeFile runs one server from a file of WriteConfig until ctx ends. SIGHUP reads the file again; a file that is
// wrong is logged and changes nothing.
func ServeFile(ctx context.Context, path string, log *slog.Logger) error {
	opts, err := server.ProcessConfigFile(path)
	if err != nil {
		return errs.Wrap(errs.ChannelConfig, err, "server file")
	}
	opts.NoSigs, opts.NoLog = true, true
	ns, err := server.NewServer(opts)
	if err != nil {
		return errs.Wrap(errs.ChannelConfig, err, "server file")
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	if err := start(ns, log); err != nil {
		return err
	}
	for {
		select {
		case <-hup:
			if err := ns.Reload(); err != nil && log != nil {
				log.ErrorContext(ctx, "server file not taken", slog.Any("err", err))
			}
		case <-ctx.Done():
			ns.Shutdown()
			ns.WaitForShutdown()
			return nil
		}
	}
}
