package fsck

import (
	"slices"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/kernel/errs"
)

// originals is I1 and I2 for the papers of a case: each has exactly one holder, and where both ends know the same it is the same one; what
// is in a bag is in no other; lists and receipts are signed by the ends; and no case is closed while an original is out.
func (c *check) originals(n Node, f casefile.Case) error {
	ch, err := n.Reader.Originals(c.ctx, f.ID)
	if err != nil {
		return c.spoilt(n, f.ID, err)
	}
	if f.Originals != ch.Summary() {
		c.say("state", n, f.ID, "the case says otherwise of its papers than their chain")
	}
	if !f.Closed.IsZero() && f.Originals.Out > 0 {
		c.say("I1", n, f.ID, "the case is closed, and an original is out")
	}
	if len(ch.Papers) == 0 {
		return nil
	}
	c.report.Checked["originals"] += len(ch.Papers)
	e, err := original.EndsOf(f)
	if err != nil {
		c.say("I1", n, f.ID, "papers of a case without two ends:", err.Error())
		return nil
	}
	if err := ch.Proved(f, n.Trust); err != nil {
		c.say("I2", n, f.ID, "the papers:", err.Error())
	}
	for _, p := range ch.Papers {
		c.paper(n, f, e, ch, p)
	}
	return c.bothEnds(n, f, e, ch)
}

// paper checks that one has one holder, and that the bags say the same of it.
func (c *check) paper(n Node, f casefile.Case, e original.Ends, ch original.Chain, p original.Paper) {
	in := 0
	for _, b := range ch.Bags {
		if b.Got == nil && b.No == p.Bag && slices.Contains(b.Papers, p.ID) {
			in++
		}
	}
	held := p.Office == e.Window.Office || p.Office == e.Decider.Office
	ok := false
	switch p.Where {
	case original.Home:
		ok = p.Office == ""
	case original.Held, original.Missing, original.Settled:
		ok = held
	case original.Sent:
		ok = held && in == 1
	}
	if !ok {
		c.say("I1", n, f.ID, "paper", p.ID, "is", string(p.Where), "at", p.Office, "and in", string(p.Bag))
	}
}

// bothEnds holds the two ends against each other once neither waits to tell the other anything about the papers.
func (c *check) bothEnds(n Node, f casefile.Case, e original.Ends, ch original.Chain) error {
	other, ok := c.at(e.Other(n.ID))
	if !ok || other.ID == n.ID {
		return nil
	}
	there, err := other.Reader.Originals(c.ctx, f.ID)
	if errs.Is(err, errs.Missing) {
		return nil // it is not offered yet; the word of the papers waits for it
	}
	if err != nil {
		return c.spoilt(other, f.ID, err)
	}
	for _, from := range []struct {
		n  Node
		to office.NodeID
	}{{n, other.ID}, {other, n.ID}} {
		waits, err := c.tells(from.n, f.ID, from.to)
		if err != nil || waits {
			return err
		}
	}
	for _, p := range ch.Papers {
		i := slices.IndexFunc(there.Papers, func(o original.Paper) bool { return o.ID == p.ID })
		if i < 0 {
			c.say("I2", n, f.ID, "paper", p.ID, "is not known at", string(other.ID))
			continue
		}
		if o := there.Papers[i]; o.Where != p.Where || o.Office != p.Office || o.Bag != p.Bag || o.Differs != p.Differs {
			c.say("I1", n, f.ID, "paper", p.ID, "is", string(p.Where), "at", p.Office, "here and", string(o.Where), "at", o.Office, "there")
		}
	}
	return nil
}

// tells reports whether a node still has to tell another something about a case's papers. What was refused never arrives.
func (c *check) tells(n Node, id string, to office.NodeID) (waits bool, _ error) {
	err := n.Reader.ParcelsOf(c.ctx, id, func(p exchange.Parcel, s *exchange.Settlement) error {
		if p.Kind == exchange.Papers && p.To == to && s == nil {
			waits = true
		}
		return nil
	})
	if err != nil {
		return false, c.spoilt(n, id, err)
	}
	return waits, nil
}
