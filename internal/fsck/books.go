package fsck

import (
	"fmt"
	"maps"
	"slices"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
)

// books is I6: what a node's figures say that another signed for, and what that other's say it signed for, is the same for each
// pair and month. Only nodes that have caught up are held against each other: nothing uncounted, no receipt outstanding.
func (c *check) books() error {
	cells := map[int]map[office.NodeID][]figure.Cell{}
	var ready []Node
	for _, n := range c.nodes {
		waits := c.behind[n.ID]
		err := n.Reader.EachParcel(c.ctx, func(_ exchange.Parcel, s *exchange.Settlement) error {
			waits = waits || s == nil
			return nil
		})
		if err != nil {
			return c.spoilt(n, "", err)
		}
		if waits {
			continue
		}
		ready = append(ready, n)
		list, err := n.Reader.Figures(c.ctx)
		if err != nil {
			return c.spoilt(n, "", err)
		}
		for _, cell := range list {
			if cells[cell.Month] == nil {
				cells[cell.Month] = map[office.NodeID][]figure.Cell{}
			}
			cells[cell.Month][n.ID] = append(cells[cell.Month][n.ID], cell)
		}
	}
	c.report.Checked["books"] += len(ready)
	for _, month := range slices.Sorted(maps.Keys(cells)) {
		var said []figure.Statement
		for _, n := range ready {
			said = append(said, figure.Statement{Node: n.ID, Month: month, Lines: figure.LinesOf(cells[month][n.ID])})
		}
		for _, x := range figure.Against(said) {
			n, _ := c.at(x.Sender)
			c.say("I6", n, "", fmt.Sprintf("%s of %d to %s: %d in its book, %d in the other's", x.Figure, x.Month, x.Receiver, x.Says, x.SaysOther))
		}
	}
	return nil
}
