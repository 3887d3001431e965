package cli

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"tongban/catalogue"
	"tongban/internal/domain/office"
	"tongban/internal/face/board"
	"tongban/internal/face/entrance"
	"tongban/internal/hub"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
)

// collect is the GOGC of a served node where none is set. Its live heap is some tens of megabytes, so collecting less
// often costs little memory and saves a tenth of the work (docs/PERFORMANCE.md).
const collect = 400

// runServe runs one node, the hub or a province, until SIGTERM or SIGINT.
func runServe(ctx context.Context, e *env) int {
	f := e.flags("serve")
	path := f.String("config", configFile, "configuration, or the folder that holds it")
	listen := f.String("listen", "", "address to answer HTTP at instead of the configured one, for a replica")
	verbose := f.Bool("v", false, "log more")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	c, err := readConfig(*path)
	if err != nil {
		return e.fail(err)
	}
	if e.Getenv("GOGC") == "" {
		debug.SetGCPercent(collect)
	}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewJSONHandler(e.Stderr, &slog.HandlerOptions{Level: level}))
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	shown := c.URL
	if *listen != "" {
		c.Listen, shown = *listen, ""
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return e.fail(errs.Wrap(errs.BadConfig, err, "listen"))
	}
	if _, port, err := net.SplitHostPort(c.Listen); shown == "" || err == nil && port == "0" {
		shown = "http://" + l.Addr().String()
	}
	if c.URL == "" {
		c.URL = shown
	}
	open := e.openProvince
	if c.ID == office.Hub {
		open = e.openHub
	}
	handler, end, err := open(ctx, c, log)
	if err != nil {
		return e.fail(errors.Join(err, l.Close()))
	}
	err = serveUntil(ctx, l, handler, func() { e.line("ready", shown) })
	if err := errors.Join(err, end()); err != nil {
		return e.fail(err)
	}
	return exitYes
}

// shutdown bounds how long requests under way may take after the signal.
const shutdown = 10 * time.Second

// serveUntil answers HTTP until ctx ends, and then lets what is under way finish.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler, ready func()) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	ready()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), shutdown)
	defer stop()
	err := s.Shutdown(ctx)
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// opener starts a node's parts and gives what it serves and how it ends.
type opener func(ctx context.Context, c config, log *slog.Logger) (http.Handler, func() error, error)

var _ opener = (*env)(nil).openHub

// openHub starts the hub: channel server, trust list, enrolment and front page.
func (e *env) openHub(_ context.Context, c config, log *slog.Logger) (http.Handler, func() error, error) {
	keys, err := gm.OpenKeys(c.path("keys"))
	if err != nil {
		return nil, nil, err
	}
	h, err := hub.Open(hub.Config{ //nolint:contextcheck // it ends by its own Close, not with this context
		Dir: c.dir, Keys: keys, Listen: c.ChannelListen, Channel: c.Channel, Hosts: c.ChannelHosts,
		Name: texts()["hub-name"].Zh, NameEn: texts()["hub-name"].En, Address: c.URL, Log: log,
	})
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	h.Handle(mux)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { health(w, office.Hub, nil) })
	front, err := hubPages(c, h, log)
	if err != nil {
		h.Stop() //nolint:contextcheck // it ends by its own Close, not with this context
		return nil, nil, err
	}
	mux.Handle("/", front)
	return mux, func() error { h.Stop(); return nil }, nil //nolint:contextcheck // it ends by its own Close, not with this context
}

// hubPages is the hub's entrance. It is made again when the trust list changes, because it leads to the members.
func hubPages(c config, h *hub.Hub, log *slog.Logger) (http.Handler, error) {
	regions, err := region.Default()
	if err != nil {
		return nil, err
	}
	offices, err := office.Load(catalogue.FS)
	if err != nil {
		return nil, err
	}
	var (
		mu      sync.Mutex // guards site and version
		site    http.Handler
		version = -1
	)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if list := h.Trust.List(); list.Version != version {
			version = list.Version
			pages := entrance.NewHub(entrance.Public{
				Catalogue: h.Rules.Kit.Catalogue, Regions: regions, Offices: offices, Trust: h.Trust.List, Now: time.Now,
				Entrances: addresses(list), PublicURL: c.URL, HubURL: c.URL, Owner: c.Owner, Log: log, OnMiss: h.OnMiss, Apply: true, Figures: true, Reach: entrance.NewReach(http.DefaultClient),
			})
			board.New(h.Board(pages.Frame, regions)).Register(pages)
			site = pages
		}
		s := site
		mu.Unlock()
		s.ServeHTTP(w, r)
	}), nil
}

func addresses(list *office.TrustList) map[office.NodeID]string {
	out := map[office.NodeID]string{}
	for _, n := range list.Nodes {
		if n.ID.Member() {
			out[n.ID] = n.Address
		}
	}
	return out
}

// health answers a load balancer: 200 while the node can do its work, 503 otherwise.
func health(w http.ResponseWriter, id office.NodeID, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"node": id, "ok": err == nil}) // the reader may be gone
}
