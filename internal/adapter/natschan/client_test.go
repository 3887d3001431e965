package natschan_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tongban/internal/adapter/natschan"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/errs"
)

func TestHubDownThenUp(t *testing.T) {
	p := newPKI()
	nodes, seeds := keys("23", "66")
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	addr := l.Addr().String()
	_ = l.Close()
	cfg := natschan.Config{Me: "23", Seed: seeds["23"], URLs: []string{"tls://" + addr}, TLS: p.tls("23", time.Hour), Receiver: echo}
	c, err := natschan.Connect(cfg)
	if err != nil {
		t.Fatalf("a node must start while the hub is down: %v", err)
	}
	defer c.Close()
	start := time.Now()
	_, err = ask(t, c, "23", "x")
	wantCode(t, err, errs.TryLater)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("told after %v only", took)
	}
	short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	wantCode(t, c.Ready(short), errs.TryLater)

	serve := natschan.ServerConfig{Name: "hub", Listen: addr, TLS: p.hub(), Nodes: nodes}
	for range 2 { // it comes up, and comes back after a restart
		s := newServer(t, serve)
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		if err := c.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		stop()
		if got, err := ask(t, c, "23", "x"); err != nil || got != "x" {
			t.Fatalf("got %q, %v", got, err)
		}
		s.Close()
		start := time.Now()
		_, err = ask(t, c, "23", "x")
		wantCode(t, err, errs.TryLater)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("told after %v only", took)
		}
	}
}

func TestConnectConfig(t *testing.T) {
	_, seeds := keys("23")
	for name, cfg := range map[string]natschan.Config{
		"no receiver": {Me: "23", Seed: seeds["23"], URLs: []string{"tls://x"}, TLS: &natschan.TLS{}},
		"no server":   {Me: "23", Seed: seeds["23"], Receiver: echo},
		"no TLS":      {Me: "23", Seed: seeds["23"], URLs: []string{"nats://x"}, Receiver: echo},
		"no seed":     {Me: "23", URLs: []string{"tls://x"}, TLS: &natschan.TLS{}, Receiver: echo},
	} {
		if _, err := natschan.Connect(cfg); errs.CodeOf(err) != errs.ChannelConfig {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestClosedClient(t *testing.T) {
	h := newHub(t)
	c := connect(t, h.config("23"))
	c.Close()
	c.Close()
	_, err := ask(t, c, "66", "x")
	wantCode(t, err, errs.ChannelClosed)
	wantCode(t, c.Ready(t.Context()), errs.ChannelClosed)
}

func TestPanicAndLongDetail(t *testing.T) {
	h := newHub(t)
	cfg := h.config("66")
	cfg.Receiver = func(_ context.Context, m handover.Message) ([]byte, error) {
		if string(m.Body) == "panic" {
			panic("x")
		}
		return nil, errs.New(errs.Stale, "%s", strings.Repeat("é", 1000))
	}
	connect(t, cfg)
	a := connect(t, h.config("23"))
	_, err := ask(t, a, "66", "panic")
	wantCode(t, err, errs.Unexpected)
	_, err = ask(t, a, "66", "long")
	wantCode(t, err, errs.Stale)
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Detail != strings.Repeat("é", 256) {
		t.Errorf("detail of %d bytes", len(e.Detail))
	}
}

// TestBackPressure: two workers and a queue of two are busy with one sender's requests, then the third and later are
// told at once; another sender still finds room; what was begun is answered.
func TestBackPressure(t *testing.T) {
	h := newHub(t)
	nodes, seeds := keys("11")
	h.seeds["11"] = seeds["11"]
	if err := h.server.Allow(nodes[0]); err != nil {
		t.Fatal(err)
	}
	begun, let := make(chan string, 8), make(chan struct{})
	cfg := h.config("66")
	cfg.Workers, cfg.Backlog = 2, 2
	cfg.Receiver = func(_ context.Context, m handover.Message) ([]byte, error) {
		begun <- string(m.From)
		<-let
		return m.Body, nil
	}
	connect(t, cfg)
	flood, other := connect(t, h.config("23")), connect(t, h.config("11"))

	var wg sync.WaitGroup
	answered := func(c *natschan.Client) {
		if got, err := ask(t, c, "66", "x"); err != nil || got != "x" {
			t.Errorf("got %q, %v", got, err)
		}
	}
	for range 2 {
		wg.Go(func() { answered(flood) })
	}
	<-begun
	<-begun
	start := time.Now()
	for range 5 {
		_, err := ask(t, flood, "66", "x")
		wantCode(t, err, errs.TryLater)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("being busy was said after %v only", took)
	}
	wg.Go(func() { answered(other) })
	close(let)
	if from := <-begun; from != "11" {
		t.Errorf("the other sender's turn went to %s", from)
	}
	wg.Wait()
}

// TestLateRequestsAreNotBegun: a request whose sender has given up while it waited costs no work.
func TestLateRequestsAreNotBegun(t *testing.T) {
	h := newHub(t)
	begun, let := make(chan string, 8), make(chan struct{})
	cfg := h.config("66")
	cfg.Workers, cfg.Backlog = 1, 8
	cfg.Receiver = func(_ context.Context, m handover.Message) ([]byte, error) {
		begun <- string(m.Body)
		<-let
		return nil, nil
	}
	connect(t, cfg)
	a := connect(t, h.config("23"))
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = ask(t, a, "66", "first") })
	<-begun
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	_, err := a.Send(ctx, "66", handover.Message{Kind: "packet", Body: []byte("given up")})
	wantCode(t, err, errs.TryLater)
	close(let)
	wg.Wait()
	if _, err := ask(t, a, "66", "third"); err != nil {
		t.Fatal(err)
	}
	if got := <-begun; got != "third" {
		t.Errorf("%q was begun", got)
	}
}

func TestCloseLetsTheBegunBeAnswered(t *testing.T) {
	h := newHub(t)
	begun, let := make(chan struct{}), make(chan struct{})
	cfg := h.config("66")
	cfg.Receiver = func(_ context.Context, m handover.Message) ([]byte, error) { close(begun); <-let; return m.Body, nil }
	b := connect(t, cfg)
	a := connect(t, h.config("23"))
	var wg sync.WaitGroup
	wg.Go(func() {
		if got, err := ask(t, a, "66", "x"); err != nil || got != "x" {
			t.Errorf("got %q, %v", got, err)
		}
	})
	<-begun
	wg.Go(b.Close)
	time.AfterFunc(50*time.Millisecond, func() { close(let) })
	wg.Wait()
}

// TestHoursInABubble: an idle in-process federation keeps its connections over hours of virtual time. The library
// pools its timers for the whole process, and a timer may not leave its bubble: such a test needs a process of its own.
func TestHoursInABubble(t *testing.T) {
	const env = "NATSCHAN_BUBBLE"
	if os.Getenv(env) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHoursInABubble$", "-test.count=1")
		cmd.Env = append(os.Environ(), env+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	nodes, seeds := keys("23", "66")
	synctest.Test(t, func(t *testing.T) {
		s := must(natschan.NewServer(natschan.ServerConfig{Name: "hub", Nodes: nodes}))
		defer s.Close()
		a := must(natschan.Connect(natschan.Config{Me: "23", Seed: seeds["23"], Server: s, Receiver: echo}))
		defer a.Close()
		b := must(natschan.Connect(natschan.Config{Me: "66", Seed: seeds["66"], Server: s, Receiver: echo}))
		defer b.Close()
		for range 3 {
			if err := b.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, err := ask(t, a, "66", "x"); err != nil || got != "x" {
				t.Fatalf("got %q, %v", got, err)
			}
			time.Sleep(time.Hour)
		}
	})
}
