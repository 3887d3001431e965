package natschan_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"tongban/internal/adapter/natschan"
	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/errs"
)

// hub is a server with TLS and the nodes 23 and 66.
type hub struct {
	pki
	server *natschan.Server
	seeds  map[office.NodeID][]byte
}

func newHub(t *testing.T) hub {
	t.Helper()
	p := newPKI()
	nodes, seeds := keys("23", "66")
	return hub{p, newServer(t, natschan.ServerConfig{Name: "hub", Listen: "127.0.0.1:0", TLS: p.hub(), Nodes: nodes}), seeds}
}

func (h hub) config(id office.NodeID) natschan.Config {
	return natschan.Config{Me: id, Seed: h.seeds[id], URLs: []string{h.server.URL()}, TLS: h.tls(string(id), time.Hour), Receiver: echo}
}

func wantCode(t *testing.T, err error, want errs.Code) {
	t.Helper()
	if err == nil || errs.CodeOf(err) != want {
		t.Fatalf("got %v, want %s", err, want.Name())
	}
}

func ready(t *testing.T, cfg natschan.Config) error {
	t.Helper()
	c, err := natschan.Connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	return c.Ready(ctx)
}

func TestRefusals(t *testing.T) {
	h := newHub(t)
	other := newPKI()
	_, strangerSeeds := keys("23")
	for _, c := range []struct {
		name   string
		change func(*natschan.Config)
	}{
		{"a key not on the list", func(c *natschan.Config) { c.Seed = strangerSeeds["23"] }},
		{"an expired certificate", func(c *natschan.Config) { c.TLS = h.tls("23", -time.Minute) }},
		{"a certificate of another CA", func(c *natschan.Config) {
			c.TLS = &natschan.TLS{Cert: other.tls("23", time.Hour).Cert, Roots: h.ca.Pool()}
		}},
		{"no certificate", func(c *natschan.Config) { c.TLS = &natschan.TLS{Roots: h.ca.Pool()} }},
		{"a hub that the node does not trust", func(c *natschan.Config) { c.TLS = other.tls("23", time.Hour) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := h.config("23")
			c.change(&cfg)
			wantCode(t, ready(t, cfg), errs.ChannelRefused)
		})
	}
	t.Run("and the right one is let in", func(t *testing.T) {
		if err := ready(t, h.config("23")); err != nil {
			t.Error(err)
		}
	})
}

func TestOnlyTLS13(t *testing.T) {
	h := newHub(t)
	cfg := &tls.Config{MaxVersion: tls.VersionTLS12, RootCAs: h.ca.Pool(), Certificates: []tls.Certificate{h.tls("23", time.Hour).Cert}} // the server must refuse it
	if _, err := nats.Connect(h.server.URL(), nats.Secure(cfg)); err == nil || !strings.Contains(err.Error(), "version") {
		t.Errorf("TLS 1.2: %v", err)
	}
}

// raw is a member's own program: the right key and certificate, but not our client.
func raw(t *testing.T, h hub, id office.NodeID, opts ...nats.Option) (*nats.Conn, <-chan error) {
	t.Helper()
	kp := must(nkeys.FromSeed(h.seeds[id]))
	public := must(kp.PublicKey())
	said := make(chan error, 8)
	pair := h.tls(string(id), time.Hour)
	conn, err := nats.Connect(h.server.URL(), append(opts, nats.Nkey(public, kp.Sign), nats.CustomInboxPrefix("_INBOX."+string(id)),
		nats.Secure(&tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pair.Roots, Certificates: []tls.Certificate{pair.Cert}}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { said <- err }))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn, said
}

func TestAMemberCannotActAsAnother(t *testing.T) {
	h := newHub(t)
	arrived := make(chan handover.Message, 8)
	cfg := h.config("66")
	cfg.Receiver = func(_ context.Context, m handover.Message) ([]byte, error) {
		arrived <- m
		return []byte("answer"), nil
	}
	connect(t, cfg)
	conn, said := raw(t, h, "23")

	for name, do := range map[string]func() error{
		"publish as another":            func() error { return conn.PublishRequest("gov.66.packet.11", "_INBOX.23.x", nil) },
		"publish deeper":                func() error { return conn.PublishRequest("gov.66.packet.23.23", "_INBOX.23.x", nil) },
		"publish into another's inbox":  func() error { return conn.Publish("_INBOX.66.x", nil) },
		"subscribe another's requests":  func() error { _, err := conn.SubscribeSync("gov.66.>"); return err },
		"subscribe everything":          func() error { _, err := conn.SubscribeSync(">"); return err },
		"subscribe another's inbox":     func() error { _, err := conn.SubscribeSync("_INBOX.66.>"); return err },
		"subscribe the server's events": func() error { _, err := conn.SubscribeSync("$SYS.>"); return err },
	} {
		if err := do(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := conn.Flush(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		select {
		case err := <-said:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s: the server let it pass", name)
		}
	}
	select {
	case m := <-arrived:
		t.Errorf("66 got %+v", m)
	default:
	}
}

// A reply subject is not covered by permissions: the receiver must not answer into a third node's inbox.
func TestAnswersGoToTheSenderOnly(t *testing.T) {
	h := newHub(t)
	arrived := make(chan handover.Message, 8)
	cfg := h.config("66")
	cfg.Receiver = func(_ context.Context, m handover.Message) ([]byte, error) { arrived <- m; return nil, nil }
	connect(t, cfg)
	conn, _ := raw(t, h, "23")
	for _, reply := range []string{"_INBOX.11.x", "_INBOX.2", "gov.11.packet.66", "_INBOX.23"} {
		q := &nats.Msg{Subject: "gov.66.packet.23", Reply: reply, Header: nats.Header{"Tongban-Wait": {"1000"}}}
		if err := conn.PublishMsg(q); err != nil {
			t.Fatal(err)
		}
	}
	good := &nats.Msg{Subject: "gov.66.hello.23", Header: nats.Header{"Tongban-Wait": {"1000"}}}
	if _, err := conn.RequestMsg(good, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if m := <-arrived; m.Kind != "hello" || len(arrived) != 0 {
		t.Errorf("a request with a foreign reply subject arrived: %+v", m)
	}
	bad := &nats.Msg{Subject: "gov.66.hello.23", Header: nats.Header{"Tongban-Wait": {"soon"}}}
	a, err := conn.RequestMsg(bad, 5*time.Second)
	if err != nil || a.Header.Get("Tongban-Code") != fmt.Sprint(uint32(errs.BadRequest)) {
		t.Errorf("a malformed wait: %+v, %v", a, err)
	}
}

func TestServerRefusesOversize(t *testing.T) {
	h := newHub(t)
	conn, _ := raw(t, h, "23")
	if got := conn.MaxPayload(); got != 2<<20 {
		t.Errorf("server allows %d bytes", got)
	}
	if err := conn.Publish("gov.66.packet.23", make([]byte, 2<<20+1)); !errors.Is(err, nats.ErrMaxPayload) {
		t.Errorf("got %v", err)
	}
}

func TestAllowAndForbidWhileRunning(t *testing.T) {
	h := newHub(t)
	drops := make(chan error, 1)
	raw(t, h, "66", nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { drops <- err }))
	a := connect(t, h.config("23"))

	nodes, seeds := keys("11")
	h.seeds["11"] = seeds["11"]
	wantCode(t, ready(t, h.config("11")), errs.ChannelRefused)
	late, err := natschan.Connect(h.config("11")) // was refused, and keeps trying
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if err := h.server.Allow(nodes[0]); err != nil {
		t.Fatal(err)
	}
	connect(t, h.config("11"))
	if got, err := ask(t, a, "11", "welcome"); err != nil || got != "welcome" {
		t.Fatalf("got %q, %v", got, err)
	}
	for deadline := time.Now().Add(20 * time.Second); late.Ready(t.Context()) != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a node that was refused before it was enrolled did not get in afterwards")
		}
	}
	if err := h.server.Allow(natschan.Node{ID: "12", NKey: nodes[0].NKey}); errs.CodeOf(err) != errs.ChannelConfig {
		t.Errorf("one key for two nodes: %v", err)
	}
	if err := h.server.Forbid("11"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, ready(t, h.config("11")), errs.ChannelRefused)
	_, err = ask(t, a, "11", "gone")
	wantCode(t, err, errs.TryLater)
	select {
	case err := <-drops:
		t.Errorf("an uninvolved node was disconnected: %v", err)
	default:
	}
}

func TestServerConfig(t *testing.T) {
	p := newPKI()
	nodes, _ := keys("23", "66")
	for _, c := range []struct {
		name string
		cfg  natschan.ServerConfig
		want errs.Code
	}{
		{"no TLS", natschan.ServerConfig{Listen: "127.0.0.1:0", Nodes: nodes}, errs.ChannelConfig},
		{"no port", natschan.ServerConfig{Listen: "127.0.0.1", TLS: p.hub()}, errs.ChannelConfig},
		{"name with a dot", natschan.ServerConfig{Nodes: []natschan.Node{{ID: "a.b", NKey: nodes[0].NKey}}}, errs.ChannelBadAddress},
		{"name with a wildcard", natschan.ServerConfig{Nodes: []natschan.Node{{ID: "*", NKey: nodes[0].NKey}}}, errs.ChannelBadAddress},
		{"no key", natschan.ServerConfig{Nodes: []natschan.Node{{ID: "23", NKey: "x"}}}, errs.ChannelConfig},
		{"a node twice", natschan.ServerConfig{Nodes: []natschan.Node{nodes[0], {ID: "23", NKey: nodes[1].NKey}}}, errs.ChannelConfig},
		{"cluster without TLS", natschan.ServerConfig{Cluster: &natschan.Cluster{Name: "c", Listen: "127.0.0.1:0"}}, errs.ChannelConfig},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := natschan.NewServer(c.cfg)
			wantCode(t, err, c.want)
		})
	}
}

func TestServerWithoutNodesLetsNobodyIn(t *testing.T) {
	p := newPKI()
	s := newServer(t, natschan.ServerConfig{Name: "hub", Listen: "127.0.0.1:0", TLS: p.hub()})
	_, seeds := keys("23")
	cfg := natschan.Config{Me: "23", Seed: seeds["23"], Receiver: echo, URLs: []string{s.URL()}, TLS: p.tls("23", time.Hour)}
	wantCode(t, ready(t, cfg), errs.ChannelRefused)
	if conn, err := nats.Connect(s.URL(), nats.Secure(&tls.Config{MinVersion: tls.VersionTLS13, RootCAs: p.ca.Pool(), Certificates: []tls.Certificate{cfg.TLS.Cert}})); err == nil {
		conn.Close()
		t.Error("let in without a key")
	}

	inside := newServer(t, natschan.ServerConfig{Name: "hub"})
	_, err := natschan.Connect(natschan.Config{Me: "23", Seed: seeds["23"], Server: inside, Receiver: echo})
	wantCode(t, err, errs.ChannelRefused)
}
