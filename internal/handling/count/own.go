package count

import (
	"context"
	"time"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
)

// Own are a node's figures as they stand now, as boards ask for them.
type Own struct {
	Me    office.NodeID
	Now   func() time.Time
	Store interface {
		FigureBy(ctx context.Context, cut figure.Cut, key string, from, to int) ([]figure.Cell, error)
	}
}

// FigureBy reads one figure; of another node it knows nothing.
func (o Own) FigureBy(ctx context.Context, of office.NodeID, cut figure.Cut, key string, from, to int) (map[string]figure.Hist, error) {
	if of != o.Me {
		return nil, nil
	}
	cells, err := o.Store.FigureBy(ctx, cut, key, from, to)
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
func (o Own) Spoke() map[office.NodeID]time.Time { return map[office.NodeID]time.Time{o.Me: o.Now()} }

// Against finds nothing: that needs the word of others.
func (Own) Against(int, int) []figure.Contradiction { return nil }
