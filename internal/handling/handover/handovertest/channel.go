// Package handovertest holds the promises that every handover.Channel must keep, as tests that any adapter runs.
package handovertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/errs"
)

// Network is a channel adapter under test. Join adds one replica of a node that is ready when Join returns; leave
// takes it away and returns when nothing reaches it any more.
type Network interface {
	Join(t *testing.T, id office.NodeID, r handover.Receiver) (ch handover.Channel, leave func())
}

// The nodes that the suite joins. An adapter with a list of allowed nodes must allow these. Stranger never
// joins.
const (
	A        office.NodeID = "23"
	B        office.NodeID = "66"
	Stranger office.NodeID = "11"
)

// Nodes are all names that the suite uses.
func Nodes() []office.NodeID { return []office.NodeID{A, B, Stranger} }

// answerIn is how long a test waits for an answer that must come.
const answerIn = 10 * time.Second

// Channel runs the suite; open gives a fresh, empty network for each test.
func Channel(t *testing.T, open func(t *testing.T) Network) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, Network)
	}{
		{"answers come back with sender and kind", answers},
		{"errors cross with code and detail", errorsCross},
		{"nobody there is told quickly", nobodyThere},
		{"nobody can send as another", noOtherSender},
		{"many at once are not mixed up", manyAtOnce},
		{"large bodies and answers pass whole", largeBodies},
		{"too large is refused and harms nobody", tooLarge},
		{"a receiver that goes and comes back", goneAndBack},
		{"the sender's deadline holds", deadline},
		{"two replicas share the work", replicas},
		{"bodies are not shared memory", ownMemory},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

func send(t *testing.T, ch handover.Channel, to office.NodeID, kind string, body []byte) ([]byte, error) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), answerIn)
	defer stop()
	return ch.Send(ctx, to, handover.Message{Kind: kind, Body: body})
}

func wantCode(t *testing.T, err error, want errs.Code) {
	t.Helper()
	if err == nil || errs.CodeOf(err) != want {
		t.Fatalf("got error %v, want %s", err, want.Name())
	}
}

func silent(context.Context, handover.Message) ([]byte, error) { return nil, nil }

func echo(_ context.Context, m handover.Message) ([]byte, error) { return m.Body, nil }

func answers(t *testing.T, n Network) {
	t.Helper()
	a, _ := n.Join(t, A, func(_ context.Context, m handover.Message) ([]byte, error) {
		return fmt.Appendf(nil, "a got %s of %s: %s", m.Kind, m.From, m.Body), nil
	})
	b, _ := n.Join(t, B, func(_ context.Context, m handover.Message) ([]byte, error) {
		return fmt.Appendf(nil, "b got %s of %s: %s", m.Kind, m.From, m.Body), nil
	})
	for _, c := range []struct {
		from       handover.Channel
		to         office.NodeID
		kind, want string
	}{
		{a, B, "packet", "b got packet of 23: x"},
		{b, A, "chunk", "a got chunk of 66: x"},
		{a, B, "hello", "b got hello of 23: x"},
		{a, A, "hello", "a got hello of 23: x"},
	} {
		got, err := send(t, c.from, c.to, c.kind, []byte("x"))
		if err != nil || string(got) != c.want {
			t.Errorf("got %q, %v; want %q", got, err, c.want)
		}
	}
}

func errorsCross(t *testing.T, n Network) {
	t.Helper()
	var give error
	a, _ := n.Join(t, A, silent)
	_, _ = n.Join(t, B, func(context.Context, handover.Message) ([]byte, error) { return []byte("ignored"), give })
	for _, c := range []struct {
		give   error
		want   errs.Code
		detail string
	}{
		{errs.New(errs.Stale, "leg 7\nat 3"), errs.Stale, "leg 7\nat 3"},
		{fmt.Errorf("storing: %w", errs.New(errs.DiskFull, "no room")), errs.DiskFull, "no room"},
		{errs.New(errs.Code(98765), "of a newer node"), errs.Code(98765), "at the other node"},
		{fmt.Errorf("path /secret"), errs.Unexpected, "at the other node"},
	} {
		give = c.give
		answer, err := send(t, a, B, "packet", nil)
		wantCode(t, err, c.want)
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Detail != c.detail || answer != nil {
			t.Errorf("got %q, %#v; want detail %q and no answer", answer, err, c.detail)
		}
	}
}

func nobodyThere(t *testing.T, n Network) {
	t.Helper()
	a, _ := n.Join(t, A, silent)
	start := time.Now() //nolint:forbidigo // how long a real wait takes
	_, err := send(t, a, Stranger, "packet", []byte("x"))
	wantCode(t, err, errs.TryLater)
	if took := time.Since(start); took > answerIn/2 {
		t.Errorf("told after %v only", took)
	}
	for _, to := range []office.NodeID{"", "a.b", "*", ">"} {
		if _, err := send(t, a, to, "packet", nil); err == nil {
			t.Errorf("sent to %q", to)
		}
	}
}

func noOtherSender(t *testing.T, n Network) {
	t.Helper()
	a, _ := n.Join(t, A, silent)
	var seen atomic.Int32
	_, _ = n.Join(t, B, func(context.Context, handover.Message) ([]byte, error) { seen.Add(1); return nil, nil })
	_, err := a.Send(t.Context(), B, handover.Message{From: Stranger, Kind: "packet"})
	wantCode(t, err, errs.ChannelWrongSender)
	if seen.Load() != 0 {
		t.Error("it arrived all the same")
	}
	if _, err := a.Send(t.Context(), B, handover.Message{From: A, Kind: "packet"}); err != nil {
		t.Errorf("own name refused: %v", err)
	}
}

func manyAtOnce(t *testing.T, n Network) {
	t.Helper()
	a, _ := n.Join(t, A, echo)
	b, _ := n.Join(t, B, echo)
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			from, to := a, B
			if w%2 == 1 {
				from, to = b, A
			}
			for i := range 50 {
				body := fmt.Appendf(nil, "%d/%d", w, i)
				got, err := send(t, from, to, "packet", body)
				if err != nil || !bytes.Equal(got, body) {
					t.Errorf("sent %q, got %q, %v", body, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func largeBodies(t *testing.T, n Network) {
	t.Helper()
	a, _ := n.Join(t, A, silent)
	_, _ = n.Join(t, B, echo)
	body := make([]byte, 1<<20)
	_, _ = rand.Read(body)
	for range 5 {
		got, err := send(t, a, B, "chunk", body)
		if err != nil || !bytes.Equal(got, body) {
			t.Fatalf("got %d bytes, %v", len(got), err)
		}
	}
}

func tooLarge(t *testing.T, n Network) {
	t.Helper()
	a, _ := n.Join(t, A, silent)
	_, _ = n.Join(t, B, func(_ context.Context, m handover.Message) ([]byte, error) {
		if m.Kind == "hello" {
			return make([]byte, 4<<20), nil
		}
		return nil, nil
	})
	_, err := send(t, a, B, "packet", make([]byte, 4<<20))
	wantCode(t, err, errs.ChannelTooLarge)
	_, err = send(t, a, B, "hello", nil)
	wantCode(t, err, errs.ChannelTooLarge)
	if _, err := send(t, a, B, "packet", []byte("small")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func goneAndBack(t *testing.T, n Network) {
	t.Helper()
	a, _ := n.Join(t, A, silent)
	_, leave := n.Join(t, B, echo)
	if _, err := send(t, a, B, "packet", []byte("1")); err != nil {
		t.Fatal(err)
	}
	leave()
	_, err := send(t, a, B, "packet", []byte("2"))
	wantCode(t, err, errs.TryLater)
	_, _ = n.Join(t, B, echo)
	if got, err := send(t, a, B, "packet", []byte("3")); err != nil || string(got) != "3" {
		t.Fatalf("after it came back: %q, %v", got, err)
	}
}

func deadline(t *testing.T, n Network) {
	t.Helper()
	a, _ := n.Join(t, A, silent)
	_, _ = n.Join(t, B, func(ctx context.Context, m handover.Message) ([]byte, error) {
		if m.Kind == "hello" {
			return []byte("here"), nil
		}
		select { // a receiver is told the sender's deadline
		case <-ctx.Done():
		case <-time.After(answerIn):
		}
		time.Sleep(100 * time.Millisecond) // no answer slips in at the last moment
		return []byte("late"), nil
	})
	ctx, stop := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer stop()
	start := time.Now() //nolint:forbidigo // how long a real wait takes
	answer, err := a.Send(ctx, B, handover.Message{Kind: "packet"})
	wantCode(t, err, errs.TryLater)
	if took := time.Since(start); took > answerIn/2 || answer != nil {
		t.Errorf("answer %q after %v", answer, took)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = a.Send(over, B, handover.Message{Kind: "packet"})
	wantCode(t, err, errs.TryLater)
	if got, err := send(t, a, B, "hello", nil); err != nil || string(got) != "here" {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

func replicas(t *testing.T, n Network) {
	t.Helper()
	a, _ := n.Join(t, A, silent)
	var counts [2]atomic.Int32
	var leave [2]func()
	for i := range counts {
		_, leave[i] = n.Join(t, B, func(context.Context, handover.Message) ([]byte, error) { counts[i].Add(1); return nil, nil })
	}
	const total = 100
	for range total {
		if _, err := send(t, a, B, "packet", nil); err != nil {
			t.Fatal(err)
		}
	}
	first, second := counts[0].Load(), counts[1].Load()
	if first+second != total || first == 0 || second == 0 {
		t.Errorf("replicas took %d and %d of %d", first, second, total)
	}
	leave[0]()
	for range 10 {
		if _, err := send(t, a, B, "packet", nil); err != nil {
			t.Fatalf("with one replica: %v", err)
		}
	}
	if got := counts[0].Load(); got != first {
		t.Errorf("the replica that left was asked %d times", got-first)
	}
}

func ownMemory(t *testing.T, n Network) {
	t.Helper()
	var kept []byte
	a, _ := n.Join(t, A, silent)
	_, _ = n.Join(t, B, func(_ context.Context, m handover.Message) ([]byte, error) {
		kept = m.Body
		return m.Body, nil
	})
	body := []byte("before")
	answer, err := send(t, a, B, "packet", body)
	if err != nil {
		t.Fatal(err)
	}
	copy(body, "BEFORE")
	copy(answer, "answer")
	if string(kept) != "before" {
		t.Errorf("the receiver's body became %q", kept)
	}
}
