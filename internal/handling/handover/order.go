package handover

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// takeOrder keeps what the supervisor of another province asks about a case, or what became of what was asked there. A node orders
// nobody here: what is no request, or not the sender's to say, is refused for good.
func (p *Post) takeOrder(ctx context.Context, u *unit.Unit, known casefile.Case, e exchange.Envelope, hash proof.Hash) (proof.Signed, error) {
	if known.ID == "" {
		return proof.Signed{}, errs.New(errs.NotInOrder, "case %s is not here", e.Case)
	}
	have, err := p.Store.Orders(ctx, e.Case)
	if err != nil {
		return proof.Signed{}, err
	}
	var n watch.Note
	if proof.Unmarshal(e.Private, &n) != nil {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	var given *watch.Order
	if n.Given != nil {
		given = &watch.Order{}
		by, err := p.Kit.Trust().Check(*n.Given, watch.TypOrder)
		if err != nil || by.ID != e.From || n.Given.Into(given) != nil {
			return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
		}
	}
	f, err := n.Arrived(known, e.From, p.Kit.Me, given, have, p.Kit.Watch, p.Kit.Calendar, u.At)
	if err != nil {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	u.Orders = append(u.Orders, f)
	return p.receipt(e, hash, exchange.Noted, "", u.At)
}
