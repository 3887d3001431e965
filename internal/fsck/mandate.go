package fsck

import (
	"fmt"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// mandate holds what a node sealed for another against the mandate that the decision names (行政许可法 第24条): it was in force on the
// day of the decision, named the office, and the case keeps its limits; there is one seal and one document for the decision (I3).
func (c *check) mandate(n Node, f casefile.Case, facts []casefile.Known) error {
	l, ok := f.Sealing()
	if !ok || l.Node != n.ID || l.State != casefile.Done {
		return nil
	}
	c.report.Checked["mandates"]++
	seals := 0
	for _, k := range facts {
		if k.Fact.Act == casefile.ActSeal && k.Fact.By == n.ID {
			seals++
		}
	}
	papers, err := n.Reader.Papers(c.ctx, f.ID)
	if err != nil {
		return c.spoilt(n, f.ID, err)
	}
	made := 0
	for _, p := range papers {
		switch document.Kind(p.Kind) { //nolint:exhaustive // the others are no decisions
		case document.Grant, document.Refusal, document.NotAccepted:
			made++
		}
	}
	if seals != 1 || made != 1 {
		c.say("I3", n, f.ID, fmt.Sprintf("one decision, sealed %d times in %d documents", seals, made))
	}
	d, ok := f.Decided(facts)
	if !ok || !f.Vouched(d) {
		c.say("mandate", n, f.ID, "sealed without the signed word of who decided")
		return nil
	}
	cat, err := c.published(n)
	if err != nil {
		return err
	}
	regions, err := region.Default()
	if err != nil {
		return err
	}
	on := workday.DateOf(d.At)
	a, inForce := cat.Mandated(f.Item, f.Here, f.There, on, regions)
	if why := f.Against(a, inForce); why != "" || a.Digest != d.Mandate {
		c.say("mandate", n, f.ID, "decided by", d.Office, "on", on.String(), "under", d.Mandate, "against", why)
	}
	return nil
}

// published is the catalogue with what a node knows to be published; where it knows nothing, the catalogue as it is.
func (c *check) published(n Node) (*item.Catalogue, error) {
	if cat := c.cats[n.ID]; cat != nil {
		return cat, nil
	}
	cat, err := Published(c.ctx, c.opt.Catalogue, n)
	if err == nil {
		c.cats[n.ID] = cat
	}
	return cat, err
}
