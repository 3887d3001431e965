package handover

import (
	"context"
	"slices"
	"sync"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
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
	cases := p.cases(ctx, groups)
	each(groups, p.Parallel, func(group []opened) {
		defer p.turn(group[0].envelope.Case)()
		for i, o := range group {
			var first *casefile.Case
			if c, ok := cases[o.envelope.Case]; ok && i == 0 {
				first = &c
			}
			receipt, needs, err := p.take(ctx, o, first)
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

// cases reads at once the cases of a packet that the process does not remember, with a zero Case for one that is not here.
// What it finds may be old by the time it is used: then the commit is refused and the case is read anew. nil if the store
// could not answer for all, which it may be able to do one by one.
func (p *Post) cases(ctx context.Context, groups [][]opened) map[string]casefile.Case {
	var ids []string
	for _, g := range groups {
		if _, ok := p.Store.Recent(g[0].envelope.Case); !ok {
			ids = append(ids, g[0].envelope.Case)
		}
	}
	if len(ids) < 2 {
		return nil
	}
	known, err := p.Store.Cases(ctx, ids)
	if err != nil {
		return nil
	}
	out := make(map[string]casefile.Case, len(ids))
	for _, id := range ids {
		out[id] = known[id]
	}
	return out
}

// take deals with one envelope once. A repeat gets the first receipt; the same id with other content is refused. first is
// the envelope's case if it was read for the packet.
//
// An envelope that this process has not met is taken for new: if it is not, the inbox's key refuses the commit. Whatever
// else stands in its way, the first answer to it holds for ever, so that is looked for before an error is told.
func (p *Post) take(ctx context.Context, o opened, first *casefile.Case) (proof.Signed, []exchange.Need, error) {
	e, hash := o.envelope, o.signed.Hash()
	if p.met.before(e) {
		if known, ok, err := p.Store.Arrival(ctx, e.From, e.ID); err != nil || ok {
			return p.again(e, hash, known, err)
		}
	}
	receipt, needs, err := p.takeNew(ctx, o, hash, first)
	if err == nil && len(needs) == 0 {
		return receipt, nil, nil
	}
	if known, ok, unread := p.Store.Arrival(ctx, e.From, e.ID); unread != nil || ok {
		return p.again(e, hash, known, unread)
	}
	return proof.Signed{}, needs, err
}

// takeNew deals with an envelope that is thought to be new.
func (p *Post) takeNew(ctx context.Context, o opened, hash proof.Hash, first *casefile.Case) (receipt proof.Signed, _ []exchange.Need, _ error) {
	e := o.envelope
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
	if c, ok := p.Store.Recent(e.Case); ok && first == nil {
		receipt, err = p.takeOnce(ctx, o.signed, e, hash, facts, c, true)
		if err == nil || errs.Is(err, errs.Repeated) {
			return receipt, nil, err
		} // even one that took place may be repeated: then the inbox's key refuses it
	}
	err = unit.Retry(ctx, func() error {
		c := first
		if first = nil; c == nil {
			read, err := p.Store.Case(ctx, e.Case)
			if err != nil && !errs.Is(err, errs.Missing) {
				return err
			}
			c = &read
		}
		receipt, err = p.takeOnce(ctx, o.signed, e, hash, facts, *c, false)
		return err
	})
	return receipt, nil, err
}

// again answers an envelope that came before; err is that of looking for it.
func (p *Post) again(e exchange.Envelope, hash proof.Hash, known exchange.Arrival, err error) (proof.Signed, []exchange.Need, error) {
	if err != nil {
		return proof.Signed{}, nil, err
	}
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

// takeOnce answers an envelope and commits the answer with its effect. recent says that known is remembered and not read: it
// may then be the ground of a change, which the case's version guards, and not of an answer that changes nothing.
func (p *Post) takeOnce(ctx context.Context, s proof.Signed, e exchange.Envelope, hash proof.Hash, facts []casefile.Known, known casefile.Case, recent bool) (proof.Signed, error) {
	now := p.Kit.Now().UTC().Truncate(time.Microsecond)
	u := unit.Unit{At: now, Facts: slices.Clone(facts)}
	var r proof.Signed
	var err error
	switch e.Kind {
	case exchange.Offer:
		r, err = p.takeOffer(&u, known, e, hash, facts)
	case exchange.Notice:
		r, err = p.takeNotice(ctx, &u, known, e, hash, facts)
	case exchange.Message:
		r, err = p.takeMessage(ctx, &u, known, e, hash)
	case exchange.Rating:
		r, err = p.takeRating(ctx, &u, known, e, hash)
	case exchange.Order:
		r, err = p.takeOrder(ctx, &u, known, e, hash)
	case exchange.Inquiry:
		r, err = p.takeInquiry(ctx, &u, e, hash)
	case exchange.Papers:
		r, err = p.takePapers(ctx, &u, known, e, hash)
	case exchange.Complaint:
		r, err = p.takeComplaint(ctx, &u, known, e, hash)
	case exchange.Challenge:
		r, err = p.takeChallenge(ctx, &u, known, e, hash)
	case exchange.Deletion:
		r, err = p.takeDeletion(ctx, &u, e, hash)
	case exchange.Recall:
		return p.takeRecall(ctx, s, e, hash, now)
	}
	if err != nil {
		return proof.Signed{}, err
	}
	if recent && u.Case == nil {
		return proof.Signed{}, errs.New(errs.Stale, "case %s has to be read", e.Case)
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
