package bench

import (
	"context"
	"errors"
	"strings"
	"time"

	"tongban/internal/adapter/sqlstore/sqlload"
	"tongban/internal/domain/office"
)

// warmUp is how long the pair runs before it is measured; its cases are what a preload multiplies.
const warmUp = 2 * time.Second

// rawFor is how long the signatures alone are measured.
const rawFor = 2 * time.Second

func lifecycle(ctx context.Context, o Options, r *Result, say func(string, ...any)) (err error) {
	r.DB = "sqlite"
	if strings.HasPrefix(o.DSN, "postgres") {
		r.DB = "postgres"
	}
	sync, err := fsyncTime(o.Dir)
	if err != nil {
		return err
	}
	r.Fsync = ms(sync)
	say("fsync of 8 KiB: %.2f ms (median of 100, in the folder of the measurement)", r.Fsync)
	cpu := cpuTime()
	if r.LimitPerSecond, err = rawRate(rawFor, lifeWork); err != nil {
		return err
	}
	say("signatures and packets of one life cycle alone (%d signed, %d checked, %d packets): %.0f/s, %.2f ms CPU for each",
		lifeSigns, lifeChecks, lifeWraps, r.LimitPerSecond, ms(cpuTime()-cpu)/r.LimitPerSecond/rawFor.Seconds())

	p, err := freshPair(ctx, o, say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	say("durable: every commit is on disk before it is answered; every fact, paper, envelope and receipt signed (SM2); personal columns encrypted (SM4); log hashed")
	if _, err := saturate(ctx, p.whole, steps, min(o.Clients, 32), warmUp, func() {}, func() {}); err != nil {
		return err
	}
	if o.Preload > 0 {
		if err := p.preload(ctx, say); err != nil {
			return err
		}
		if _, err := saturate(ctx, p.whole, steps, min(o.Clients, 32), warmUp, func() {}, func() {}); err != nil {
			return err
		}
	}
	r.Preloaded = o.Preload

	var before, after usage
	profile := profiler{file: o.Profile}
	full, err := saturate(ctx, p.whole, steps, o.Clients, o.For, func() { before = p.usage(); profile.begin() }, func() { after = p.usage(); profile.end() })
	if err = errors.Join(err, profile.err); err != nil {
		return err
	}
	r.PerSecond = full.perSecond()
	each := time.Duration(max(1, full.lives.count()))
	say("\nsaturated, %d cases in flight, %.0f s:", o.Clients, o.For.Seconds())
	say("  %.0f life cycles/s; for each %.1f commits, %.2f ms CPU here and %.2f ms CPU of PostgreSQL", r.PerSecond,
		float64(after.commits-before.commits)/float64(each), ms((after.here-before.here)/each), ms((after.postgres-before.postgres)/each))
	tell(full, steps, say)

	rate := o.Rate
	if rate <= 0 {
		rate = max(1, r.PerSecond/2)
	}
	open, err := arrive(ctx, p.whole, steps, rate, o.For)
	if err != nil {
		return err
	}
	say("\narriving at %.0f/s whatever happens (open loop), %d s, counted from when each was to begin:", rate, int(o.For.Seconds()))
	tell(open, steps, say)
	q := open.lives.at(0.5, 0.95, 0.99)
	r.P50, r.P95, r.P99 = ms(q[0]), ms(q[1]), ms(q[2])
	return p.settled(ctx)
}

// freshPair is a pair on empty databases, whose conditions it says.
func freshPair(ctx context.Context, o Options, say func(string, ...any), more ...office.NodeID) (*pair, error) {
	p, err := newPair(ctx, o, more...)
	if err != nil {
		return nil, err
	}
	if err := sqlload.WithBackend(ctx, p.here.dsn, func(pid int) { p.database = serverOf(pid) }); err != nil {
		return nil, errors.Join(err, p.close())
	}
	conditions, err := sqlload.Conditions(ctx, p.here.dsn)
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	say("%s", conditions)
	return p, nil
}

// tell prints percentiles of whole acts and of each step.
func tell(r *run, names []string, say func(string, ...any)) {
	say("  %-16s %8s %8s %8s %8s ms (%d)", "", "p50", "p95", "p99", "max", r.lives.count())
	line := func(name string, t *times) {
		q := t.at(0.5, 0.95, 0.99, 1)
		say("  %-16s %8.1f %8.1f %8.1f %8.1f", name, ms(q[0]), ms(q[1]), ms(q[2]), ms(q[3]))
	}
	line("whole", r.lives)
	for i, t := range r.steps {
		line(names[i], t)
	}
}

// usage is what has been used so far.
type usage struct {
	commits        int64
	here, postgres time.Duration // CPU of this process and of PostgreSQL
}

func (p *pair) usage() usage {
	return usage{p.here.Store.Commits() + p.there.Store.Commits(), cpuTime(), postgresTime(p.database)}
}

// preload fills both stores with copies of the cases that were closed so far.
func (p *pair) preload(ctx context.Context, say func(string, ...any)) error {
	if err := p.settled(ctx); err != nil {
		return err
	}
	if err := p.stop(); err != nil {
		return err
	}
	begun := time.Now()
	for _, v := range []*province{p.here, p.there} {
		n, err := sqlload.Multiply(ctx, v.dsn, v.schema, p.opts.Preload/2)
		if err != nil {
			return err
		}
		say("%s preloaded with %d closed cases, %s on disk", v.schema, n.Cases, n.Size)
	}
	say("the loader took %.0f s", time.Since(begun).Seconds())
	return p.open(ctx)
}
