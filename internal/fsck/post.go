package fsck

import (
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/kernel/errs"
)

// post checks all that a node sent and took (I2, I3, I9).
func (c *check) post(n Node) error {
	err := n.Reader.EachParcel(c.ctx, func(p exchange.Parcel, s *exchange.Settlement) error {
		c.report.Checked["parcels"]++
		return c.settled(func() error { return c.parcel(n, p, s) })
	})
	if err != nil {
		if err := c.settled(func() error { return c.spoilt(n, "", err) }); err != nil {
			return err
		}
	}
	err = n.Reader.EachArrival(c.ctx, func(a exchange.Arrival) error {
		c.report.Checked["arrivals"]++
		return c.settled(func() error { return c.arrival(n, a) })
	})
	if err != nil {
		return c.settled(func() error { return c.spoilt(n, "", err) })
	}
	return nil
}

// postOf is post for one case.
func (c *check) postOf(n Node, id string) error {
	err := n.Reader.ParcelsOf(c.ctx, id, func(p exchange.Parcel, s *exchange.Settlement) error {
		c.report.Checked["parcels"]++
		return c.parcel(n, p, s)
	})
	if err != nil {
		if err := c.spoilt(n, id, err); err != nil {
			return err
		}
	}
	list, err := n.Reader.ArrivalsOf(c.ctx, id)
	if err != nil {
		return c.spoilt(n, id, err)
	}
	for _, a := range list {
		c.report.Checked["arrivals"]++
		if err := c.arrival(n, a); err != nil {
			return err
		}
	}
	return nil
}

// transits is I2 seen from the case: what is on its way stands in the outbox and waits.
func (c *check) transits(n Node, f casefile.Case) error {
	for _, l := range f.Legs {
		if l.Transit == nil || l.Holder != n.ID {
			continue
		}
		_, settled, err := n.Reader.Sent(c.ctx, l.Transit.Envelope)
		switch {
		case errs.Is(err, errs.Missing):
			c.say("I2", n, f.ID, "leg", l.Key, "is on its way in", l.Transit.Envelope, "which the outbox does not have")
		case err != nil:
			return c.spoilt(n, f.ID, err)
		case settled != nil:
			c.say("I2", n, f.ID, "leg", l.Key, "is on its way in", l.Transit.Envelope, "which has its receipt")
		}
	}
	return nil
}

// parcel is I2 for one envelope: it waits, or the addressee's own word on it is here.
func (c *check) parcel(n Node, p exchange.Parcel, settled *exchange.Settlement) error {
	if wrong := signedBy(n, p.Signed, exchange.TypEnvelope, n.ID); wrong != "" {
		c.say("I2", n, p.Case, "parcel", p.ID, wrong)
	}
	if settled == nil {
		if c.opt.MaxWait > 0 && c.opt.Now.Sub(p.At) > c.opt.MaxWait {
			c.say("I9", n, p.Case, "parcel", p.ID, "for", string(p.To), "waits since", p.At.String())
		}
		return nil
	}
	r, err := exchange.OpenReceipt(settled.Receipt, n.Trust, p)
	if err != nil {
		c.say("I2", n, p.Case, "parcel", p.ID, "left the outbox without proof:", err.Error())
		return nil
	}
	if r.Status != settled.Status {
		c.say("I2", n, p.Case, "parcel", p.ID, "is", string(settled.Status), "but its receipt says", string(r.Status))
	}
	to, ok := c.at(p.To)
	if !ok {
		return nil
	}
	a, ok, err := to.Reader.Arrival(c.ctx, n.ID, p.ID)
	switch {
	case err != nil:
		return c.spoilt(to, p.Case, err)
	case !ok:
		c.say("I2", n, p.Case, "parcel", p.ID, "has a receipt of", string(p.To), "where it never came")
	case tombstone(a) && r.Status == exchange.Recalled:
	case a.Hash != r.Hash || a.Status != r.Status:
		c.say("I2", n, p.Case, "parcel", p.ID, "is", string(r.Status), "here and", string(a.Status), "at", string(p.To))
	}
	return nil
}

// tombstone reports whether a stands for an offer that was recalled before it came.
func tombstone(a exchange.Arrival) bool {
	return a.Status == exchange.Recalled && len(a.Signed.Body) == 0
}

// arrival holds what came against its own receipt and its sender's outbox (I2, I3).
func (c *check) arrival(n Node, a exchange.Arrival) error {
	if wrong := signedBy(n, a.Receipt, exchange.TypReceipt, n.ID); wrong != "" {
		c.say("I2", n, a.Case, "receipt for", a.ID, wrong)
	}
	var r exchange.Receipt
	if err := a.Receipt.Into(&r); err != nil {
		c.say("I2", n, a.Case, "receipt for", a.ID, err.Error())
		return nil
	}
	if r.Status != a.Status || r.Hash != a.Hash || r.To != a.From || !tombstone(a) && r.Envelope != a.ID {
		c.say("I2", n, a.Case, "receipt for", a.ID, "speaks of something else")
	}
	if tombstone(a) {
		return nil
	}
	if len(a.Signed.Body) > 0 {
		if a.Signed.Hash() != a.Hash {
			c.say("I3", n, a.Case, "envelope", a.ID, "is not the one that came")
		}
		if wrong := signedBy(n, a.Signed, exchange.TypEnvelope, a.From); wrong != "" {
			c.say("I2", n, a.Case, "envelope", a.ID, wrong)
		}
	}
	from, ok := c.at(a.From)
	if !ok {
		return nil
	}
	p, _, err := from.Reader.Sent(c.ctx, a.ID)
	switch {
	case errs.Is(err, errs.Missing):
		c.say("I2", n, a.Case, "envelope", a.ID, "came from", string(a.From), "which never sent it")
	case err != nil:
		return c.spoilt(from, a.Case, err)
	case p.Signed.Hash() != a.Hash:
		c.say("I3", n, a.Case, "envelope", a.ID, "is another one at", string(a.From))
	}
	return nil
}
