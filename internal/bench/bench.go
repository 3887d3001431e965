// Package bench measures: whole cross-province life cycles between two real nodes, durable, with signatures, encryption
// at rest and the log; questions that one node asks another for its cases; the pages of a nation as people read them over HTTP; and the raw functions below. Every figure is printed with its conditions, and beside it the
// rate that the signatures alone would allow on the same machine in the same run.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"tongban/internal/kernel/errs"
)

// Options say what is measured. Zero values are usable.
type Options struct {
	What    string        // "lifecycle" (default), "exchange", "pages", "queue", "boards", "licence-issue", "licence-verify"
	DSN     string        // "sqlite" (default) or postgres://…; the schemas bench_23 and bench_63 are made anew
	Dir     string        // on the disk to measure; "" is a temporary folder below the working directory
	Preload int           // closed cases that both nodes hold before the measurement; of pages and queue: cases of the receiving one, 0 is 10,000; of exchange: cases that are asked for, 0 is 512
	For     time.Duration // of each of the two measurements; 0 is 20 s
	Rate    float64       // arrivals a second of the open loop; 0 is half of the capacity
	Profile string        // file for a CPU profile of the saturated measurement; "" is none
	Writers int           // write connections of each node; 0 is the default of the store
	Clients int           // cases in flight at saturation; 0 is 128
}

// Result is the last line of `tongban bench -json`.
type Result struct {
	What           string  `json:"what"`
	PerSecond      float64 `json:"per_second"`
	P50            float64 `json:"p50_ms"`
	P95            float64 `json:"p95_ms"`
	P99            float64 `json:"p99_ms"`
	LimitPerSecond float64 `json:"limit_per_second"`
	DB             string  `json:"db"`
	Preloaded      int     `json:"preloaded"`
	Cores          int     `json:"cores"`
	Fsync          float64 `json:"fsync_ms"`
}

// collect is the GOGC of a measurement where none is set: the heap of two nodes under load is some tens of megabytes, and
// Go's default would spend a tenth of the machine on keeping it that small.
const collect = 400

// Run measures and writes what it finds, for people, to out.
func Run(ctx context.Context, o Options, out io.Writer) (_ Result, err error) {
	if o.What == "" {
		o.What = "lifecycle"
	}
	if o.DSN == "" {
		o.DSN = "sqlite"
	}
	if o.For <= 0 {
		o.For = 20 * time.Second
	}
	if o.Clients <= 0 {
		o.Clients = 128
	}
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp(".", ".bench-*"); err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Dir)) }()
	}
	r := Result{What: o.What, Cores: runtime.GOMAXPROCS(0), DB: "none"}
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) } // what cannot be shown is in the result
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(collect))
	}
	say("%s, %d cores in use, %s, GOGC %s", cpuModel(), r.Cores, runtime.Version(), cmp.Or(os.Getenv("GOGC"), strconv.Itoa(collect)))
	switch o.What {
	case "lifecycle":
		return r, lifecycle(ctx, o, &r, say)
	case "exchange":
		return r, exchanges(ctx, o, &r, say)
	case "pages":
		return r, pages(ctx, o, &r, say)
	case "queue":
		return r, queue(ctx, o, &r, say)
	case "boards":
		return r, boards(ctx, o, &r, say)
	case "licence-issue", "licence-verify":
		return r, licences(ctx, o, &r, say)
	}
	return r, errs.New(errs.BadRequest, "nothing to measure is called %q", o.What)
}
