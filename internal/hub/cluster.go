package hub

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"tongban/internal/adapter/natschan"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// ServerConfig is one server of an outside channel: a process of its own, one of a cluster or alone.
type ServerConfig struct {
	Dir    string   // the hub's folder, shared by all servers of the cluster: authority, trust list
	Name   string   // unique in the cluster
	Listen string   // host:port for members
	Hosts  []string // further names that members reach it by
	Peers  string   // host:port for the other servers; empty: no cluster
	Routes []string // host:port of the others
	Log    *slog.Logger
}

// Serve starts a server of an outside channel from the hub's folder. It admits the members of the trust list as it stands
// there; Reload takes over a newer list.
func Serve(cfg ServerConfig) (*Server, error) {
	h := &Hub{cfg: Config{Dir: cfg.Dir, Listen: cfg.Listen, Hosts: cfg.Hosts}, settings: Folder(cfg.Dir), log: cfg.Log}
	if err := h.authority(); err != nil {
		return nil, err
	}
	nodes, err := h.admitted()
	if err != nil {
		return nil, err
	}
	tls, err := h.serverTLS()
	if err != nil {
		return nil, err
	}
	sc := natschan.ServerConfig{Name: cfg.Name, Listen: cfg.Listen, TLS: tls, Nodes: nodes, Log: cfg.Log}
	if cfg.Peers != "" {
		peers, err := h.peerTLS(cfg.Peers)
		if err != nil {
			return nil, err
		}
		sc.Cluster = &natschan.Cluster{Name: "tongban", Listen: cfg.Peers, Routes: cfg.Routes, TLS: peers}
	}
	s, err := natschan.NewServer(sc)
	if err != nil {
		return nil, err
	}
	return &Server{Server: s, hub: h}, nil
}

// Server is a running server of an outside channel.
type Server struct {
	*natschan.Server
	hub *Hub
}

// Reload admits members that joined since the server started.
func (s *Server) Reload() error {
	nodes, err := s.hub.admitted()
	if err != nil {
		return err
	}
	for _, n := range nodes {
		err = errors.Join(err, s.Allow(n))
	}
	return err
}

// admitted are the hub and the members of the list that the folder keeps. The list was checked when it was put there.
func (h *Hub) admitted() ([]natschan.Node, error) {
	_, public, err := h.nkey()
	if err != nil {
		return nil, err
	}
	nodes := []natschan.Node{{ID: office.Hub, NKey: public}}
	b, err := h.settings.Setting(context.Background(), "trust")
	if errs.Is(err, errs.Missing) {
		return nodes, nil
	}
	if err != nil {
		return nil, err
	}
	var s office.SignedTrust
	var list office.TrustList
	if err := errors.Join(proof.Unmarshal(b, &s), s.List.Into(&list)); err != nil {
		return nil, err
	}
	for _, n := range list.Nodes {
		if n.ID.Member() {
			nodes = append(nodes, natschan.Node{ID: n.ID, NKey: n.NKey})
		}
	}
	return nodes, nil
}

// peerTLS is for the links between servers. Its authority is another than that of the members: whoever holds a
// certificate of it could send in anybody's name.
func (h *Hub) peerTLS(listen string) (*natschan.TLS, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, errs.Wrap(errs.ChannelConfig, err, "%s", listen)
	}
	ca, roots, err := h.peerAuthority()
	if err != nil {
		return nil, err
	}
	key, err := natschan.NewKey()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	der, err := ca.Issue(&key.PublicKey, natschan.Leaf{
		Name: "server", Hosts: append([]string{host, "localhost", "127.0.0.1"}, h.cfg.Hosts...), From: now.Add(-time.Hour), Until: now.Add(certLife),
	})
	if err != nil {
		return nil, err
	}
	secret, err := natschan.KeyPEM(key)
	if err != nil {
		return nil, err
	}
	return natschan.LoadTLS(natschan.CertPEM(der), secret, roots)
}

// peerAuthority is made once; servers that start at the same moment agree on the first one written.
func (h *Hub) peerAuthority() (*natschan.CA, []byte, error) {
	cert, key := filepath.Join(h.cfg.Dir, "peers-cert.pem"), filepath.Join(h.cfg.Dir, "peers-key.pem")
	if b, err := os.ReadFile(cert); err == nil { //nolint:gosec // the hub's folder
		k, err := os.ReadFile(key) //nolint:gosec // the hub's folder
		if err != nil {
			return nil, nil, err
		}
		ca, err := natschan.LoadCA(b, k)
		return ca, b, err
	}
	now := time.Now()
	ca, err := natschan.NewCA("tongban servers", now.Add(-time.Hour), now.AddDate(10, 0, 0))
	if err != nil {
		return nil, nil, err
	}
	c, k, err := ca.PEM()
	if err != nil {
		return nil, nil, err
	}
	if err := writeOnce(key, k); err != nil {
		if errors.Is(err, os.ErrExist) { // another server is writing both
			time.Sleep(200 * time.Millisecond)
			return h.peerAuthority()
		}
		return nil, nil, err
	}
	return ca, c, writeOnce(cert, c)
}

func writeOnce(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the hub's folder
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}
