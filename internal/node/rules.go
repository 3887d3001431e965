package node

import (
	"context"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/publish"
)

// openRules opens the node's book of rules and puts in force what the store holds.
func (n *Node) openRules(ctx context.Context, operator []byte) error {
	n.Rules = &publish.Press{
		Kit: n.Kit, Store: n.Store, Drafts: n.Store, Operator: operator, Log: n.log, Woken: n.wakeRules,
	}
	_, err := n.Rules.Reload(ctx)
	return err
}

// wakeRules makes the loop tell others at once; it never blocks.
func (n *Node) wakeRules() {
	select {
	case n.news <- struct{}{}:
	default:
	}
}

// outdated makes the loop ask a node whose rules this one has fallen behind; it never blocks.
func (n *Node) outdated(who office.NodeID) {
	select {
	case n.behind <- who:
	default:
	}
}

// How often the store is asked for what other replicas took in, and the others for what they know.
const (
	lookRules = time.Second
	askRules  = time.Minute
	meetMost  = 20 * time.Second
)

// rulesRound keeps up with other replicas every second, and with the other nodes once a minute or when something was taken in.
func (n *Node) rulesRound() func(context.Context) (time.Duration, error) {
	var asked time.Time
	return func(ctx context.Context) (time.Duration, error) {
		if _, err := n.Rules.Reload(ctx); err != nil {
			return 0, err
		}
		woken := false
		select {
		case <-n.news:
			woken = true
		case who := <-n.behind:
			ctx, cancel := context.WithTimeout(ctx, meetMost)
			_ = n.MeetRules(ctx, who) // away: with everybody, in a minute
			cancel()
		case <-ctx.Done():
			return 0, nil
		case <-time.After(lookRules):
		}
		if woken || time.Since(asked) >= askRules {
			asked = time.Now()
			n.meet(ctx)
		}
		return 0, nil
	}
}

// meet exchanges rules with the hub; with every member while the hub cannot be reached. Who is away is met later.
func (n *Node) meet(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, meetMost)
	defer cancel()
	if n.MeetRules(ctx, office.Hub) == nil {
		return
	}
	for _, one := range n.Trust.List().Nodes {
		if one.ID.Member() && one.ID != n.ID && ctx.Err() == nil {
			_ = n.MeetRules(ctx, one.ID) // away: another time
		}
	}
}

// MeetRules exchanges rules with one other node now.
func (n *Node) MeetRules(ctx context.Context, with office.NodeID) error {
	return n.Rules.Meet(ctx, with, func(ctx context.Context, to office.NodeID, body []byte) ([]byte, error) {
		return n.Post.Channel.Send(ctx, to, handover.Message{From: n.ID, Kind: publish.Kind, Body: body})
	})
}
