// Package memchan is the channel between nodes inside one process, for tests, the simulation and a nation on one
// machine. It starts no goroutine and reads no clock: Send calls the receiver and returns, so that whoever drives it
// from one goroutine gets the same run from the same faults.
package memchan

import (
	"context"
	"errors"
	"slices"
	"sync"

	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/errs"
)

// MaxBody is the largest message or answer in bytes, the same as on the real channel.
const MaxBody = 1536 << 10

// Network joins nodes by name. Without faults it delivers everything once and in order.
type Network struct {
	mu      sync.Mutex // guards all below; never held while a receiver runs
	members map[office.NodeID][]*Member
	turn    map[office.NodeID]int // which replica is next
	cuts    map[link]bool
	held    []held
	faults  Faults
}

type link struct{ from, to office.NodeID }

type held struct {
	to office.NodeID
	m  handover.Message
}

// Member is one replica of a node on the network. It is a handover.Channel.
type Member struct {
	net     *Network
	id      office.NodeID
	receive handover.Receiver
}

var _ handover.Channel = (*Member)(nil)

// New makes an empty network without faults.
func New() *Network {
	return &Network{members: map[office.NodeID][]*Member{}, turn: map[office.NodeID]int{}, cuts: map[link]bool{}}
}

// Join adds a replica of node id. Replicas of one node take messages in turn.
func (n *Network) Join(id office.NodeID, r handover.Receiver) *Member {
	m := &Member{net: n, id: id, receive: r}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.members[id] = append(n.members[id], m)
	return m
}

// Leave takes all replicas of node id off the network; messages to it find nobody.
func (n *Network) Leave(id office.NodeID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.members, id)
}

// Close takes this replica off the network. Its own Send then returns errs.ChannelClosed.
func (c *Member) Close() {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	c.net.members[c.id] = slices.DeleteFunc(c.net.members[c.id], func(o *Member) bool { return o == c })
}

// Send delivers m, or does with it what the faults say. See handover.Channel for the errors.
func (c *Member) Send(ctx context.Context, to office.NodeID, m handover.Message) ([]byte, error) {
	if m.From != "" && m.From != c.id {
		return nil, errs.New(errs.ChannelWrongSender, "%s sends as %s", c.id, m.From)
	}
	if m.Kind == "" || to == "" {
		return nil, errs.New(errs.ChannelBadAddress, "kind %q to %q", m.Kind, to)
	}
	if len(m.Body) > MaxBody {
		return nil, errs.New(errs.ChannelTooLarge, "%d bytes to %s", len(m.Body), to)
	}
	if err := ctx.Err(); err != nil {
		return nil, errs.Wrap(errs.TryLater, err, "%s not asked", to)
	}
	m.From = c.id
	n := c.net
	n.mu.Lock()
	if !slices.Contains(n.members[c.id], c) {
		n.mu.Unlock()
		return nil, errs.New(errs.ChannelClosed, "%s", c.id)
	}
	faults, cut, back := n.faults, n.cuts[link{c.id, to}], n.cuts[link{to, c.id}]
	n.mu.Unlock()

	if cut {
		return nil, errs.New(errs.TryLater, "no way from %s to %s", c.id, to)
	}
	fate := Deliver
	if faults != nil {
		fate = faults.Next(c.id, to, m.Kind)
	}
	switch fate {
	case LoseRequest:
		return nil, errs.New(errs.TryLater, "request to %s lost", to)
	case HoldBack:
		m.Body = slices.Clone(m.Body)
		n.mu.Lock()
		n.held = append(n.held, held{to, m})
		n.mu.Unlock()
		return nil, errs.New(errs.TryLater, "no answer from %s yet", to)
	case Twice:
		if _, err := n.deliver(ctx, to, m); errs.Is(err, errs.TryLater) {
			return nil, err
		}
	case Deliver, LoseAnswer:
	}
	answer, err := n.deliver(ctx, to, m)
	if fate == LoseAnswer || back {
		return nil, errs.New(errs.TryLater, "answer of %s lost", to)
	}
	return answer, err
}

// deliver calls the next replica of node to with its own copy of the message, and shapes what it says as if it had
// crossed a wire: a copy of the answer, or code and detail without the cause.
func (n *Network) deliver(ctx context.Context, to office.NodeID, m handover.Message) ([]byte, error) {
	n.mu.Lock()
	replicas := n.members[to]
	if len(replicas) == 0 {
		n.mu.Unlock()
		return nil, errs.New(errs.TryLater, "%s is not connected", to)
	}
	r := replicas[n.turn[to]%len(replicas)]
	n.turn[to]++
	n.mu.Unlock()

	m.Body = slices.Clone(m.Body)
	answer, err := r.receive(ctx, m)
	switch {
	case ctx.Err() != nil:
		return nil, errs.Wrap(errs.TryLater, ctx.Err(), "%s did not answer in time", to)
	case err != nil:
		return nil, crossed(err)
	case len(answer) > MaxBody:
		return nil, errs.New(errs.ChannelTooLarge, "answer of %d bytes from %s", len(answer), to)
	}
	return slices.Clone(answer), nil
}

func crossed(err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Code.Kind() == errs.Internal {
		return errs.New(errs.CodeOf(err), "at the other node")
	}
	return errs.New(e.Code, "%s", e.Detail)
}
