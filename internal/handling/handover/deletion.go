package handover

import (
	"context"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/retention"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// takeDeletion notes that what this node told for a case is deleted at who asked. A receipt about something that was not told to its
// sender, or not for that case, is refused for good; one that came before changes nothing.
func (p *Post) takeDeletion(ctx context.Context, u *unit.Unit, e exchange.Envelope, hash proof.Hash) (proof.Signed, error) {
	var s proof.Signed
	if proof.Unmarshal(e.Private, &s) != nil {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	r, err := retention.Open(s, p.Kit.Trust(), e.From, p.Kit.Me, e.Case)
	if err != nil || p.timely(r.At) != nil {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	for _, g := range r.Gone {
		a, err := p.Store.Answered(ctx, e.From, g.ID)
		switch {
		case errs.Is(err, errs.Missing) || err == nil && (a.Case != e.Case || a.Question != g.Question && !a.Question.IsZero()):
			return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
		case err != nil:
			return proof.Signed{}, err
		case !a.Deleted.IsZero():
			continue
		}
		u.Gone = append(u.Gone, unit.Gone{Asker: e.From, ID: g.ID, At: r.At, Receipt: s})
		u.Log = append(u.Log, accesslog.Entry{
			Kind: accesslog.Act, At: u.At, Case: e.Case, Who: string(e.From), What: unit.ShareDeleted, Reason: workday.DateOf(r.At).String(), Fact: g.Question, Basis: r.Basis,
		})
	}
	return p.receipt(e, hash, exchange.Noted, "", u.At)
}
