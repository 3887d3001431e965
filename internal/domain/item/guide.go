package item

import (
	"slices"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Guide is an item resolved for two places, a day and a person's answers (办事指南). It holds parts, not sentences: pages
// put them into words. What no source tells is said to be open, never guessed.
type Guide struct {
	Item       Item
	Query      Query
	Answer     Answer
	Version    Version // zero if Defined is false: only the row is known that day
	Defined    bool
	Summary    Summary
	Materials  []GuideMaterial // one list over the national layer and both places
	Dropped    []GuideMaterial // of the national list, but not asked in these places
	Fields     []Field         // what the form holds for this person, evidence and derived fields included
	Questions  []Question      // all that may be asked now; those in answers stay, so that a page can show them
	Fees       []FeeItem       // lines of the tariff that apply or may apply
	Basis      []Basis
	Marks      []Note // as in Answer
	Unverified []string
	Overlays   []Overlay // applied, widest area first: nation, here, there
	Agreements []Agreement
}

// Open reports whether what the item asks for is not known (未核实): the reader is sent to the deciding place.
func (g Guide) Open() bool { return !g.Defined }

// NotVerified stands for a number that no source tells (未核实).
const NotVerified = -1

// Summary is the first screen: how, how often, how long, by whom, at what cost, with what outcome.
type Summary struct {
	Mode       Mode // best, None if it cannot be done
	Modes      []Mode
	Visits     int   // journeys to an office; NotVerified if no source tells
	VisitsMark Mark  // "" if the definition states it; Inferred if it follows from the mode alone
	Term       *Term // until the decision; nil: 未核实
	Forward    *Term // until the receiving place has handed on; nil where nothing is handed on or nothing is known
	Receiver   region.Code
	Decider    region.Code
	FeeFen     int // least that is due; NotVerified if no source tells
	FeeMark    Mark
	Result     Result // Name is "" if not known
	Contacts   []DutyContact
	Postage    Postage // Payer "" if not known
}

// Term is one limit as a reader needs it. Zero Law and not Spot: the law sets none. Zero Promise: none beyond the law.
type Term struct {
	Key                  string
	Start                string // see LimitRule
	Spot                 bool
	Law, Promise, Extend workday.Limit
	Basis                string // as people quote it
	Mark                 Mark
	Layer                Layer // whose promise it is
}

// Layer says whose rule a line is.
type Layer string

// The layers.
const (
	National    Layer = "national"
	HereRule    Layer = "here"
	ThereRule   Layer = "there"
	AgreedLayer Layer = "agreement"
)

// Way is how a material comes into the case, seen from the applicant.
type Way string

// The ways, least trouble first.
const (
	WayAuto      Way = "auto"      // 自动取得
	WayLicence   Way = "licence"   // 电子证照
	WayGenerated Way = "generated" // filled in by the system, only to be signed
	WayPromise   Way = "promise"   // 告知承诺
	WayUpload    Way = "upload"    // 上传
	WayBring     Way = "bring"     // the original is shown or handed in on site
)

// GuideMaterial is one line of the list.
type GuideMaterial struct {
	Material
	Way    Way
	Ways   []Way // every way it may be had, as the definition ranks them
	Needed Truth // Perhaps: it depends on Open
	Open   []string
	Rule   RuleSource
}

// RuleSource says which rule asks for a line.
type RuleSource struct {
	Layer  Layer
	Region region.Code // "" for the national layer
	ID     string      // of the version or overlay
	Cite   string      // law and article
	Mark   Mark        // of the provision
}

// Guide resolves an item. Answers hold what the person said to earlier questions, by Question.Key; a question without an
// answer keeps its lines, marked Perhaps. With Here or There empty the places are still to be chosen: Answer.ReasonKey is
// then "no-place" and the rest is what holds everywhere. It returns errs.ItemUnknown, and nothing else.
func (c *Catalogue) Guide(q Query, answers map[string]bool, regions *region.Table) (Guide, error) {
	it, ok := c.Item(q.Item)
	if !ok {
		return Guide{}, errs.New(errs.ItemUnknown, "%q", q.Item)
	}
	g := Guide{Item: it, Query: q}
	if q.Here == "" || q.There == "" {
		g.Answer = c.no("no-place", words{"item": it.named()})
		g.Answer.Code, g.Answer.Modes, g.Answer.Basis = it.Code, slices.Clone(it.Modes), c.basis(it)
		g.Answer.Marks = c.note(c.note(nil, "row", it.Marks.InAnnex), "mode", it.Marks.ModeBasis)
	} else {
		g.Answer = c.Can(q, regions)
	}
	g.Marks = g.Answer.Marks
	g.Version, g.Defined = c.Version(it.Code, q.On)
	if g.Defined {
		g.Answer.Version, g.Basis, g.Unverified = g.Version.ID, slices.Clone(g.Version.Basis), g.Version.Unverified()
	}
	g.layers(c, regions)
	g.ask(answers)
	g.sum()
	return g, nil
}

// layers collects overlays and agreements and lays the material lists over each other.
func (g *Guide) layers(c *Catalogue, regions *region.Table) {
	code, on := g.Item.Code, g.Query.On
	l := lister{g: g, at: map[string]int{}}
	l.version(g.Version)
	for _, o := range c.overlaysOn(code, on) {
		if o.Region == "" {
			l.overlay(o, National)
		}
	}
	if g.Query.Here != "" {
		for _, o := range c.overlaysAt(code, g.Query.Here, on, regions) {
			l.overlay(o, HereRule)
		}
	}
	if g.Query.There != "" {
		for _, o := range c.overlaysAt(code, g.Query.There, on, regions) {
			if !slices.ContainsFunc(g.Overlays, func(have Overlay) bool { return have.ID == o.ID }) {
				l.overlay(o, ThereRule)
			}
		}
		g.Agreements = c.Agreements(code, g.Query.Here, g.Query.There, on, regions)
	}
	l.finish()
	for _, a := range g.Agreements {
		g.Basis = append(g.Basis, a.Basis...)
	}
}

// ask narrows materials, fields, fees and questions by the answers.
func (g *Guide) ask(answers map[string]bool) {
	var lines []GuideMaterial
	for _, m := range g.Materials {
		if m.Needed = m.If.Holds(answers); m.Needed == No {
			continue
		}
		if m.If == "" && !m.Required {
			m.Needed = Perhaps // the condition stands in words only
		}
		m.Open = unanswered(m.If, answers)
		lines = append(lines, m)
	}
	g.Materials = lines
	for _, f := range g.Version.Form.Fields {
		if f.If.Holds(answers) != No {
			g.Fields = append(g.Fields, f)
		}
	}
	for _, f := range g.Version.Fee.Items {
		if f.If.Holds(answers) != No {
			g.Fees = append(g.Fees, f)
		}
	}
	g.Questions = slices.DeleteFunc(g.Questions, func(q Question) bool { return q.If.Holds(answers) != Yes })
}

func unanswered(c Condition, answers map[string]bool) []string {
	keys, err := c.Keys()
	if err != nil {
		return nil
	}
	keys = slices.DeleteFunc(keys, func(k string) bool { _, known := answers[k]; return known })
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Narrow gives the definition as it holds for a person's answers: what does not concern them is gone, and a field or
// material whose condition holds is required. A case keeps the digest of the whole definition.
func (v Version) Narrow(answers map[string]bool) Version {
	var fields []Field
	for _, f := range v.Form.Fields {
		switch f.If.Holds(answers) {
		case No:
			continue
		case Yes:
			f.Required = f.Required || (f.If != "" && f.Source == Asked)
		case Perhaps:
		}
		fields = append(fields, f)
	}
	v.Form.Fields = fields
	var materials []Material
	for _, m := range v.Materials {
		switch m.If.Holds(answers) {
		case No:
			continue
		case Yes:
			m.Required = m.Required || m.If != ""
		case Perhaps:
		}
		materials = append(materials, m)
	}
	v.Materials = materials
	return v
}
