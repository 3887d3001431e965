// Package sequence hashes committed log entries into the node's tree in batches and signs the head. Entries commit with
// their act (rule I5); hashing them inside every transaction would cost a third of the throughput.
package sequence

import (
	"context"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Batch is a number of entries that enters the tree, with the head that then holds.
type Batch struct {
	From   int64      // the tree's size before
	IDs    []string   // of the entries, as and in the order that Unsequenced gave them
	Pos    int64      // where the first of Hashes is stored (tlog numbering)
	Hashes [][32]byte // the new stored hashes
	At     time.Time
	Root   [32]byte
	SM, ES []byte // the signed head: the SM2 document, and the P-256 signature over its body that browsers check; ES may be empty
}

// Store keeps the log. Unsequenced gives entries that are not in the tree yet, oldest first. AppendTree stores a batch in
// one commit and fails with errs.Stale if the tree is no longer of the size it grew from, so that two replicas cannot fork
// it. TreeSize is its size; Hashes reads stored hashes by position.
type Store interface {
	Unsequenced(ctx context.Context, limit int) (ids []string, leaves [][]byte, err error)
	TreeSize(ctx context.Context) (int64, error)
	Hashes(ctx context.Context, positions []int64) ([][32]byte, error)
	AppendTree(ctx context.Context, b Batch) error
}

// Most is how many entries a Round hashes at most.
const Most = 1024

// Round hashes what is pending, Most entries in one batch, and gives the number of entries. Losing the race to another replica is
// no error.
func Round(ctx context.Context, kit *unit.Kit, store Store) (int, error) {
	ids, leaves, err := store.Unsequenced(ctx, Most)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	size, err := store.TreeSize(ctx)
	if err != nil {
		return 0, err
	}
	g, err := accesslog.Grow(ctx, size, store.Hashes, leaves)
	if err != nil {
		return 0, err
	}
	at := kit.Now().UTC().Truncate(time.Microsecond)
	head, err := g.Sign(kit.Signer, kit.Me, at)
	if err != nil {
		return 0, err
	}
	signed, err := proof.Marshal(head)
	if err != nil {
		return 0, err
	}
	b := Batch{From: size, IDs: ids, Pos: g.Pos, Hashes: g.Hashes, At: at, Root: g.Root, SM: signed}
	if kit.ES256 != nil {
		if b.ES, err = kit.ES256.SignES256(head.Body); err != nil {
			return 0, err
		}
	}
	err = store.AppendTree(ctx, b)
	if errs.Is(err, errs.Stale) {
		return 0, nil
	}
	return len(ids), err
}
