package node

import (
	"context"
	"time"
)

// tellRound brings out what waits to be told.
func (n *Node) tellRound(ctx context.Context) (time.Duration, error) {
	told, err := n.Room.Round(ctx)
	if err != nil || told > 0 {
		return 0, err
	}
	return 250 * time.Millisecond, nil
}
