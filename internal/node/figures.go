package node

import (
	"context"
	"time"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/face/board"
)

// ownFigures are the node's figures as they stand now.
type ownFigures struct{ n *Node }

var _ board.Source = ownFigures{}

// FigureBy reads one figure; of another node it knows nothing.
func (o ownFigures) FigureBy(ctx context.Context, of office.NodeID, cut figure.Cut, key string, from, to int) (map[string]figure.Hist, error) {
	if of != o.n.ID {
		return nil, nil
	}
	cells, err := o.n.Store.FigureBy(ctx, cut, key, from, to)
	if err != nil {
		return nil, err
	}
	out := map[string]figure.Hist{}
	for _, c := range cells {
		if out[c.Key.Key] == nil {
			out[c.Key.Key] = figure.Hist{}
		}
		out[c.Key.Key][c.Class] += c.N
	}
	return out, nil
}

// Spoke is now.
func (o ownFigures) Spoke() map[office.NodeID]time.Time {
	return map[office.NodeID]time.Time{o.n.ID: o.n.Kit.Now()}
}

// Against finds nothing: that needs the word of others.
func (ownFigures) Against(int, int) []figure.Contradiction { return nil }
