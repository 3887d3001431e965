package item

import (
	"path"
	"slices"
	"strings"
)

var (
	fieldTypes  = []FieldType{Text, Choice, Money, Region, Address, Scope, Percent, Date, Person}
	fallbacks   = []Fallback{FallAsk, FallUpload, FallPromise, FallWait}
	legKinds    = []LegKind{Collect, Decide, Deliver, Verify, File, Seal}
	legPlaces   = []Place{Here, There, Lead, Other}
	limitKinds  = []LimitKind{LimitIntake, LimitDecide, LimitIssue, LimitNotify}
	limitStarts = []string{"accepted", "received", "decided", "complete"}
	silences    = []string{"accepted", "returned", "none"}
	stops       = []string{"hearing", "bidding", "auction", "inspection", "test", "quarantine", "appraisal", "experts"} // 行政许可法 第45条
	acts        = []string{"identity", "formal-check", "receive", "accept", "refuse", "return", "verify", "decide", "issue", "notify", "handover", "post", "archive"}
	paperFrom   = []string{"elicence", "shared", "generated", "promise", "upload"}
	paperForms  = []string{"original", "copy", "electronic"}
	manners     = []string{"return", "hold"}
)

// apart: two versions of one item may not both be in force on a day.
func (l *linter) apart(a, b Edition) {
	l.file = b.ID + ".toml"
	if a.Until.IsZero() || !a.Until.Before(b.From) {
		l.say(0, "two-versions", a.ID+" is still in force on "+b.From.String())
	}
}

func (l *linter) version(v Version) {
	l.file = v.ID + ".toml"
	if v.From.String() != path.Base(v.ID) || (!v.Until.IsZero() && v.Until.Before(v.From)) {
		l.say(0, "dates", "the file's name is its first day, and the last day is not before it")
	}
	l.both(0, "title", v.Title, v.TitleEn)
	if v.Source == "" {
		l.say(0, "no-source", "the definition names no source")
	}
	seen := map[string]bool{}
	for _, b := range v.Basis {
		line := l.line("basis", b.Key)
		l.once(seen, line, b.Key)
		l.mark(line, b.Key, b.Mark)
		l.both(line, b.Key, b.Text, b.TextEn)
		if b.Law == "" || b.Article == "" {
			l.say(line, "no-basis", b.Key+" names no law or article")
		}
	}
	if len(v.Reach) == 0 {
		l.say(0, "no-basis", "reach")
	}
	for _, key := range v.Reach {
		l.basis(v, 0, "reach", key)
	}
	l.provisions(v)
	l.questions(v.Questions)
	l.form(v)
	l.materials(v)
	l.plan(v)
	l.limits(v)
	l.waits(v)
	l.decision(v)
}

func (l *linter) basis(v Version, line int, what, key string) {
	if key == "" {
		l.say(line, "no-basis", what)
	} else if _, ok := v.BasisOf(key); !ok {
		l.say(line, "dangling", what+": no basis "+key)
	}
}

func oneOf[T ~string](l *linter, line int, what string, value T, of []T) {
	if !slices.Contains(of, value) {
		l.say(line, "unknown-value", what+": "+string(value))
	}
}

func (l *linter) form(v Version) {
	l.both(0, "form title", v.Form.Title, v.Form.TitleEn)
	seen := map[string]bool{}
	for _, f := range v.Form.Fields {
		line := l.line("form.fields", f.Key)
		l.once(seen, line, f.Key)
		l.mark(line, f.Key, f.Mark)
		l.both(line, f.Key, f.Label, f.LabelEn)
		if f.Hint != "" {
			l.both(line, f.Key+" hint", f.Hint, f.HintEn)
		}
		l.basis(v, line, f.Key, f.Basis)
		oneOf(l, line, f.Key, f.Type, fieldTypes)
		oneOf(l, line, f.Key, f.Fallback, fallbacks)
		if f.Reason == "" {
			l.say(line, "no-reason", f.Key)
		} else if f.ReasonEn == "" {
			l.say(line, "no-english", f.Key+" reason")
		}
		if (f.Type == Choice || f.Type == Scope) && len(f.Options) == 0 {
			l.say(line, "no-options", f.Key)
		}
		for _, o := range f.Options {
			l.both(line, f.Key+" "+o.Value, o.Label, o.LabelEn)
			l.mark(line, f.Key+" "+o.Value, o.Mark)
		}
		l.origin(line, f, seen)
		l.condition(line, f.Key, f.If, v.Questions)
		if f.If != "" && f.Required {
			l.say(line, "needless", f.Key+" has a condition; it is required when that holds, see Narrow")
		}
	}
}

// origin checks where a value comes from; seen holds the fields up to and with f.
func (l *linter) origin(line int, f Field, seen map[string]bool) {
	switch f.Source {
	case Asked:
		for _, e := range l.c.evidence {
			if slices.Contains(e.Covers, f.Key) {
				l.say(line, "asked-but-known", f.Key+" can be had from "+e.Key)
			}
		}
	case FromEvidence:
		if !l.registered(f.From) {
			l.say(line, "dangling", f.Key+": no registered evidence "+f.From)
		}
	case Derived:
		for _, m := range hole.FindAllStringSubmatch(f.From, -1) {
			fact := slices.ContainsFunc(factPrefix, func(p string) bool { return strings.HasPrefix(m[1], p) })
			if !fact && !l.registered(m[1]) && (!seen[m[1]] || m[1] == f.Key) {
				l.say(line, "dangling", f.Key+": no earlier field or fact "+m[1])
			}
		}
		if f.From == "" {
			l.say(line, "dangling", f.Key+": nothing to derive it from")
		}
	default:
		l.say(line, "unknown-value", f.Key+": source "+string(f.Source))
	}
}

func (l *linter) registered(from string) bool {
	key, gives, _ := strings.Cut(from, ".")
	return slices.ContainsFunc(l.c.evidence, func(e Evidence) bool { return e.Key == key && slices.Contains(e.Gives, gives) })
}

func (l *linter) materials(v Version) {
	seen := map[string]bool{}
	for _, m := range v.Materials {
		line := l.line("materials", m.Key)
		l.once(seen, line, m.Key)
		l.mark(line, m.Key, m.Mark)
		l.both(line, m.Key, m.Name, m.NameEn)
		l.basis(v, line, m.Key, m.Basis)
		oneOf(l, line, m.Key, m.Form, paperForms)
		if len(m.Sources) == 0 {
			l.say(line, "unknown-value", m.Key+": no way to have it")
		}
		for _, s := range m.Sources {
			oneOf(l, line, m.Key, s, paperFrom)
			if (s == "elicence" || s == "shared") &&
				!slices.ContainsFunc(l.c.evidence, func(e Evidence) bool { return e.Key == m.Resource }) {
				l.say(line, "dangling", m.Key+": no registered evidence "+m.Resource)
			}
		}
		if !m.Required && m.When == "" {
			l.say(line, "no-reason", m.Key+": when is it needed")
		}
		l.needed(line, m, v.Questions)
	}
}

func (l *linter) plan(v Version) {
	if len(v.Plan) == 0 {
		l.say(0, "dangling", "no plan")
	}
	for _, mode := range rank {
		legs, ok := v.Plan[mode]
		if !ok {
			continue
		}
		head, seen := "plan."+string(mode), map[string]bool{}
		for _, g := range legs {
			line := l.line(head, g.Key)
			for _, a := range g.After {
				if !seen[a] {
					l.say(line, "dangling", head+" "+g.Key+": no earlier leg "+a)
				}
			}
			l.once(seen, line, g.Key)
			oneOf(l, line, g.Key, g.Kind, legKinds)
			oneOf(l, line, g.Key, g.Place, legPlaces)
			for _, d := range g.Does {
				oneOf(l, line, g.Key, d, acts)
			}
			l.part(v, legs, line, g)
		}
		if (mode == Delegated) != (count(legs, Seal) == 1) || mode == Delegated && !delegated(legs) {
			l.say(0, "dangling", head+": here collects and decides, there seals, and no other mode needs a seal")
		}
		if n := count(legs, Decide); n != 1 {
			l.say(0, "dangling", head+": one leg decides")
		}
	}
	for mode, n := range v.Visits {
		if _, planned := v.Plan[mode]; !planned || n < 0 {
			l.say(0, "unknown-mode", "visits "+string(mode))
		}
	}
	for mode := range v.Plan {
		if !slices.Contains(rank, mode) {
			l.say(0, "unknown-mode", string(mode))
		}
	}
}

// delegated reports whether a plan has the shape of the mode: what is collected and decided here is sealed there and handed out here.
func delegated(legs []LegPlan) bool {
	return slices.EqualFunc(legs, []LegPlan{{Kind: Collect, Place: Here}, {Kind: Decide, Place: Here}, {Kind: Seal, Place: There}, {Kind: Deliver, Place: Here}},
		func(g, want LegPlan) bool { return g.Kind == want.Kind && g.Place == want.Place })
}

// part checks what only legs of several places have.
func (l *linter) part(v Version, legs []LegPlan, line int, g LegPlan) {
	l.mark(line, g.Key, g.Mark)
	if g.Kind == Verify && (len(g.After) == 0 || count(legs, Collect) == 0) {
		l.say(line, "dangling", g.Key+": a part follows what a window collected")
	}
	if g.Join != "" && g.Join != JoinAny {
		l.say(line, "dangling", g.Key+": no way to join "+g.Join)
	}
	if f, ok := v.Field(g.At); (g.Place == Other || g.At != "") && (g.Place != Other || !ok || f.Type != Region || !f.Required) {
		l.say(line, "dangling", g.Key+": a third place is named by a required field of the form")
	}
	if (g.Undo == "") != (g.UndoEn == "") || g.Undo != "" && g.Kind != Verify {
		l.say(line, "dangling", g.Key+": what is undone stands in both languages, on a leg that verifies")
	}
}

func count(legs []LegPlan, k LegKind) int {
	n := 0
	for _, g := range legs {
		if g.Kind == k {
			n++
		}
	}
	return n
}

func (l *linter) limits(v Version) {
	seen := map[string]bool{}
	for _, t := range v.Limits {
		line := l.line("limits", t.Key)
		l.once(seen, line, t.Key)
		l.mark(line, t.Key, t.Mark)
		l.basis(v, line, t.Key, t.Basis)
		oneOf(l, line, t.Key, t.Kind, limitKinds)
		oneOf(l, line, t.Key, t.Start, limitStarts)
		oneOf(l, line, t.Key, t.Silence, silences)
		for _, s := range t.Stops {
			oneOf(l, line, t.Key, s, stops)
		}
		found := false
		for _, legs := range v.Plan {
			found = found || slices.ContainsFunc(legs, func(g LegPlan) bool { return g.Key == t.Leg })
		}
		if !found {
			l.say(line, "dangling", t.Key+": no plan has the leg "+t.Leg)
		}
		if t.Length.N > 0 && t.Promised.N > 0 && (t.Promised.N > t.Length.N || t.Promised.Unit != t.Length.Unit) {
			l.say(line, "promise-too-long", t.Key+": the promise is within the law's limit and counts the same days")
		}
		if t.Length.N == 0 && t.Promised.N == 0 && !t.Spot {
			l.say(line, "unknown-value", t.Key+": no length")
		}
		l.lawful(v, line, t)
		if t.Extend.N > 0 && t.ExtendWith == "" {
			l.say(line, "no-reason", t.Key+": what an extension needs")
		}
	}
}

func (l *linter) waits(v Version) {
	starts := slices.Clone(limitStarts)
	for _, w := range v.Waits {
		line := l.line("waits", w.Key)
		l.both(line, w.Key, w.Text, w.TextEn)
		l.basis(v, line, w.Key, w.Basis)
		oneOf(l, line, w.Key, w.Start, starts)
		if w.Length.N == 0 {
			l.say(line, "unknown-value", w.Key+": no length")
		}
		starts = append(starts, w.Key)
	}
}

// decision checks corrections, checklist, refusals, result and fee.
func (l *linter) decision(v Version) {
	l.basis(v, 0, "corrections", v.Corrections.Basis)
	l.mark(0, "corrections", v.Corrections.Mark)
	oneOf(l, 0, "corrections", v.Corrections.Manner, manners)
	if a := v.Assurance; min(a.Level, a.Consent) < 0 || max(a.Level, a.Consent) > 4 {
		l.say(0, "bad-level", "assurance: levels are 0 to 4")
	}
	l.fee(v)
	seen := map[string]bool{}
	for _, k := range v.Checklist {
		line := l.line("checklist", k.Key)
		l.once(seen, line, k.Key)
		l.mark(line, k.Key, k.Mark)
		l.both(line, k.Key, k.Label, k.LabelEn)
		l.basis(v, line, k.Key, k.Basis)
		if k.Material != "" && !slices.ContainsFunc(v.Materials, func(m Material) bool { return m.Key == k.Material }) {
			l.say(line, "dangling", k.Key+": no material "+k.Material)
		}
		if _, ok := v.Field(k.Field); k.Field != "" && !ok {
			l.say(line, "dangling", k.Key+": no field "+k.Field)
		}
	}
	seen = map[string]bool{}
	for _, r := range v.Refusals {
		line := l.line("refusals", r.Key)
		l.once(seen, line, r.Key)
		l.mark(line, r.Key, r.Mark)
		l.both(line, r.Key, r.Text, r.TextEn)
		l.basis(v, line, r.Key, r.Basis)
	}
	r := v.Result
	l.basis(v, 0, "result", r.Basis)
	l.both(0, "result", r.Name, r.NameEn)
	l.mark(0, "result", r.Mark)
	l.mark(0, "licence_type", r.TypeMark)
	if r.Kind == "licence" && len(r.LicenceType) != 21 {
		l.say(0, "unknown-value", "licence_type has 21 characters")
	}
	if r.Counts != "" && r.Counts != CountsFromMonth {
		l.say(0, "unknown-value", "counts "+r.Counts)
	}
	if r.Renews != "" {
		if _, ok := v.Field(r.Renews); !ok || r.LicenceType == "" || len(r.Fields) > 0 || r.Serial != "" {
			l.say(0, "dangling", "renews: a field of the form, and a licence whose number and face are those of the version before")
		}
	}
	for _, f := range r.Fields {
		line := l.line("result.fields", f.Key)
		l.both(line, f.Key, f.Label, f.LabelEn)
		from, key, _ := strings.Cut(f.From, ":")
		switch from {
		case "form":
			if _, ok := v.Field(key); !ok {
				l.say(line, "dangling", f.Key+": no field "+key)
			}
		case "case", "office", "decision":
		default:
			l.say(line, "dangling", f.Key+": "+f.From)
		}
	}
}
