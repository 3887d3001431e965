package cli

import (
	"context"
	"errors"
	"flag"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"tongban/internal/node"
)

// runGallery shows every page in every state with made-up data until SIGTERM or SIGINT.
func runGallery(ctx context.Context, e *env) int {
	fs := flag.NewFlagSet("gallery", flag.ContinueOnError)
	fs.SetOutput(e.Stderr)
	listen := fs.String("listen", "127.0.0.1:8090", "address to listen at")
	if err := fs.Parse(e.Args); err != nil || fs.NArg() > 0 {
		return exitUsage
	}
	site, states, err := node.Gallery(demoLog(e.Stderr)) //nolint:contextcheck // a component gets its context when it is shown
	if err != nil {
		return e.fail(err)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return e.fail(err)
	}
	e.line("gallery-ready", len(states), "http://"+l.Addr().String()+"/gallery")
	srv := &http.Server{Handler: site, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err = <-done:
	case <-ctx.Done():
		err = srv.Close()
	}
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return e.fail(err)
	}
	return exitYes
}
