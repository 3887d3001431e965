package nation

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tongban/internal/adapter/natschan"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/demo/bank"
	"tongban/internal/demo/clock"
	"tongban/internal/demo/idp"
	"tongban/internal/demo/market"
	"tongban/internal/demo/people"
	"tongban/internal/demo/phone"
	"tongban/internal/demo/registers"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/notify"
	"tongban/internal/hub"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// Config says what nation to run. The zero value, with a Dir, is all 32 provinces on SQLite and a free port.
type Config struct {
	Dir    string          // keys, databases and attachments; made if needed
	DB     string          // "postgres://…" puts every node into a schema of its own; empty is SQLite files in Dir
	Schema string          // what the schemas' names begin with; empty is "p"
	Only   []office.NodeID // which provinces; empty is all
	Listen string          // host:port; empty is a free port on the loopback address
	Host   string          // name under which browsers reach it; empty is "localhost"
	Today  workday.Date    // where the demo clock starts; zero is now
	// Channel are addresses of an outside NATS cluster; empty is the server inside the hub. The cluster's servers are run
	// from Dir/hub (hub.Serve, `tongban channel`).
	Channel []string
	// Silent leaves the faces and the identity provider out: measurements need no pages.
	Silent bool
	// Store are options for every node's store beside its address.
	Store sqlstore.Config
	// Parallel is given to every node.
	Parallel int
	Log      *slog.Logger
}

// Nation is a running federation.
type Nation struct {
	Hub   *hub.Hub
	Clock *clock.Clock
	Nodes map[office.NodeID]*node.Node // not to be read beside Down and Up
	Book  *people.Book
	URL   string // of the hub's front page
	Idp   *idp.Provider
	// Phone is where everything that people are told ends.
	Phone *phone.Phone
	// Registers are the made-up registers that every province asks about applicants.
	Registers *registers.Registers

	// Market is the simulated platform in which 青海's office may work; nil without that province.
	Market *market.Platform

	cfg       Config
	members   []Member
	marketKey []byte
	bank      *bank.Bank
	urls      map[office.NodeID]string
	server    *http.Server
	stops     []func() error

	mu    sync.RWMutex            // guards sites and Nodes once Open is through
	sites map[string]http.Handler // by the first label of the host, "" for the hub
}

// File names in Dir.
const (
	marker    = "demo"       // says that the folder is a demonstration's and may be emptied
	trustFile = "trust.json" // what `tongban verify` believes
)

// Fresh empties a folder that an earlier demonstration used, so that every start is the same. A folder that holds anything
// else is left alone and errs.DataForeign returned.
func Fresh(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || (err == nil && len(entries) == 0) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, marker)); err != nil {
		return errs.New(errs.DataForeign, "%s", dir)
	}
	return os.RemoveAll(dir)
}

// Open wires and starts everything; the pages answer when it returns.
func Open(ctx context.Context, cfg Config) (_ *Nation, err error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Host == "" {
		cfg.Host = "localhost"
	}
	n := &Nation{
		cfg: cfg, Clock: clock.New(cfg.Today), Nodes: map[office.NodeID]*node.Node{}, urls: map[office.NodeID]string{},
		sites: map[string]http.Handler{},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Stop())
		}
	}()
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(cfg.Dir, marker), nil, 0o600); err != nil {
		return nil, err
	}
	var listener net.Listener
	if !cfg.Silent {
		if listener, err = n.listen(ctx); err != nil {
			return nil, err
		}
	}
	if err := n.gather(); err != nil {
		return nil, err
	}
	if n.Book, err = people.Load(); err != nil {
		return nil, err
	}
	n.Phone = phone.New(n.Book)
	if n.Registers, err = registers.New(n.Clock.Now); err != nil {
		return nil, err
	}
	signed, err := n.found(ctx)
	if err != nil {
		return nil, err
	}
	if !cfg.Silent {
		if err := n.openBank(); err != nil {
			return nil, err
		}
	}
	if err := n.open(ctx, signed); err != nil {
		return nil, err
	}
	if !cfg.Silent {
		if err := n.faces(); err != nil {
			return nil, err
		}
		n.serve(listener)
	}
	for _, one := range n.Nodes {
		if err := one.Start(ctx); err != nil {
			return nil, err
		}
	}
	if !cfg.Silent {
		if err := n.agree(ctx); err != nil {
			return nil, err
		}
		n.share(ctx)
	}
	return n, nil
}

func (n *Nation) listen(ctx context.Context) (net.Listener, error) {
	address := n.cfg.Listen
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	n.URL = "http://" + net.JoinHostPort(n.cfg.Host, port)
	return l, nil
}

// site is the address of a host below the nation's name.
func (n *Nation) site(label string) string {
	return strings.Replace(n.URL, "http://", "http://"+label+".", 1)
}

// gather opens the keys of every province. Keys stand in files, so a nation goes on where it was stopped.
func (n *Nation) gather() error {
	regions, err := region.Default()
	if err != nil {
		return err
	}
	for _, p := range regions.Provinces() {
		id := office.NodeID(p.Code.Province())
		if len(n.cfg.Only) > 0 && !slices.Contains(n.cfg.Only, id) {
			continue
		}
		keys, err := gm.OpenKeys(filepath.Join(n.cfg.Dir, string(id), "keys"))
		if err != nil {
			return err
		}
		m := Member{ID: id, Place: p, Keys: keys}
		if n.URL != "" {
			m.URL = n.site(p.Label)
			n.urls[id] = m.URL
		}
		if err := m.seed(filepath.Join(n.cfg.Dir, string(id))); err != nil {
			return err
		}
		n.members = append(n.members, m)
	}
	return nil
}

// found gives the trust list: the one that the folder has, or a first one.
func (n *Nation) found(ctx context.Context) (office.SignedTrust, error) {
	keys, err := gm.OpenKeys(filepath.Join(n.cfg.Dir, "hub", "keys"))
	if err != nil {
		return office.SignedTrust{}, err
	}
	operator, err := keys.SignKey("operator")
	if err != nil {
		return office.SignedTrust{}, err
	}
	keep := hub.Folder(filepath.Join(n.cfg.Dir, "hub"))
	var signed office.SignedTrust
	b, err := keep.Setting(ctx, "trust")
	switch {
	case err == nil:
		err = proof.Unmarshal(b, &signed)
	case errs.Is(err, errs.Missing):
		var idp Member
		if idp, err = n.provider(); err != nil {
			return signed, err
		}
		if signed, err = Found(keys, append(slices.Clone(n.members), idp), time.Now()); err != nil {
			return signed, err
		}
		if b, err = proof.Marshal(signed); err == nil {
			err = keep.SetSetting(ctx, "trust", b)
		}
	}
	if err != nil {
		return signed, err
	}
	file, err := proof.Marshal(federate.File{Operator: operator.Public(), Trust: signed})
	if err != nil {
		return signed, err
	}
	return signed, os.WriteFile(filepath.Join(n.cfg.Dir, trustFile), file, 0o600)
}

// open starts the hub and opens the nodes, several at a time: each makes its own database.
func (n *Nation) open(ctx context.Context, signed office.SignedTrust) error {
	keys, err := gm.OpenKeys(filepath.Join(n.cfg.Dir, "hub", "keys"))
	if err != nil {
		return err
	}
	if n.Hub, err = hub.Open(hub.Config{
		Dir: filepath.Join(n.cfg.Dir, "hub"), Keys: keys, Name: "hub", NameEn: "Hub", Address: n.URL, Log: n.cfg.Log,
		Channel: n.cfg.Channel, Now: n.Clock.Now,
	}); err != nil {
		return err
	}
	n.stops = append(n.stops, func() error { n.Hub.Stop(); return nil })
	var (
		wg    sync.WaitGroup
		fault error // under n.mu
		gate  = make(chan struct{}, 8)
	)
	n.stops = append(n.stops, n.stopNodes)
	for _, m := range n.members {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			one, err := n.openNode(ctx, m, signed)
			n.mu.Lock()
			defer n.mu.Unlock()
			if err != nil {
				fault = errors.Join(fault, err)
				return
			}
			n.Nodes[m.ID] = one
		})
	}
	wg.Wait()
	n.Clock.OnMove(n.wake)
	return fault
}

func (n *Nation) openNode(ctx context.Context, m Member, signed office.SignedTrust) (*node.Node, error) {
	trust, err := federate.NewTrust(n.Hub.Operator(), &signed)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(n.cfg.Dir, string(m.ID))
	store := n.cfg.Store
	store.DSN, store.Schema = "sqlite:"+filepath.Join(dir, "node.db"), ""
	if n.cfg.DB != "" {
		store.DSN, store.Schema = n.cfg.DB, n.schema(m.ID)
	}
	if len(n.members) > 4 { // PostgreSQL allows 100 connections; SQLite memory counts per connection
		store.ReadConns, store.WriteConns = 1, 1
	}
	var gateways map[notice.Channel]notify.Gateway
	if !n.cfg.Silent {
		gateways = n.Phone.Gateways()
	}
	return node.Open(ctx, node.Config{
		Gateways: gateways, Pay: n.pay(m), Source: n.Registers, Systems: n.systems(m), SystemsOff: true,
		ID: m.ID, Dir: dir, Store: sqlstore.Options{Config: store}, Keys: m.Keys, Trust: trust, Now: n.Clock.Now,
		Parallel: n.cfg.Parallel, Log: n.cfg.Log,
		Join: func(r handover.Receiver) (handover.Channel, func(), error) {
			c, err := n.join(m, r)
			if err != nil {
				return nil, nil, err
			}
			return c, c.Close, nil
		},
	})
}

func (n *Nation) join(m Member, r handover.Receiver) (*natschan.Client, error) {
	cfg := natschan.Config{Me: m.ID, Seed: m.Seed, Receiver: r, Log: n.cfg.Log}
	if len(n.cfg.Channel) == 0 {
		cfg.Server = n.Hub.Server()
		return natschan.Connect(cfg)
	}
	tls, err := n.Hub.MemberTLS(m.ID)
	if err != nil {
		return nil, err
	}
	cfg.URLs, cfg.TLS = n.cfg.Channel, tls
	return natschan.Connect(cfg)
}

// serve answers by host name.
func (n *Nation) serve(l net.Listener) {
	n.server = &http.Server{
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			host, _, err := net.SplitHostPort(r.Host)
			if err != nil {
				host = r.Host
			}
			label := strings.TrimSuffix(strings.TrimSuffix(host, n.cfg.Host), ".")
			n.siteOf(label).ServeHTTP(w, r)
		}),
	}
	go func() {
		if err := n.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			n.cfg.Log.LogAttrs(context.Background(), slog.LevelError, "serving ended", slog.String("error", err.Error()))
		}
	}()
	n.stops = append(n.stops, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return n.server.Shutdown(ctx)
	})
}

// Client reaches the nation's hosts: every name below Host is dialled on this machine, because only browsers resolve
// *.localhost.
func (n *Nation) Client() *http.Client { return &http.Client{Transport: n.transport()} }

func (n *Nation) transport() *http.Transport {
	dial := new(net.Dialer)
	return &http.Transport{
		MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err == nil && (host == n.cfg.Host || strings.HasSuffix(host, "."+n.cfg.Host)) {
				address = net.JoinHostPort("127.0.0.1", port)
			}
			return dial.DialContext(ctx, network, address)
		},
	}
}

// Stop ends pages, provinces and hub, in that order. A second Stop does nothing.
func (n *Nation) Stop() error {
	var err error
	for _, stop := range slices.Backward(n.stops) {
		err = errors.Join(err, stop())
	}
	n.stops = nil
	return err
}
