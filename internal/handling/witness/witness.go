// Package witness lets provinces sign the heads of each other's access logs, so that nobody can show two histories
// (rule I5). A witness remembers the last head it signed of each log, and signs the next one only when it is shown that
// the log merely grew.
package witness

import (
	"context"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/throttle"
	"tongban/internal/proof"
)

// Kind is the door of a node's channel at which heads arrive.
const Kind = "witness"

const (
	// maxBody bounds offers and replies, in bytes: two signed heads and a path.
	maxBody = 32 << 10
	// perNode is how many heads of one log are looked at in a minute.
	perNode = 240
)

// Fork is evidence that a node signed two heads of one size that differ.
type Fork struct {
	At          time.Time // business time at which it was noticed
	Seen, Shown proof.Signed
}

// Store is what witnessing needs of a node. What was not there is errs.Missing (HeadAt) or false (SeenHead). KeepSeen
// fails with errs.Stale if another replica was first. Safe for concurrent use.
type Store interface {
	TreeSize(ctx context.Context) (int64, error)
	HeadAt(ctx context.Context, size int64) (head proof.Signed, es []byte, err error)
	Hashes(ctx context.Context, positions []int64) ([][32]byte, error)
	WitnessesOf(ctx context.Context, size int64) ([]proof.Signed, error)
	AddWitness(ctx context.Context, size int64, by office.NodeID, signed proof.Signed) error
	SeenHead(ctx context.Context, node office.NodeID) (proof.Signed, bool, error)
	KeepSeen(ctx context.Context, node office.NodeID, was, size int64, signed proof.Signed) error
	KeepFork(ctx context.Context, node office.NodeID, size int64, f Fork) error
}

// offer is what the owner of a log shows: its head, and how it grew from the one that the witness signed last.
type offer struct {
	Head   proof.Signed   `json:"head"`
	From   int64          `json:"from,omitempty"` // size of the tree that Growth begins with; 0: none is shown
	Growth accesslog.Path `json:"growth,omitempty"`
}

// reply is a Witness, or the head that the witness holds when it cannot sign.
type reply struct {
	Signed proof.Signed `json:"signed,omitzero"`
	Have   proof.Signed `json:"have,omitzero"`
}

// Witness is the side that signs.
type Witness struct {
	kit   *unit.Kit
	store Store
	nodes *throttle.Throttle
}

// New makes the signing side of a node; now is security time.
func New(kit *unit.Kit, store Store, now func() time.Time) *Witness {
	return &Witness{kit: kit, store: store, nodes: throttle.New(perNode, time.Minute, now)}
}

// Receive answers a head that the node from shows of its own log. Errors: those of accesslog.OpenHead, errs.LogNotShown if the
// way from the last head does not hold, errs.LogForked with the evidence kept.
func (w *Witness) Receive(ctx context.Context, from office.NodeID, body []byte) ([]byte, error) {
	if err := w.nodes.Take(string(from)); err != nil {
		return nil, err
	}
	if len(body) > maxBody {
		return nil, errs.New(errs.LogNotShown, "%d bytes", len(body))
	}
	var o offer
	if err := proof.Unmarshal(body, &o); err != nil {
		return nil, err
	}
	h, err := accesslog.OpenHead(o.Head, w.kit.Trust())
	if err != nil {
		return nil, err
	}
	if h.Node != from || from == w.kit.Me {
		return nil, errs.New(errs.LogNotShown, "a head of %s, brought by %s", h.Node, from)
	}
	r, err := w.judge(ctx, o, h)
	if err != nil {
		return nil, err
	}
	return proof.Marshal(r)
}

func (w *Witness) judge(ctx context.Context, o offer, h accesslog.Head) (reply, error) {
	seen, ok, err := w.store.SeenHead(ctx, h.Node)
	if err != nil {
		return reply{}, err
	}
	var last accesslog.Head
	if ok {
		if err := seen.Into(&last); err != nil {
			return reply{}, err
		}
	}
	switch {
	case ok && h.Forks(last):
		f := Fork{At: w.now(), Seen: seen, Shown: o.Head}
		if err := w.store.KeepFork(ctx, h.Node, h.Size, f); err != nil {
			return reply{}, err
		}
		return reply{}, errs.New(errs.LogForked, "%s at %d", h.Node, h.Size)
	case ok && h.Size < last.Size, ok && h.Size > last.Size && o.From != last.Size:
		return reply{Have: seen}, nil
	case ok && h.Size > last.Size:
		if err := h.CheckGrowth(last, o.Growth); err != nil {
			return reply{}, err
		}
	}
	if h.Size > last.Size {
		if err := w.store.KeepSeen(ctx, h.Node, last.Size, h.Size, o.Head); err != nil {
			return reply{}, err // another replica signed for a head meanwhile: shown again, it is judged by that one
		}
	}
	signed, err := proof.SignJSON(w.kit.Signer, accesslog.TypWitness, accesslog.Witness{
		Head: o.Head.Hash(), Node: h.Node, Size: h.Size, By: w.kit.Me, At: w.now(),
	})
	return reply{Signed: signed}, err
}

func (w *Witness) now() time.Time { return w.kit.Now().UTC().Truncate(time.Microsecond) }
