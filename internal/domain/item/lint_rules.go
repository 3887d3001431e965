package item

import (
	"slices"
	"strings"

	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// proofRanks are the ranks of a provision that may make people bring something (优化营商环境条例 第44条: 法律、法规、国务院决定).
var proofRanks = []string{"law", "regulation", "decision"}

var (
	ranks  = append([]string{"rule", "document", "local", "practice"}, proofRanks...)
	payers = []string{"", "place", "applicant"}
)

func (l *linter) questions(qs []Question) {
	seen := map[string]bool{}
	for i, q := range qs {
		line := l.line("questions", q.Key)
		l.once(seen, line, q.Key)
		l.both(line, q.Key, q.Text, q.TextEn)
		l.both(line, q.Key+" why", q.Why, q.WhyEn)
		l.condition(line, q.Key, q.If, qs[:i])
		if !keyForm.MatchString(q.Key) || slices.Contains([]string{"and", "or", "not"}, q.Key) {
			l.say(line, "unknown-value", q.Key+": a key is small letters, digits, - and _")
		}
	}
}

// condition checks that it parses and turns on questions that are asked.
func (l *linter) condition(line int, what string, c Condition, asked []Question) {
	keys, err := c.Keys()
	if err != nil {
		l.say(line, "condition", what+": "+err.Error())
	}
	for _, k := range keys {
		if !slices.ContainsFunc(asked, func(q Question) bool { return q.Key == k }) {
			l.say(line, "condition", what+": no question "+k+" before it")
		}
	}
}

func (l *linter) needed(line int, m Material, qs []Question) {
	l.condition(line, m.Key, m.If, qs)
	if m.If != "" && m.Required {
		l.say(line, "needless", m.Key+" has a condition; it is required when that holds, see Narrow")
	}
	if m.If != "" && m.WhenEn == "" {
		l.say(line, "no-english", m.Key+" when")
	}
}

// provisions holds the bases of a definition against the provisions that are known.
func (l *linter) provisions(v Version) {
	for _, b := range v.Basis {
		l.provision(b, v.From)
	}
}

func (l *linter) provision(b Basis, from workday.Date) {
	line := l.line("basis", b.Key)
	if s, known, inForce := l.c.statute(b, from); known && !inForce {
		l.say(line, "not-in-force", b.Key+" holds from "+s.From.String()+" until "+s.Until.String()+", not on "+from.String())
	}
	if b.Rank != "" {
		oneOf(l, line, b.Key, b.Rank, ranks)
	}
}

// lawful: no limit is longer than the provision it rests on allows, in the same kind of days.
func (l *linter) lawful(v Version, line int, t LimitRule) {
	b, _ := v.BasisOf(t.Basis)
	s, _, ok := l.c.statute(b, v.From)
	if !ok || s.Kind != t.Kind {
		return
	}
	law := t.Basis + ": " + s.Law + " " + s.Article
	if s.Spot && t.Length.N > 0 && s.Length.N == 0 {
		l.say(line, "longer-than-law", t.Key+": on the spot by "+law)
	}
	if longer(t.Length, s.Length) || longer(t.Promised, s.Length) || longer(t.Extend, s.Extend) {
		l.say(line, "longer-than-law", t.Key+" exceeds "+law)
	}
}

// longer compares limits as strictly as a calendar allows: n working days are never fewer than n days.
func longer(have, most workday.Limit) bool {
	switch {
	case have.N == 0 || most.N == 0:
		return false
	case have.Unit == most.Unit || have.Unit == workday.WorkingDays:
		return have.N > most.N || (have.Unit != most.Unit && have.N == most.N)
	}
	return have.N > most.N // plain days within a limit in working days
}

func (l *linter) statutes() {
	l.file = lawFile
	for _, s := range l.c.statutes {
		what := s.Law + " " + s.Article
		if s.Law == "" || s.Article == "" || s.Source == "" {
			l.say(0, "no-source", what)
		}
		l.both(0, what, s.Text, s.TextEn)
		if s.From.IsZero() || (!s.Until.IsZero() && s.Until.Before(s.From)) {
			l.say(0, "dates", what)
		}
		if s.Kind != "" {
			oneOf(l, 0, what, s.Kind, limitKinds)
		}
	}
}

func (l *linter) place(p region.Code) {
	regions, err := region.Default()
	if err != nil {
		l.say(0, "unknown-place", err.Error())
	} else if _, s := regions.Lookup(p); s == region.Unknown {
		l.say(0, "unknown-place", string(p))
	}
}

func (l *linter) overlays() {
	for i, o := range l.c.overlays {
		l.overlayFile(o)
		for _, other := range l.c.overlays[:i] {
			if other.Region == o.Region && other.Item == o.Item && (other.Until.IsZero() || !other.Until.Before(o.From)) && (o.Until.IsZero() || !o.Until.Before(other.From)) {
				l.say(0, "two-versions", other.ID+" is in force at the same time")
			}
		}
	}
}

// CheckOverlay holds one overlay, read from text, against the rules of the catalogue. An empty answer means clean.
func (c *Catalogue) CheckOverlay(o Overlay, text string) []Finding {
	l := &linter{c: c, alone: text}
	l.overlayFile(o)
	return l.out
}

// CheckAgreement does the same for an agreement.
func (c *Catalogue) CheckAgreement(a Agreement, text string) []Finding {
	l := &linter{c: c, alone: text}
	l.agreement(a)
	return l.out
}

func (l *linter) overlayFile(o Overlay) {
	l.file = o.ID + ".toml"
	if o.Region != "" {
		l.place(o.Region)
	}
	it, known := l.c.Item(o.Item)
	if !known || it.Code != o.Item {
		l.say(0, "unknown-item", o.Item)
		return
	}
	if o.Source == "" {
		l.say(0, "no-source", "the overlay names no source")
	}
	if !strings.HasSuffix(o.ID, "/"+o.From.String()) || (!o.Until.IsZero() && o.Until.Before(o.From)) {
		l.say(0, "dates", "the file's name is its first day, and the last day is not before it")
	}
	for _, b := range o.Basis {
		line := l.line("basis", b.Key)
		l.both(line, b.Key, b.Text, b.TextEn)
		l.mark(line, b.Key, b.Mark)
		l.provision(b, o.From)
	}
	v, defined := l.c.Version(o.Item, o.From)
	l.overlay(o, v, defined)
}

func (l *linter) overlay(o Overlay, v Version, defined bool) {
	qs := slices.Concat(v.Questions, o.Questions)
	l.questions(o.Questions)
	oneOf(l, 0, "postage", o.Postage.Payer, payers)
	l.mark(0, "postage", o.Postage.Mark)
	l.mark(0, "contact", o.Contact.Mark)
	based := func(line int, what, key string) Basis {
		b, ok := o.basisOf(key)
		if !ok {
			l.say(line, "dangling", what+": no basis "+key)
		}
		return b
	}
	material := func(line int, key string) {
		if defined && !slices.ContainsFunc(v.Materials, func(m Material) bool { return m.Key == key }) {
			l.say(line, "dangling", "the definition has no material "+key)
		}
	}
	for _, m := range o.Materials {
		line := l.line("materials", m.Key)
		l.both(line, m.Key, m.Name, m.NameEn)
		l.mark(line, m.Key, m.Mark)
		oneOf(l, line, m.Key, m.Form, paperForms)
		for _, s := range m.Sources {
			oneOf(l, line, m.Key, s, paperFrom)
		}
		l.needed(line, m, qs)
		b := based(line, m.Key, m.Basis)
		brought := len(m.Sources) == 0 || m.Sources[0] == "upload" || m.Form == "original"
		if brought && (!slices.Contains(proofRanks, b.Rank) || b.Law == "" || b.Article == "" || unread(b.Mark)) {
			l.say(line, "asks-for-more", m.Key+": what people must bring beyond the national standard needs a law, a regulation or a State Council decision, by article")
		}
	}
	if o.Postage.Payer != "" {
		based(0, "postage", o.Postage.Basis)
	}
	for _, fee := range o.Fees {
		l.both(0, "fee "+fee.Key, fee.Text, fee.TextEn)
		based(0, "fee "+fee.Key, fee.Basis)
	}
	for _, d := range o.Drop {
		material(0, d.Material)
		based(0, "drop "+d.Material, d.Basis)
	}
	for _, n := range o.Narrow {
		material(0, n.Material)
		l.condition(0, n.Material, n.If, qs)
	}
	for _, p := range o.Promises {
		based(0, "promise "+p.Limit, p.Basis)
		i := slices.IndexFunc(v.Limits, func(r LimitRule) bool { return r.Key == p.Limit })
		switch {
		case i < 0 && defined:
			l.say(0, "dangling", "the definition has no limit "+p.Limit)
		case p.Length.N == 0:
			l.say(0, "unknown-value", "promise "+p.Limit+": no length")
		case i >= 0 && (longer(p.Length, v.Limits[i].Length) || longer(p.Length, v.Limits[i].Promised)):
			l.say(0, "promise-too-long", p.Limit+": a region's promise is shorter than the national limit")
		}
	}
}

// unread reports whether a provision stands in the catalogue without having been read.
func unread(m Mark) bool { return m != "" && m != Confirmed && m != Sourced }

func (l *linter) agreements() {
	for _, a := range l.c.agreements {
		l.agreement(a)
	}
}

func (l *linter) agreement(a Agreement) {
	l.file = a.ID + ".toml"
	l.both(0, "title", a.Title, a.TitleEn)
	l.mark(0, a.ID, a.Mark)
	if a.Source == "" {
		l.say(0, "no-source", "the agreement names no source")
	}
	if a.From.IsZero() || (!a.Until.IsZero() && a.Until.Before(a.From)) {
		l.say(0, "dates", "an agreement has a first day, and its last day is not before it")
	}
	seen := map[region.Code]bool{}
	for _, p := range a.Parties {
		l.place(p.Region)
		seen[p.Region] = true
	}
	if len(seen) < 2 || len(seen) != len(a.Parties) {
		l.say(0, "one-sided", "an agreement names both sides, each once")
	}
	for _, code := range a.Items {
		if it, ok := l.c.Item(code); code != "*" && (!ok || it.Code != code) {
			l.say(0, "unknown-item", code)
		}
	}
	if len(a.Items) == 0 {
		l.say(0, "unknown-item", "no item")
	}
	for _, m := range a.Modes {
		if !slices.Contains(rank, m) {
			l.say(0, "unknown-mode", string(m))
		}
	}
	for _, d := range slices.Concat(a.Checks, a.NotAgain) {
		l.both(0, d.Key, d.Text, d.En)
	}
	l.mandate(a)
	oneOf(l, 0, "postage", a.Postage.Payer, payers)
	for _, b := range a.Basis {
		l.both(l.line("basis", b.Key), b.Key, b.Text, b.TextEn)
		l.provision(b, a.From)
	}
	if len(a.Basis) == 0 {
		l.say(0, "no-basis", "an agreement names what it rests on")
	}
	for _, t := range a.Limits {
		oneOf(l, 0, t.Leg, t.Start, limitStarts)
		if t.Length.N == 0 {
			l.say(0, "unknown-value", t.Leg+": no length")
		}
		if !slices.ContainsFunc(a.Basis, func(b Basis) bool { return b.Key == t.Basis }) {
			l.say(0, "dangling", t.Leg+": no basis "+t.Basis)
		}
	}
	if a.Postage.Payer != "" && !slices.ContainsFunc(a.Basis, func(b Basis) bool { return b.Key == a.Postage.Basis }) {
		l.say(0, "dangling", "postage: no basis "+a.Postage.Basis)
	}
	for _, t := range a.Contacts {
		l.place(t.Region)
	}
}
