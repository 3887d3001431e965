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
	"sync"
	"time"

	"tongban/internal/adapter/natschan"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/office"
	"tongban/internal/face/api"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/node"
)

// openProvince starts a province: store, channel, wheel, and what it serves to machines and people.
func (e *env) openProvince(ctx context.Context, c config, log *slog.Logger) (http.Handler, func() error, error) {
	keys, err := gm.OpenKeys(c.path("keys"))
	if err != nil {
		return nil, nil, err
	}
	operator, trust, err := c.trust()
	if err != nil {
		return nil, nil, err
	}
	n, err := node.Open(ctx, node.Config{
		ID: c.ID, Dir: c.dir, Store: sqlstore.Options{Config: c.store()}, Keys: keys, Trust: trust, Log: log,
		Join: func(r handover.Receiver) (handover.Channel, func(), error) {
			client, err := c.connect(r, log)
			if err != nil {
				return nil, nil, err
			}
			return client, client.Close, nil
		},
	})
	if err != nil {
		return nil, nil, err
	}
	handler, err := province(c, n, operator, log)
	if err == nil {
		err = n.Start(context.WithoutCancel(ctx))
	}
	if err != nil {
		return nil, nil, errors.Join(err, n.Stop())
	}
	end := follow(c, n, log)
	return handler, func() error { end(); return n.Stop() }, nil
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
func province(c config, n *node.Node, operator []byte, log *slog.Logger) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		_, err := n.Store.TreeSize(r.Context())
		health(w, n.ID, err)
	})
	mux.HandleFunc("GET /trust.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(federate.File{Operator: operator, Trust: *n.Trust.Signed()}) //nolint:errcheck // the reader went away
	})
	tokens := make([]api.Token, len(c.Tokens))
	for i, t := range c.Tokens {
		if _, err := hex.Decode(tokens[i].SHA256[:], []byte(t.SHA256)); err != nil {
			return nil, errs.Wrap(errs.BadConfig, err, "token of %s", t.ID)
		}
		tokens[i].Officer = office.Officer{ID: t.ID, Name: t.Name, Office: t.Office, Roles: t.Roles}
	}
	mux.Handle("/api/v1/", api.New(api.Config{
		Kit: n.Kit, Store: n.Store, Files: n.Files, Lodge: n.Lodge, Bench: n.Bench, Issuer: n.Issuer, Post: n.Post,
		Tokens: tokens, Log: log,
	}))
	if c.Issuer == "" {
		return mux, nil
	}
	pages, err := n.Handler(node.WebConfig{
		PublicURL: c.URL, HubURL: c.Hub, Issuer: c.Issuer, ClientID: c.Client, Officers: c.register(),
		Entrances: addresses(n.Trust.List()), Owner: c.Owner, Log: log,
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/", pages)
	return mux, nil
}

// followEvery is how often a province asks the hub for a newer trust list; members also get each one pushed.
const followEvery = 5 * time.Minute

// follow fetches the trust list now and then, for a node that was away when one came into force. A hub that is down
// changes nothing: the last good list stays.
func follow(c config, n *node.Node, log *slog.Logger) (stop func()) {
	if c.Hub == "" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			f, err := askHub[federate.File](ctx, http.MethodGet, c.Hub+"/trust.json", nil)
			if err == nil {
				err = n.Trust.Install(ctx, f.Trust, n.Store)
			}
			if err != nil && !errs.Is(err, errs.TrustOutdated) && ctx.Err() == nil {
				log.LogAttrs(ctx, slog.LevelWarn, "trust list not fetched", slog.String("error", err.Error()))
			}
			select {
			case <-ctx.Done():
			case <-time.After(followEvery):
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}
