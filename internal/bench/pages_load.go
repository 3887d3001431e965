package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// road is one kept-alive connection of a reader. It speaks plain HTTP/1.1 itself: net/http's client costs as much as a page.
type road struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
	etag string // of the last answer
}

// answerWithin is how long a reader waits before the measurement fails.
const answerWithin = 30 * time.Second

// get asks for a page and reads it to its end.
func (c *road) get(host, path, cookie, more string) (status, size int, err error) {
	c.out = append(c.out[:0], "GET "...)
	c.out = append(c.out, path...)
	c.out = append(c.out, " HTTP/1.1\r\nHost: "...)
	c.out = append(c.out, host...)
	c.out = append(c.out, "\r\nAccept-Encoding: gzip\r\nAccept-Language: zh-CN\r\n"...)
	if cookie != "" {
		c.out = append(c.out, "Cookie: "...)
		c.out = append(c.out, cookie...)
		c.out = append(c.out, '\r', '\n')
	}
	c.out = append(c.out, more...)
	c.out = append(c.out, '\r', '\n')
	if err := c.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return 0, 0, err
	}
	if _, err := c.conn.Write(c.out); err != nil {
		return 0, 0, err
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, 0, err
	}
	n, err := io.Copy(io.Discard, resp.Body)
	c.etag = resp.Header.Get("ETag")
	return resp.StatusCode, int(n), errors.Join(err, resp.Body.Close())
}

// page is get for a page that must be there.
func (c *road) page(host, path, cookie string) error {
	status, size, err := c.get(host, path, cookie, "")
	switch {
	case err != nil:
		return fmt.Errorf("%s%s: %w", host, path, err)
	case status != http.StatusOK || size < 1000:
		return fmt.Errorf("%s%s answered %d with %d bytes", host, path, status, size)
	}
	return nil
}

// pool keeps connections that nobody uses. Safe for concurrent use.
type pool struct {
	mu   sync.Mutex // guards free
	free []*road
}

// most is how many connections an open loop may need before the measurement gives up.
const mostRoads = 4000

func (p *pool) take(ctx context.Context, address string) (*road, error) {
	p.mu.Lock()
	if n := len(p.free); n > 0 {
		c := p.free[n-1]
		p.free = p.free[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &road{conn: conn, in: bufio.NewReaderSize(conn, 16<<10)}, nil
}

func (p *pool) give(c *road) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, c)
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.free {
		_ = c.conn.Close() // the other end goes next
	}
	p.free = nil
}

// visit is one page of a kind over a free connection.
func (s *street) visit(ctx context.Context, kind int) error {
	c, err := s.roads.take(ctx, s.address)
	if err != nil {
		return err
	}
	host, path, cookie := s.one(kind)
	if err := c.page(host, path, cookie); err != nil {
		return errors.Join(err, c.conn.Close())
	}
	s.roads.give(c)
	return nil
}

// alone measures the least that HTTP and the readers cost, and then each kind of page by itself. It gives how many answers a
// second the machine could give at most.
func (s *street) alone(ctx context.Context, say func(string, ...any)) (float64, error) {
	c, err := s.roads.take(ctx, s.address)
	if err != nil {
		return 0, err
	}
	if err := c.page(s.hub, "/privacy", ""); err != nil {
		return 0, err
	}
	same := "If-None-Match: " + c.etag + "\r\n"
	s.roads.give(c)
	limit, cpu, _, err := s.repeat(ctx, func() error {
		c, err := s.roads.take(ctx, s.address)
		if err != nil {
			return err
		}
		status, _, err := c.get(s.hub, "/privacy", "", same)
		if err == nil && status != http.StatusNotModified {
			err = fmt.Errorf("a page that the reader has already was answered %d", status)
		}
		if err != nil {
			return errors.Join(err, c.conn.Close())
		}
		s.roads.give(c)
		return nil
	})
	if err != nil {
		return 0, err
	}
	say("\neach by itself, 8 connections, %.0f s:", aloneFor.Seconds())
	say("  %-24s %7.0f/s, %.3f ms CPU here", "HTTP and readers (304)", limit, cpu)
	for kind, name := range pageNames {
		rate, cpu, postgres, err := s.repeat(ctx, func() error { return s.visit(ctx, kind) })
		if err != nil {
			return 0, err
		}
		say("  %-24s %7.0f/s, %.3f ms CPU here, %.3f ms of PostgreSQL", name, rate, cpu, postgres)
	}
	return limit, nil
}

// repeat does one thing over 8 connections and gives the rate and what each cost, in ms.
func (s *street) repeat(ctx context.Context, do func() error) (rate, here, postgres float64, _ error) {
	var n atomic.Int64
	var wg sync.WaitGroup
	var failed failure
	before, begun := s.usage(), time.Now()
	for range 8 {
		wg.Go(func() {
			for time.Since(begun) < aloneFor && !failed.is() && ctx.Err() == nil {
				if err := do(); err != nil {
					failed.set(err)
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	after, took, each := s.usage(), time.Since(begun), float64(max(1, n.Load()))
	return each / took.Seconds(), ms(after.here-before.here) / each, ms(after.postgres-before.postgres) / each, failed.err()
}

// tally is what a number of pages took.
type tally struct {
	took time.Duration
	all  *times // from the moment that a page was to be asked for
	kind [pageKinds]*times
}

func newTally() *tally {
	t := &tally{all: &times{}}
	for i := range t.kind {
		t.kind[i] = &times{}
	}
	return t
}

func (t *tally) perSecond() float64 { return float64(t.all.count()) / t.took.Seconds() }

func (t *tally) add(kind int, d time.Duration) {
	t.all.add(d)
	t.kind[kind].add(d)
}

func (t *tally) tell(say func(string, ...any)) {
	say("  %-16s %8s %8s %8s %8s ms", "", "p50", "p95", "p99", "max")
	line := func(name string, t *times) {
		q := t.at(0.5, 0.95, 0.99, 1)
		say("  %-16s %8.1f %8.1f %8.1f %8.1f (%d)", name, ms(q[0]), ms(q[1]), ms(q[2]), ms(q[3]), t.count())
	}
	line("all pages", t.all)
	for i, k := range t.kind {
		line(pageNames[i], k)
	}
}

// saturate keeps a number of readers asking one page after the other.
func (s *street) saturate(ctx context.Context, clients int, during time.Duration, begin, end func()) (*tally, error) {
	t := newTally()
	var over atomic.Bool
	var wg sync.WaitGroup
	var failed failure
	begin()
	begun := time.Now()
	for range clients {
		wg.Go(func() {
			for !over.Load() && !failed.is() {
				kind, asked := s.mixed[rand.IntN(len(s.mixed))], time.Now() //nolint:gosec // no secret
				if err := s.visit(ctx, kind); err != nil {
					failed.set(err)
					return
				}
				if !over.Load() {
					t.add(kind, time.Since(asked))
				}
			}
		})
	}
	for time.Since(begun) < during && !failed.is() {
		time.Sleep(min(during-time.Since(begun), 50*time.Millisecond))
	}
	over.Store(true)
	t.took = time.Since(begun)
	end()
	wg.Wait()
	return t, failed.err()
}

// arrive asks for a page every 1/rate seconds whatever becomes of those before, and counts each from the moment when it was
// to be asked for (no co-ordinated omission).
func (s *street) arrive(ctx context.Context, rate float64, during time.Duration) (*tally, error) {
	t, begun := newTally(), time.Now()
	var wg sync.WaitGroup
	var waiting atomic.Int64
	var failed failure
	for n := 0; ; n++ {
		due := begun.Add(time.Duration(float64(n) / rate * float64(time.Second)))
		if due.Sub(begun) >= during || failed.is() {
			break
		}
		time.Sleep(time.Until(due))
		if waiting.Add(1) > mostRoads {
			failed.set(fmt.Errorf("%d pages wait: the rate cannot be kept", mostRoads))
		}
		wg.Go(func() {
			defer waiting.Add(-1)
			kind := s.mixed[rand.IntN(len(s.mixed))] //nolint:gosec // no secret
			if err := s.visit(ctx, kind); err != nil {
				failed.set(err)
				return
			}
			t.add(kind, time.Since(due))
		})
	}
	wg.Wait()
	t.took = time.Since(begun)
	return t, failed.err()
}
