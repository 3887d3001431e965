package handover

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/rating"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// takeRating keeps what people elsewhere said of an office here, or what became of what was said here; the person who wanted
// to hear is told in the same unit. What the sender may not say is refused for good.
func (p *Post) takeRating(ctx context.Context, u *unit.Unit, known casefile.Case, e exchange.Envelope, hash proof.Hash) (proof.Signed, error) {
	if known.ID == "" {
		return proof.Signed{}, errs.New(errs.NotInOrder, "case %s is not here", e.Case)
	}
	have, err := p.Store.Ratings(ctx, e.Case)
	if err != nil {
		return proof.Signed{}, err
	}
	var w rating.Word
	if proof.Unmarshal(e.Private, &w) != nil {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	r, err := w.Arrived(known, e.From, p.Kit.Me, have, p.Kit.Ratings, p.Kit.Calendar, u.At)
	if err != nil {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	u.Ratings = append(u.Ratings, r)
	if r.Named && r.Taker == p.Kit.Me {
		p.Kit.Notify(u, notice.Heard(known, r.ID, len(r.Care.Steps), r.Office, u.At))
	}
	return p.receipt(e, hash, exchange.Noted, "", u.At)
}
