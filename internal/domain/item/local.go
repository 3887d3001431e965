package item

import (
	"slices"
	"strings"

	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Pins name the rules of the two places that a case goes by, beside the digest of the national definition: digests of
// overlays, widest area first, comma between; NoRules if the place has none. "" is the word of a node that knew no pins.
type Pins struct {
	Here  string `json:"here,omitempty"`
	There string `json:"there,omitempty"`
}

// NoRules says that a place has no rules of its own about an item.
const NoRules = "none"

func pinsOf(list []Overlay) string {
	if len(list) == 0 {
		return NoRules
	}
	digests := make([]string, len(list))
	for i, o := range list {
		digests[i] = o.Digest
	}
	return strings.Join(digests, ",")
}

// Local is the definition in force on a day with the rules of the two places laid over it: what each asks besides, what the
// deciding place does not ask, shorter promises, more questions. Digest stays the national one, Pins name the rest. The
// layer "national" of the overlays is not in it: it narrows guides only. false if the item has no definition that day.
func (c *Catalogue) Local(key string, here, there region.Code, on workday.Date, regions *region.Table) (Version, bool) {
	v, ok := c.Version(key, on)
	if !ok {
		return v, false
	}
	h, t := c.overlaysAt(v.Item, here, on, regions), c.overlaysAt(v.Item, there, on, regions)
	return v.lay(h, t), true
}

// Pinned is the definition that a case pinned, with the overlays it named. An overlay that never came here is left out: the
// place that published it holds it. It returns errs.VersionUnknown for a definition this catalogue does not hold.
func (c *Catalogue) Pinned(digest string, pins Pins) (Version, error) {
	v, err := c.VersionByDigest(digest)
	if err != nil {
		return v, err
	}
	read := func(list string) []Overlay {
		var out []Overlay
		for d := range strings.SplitSeq(list, ",") {
			if o, ok := c.overlayByDigest(d); ok {
				out = append(out, o)
			}
		}
		return out
	}
	v = v.lay(read(pins.Here), read(pins.There))
	v.Pins = pins
	return v, nil
}

// lay gives the definition with the overlays of the receiving and of the deciding place over it.
func (v Version) lay(here, there []Overlay) Version {
	v.Pins = Pins{Here: pinsOf(here), There: pinsOf(there)}
	if len(here)+len(there) == 0 {
		return v
	}
	v.Basis, v.Questions = slices.Clone(v.Basis), slices.Clone(v.Questions)
	v.Materials, v.Limits = slices.Clone(v.Materials), slices.Clone(v.Limits)
	for _, o := range here {
		v.layOne(o, Here)
	}
	for _, o := range there {
		if !slices.ContainsFunc(here, func(h Overlay) bool { return h.ID == o.ID }) {
			v.layOne(o, There)
		}
	}
	return v
}

// layOne changes v, whose lists are the caller's own, as Guide lays the lists over each other.
func (v *Version) layOne(o Overlay, at Place) {
	for _, b := range o.Basis {
		if _, known := v.BasisOf(b.Key); !known {
			v.Basis = append(v.Basis, b)
		}
	}
	for _, q := range o.Questions {
		if !slices.ContainsFunc(v.Questions, func(have Question) bool { return have.Key == q.Key }) {
			v.Questions = append(v.Questions, q)
		}
	}
	material := func(key string) int {
		return slices.IndexFunc(v.Materials, func(m Material) bool { return m.Key == key })
	}
	for _, m := range o.Materials {
		if i := material(m.Key); i >= 0 {
			v.Materials[i] = v.Materials[i].joined(m)
		} else {
			v.Materials = append(v.Materials, m)
		}
	}
	for _, n := range o.Narrow {
		if i := material(n.Material); i >= 0 {
			v.Materials[i].If, v.Materials[i].Required = n.If, false
		}
	}
	for _, d := range o.Drop {
		if i := material(d.Material); i >= 0 && at == There { // only the deciding place can spare a paper
			v.Materials = slices.Delete(v.Materials, i, i+1)
		}
	}
	for _, p := range o.Promises {
		i := slices.IndexFunc(v.Limits, func(l LimitRule) bool { return l.Key == p.Limit })
		if i < 0 || v.placeOf(v.Limits[i].Leg) != at {
			continue
		}
		if l := &v.Limits[i]; l.Promised.N == 0 || (p.Length.Unit == l.Promised.Unit && p.Length.N < l.Promised.N) {
			l.Promised = p.Length
		}
	}
}

// joined is one line for what two places ask for: without condition if one of them has none.
func (m Material) joined(more Material) Material {
	m.Required = m.Required || more.Required
	switch {
	case m.If == "" || more.If == "":
		m.If = ""
	case m.If != more.If:
		m.If = "(" + m.If + ") or (" + more.If + ")"
	}
	return m
}

// placeOf says which place holds a leg, by the first plan that has it.
func (v Version) placeOf(leg string) Place {
	for _, m := range rank {
		for _, l := range v.Plan[m] {
			if l.Key == leg {
				if l.Place == There {
					return There
				}
				return Here
			}
		}
	}
	return Here
}
