package natschan

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// Node is one member that may sign in, with its public NKey ("U…").
type Node struct {
	ID   office.NodeID
	NKey string
}

// TLS is one side's certificate, and the roots that the other side must come from.
type TLS struct {
	Cert  tls.Certificate
	Roots *x509.CertPool
}

// Cluster joins several servers, all with the same nodes. Its TLS needs roots of its own: whoever holds a certificate
// of them is a server of the cluster and can read and send in anybody's name.
type Cluster struct {
	Name   string
	Listen string   // host:port for the other servers
	Routes []string // host:port of the others; itself may be among them
	TLS    *TLS
}

// ServerConfig is what a server needs to start.
type ServerConfig struct {
	Name    string // unique in a cluster
	Listen  string // host:port, port 0 for any free one; empty: only this process can connect
	TLS     *TLS   // needed with Listen
	Nodes   []Node
	Cluster *Cluster     // nil: one server
	Log     *slog.Logger // nil: silent
}

// Server is the hub's own NATS server.
type Server struct {
	cfg ServerConfig
	tls tlsConfigs
	ns  *server.Server

	mu    sync.Mutex // guards nodes, and keeps reloads in order
	nodes []Node
}

// tlsConfigs are made once: a reload with the same pointers leaves TLS alone.
type tlsConfigs struct{ client, route *tls.Config }

// NewServer starts a server; it accepts connections when NewServer returns. Errors carry errs.ChannelConfig.
func NewServer(cfg ServerConfig) (*Server, error) {
	s := &Server{cfg: cfg, nodes: slices.Clone(cfg.Nodes)}
	if cfg.TLS != nil {
		s.tls.client = cfg.TLS.server()
	}
	if cfg.Cluster != nil && cfg.Cluster.TLS != nil {
		s.tls.route = cfg.Cluster.TLS.server()
	}
	opts, err := s.options(s.nodes)
	if err != nil {
		return nil, err
	}
	if s.ns, err = server.NewServer(opts); err != nil {
		return nil, errs.Wrap(errs.ChannelConfig, err, "server %s", cfg.Name)
	}
	return s, start(s.ns, cfg.Log)
}

func start(ns *server.Server, log *slog.Logger) error {
	if log != nil {
		ns.SetLoggerV2(logger{log}, false, false, false)
	}
	ns.Start()
	if !ns.ReadyForConnections(10 * time.Second) {
		ns.Shutdown()
		return errs.New(errs.ChannelConfig, "server %s cannot listen; is the port taken?", ns.Name())
	}
	return nil
}

// URL is where clients connect; empty if only this process can.
func (s *Server) URL() string {
	if s.cfg.Listen == "" {
		return ""
	}
	return "tls://" + s.ns.Addr().String()
}

// ClusterAddr is host:port where other servers of the cluster connect; empty without a cluster.
func (s *Server) ClusterAddr() string {
	if a := s.ns.ClusterAddr(); a != nil {
		return a.String()
	}
	return ""
}

// Allow lets a node sign in from now on, or changes its key; nobody else is disconnected.
func (s *Server) Allow(n Node) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reload(append(without(s.nodes, n.ID), n))
}

// Forbid disconnects a node and lets it sign in no more.
func (s *Server) Forbid(id office.NodeID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reload(without(s.nodes, id))
}

func (s *Server) has(n Node) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.nodes, n)
}

func without(nodes []Node, id office.NodeID) []Node {
	return slices.DeleteFunc(slices.Clone(nodes), func(n Node) bool { return n.ID == id })
}

func (s *Server) reload(nodes []Node) error {
	opts, err := s.options(nodes)
	if err != nil {
		return err
	}
	if err := s.ns.ReloadOptions(opts); err != nil {
		return errs.Wrap(errs.ChannelConfig, err, "server %s", s.cfg.Name)
	}
	s.nodes = nodes
	return nil
}

// Close disconnects everybody and returns when the server has stopped. Closing twice is fine.
func (s *Server) Close() {
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
}

func (s *Server) options(nodes []Node) (*server.Options, error) {
	keys, err := users(nodes)
	if err != nil {
		return nil, err
	}
	o := &server.Options{
		ServerName: s.cfg.Name, NoLog: true, NoSigs: true, DontListen: s.cfg.Listen == "",
		MaxPayload: maxPayload, PingInterval: pingEvery, MaxPingsOut: pingsOut, AuthTimeout: signInWithin,
		Nkeys: keys,
	}
	if len(keys) == 0 {
		// Without any user the server would let everybody in; an unknown random key keeps it shut.
		_, nobody, err := NewNKey()
		if err != nil {
			return nil, err
		}
		o.Nkeys = []*server.NkeyUser{{Nkey: nobody}}
	}
	if s.cfg.Listen != "" {
		if s.tls.client == nil {
			return nil, errs.New(errs.ChannelConfig, "a server that listens on %s needs TLS", s.cfg.Listen)
		}
		if o.Host, o.Port, err = hostPort(s.cfg.Listen); err != nil {
			return nil, err
		}
		o.TLS, o.TLSVerify, o.TLSTimeout, o.TLSConfig = true, true, signInWithin, s.tls.client
	}
	if c := s.cfg.Cluster; c != nil {
		if s.tls.route == nil || c.Name == "" {
			return nil, errs.New(errs.ChannelConfig, "a cluster needs a name and TLS of its own")
		}
		host, port, err := hostPort(c.Listen)
		if err != nil {
			return nil, err
		}
		o.Cluster = server.ClusterOpts{Name: c.Name, Host: host, Port: port, NoAdvertise: true, TLSConfig: s.tls.route, TLSTimeout: signInWithin}
		for _, r := range c.Routes {
			o.Routes = append(o.Routes, &url.URL{Scheme: "nats-route", Host: r})
		}
	}
	return o, nil
}

// users gives each node its permissions. The order is fixed so that a reload changes only what changed.
func users(nodes []Node) ([]*server.NkeyUser, error) {
	nodes = slices.Clone(nodes)
	slices.SortFunc(nodes, func(a, b Node) int { return cmp.Compare(a.ID, b.ID) })
	seen := map[string]bool{}
	var out []*server.NkeyUser
	for _, n := range nodes {
		if !token(string(n.ID)) {
			return nil, errs.New(errs.ChannelBadAddress, "node %q", n.ID)
		}
		if !nkeys.IsValidPublicUserKey(n.NKey) {
			return nil, errs.New(errs.ChannelConfig, "node %s: not a public user NKey", n.ID)
		}
		if seen[n.NKey] || seen[string(n.ID)] {
			return nil, errs.New(errs.ChannelConfig, "node %s or its key stands twice", n.ID)
		}
		seen[n.NKey], seen[string(n.ID)] = true, true
		out = append(out, &server.NkeyUser{Nkey: n.NKey, Permissions: permissions(n.ID)})
	}
	return out, nil
}

func permissions(id office.NodeID) *server.Permissions {
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: []string{requestSubject("*", "*", id)}},
		Subscribe: &server.SubjectPermission{Allow: []string{"gov." + string(id) + ".>", inbox(id) + ".>"}},
		Response:  &server.ResponsePermission{MaxMsgs: 1, Expires: answerWithin},
	}
}

func hostPort(listen string) (string, int, error) {
	host, p, err := net.SplitHostPort(listen)
	if err != nil {
		return "", 0, errs.Wrap(errs.ChannelConfig, err, "address %q", listen)
	}
	port, err := strconv.ParseUint(p, 10, 16)
	if err != nil {
		return "", 0, errs.Wrap(errs.ChannelConfig, err, "address %q", listen)
	}
	if port == 0 {
		return host, server.RANDOM_PORT, nil
	}
	return host, int(port), nil
}

// server is the accepting side: TLS 1.3, and the client must show a certificate of our roots. A route is also a
// connecting side, hence RootCAs.
func (t *TLS) server() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{t.Cert},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: t.Roots, RootCAs: t.Roots,
	}
}

func (t *TLS) client() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{t.Cert}, RootCAs: t.Roots}
}

// logger passes the server's own lines on. They name servers, addresses and public keys, never a message.
type logger struct{ log *slog.Logger }

func (l logger) say(level slog.Level, format string, v []any) {
	if l.log.Enabled(context.Background(), level) {
		l.log.LogAttrs(context.Background(), level, "nats server", slog.String("line", fmt.Sprintf(format, v...)))
	}
}

func (l logger) Noticef(f string, v ...any) { l.say(slog.LevelInfo, f, v) }
func (l logger) Warnf(f string, v ...any)   { l.say(slog.LevelWarn, f, v) }
func (l logger) Fatalf(f string, v ...any)  { l.say(slog.LevelError, f, v) }
func (l logger) Errorf(f string, v ...any)  { l.say(slog.LevelError, f, v) }
func (l logger) Debugf(f string, v ...any)  { l.say(slog.LevelDebug, f, v) }
func (l logger) Tracef(string, ...any)      {} // would show subjects and payloads
