package node

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/handling/sequence"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// Wake makes a started node look at its outbox at once. It never blocks.
func (n *Node) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Tick does once everything that is due: it sends, counts silences, and hashes new log entries. It starts nothing, so the
// simulation turns a node with it. It reports whether there was anything to do.
func (n *Node) Tick(ctx context.Context) (bool, error) {
	if n.Collecting() != nil {
		p, err := n.Rebuild(ctx)
		return !p.State.Collecting, err
	}
	sent, err := n.Post.Pump(ctx)
	if err != nil {
		return sent > 0, err
	}
	due, err := n.due(ctx)
	if err != nil {
		return true, err
	}
	over, err := n.expire(ctx)
	if err != nil {
		return true, err
	}
	lapsed, err := n.Visits.Lapse(ctx)
	if err != nil {
		return true, err
	}
	told, err := n.Room.Round(ctx)
	if err != nil {
		return true, err
	}
	given, err := n.Works.Round(ctx)
	if err != nil {
		return true, err
	}
	counted, err := n.Count.Round(ctx)
	if err != nil {
		return true, err
	}
	if counted == 0 {
		if _, err := n.press.Round(ctx); err != nil {
			return true, err
		}
	}
	looked, err := n.Watch.Round(ctx)
	if err != nil {
		return true, err
	}
	resealed, err := n.Store.Reseal(ctx)
	if err != nil {
		return true, err
	}
	hashed, err := n.sequenceRound(ctx)
	if resealed == sqlstore.ResealMore {
		hashed++
	}
	return sent+due+over+lapsed+told+given+counted+looked+hashed > 0, err
}

// dueLease is how long claimed due work stays with this replica.
const dueLease = time.Minute

// due does the work that the clock started.
func (n *Node) due(ctx context.Context) (int, error) {
	list, err := n.Store.DueWork(ctx, n.Kit.Now(), dueLease, 64)
	if err != nil {
		return 0, err
	}
	var failed []error // one case that cannot be dealt with keeps nobody else waiting
	for _, d := range list {
		if err := n.dueOne(ctx, d); err != nil {
			failed = append(failed, err)
		}
	}
	return len(list), errors.Join(failed...)
}

// dueOne does one piece of work that the clock started. What is not taken off the list is looked at again when its lease ends.
func (n *Node) dueOne(ctx context.Context, d unit.Due) error {
	switch d.Kind {
	case unit.DueSilence:
		_, err := n.Bench.Silence(ctx, d.Case)
		switch {
		case err == nil, errs.Is(err, errs.Stale): // a lost race is looked at again
			return nil
		case errs.Is(err, errs.NotAllowedNow), errs.Is(err, errs.InTransit):
			return n.Store.Commit(ctx, unit.Unit{At: n.Kit.Now(), Due: []unit.Due{{Case: d.Case, Kind: d.Kind}}})
		}
		return err
	case unit.DueSeal:
		err := n.Issuer.Seal(ctx, d.Case)
		switch {
		case err == nil, errs.Is(err, errs.Stale):
			return nil
		case errs.Is(err, errs.NotAllowedNow):
			return n.Store.Commit(ctx, unit.Unit{At: n.Kit.Now(), Due: []unit.Due{{Case: d.Case, Kind: d.Kind}}})
		}
		return err
	case unit.DueRemind:
		return n.Room.Remind(ctx, d.Case)
	case unit.DueInquiry:
		if err := n.Asks.Settle(ctx, d.Case); !errs.Is(err, errs.Stale) {
			return err
		}
	case unit.DueKeep:
		if err := n.Eraser.Settle(ctx, d.Case); !errs.Is(err, errs.Stale) {
			return err
		}
	case unit.DueFee:
		if err := n.Till.Settle(ctx, d.Case); !errs.Is(err, errs.Stale) && !errs.Is(err, errs.BankAway) {
			return err
		}
	}
	return nil
}

// Start turns the wheel until Stop: at once when woken, otherwise every quarter of a second. A second Start is an error.
func (n *Node) Start(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop != nil {
		return errs.New(errs.NotAllowedNow, "%s runs already", n.ID)
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	if n.Collecting() != nil {
		wg.Go(func() { n.comeBack(ctx) })
	}
	for range min(senders, n.Post.Parallel) {
		wg.Go(func() { n.loop(ctx, n.sendRound) })
	}
	wg.Go(func() { n.loop(ctx, n.quietRound) })
	wg.Go(func() { n.loop(ctx, n.witnessRound) })
	wg.Go(func() { n.loop(ctx, n.sweep) })
	if n.Kit.Outlets {
		wg.Go(func() { n.loop(ctx, n.tellRound) })
	}
	if n.Kit.Systems != nil {
		wg.Go(func() { n.loop(ctx, n.workRound) })
		wg.Go(func() { n.loop(ctx, n.switchRound) })
	}
	wg.Go(func() { n.loop(ctx, n.keyRound) })
	wg.Go(func() { n.loop(ctx, n.countRound) })
	wg.Go(func() { n.loop(ctx, n.watchRound) })
	wg.Go(func() { n.loop(ctx, n.stateRound) })
	wg.Go(func() { n.loop(ctx, n.contestRound) })
	wg.Go(func() { n.loop(ctx, n.keepMissed) })
	wg.Go(func() { n.loop(ctx, n.rulesRound()) })
	wg.Go(func() { n.loop(ctx, n.sharingRound()) })
	n.stop = func() {
		cancel()
		wg.Wait()
		_, _ = n.keepMissed(context.WithoutCancel(ctx)) // a database that is away loses a minute of counts
	}
	return nil
}

// gather is how long a round of sending waits while another is on its way: what is posted meanwhile shares its packets. No
// longer, for the other may be waiting for a node that does not answer.
const gather = 20 * time.Millisecond

// roundTurn waits until no other round of sending is on its way, or for as long as gather.
func (n *Node) roundTurn(ctx context.Context) (done func()) {
	late := time.NewTimer(gather)
	defer late.Stop()
	select {
	case n.sending <- struct{}{}:
		return func() { <-n.sending }
	case <-late.C:
	case <-ctx.Done():
	}
	return func() {}
}

// sendRound pumps until nothing is due, then waits to be woken.
func (n *Node) sendRound(ctx context.Context) (time.Duration, error) {
	done := n.roundTurn(ctx)
	sent, err := n.Post.Pump(ctx)
	done()
	if err != nil || sent > 0 {
		return 0, err
	}
	select {
	case <-n.wake:
	case <-ctx.Done():
	case <-time.After(250 * time.Millisecond):
	}
	return 0, nil
}

func (n *Node) quietRound(ctx context.Context) (time.Duration, error) {
	_, failed := n.due(ctx)
	_, lapsed := n.Visits.Lapse(ctx)
	failed = errors.Join(failed, lapsed)
	_, err := n.expire(ctx)
	failed = errors.Join(failed, err)
	for {
		hashed, err := n.sequenceRound(ctx)
		if err != nil || hashed < sequence.Most {
			return 500 * time.Millisecond, errors.Join(failed, err)
		}
	}
}

// keyEvery is how often the node asks for news of the keys at rest, keyPause what it leaves others between two pages of a change.
const (
	keyEvery = 5 * time.Second
	keyPause = 20 * time.Millisecond
)

func (n *Node) keyRound(ctx context.Context) (time.Duration, error) {
	r, err := n.Store.Reseal(ctx)
	if r == sqlstore.ResealMore && err == nil {
		return keyPause, nil
	}
	return keyEvery, err
}

// countEvery is how often the store is asked for cases with new facts, while it has few.
const countEvery = 2 * time.Second

func (n *Node) countRound(ctx context.Context) (time.Duration, error) {
	counted, err := n.Count.Round(ctx)
	if counted > 0 && err == nil {
		return 0, nil
	}
	if err == nil { // all is counted
		_, err = n.press.Round(ctx)
	}
	return countEvery, err
}

// watchEvery is how often the node asks for cases whose clocks ran out: alarms come at the turn of a day.
const watchEvery = 2 * time.Second

func (n *Node) watchRound(ctx context.Context) (time.Duration, error) {
	looked, err := n.Watch.Round(ctx)
	if looked > 0 && err == nil {
		return 0, nil
	}
	return watchEvery, err
}

// stateEvery is how often the node looks whether its figures have changed since it stated them.
const stateEvery = 30 * time.Second

// stateRound states the figures; a hub that is away hears of them later.
func (n *Node) stateRound(ctx context.Context) (time.Duration, error) {
	_, err := n.speaker.Round(ctx)
	switch errs.KindOf(err) { //nolint:exhaustive // what the hub or the way to it says is no fault of this node
	case errs.Unavailable, errs.Forbidden, errs.NotFound, errs.Invalid:
		return stateEvery, nil
	}
	return stateEvery, err
}

// witnessEvery is how often the newest head is shown to its witnesses: what is younger cannot be proved yet.
const witnessEvery = 2 * time.Second

func (n *Node) witnessRound(ctx context.Context) (time.Duration, error) {
	return witnessEvery, n.ShowHead(ctx)
}

// ShowHead gives the log to those who keep a copy and shows the newest head that they could bring back to its witnesses. A head
// that nobody could bring back is shown only if nobody keeps copies at all.
func (n *Node) ShowHead(ctx context.Context) error {
	kept, failed := n.back.copier.Round(ctx)
	_, err := n.keeper.Round(ctx, kept)
	return errors.Join(failed, err)
}

// staleAfter is how long an attachment may arrive without growing before its beginning is dropped and its sender starts
// again; otherwise what never ends would use up a sender's quota.
const staleAfter = 24 * time.Hour

// sweep drops attachments that stopped arriving, and drafts that nobody touched for their life.
func (n *Node) sweep(ctx context.Context) (time.Duration, error) {
	_, err := n.Files.store.DropStale(n.Kit.Now().Add(-staleAfter))
	return time.Hour, errors.Join(err, n.dropDrafts(ctx))
}

// dropDrafts removes the files first: after a power cut between the two the draft is still there to be dropped again.
func (n *Node) dropDrafts(ctx context.Context) error {
	for {
		list, err := n.Store.StaleDrafts(ctx, n.Kit.Now(), 64)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, d := range list {
			for _, f := range d.Blobs() {
				if err := n.Files.Remove(f); err != nil {
					return err
				}
			}
			if err := n.Store.DropDraft(ctx, d.ID, d.Row); err != nil && !errs.Is(err, errs.Stale) {
				return err
			}
		}
	}
}

// loop runs a round again and again. An error (a database that is away) is logged and tried again after a second: nothing
// is lost meanwhile, because nothing was acknowledged.
func (n *Node) loop(ctx context.Context, round func(context.Context) (time.Duration, error)) {
	select { // a restored node does nothing else before it is back
	case <-n.back.shut:
	case <-ctx.Done():
		return
	}
	for ctx.Err() == nil {
		pause, err := round(ctx)
		if err != nil && ctx.Err() == nil {
			n.log.LogAttrs(ctx, slog.LevelWarn, "round failed", slog.String("node", string(n.ID)), slog.String("error", err.Error()))
			pause = time.Second
		}
		if pause > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
	}
}

// Stop ends the wheel, leaves the channel and closes the store. A second Stop does nothing.
func (n *Node) Stop() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop != nil {
		n.stop()
		n.stop = nil
	}
	n.leave()
	n.leave = func() {}
	return n.Store.Close()
}
