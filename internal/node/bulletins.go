package node

import (
	"context"
	"time"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/handling/announce"
	"tongban/internal/handling/count"
	"tongban/internal/handling/dispute"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// bulletins issues the province's own figures each month.
func (n *Node) bulletins() *announce.Press {
	return &announce.Press{
		Me: n.ID, Signer: n.Kit.Signer, Now: n.Kit.Now, Book: figure.Default(), Store: n.Store, Months: n.Store.FigureMonths,
		Contested: func(ctx context.Context, month int) ([]proof.Signed, error) {
			return dispute.Contested(ctx, n.Store, month)
		},
		Members: func() []office.NodeID { return []office.NodeID{n.ID} },
		Said: func(ctx context.Context, month int) (map[office.NodeID]proof.Signed, error) {
			signed, _, err := count.State(ctx, n.Kit, n.Store, figure.Default(), month)
			return map[office.NodeID]proof.Signed{n.ID: signed}, err
		},
	}
}

// meetEvery is how often a province that has nothing to say asks the hub for objections.
const meetEvery = time.Minute

// contestRound exchanges words about contested figures with the hub: at once when an officer said one, otherwise every minute. A hub that
// is away hears of them later.
func (n *Node) contestRound(ctx context.Context) (time.Duration, error) {
	_, err := n.Contests.Round(ctx)
	switch errs.KindOf(err) { //nolint:exhaustive // what the hub or the way to it says is no fault of this node
	case errs.Unavailable, errs.Forbidden, errs.NotFound, errs.Invalid:
		err = nil
	}
	select {
	case <-n.objected:
	case <-ctx.Done():
	case <-time.After(meetEvery):
	}
	return 0, err
}

// contests wires the province's side of contested figures.
func (n *Node) contests() *dispute.Desk {
	return &dispute.Desk{
		Kit: n.Kit, Store: n.Store, Book: figure.Default(), Ask: door{n.Post.Channel, n.ID, dispute.Kind}.Ask,
		Woken: func() {
			select {
			case n.objected <- struct{}{}:
			default:
			}
		},
	}
}
