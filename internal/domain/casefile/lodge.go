package casefile

import (
	"maps"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Lodging is what is needed to open a case.
type Lodging struct {
	ID      string // UUIDv7, chosen when the form was opened, so that a second submit finds the first
	No      No
	Item    item.Item
	Mode    item.Mode
	Here    office.Office            // the receiving place's office
	There   office.Office            // the deciding place's office
	Others  map[string]office.Office // of the legs that stand at a third place, by key
	Private Private
	Law     Law
}

// Decides is the office that the plan lets decide.
func (in Lodging) Decides() office.Office {
	for _, p := range in.Law.Version.Plan[in.Mode] {
		if p.Kind == item.Decide && p.Place == item.Here {
			return in.Here
		}
	}
	return in.There
}

// Lodge opens a case at the node me: it becomes the coordinator, and the first leg of the plan is held by its office from
// this instant. It returns errs.NoPlan if the version has no plan for the mode.
func Lodge(in Lodging, me office.NodeID, by Actor, now time.Time) (Case, Step, error) {
	if !by.Has(office.Window) || by.Office != in.Here.Code {
		return Case{}, Step{}, errs.New(errs.NotYours, "lodging needs a window of %s", in.Here.Code)
	}
	return in.open(me, now)
}

// open makes the case with the legs of its plan. The first leg is held by its office from this instant.
func (in Lodging) open(me office.NodeID, now time.Time) (Case, Step, error) {
	plan := in.Law.Version.Plan[in.Mode]
	if len(plan) == 0 {
		return Case{}, Step{}, errs.New(errs.NoPlan, "%s has no plan for %s", in.Item.Code, in.Mode)
	}
	at := now.UTC().Truncate(time.Microsecond)
	c := Case{
		ID: in.ID, No: in.No, Item: in.Item.Code, Mode: in.Mode,
		Rule: in.Law.pin(workday.DateOf(at)),
		Here: in.Here.Region, There: in.There.Region, Coordinator: me, Lodged: at, Last: at, Private: in.Private,
	}
	for _, p := range plan {
		where := in.Here
		switch p.Place {
		case item.There:
			where = in.There
		case item.Other:
			var ok bool
			if where, ok = in.Others[p.Key]; !ok {
				return Case{}, Step{}, errs.New(errs.LegNowhere, "%s: nobody is named for %s", in.Item.Code, p.Key)
			}
		case item.Here, item.Lead:
		}
		c.Legs = append(c.Legs, Leg{
			Key: p.Key, Kind: p.Kind, Place: where.Region, Node: where.Node, Office: where.Code,
			After: p.After, Any: p.Join == item.JoinAny, Effect: p.Undo != "", State: Planned,
		})
	}
	first := &c.Legs[0]
	if first.Node != me {
		return Case{}, Step{}, errs.New(errs.NotHolder, "%s begins at %s", in.Item.Code, first.Node)
	}
	first.State, first.Step = Received, 1
	c.hold(first, me, first.Office, at)
	event := EventComplete
	if first.Kind == item.Decide {
		event = EventReceived
	}
	c.start(in.Law, first.Key, event, at)
	return c, Step{Act: ActLodge, Leg: first.Key, At: at, Office: first.Office, Private: in.Private}, nil
}

// Supplement records what the applicant brought after a correction notice or a return; the papers are then handed over
// again. Everything that was already in stays.
func Supplement(c Case, me office.NodeID, by Actor, law Law, answers map[string]string, added []Material, corrections []Correction, now time.Time) (Case, Step, error) {
	c = c.clone()
	collects := collectKey(c) != ""
	if !collects && c.Mode != item.Onsite { // the applicant answers on the own page
		return Case{}, Step{}, errs.New(errs.NotAllowedNow, "%s has no window", c.No)
	}
	l, step, err := c.begin(me, firstKey(c), ActSupplement, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	c.bring(&step, answers, added, corrections)
	if !collects { // nothing was collected: what was missing is in at the office that asked
		c.start(law, l.Key, EventReceived, step.At)
	}
	return c, step, nil
}

// bring adds what came after a notice; what was in before stays on file.
func (c *Case) bring(step *Step, answers map[string]string, added []Material, corrections []Correction) {
	merged := make(map[string]string, len(c.Private.Answers))
	maps.Copy(merged, c.Private.Answers)
	maps.Copy(merged, answers)
	c.Private.Answers = merged
	c.Private.Materials = append(append([]Material(nil), c.Private.Materials...), added...)
	if corrections != nil {
		c.Private.Corrections = corrections
	}
	step.Private = struct {
		Answers     map[string]string `json:"answers"`
		Added       []Material        `json:"added"`
		Corrections []Correction      `json:"corrections"`
	}{answers, added, corrections}
}

// Withdraw ends a case that the receiving place holds. A case that is on its way is recalled first; one that the
// deciding place holds is asked for (AskWithdraw).
func Withdraw(c Case, me office.NodeID, by *Actor, now time.Time) (Case, Step, error) {
	c = c.clone()
	for _, l := range c.Legs {
		if l.Transit != nil {
			return Case{}, Step{}, errs.New(errs.InTransit, "%s %s is on its way", c.No, l.Key)
		}
	}
	span, open := c.Holder() // the leg that answers for the case
	if !open || span.Node != me {
		return Case{}, Step{}, errs.New(errs.NotAllowedNow, "%s is not ours to take back", c.No)
	}
	_, step, err := c.begin(me, span.Leg, ActWithdraw, by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	c.meetAll(step.At)
	c.end(step.At)
	return c, step, nil
}

// AskWithdraw records the applicant's wish to withdraw while the deciding place holds the case; that place then stops, or
// answers by the result if it was decided already.
func AskWithdraw(c Case, me office.NodeID, now time.Time) (Case, Step, error) {
	c = c.clone()
	if d, ok := c.LegOf(item.Decide); !ok || d.Transit != nil || d.Holder == me || d.State == Done {
		return Case{}, Step{}, errs.New(errs.NotAllowedNow, "%s is not with the deciding place", c.No)
	}
	_, step, err := c.begin(me, collectKey(c), ActAskWithdraw, nil, now)
	c.Asked = step.At
	return c, step, err
}

// Stop is the deciding place's answer to AskWithdraw: the leg ends as withdrawn. ok is false if it was too late.
func Stop(c Case, me office.NodeID, now time.Time) (_ Case, _ Step, ok bool) {
	c = c.clone()
	d, found := c.LegOf(item.Decide)
	if !found {
		return c, Step{}, false
	}
	_, step, err := c.begin(me, d.Key, ActWithdraw, nil, now)
	if err != nil {
		return c, Step{}, false
	}
	c.meetAll(step.At)
	c.end(step.At)
	return c, step, true
}

func collectKey(c Case) string {
	l, _ := c.LegOf(item.Collect)
	return l.Key
}

// firstKey is the leg at which the applicant's own word arrives: the collecting leg, or the deciding one where the plan
// collects nothing.
func firstKey(c Case) string {
	if key := collectKey(c); key != "" {
		return key
	}
	return decideKey(c)
}
