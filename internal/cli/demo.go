package cli

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"tongban/internal/kernel/workday"
	"tongban/internal/nation"
)

// demoDir is where a demonstration stands unless -data names another folder.
const demoDir = ".tongban"

// runDemo runs the whole nation in one process until SIGTERM or SIGINT.
func runDemo(ctx context.Context, e *env) int {
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	fs.SetOutput(e.Stderr)
	data := fs.String("data", "", "folder of an earlier demonstration to go on with; empty starts afresh in "+demoDir)
	db := fs.String("db", "", "postgres://… puts every node into a schema of its own; empty is SQLite")
	channel := fs.String("channel", "", "nats://…[,…] of an outside cluster; empty is the server inside the hub")
	today := fs.String("today", "", "business date to start at, YYYY-MM-DD; empty is today")
	host := fs.String("host", "localhost", "name under which browsers reach the demonstration, with a wildcard below it")
	listen := fs.String("listen", "127.0.0.1:8080", "address to listen at")
	if err := fs.Parse(e.Args); err != nil || fs.NArg() > 0 {
		return exitUsage
	}
	cfg := nation.Config{Dir: *data, DB: *db, Listen: *listen, Host: *host, Log: demoLog(e.Stderr)}
	if *channel != "" {
		cfg.Channel = strings.Split(*channel, ",")
	}
	if *today != "" {
		day, err := workday.ParseDate(*today)
		if err != nil {
			return e.fail(err)
		}
		cfg.Today = day
	}
	if cfg.Dir == "" {
		cfg.Dir = demoDir
		if err := nation.Fresh(cfg.Dir); err != nil {
			return e.fail(err)
		}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	n, err := nation.Open(ctx, cfg)
	if err != nil {
		return e.fail(err)
	}
	if err := n.Welcome(e.Stdout); err != nil {
		return e.fail(errors.Join(err, n.Stop()))
	}
	<-ctx.Done()
	if err := n.Stop(); err != nil {
		return e.fail(err)
	}
	return 0
}

// demoLog shows what needs a person; everything else would bury the address.
func demoLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
