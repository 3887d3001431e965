package decide

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/handling/unit"
	"tongban/internal/proof"
)

// entrusted pins the mandate under which a case is handled, if it is handled in another place's name: errs.NoMandate if none carries
// it today. The other place judges again, by the day of the decision.
func (b *Bench) entrusted(c casefile.Case) (casefile.Case, error) {
	return c.Entrusted(b.Kit.Mandate(c, c.Day(b.Kit.Now())))
}

// toSeal offers what was decided to the place in whose name it was, with all facts of this node about it: there they are held
// against mandate and rule, and the document is made. If that place is down the offer waits in the outbox.
func (b *Bench) toSeal(ctx context.Context, u *unit.Unit, c casefile.Case, by casefile.Actor, decided proof.Signed) error {
	known, err := b.Store.Facts(ctx, c.ID)
	if err != nil {
		return err
	}
	var facts []proof.Signed
	for _, k := range known {
		if k.Fact.By == b.Kit.Me {
			facts = append(facts, k.Signed)
		}
	}
	c, step, err := casefile.Dispatch(c, b.Kit.Me, by, unit.NewID(), b.Kit.Now())
	if err != nil {
		return err
	}
	c, sent, err := b.Kit.Record(u, c, step, by.ID)
	if err != nil {
		return err
	}
	seal, _ := c.Sealing()
	return b.Kit.Offer(u, c, seal.Key, append(facts, decided, sent), nil)
}
