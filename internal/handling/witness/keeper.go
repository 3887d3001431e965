package witness

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Channel puts one question to another node and brings the answer; see handover.Channel.
type Channel interface {
	Ask(ctx context.Context, to office.NodeID, body []byte) (answer []byte, err error)
}

const (
	// asked is how many others are asked to witness a head: one more than needed, for the one that is away.
	asked = accesslog.Quorum + 1
	// patience is how long one of them may take.
	patience = 2 * time.Second
)

// Keeper is the side that owns a log and has its heads signed. Not safe for concurrent use; replicas may each have one.
type Keeper struct {
	Kit     *unit.Kit
	Store   Store
	Channel Channel
}

// Round shows the newest head, of most entries at most if most is not 0, to those witnesses that have not signed it, and counts the signatures it got. A witness that is
// away, or refuses, only shortens the list. errs.LogForked if a witness holds a head of ours that our log does not contain:
// then this node has lost part of its log, or somebody else signs with its key.
func (k *Keeper) Round(ctx context.Context, most int64) (int, error) {
	size, err := k.Store.TreeSize(ctx)
	if most > 0 && most < size {
		size = most
	}
	if err != nil || size == 0 {
		return 0, err
	}
	head, _, err := k.Store.HeadAt(ctx, size)
	if err != nil {
		return 0, err
	}
	var h accesslog.Head
	if err := head.Into(&h); err != nil {
		return 0, err
	}
	have, err := k.Store.WitnessesOf(ctx, size)
	if err != nil {
		return 0, err
	}
	trust := k.Kit.Trust()
	done := accesslog.Witnesses(head, h, have, trust)
	var members []office.NodeID
	for _, n := range trust.Nodes {
		members = append(members, n.ID)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	chosen := accesslog.Choose(k.Kit.Me, members, asked)
	got := make([]proof.Signed, len(chosen))
	failed := make([]error, len(chosen))
	var wg sync.WaitGroup
	for i, id := range chosen {
		if !slices.Contains(done, id) {
			wg.Go(func() { got[i], failed[i] = k.show(ctx, id, head, h) })
		}
	}
	wg.Wait()
	n := 0
	for i, s := range got {
		if by := accesslog.Witnesses(head, h, []proof.Signed{s}, trust); len(by) != 1 || by[0] != chosen[i] {
			continue
		}
		if err := k.Store.AddWitness(ctx, size, chosen[i], s); err != nil {
			return n, err
		}
		n++
	}
	return n, errors.Join(failed...)
}

// show offers the head to one witness, a second time with the way from where that one stands. Only a contradiction is an error.
func (k *Keeper) show(ctx context.Context, to office.NodeID, head proof.Signed, h accesslog.Head) (proof.Signed, error) {
	r, ok := k.ask(ctx, to, offer{Head: head})
	if !ok || len(r.Have.Body) == 0 {
		return r.Signed, nil
	}
	last, err := accesslog.OpenHead(r.Have, k.Kit.Trust())
	if err != nil || last.Node != k.Kit.Me {
		return proof.Signed{}, nil //nolint:nilerr // the witness talks nonsense: it does not count
	}
	if last.Size > h.Size {
		size, err := k.Store.TreeSize(ctx)
		if err == nil && size < last.Size {
			err = errs.New(errs.LogForked, "%s holds a head of %d entries, the log has %d", to, last.Size, size)
		}
		return proof.Signed{}, err
	}
	growth, err := accesslog.ProveGrowth(ctx, h.Size, last.Size, k.Store.Hashes)
	if err != nil {
		return proof.Signed{}, err
	}
	if h.CheckGrowth(last, growth) != nil {
		return proof.Signed{}, errs.New(errs.LogForked, "%s holds another head of %d entries", to, last.Size)
	}
	r, _ = k.ask(ctx, to, offer{Head: head, From: last.Size, Growth: growth})
	return r.Signed, nil
}

func (k *Keeper) ask(ctx context.Context, to office.NodeID, o offer) (reply, bool) {
	body, err := proof.Marshal(o)
	if err != nil {
		return reply{}, false
	}
	raw, err := k.Channel.Ask(ctx, to, body)
	if err != nil || len(raw) > maxBody {
		return reply{}, false
	}
	var r reply
	return r, proof.Unmarshal(raw, &r) == nil
}
