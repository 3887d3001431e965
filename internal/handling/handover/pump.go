package handover

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// How the outbox behaves. A claimed parcel is free again after lease, so a killed replica delays it by that much at most.
const (
	lease     = 15 * time.Second
	batch     = 256
	firstWait = time.Second
	longWait  = exchange.LongestRest
	flights   = 4                     // packets on their way to one node at a time
	soon      = 20 * time.Millisecond // an envelope that came too early is repeated at once
	patient   = 5 * time.Second       // and then ever more slowly, up to this: what it waits for may be leased
	quick     = 8                     // tries before that
	earlyMost = 60                    // but a thing that never comes is no reason to ask so often
)

// Pump sends what is due and stores the receipts that come back. It returns how many parcels it tried; 0 means that
// nothing is due. An unreachable node is no error: its parcels wait longer each time, five minutes at most (I9).
func (p *Post) Pump(ctx context.Context) (int, error) {
	now := p.Kit.Now()
	parcels, err := p.Store.Parcels(ctx, now, lease, batch)
	if err != nil || len(parcels) == 0 {
		return 0, err
	}
	var order []office.NodeID
	byNode := map[office.NodeID][]exchange.Parcel{}
	for _, parcel := range parcels {
		if byNode[parcel.To] == nil {
			order = append(order, parcel.To)
		}
		byNode[parcel.To] = append(byNode[parcel.To], parcel)
	}
	failed := make(chan error, len(order))
	each(order, p.Parallel, func(to office.NodeID) { failed <- p.sendAll(ctx, to, byNode[to]) })
	close(failed)
	for err := range failed {
		if err != nil {
			return len(parcels), err
		}
	}
	return len(parcels), nil
}

func (p *Post) sendAll(ctx context.Context, to office.NodeID, parcels []exchange.Parcel) error {
	node, ok := p.Kit.Trust().Node(to)
	if !ok {
		return p.wait(ctx, parcels)
	}
	protocol := p.protocol(node)
	packets := inPackets(parcels, exchange.Capacity(protocol))
	failed := make(chan error, len(packets))
	each(packets, min(p.Parallel, flights), func(list []exchange.Parcel) { failed <- p.send(ctx, node, protocol, list) })
	close(failed)
	for err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// inPackets cuts parcels into packets. What is about one case stands together, in its order, so that no two packets race
// for the case; only a case with more parcels than a packet takes is cut.
func inPackets(parcels []exchange.Parcel, capacity int) [][]exchange.Parcel {
	var order []string
	byCase := map[string][]exchange.Parcel{}
	for _, parcel := range parcels {
		if byCase[parcel.Case] == nil {
			order = append(order, parcel.Case)
		}
		byCase[parcel.Case] = append(byCase[parcel.Case], parcel)
	}
	var packets [][]exchange.Parcel
	var last []exchange.Parcel
	for _, id := range order {
		if len(last)+len(byCase[id]) > capacity && len(last) > 0 {
			packets, last = append(packets, last), nil
		}
		for _, parcel := range byCase[id] {
			if len(last) == capacity {
				packets, last = append(packets, last), nil
			}
			last = append(last, parcel)
		}
	}
	if len(last) > 0 {
		packets = append(packets, last)
	}
	return packets
}

// send gives one packet to the channel and deals with the answer. It returns an error only if our own store fails.
func (p *Post) send(ctx context.Context, node office.Node, protocol int, parcels []exchange.Parcel) error {
	packet := exchange.Packet{Protocol: protocol, From: p.Kit.Me, To: node.ID, AnswerKey: make([]byte, 16)}
	if _, err := rand.Read(packet.AnswerKey); err != nil {
		return err
	}
	for _, parcel := range parcels {
		packet.Envelopes = append(packet.Envelopes, parcel.Signed)
	}
	body, err := exchange.PackFor(packet, node.Encrypt)
	var raw []byte
	switch {
	case err == nil:
		raw, err = p.Channel.Send(ctx, node.ID, Message{From: p.Kit.Me, Kind: "packet", Body: body})
	case !errs.Is(err, errs.BodyTooLarge):
		return err
	}
	if n := len(parcels) / 2; n > 0 && errs.KindOf(err) == errs.TooLarge { // together they would never pass
		return errors.Join(p.send(ctx, node, protocol, parcels[:n]), p.send(ctx, node, protocol, parcels[n:]))
	}
	if err != nil {
		return p.wait(ctx, parcels)
	}
	answer, err := exchange.UnpackAnswer(raw, packet)
	if err != nil { // garbage is as good as no answer
		return p.wait(ctx, parcels)
	}
	return p.settle(ctx, node.ID, parcels, answer)
}

func (p *Post) settle(ctx context.Context, to office.NodeID, parcels []exchange.Parcel, answer exchange.Answer) error {
	open := map[string]exchange.Parcel{}
	for _, parcel := range parcels {
		open[parcel.ID] = parcel
	}
	type pair struct {
		parcel  exchange.Parcel
		signed  proof.Signed
		receipt exchange.Receipt
	}
	var good []pair
	for _, s := range answer.Receipts {
		var named struct {
			Envelope string `json:"envelope"`
		}
		if err := s.Into(&named); err != nil {
			continue
		}
		parcel, ok := open[named.Envelope]
		if !ok {
			continue
		}
		r, err := exchange.OpenReceipt(s, p.Kit.Trust(), parcel)
		if err != nil || p.timely(r.At) != nil {
			continue
		}
		delete(open, parcel.ID)
		good = append(good, pair{parcel, s, r})
	}
	// Receipts of notices, messages, ratings and complaints change nothing but the outbox: they share a unit. Each of the others goes with its case.
	var noted []pair
	moved := good[:0:0]
	for _, g := range good {
		if still(g.parcel.Kind) && (g.parcel.Kind != exchange.Inquiry || g.receipt.Status != exchange.Refused) {
			noted = append(noted, g)
		} else {
			moved = append(moved, g)
		}
	}
	u := unit.Unit{At: p.Kit.Now().UTC().Truncate(time.Microsecond)}
	for _, g := range noted {
		u.Settled = append(u.Settled, exchange.Settlement{Parcel: g.parcel.ID, Receipt: g.signed, Status: g.receipt.Status, At: u.At})
	}
	acts := make([]func() error, 0, len(moved)+1)
	if len(noted) > 0 {
		acts = append(acts, func() error { return p.Store.Commit(ctx, u) })
	}
	for _, g := range moved {
		acts = append(acts, func() error {
			if g.parcel.Kind == exchange.Inquiry {
				return p.unasked(ctx, g.parcel, g.signed, g.receipt)
			}
			return p.store(ctx, g.parcel, g.signed, g.receipt)
		})
	}
	failed := make(chan error, len(acts))
	each(acts, p.Parallel, func(act func() error) { failed <- act() })
	close(failed)
	for err := range failed {
		if err != nil {
			return err
		}
	}
	return p.rest(ctx, to, parcels, open, answer)
}

// still are the kinds of envelopes that move nothing.
func still(k exchange.Kind) bool {
	return k == exchange.Notice || k == exchange.Message || k == exchange.Rating || k == exchange.Complaint || k == exchange.Inquiry || k == exchange.Order || k == exchange.Deletion || k == exchange.Papers || k == exchange.Challenge
}

// rest deals with the envelopes that got no receipt: attachments that are missing are sent, then the parcel is due again;
// one that came before its turn is due again soon; all others wait longer.
func (p *Post) rest(ctx context.Context, to office.NodeID, parcels []exchange.Parcel, open map[string]exchange.Parcel, answer exchange.Answer) error {
	early := map[proof.Hash]bool{}
	for _, f := range answer.Faults {
		early[f.Envelope] = f.Code == errs.NotInOrder || f.Code == errs.Stale
	}
	pushed, asked := map[string]bool{}, map[exchange.Need]bool{}
	for _, need := range answer.Needs {
		parcel, ok := open[need.Envelope]
		need.Have = 0
		if !ok || asked[need] || !names(parcel, need.Address) {
			continue
		}
		asked[need] = true // asked for a thousand times it is still sent once
		pushed[parcel.ID] = p.push(ctx, to, need) == nil
	}
	return p.postpone(ctx, slices.DeleteFunc(slices.Clone(parcels), func(parcel exchange.Parcel) bool {
		_, waiting := open[parcel.ID]
		return !waiting
	}), func(parcel exchange.Parcel) time.Duration {
		switch {
		case pushed[parcel.ID] && parcel.Tries < earlyMost: // nobody is served for ever
			return soon
		case early[parcel.Signed.Hash()] && parcel.Tries < earlyMost:
			return min(patient, soon<<min(max(parcel.Tries-quick, 0), 16))
		}
		return p.longer(parcel)
	})
}

func (p *Post) push(ctx context.Context, to office.NodeID, need exchange.Need) error {
	return p.Files.Push(ctx, need.Address, func(ctx context.Context, piece []byte) ([]byte, error) {
		return p.Channel.Send(ctx, to, Message{From: p.Kit.Me, Kind: "chunk", Body: piece})
	})
}

// store is the sender's last transaction: receipt and case together, and the envelope leaves the outbox (I2). The case is
// the one that this process remembers, if it does: if another replica has changed it since, the commit is refused.
func (p *Post) store(ctx context.Context, parcel exchange.Parcel, signed proof.Signed, r exchange.Receipt) error {
	defer p.turn(parcel.Case)()
	c, ok := p.Store.Recent(parcel.Case)
	err := unit.Retry(ctx, func() error {
		if !ok {
			var err error
			if c, err = p.Store.Case(ctx, parcel.Case); err != nil {
				return err
			}
		}
		ok = false
		now := p.Kit.Now().UTC().Truncate(time.Microsecond)
		changed := casefile.Settle(c, r, p.Kit.Me)
		return p.Store.Commit(ctx, unit.Unit{
			At: now, Case: &changed,
			Settled: []exchange.Settlement{{Parcel: parcel.ID, Receipt: signed, Status: r.Status, At: now}},
		})
	})
	if err == nil && slices.Contains(outdated, r.Reason) && p.Outdated != nil {
		p.Outdated(r.From)
	}
	return err
}

// wait gives parcels back to the outbox, each for twice as long as before.
func (p *Post) wait(ctx context.Context, parcels []exchange.Parcel) error {
	return p.postpone(ctx, parcels, p.longer)
}

// longer is twice as long as before, and no longer than the parcel is old: quick tries of an envelope that came too early
// do not count as an outage. A parcel posted by a clock that has been put back since is as old as it is ahead.
func (p *Post) longer(parcel exchange.Parcel) time.Duration {
	age := min(p.Kit.Now().Sub(parcel.At).Abs(), longWait)
	return min(longWait, firstWait<<min(parcel.Tries, 9), firstWait+age)
}

// postpone gives parcels back to the outbox, each for its own time.
func (p *Post) postpone(ctx context.Context, parcels []exchange.Parcel, wait func(exchange.Parcel) time.Duration) error {
	byWait := map[time.Duration][]exchange.Parcel{}
	for _, parcel := range parcels {
		d := wait(parcel)
		byWait[d] = append(byWait[d], parcel)
	}
	for _, d := range slices.Sorted(maps.Keys(byWait)) { // in a fixed order, so that a simulated kill strikes at the same one
		if err := p.Store.Postpone(ctx, ids(byWait[d]), p.Kit.Now().Add(d)); err != nil {
			return err
		}
	}
	return nil
}

func ids(parcels []exchange.Parcel) []string {
	out := make([]string, len(parcels))
	for i, p := range parcels {
		out[i] = p.ID
	}
	return out
}

func names(p exchange.Parcel, address proof.Hash) bool {
	for _, f := range p.Files {
		if f.Address == address {
			return true
		}
	}
	return false
}
