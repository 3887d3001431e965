package entrance

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/fee"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// feeBox is what a case's page says about its fee. An empty Text is a matter that costs nothing.
type feeBox struct {
	Text, Amount string
	Href, Go     string // where it is paid; "" if nothing is to be done
}

// fee is how the fee of a case stands, or who takes it.
func (e *entrance) fee(ctx context.Context, c casefile.Case) (feeBox, error) {
	if e.fees == nil {
		return feeBox{}, nil
	}
	at, err := e.fees.Payee(c)
	if errs.Is(err, errs.NoFeeHere) {
		return feeBox{}, nil
	}
	if err != nil {
		return feeBox{}, err
	}
	path := "/cases/" + string(c.No) + "/pay"
	if at.Node != e.me {
		return feeBox{Text: page.T(ctx, "pay.elsewhere", officeName(ctx, at)), Href: e.Entrances[at.Node] + path, Go: page.T(ctx, "pay.title")}, nil
	}
	ch, err := e.fees.Of(ctx, c)
	if errs.Is(err, errs.NoFeeHere) { // not yet: it comes to that office later
		return feeBox{}, nil
	}
	if err != nil {
		return feeBox{}, err
	}
	box := feeBox{Text: page.T(ctx, "pay.standing."+string(ch.Standing())), Href: path, Go: page.T(ctx, "pay.title")}
	if ch.Owing() > 0 && ch.Standing() == fee.Due {
		box.Amount = page.T(ctx, "pay.total", page.Yuan(ch.Owing()))
	}
	return box, nil
}

// quote is what the matter costs for the answers given.
func (v guideView) quote() fee.Quote { return fee.Of(v.Version, v.Answers, v.On) }
