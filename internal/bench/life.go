package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/handling/decide"
)

// steps are what is timed of a life, in order. A crossing is from the commit that posts an offer until its receipt is
// stored at the sender; closing is from the delivery until the deciding place knows and its receipt is stored.
var steps = []string{"take in", "hand over", "crossing there", "accept", "decide", "issue", "crossing back", "deliver", "closing"}

// life plays one case from the application until it is closed and settled on both sides.
func (p *pair) life(ctx context.Context, lap func(step int, d time.Duration)) (id string, _ error) {
	a, err := p.sample.application()
	if err != nil {
		return "", err
	}
	id = a.ID
	last, step := time.Now(), 0
	defer func() { p.here.post.forget(id); p.there.post.forget(id) }()
	for _, do := range []func() error{
		func() error { _, err := p.here.Lodge.TakeIn(ctx, p.here.window, a); return err },
		func() error { _, err := p.here.Post.HandOver(ctx, p.here.window, id, 0); return err },
		func() error {
			if err := p.there.post.until(ctx, mark{id: id, kind: exchange.Offer}); err != nil {
				return err
			}
			return p.here.post.until(ctx, mark{id: id, kind: exchange.Offer, receipt: true})
		},
		func() error { _, err := p.there.Bench.Accept(ctx, p.there.officer, decide.Ref{Case: id}); return err },
		func() error {
			_, err := p.there.Bench.Decide(ctx, p.there.officer, decide.Ref{Case: id}, casefile.Decision{Outcome: casefile.Granted})
			return err
		},
		func() error { _, err := p.there.Issuer.Issue(ctx, p.there.officer, id, 0); return err },
		func() error {
			if err := p.here.post.until(ctx, mark{id: id, kind: exchange.Notice, no: 1}, mark{id: id, kind: exchange.Offer}); err != nil {
				return err
			}
			return p.there.post.until(ctx, mark{id: id, kind: exchange.Notice, no: 1, receipt: true}, mark{id: id, kind: exchange.Offer, receipt: true})
		},
		func() error {
			_, err := p.here.Issuer.Deliver(ctx, p.here.window, id, 0, casefile.Delivery{Way: "counter", To: "applicant"})
			return err
		},
		func() error {
			if err := p.there.post.until(ctx, mark{id: id, kind: exchange.Notice}); err != nil {
				return err
			}
			return p.here.post.until(ctx, mark{id: id, kind: exchange.Notice, receipt: true})
		},
	} {
		if err := do(); err != nil {
			return id, fmt.Errorf("%s: %w", steps[step], err)
		}
		now := time.Now()
		lap(step, now.Sub(last))
		last, step = now, step+1
	}
	return id, nil
}

// proved makes sure that what was timed is what was meant: the case is closed on both sides, with its licence.
func (p *pair) proved(ctx context.Context, id string) error {
	for _, v := range []*province{p.here, p.there} {
		c, err := v.Store.Case(ctx, id)
		if err != nil {
			return err
		}
		if c.Status() != casefile.StatusDone || c.Closed.IsZero() || c.Licence == "" {
			return fmt.Errorf("case at %s: %s, closed %v, licence %q", v.ID, c.Status(), !c.Closed.IsZero(), c.Licence)
		}
	}
	return nil
}

// act is what is repeated: a whole life, or an exchange. It may tell of its steps.
type act func(ctx context.Context, lap func(step int, d time.Duration)) error

func (p *pair) whole(ctx context.Context, lap func(step int, d time.Duration)) error {
	_, err := p.life(ctx, lap)
	return err
}

// run is what a number of acts took.
type run struct {
	took  time.Duration
	lives *times   // from the moment that one was to begin
	steps []*times // by steps
}

func newRun(names []string) *run {
	r := &run{lives: &times{}}
	for range names {
		r.steps = append(r.steps, &times{})
	}
	return r
}

func (r *run) perSecond() float64 { return float64(r.lives.count()) / r.took.Seconds() }

// saturate keeps a number of acts in flight for a while: the most that the pair does. It begins to count when as many
// as are in flight have ended, so that the run is full from its first moment to its last; begin is
// called then, and end at the end.
func saturate(ctx context.Context, do act, names []string, clients int, during time.Duration, begin, end func()) (*run, error) {
	r := newRun(names)
	var counting, over atomic.Bool
	var warm, wg sync.WaitGroup
	var failed failure
	warm.Add(clients)
	for range clients {
		wg.Go(func() {
			ready := sync.OnceFunc(warm.Done)
			defer ready()
			for !over.Load() && !failed.is() {
				t := time.Now()
				err := do(ctx, func(step int, d time.Duration) {
					if counting.Load() && !over.Load() {
						r.steps[step].add(d)
					}
				})
				if err != nil {
					failed.set(err)
					return
				}
				if counting.Load() && !over.Load() {
					r.lives.add(time.Since(t))
				}
				ready()
			}
		})
	}
	warm.Wait()
	begun := time.Now()
	begin()
	counting.Store(true)
	for (time.Since(begun) < during || r.lives.count() == 0) && !failed.is() { // a short run on a busy machine lasts until one has ended
		time.Sleep(min(max(during-time.Since(begun), time.Millisecond), 50*time.Millisecond))
	}
	over.Store(true)
	r.took = time.Since(begun)
	end()
	wg.Wait()
	return r, failed.err()
}

// arrive begins an act every 1/rate seconds whatever becomes of those before, and counts each from the moment when it was
// to begin: a stall shows in every act that it keeps waiting (no co-ordinated omission).
func arrive(ctx context.Context, do act, names []string, rate float64, during time.Duration) (*run, error) {
	r, begun := newRun(names), time.Now()
	var wg sync.WaitGroup
	var failed failure
	for n := 0; ; n++ {
		due := begun.Add(time.Duration(float64(n) / rate * float64(time.Second)))
		if due.Sub(begun) >= during || failed.is() {
			break
		}
		time.Sleep(time.Until(due))
		wg.Go(func() {
			if err := do(ctx, func(step int, d time.Duration) { r.steps[step].add(d) }); err != nil {
				failed.set(err)
				return
			}
			r.lives.add(time.Since(due))
		})
	}
	wg.Wait()
	r.took = time.Since(begun)
	return r, failed.err()
}

// failure keeps the first error of many goroutines.
type failure struct {
	once sync.Once
	why  atomic.Pointer[error]
}

func (f *failure) set(err error) { f.once.Do(func() { f.why.Store(&err) }) }

func (f *failure) is() bool { return f.why.Load() != nil }

func (f *failure) err() error {
	if p := f.why.Load(); p != nil {
		return *p
	}
	return nil
}
