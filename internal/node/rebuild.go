package node

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"tongban/internal/adapter/blobs"
	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/rebuild"
	"tongban/internal/handling/sequence"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// restored is what a node needs to come back from a backup. A node that was never restored is open from the start.
type restored struct {
	shut chan struct{} // closed once the node may answer
	mute atomic.Bool   // until the log has reached the last head that others saw, nothing is signed

	collector *rebuild.Collector
	answerer  *rebuild.Answerer // helps others
	holder    *rebuild.Holder   // keeps pieces of others' logs
	copier    *rebuild.Copier   // gives pieces of the own log to others
}

// mutedKeys sign nothing while the node must not.
type mutedKeys struct {
	gm.KeyProvider
	mute *atomic.Bool
}

func (k mutedKeys) SignKey(name string) (gm.SignKey, error) {
	key, err := k.KeyProvider.SignKey(name)
	return mutedKey{key, k.mute}, err
}

func (k mutedKeys) ES256Key(name string) (gm.ES256Key, error) {
	key, err := k.KeyProvider.ES256Key(name)
	return mutedES256{key, k.mute}, err
}

type mutedKey struct {
	gm.SignKey
	mute *atomic.Bool
}

func (k mutedKey) Sign(msg []byte) ([]byte, error) {
	if k.mute.Load() {
		return nil, errCollecting()
	}
	return k.SignKey.Sign(msg)
}

type mutedES256 struct {
	gm.ES256Key
	mute *atomic.Bool
}

func (k mutedES256) SignES256(msg []byte) ([]byte, error) {
	if k.mute.Load() {
		return nil, errCollecting()
	}
	return k.ES256Key.SignES256(msg)
}

func errCollecting() error { return errs.New(errs.Collecting, "this node was restored") }

// Collecting gives errs.Collecting until a restored node has got back what others keep of it.
func (n *Node) Collecting() error {
	select {
	case <-n.back.shut:
		return nil
	default:
		return errCollecting()
	}
}

// openRebuild reads whether the node was restored, and makes the sides that help others.
func (n *Node) openRebuild(ctx context.Context) error {
	n.back.shut = make(chan struct{})
	st, err := rebuild.StateOf(ctx, n.Store)
	if err != nil {
		return err
	}
	n.back.mute.Store(st.Collecting)
	if !st.Collecting {
		close(n.back.shut)
	}
	n.back.answerer = rebuild.NewAnswerer(n.Kit, n.Store, n.Files, time.Now)
	n.back.holder = rebuild.NewHolder(n.Kit, n.Store, time.Now)
	return nil
}

// joinRebuild makes the sides that ask others, once the node has its channel.
func (n *Node) joinRebuild(key gm.DecryptKey) {
	n.back.copier = &rebuild.Copier{
		Kit: n.Kit, Store: n.Store, Vault: n.Vault, Channel: door{n.Post.Channel, n.ID, rebuild.CopyKind},
	}
	n.back.collector = &rebuild.Collector{
		Kit: n.Kit, Store: n.Store, Post: doneAgain{n.Post}, Files: n.Files, Key: key, Vault: n.Vault, Secure: time.Now,
		Channel: door{n.Post.Channel, n.ID, rebuild.Kind}, Series: n.series,
		Reached: func() { n.back.mute.Store(false) }, Said: n.meetAll,
	}
}

// Rebuild goes through everything that others keep of a restored node once. It is done when Progress.State.Collecting is false:
// then the node answers again.
func (n *Node) Rebuild(ctx context.Context) (rebuild.Progress, error) {
	p, err := n.back.collector.Round(ctx)
	if err == nil && !p.State.Collecting && n.Collecting() != nil {
		close(n.back.shut)
	}
	return p, err
}

// rebuildEvery is how often a restored node asks those who did not answer.
const rebuildEvery = 2 * time.Second

// comeBack rebuilds a restored node until it is open or ctx ends.
func (n *Node) comeBack(ctx context.Context) {
	var said []office.NodeID
	for n.Collecting() != nil {
		p, err := n.Rebuild(ctx)
		switch {
		case err != nil:
			n.log.LogAttrs(ctx, slog.LevelWarn, "rebuild", slog.String("node", string(n.ID)), slog.String("error", err.Error()))
		case len(p.Waiting) > 0 && len(p.Waiting) != len(said):
			n.log.LogAttrs(ctx, slog.LevelWarn, "rebuild waits", slog.String("node", string(n.ID)), slog.Any("for", p.Waiting))
		}
		said = p.Waiting
		if n.Collecting() == nil {
			break
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(rebuildEvery):
		}
	}
}

// meetAll gets back what this node said about rules and sharing, which are numbered: none may be said twice.
func (n *Node) meetAll(ctx context.Context) error {
	for _, id := range n.others() {
		if err := n.MeetRules(ctx, id); err != nil {
			return err
		}
		if err := n.MeetSharing(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// series are the numbers that may have been begun between two business times: case numbers are of a day, receipts of a year,
// licences of a type.
func (n *Node) series(from, to time.Time) []string {
	var out []string
	last := workday.DateOf(to)
	for day := workday.DateOf(from); !day.After(last); day = day.AddDays(1) {
		out = append(out, "case-"+day.String())
		if year := "fee-receipt-" + strconv.Itoa(day.Year()); len(out) == 1 || day.AddDays(-1).Year() != day.Year() {
			out = append(out, year)
		}
	}
	for _, t := range n.Issuer.Types {
		out = append(out, "licence-"+t.Code)
	}
	return out
}

// sequenceRound hashes what waits and lets the copier remember it.
func (n *Node) sequenceRound(ctx context.Context) (int, error) {
	return sequence.Round(ctx, n.Kit, seenLog{n.Store, n.back.copier})
}

// seenLog tells the copier what enters the tree, so that it need not be read again.
type seenLog struct {
	sequence.Store
	copier *rebuild.Copier
}

// AppendTree stores a batch.
func (s seenLog) AppendTree(ctx context.Context, b sequence.Batch) error {
	err := s.Store.AppendTree(ctx, b)
	if err == nil {
		s.copier.Saw(b.From, b.Leaves)
	}
	return err
}

// doneAgain is the post room as a rebuild uses it.
type doneAgain struct{ *handover.Post }

// Opened checks an envelope with its receipt.
func (d doneAgain) Opened(envelope, receipt proof.Signed) (rebuild.Envelope, error) {
	e, _, at, err := d.OpenOwn(envelope, receipt)
	out := rebuild.Envelope{ID: e.ID, From: e.From, Case: e.Case, At: at}
	for _, f := range e.Files {
		out.Files = append(out.Files, f.Address)
	}
	return out, err
}

// pieceSize is how much of an attachment travels in one answer, in bytes.
const pieceSize = 512 << 10

// Piece reads a piece of an attachment in the form in which pieces travel.
func (f files) Piece(ctx context.Context, address proof.Hash, from int64) ([]byte, error) {
	total, complete := f.store.Have(address)
	if !complete || from < 0 || from > total {
		return nil, errs.New(errs.BlobMissing, "%s from %d", address, from)
	}
	r, err := f.store.Open(ctx, address, from)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(io.LimitReader(r, pieceSize))
	if err != nil {
		return nil, err
	}
	return blobs.EncodeChunk(blobs.Chunk{Address: address, Offset: from, Total: total, Data: b})
}
