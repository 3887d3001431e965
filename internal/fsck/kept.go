package fsck

import (
	"slices"

	"tongban/internal/domain/question"
	"tongban/internal/domain/retention"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/erase"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// kept holds what a node keeps of what others told it for a case against its time, and its receipts against what it keeps: past its date
// nothing is left, and what a receipt calls deleted is not there.
func (c *check) kept(n Node, b *sharing.Book, caseID string) error {
	list, err := n.Reader.FoundOf(c.ctx, caseID)
	if err != nil {
		return c.spoilt(n, caseID, err)
	}
	gone, err := n.Reader.DeletedOf(c.ctx, caseID)
	if err != nil {
		return c.spoilt(n, caseID, err)
	}
	for _, x := range gone {
		c.report.Checked["deletions"]++
		var r retention.Receipt
		err := x.Receipt.Into(&r)
		if err == nil {
			_, err = retention.Open(x.Receipt, n.Trust, n.ID, r.To, caseID)
		}
		if err != nil || !slices.ContainsFunc(r.Gone, func(g retention.Gone) bool { return g.ID == x.ID }) {
			c.say("keep", n, caseID, "the receipt of the deletion of answer", x.ID, "does not hold")
		}
		if slices.ContainsFunc(list, func(f unit.Found) bool { return f.ID == x.ID }) {
			c.say("keep", n, caseID, "answer", x.ID, "was said to be deleted and is here")
		}
	}
	if c.opt.Now.IsZero() || len(list) == 0 {
		return nil
	}
	return c.overdue(n, b, caseID, list)
}

// overdue looks for answers that should have been gone for longer than a node may be late.
func (c *check) overdue(n Node, b *sharing.Book, caseID string, list []unit.Found) error {
	file, err := n.Reader.Case(c.ctx, caseID)
	if err != nil {
		return c.spoilt(n, caseID, err)
	}
	made, err := n.Reader.Complaints(c.ctx, caseID)
	if err != nil {
		return c.spoilt(n, caseID, err)
	}
	said, err := n.Reader.Challenges(c.ctx, caseID)
	if err != nil {
		return c.spoilt(n, caseID, err)
	}
	held := erase.Held(made, said)
	today := workday.DateOf(c.opt.Now)
	for _, f := range list {
		var q question.Query
		days, known := 0, false
		if f.Query.Into(&q) == nil {
			days, known = b.KeepDays(q.Terms, f.Provider, f.Resource)
		}
		if t := retention.Of(file, days, known, held, retention.Default()); t.Late(retention.Default(), today) {
			c.say("keep", n, caseID, "answer", f.ID, "of", string(f.Provider), "was to be deleted after", t.Until.String())
		}
	}
	return nil
}

// gone holds a receipt that a provider got against its signature, and against what the asker keeps where that is among the nodes.
func (c *check) gone(n Node, a unit.Answered) error {
	if a.Deleted.IsZero() {
		return nil
	}
	r, err := retention.Open(a.Receipt, n.Trust, a.Asker, n.ID, a.Case)
	if err != nil {
		c.say("keep", n, a.Case, "the receipt of", string(a.Asker), "for answer", a.ID, "does not hold:", err.Error())
		return nil
	}
	if !r.At.Equal(a.Deleted) || !slices.ContainsFunc(r.Gone, func(g retention.Gone) bool { return g.ID == a.ID }) {
		c.say("keep", n, a.Case, "the receipt of", string(a.Asker), "for answer", a.ID, "does not hold")
		return nil
	}
	asker, ok := c.at(a.Asker)
	if !ok {
		return nil
	}
	list, err := asker.Reader.FoundOf(c.ctx, a.Case)
	switch {
	case errs.Is(err, errs.Missing):
		return nil
	case err != nil:
		return c.spoilt(asker, a.Case, err)
	case slices.ContainsFunc(list, func(f unit.Found) bool { return f.ID == a.ID }):
		c.say("keep", asker, a.Case, "told", string(n.ID), "that answer", a.ID, "is deleted and keeps it")
	}
	return nil
}
