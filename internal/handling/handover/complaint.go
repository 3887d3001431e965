package handover

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/notice"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// takeComplaint keeps a complaint about an office here, or a step of those who look into it elsewhere; the person is told of an answer
// in the same unit. What the sender may not say is refused for good.
func (p *Post) takeComplaint(ctx context.Context, u *unit.Unit, known casefile.Case, e exchange.Envelope, hash proof.Hash) (proof.Signed, error) {
	if known.ID == "" {
		return proof.Signed{}, errs.New(errs.NotInOrder, "case %s is not here", e.Case)
	}
	have, err := p.Store.Complaints(ctx, e.Case)
	if err != nil {
		return proof.Signed{}, err
	}
	var w complaint.Word
	if proof.Unmarshal(e.Private, &w) != nil {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	x, err := w.Arrived(known, e.From, p.Kit.Me, have, p.Kit.Complaints, p.Kit.Calendar, u.At)
	if err != nil {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	u.Complaints = append(u.Complaints, x)
	if x.Taker == p.Kit.Me && x.Care.State == complaint.Answered {
		p.Kit.Notify(u, notice.Answer(known, x.ID, len(x.Care.Steps), x.Office, u.At))
	}
	return p.receipt(e, hash, exchange.Noted, "", u.At)
}
