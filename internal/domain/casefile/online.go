package casefile

import (
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// An application without a window: the applicant lodges it, answers the notice and gets the result on the own page. Where
// the plan collects nothing (全程网办) all legs stand at one node, so nothing travels and nothing is in transit.

// Apply opens a case that the applicant lodges online. The first leg of the plan is held by its office from this instant:
// the deciding place's, or the window that will check what was prepared. The officer who takes it in is nobody, so Private
// must hold the applicant's own consent (errs.NotYours otherwise).
func Apply(in Lodging, me office.NodeID, now time.Time) (Case, Step, error) {
	if in.Private.Consent.Way != ConsentOnline {
		return Case{}, Step{}, errs.New(errs.NotYours, "an application online needs the applicant's own consent")
	}
	return in.open(me, now)
}

// Answer is the applicant's own answer to the correction notice, online: what was missing is in, and the limits that run
// from receipt start anew (行政许可法 第32条: 自补齐之日). It returns errs.FormIncomplete while an item is not answered.
func Answer(c Case, me office.NodeID, law Law, answers map[string]string, added []Material, corrections []Correction, now time.Time) (Case, Step, error) {
	if len(corrections) != len(c.Private.Corrections) {
		return Case{}, Step{}, errs.New(errs.FormIncomplete, "%d of %d items", len(corrections), len(c.Private.Corrections))
	}
	for _, it := range corrections {
		if it.Answer == "" {
			return Case{}, Step{}, errs.New(errs.FormIncomplete, "item %s is not answered", it.Check)
		}
	}
	c = c.clone()
	l, step, err := c.begin(me, decideKey(c), ActSupplement, nil, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	c.bring(&step, answers, added, corrections)
	c.start(law, l.Key, EventReceived, step.At)
	return c, step, nil
}

// Local reports whether the deciding place is also where the application was lodged and nothing was collected for it: then
// a notice goes to the applicant and not to a window.
func (c Case) Local() bool {
	_, collects := c.LegOf(item.Collect)
	d, ok := c.LegOf(item.Decide)
	return ok && !collects && d.Node == c.Coordinator
}

// Serve puts the result on the applicant's own page and closes the case, for an applicant who agreed to be served
// electronically; nobody has to hand anything over. It returns errs.NotAllowedNow without that agreement.
func Serve(c Case, me office.NodeID, now time.Time) (Case, Step, error) {
	if c.Private.Consent.Serve != ServeOnline {
		return Case{}, Step{}, errs.New(errs.NotAllowedNow, "%s: electronic service was not agreed to", c.No)
	}
	c = c.clone()
	deliver, ok := c.LegOf(item.Deliver)
	if !ok {
		return Case{}, Step{}, errs.New(errs.NotAllowedNow, "%s has no delivery", c.No)
	}
	_, step, err := c.begin(me, deliver.Key, ActServe, nil, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	d := Delivery{Way: "online", To: c.Private.Applicant.Name, At: step.At}
	c.Private.Delivery = &d
	step.Private = d
	c.meetAll(step.At)
	c.end(step.At)
	return c, step, nil
}
