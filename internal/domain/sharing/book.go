package sharing

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/domain/resource"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Book is what follows from all statements that are known. Statements of different provinces may be added in any order; those
// of one province in the order of their numbers. Not safe for concurrent use.
type Book struct {
	resources  map[string]resource.Resource // by ID, the last version
	agreements map[string]*Agreement
	recognised map[office.NodeID][]Recognised // in the order said
}

// NewBook is an empty one.
func NewBook() *Book {
	return &Book{resources: map[string]resource.Resource{}, agreements: map[string]*Agreement{}, recognised: map[office.NodeID][]Recognised{}}
}

// Agreement is all that was said about one, by whomever.
type Agreement struct {
	ID     string
	Texts  []Text
	Signed map[proof.Hash]map[office.NodeID]Statement // by terms
	Last   map[office.NodeID]Statement                // suspend, resume or end: each party's last word
	Demo   bool
}

// Text is terms with who proposed them.
type Text struct {
	Terms   Terms
	Hash    proof.Hash
	By      office.NodeID
	Officer string
	At      time.Time
}

// Standing is how an agreement stands on a day.
type Standing string

// The standings.
const (
	Proposed  Standing = "proposed" // not signed by all
	Later     Standing = "later"    // signed by all, its first day has not come
	InForce   Standing = "force"
	Suspended Standing = "suspended"
	Ended     Standing = "ended"
	Expired   Standing = "expired"
)

// Add takes a statement in that Open and Link.Next accepted.
func (b *Book) Add(st Statement) {
	switch st.Kind {
	case Describe:
		b.resources[st.Resource.ID()] = *st.Resource
	case Propose:
		hash, err := st.Terms.Hash()
		a := b.agreement(st.Terms.Agreement)
		if err != nil || slices.ContainsFunc(a.Texts, func(x Text) bool { return x.Hash == hash }) {
			return
		}
		a.Texts = append(a.Texts, Text{*st.Terms, hash, st.By, st.Officer, st.At})
		a.Demo = a.Demo || st.Demo
		slices.SortFunc(a.Texts, func(x, y Text) int {
			return cmp.Or(cmp.Compare(x.Terms.Version, y.Terms.Version), cmp.Compare(x.Hash.String(), y.Hash.String()))
		})
	case Sign:
		a := b.agreement(st.Agreement)
		if a.Signed[st.On] == nil {
			a.Signed[st.On] = map[office.NodeID]Statement{}
		}
		a.Signed[st.On][st.By] = st
	case Suspend, Resume, End:
		a := b.agreement(st.Agreement)
		if a.Last[st.By].Kind != End { // what was ended stays ended
			a.Last[st.By] = st
		}
	case Recognise:
		b.recognised[st.By] = append(b.recognised[st.By], Recognised{st.By, st.Seq, st.Officer, st.At, *st.Recognition, "", st.Demo})
	case Confirm:
		b.confirm(st)
	}
}

func (b *Book) agreement(id string) *Agreement {
	a := b.agreements[id]
	if a == nil {
		a = &Agreement{ID: id, Signed: map[proof.Hash]map[office.NodeID]Statement{}, Last: map[office.NodeID]Statement{}}
		b.agreements[id] = a
	}
	return a
}

// Resource finds the last version of a resource.
func (b *Book) Resource(owner office.NodeID, key string) (resource.Resource, bool) {
	r, ok := b.resources[resource.Resource{Owner: owner, Key: key}.ID()]
	return r, ok
}

// Resources lists what is described and not withdrawn and has all words, by owner and key.
func (b *Book) Resources(words string) []resource.Resource {
	var out []resource.Resource
	for _, id := range slices.Sorted(maps.Keys(b.resources)) {
		if r := b.resources[id]; !r.Withdrawn && r.Has(words) {
			out = append(out, r)
		}
	}
	return out
}

// Agreement finds one that somebody proposed.
func (b *Book) Agreement(id string) (Agreement, bool) {
	a, ok := b.agreements[id]
	if !ok || len(a.Texts) == 0 {
		return Agreement{}, false
	}
	return a.clone(), true
}

// Of lists the agreements of which a node is a party, the newest first.
func (b *Book) Of(n office.NodeID) []Agreement {
	var out []Agreement
	for _, a := range b.agreements {
		if slices.ContainsFunc(a.Texts, func(x Text) bool { return x.Terms.Party(n) }) {
			out = append(out, a.clone())
		}
	}
	slices.SortFunc(out, func(x, y Agreement) int {
		return cmp.Or(y.Texts[len(y.Texts)-1].At.Compare(x.Texts[len(x.Texts)-1].At), cmp.Compare(x.ID, y.ID))
	})
	return out
}

func (a *Agreement) clone() Agreement {
	c := *a
	c.Texts, c.Last = slices.Clone(a.Texts), maps.Clone(a.Last)
	c.Signed = make(map[proof.Hash]map[office.NodeID]Statement, len(a.Signed))
	for h, by := range a.Signed {
		c.Signed[h] = maps.Clone(by)
	}
	return c
}

// Agreed is the newest text that all its parties signed.
func (a Agreement) Agreed() (Text, bool) {
	for _, x := range slices.Backward(a.Texts) {
		if !slices.ContainsFunc(x.Terms.Parties, func(n office.NodeID) bool { _, ok := a.Signed[x.Hash][n]; return !ok }) {
			return x, true
		}
	}
	return Text{}, false
}

// Newest is the text that is on the table for a node: the last one that names it as a party.
func (a Agreement) Newest(n office.NodeID) (Text, bool) {
	for _, x := range slices.Backward(a.Texts) {
		if x.Terms.Party(n) {
			return x, true
		}
	}
	return Text{}, false
}

// Stands says how the agreement stands on a day, and by which text. A party that suspended or ended does so for all: nobody can
// be made to share.
func (a Agreement) Stands(on workday.Date) (Standing, Text) {
	x, ok := a.Agreed()
	if !ok {
		return Proposed, Text{}
	}
	standing := InForce
	for _, n := range x.Terms.Parties {
		switch a.Last[n].Kind { //nolint:exhaustive // only these stand in Last
		case End:
			return Ended, x
		case Suspend:
			standing = Suspended
		}
	}
	switch {
	case on.After(x.Terms.Until):
		return Expired, x
	case standing == Suspended:
		return Suspended, x
	case on.Before(x.Terms.From):
		return Later, x
	}
	return InForce, x
}

// KeepDays is for how long after a case terms let an answer about a resource be kept; false if the terms are not known.
func (b *Book) KeepDays(terms proof.Hash, provider office.NodeID, res string) (int, bool) {
	for _, a := range b.agreements {
		for _, x := range a.Texts {
			if x.Hash != terms {
				continue
			}
			for _, g := range x.Terms.Grants {
				if g.Provider == provider && g.Resource == res {
					return g.KeepDays, true
				}
			}
		}
	}
	return 0, false
}

// GrantFor finds the grant in force by which asker may ask provider for a resource in a matter, with the text it stands in. When
// several agreements hold one, the one proposed last counts.
func (b *Book) GrantFor(provider, asker office.NodeID, res, code string, on workday.Date) (g Grant, x Text, ok bool) {
	for _, a := range b.agreements {
		standing, text := a.Stands(on)
		if standing != InForce || ok && (text.At.Before(x.At) || text.At.Equal(x.At) && text.Terms.Agreement < x.Terms.Agreement) {
			continue
		}
		for _, one := range text.Terms.Grants {
			if one.Provider == provider && one.Resource == res && slices.Contains(one.Askers, asker) && slices.Contains(one.Items, code) {
				g, x, ok = one, text, true
			}
		}
	}
	return g, x, ok
}
