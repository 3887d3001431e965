package handover

import (
	"context"

	"tongban/internal/domain/office"
)

// Channel carries one message to another node and brings its answer back. It may lose, repeat or reorder anything: the
// outbox and the signed receipts do not need more. Send returns errs.TryLater if nobody answered in time; then the
// message may or may not have arrived. Safe for concurrent use.
type Channel interface {
	Send(ctx context.Context, to office.NodeID, m Message) (answer []byte, err error)
}

// Message is what travels: Kind names the receiver's door ("packet", "chunk", "hello").
type Message struct {
	From office.NodeID
	Kind string
	Body []byte
}

// Receiver answers messages that arrive for one node.
type Receiver func(ctx context.Context, m Message) (answer []byte, err error)
