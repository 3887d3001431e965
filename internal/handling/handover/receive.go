package handover

import (
	"context"
	"slices"
	"sync"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Receive is the node's Receiver: it deals with a packet of envelopes, or with a piece of an attachment.
func (p *Post) Receive(ctx context.Context, m Message) ([]byte, error) {
	switch m.Kind {
	case "packet":
		return p.packet(ctx, m.Body)
	case "chunk":
		return p.Files.Take(ctx, m.From, m.Body)
	}
	return nil, errs.New(errs.BadPacket, "no door %q", m.Kind)
}

func (p *Post) packet(ctx context.Context, body []byte) ([]byte, error) {
	packet, err := exchange.Unpack(body, p.Key, p.Kit.Me)
	if err != nil {
		return nil, err
	}
	var (
		answer exchange.Answer
		mu     sync.Mutex // guards answer
	)
	say := func(s proof.Signed, receipt proof.Signed, needs []exchange.Need, err error) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err != nil:
			answer.Faults = append(answer.Faults, exchange.Fault{Envelope: s.Hash(), Code: errs.CodeOf(err)})
		case len(needs) > 0:
			answer.Needs = append(answer.Needs, needs...)
		default:
			answer.Receipts = append(answer.Receipts, receipt)
		}
	}
	// Envelopes about one case are dealt with in their order, one after the other: they would only lose races for the case.
	groups := p.open(packet.Envelopes, say)
	first := p.lookUp(ctx, packet.From, groups)
	each(groups, p.Parallel, func(group []opened) {
		defer p.turn(group[0].envelope.Case)()
		for i, o := range group {
			look := p.look
			if i == 0 && first != nil {
				look = first
			}
			receipt, needs, err := p.take(ctx, o.signed, o.envelope, look)
			say(o.signed, receipt, needs, err)
		}
	})
	return exchange.PackAnswer(answer, packet)
}

// opened is an envelope whose signature was checked.
type opened struct {
	signed   proof.Signed
	envelope exchange.Envelope
}

// open checks envelopes and groups those that are good by their case, in the order of the packet.
func (p *Post) open(list []proof.Signed, say func(proof.Signed, proof.Signed, []exchange.Need, error)) [][]opened {
	type checked struct {
		opened
		err error
	}
	all := make([]checked, len(list))
	places := make([]int, len(list))
	for i := range places {
		places[i] = i
	}
	each(places, p.Parallel, func(i int) {
		e, err := exchange.OpenEnvelope(list[i], p.Kit.Trust(), p.Kit.Me)
		all[i] = checked{opened{list[i], e}, err}
	})
	var groups [][]opened
	at := map[string]int{}
	for _, c := range all {
		if c.err != nil {
			say(c.signed, proof.Signed{}, nil, c.err)
			continue
		}
		i, ok := at[c.envelope.Case]
		if !ok {
			i = len(groups)
			at[c.envelope.Case], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], c.opened)
	}
	return groups
}

// each runs do for every element, parallel at a time; in order if parallel is at most 1.
func each[T any](list []T, parallel int, do func(T)) {
	if parallel <= 1 || len(list) == 1 {
		for _, v := range list {
			do(v)
		}
		return
	}
	var wg sync.WaitGroup
	gate := make(chan struct{}, parallel)
	for _, v := range list {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			do(v)
		})
	}
	wg.Wait()
}

// look is what is known of an envelope: how it was answered before, if it was, and its case, zero if it is not here.
type look func(ctx context.Context, e exchange.Envelope) (_ exchange.Arrival, answered bool, _ casefile.Case, _ error)

// look asks the store about one envelope.
func (p *Post) look(ctx context.Context, e exchange.Envelope) (exchange.Arrival, bool, casefile.Case, error) {
	known, ok, err := p.Store.Arrival(ctx, e.From, e.ID)
	if err != nil || ok {
		return known, ok, casefile.Case{}, err
	}
	c, err := p.Store.Case(ctx, e.Case)
	if err != nil && !errs.Is(err, errs.Missing) {
		return known, false, casefile.Case{}, err
	}
	return known, false, c, nil
}

// lookUp asks the store once about the first envelope of each group. What it finds may be old by the time it is used: then
// the commit fails (the case's row version, the inbox's key) and the envelope is looked at anew. nil if the store could
// not answer for all, which it may be able to do one by one.
func (p *Post) lookUp(ctx context.Context, from office.NodeID, groups [][]opened) look {
	if len(groups) < 2 {
		return nil
	}
	ids, cases := make([]string, len(groups)), make([]string, len(groups))
	for i, g := range groups {
		if g[0].envelope.From != from {
			return nil
		}
		ids[i], cases[i] = g[0].envelope.ID, g[0].envelope.Case
	}
	arrivals, err := p.Store.Arrivals(ctx, from, ids)
	if err != nil {
		return nil
	}
	known, err := p.Store.Cases(ctx, cases)
	if err != nil {
		return nil
	}
	return func(_ context.Context, e exchange.Envelope) (exchange.Arrival, bool, casefile.Case, error) {
		a, ok := arrivals[e.ID]
		return a, ok, known[e.Case], nil
	}
}

// take deals with one envelope once. A repeat gets the first receipt; the same id with other content is refused.
func (p *Post) take(ctx context.Context, s proof.Signed, e exchange.Envelope, look look) (proof.Signed, []exchange.Need, error) {
	hash := s.Hash()
	known, ok, c, err := look(ctx, e)
	if err != nil {
		return proof.Signed{}, nil, err
	}
	if ok {
		return p.again(e, hash, known)
	}
	if needs := p.missing(e); len(needs) > 0 {
		return proof.Signed{}, needs, nil
	}
	if err := p.timely(e.At); err != nil {
		return proof.Signed{}, nil, err
	}
	facts, err := p.facts(e)
	if err != nil {
		return proof.Signed{}, nil, err
	}
	var receipt proof.Signed
	stale := false
	err = unit.Retry(ctx, func() error {
		var err error
		if stale {
			if _, ok, c, err = p.look(ctx, e); err != nil {
				return err
			}
			if ok {
				return errs.New(errs.Repeated, "envelope %s of %s", e.ID, e.From)
			}
		}
		stale = true
		receipt, err = p.takeOnce(ctx, s, e, hash, facts, c)
		return err
	})
	if errs.Is(err, errs.Repeated) || errs.Is(err, errs.CaseExists) { // another replica was first
		if known, ok, err := p.Store.Arrival(ctx, e.From, e.ID); err == nil && ok {
			return p.again(e, hash, known)
		}
	}
	return receipt, nil, err
}

func (p *Post) again(e exchange.Envelope, hash proof.Hash, known exchange.Arrival) (proof.Signed, []exchange.Need, error) {
	if known.Hash == hash {
		return known.Receipt, nil, nil
	}
	if known.Kind == exchange.Recall { // the tombstone that a recall left: this offer came after it
		r, err := p.receipt(e, hash, exchange.Recalled, "", known.At)
		return r, nil, err
	}
	return proof.Signed{}, nil, errs.New(errs.ReusedID, "envelope %s of %s", e.ID, e.From)
}

func (p *Post) missing(e exchange.Envelope) []exchange.Need {
	var needs []exchange.Need
	for _, f := range e.Files {
		if have, complete := p.Files.Have(f.Address); !complete {
			needs = append(needs, exchange.Need{Envelope: e.ID, Address: f.Address, Have: have})
		}
	}
	return needs
}

func (p *Post) takeOnce(ctx context.Context, s proof.Signed, e exchange.Envelope, hash proof.Hash, facts []casefile.Known, known casefile.Case) (proof.Signed, error) {
	now := p.Kit.Now().UTC().Truncate(time.Microsecond)
	u := unit.Unit{At: now, Facts: slices.Clone(facts)}
	var r proof.Signed
	var err error
	switch e.Kind {
	case exchange.Offer:
		r, err = p.takeOffer(&u, known, e, hash, facts)
	case exchange.Notice:
		r, err = p.takeNotice(&u, known, e, hash, facts)
	case exchange.Message:
		r, err = p.takeMessage(ctx, &u, known, e, hash)
	case exchange.Recall:
		return p.takeRecall(ctx, s, e, hash, now)
	}
	if err != nil {
		return proof.Signed{}, err
	}
	u.In = &exchange.Arrival{
		From: e.From, ID: e.ID, Case: e.Case, Kind: e.Kind, Signed: s, Hash: hash, Receipt: r, Status: status(r), At: u.At,
	}
	u.Log = append(u.Log, accesslog.Entry{Kind: accesslog.Took, At: u.At, Case: e.Case, Who: string(e.From), What: e.ID})
	if err := p.Store.Commit(ctx, u); err != nil {
		return proof.Signed{}, err
	}
	if len(u.Out) > 0 {
		p.Kit.Woken()
	}
	return r, nil
}

// farAhead is how far a counterpart's clock may be ahead of ours. Acts on a case never go back behind the last one, so a
// time that lies years ahead would stand on every later act; it is taken when its day has come.
const farAhead = 48 * time.Hour

func (p *Post) timely(at time.Time) error {
	if now := p.Kit.Now(); at.After(now.Add(farAhead)) {
		return errs.New(errs.ClockAhead, "%s is after %s", at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// facts opens the facts of an envelope: each must be signed by the node that it names.
func (p *Post) facts(e exchange.Envelope) ([]casefile.Known, error) {
	out := make([]casefile.Known, 0, len(e.Facts))
	for _, s := range e.Facts {
		signer, err := p.Kit.Trust().Check(s, casefile.TypFact)
		if err != nil {
			return nil, err
		}
		var f casefile.Fact
		if err := s.Into(&f); err != nil {
			return nil, err
		}
		if f.By != signer.ID || f.Case != e.Case {
			return nil, errs.New(errs.WrongSender, "fact of %s signed by %s", f.By, signer.ID)
		}
		if err := p.timely(f.At); err != nil {
			return nil, err
		}
		out = append(out, casefile.Known{Case: e.Case, Hash: s.Hash(), Fact: f, Signed: s})
	}
	return out, nil
}
