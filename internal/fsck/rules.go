package fsck

import (
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/workday"
)

// limits is the part of I7 that is law: each limit's days follow from its rule.
func (c *check) limits(n Node, f casefile.Case) {
	for _, l := range f.Limits {
		c.report.Checked["limits"]++
		if !c.limitHolds(f, l) {
			c.say("I7", n, f.ID, "limit", l.Key, "of leg", l.Leg, "from", l.From.String(), "cannot end", l.Due.String(), "promised", l.Promised.String())
		}
	}
}

// limitHolds tries the versions that may have started the limit: the pinned one, and the one in force on its first day.
func (c *check) limitHolds(f casefile.Case, l casefile.Limit) bool {
	var versions []item.Version
	if v, err := c.opt.Catalogue.VersionByDigest(f.Rule.Digest); err == nil {
		versions = append(versions, v)
	}
	if v, ok := c.opt.Catalogue.Version(f.Item, l.From); ok {
		versions = append(versions, v)
	}
	for _, v := range versions {
		for _, r := range v.LimitsOf(l.Leg) {
			if r.Key != l.Key {
				continue
			}
			length := r.Length
			if length.N == 0 && !r.Spot { // a promise alone
				length = r.Promised
			}
			due := c.reckon(l.From, length, l.Paused)
			promised := due
			if r.Promised.N > 0 {
				if p := c.reckon(l.From, r.Promised, l.Paused); p.Before(due) {
					promised = p
				}
			}
			if due == l.Due && promised == l.Promised {
				return true
			}
		}
	}
	return false
}

func (c *check) reckon(from workday.Date, length workday.Limit, paused int) workday.Date {
	length.N += paused
	due, _ := c.opt.Calendar.Due(from, length)
	return due
}

// rules is I8: the version that was pinned at acceptance is the one that was in force on the legal day, and it stays.
func (c *check) rules(n Node, f casefile.Case, facts []casefile.Known) {
	if _, err := c.opt.Catalogue.VersionByDigest(f.Rule.Digest); err != nil {
		c.say("I8", n, f.ID, "no version has the digest", f.Rule.Digest)
		return
	}
	var accepted *casefile.Fact
	for _, k := range facts {
		switch k.Fact.Act { //nolint:exhaustive // only acceptance pins
		case casefile.ActAccept, casefile.ActDeemAccept:
			accepted = &k.Fact
		}
	}
	if d, ok := f.LegOf(item.Decide); accepted == nil || ok && accepted.By != d.Node { // passed on since: another accepts anew
		return
	}
	if f.Rule.Digest != accepted.Rule {
		c.say("I8", n, f.ID, "accepted under", accepted.Rule, "but goes by", f.Rule.Digest)
	}
	if accepted.By != n.ID { // only who accepted knows the legal day
		return
	}
	v, ok := c.opt.Catalogue.Version(f.Item, f.Rule.On)
	if !ok || v.Digest != f.Rule.Digest {
		c.say("I8", n, f.ID, "the version of", f.Rule.On.String(), "is not the pinned one", f.Rule.Digest)
	}
	if accepted.Act == casefile.ActAccept && workday.DateOf(accepted.At) != f.Rule.On {
		c.say("I8", n, f.ID, "accepted", accepted.At.String(), "under the rules of", f.Rule.On.String())
	}
}
