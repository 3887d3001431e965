package fsck

import (
	"fmt"
	"slices"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/figure"
	"tongban/internal/handling/count"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// figures reckons what each case adds to the node's figures again, from its facts with a good signature, and holds the sum
// against the aggregates. A case whose newest facts are marked as not counted yet may lag behind; the sum of what was
// counted may not.
func (c *check) figures(n Node) error {
	reckoner := count.Reckoner(figure.Default(), c.opt.Catalogue, c.opt.Calendar)
	sum := figure.Sum{}
	cases, behind := 0, 0
	err := n.Reader.EachCaseID(c.ctx, func(id string) error {
		have, marked, err := n.Reader.Tallies(c.ctx, id)
		if err != nil {
			return c.spoilt(n, id, err)
		}
		facts, err := n.Reader.Facts(c.ctx, id)
		if err != nil {
			return c.spoilt(n, id, err)
		}
		receipts, err := n.Reader.HeldReceipts(c.ctx, id)
		if err != nil {
			return c.spoilt(n, id, err)
		}
		cases++
		sum.Add(have, 1)
		if marked {
			behind++
			return nil
		}
		if now := reckoner.Tallies(n.ID, figure.Events(c.signedFacts(n, facts), c.signedReceipts(n, receipts))); !slices.Equal(have, now) {
			c.say("figure", n, id, fmt.Sprintf("%d entries in the figures, its signed facts and receipts give %d others", len(have), len(now)))
		}
		return nil
	})
	if err != nil {
		return err
	}
	cells, err := n.Reader.Figures(c.ctx)
	if errs.KindOf(err) == errs.Corrupt {
		return c.spoilt(n, "", err)
	}
	if err != nil {
		return err
	}
	for _, cell := range cells {
		sum[cell.Key] -= cell.N
	}
	for _, off := range sum.Cells() {
		c.say("figure", n, "", fmt.Sprintf("%s %s %d %s class %d is off by %d", off.Figure, off.Cut, off.Month, off.Key.Key, off.Class, -off.N))
	}
	c.report.Checked["figures"] += len(cells)
	c.report.Checked["figure-cases"] += cases
	c.report.Checked["figure-behind"] += behind
	c.behind[n.ID] = behind > 0
	return nil
}

// signedFacts are those whose signature is that of the node they name.
func (*check) signedFacts(n Node, list []casefile.Known) []casefile.Fact {
	out := make([]casefile.Fact, 0, len(list))
	for _, k := range list {
		if signedBy(n, k.Signed, casefile.TypFact, k.Fact.By) == "" {
			out = append(out, k.Fact)
		}
	}
	return out
}

// signedReceipts are those whose signature is that of the node they name.
func (*check) signedReceipts(n Node, list []proof.Signed) []exchange.Receipt {
	out := make([]exchange.Receipt, 0, len(list))
	for _, s := range list {
		var r exchange.Receipt
		if s.Into(&r) == nil && signedBy(n, s, exchange.TypReceipt, r.From) == "" {
			out = append(out, r)
		}
	}
	return out
}
