package fsck

import (
	"fmt"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
)

// money holds the account of a case against the rule of its fee: every payment that came has its receipt, nobody's money is held
// beyond what is due, none went back that did not come, and nothing was granted that had to be paid first.
func (c *check) money(n Node, f casefile.Case) error {
	ch, err := n.Reader.Charge(c.ctx, f.ID)
	if errs.Is(err, errs.Missing) {
		return c.unpaid(n, f)
	}
	if err != nil {
		return c.spoilt(n, f.ID, err)
	}
	c.report.Checked["charges"]++
	papers, err := n.Reader.Papers(c.ctx, f.ID)
	if err != nil {
		return c.spoilt(n, f.ID, err)
	}
	receipts := map[string]bool{}
	for _, p := range papers {
		if p.Kind == string(document.Payment) {
			receipts[p.Number] = true
		}
	}
	refs, back := map[string]bool{}, map[string]int{}
	for _, b := range ch.Back {
		back[b.Order] += b.Fen
	}
	for _, p := range ch.Payments {
		switch {
		case p.State != fee.Paid:
			continue
		case !receipts[p.Receipt]:
			c.say("fee", n, f.ID, "payment", p.Order, "has no receipt", p.Receipt)
		case p.Ref != "" && refs[p.Ref]:
			c.say("fee", n, f.ID, "the bank's payment", p.Ref, "is counted twice")
		}
		refs[p.Ref] = true
		if back[p.Order] > p.Fen {
			c.say("fee", n, f.ID, fmt.Sprintf("%d of %d went back for %s", back[p.Order], p.Fen, p.Order))
		}
		delete(back, p.Order)
	}
	for order := range back {
		c.say("fee", n, f.ID, "money went back for", order, "which never came")
	}
	if ch.Held() > ch.Wanted() {
		c.say("fee", n, f.ID, fmt.Sprintf("%d are held, %d are due", ch.Held(), ch.Wanted()))
	}
	if d, _ := f.LegOf(item.Decide); d.Outcome == casefile.Granted && ch.Before != "" && ch.Owing() > 0 && d.Node == n.ID {
		c.say("fee", n, f.ID, fmt.Sprintf("granted while %d were owing", ch.Owing()))
	}
	return nil
}

// unpaid is a case that nobody paid for: one that had to be paid before it was granted has an account.
func (c *check) unpaid(n Node, f casefile.Case) error {
	d, _ := f.LegOf(item.Decide)
	v, err := c.opt.Catalogue.VersionByDigest(f.Rule.Digest)
	if err != nil || d.Outcome != casefile.Granted || d.Node != n.ID {
		return nil //nolint:nilerr // a digest that nobody knows is I8's to say
	}
	if q := fee.Of(v, f.Private.Said, f.Rule.On); q.Taker == item.There && q.Before != "" && q.Charged() {
		c.say("fee", n, f.ID, "granted without the fee that comes first")
	}
	return nil
}
