package cli

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"tongban/internal/adapter/gateway"
	"tongban/internal/adapter/natschan"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/adapter/workgate"
	"tongban/internal/domain/office"
	"tongban/internal/face/api"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/share"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// openProvince starts a province: store, channel, wheel, and what it serves to machines and people.
func (e *env) openProvince(ctx context.Context, c config, log *slog.Logger) (http.Handler, func() error, error) {
	sources, views, err := c.connected()
	if err != nil {
		return nil, nil, errors.Join(err, closeViews(views))
	}
	n, operator, reportKeys, err := openNode(ctx, c, log, sources)
	if err != nil {
		return nil, nil, errors.Join(err, closeViews(views))
	}
	handler, err := province(c, n, operator, reportKeys, log) //nolint:contextcheck // looking whether other provinces answer outlives any request
	if err == nil {
		err = n.Start(context.WithoutCancel(ctx))
	}
	if err != nil {
		return nil, nil, errors.Join(err, n.Stop(), closeViews(views))
	}
	end := follow(c, n, operator, log) //nolint:contextcheck // it ends by its own Close, not with this context
	return handler, func() error { end(); return errors.Join(n.Stop(), closeViews(views)) }, nil
}

// openNode wires a province as its configuration says; nothing runs yet. sources are departmental systems, nil for none.
func openNode(ctx context.Context, c config, log *slog.Logger, sources share.Source) (_ *node.Node, operator []byte, reportKeys [][]byte, err error) {
	keys, err := gm.OpenKeys(c.path("keys"))
	if err != nil {
		return nil, nil, nil, err
	}
	operator, trust, err := c.trust()
	if err != nil {
		return nil, nil, nil, err
	}
	gateways, reportKeys, err := c.gateways()
	if err != nil {
		return nil, nil, nil, err
	}
	systems, err := c.workgates()
	if err != nil {
		return nil, nil, nil, err
	}
	n, err := node.Open(ctx, node.Config{
		Gateways: gateways, Pay: c.pay(), Systems: systems, Source: sources,
		ID: c.ID, Dir: c.dir, Store: sqlstore.Options{Config: c.store()}, Keys: keys, Trust: trust, Log: log,
		Join: func(r handover.Receiver) (handover.Channel, func(), error) { //nolint:contextcheck // it ends by its own Close, not with this context
			client, err := c.connect(r, log)
			if err != nil {
				return nil, nil, err
			}
			return client, client.Close, nil
		},
	})
	return n, operator, reportKeys, err
}

// trust is the list that enrolment brought, and the operator's key that every later one needs.
func (c config) trust() (operator []byte, _ *federate.Trust, err error) {
	b, err := readSmall(c.path(trustFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, errs.New(errs.NotEnrolled, "%s", c.ID)
	}
	if err != nil {
		return nil, nil, err
	}
	var f federate.File
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, nil, errs.Wrap(errs.BadTrustList, err, trustFile)
	}
	t, err := federate.NewTrust(f.Operator, &f.Trust)
	return f.Operator, t, err
}

// connect joins the channel with the certificate and the addresses that enrolment brought.
func (c config) connect(r handover.Receiver, log *slog.Logger) (*natschan.Client, error) {
	cert, err1 := os.ReadFile(c.path(certFile))
	roots, err2 := os.ReadFile(c.path(rootsFile))
	seed, err3 := os.ReadFile(c.path(seedFile))
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, errs.Wrap(errs.NotEnrolled, err, "%s", c.ID)
	}
	tls, err := c.tls(cert, roots)
	if err != nil {
		return nil, err
	}
	urls := c.Channel
	if len(urls) == 0 {
		b, err := os.ReadFile(c.path(channelFile))
		if err != nil {
			return nil, errs.Wrap(errs.NotEnrolled, err, "%s", c.ID)
		}
		if err := json.Unmarshal(b, &urls); err != nil {
			return nil, errs.Wrap(errs.BadConfig, err, channelFile)
		}
	}
	return natschan.Connect(natschan.Config{Me: c.ID, Seed: seed, URLs: urls, TLS: tls, Receiver: r, Log: log})
}

// province is all that a province serves.
func province(c config, n *node.Node, operator []byte, reportKeys [][]byte, log *slog.Logger) (http.Handler, error) {
	mux := http.NewServeMux()
	if len(reportKeys) > 0 {
		mux.Handle("POST /notices/reports", open(n, gateway.Reports(reportKeys, time.Now, n.Room.Report)))
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		_, err := n.Store.TreeSize(r.Context())
		health(w, n.ID, errors.Join(err, n.Collecting()))
	})
	mux.HandleFunc("GET /trust.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(federate.File{Operator: operator, Trust: *n.Trust.Signed()}) // the reader may be gone
	})
	if len(c.Systems) > 0 {
		mux.Handle(workgate.Prefix, n.SystemsDoor())
	}
	tokens := make([]api.Token, len(c.Tokens))
	for i, t := range c.Tokens {
		if _, err := hex.Decode(tokens[i].SHA256[:], []byte(t.SHA256)); err != nil {
			return nil, errs.Wrap(errs.BadConfig, err, "token of %s", t.ID)
		}
		tokens[i].Officer = t.register()
	}
	mux.Handle("/api/v1/", open(n, api.New(api.Config{
		Kit: n.Kit, Store: n.Store, Files: n.Files, Lodge: n.Lodge, Bench: n.Bench, Issuer: n.Issuer, Post: n.Post,
		Tokens: tokens, Log: log,
	})))
	if c.Issuer == "" {
		return mux, nil
	}
	pages, err := n.Handler(node.WebConfig{
		Reach:     http.DefaultClient,
		PublicURL: c.URL, HubURL: c.Hub, Issuer: c.Issuer, ClientID: c.Client, Officers: c.register(),
		Entrances: addresses(n.Trust.List()), Owner: c.Owner, Log: log, Bank: c.bank(),
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/", pages)
	return mux, nil
}

// open answers machines with 503 while a restored node collects.
func open(n *node.Node, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := n.Collecting(); err != nil {
			w.Header().Set("Retry-After", "60")
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// followEvery is how often a province asks the hub for a newer trust list; members also get each one pushed. keepEvery is
// how often it looks whether there is one to write into its folder.
const (
	followEvery = 5 * time.Minute
	keepEvery   = time.Second
)

// follow fetches the trust list now and then, for a node that was away when one came into force, and keeps the list in
// force in the node's folder, for the next start and for `tongban verify`. A hub that is down changes nothing: the last
// good list stays.
func follow(c config, n *node.Node, operator []byte, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	warn := func(step string, err error) {
		if err != nil && ctx.Err() == nil {
			log.LogAttrs(ctx, slog.LevelWarn, "trust list", slog.String("step", step), slog.String("error", err.Error()))
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		kept := 0
		each(ctx, keepEvery, func() {
			if v := n.Trust.List().Version; v != kept {
				err := c.keepTrust(operator, *n.Trust.Signed())
				warn("keep", err)
				if err == nil {
					kept = v
				}
			}
		})
	})
	if c.Hub != "" {
		wg.Go(func() {
			each(ctx, followEvery, func() {
				f, err := askHub[federate.File](ctx, http.MethodGet, c.Hub+"/trust.json", nil)
				if err == nil {
					err = n.Trust.Install(ctx, f.Trust, n.Store)
				}
				if !errs.Is(err, errs.TrustOutdated) {
					warn("fetch", err)
				}
			})
		})
	}
	return func() { cancel(); wg.Wait() }
}

// each runs do at once and then again and again until ctx ends.
func each(ctx context.Context, pause time.Duration, do func()) {
	for ctx.Err() == nil {
		do()
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// keepTrust writes the trust list whole or not at all.
func (c config) keepTrust(operator []byte, s office.SignedTrust) error {
	b, err := proof.Marshal(federate.File{Operator: operator, Trust: s})
	if err != nil {
		return err
	}
	return writeWhole(c.path(trustFile), b)
}

// writeWhole replaces a file in one step, so that a crash leaves the old one or the new one.
func writeWhole(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// pay is the payment gateway of the configuration, nil if there is none.
func (c config) pay() *node.Pay {
	if c.PayURL == "" {
		return nil
	}
	key, err := hex.DecodeString(c.PayKey)
	if err != nil { // check has read it
		return nil
	}
	return &node.Pay{URL: c.PayURL, Key: key, Home: c.URL}
}

// bank is the origin of the pages on which people pay.
func (c config) bank() string {
	if c.PayPage != "" {
		return c.PayPage
	}
	return c.PayURL
}
