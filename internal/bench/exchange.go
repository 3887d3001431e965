package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/handling/share"
)

const (
	// askedCases is how many cases are asked for, one after the other, where -preload says nothing.
	askedCases = 512
	// bystander is a third province: two others have to sign the head of the log that proves a case.
	bystander office.NodeID = "35"
)

// exchanges measures questions that one province puts to another for the cases it holds: an officer's press at the asking node to
// the stored answer. The provider is the place where the cases were lodged, so two nodes do all the work; a third one signs their log heads.
func exchanges(ctx context.Context, o Options, r *Result, say func(string, ...any)) (err error) {
	r.DB = "sqlite"
	if strings.HasPrefix(o.DSN, "postgres") {
		r.DB = "postgres"
	}
	took, err := fsyncTime(o.Dir)
	if err != nil {
		return err
	}
	r.Fsync = ms(took)
	say("fsync of 8 KiB: %.2f ms (median of 100, in the folder of the measurement)", r.Fsync)
	p, err := freshPair(ctx, o, say, bystander)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	r.Preloaded = cmp.Or(o.Preload, askedCases)
	list, err := p.askable(ctx, r.Preloaded)
	if err != nil {
		return err
	}
	size, err := p.questionSize(ctx, list[0])
	if err != nil {
		return err
	}
	if r.LimitPerSecond, err = rawExchange(ctx, min(rawFor, o.For), size, say); err != nil {
		return err
	}
	say("durable: entry and answer are on disk before an answer leaves; case, agreement, rule and consent are checked by the provider for each; answers are kept encrypted by the asker")

	first, err := p.firstTime(ctx, list, min(o.Clients, 32))
	if err != nil {
		return err
	}
	say("\nthe first question of each of %d cases, for which the coordinator is asked how the case stands as well: %.0f/s", len(list), first.perSecond())
	tell(first, nil, say)

	inclusion := p.watchTree(ctx)
	var turn atomic.Int64
	ask := func(ctx context.Context, _ func(int, time.Duration)) error {
		return p.exchange(ctx, list[int(turn.Add(1))%len(list)], inclusion)
	}
	var before, after usage
	profile := profiler{file: o.Profile}
	full, err := saturate(ctx, ask, nil, o.Clients, o.For, func() { before = p.usage(); profile.begin() }, func() { after = p.usage(); profile.end() })
	if err = errors.Join(err, profile.err); err != nil {
		return errors.Join(err, inclusion.stop(ctx))
	}
	r.PerSecond = full.perSecond()
	each := time.Duration(max(1, full.lives.count()))
	say("\nsaturated, %d questions in flight, %.0f s:", o.Clients, o.For.Seconds())
	say("  %.0f exchanges/s; for each %.2f commits, %.2f ms CPU here and %.2f ms CPU of PostgreSQL", r.PerSecond,
		float64(after.commits-before.commits)/float64(each), ms((after.here-before.here)/each), ms((after.postgres-before.postgres)/each))
	tell(full, nil, say)

	rate := o.Rate
	if rate <= 0 {
		rate = max(1, r.PerSecond/2)
	}
	inclusion.times = &times{}
	open, err := arrive(ctx, ask, nil, rate, o.For)
	if err = errors.Join(err, inclusion.stop(ctx)); err != nil {
		return err
	}
	say("\narriving at %.0f/s whatever happens (open loop), %.0f s, counted from when each was to begin:", rate, o.For.Seconds())
	tell(open, nil, say)
	q := open.lives.at(0.5, 0.95, 0.99)
	r.P50, r.P95, r.P99 = ms(q[0]), ms(q[1]), ms(q[2])
	q = inclusion.times.at(0.5, 0.99, 1)
	say("  entries stand in the provider's tree, under a signed head, after p50 %.0f  p99 %.0f  max %.0f ms (%d)", ms(q[0]), ms(q[1]), ms(q[2]), inclusion.times.count())
	return nil
}

// exchange puts the question about a case and makes sure that what came is what was to come.
func (p *pair) exchange(ctx context.Context, a askable, w *treeWatch) error {
	got, err := p.there.Data.Ask(ctx, p.there.officer, a.id, a.want())
	if err != nil {
		return err
	}
	if got.Values["name"] != a.name || !got.Checks["number"] || len(got.Entry) == 0 {
		return fmt.Errorf("%d values and %d checks about case %s", len(got.Values), len(got.Checks), a.id)
	}
	if w != nil {
		w.promised(got.Entry, got.At)
	}
	return nil
}

// firstTime asks for each case once.
func (p *pair) firstTime(ctx context.Context, list []askable, clients int) (*run, error) {
	r, begun := newRun(nil), time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	var failed failure
	for range clients {
		wg.Go(func() {
			for !failed.is() {
				n := int(next.Add(1)) - 1
				if n >= len(list) {
					return
				}
				t := time.Now()
				if err := p.exchange(ctx, list[n], nil); err != nil {
					failed.set(err)
					return
				}
				r.lives.add(time.Since(t))
			}
		})
	}
	wg.Wait()
	r.took = time.Since(begun)
	return r, failed.err()
}

// want is what is asked for: one value, and whether another is right.
func (a askable) want() share.Want {
	return share.Want{Provider: receiving, Resource: resourceKey, Fields: []string{"name"}, Checks: map[string]string{"number": a.number}}
}

// treeWatch measures how long the entries that answers promise take to stand in the provider's tree.
type treeWatch struct {
	p     *pair
	times *times
	end   func() error

	mu    sync.Mutex // guards both
	due   map[string]time.Time
	sizes []treeSize
}

type treeSize struct {
	at   time.Time
	size int64
}

// watchTree notes how the tree of the provider grows, until it is stopped.
func (p *pair) watchTree(ctx context.Context) *treeWatch {
	w := &treeWatch{p: p, times: &times{}, due: map[string]time.Time{}}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		var last int64
		for ctx.Err() == nil {
			size, err := p.here.Store.TreeSize(ctx)
			if err != nil && ctx.Err() == nil {
				done <- err
				return
			}
			if size > last {
				w.mu.Lock()
				w.sizes = append(w.sizes, treeSize{time.Now(), size})
				w.mu.Unlock()
				last = size
			}
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
		done <- nil
	}()
	w.end = func() error { cancel(); return <-done }
	return w
}

// promised notes an entry that an answer promises, and when it was made.
func (w *treeWatch) promised(leaf []byte, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due[string(leaf)] = at
}

// stop waits until the whole log is in the tree and finds each promised entry there: one that is missing is an error.
func (w *treeWatch) stop(ctx context.Context) error {
	if err := errors.Join(w.p.settled(ctx), w.end()); err != nil {
		return err
	}
	w.sizes = append(w.sizes, treeSize{time.Now(), 1 << 62})
	n := 0
	if err := w.p.here.Store.LogFrom(ctx, 0, func(idx int64, leaf []byte) error {
		at, ok := w.due[string(accesslog.LeafHash(leaf))]
		if !ok {
			return nil
		}
		delete(w.due, string(accesslog.LeafHash(leaf)))
		for w.sizes[n].size <= idx {
			n++
		}
		w.times.add(w.sizes[n].at.Sub(at))
		return nil
	}); err != nil {
		return err
	}
	if len(w.due) > 0 {
		return fmt.Errorf("%d promised entries do not stand in the log", len(w.due))
	}
	return nil
}
