package item

import (
	"maps"
	"slices"
	"sync/atomic"

	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Published is what provinces published beside the built-in catalogue and what this node holds to be true of it: the
// caller has verified it. Lists stand in the order in which each province numbered them.
type Published struct {
	Overlays   []Overlay   // of one region and item the last one whose day has come holds, before the built-in one
	Agreements []Agreement // whose text the built-in catalogue lacks
	Signatures []Signature
}

// Signature is one province's word that it stands by the text of an agreement. A later one of the same province and name
// takes the place of an earlier one; one that is Withdrawn ends it.
type Signature struct {
	Agreement   string // Agreement.ID
	Digest      string // of the text that was signed
	By          string // province, two digits
	From, Until workday.Date
	Demo        bool // made by a demonstration: nobody signed
	Withdrawn   bool
}

func (s Signature) inForce(on workday.Date) bool {
	return !on.Before(s.From) && (s.Until.IsZero() || !on.After(s.Until))
}

// shelf is what was installed, in the form that is asked for.
type shelf struct {
	overlays   map[string][]Overlay // by item, as numbered
	byDigest   map[string]Overlay
	agreements []Agreement
	signatures map[string][]Signature // by agreement
	all        []Overlay
}

// Fork gives a catalogue with the same built-in data that takes in published rules of its own; see Install.
func (c *Catalogue) Fork() *Catalogue {
	f := *c
	f.shelf = new(atomic.Pointer[shelf])
	return &f
}

// Install puts published rules in force at once for every caller, in place of those installed before. Only a fork can
// take them; the built-in catalogue is never changed.
func (c *Catalogue) Install(p Published) {
	s := &shelf{
		overlays: map[string][]Overlay{}, byDigest: map[string]Overlay{}, signatures: map[string][]Signature{}, all: p.Overlays,
	}
	for _, o := range p.Overlays {
		s.overlays[o.Item] = append(s.overlays[o.Item], o)
		if o.Digest != "" {
			s.byDigest[o.Digest] = o
		}
	}
	for _, g := range p.Signatures {
		s.signatures[g.Agreement] = append(s.signatures[g.Agreement], g)
	}
	have := map[string]bool{}
	for _, a := range c.agreements {
		have[a.Digest] = true
	}
	for _, a := range p.Agreements {
		if !have[a.Digest] {
			have[a.Digest] = true
			s.agreements = append(s.agreements, a)
		}
	}
	c.shelf.Store(s)
}

var noShelf = &shelf{}

func (c *Catalogue) published() *shelf {
	if c.shelf == nil {
		return noShelf
	}
	if s := c.shelf.Load(); s != nil {
		return s
	}
	return noShelf
}

// overlaysOn gives the overlays of an item in force on a day, one for each region. What a region published itself goes
// before what the catalogue carries for it: of several the one published last whose first day has come, and nothing if
// that one is withdrawn or over.
func (c *Catalogue) overlaysOn(code string, on workday.Date) []Overlay {
	own := c.published().overlays[code]
	last := map[region.Code]Overlay{}
	for _, o := range own {
		if !on.Before(o.From) {
			last[o.Region] = o
		}
	}
	var out []Overlay
	for _, o := range c.overlays {
		if _, ours := last[o.Region]; o.Item == code && o.inForce(on) && !ours {
			out = append(out, o)
		}
	}
	for _, place := range slices.Sorted(maps.Keys(last)) {
		if o := last[place]; !o.Withdrawn && o.inForce(on) {
			out = append(out, o)
		}
	}
	return out
}

// OverlayOf is the overlay of a region itself (not of what it lies in) that holds for an item on a day.
func (c *Catalogue) OverlayOf(code string, place region.Code, on workday.Date) (Overlay, bool) {
	list := c.overlaysOn(code, on)
	i := slices.IndexFunc(list, func(o Overlay) bool { return o.Region == place })
	if i < 0 {
		return Overlay{}, false
	}
	return list[i], true
}

// overlayByDigest finds an overlay by the digest that a case names, whatever day it is now.
func (c *Catalogue) overlayByDigest(digest string) (Overlay, bool) {
	if o, ok := c.published().byDigest[digest]; ok {
		return o, true
	}
	i := slices.IndexFunc(c.overlays, func(o Overlay) bool { return o.Digest == digest })
	if i < 0 {
		return Overlay{}, false
	}
	return c.overlays[i], true
}

// signature is the one by which a province stands by an agreement on a day; false if it signed nothing, another text, or
// not for that day.
func (c *Catalogue) signature(a Agreement, province string, on workday.Date) (Signature, bool) {
	var last Signature
	found := false
	for _, s := range c.published().signatures[a.ID] {
		if s.By == province && !on.Before(s.From) {
			last, found = s, true
		}
	}
	return last, found && !last.Withdrawn && last.Digest == a.Digest && last.inForce(on)
}
