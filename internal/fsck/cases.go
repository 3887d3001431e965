package fsck

import (
	"fmt"
	"slices"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// view is a case as one node knows it.
type view struct {
	node Node
	c    casefile.Case
}

// oneCase checks a case at a node, and once for all nodes together.
func (c *check) oneCase(n Node, id string) error {
	f, err := n.Reader.Case(c.ctx, id)
	if errs.Is(err, errs.Missing) {
		return nil
	}
	if err != nil {
		return c.spoilt(n, id, err)
	}
	differ, err := n.Reader.CaseColumns(c.ctx, f)
	if err != nil && !errs.Is(err, errs.Missing) {
		return err
	}
	for _, column := range differ {
		c.say("state", n, id, "column", column, "is not what the case's state says")
	}
	c.custody(n, f)
	c.limits(n, f)
	facts, err := n.Reader.Facts(c.ctx, id)
	if err != nil {
		if err := c.spoilt(n, id, err); err != nil {
			return err
		}
	} else {
		if err := c.facts(n, f, facts); err != nil {
			return err
		}
		c.rules(n, f, facts)
		if err := c.logged(n, f, facts); err != nil {
			return err
		}
		if err := c.mandate(n, f, facts); err != nil {
			return err
		}
	}
	if err := c.licences(n, f); err != nil {
		return err
	}
	if err := c.money(n, f); err != nil {
		return err
	}
	if err := c.transits(n, f); err != nil {
		return err
	}
	if err := c.originals(n, f); err != nil {
		return err
	}
	views, complete, err := c.views(f)
	if err != nil {
		return err
	}
	if len(views) > 0 && views[0].node.ID == n.ID {
		return c.together(views, complete)
	}
	return nil
}

// views gathers what the nodes of the set know of a case; complete says that all nodes it names are in the set.
func (c *check) views(f casefile.Case) (out []view, complete bool, err error) {
	named := []office.NodeID{f.Coordinator}
	for _, l := range f.Legs {
		named = append(named, l.Node)
	}
	complete = true
	for _, id := range named {
		_, here := c.at(id)
		complete = complete && here
	}
	for _, n := range c.nodes {
		if !slices.Contains(named, n.ID) {
			continue
		}
		v, err := n.Reader.Case(c.ctx, f.ID)
		if errs.KindOf(err) == errs.Corrupt { // said where that node is checked
			complete = false
			continue
		}
		if errs.Is(err, errs.Missing) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		out = append(out, view{n, v})
	}
	return out, complete, nil
}

// together is I1 and the part of I7 that two nodes know: exactly one holder, and the same instants of custody.
func (c *check) together(views []view, complete bool) error {
	id := views[0].c.ID
	closed, holders := false, []string{}
	legs, given := map[string][]string{}, map[string][]string{}
	begun := map[string]bool{}
	for _, v := range views {
		closed = closed || !v.c.Closed.IsZero()
		passedOn := false
		for _, l := range v.c.Legs {
			passed, err := c.passed(v, l)
			if err != nil {
				return err
			}
			passedOn = passedOn || passed && l.Kind != item.Verify // who leads goes on answering for the case while parts are out
			begun[l.Key] = begun[l.Key] || l.State != casefile.Planned || l.Holder != ""
			switch {
			case l.Holder != v.node.ID || passed:
			case l.Kind == item.Verify && l.State == casefile.Returned && v.node.ID != v.c.Coordinator:
				given[l.Key] = append(given[l.Key], string(v.node.ID)) // its office's until who leads has it again
			default:
				legs[l.Key] = append(legs[l.Key], string(v.node.ID))
			}
		}
		if span, open := v.c.Holder(); open && span.Node == v.node.ID && !passedOn {
			holders = append(holders, string(v.node.ID))
		}
	}
	if n := len(holders); n > 1 || complete && n == 0 && !closed {
		c.say("I1", views[0].node, id, fmt.Sprintf("the case is held by %d nodes %v", n, holders))
	}
	for _, l := range views[0].c.Legs {
		if len(legs[l.Key]) == 0 {
			legs[l.Key] = given[l.Key]
		}
		if n := len(legs[l.Key]); n > 1 || complete && n == 0 && begun[l.Key] {
			c.say("I1", views[0].node, id, fmt.Sprintf("leg %s is held by %d nodes %v", l.Key, n, legs[l.Key]))
		}
	}
	for _, a := range views {
		for _, b := range views {
			if a.node.ID != b.node.ID {
				c.boundaries(a, b)
			}
		}
	}
	return nil
}

// passed reports whether an offered leg is the receiver's already: its inbox has the envelope as held (I1).
func (c *check) passed(v view, l casefile.Leg) (bool, error) {
	if l.Transit == nil || l.Holder != v.node.ID {
		return false, nil
	}
	to, ok := c.at(l.Transit.To)
	if !ok {
		return false, nil
	}
	a, ok, err := to.Reader.Arrival(c.ctx, v.node.ID, l.Transit.Envelope)
	if err != nil && errs.KindOf(err) != errs.Corrupt {
		return false, err
	}
	return ok && a.Status == exchange.Held, nil
}

// boundaries holds what a says of b's custody against what b says itself.
func (c *check) boundaries(a, b view) {
	for _, s := range a.c.Custody {
		if s.Node != b.node.ID {
			continue
		}
		i := slices.IndexFunc(b.c.Custody, func(o casefile.Span) bool { return o.Node == s.Node && o.From.Equal(s.From) })
		if i < 0 {
			c.say("I7", a.node, a.c.ID, "custody of", string(b.node.ID), "from", s.From.String(), "is not known there")
			continue
		}
		if o := b.c.Custody[i]; !s.To.IsZero() && !o.To.IsZero() && !s.To.Equal(o.To) {
			c.say("I7", a.node, a.c.ID, "custody of", string(b.node.ID), "ends", s.To.String(), "here and", o.To.String(), "there")
		}
	}
}

// custody is I7 at one node: no gap, no overlap, open exactly while the case is.
func (c *check) custody(n Node, f casefile.Case) {
	if decide, ok := f.LegOf(item.Decide); len(f.Custody) == 0 && f.Coordinator != n.ID && ok &&
		(decide.Node != n.ID || decide.State == casefile.Planned) {
		return // a place with a part answers for its leg alone
	}
	if len(f.Custody) == 0 {
		c.say("I7", n, f.ID, "nobody ever held it")
		return
	}
	if f.Coordinator == n.ID && !f.Custody[0].From.Equal(f.Lodged) {
		c.say("I7", n, f.ID, "custody begins", f.Custody[0].From.String(), "but it was lodged", f.Lodged.String())
	}
	for i, s := range f.Custody {
		last := i == len(f.Custody)-1
		switch {
		case s.To.IsZero() && (!last || !f.Closed.IsZero()):
			c.say("I7", n, f.ID, fmt.Sprintf("span %d of %s does not end", i, s.Node))
		case !s.To.IsZero() && s.To.Before(s.From):
			c.say("I7", n, f.ID, fmt.Sprintf("span %d of %s ends before it begins", i, s.Node))
		case !s.To.IsZero() && last && !s.To.Equal(f.Closed):
			c.say("I7", n, f.ID, fmt.Sprintf("the last span ends %s, the case %s", s.To, f.Closed))
		case !last && !s.To.Equal(f.Custody[i+1].From):
			c.say("I7", n, f.ID, fmt.Sprintf("span %d ends %s, the next begins %s", i, s.To, f.Custody[i+1].From))
		}
	}
}

// facts are held against their signatures, their private parts and each other (I3).
func (c *check) facts(n Node, f casefile.Case, facts []casefile.Known) error {
	known := map[proof.Hash]bool{}
	for _, k := range facts {
		known[k.Hash] = true
	}
	if !f.Head.IsZero() && !known[f.Head] {
		c.say("state", n, f.ID, "the last fact", f.Head.String(), "is not here")
	}
	type place struct {
		leg  string
		step int
		by   office.NodeID
	}
	seen := map[place]casefile.Act{}
	for _, k := range facts {
		c.report.Checked["facts"]++
		name := string(k.Fact.Act) + " " + k.Hash.String()
		if wrong := signedBy(n, k.Signed, casefile.TypFact, k.Fact.By); wrong != "" {
			c.say("state", n, f.ID, "fact", name, wrong)
		}
		if k.Signed.Hash() != k.Hash || k.Fact.Case != f.ID {
			c.say("state", n, f.ID, "fact", name, "is not the one that is stored")
		}
		if len(k.Private) >= 16 && proof.CommitWith([16]byte(k.Private[:16]), k.Private[16:]) != k.Fact.Private {
			c.say("state", n, f.ID, "fact", name, "has another private part")
		}
		if k.Fact.By == n.ID && !k.Fact.Prev.IsZero() && !known[k.Fact.Prev] {
			lost, err := n.Reader.LostAct(c.ctx, k.Fact.Prev)
			if err != nil {
				return err
			}
			if !lost {
				c.say("state", n, f.ID, "fact", name, "follows one that is not here")
			}
		}
		at := place{k.Fact.Leg, k.Fact.Step, k.Fact.By}
		if other, twice := seen[at]; twice {
			c.say("I3", n, f.ID, fmt.Sprintf("%s and %s are both step %d of leg %s", other, k.Fact.Act, at.step, at.leg))
		}
		seen[at] = k.Fact.Act
	}
	return nil
}

// licences is I3: at most one for a case, signed, and the one that the case names.
func (c *check) licences(n Node, f casefile.Case) error {
	papers, err := n.Reader.Papers(c.ctx, f.ID)
	if err != nil {
		return c.spoilt(n, f.ID, err)
	}
	var numbers []string
	for _, p := range papers {
		c.report.Checked["papers"]++
		if p.Kind != licence.Typ {
			if _, err := n.Trust.Check(p.Signed, p.Signed.Typ); err != nil {
				c.say("state", n, f.ID, "paper", p.ID, err.Error())
			}
			continue
		}
		numbers = append(numbers, p.Number)
		if l, err := licence.Verify(p.Signed, n.Trust); err != nil {
			c.say("state", n, f.ID, "licence", p.Number, err.Error())
		} else if l.ID != p.Number || l.CaseID != "" && l.CaseID != f.ID {
			c.say("I3", n, f.ID, "licence", p.Number, "was issued as", l.ID, "for case", l.CaseID)
		}
	}
	if !oneFamily(numbers) {
		c.say("I3", n, f.ID, fmt.Sprintf("%d licences %v", len(numbers), numbers))
	}
	if f.Licence != "" && !slices.Contains(numbers, f.Licence) {
		c.say("I3", n, f.ID, "licence", f.Licence, "is not here")
	}
	return nil
}

// oneFamily reports whether the identifiers are of one licence, each version once: a change leaves the version before.
func oneFamily(numbers []string) bool {
	seen, family := map[int]bool{}, ""
	for i, s := range numbers {
		id, err := licence.ParseIdentifier(s)
		if err != nil || seen[id.Version] || (i > 0 && id.Family() != family) {
			return false
		}
		seen[id.Version], family = true, id.Family()
	}
	return true
}
