package node

import (
	"context"
	"time"

	"tongban/catalogue"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/share"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// openSharing opens the node's book of what provinces said about sharing, and the sides of it that answer others.
func (n *Node) openSharing(ctx context.Context, key gm.DecryptKey, other share.Source) error {
	types, err := licence.LoadTypes(catalogue.FS)
	if err != nil {
		return err
	}
	n.Shares = &share.Ledger{Kit: n.Kit, Store: n.Store, Log: n.log, Types: types, Woken: n.wakeSharing}
	n.Tables = &share.Hosted{Ledger: n.Shares, Tables: n.Store, Else: other}
	n.provider = share.NewProvider(n.Shares, key, n.Store, n.Tables, time.Now)
	n.Standing = share.NewCoordinator(n.Kit, n.Store, time.Now)
	_, err = n.Shares.Reload(ctx)
	return err
}

// asking makes the side that asks others, once the node has its channel.
func (n *Node) asking(key gm.DecryptKey) *share.Asker {
	return &share.Asker{
		Ledger: n.Shares, Store: n.Store, Key: key, Coordinator: n.Standing, Now: time.Now,
		Standing: door{n.Post.Channel, n.ID, share.StandingKind}, Channel: door{n.Post.Channel, n.ID, share.QueryKind},
	}
}

// keepDays is for how long after a case the signed terms let an answer be kept.
func (n *Node) keepDays(terms proof.Hash, provider office.NodeID, resource string) (days int, known bool) {
	n.Shares.Look(func(b *sharing.Book) { days, known = b.KeepDays(terms, provider, resource) })
	return days, known
}

// wakeSharing makes the loop tell the others at once; it never blocks.
func (n *Node) wakeSharing() {
	select {
	case n.said <- struct{}{}:
	default:
	}
}

// How often other replicas' statements are looked for, and one other province is asked what it knows. Statements are passed on by
// everybody, so asking one after the other is enough.
const (
	lookSharing = time.Second
	askSharing  = 10 * time.Second
)

// sharingRound keeps up with other replicas every second and with one other province every ten; what this node said itself is told
// to all at once.
func (n *Node) sharingRound() func(context.Context) (time.Duration, error) {
	var asked time.Time
	next := 0
	return func(ctx context.Context) (time.Duration, error) {
		if _, err := n.Shares.Reload(ctx); err != nil {
			return 0, err
		}
		select {
		case <-n.said:
			ctx, cancel := context.WithTimeout(ctx, meetMost)
			defer cancel()
			for _, id := range n.others() {
				if ctx.Err() == nil {
					_ = n.MeetSharing(ctx, id) // away: another time
				}
			}
			return 0, nil
		case <-ctx.Done():
			return 0, nil
		case <-time.After(lookSharing):
		}
		if others := n.others(); len(others) > 0 && time.Since(asked) >= askSharing {
			asked = time.Now()
			next = (next + 1) % len(others)
			ctx, cancel := context.WithTimeout(ctx, meetMost)
			defer cancel()
			_ = n.MeetSharing(ctx, others[next])
		}
		return 0, nil
	}
}

// others are the other provinces, beginning behind this one, so that not all ask the same one first.
func (n *Node) others() []office.NodeID {
	var before, after []office.NodeID
	for _, one := range n.Trust.List().Nodes {
		switch {
		case !one.ID.Member() || one.ID == n.ID:
		case one.ID < n.ID:
			before = append(before, one.ID)
		default:
			after = append(after, one.ID)
		}
	}
	return append(after, before...)
}

// MeetSharing exchanges statements about sharing with one other province now.
func (n *Node) MeetSharing(ctx context.Context, with office.NodeID) error {
	return n.Shares.Meet(ctx, with, door{n.Post.Channel, n.ID, share.NewsKind})
}
