package cli

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"tongban/internal/hub"
	"tongban/internal/kernel/errs"
)

// runChannel runs one server of an outside channel from the hub's folder until SIGTERM or SIGINT. It admits members that
// join meanwhile by itself, and at once on SIGHUP.
func runChannel(ctx context.Context, e *env) int {
	f := e.flags("channel")
	data := f.String("data", "", "the hub's folder, shared by all servers of the channel")
	listen := f.String("listen", "", "host:port at which members reach this server")
	name := f.String("name", "", "name of this server, unique among them; empty is the address it listens at")
	hosts := f.String("hosts", "", "further names under which members reach this server, separated by commas, for its certificate")
	peers := f.String("peers", "", "host:port at which the other servers reach this one; empty: it is the only one")
	routes := f.String("routes", "", "host:port of the other servers, separated by commas")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	if *data == "" || *listen == "" {
		return e.fail(errs.New(errs.BadRequest, "-data and -listen are needed"))
	}
	if *routes != "" && *peers == "" {
		return e.fail(errs.New(errs.BadRequest, "-routes needs -peers"))
	}
	if _, err := os.Stat(filepath.Join(*data, "keys")); err != nil {
		return e.fail(err)
	}
	if *name == "" {
		*name = strings.NewReplacer(":", "-", ".", "-", "[", "", "]", "").Replace(*listen)
	}
	log := slog.New(slog.NewJSONHandler(e.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGHUP)
	defer signal.Stop(again)
	s, err := hub.Serve(hub.ServerConfig{ //nolint:contextcheck // files of the hub's folder are read at once
		Dir: *data, Name: *name, Listen: *listen, Hosts: list(*hosts), Peers: *peers, Routes: list(*routes), Log: log,
	})
	if err != nil {
		return e.fail(err)
	}
	defer s.Close()
	e.line("ready", s.URL())
	admit(ctx, s, filepath.Join(*data, trustFile), again, log)
	return exitYes
}

// admit takes over the members of the folder's trust list whenever it changed or somebody asks, until ctx ends. A list that
// cannot be read changes nothing.
func admit(ctx context.Context, s *hub.Server, list string, again <-chan os.Signal, log *slog.Logger) {
	look := time.NewTicker(keepEvery)
	defer look.Stop()
	var seen time.Time
	for {
		changed := true
		select {
		case <-ctx.Done():
			return
		case <-again:
		case <-look.C:
			info, err := os.Stat(list)
			if changed = err == nil && !info.ModTime().Equal(seen); changed {
				seen = info.ModTime()
			}
		}
		if !changed {
			continue
		}
		if err := s.Reload(); err != nil { //nolint:contextcheck // as above
			log.LogAttrs(ctx, slog.LevelWarn, "members", slog.String("error", err.Error()))
		}
	}
}

// list is what a flag names, separated by commas.
func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
