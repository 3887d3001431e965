package memchan_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/adapter/memchan"
	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/handover/handovertest"
	"tongban/internal/kernel/errs"
)

type network struct{ *memchan.Network }

func (n network) Join(_ *testing.T, id office.NodeID, r handover.Receiver) (handover.Channel, func()) {
	m := n.Network.Join(id, r)
	return m, m.Close
}

func TestChannel(t *testing.T) {
	handovertest.Channel(t, func(*testing.T) handovertest.Network { return network{memchan.New()} })
}

// diary joins a and b and writes down what b sees and what a is told.
type diary struct {
	net   *memchan.Network
	a     handover.Channel
	lines []string
}

func newDiary() *diary {
	d := &diary{net: memchan.New()}
	d.a = d.net.Join("a", func(_ context.Context, m handover.Message) ([]byte, error) {
		d.lines = append(d.lines, "a saw "+string(m.Body))
		return nil, nil
	})
	d.join()
	return d
}

func (d *diary) join() {
	d.net.Join("b", func(_ context.Context, m handover.Message) ([]byte, error) {
		d.lines = append(d.lines, "b saw "+string(m.Body))
		return m.Body, nil
	})
}

func (d *diary) send(ctx context.Context, body string) {
	answer, err := d.a.Send(ctx, "b", handover.Message{Kind: "packet", Body: []byte(body)})
	d.lines = append(d.lines, "a told "+string(answer)+codeName(err))
}

func codeName(err error) string {
	if err == nil {
		return ""
	}
	return errs.CodeOf(err).Name()
}

func TestFates(t *testing.T) {
	for _, c := range []struct {
		name string
		fate memchan.Fate
		want string
	}{
		{"deliver", memchan.Deliver, "b saw x|a told x"},
		{"lose request", memchan.LoseRequest, "a told TryLater"},
		{"lose answer", memchan.LoseAnswer, "b saw x|a told TryLater"},
		{"twice", memchan.Twice, "b saw x|b saw x|a told x"},
		{"hold back", memchan.HoldBack, "a told TryLater"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDiary()
			d.net.SetFaults(memchan.FaultsFunc(func(office.NodeID, office.NodeID, string) memchan.Fate { return c.fate }))
			d.send(t.Context(), "x")
			if got := strings.Join(d.lines, "|"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestHeldMessagesArriveAfterYoungerOnes(t *testing.T) {
	ctx := t.Context()
	d := newDiary()
	d.net.SetFaults(memchan.FaultsFunc(func(office.NodeID, office.NodeID, string) memchan.Fate { return memchan.HoldBack }))
	for _, s := range []string{"1", "2", "3"} {
		d.send(ctx, s)
	}
	d.net.SetFaults(nil)
	d.send(ctx, "4")
	if !d.net.Step(ctx, 1) || d.net.Step(ctx, 2) || d.net.Held() != 2 {
		t.Fatalf("held %d", d.net.Held())
	}
	if n := d.net.Release(ctx); n != 2 || d.net.Held() != 0 {
		t.Fatalf("released %d, held %d", n, d.net.Held())
	}
	want := []string{"a told TryLater", "a told TryLater", "a told TryLater", "b saw 4", "a told 4", "b saw 2", "b saw 1", "b saw 3"}
	if diff := cmp.Diff(want, d.lines); diff != "" {
		t.Error(diff)
	}
}

func TestPartitions(t *testing.T) {
	ctx := t.Context()
	for _, c := range []struct {
		name string
		cut  func(*memchan.Network)
		want string
	}{
		{"both ways", func(n *memchan.Network) { n.Partition("a", "b") }, "a told TryLater"},
		{"there", func(n *memchan.Network) { n.PartitionOneWay("a", "b") }, "a told TryLater"},
		{"back: it arrives, the answer does not", func(n *memchan.Network) { n.PartitionOneWay("b", "a") }, "b saw x|a told TryLater"},
		{"healed", func(n *memchan.Network) { n.Partition("a", "b"); n.Heal("b", "a") }, "b saw x|a told x"},
		{"all healed", func(n *memchan.Network) { n.Partition("a", "b"); n.HealAll() }, "b saw x|a told x"},
		{"others", func(n *memchan.Network) { n.Partition("a", "c") }, "b saw x|a told x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDiary()
			c.cut(d.net)
			d.send(ctx, "x")
			if got := strings.Join(d.lines, "|"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestHeldMessageIsLostIfCutOrGone(t *testing.T) {
	ctx := t.Context()
	d := newDiary()
	d.net.SetFaults(memchan.FaultsFunc(func(office.NodeID, office.NodeID, string) memchan.Fate { return memchan.HoldBack }))
	d.send(ctx, "1")
	d.send(ctx, "2")
	d.net.Partition("a", "b")
	d.net.Step(ctx, 0)
	d.net.HealAll()
	d.net.Leave("b")
	d.net.Step(ctx, 0)
	d.join()
	if diff := cmp.Diff([]string{"a told TryLater", "a told TryLater"}, d.lines); diff != "" {
		t.Error(diff)
	}
}

func TestSeededRunsRepeat(t *testing.T) {
	run := func(seed uint64) []string {
		d := newDiary()
		d.net.SetFaults(memchan.Seeded(seed, memchan.Rates{LoseRequest: .1, LoseAnswer: .1, Twice: .1, HoldBack: .1}))
		for i := range 200 {
			d.send(t.Context(), fmt.Sprint(i))
			if i%10 == 9 {
				d.net.Step(t.Context(), i%3)
			}
		}
		return d.lines
	}
	if diff := cmp.Diff(run(7), run(7)); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(run(7), run(8)) {
		t.Error("two seeds gave the same run")
	}
}

func TestReceiverMaySend(t *testing.T) {
	n := memchan.New()
	var b handover.Channel
	a := n.Join("a", func(_ context.Context, m handover.Message) ([]byte, error) { return append(m.Body, '!'), nil })
	b = n.Join("b", func(ctx context.Context, m handover.Message) ([]byte, error) {
		return b.Send(ctx, m.From, handover.Message{Kind: "hello", Body: m.Body})
	})
	got, err := a.Send(t.Context(), "b", handover.Message{Kind: "packet", Body: []byte("x")})
	if err != nil || string(got) != "x!" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestClosedMember(t *testing.T) {
	n := memchan.New()
	a := n.Join("a", func(context.Context, handover.Message) ([]byte, error) { return nil, errors.New("x") })
	a.Close()
	_, err := a.Send(t.Context(), "a", handover.Message{Kind: "hello"})
	if errs.CodeOf(err) != errs.ChannelClosed {
		t.Errorf("got %v", err)
	}
}
