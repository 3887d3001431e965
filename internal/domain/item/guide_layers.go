package item

import (
	"slices"

	"tongban/internal/kernel/region"
)

// lister lays the layers' lists over each other: first the national definition, then what each place adds, drops or
// conditions. Two places that ask for the same thing make one line.
type lister struct {
	g  *Guide
	at map[string]int // material key → place in g.Materials
}

func (l *lister) version(v Version) {
	l.g.Questions = slices.Clone(v.Questions)
	for _, m := range v.Materials {
		b, _ := v.BasisOf(m.Basis)
		l.add(m, RuleSource{Layer: National, ID: v.ID, Cite: cite(b, m.Basis), Mark: b.Mark})
	}
}

func cite(b Basis, key string) string {
	if b.Law == "" {
		return key
	}
	return b.Law + " " + b.Article
}

func (l *lister) add(m Material, from RuleSource) {
	if i, there := l.at[m.Key]; there {
		have := &l.g.Materials[i]
		have.Required = have.Required || m.Required
		if m.If == "" || have.If == "" {
			have.If = "" // one of the two asks without condition
		} else if m.If != have.If {
			have.If = "(" + have.If + ") or (" + m.If + ")"
		}
		return
	}
	l.at[m.Key] = len(l.g.Materials)
	line := GuideMaterial{Material: m, Rule: from}
	for _, s := range m.Sources {
		line.Ways = append(line.Ways, way(s, m.Form))
	}
	if len(line.Ways) > 0 {
		line.Way = line.Ways[0]
	}
	l.g.Materials = append(l.g.Materials, line)
}

func way(source, form string) Way {
	switch source {
	case "shared":
		return WayAuto
	case "elicence":
		return WayLicence
	case "generated":
		return WayGenerated
	case "promise":
		return WayPromise
	}
	if form == "original" {
		return WayBring
	}
	return WayUpload
}

func (l *lister) overlay(o Overlay, layer Layer) {
	g := l.g
	g.Overlays = append(g.Overlays, o)
	g.Basis = append(g.Basis, o.Basis...)
	for _, q := range o.Questions {
		if !slices.ContainsFunc(g.Questions, func(have Question) bool { return have.Key == q.Key }) {
			g.Questions = append(g.Questions, q)
		}
	}
	source := func(key string) RuleSource {
		b, _ := o.basisOf(key)
		return RuleSource{Layer: layer, Region: o.Region, ID: o.ID, Cite: cite(b, key), Mark: b.Mark}
	}
	for _, m := range o.Materials {
		l.add(m, source(m.Basis))
	}
	for _, n := range o.Narrow {
		if i, ok := l.at[n.Material]; ok {
			g.Materials[i].If = n.If
		}
	}
	for _, d := range o.Drop {
		// Only the deciding place's rules can spare a paper that the decision rests on; the receiving place's cannot.
		if i, ok := l.at[d.Material]; ok && layer != HereRule {
			gone := g.Materials[i]
			gone.Rule = source(d.Basis)
			g.Dropped = append(g.Dropped, gone)
		}
	}
}

func (l *lister) finish() {
	l.g.Materials = slices.DeleteFunc(l.g.Materials, func(m GuideMaterial) bool {
		return slices.ContainsFunc(l.g.Dropped, func(d GuideMaterial) bool { return d.Key == m.Key })
	})
}

// visitsByMode is what the modes mean by themselves (国办发〔2020〕35号): online is without a journey, the others with one to
// a place near the applicant. On-site matters differ, so nothing follows from the mode.
var visitsByMode = map[Mode]int{Online: 0, Joint: 1, Delegated: 1, Entrusted: 1}

// sum puts the first screen together from the definition, the overlays and the agreements.
func (g *Guide) sum() {
	a, v := g.Answer, g.Version
	s := Summary{Mode: None, Modes: a.Modes, Visits: NotVerified, FeeFen: NotVerified, Receiver: g.Query.Here, Decider: g.Query.There, Result: v.Result}
	if len(a.Modes) > 0 {
		s.Mode = a.Modes[0]
	}
	if n, stated := v.Visits[s.Mode]; stated {
		s.Visits = n
	} else if n, follows := visitsByMode[s.Mode]; follows {
		s.Visits, s.VisitsMark = n, Inferred
	}
	legs := v.Plan[s.Mode]
	for _, leg := range legs {
		if leg.Kind == Decide && leg.Place == Here {
			s.Decider = g.Query.Here
		}
	}
	if s.Mode == Online {
		s.Receiver = s.Decider
	}
	s.Term, s.Forward = g.term(LimitDecide, legs), g.term(LimitNotify, legs)
	if g.Defined {
		s.FeeMark = v.Fee.Mark
		if v.Fee.Mark == "" || v.Fee.Mark == Confirmed || v.Fee.Mark == Sourced {
			s.FeeFen = v.Fee.Fen
		}
		for i, f := range g.Fees {
			if (i == 0 || f.Fen < s.FeeFen) && s.FeeFen != NotVerified {
				s.FeeFen = f.Fen
			}
		}
	}
	g.contacts(&s)
	g.Summary = s
}

func (g *Guide) contacts(s *Summary) {
	place := func(p Postage) {
		if s.Postage.Payer == "" {
			s.Postage = p
		}
	}
	for _, ag := range g.Agreements {
		place(ag.Postage)
		s.contact(ag.Contacts...)
	}
	for _, o := range g.Overlays {
		place(o.Postage)
		if o.Contact.Office != "" {
			s.contact(DutyContact{o.Region, o.Contact.Office, o.Contact.Phone, o.Contact.Mark})
		}
	}
}

// term finds the first limit of a kind on the legs of a plan, and the shortest promise for it over all layers.
func (g *Guide) term(kind LimitKind, legs []LegPlan) *Term {
	for _, r := range g.Version.Limits {
		if r.Kind != kind || !slices.ContainsFunc(legs, func(p LegPlan) bool { return p.Key == r.Leg }) {
			continue
		}
		t := Term{
			Key: r.Key, Start: r.Start, Spot: r.Spot, Law: r.Length, Promise: r.Promised, Extend: r.Extend,
			Basis: g.Version.Cite(r.Basis), Mark: r.Mark, Layer: National,
		}
		for _, o := range g.Overlays {
			for _, p := range o.Promises {
				if p.Limit != r.Key || (o.Region != "" && o.Region.Province() != g.promiser(r.Leg, legs).Province()) {
					continue
				}
				if t.Promise.N == 0 || (p.Length.Unit == t.Promise.Unit && p.Length.N < t.Promise.N) {
					b, _ := o.basisOf(p.Basis)
					t.Promise, t.Basis, t.Mark, t.Layer = p.Length, cite(b, p.Basis), b.Mark, g.layerOf(o.Region)
				}
			}
		}
		for _, a := range g.Agreements {
			for _, l := range a.Limits {
				if l.Leg == r.Leg && l.Start == r.Start && (t.Promise.N == 0 || (l.Length.Unit == t.Promise.Unit && l.Length.N < t.Promise.N)) {
					t.Promise, t.Basis, t.Mark, t.Layer = l.Length, a.Title, l.Mark, AgreedLayer
				}
			}
		}
		return &t
	}
	return nil
}

// promiser is the place that holds a leg: only its own overlay may promise for it.
func (g *Guide) promiser(leg string, legs []LegPlan) region.Code {
	for _, p := range legs {
		if p.Key == leg && p.Place == There {
			return g.Query.There
		}
	}
	return g.Query.Here
}

func (g *Guide) layerOf(place region.Code) Layer {
	switch {
	case place == "":
		return National
	case place.Province() == g.Query.There.Province():
		return ThereRule
	}
	return HereRule
}

// contact adds who answers, each office under one number once: agreements and places' own rules often name the same.
func (s *Summary) contact(more ...DutyContact) {
	for _, m := range more {
		if !slices.ContainsFunc(s.Contacts, func(c DutyContact) bool { return c.Office == m.Office && c.Phone == m.Phone }) {
			s.Contacts = append(s.Contacts, m)
		}
	}
}
