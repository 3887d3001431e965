// Package hub is what the provinces share: the channel's server, the trust list and the way to join, and the front page.
// It holds no case and no personal data, and every province goes on without it. It is one of the two places that wire.
package hub

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"tongban/internal/adapter/natschan"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/handling/announce"
	"tongban/internal/handling/count"
	"tongban/internal/handling/dispute"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/publish"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

const levelDebug = slog.LevelDebug

func attrNode(id office.NodeID) slog.Attr { return slog.String("node", string(id)) }

// Config is what a hub is made of.
type Config struct {
	Dir     string   // settings, codes and the certificate authority stand here
	Keys    *gm.Keys // holds "operator" and "encrypt"
	Listen  string   // of the channel's server, host:port; empty: only this process can connect
	Channel []string // addresses that members are told; empty: those of the own server
	Hosts   []string // further names that members reach the channel by
	Name    string   // as people read it
	NameEn  string
	Address string // base URL of the front page
	// Now is business time, in which rules are dated; nil is time.Now.
	Now func() time.Time
	Log *slog.Logger
}

// Hub is a running hub.
type Hub struct {
	Trust *federate.Trust
	Rules relay
	// Figures gathers what the provinces state about themselves.
	Figures *count.Collector
	// Bulletins issues the month's figures of all provinces.
	Bulletins *announce.Press
	// Contests holds what provinces say about each other's figures.
	Contests *dispute.Relay

	cfg      Config
	log      *slog.Logger
	operator *proof.Signer
	entry    office.Node
	ca       *natschan.CA
	roots    []byte
	settings Folder
	server   *natschan.Server
	channel  *natschan.Client
	missed   missed
	issued   bulletinShelf
	issuing  func() // ends the rounds

	mu     sync.Mutex // one enrolment at a time; guards offers
	offers map[proof.Hash]offer
}

// Open starts the hub's channel server.
func Open(cfg Config) (*Hub, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	key, err := cfg.Keys.SignKey("operator")
	if err != nil {
		return nil, err
	}
	h := &Hub{
		cfg: cfg, log: cfg.Log, operator: proof.NewSigner(key), settings: Folder(cfg.Dir),
		offers: map[proof.Hash]offer{},
	}
	if err := h.load(); err != nil {
		return nil, err
	}
	if err := h.openRules(context.Background()); err != nil {
		return nil, err
	}
	if err := h.openFigures(); err != nil {
		return nil, err
	}
	if err := h.serve(); err != nil {
		return nil, err
	}
	h.startRelay()
	h.startBulletins()
	h.missed.start(h.settings, h.log)
	return h, nil
}

func (h *Hub) load() error {
	if err := h.authority(); err != nil {
		return err
	}
	encrypt, err := h.cfg.Keys.DecryptKey("encrypt")
	if err != nil {
		return err
	}
	_, public, err := h.nkey()
	if err != nil {
		return err
	}
	h.entry = office.Node{
		ID: office.Hub, Name: h.cfg.Name, NameEn: h.cfg.NameEn, Protocol: exchange.NewestProtocol,
		Sign: h.operator.Public(), Encrypt: encrypt.Public(), NKey: public, Address: h.cfg.Address,
	}
	var last *office.SignedTrust
	b, err := h.settings.known("trust")
	if err != nil {
		return err
	}
	if b != nil {
		last = new(office.SignedTrust)
		if err := proof.Unmarshal(b, last); err != nil {
			return err
		}
	}
	h.Trust, err = federate.NewTrust(h.operator.Public(), last)
	return err
}

// authority loads the hub's certificate authority, or makes it on the first start.
func (h *Hub) authority() error {
	ctx := context.Background()
	cert, err := h.settings.known("ca-cert")
	if err != nil {
		return err
	}
	key, err := h.settings.known("ca-key")
	if err != nil {
		return err
	}
	if cert != nil && key != nil {
		h.ca, err = natschan.LoadCA(cert, key)
		h.roots = cert
		return err
	}
	now := time.Now()
	if h.ca, err = natschan.NewCA("tongban channel", now.Add(-time.Hour), now.AddDate(10, 0, 0)); err != nil {
		return err
	}
	if cert, key, err = h.ca.PEM(); err != nil {
		return err
	}
	h.roots = cert
	return errors.Join(h.settings.SetSetting(ctx, "ca-cert", cert), h.settings.SetSetting(ctx, "ca-key", key))
}

func (h *Hub) nkey() (seed []byte, public string, err error) {
	b, err := h.settings.known("nkey")
	if err != nil {
		return nil, "", err
	}
	var pair struct{ Seed, Public string }
	if b != nil {
		err = json.Unmarshal(b, &pair)
		return []byte(pair.Seed), pair.Public, err
	}
	if seed, public, err = natschan.NewNKey(); err != nil {
		return nil, "", err
	}
	pair.Seed, pair.Public = string(seed), public
	if b, err = json.Marshal(pair); err != nil {
		return nil, "", err
	}
	return seed, public, h.settings.SetSetting(context.Background(), "nkey", b)
}

// serve starts the channel's server with every node of the trust list, and the hub's own client on it. With addresses of
// an outside channel and nothing to listen at, only the client is started.
func (h *Hub) serve() error {
	client := natschan.Config{
		Me: office.Hub, Log: h.log,
		Receiver: func(ctx context.Context, m handover.Message) ([]byte, error) {
			switch m.Kind {
			case publish.Kind:
				return h.Rules.Receive(ctx, m.From, m.Body)
			case count.Kind:
				return h.Figures.Receive(ctx, m.From, m.Body)
			case dispute.Kind:
				return h.Contests.Receive(ctx, m.From, m.Body)
			}
			return nil, errs.New(errs.NotYours, "the hub takes no envelopes")
		},
	}
	var err error
	if client.Seed, _, err = h.nkey(); err != nil {
		return err
	}
	if h.cfg.Listen == "" && len(h.cfg.Channel) > 0 {
		client.URLs = h.cfg.Channel
		if client.TLS, err = h.MemberTLS(office.Hub); err != nil {
			return err
		}
	} else {
		if h.server, err = h.ownServer(); err != nil {
			return err
		}
		client.Server = h.server
	}
	h.channel, err = natschan.Connect(client)
	return err
}

func (h *Hub) ownServer() (*natschan.Server, error) {
	cfg := natschan.ServerConfig{Name: "hub", Listen: h.cfg.Listen, Log: h.log}
	var err error
	if cfg.Nodes, err = h.admitted(); err != nil {
		return nil, err
	}
	if h.cfg.Listen != "" {
		if cfg.TLS, err = h.serverTLS(); err != nil {
			return nil, err
		}
	}
	server, err := natschan.NewServer(cfg)
	if err == nil && len(h.cfg.Channel) == 0 && h.cfg.Listen != "" {
		h.cfg.Channel = []string{server.URL()}
	}
	return server, err
}

// Operator is the public key whose signature every trust list needs.
func (h *Hub) Operator() []byte { return h.operator.Public() }

// MemberTLS makes a certificate for a member that runs in this process and still reaches the channel over the network.
func (h *Hub) MemberTLS(id office.NodeID) (*natschan.TLS, error) {
	key, err := natschan.NewKey()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	der, err := h.ca.Issue(&key.PublicKey, natschan.Leaf{Name: string(id), From: now.Add(-time.Hour), Until: now.Add(certLife)})
	if err != nil {
		return nil, err
	}
	secret, err := natschan.KeyPEM(key)
	if err != nil {
		return nil, err
	}
	return natschan.LoadTLS(natschan.CertPEM(der), secret, h.roots)
}

// Server is the channel's server, for nodes in the same process.
func (h *Hub) Server() *natschan.Server { return h.server }

// Stop leaves the channel and ends its server.
func (h *Hub) Stop() {
	h.missed.stop()
	h.Rules.end()
	h.issuing()
	h.channel.Close()
	if h.server != nil {
		h.server.Close()
	}
}

// Handle serves the hub's machine interface: the trust list in force, the national layer's signature, and enrolment.
func (h *Hub) Handle(mux *http.ServeMux) {
	mux.HandleFunc("GET /trust.json", func(w http.ResponseWriter, r *http.Request) {
		s := h.Trust.Signed()
		if s == nil {
			answer(w, nil, errs.New(errs.Missing, "no trust list yet"))
			return
		}
		answer(w, federate.File{Operator: h.operator.Public(), Trust: *s}, nil)
	})
	mux.HandleFunc("GET /rules/national.json", h.national)
	mux.HandleFunc("POST /enrol", func(w http.ResponseWriter, r *http.Request) {
		var in Enrolment
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&in); err != nil {
			answer(w, nil, errs.Wrap(errs.BadRequest, err, "enrolment"))
			return
		}
		welcome, err := h.Enrol(r.Context(), in)
		answer(w, welcome, err)
	})
	mux.HandleFunc("POST /succeed", func(w http.ResponseWriter, r *http.Request) {
		var in Succeeding
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&in); err != nil {
			answer(w, nil, errs.Wrap(errs.BadRequest, err, "succession"))
			return
		}
		welcome, err := h.Succeed(r.Context(), in)
		answer(w, welcome, err)
	})
}

// Problem is an error as machines read it.
type Problem struct {
	Code uint32 `json:"code"`
	What string `json:"what"`
	Next string `json:"next"`
}

var statuses = map[errs.Kind]int{
	errs.Invalid: 400, errs.Unauthenticated: 401, errs.Forbidden: 403, errs.NotFound: 404, errs.Conflict: 409,
	errs.TooLarge: 413, errs.Unavailable: 503, errs.Exhausted: 507, errs.Corrupt: 500,
}

func answer(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		code := errs.CodeOf(err)
		status, ok := statuses[code.Kind()]
		if !ok {
			status = http.StatusInternalServerError
		}
		w.WriteHeader(status)
		text := code.Text("en")
		v = Problem{uint32(code), text.What, text.Next}
	}
	_ = json.NewEncoder(w).Encode(v) // an error means that the reader went away
}

// Folder keeps settings as files, written whole or not at all.
type Folder string

// Setting reads one; errs.Missing if it was never set.
func (f Folder) Setting(_ context.Context, name string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(string(f), name+".json")) //nolint:gosec // names are ours
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.Missing, "setting %s", name)
	}
	return b, err
}

// known is Setting with nil for one that was never set.
func (f Folder) known(name string) ([]byte, error) {
	b, err := f.Setting(context.Background(), name)
	if errs.Is(err, errs.Missing) {
		return nil, nil
	}
	return b, err
}

// SetSetting writes one durably.
func (f Folder) SetSetting(_ context.Context, name string, value []byte) error {
	path := filepath.Join(string(f), name+".json")
	tmp, err := os.CreateTemp(string(f), name)
	if err != nil {
		return err
	}
	if _, err := tmp.Write(value); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// serverTLS makes the channel server's certificate anew at each start: members trust the authority, not the leaf.
func (h *Hub) serverTLS() (*natschan.TLS, error) {
	host, _, err := net.SplitHostPort(h.cfg.Listen)
	if err != nil {
		return nil, errs.Wrap(errs.ChannelConfig, err, "%s", h.cfg.Listen)
	}
	key, err := natschan.NewKey()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	hosts := append([]string{host, "localhost", "127.0.0.1"}, h.cfg.Hosts...)
	der, err := h.ca.Issue(&key.PublicKey, natschan.Leaf{Name: "hub", Hosts: hosts, From: now.Add(-time.Hour), Until: now.Add(certLife)})
	if err != nil {
		return nil, err
	}
	secret, err := natschan.KeyPEM(key)
	if err != nil {
		return nil, err
	}
	return natschan.LoadTLS(natschan.CertPEM(der), secret, h.roots)
}
