// Package original is the way of paper originals (原件): which ones the deciding place asks for once it has checked the scans, in which bag
// each travels, who has it, and what became of one that did not arrive. As with a leg (rule I1), a paper has exactly one holder at any
// time: on the way it is the sender's, until the other end has ticked it. Both ends keep the same chain of a case and tell each other
// each step; lists and receipts (P-10) are signed by who hands over and who receives. Papers travel between the window that took the
// application in and the office that decides, and nowhere else.
package original

import (
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Form is what a paper is. Names cross nodes: append only.
type Form string

// The forms, as the documents name them.
const (
	Original Form = "original"
	Copy     Form = "copy"
)

// Where is who has a paper. Names cross no node, but both ends say the same of each paper.
type Where string

// The places a paper can be at.
const (
	Home    Where = "home"    // with the applicant
	Held    Where = "held"    // at Paper.Office
	Sent    Where = "sent"    // in a bag; Paper.Office answers for it until the other end has ticked it
	Missing Where = "missing" // not found; Paper.Office sent it last
	Settled Where = "settled" // replaced or made good with the applicant: nobody looks for it any more
)

// Paper is one paper, or several that are counted together.
type Paper struct {
	ID       string    `json:"id"` // UUIDv7
	Material string    `json:"material"`
	Name     string    `json:"name"`
	Pages    int       `json:"pages"`
	Form     Form      `json:"form"`
	Where    Where     `json:"where"`
	Office   string    `json:"office,omitempty"` // code; "" at home
	Bag      No        `json:"bag,omitempty"`    // the last one it was in
	Since    time.Time `json:"since"`
	Differs  bool      `json:"differs,omitempty"` // it came otherwise than listed, and nobody has said why
	Seen     bool      `json:"seen,omitempty"`    // the deciding office has had it
}

// Out reports whether the applicant has not got it back.
func (p Paper) Out() bool { return p.Where != Home && p.Where != Settled }

// Trouble reports whether somebody has to look for it, or into it.
func (p Paper) Trouble() bool { return p.Where == Missing || p.Where == Held && p.Differs }

// Call is the deciding office's word that it needs originals of some materials: all points on their scans are met.
type Call struct {
	ID        string    `json:"id"`     // UUIDv7
	Office    string    `json:"office"` // code
	Materials []string  `json:"materials"`
	Words     string    `json:"words,omitempty"`
	At        time.Time `json:"at"`
}

// Leave is a lead's word that originals may go before the scans are checked. It stays at the window's node until a bag goes by it.
type Leave struct {
	By  string    `json:"by"` // name of the officer
	Why string    `json:"why"`
	At  time.Time `json:"at"`
}

// Mark is what the receiver found for one line of a bag. Names cross nodes: append only.
type Mark string

// The marks.
const (
	Here     Mark = "here"
	NotInBag Mark = "missing"
	Differs  Mark = "differs" // here, with other pages or another form than listed
)

// Marks lists them.
var Marks = []Mark{Here, NotInBag, Differs}

// The ways of a bag. Names cross nodes: append only.
const (
	ByPost = "post" // the postal enterprise: no other may carry documents of state organs (邮政法 第55条)
	ByHand = "hand" // an officer or messenger of the office
)

// Bag is papers on their way from one office to the other.
type Bag struct {
	ID     string        `json:"id"` // UUIDv7, of the envelope that tells of it
	No     No            `json:"no"`
	From   string        `json:"from"` // code of the office that sends
	Node   office.NodeID `json:"node"` // of From
	To     string        `json:"to"`   // code of the office it is for
	Papers []string      `json:"papers"`
	Way    string        `json:"way"` // ByPost | ByHand
	Ref    string        `json:"ref"` // postal number, or who carries it
	By     string        `json:"by"`  // name of the officer who hands over
	Early  string        `json:"early,omitempty"`
	At     time.Time     `json:"at"`
	Due    workday.Date  `json:"due"` // the last day on which it is in time
	List   proof.Signed  `json:"list,omitzero"`
	Got    *Got          `json:"got,omitempty"`
	Lost   *Loss         `json:"lost,omitempty"`
}

// Waits reports whether a bag is on its way: neither received nor given up.
func (b Bag) Waits() bool { return b.Got == nil && b.Lost == nil }

// Got is what the other end found in a bag.
type Got struct {
	ID    string          `json:"id"` // UUIDv7, of the envelope that tells of it
	By    string          `json:"by"` // name of the officer who received
	Marks map[string]Mark `json:"marks"`
	Note  string          `json:"note,omitempty"`
	At    time.Time       `json:"at"`
	Paper proof.Signed    `json:"paper,omitzero"`
}

// Loss is that a bag which did not arrive is looked for no longer as one that is late, but as one that is lost. It may still arrive.
type Loss struct {
	By  string    `json:"by"`
	Why string    `json:"why"`
	At  time.Time `json:"at"`
}

// Chain is all that happened to the papers of one case, as one end knows it.
type Chain struct {
	Case   string      `json:"case"` // id
	No     casefile.No `json:"no"`
	Call   *Call       `json:"call,omitempty"`
	Early  *Leave      `json:"early,omitempty"`
	Papers []Paper     `json:"papers,omitempty"`
	Bags   []Bag       `json:"bags,omitempty"`
	Traces []Trace     `json:"traces,omitempty"`

	Row int64 `json:"-"` // the store's guard: the version that was read, 0 for a new chain
}

// Bounds of one case. A bag there and one back are the rule.
const (
	MostBags      = 20
	MostLines     = 8 // of one bag: what its list prints on one sheet
	mostMaterials = 30
	mostPapers    = 60
	mostPages     = 999
	mostName      = 200 // bytes of a paper's name, and of a person's
)

// Ends are the two offices between which the papers of a case travel.
type Ends struct{ Window, Decider casefile.Leg }

// EndsOf gives them; errs.NoBagHere for a case that no window took in.
func EndsOf(c casefile.Case) (Ends, error) {
	w, d, ok := c.PaperEnds()
	if !ok {
		return Ends{}, errs.New(errs.NoBagHere, "%s has no two ends", c.No)
	}
	return Ends{w, d}, nil
}

// Of is the end at which an office stands, and the other one; false for an office that is neither.
func (e Ends) Of(node office.NodeID, code string) (own, other casefile.Leg, ok bool) {
	switch {
	case e.Window.Node == node && e.Window.Office == code:
		return e.Window, e.Decider, true
	case e.Decider.Node == node && e.Decider.Office == code:
		return e.Decider, e.Window, true
	}
	return own, other, false
}

// Other is the node at the other end, seen from me; me itself if both offices are there.
func (e Ends) Other(me office.NodeID) office.NodeID {
	if e.Window.Node == me {
		return e.Decider.Node
	}
	return e.Window.Node
}

func (ch Chain) clone() Chain {
	ch.Papers = slices.Clone(ch.Papers)
	ch.Bags = slices.Clone(ch.Bags)
	ch.Traces = slices.Clone(ch.Traces)
	return ch
}

func (ch *Chain) paper(id string) *Paper {
	i := slices.IndexFunc(ch.Papers, func(p Paper) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return &ch.Papers[i]
}

func (ch *Chain) bag(no No) *Bag {
	i := slices.IndexFunc(ch.Bags, func(b Bag) bool { return b.No == no })
	if i < 0 {
		return nil
	}
	return &ch.Bags[i]
}

// Bag finds a bag by its number.
func (ch Chain) Bag(no No) (Bag, bool) {
	if b := ch.bag(no); b != nil {
		return *b, true
	}
	return Bag{}, false
}

// In are the papers that were put into a bag, as they are now.
func (ch Chain) In(b Bag) []Paper {
	var out []Paper
	for _, id := range b.Papers {
		if p := ch.paper(id); p != nil {
			out = append(out, *p)
		}
	}
	return out
}

// At are the papers that an office holds.
func (ch Chain) At(code string) []Paper {
	var out []Paper
	for _, p := range ch.Papers {
		if p.Where == Held && p.Office == code {
			out = append(out, p)
		}
	}
	return out
}

// ToSend are the materials that were asked for and have not left the applicant yet.
func (ch Chain) ToSend() []string {
	if ch.Call == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(ch.Call.Materials), func(key string) bool {
		return slices.ContainsFunc(ch.Papers, func(p Paper) bool { return p.Material == key && (p.Seen || p.Out()) })
	})
}

// Waited reports whether the deciding office still waits for an original that it asked for.
func (ch Chain) Waited() bool {
	return ch.Call != nil && slices.ContainsFunc(ch.Call.Materials, func(key string) bool {
		return !slices.ContainsFunc(ch.Papers, func(p Paper) bool { return p.Material == key && p.Seen })
	})
}

// Summary is what the case itself says of its papers.
func (ch Chain) Summary() casefile.Originals {
	o := casefile.Originals{Called: ch.Waited()}
	for _, p := range ch.Papers {
		if p.Out() {
			o.Out++
		}
		if p.Trouble() && (o.Trouble.IsZero() || p.Since.Before(o.Trouble)) {
			o.Trouble, o.Bag = p.Since, string(p.Bag)
		}
		if p.Since.After(o.At) {
			o.At = p.Since
		}
	}
	for _, b := range ch.Bags {
		if b.Waits() && (o.Due.IsZero() || b.Due.Before(o.Due)) {
			o.Due, o.Bag = b.Due, string(b.No)
		}
		if b.Early != "" && (o.Early.IsZero() || b.At.Before(o.Early)) {
			o.Early = b.At
		}
	}
	return o
}

// Todo are the offices that have something to do: a bag to send or to receive, papers to give back, one to look for; "" if none.
func (ch Chain) Todo(e Ends) (window, decider string) {
	o := ch.Summary()
	trouble := !o.Trouble.IsZero()
	to := func(code string) bool {
		return trouble || len(ch.At(code)) > 0 || slices.ContainsFunc(ch.Bags, func(b Bag) bool { return b.Waits() && b.To == code })
	}
	if to(e.Window.Office) || len(ch.ToSend()) > 0 {
		window = e.Window.Office
	}
	if to(e.Decider.Office) {
		decider = e.Decider.Office
	}
	return window, decider
}

// Day is the day by which something should have happened: a bag's, else that of the oldest thing to do.
func (ch Chain) Day() workday.Date {
	o := ch.Summary()
	switch {
	case !o.Due.IsZero():
		return o.Due
	case ch.Call != nil && len(ch.ToSend()) > 0:
		return workday.DateOf(ch.Call.At)
	}
	return workday.DateOf(o.At)
}
