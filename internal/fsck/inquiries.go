package fsck

import (
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// asked checks all that a node's offices asked and were asked (协查).
func (c *check) asked(n Node) error {
	err := n.Reader.EachInquiry(c.ctx, func(q inquiry.Inquiry) error {
		return c.settled(func() error {
			q, err := n.Reader.Inquiry(c.ctx, q.ID)
			if err != nil {
				return c.spoilt(n, "", err)
			}
			return c.inquiry(n, q)
		})
	})
	if err != nil {
		return c.settled(func() error { return c.spoilt(n, "", err) })
	}
	return nil
}

// askedOf is asked for one case.
func (c *check) askedOf(n Node, id string) error {
	list, err := n.Reader.Inquiries(c.ctx, id)
	if err != nil {
		return c.spoilt(n, id, err)
	}
	for _, q := range list {
		if err := c.inquiry(n, q); err != nil {
			return err
		}
	}
	return nil
}

// inquiry is I2 and I3 for one: both letters are signed by who should have, no answer without its letter; what was asked is at the
// office that was asked or waits in the outbox, and so is the answer; and nobody still works on a question that was ended.
func (c *check) inquiry(n Node, q inquiry.Inquiry) error {
	c.report.Checked["inquiries"]++
	if err := q.Proved(n.Trust); err != nil {
		c.say("I2", n, q.Of.ID, "inquiry", q.ID, err.Error())
	}
	if q.From == q.To {
		return nil
	}
	if q.From == n.ID {
		return c.reached(n, q, q.To, q.ID, "question")
	}
	if q.Reply == nil {
		return nil
	}
	return c.reached(n, q, q.From, q.Reply.ID, "answer")
}

// reached checks that a word of n about q is at the other node, or waits in n's outbox.
func (c *check) reached(n Node, q inquiry.Inquiry, to office.NodeID, envelope, what string) error {
	_, settled, err := n.Reader.Sent(c.ctx, envelope)
	switch {
	case errs.Is(err, errs.Missing):
		c.say("I2", n, q.Of.ID, what, "of inquiry", q.ID, "was never sent")
		return nil
	case err != nil:
		return c.spoilt(n, q.Of.ID, err)
	case settled == nil:
		return nil
	case settled.Status == exchange.Refused:
		if q.State == inquiry.Open {
			c.say("I2", n, q.Of.ID, "inquiry", q.ID, "was refused and still waits")
		}
		return nil
	}
	other, ok := c.at(to)
	if !ok {
		return nil
	}
	there, err := other.Reader.Inquiry(c.ctx, q.ID)
	switch {
	case errs.Is(err, errs.Missing):
		c.say("I2", n, q.Of.ID, "inquiry", q.ID, "is not at", string(to))
	case err != nil:
		return c.spoilt(other, q.Of.ID, err)
	case q.Reply != nil && to == q.From && (there.Reply == nil || there.Reply.ID != q.Reply.ID):
		c.say("I3", n, q.Of.ID, "the answer to inquiry", q.ID, "is another one at", string(to))
	}
	return nil
}
