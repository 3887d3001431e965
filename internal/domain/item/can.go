package item

import (
	"slices"
	"strings"

	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// ModeRule overrides an item's row for areas and days. The first rule that fits wins; the row is the default.
type ModeRule struct {
	Item        string
	Modes       []Mode
	Here, There []region.Code // any of these areas; empty: everywhere
	From, Until workday.Date  // zero Until: open
	Basis       string
	Mark        Mark
	Note        string
	line        int
}

// Query asks whether an item may be handled from one place to another on a day.
type Query struct {
	Item        string // code, exact name or alias
	Here, There region.Code
	On          workday.Date
}

// Answer is what `tongban can` says. Mode is None if it is not possible.
type Answer struct {
	Possible    bool
	Code        string // the item's code, "" if unknown
	Mode        Mode   // the best
	Modes       []Mode // all, best first
	Reason      string
	ReasonEn    string
	ReasonKey   string   // which text of texts.toml
	Basis       []string // provisions and sources
	Instead     string   // what to do instead; "" if possible
	InsteadEn   string
	Provisional bool   // some ground of the answer is not confirmed; Marks says which
	Marks       []Note // the grounds that are not confirmed
	Version     string // id of the full definition in force that day, "" if there is none
}

// Note is one ground of an answer that no source read confirms.
type Note struct {
	What string // row | mode | from | rule | place
	Mark Mark
	Text string
	En   string
}

// outside are the areas that 国办发〔2020〕35号 and 〔2022〕34号 do not reach: Taiwan, Hong Kong, Macao.
var outside = []string{"71", "81", "82"}

// Can resolves the mode from (item × receiving area × deciding area × day), never from the item alone.
func (c *Catalogue) Can(q Query, regions *region.Table) Answer {
	it, ok := c.Item(strings.TrimSpace(q.Item))
	if !ok {
		return c.no("unknown-item", words{"item": {q.Item, q.Item}})
	}
	a := c.can(it, q, regions)
	a.Code = it.Code
	a.Provisional = len(a.Marks) > 0
	return a
}

func (c *Catalogue) can(it Item, q Query, regions *region.Table) Answer {
	w := words{
		"item": it.named(), "here": placeName(q.Here, regions), "there": placeName(q.There, regions), "date": same(it.From.String()),
	}
	if q.On.IsZero() {
		return c.no("no-date", w)
	}
	for _, place := range []region.Code{q.Here, q.There} {
		if a, bad := c.badPlace(place, q.On, regions, w); bad {
			return a
		}
	}
	rule, ruled := c.rule(it.Code, q, regions)
	// Where the law wants the person on site (marriage, passports), there is where they come from and here is where they
	// stand; the same province is then a fair question, as is a single place for both.
	onsite := (ruled && slices.Equal(rule.Modes, []Mode{Onsite})) || (!ruled && slices.Equal(it.Modes, []Mode{Onsite}))
	if q.Here.Province() == q.There.Province() && !onsite {
		w["place"] = placeName(q.Here.ProvinceCode(), regions)
		return c.no("same-province", w)
	}
	var a Answer
	switch {
	case ruled:
		a.Modes, a.Basis = slices.Clone(rule.Modes), []string{rule.Basis}
		a.Marks = c.note(nil, "rule", rule.Mark)
	case !it.From.IsZero() && q.On.Before(it.From):
		key := "not-yet"
		if q.Here.Province() == q.There.Province() {
			key = "not-yet-onsite"
		}
		a = c.no(key, w)
		a.Basis, a.Marks = c.basis(it), c.note(c.note(nil, "row", it.Marks.InAnnex), "from", it.Marks.FromMark)
		return a
	default:
		a.Modes, a.Basis = slices.Clone(it.Modes), c.basis(it)
		a.Marks = c.note(c.note(c.note(nil, "row", it.Marks.InAnnex), "mode", it.Marks.ModeBasis), "from", it.Marks.FromMark)
	}
	if len(a.Modes) == 0 || a.Modes[0] == None {
		n := c.no("rule-none", w)
		n.Basis, n.Marks = a.Basis, a.Marks
		return n
	}
	agreed := c.Agreements(it.Code, q.Here, q.There, q.On, regions)
	for _, g := range agreed {
		// What the law wants on site no agreement moves; and a mode without a plan could not be worked.
		if g.Carries() && !slices.Equal(a.Modes, []Mode{Onsite}) {
			a.Modes = bestFirst(append(a.Modes, c.planned(it.Code, q.On, g.lets(q.There, regions))...))
		}
	}
	a.Possible, a.Mode = true, a.Modes[0]
	c.say(&a, "yes-"+string(a.Mode), w)
	if v, ok := c.Version(it.Code, q.On); ok {
		a.Version = v.ID
		for _, key := range v.Reach {
			if cite := v.Cite(key); !slices.Contains(a.Basis, cite) {
				a.Basis = append(a.Basis, cite)
			}
		}
	}
	for _, g := range agreed {
		if !g.Demo || g.Carries() {
			a.Basis = append(a.Basis, g.Title)
			a.Marks = c.agreed(a.Marks, g, regions)
		}
	}
	return a
}

// lets are the modes that an agreement gives for what lies in there: a mandate works one way.
func (a Agreement) lets(there region.Code, regions *region.Table) []Mode {
	return slices.DeleteFunc(slices.Clone(a.Modes), func(m Mode) bool { return m == Delegated && !a.entrusts(there, regions) })
}

// planned leaves out the modes for which the definition of that day has no plan.
func (c *Catalogue) planned(code string, on workday.Date, modes []Mode) []Mode {
	v, defined := c.Version(code, on)
	if !defined {
		return modes
	}
	return slices.DeleteFunc(slices.Clone(modes), func(m Mode) bool { return len(v.Plan[m]) == 0 })
}

// agreed tells how far an agreement is a ground: how its text is known, who has not signed it, whose signature is made up.
func (c *Catalogue) agreed(notes []Note, g Agreement, regions *region.Table) []Note {
	notes = c.note(notes, "agreement", g.Mark)
	w := words{"agreement": {g.Title, g.TitleEn}}
	if len(g.Unsigned) > 0 {
		var sides word
		for i, p := range g.Unsigned {
			if n := placeName(p, regions); i == 0 {
				sides = n
			} else {
				sides = word{sides.zh + "\u3001" + n.zh, sides.en + ", " + n.en}
			}
		}
		w["place"] = sides
		return c.noted(notes, "agreement-unsigned", w)
	}
	if g.DemoSigned {
		return c.noted(notes, "agreement-demo", w)
	}
	return notes
}

func (c *Catalogue) noted(notes []Note, what string, w words) []Note {
	t := c.texts["mark-"+what]
	return append(notes, Note{What: what, Mark: Unverified, Text: w.fill(t.Zh, false), En: w.fill(t.En, true)})
}

// badPlace answers for a place that is unknown, abolished, not yet there, or outside the two lists. Dates of divisions
// are as exact as their source: with a year or month alone a place counts as there through that whole period.
func (c *Catalogue) badPlace(p region.Code, on workday.Date, regions *region.Table, w words) (Answer, bool) {
	r, status := regions.Lookup(p)
	w["place"] = placeName(p, regions)
	day := on.String()
	switch {
	case status == region.Unknown:
		return c.no("unknown-place", w), true
	case slices.Contains(outside, p.Province()):
		return c.no("outside", w), true
	case r.Until != "" && day[:len(r.Until)] > r.Until, len(r.Until) == len(day) && day == r.Until:
		var zh, en []string
		for _, s := range r.Successors {
			n := placeName(s, regions)
			zh, en = append(zh, n.zh+" "+s.Display()), append(en, n.en+" "+s.Display())
		}
		w["date"], w["next"] = same(r.Until), word{strings.Join(zh, " / "), strings.Join(en, " / ")}
		a := c.no("abolished", w)
		a.Basis, a.Marks = []string{r.Source}, c.note(nil, "place", Mark(r.Provenance))
		return a, true
	case r.From != "" && day[:len(r.From)] < r.From:
		w["date"] = same(r.From)
		a := c.no("not-established", w)
		a.Basis, a.Marks = []string{r.Source}, c.note(nil, "place", Mark(r.Provenance))
		return a, true
	}
	return Answer{}, false
}

func (c *Catalogue) rule(code string, q Query, regions *region.Table) (ModeRule, bool) {
	in := func(p region.Code, areas []region.Code) bool {
		return len(areas) == 0 || slices.ContainsFunc(areas, func(a region.Code) bool { return regions.Within(p, a) })
	}
	i := slices.IndexFunc(c.rules, func(r ModeRule) bool {
		return r.Item == code && !q.On.Before(r.From) && (r.Until.IsZero() || !q.On.After(r.Until)) &&
			in(q.Here, r.Here) && in(q.There, r.There)
	})
	if i < 0 {
		return ModeRule{}, false
	}
	return c.rules[i], true
}

// basis names the list a row stands in and where that was read.
func (c *Catalogue) basis(it Item) []string {
	list, _, _ := strings.Cut(it.Code, "-")
	return []string{c.texts["list-"+list].Zh, it.Marks.Source}
}

// note adds a ground if its mark is not one of those that mean "read in a source".
func (c *Catalogue) note(notes []Note, what string, m Mark) []Note {
	switch m { //nolint:exhaustive // every other mark is told to the reader
	case "", Confirmed, Sourced, NotAnnex, "published":
		return notes
	}
	marked, ok := c.texts["marked-"+string(m)]
	if !ok {
		marked = c.texts["marked-unverified"]
	}
	t := c.texts["mark-"+what]
	w := words{"mark": {marked.Zh, marked.En}}
	return append(notes, Note{What: what, Mark: m, Text: w.fill(t.Zh, false), En: w.fill(t.En, true)})
}

func (c *Catalogue) no(key string, w words) Answer {
	a := Answer{Mode: None}
	c.say(&a, key, w)
	t := c.texts[key+"-instead"]
	a.Instead, a.InsteadEn = w.fill(t.Zh, false), w.fill(t.En, true)
	return a
}

func (c *Catalogue) say(a *Answer, key string, w words) {
	t := c.texts[key]
	a.ReasonKey, a.Reason, a.ReasonEn = key, w.fill(t.Zh, false), w.fill(t.En, true)
}

// word is one filling of a sentence in both languages, words all of them by name.
type (
	word  struct{ zh, en string }
	words map[string]word
)

func same(s string) word { return word{s, s} }

func (w words) fill(sentence string, en bool) string {
	var pairs []string
	for name, v := range w {
		s := v.zh
		if en {
			s = v.en
		}
		pairs = append(pairs, "{"+name+"}", s)
	}
	return strings.NewReplacer(pairs...).Replace(sentence)
}

// named is the item's name; in English its English name, or the code beside the name.
func (i Item) named() word {
	if i.NameEn == "" {
		return word{i.Name, i.Code + " (" + i.Name + ")"}
	}
	return word{i.Name, i.NameEn}
}

// placeName is the full name; in English the province's English name with the own name before it.
func placeName(p region.Code, regions *region.Table) word {
	full := regions.FullName(p)
	province, _ := regions.Lookup(p.ProvinceCode())
	switch {
	case province.En == "":
		return same(full)
	case p == p.ProvinceCode():
		return word{full, province.En}
	}
	return word{full, regions.Name(p) + " (" + province.En + ")"}
}
