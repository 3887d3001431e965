package handover_test

import (
	"context"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// narrow is a channel that takes small messages only, and counts what passes.
type narrow struct {
	handover.Channel
	most   int
	passed int
}

func (n *narrow) Send(ctx context.Context, to office.NodeID, m handover.Message) ([]byte, error) {
	if n.most > 0 && len(m.Body) > n.most {
		return nil, errs.New(errs.ChannelTooLarge, "%d bytes", len(m.Body))
	}
	n.passed++
	return n.Channel.Send(ctx, to, m)
}

// lodgeMany hands over n cases without pumping.
func (w *world) lodgeMany(n int) (ids []string) {
	w.t.Helper()
	for range n {
		w.id = unit.NewID()
		w.play("lodge hand-over")
		ids = append(ids, w.id)
	}
	return ids
}

func TestManyEnvelopesShareAPacket(t *testing.T) {
	for _, tt := range []struct {
		name                             string
		protocol, parallel, most, packet int
	}{
		{"protocol 1: one by one", 1, 1, 0, 40},
		{"protocol 2: 32 to a packet", 2, 1, 0, 2},
		{"worked on at once", 2, 16, 0, 2},
		{"halved until they fit", 2, 1, 12_000, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.protocol)
			for _, n := range w.nodes {
				n.post.Parallel = tt.parallel
			}
			line := &narrow{Channel: w.nodes[north].post.Channel, most: tt.most}
			w.nodes[north].post.Channel = line
			ids := w.lodgeMany(40)
			w.settle()
			if tt.packet > 0 && line.passed != tt.packet || line.passed < 2 {
				t.Errorf("%d messages, want %d", line.passed, tt.packet)
			}
			for _, w.id = range ids {
				w.check(casefile.StatusSubmitted, "23 63")
			}
		})
	}
}

// A node of an older release announces protocol 1; the newer one writes what it can read (I10).
func TestTheLowerProtocolIsWritten(t *testing.T) {
	for mine := exchange.OldestProtocol; mine <= exchange.NewestProtocol; mine++ {
		for theirs := exchange.OldestProtocol; theirs <= exchange.NewestProtocol; theirs++ {
			w := newWorld(t, mine)
			f := firm()
			list := &office.TrustList{Version: 2, Issued: f.trust.Issued, Nodes: append([]office.Node(nil), f.trust.Nodes...)}
			for i := range list.Nodes {
				list.Nodes[i].Protocol = theirs
			}
			w.nodes[north].post.Kit.Trust = func() *office.TrustList { return list }
			wrote := 0
			w.net.Leave(west)
			w.net.Join(west, func(ctx context.Context, m handover.Message) ([]byte, error) {
				wrote = int(m.Body[2])
				return w.nodes[west].post.Receive(ctx, m)
			})
			w.play("lodge hand-over settle")
			if wrote != min(mine, theirs) {
				t.Errorf("writes %d and reads %d: wrote %d", mine, theirs, wrote)
			}
		}
	}
}

// The outbox waits longer each time, five minutes at most, and a killed replica delays it by its lease.
func TestHowOftenItIsTried(t *testing.T) {
	w := newWorld(t, 0)
	w.net.Leave(west)
	w.play("lodge hand-over")
	begin, tries := w.now, []time.Duration{}
	for w.now.Sub(begin) < time.Hour {
		if n, err := w.nodes[north].post.Pump(t.Context()); err != nil {
			t.Fatal(err)
		} else if n > 0 {
			tries = append(tries, w.now.Sub(begin))
		}
		w.now = w.now.Add(time.Second)
	}
	for i := 1; i < len(tries); i++ {
		if gap := tries[i] - tries[i-1]; gap > 5*time.Minute || i < 9 && gap != time.Second<<(i-1) {
			t.Errorf("try %d came %v after the one before", i+1, gap)
		}
	}
	if n := len(tries); n < 15 || n > 25 {
		t.Errorf("%d tries in an hour", n)
	}
	claimed, err := w.nodes[north].Parcels(t.Context(), w.now.Add(time.Hour), 30*time.Second, 10)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("%d claimed, %v", len(claimed), err)
	}
}
