package node

import (
	"context"

	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/errs"
)

// door is the channel as one kind of question uses it.
type door struct {
	channel handover.Channel
	me      office.NodeID
	kind    string
}

// Ask puts one question to another node.
func (d door) Ask(ctx context.Context, to office.NodeID, body []byte) ([]byte, error) {
	return d.channel.Send(ctx, to, handover.Message{From: d.me, Kind: d.kind, Body: body})
}

// alone is the channel of a node that has none yet: nobody can be reached, and everything waits in the outbox.
type alone struct{}

// Send never reaches anybody.
func (alone) Send(context.Context, office.NodeID, handover.Message) ([]byte, error) {
	return nil, errs.New(errs.TryLater, "this node is not connected to a channel")
}
