package node

import (
	"context"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/handling/announce"
	"tongban/internal/handling/count"
	"tongban/internal/proof"
)

// bulletins issues the province's own figures each month.
func (n *Node) bulletins() *announce.Press {
	return &announce.Press{
		Me: n.ID, Signer: n.Kit.Signer, Now: n.Kit.Now, Book: figure.Default(), Store: n.Store, Months: n.Store.FigureMonths,
		Members: func() []office.NodeID { return []office.NodeID{n.ID} },
		Said: func(ctx context.Context, month int) (map[office.NodeID]proof.Signed, error) {
			signed, _, err := count.State(ctx, n.Kit, n.Store, figure.Default(), month)
			return map[office.NodeID]proof.Signed{n.ID: signed}, err
		},
	}
}
