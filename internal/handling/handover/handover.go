// Package handover moves legs between nodes. Its life is: one transaction at the sender puts the signed envelope into the
// outbox; the pump sends it until a signed receipt is stored; one transaction at the receiver stores inbox key, case and
// receipt together. The channel may lose, repeat or reorder anything (rules I1–I3, I9).
package handover

import (
	"context"
	"hash/fnv"
	"sync"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/item"
	"tongban/internal/domain/message"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/domain/rating"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// Store is where cases, outbox and inbox are kept. Commit is durable when it returns; it fails with errs.Repeated if the
// arrival (sender, envelope id) is stored already, and with errs.Stale if the case was changed since it was read. Parcels
// claims up to n parcels that are due, for the time of lease, so that replicas share the outbox; Postpone gives them back. Cases
// leaves out what is not there, and fails as a whole if one row does not open. RecentFacts gives the facts that this node made of
// a case up to a version, if the process remembers them all. Originals gives an empty chain for a case that has none.
// Safe for concurrent use.
type Store interface {
	unit.Cases
	Facts(ctx context.Context, caseID string) ([]casefile.Known, error)
	RecentFacts(id string, version int64) (own []casefile.Known, ok bool)
	Arrival(ctx context.Context, from office.NodeID, id string) (exchange.Arrival, bool, error)
	Cases(ctx context.Context, ids []string) (map[string]casefile.Case, error)
	Messages(ctx context.Context, caseID string) ([]message.Message, error)
	Ratings(ctx context.Context, caseID string) ([]rating.Rating, error)
	Orders(ctx context.Context, caseID string) ([]watch.Filed, error)
	Inquiry(ctx context.Context, id string) (inquiry.Inquiry, error)
	Originals(ctx context.Context, caseID string) (original.Chain, error)
	Complaints(ctx context.Context, caseID string) ([]complaint.Complaint, error)
	Challenge(ctx context.Context, id string) (challenge.Challenge, error)
	Challenges(ctx context.Context, caseID string) ([]challenge.Challenge, error)
	FoundOf(ctx context.Context, caseID string) ([]unit.Found, error)
	DeletedOf(ctx context.Context, caseID string) ([]unit.Erased, error)
	Answered(ctx context.Context, asker office.NodeID, id string) (unit.Answered, error)
	Parcel(ctx context.Context, id string) (exchange.Parcel, error)
	Sent(ctx context.Context, id string) (exchange.Parcel, *exchange.Settlement, error)
	Parcels(ctx context.Context, now time.Time, lease time.Duration, n int) ([]exchange.Parcel, error)
	Postpone(ctx context.Context, ids []string, until time.Time) error
	Commit(ctx context.Context, u unit.Unit) error
}

// Files is where attachments are kept, content-addressed and encrypted. Push offers a blob piece by piece, from the byte
// that the other side has on; Take is that other side; Have tells how much of a blob is here and whether all of it is.
type Files interface {
	Push(ctx context.Context, address proof.Hash, send func(ctx context.Context, piece []byte) (answer []byte, err error)) error
	Take(ctx context.Context, from office.NodeID, piece []byte) (answer []byte, err error)
	Have(address proof.Hash) (have int64, complete bool)
}

// Post is a node's post room.
type Post struct {
	Kit     *unit.Kit
	Store   Store
	Files   Files
	Key     gm.DecryptKey
	Channel Channel
	// Parallel is how many envelopes of a packet are worked on at once, so that their units share commits; 1 keeps a
	// strict order for the simulation.
	Parallel int
	// Outdated is told whose rules this node has fallen behind; it must not block. May be nil.
	Outdated func(office.NodeID)
	// Secure is security time, by which the age of a consent counts; nil is business time.
	Secure func() time.Time

	turns [256]turnstile // by a hash of the case: see turn
	met   met
}

// turnstile lets one through at a time.
type turnstile struct {
	once sync.Once // guards the making of free
	free chan struct{}
}

// patience is how long a turn is waited for.
const patience = 250 * time.Millisecond

// turn waits until nobody else in this process moves a case for the post room, but not for long, and gives the function
// that ends the turn. It only spares the races that are sure to be lost: what guards the case is its row version.
func (p *Post) turn(caseID string) (done func()) {
	if p.Parallel <= 1 {
		return func() {}
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(caseID)) // never fails
	t := &p.turns[h.Sum32()%uint32(len(p.turns))]
	t.once.Do(func() { t.free = make(chan struct{}, 1) })
	select {
	case t.free <- struct{}{}:
		return func() { <-t.free }
	default:
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case t.free <- struct{}{}:
		return func() { <-t.free }
	case <-late.C:
		return func() {}
	}
}

// HandOver ends the window's part and offers what follows it to the places of the plan. When it returns the hand-over is safe here,
// whatever becomes of the other places: it is delivered when they can be reached.
func (p *Post) HandOver(ctx context.Context, by casefile.Actor, id string, row int64) (casefile.Case, error) {
	return unit.Act(ctx, p.Store, id, row, func(c casefile.Case) (casefile.Case, error) {
		facts, err := p.ownFacts(ctx, c)
		if err != nil {
			return casefile.Case{}, err
		}
		c, law, err := p.current(c)
		if err != nil {
			return casefile.Case{}, err
		}
		before := c
		c, step, err := casefile.HandOver(c, p.Kit.Me, by, law, unit.NewID, p.Kit.Now())
		if err != nil {
			return casefile.Case{}, err
		}
		var u unit.Unit
		c, fact, err := p.Kit.Record(&u, c, step, by.ID)
		if err != nil {
			return casefile.Case{}, err
		}
		if err := p.Kit.Offers(&u, before, c, append(facts, fact)); err != nil {
			return casefile.Case{}, err
		}
		if until, ok := c.SilenceAt(); ok {
			u.Due = append(u.Due, unit.Due{Case: c.ID, Kind: unit.DueSilence, At: until})
		}
		if err := p.Store.Commit(ctx, u); err != nil {
			return casefile.Case{}, err
		}
		p.Kit.Woken()
		return c, nil
	})
}

// ownFacts are those that this node made of a case, and those of places with a part in it, the oldest first.
func (p *Post) ownFacts(ctx context.Context, c casefile.Case) ([]proof.Signed, error) {
	_, shared := c.LegOf(item.Verify)
	known, ok := p.Store.RecentFacts(c.ID, c.Row)
	if !ok || shared {
		var err error
		if known, err = p.Store.Facts(ctx, c.ID); err != nil {
			return nil, err
		}
	}
	out := make([]proof.Signed, 0, len(known)+1)
	for _, k := range known {
		if l, _ := c.Leg(k.Fact.Leg); k.Fact.By == p.Kit.Me || l.Kind == item.Verify {
			out = append(out, k.Signed)
		}
	}
	return out, nil
}

// AskBack recalls an offer that has no receipt yet. The answer comes over the channel: recalled, or held since when.
func (p *Post) AskBack(ctx context.Context, by casefile.Actor, id string, row int64) (casefile.Case, error) {
	return unit.Act(ctx, p.Store, id, row, func(c casefile.Case) (casefile.Case, error) {
		leg, ok := c.Offered(p.Kit.Me)
		if !ok {
			return casefile.Case{}, errs.New(errs.NotAllowedNow, "%s is not on its way", c.No)
		}
		recall := unit.NewID()
		c, err := casefile.AskBack(c, p.Kit.Me, by, leg.Key, recall)
		if err != nil {
			return casefile.Case{}, err
		}
		u := unit.Unit{At: p.Kit.Now().UTC().Truncate(time.Microsecond), Case: &c}
		if err := p.Kit.Post(&u, exchange.Envelope{
			ID: recall, To: leg.Transit.To, Kind: exchange.Recall, Case: c.ID, Leg: leg.Key, At: u.At,
			Recalls: leg.Transit.Envelope,
		}); err != nil {
			return casefile.Case{}, err
		}
		if err := p.Store.Commit(ctx, u); err != nil {
			return casefile.Case{}, err
		}
		p.Kit.Woken()
		return c, nil
	})
}

func (p *Post) protocol(n office.Node) int {
	mine := p.Kit.Protocol
	if mine == 0 {
		mine = exchange.NewestProtocol
	}
	return max(exchange.OldestProtocol, min(mine, n.Protocol))
}
