package casefile

import (
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
	"tongban/internal/proof"
)

// TypFact is the type of a signed fact.
const TypFact = "fact"

// Fact is what anybody may know of an act: signed by the node that did it, free of personal data. Receipts, clocks,
// books, fsck and boards use facts alone; the private part is bound to it by a salted hash.
type Fact struct {
	Case    string        `json:"case"`
	No      No            `json:"no"`
	Item    string        `json:"item"`
	Rule    string        `json:"rule"`          // digest of the version that applies
	Pins    item.Pins     `json:"pins,omitzero"` // the two places' own rules beside it
	Here    region.Code   `json:"here"`
	There   region.Code   `json:"there"`
	By      office.NodeID `json:"by"` // who signs
	Office  string        `json:"office"`
	Leg     string        `json:"leg"`
	Step    int           `json:"step"`
	Act     Act           `json:"act"`
	State   State         `json:"state"` // of the leg, after the act
	Outcome Outcome       `json:"outcome,omitempty"`
	Reason  string        `json:"reason,omitempty"`
	Holder  office.NodeID `json:"holder"`
	At      time.Time     `json:"at"`
	Mandate string        `json:"mandate,omitempty"` // digest of the agreement by which it was decided in another's name
	Due     string        `json:"due,omitempty"`     // the limit that runs after the act, YYYY-MM-DD, Asia/Shanghai
	Private proof.Hash    `json:"private"`           // salted
	Prev    proof.Hash    `json:"prev"`              // the last fact the maker knew
}

// Known is a fact as a node keeps it: signed, with its own private part if the node may read it.
type Known struct {
	Case    string
	Hash    proof.Hash
	Fact    Fact
	Signed  proof.Signed
	Private []byte // salt ‖ private JSON; empty if this node never had it
}

// FactOf says what step did to the case, in the case's state after it.
func (c Case) FactOf(step Step, me office.NodeID) Fact {
	l, _ := c.Leg(step.Leg)
	f := Fact{
		Case: c.ID, No: c.No, Item: c.Item, Rule: c.Rule.Digest, Pins: c.Rule.Pins, Here: c.Here, There: c.There,
		By: me, Office: step.Office, Leg: step.Leg, Step: l.Step, Act: step.Act, State: l.State,
		Outcome: l.Outcome, Reason: l.Reason, Holder: l.Holder, At: step.At, Prev: c.Head,
	}
	if l.Kind == item.Decide || l.Kind == item.Seal {
		f.Mandate = c.Mandate.Digest
	}
	if due, ok := c.Due(); ok {
		f.Due = due.On.String()
	}
	return f
}

// Learn takes over what a counterpart's fact says of a leg that it holds. Old news (a step already known) changes nothing,
// so facts may come repeated and in any order; neither does the word of a node on a leg that is not its own.
func (c Case) Learn(f Fact, hash proof.Hash) Case {
	c = c.clone()
	l := c.leg(f.Leg)
	if l == nil || f.By != l.Node || f.Step <= l.Step {
		return c
	}
	l.State, l.Step, l.Outcome, l.Reason = f.State, f.Step, f.Outcome, f.Reason
	if !f.At.Before(c.Last) {
		c.Last, c.Head = f.At, hash
	}
	if l.Kind == item.Decide { // every fact of the deciding place names its rule, so a late acceptance is not missed
		c.Rule.Digest = f.Rule
		if f.Pins != (item.Pins{}) {
			c.Rule.Pins = f.Pins
		}
	}
	switch {
	case l.Kind == item.Verify: // it was somebody's part, and the case may have waited for it
		c.tryClose(f.At)
	case f.Act == ActCorrect:
		c.Corrections++
	case f.Act == ActDeliver, f.Act == ActServe, f.Act == ActWithdraw:
		c.end(f.At)
	}
	return c
}
