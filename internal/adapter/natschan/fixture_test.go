package natschan_test

import (
	"context"
	"os"
	"testing"
	"time"

	"tongban/internal/adapter/natschan"
	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/handover/handovertest"
)

// TestMain lets the test binary stand in for a server as a process of its own: see TestProcesses.
func TestMain(m *testing.M) {
	if path := os.Getenv("NATSCHAN_SERVE"); path != "" {
		if err := natschan.ServeFile(context.Background(), path, nil); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// pki makes certificates of one CA.
type pki struct{ ca *natschan.CA }

func newPKI() pki {
	return pki{must(natschan.NewCA("test", time.Now().Add(-time.Hour), time.Now().Add(time.Hour)))}
}

// files gives certificate, key and roots in PEM.
func (p pki) files(name string, life time.Duration, hosts ...string) (cert, key, roots []byte) {
	k := must(natschan.NewKey())
	der := must(p.ca.Issue(&k.PublicKey, natschan.Leaf{Name: name, Hosts: hosts, From: time.Now().Add(-time.Hour), Until: time.Now().Add(life)}))
	roots, _, err := p.ca.PEM()
	if err != nil {
		panic(err)
	}
	return natschan.CertPEM(der), must(natschan.KeyPEM(k)), roots
}

func (p pki) tls(name string, life time.Duration, hosts ...string) *natschan.TLS {
	return must(natschan.LoadTLS(p.files(name, life, hosts...)))
}

func (p pki) hub() *natschan.TLS { return p.tls("hub", time.Hour, "127.0.0.1", "localhost") }

// keys makes NKeys for the names.
func keys(ids ...office.NodeID) (nodes []natschan.Node, seeds map[office.NodeID][]byte) {
	seeds = map[office.NodeID][]byte{}
	for _, id := range ids {
		seed, public, err := natschan.NewNKey()
		if err != nil {
			panic(err)
		}
		seeds[id] = seed
		nodes = append(nodes, natschan.Node{ID: id, NKey: public})
	}
	return nodes, seeds
}

func newServer(t *testing.T, cfg natschan.ServerConfig) *natschan.Server {
	t.Helper()
	s, err := natschan.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// connect gives a client that is ready.
func connect(t *testing.T, cfg natschan.Config) *natschan.Client {
	t.Helper()
	if cfg.Receiver == nil {
		cfg.Receiver = echo
	}
	c, err := natschan.Connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	if err := c.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return c
}

func echo(_ context.Context, m handover.Message) ([]byte, error) { return m.Body, nil }

func ask(t *testing.T, c *natschan.Client, to office.NodeID, body string) (string, error) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	answer, err := c.Send(ctx, to, handover.Message{Kind: "packet", Body: []byte(body)})
	return string(answer), err
}

// network is what the conformance suite joins.
type network struct {
	config func(id office.NodeID) natschan.Config
}

func (n network) Join(t *testing.T, id office.NodeID, r handover.Receiver) (handover.Channel, func()) {
	t.Helper()
	cfg := n.config(id)
	cfg.Me, cfg.Receiver = id, r
	c := connect(t, cfg)
	return c, c.Close
}

func TestChannelInProcess(t *testing.T) {
	handovertest.Channel(t, func(t *testing.T) handovertest.Network {
		t.Helper()
		nodes, seeds := keys(handovertest.Nodes()...)
		s := newServer(t, natschan.ServerConfig{Name: "hub", Nodes: nodes})
		return network{func(id office.NodeID) natschan.Config { return natschan.Config{Seed: seeds[id], Server: s} }}
	})
}

func TestChannelTLS(t *testing.T) {
	handovertest.Channel(t, func(t *testing.T) handovertest.Network {
		t.Helper()
		p := newPKI()
		nodes, seeds := keys(handovertest.Nodes()...)
		s := newServer(t, natschan.ServerConfig{Name: "hub", Listen: "127.0.0.1:0", TLS: p.hub(), Nodes: nodes})
		return network{func(id office.NodeID) natschan.Config {
			return natschan.Config{Seed: seeds[id], URLs: []string{s.URL()}, TLS: p.tls(string(id), time.Hour)}
		}}
	})
}
