package cli

import (
	"context"
	"os/signal"
	"syscall"

	"tongban/internal/bench"
)

// runBench measures on this machine and prints every figure with its conditions. With -json the last line is a
// bench.Result.
func runBench(ctx context.Context, e *env) int {
	f := e.flags("bench")
	e.withJSON(f)
	var o bench.Options
	f.StringVar(&o.What, "what", "lifecycle", "lifecycle, exchange, pages, queue, boards, licence-issue or licence-verify")
	f.StringVar(&o.DSN, "db", "sqlite", "sqlite, or postgres://…: the schemas bench_23 and bench_63 are made anew there")
	f.IntVar(&o.Preload, "preload", 0, "closed cases that stand in the database beforehand, half of them at each node; of pages and queue: cases at the receiving node, 0 is 10,000; of exchange: cases that are asked for, 0 is 512")
	f.DurationVar(&o.For, "for", 0, "how long each of the two measurements takes; 0 is 20 s")
	f.Float64Var(&o.Rate, "rate", 0, "cases that arrive a second in the open loop; 0 is half of what was measured before")
	f.IntVar(&o.Clients, "clients", 0, "cases in flight at saturation; 0 is 128")
	f.StringVar(&o.Profile, "profile", "", "file for a CPU profile of the saturated measurement")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	r, err := bench.Run(ctx, o, e.Stdout)
	if err != nil {
		return e.fail(err)
	}
	if e.json {
		e.print(r)
	}
	return exitYes
}
