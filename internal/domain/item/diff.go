package item

import (
	"strconv"
	"strings"

	"tongban/internal/kernel/workday"
)

// Change is one difference between two definitions of an item as a person would put it. Kind is asked-more, asked-less,
// changed, longer, shorter, dearer or cheaper; Part is field, material, question, limit, wait, fee, result, refusal or mode.
type Change struct {
	Kind   string `json:"kind"`
	Part   string `json:"part"`
	Key    string `json:"key"`
	Name   string `json:"name,omitempty"` // of the part
	NameEn string `json:"name_en,omitempty"`
	Old    string `json:"old,omitempty"` // "" if it is new
	New    string `json:"new,omitempty"` // "" if it is gone
}

// The kinds of change.
const (
	AskedMore = "asked-more"
	AskedLess = "asked-less"
	Changed   = "changed"
	Longer    = "longer"
	Shorter   = "shorter"
	Dearer    = "dearer"
	Cheaper   = "cheaper"
)

// part is one thing of a definition under comparison.
type part struct {
	key, name, nameEn string
	value             string // what makes it the same or not
}

// Diff lists what the new definition asks more or less than the old one and how limits and fees moved, for the person
// whose draft meets new rules. Wording of hints and paraphrases is not a change.
func Diff(old, now Version) []Change {
	d := differ{}
	d.asked("material", materialParts(old), materialParts(now))
	d.asked("field", fieldParts(old), fieldParts(now))
	d.asked("question", questionParts(old), questionParts(now))
	d.limits(old, now)
	d.waits(old, now)
	d.parts("mode", modeParts(old), modeParts(now), Changed, Changed)
	d.parts("refusal", refusalParts(old), refusalParts(now), Changed, Changed)
	d.fee(old.Fee, now.Fee)
	if old.Result.Name != now.Result.Name {
		d.add(Changed, "result", part{"result", now.Result.Name, now.Result.NameEn, ""}, old.Result.Name, now.Result.Name)
	}
	return d.out
}

type differ struct{ out []Change }

func (d *differ) add(kind, what string, p part, old, now string) {
	d.out = append(d.out, Change{Kind: kind, Part: what, Key: p.key, Name: p.name, NameEn: p.nameEn, Old: old, New: now})
}

func (d *differ) asked(what string, old, now []part) { d.parts(what, old, now, AskedMore, AskedLess) }

func (d *differ) parts(what string, old, now []part, more, less string) {
	had := map[string]part{}
	for _, p := range old {
		had[p.key] = p
	}
	for _, p := range now {
		before, was := had[p.key]
		delete(had, p.key)
		switch {
		case !was:
			d.add(more, what, p, "", p.value)
		case before.value != p.value:
			d.add(Changed, what, p, before.value, p.value)
		}
	}
	for _, p := range old {
		if _, gone := had[p.key]; gone {
			d.add(less, what, p, p.value, "")
		}
	}
}

func materialParts(v Version) []part {
	var out []part
	for _, m := range v.Materials {
		need := "required"
		if !m.Required {
			need = string(m.If) + " " + m.When
		}
		out = append(out, part{m.Key, m.Name, m.NameEn, strings.Join(m.Sources, ",") + "; " + m.Form + "; " + strings.TrimSpace(need)})
	}
	return out
}

// fieldParts lists what the applicant must supply; what is found or derived is no burden.
func fieldParts(v Version) []part {
	var out []part
	for _, f := range v.Form.Fields {
		if f.Source == Asked {
			out = append(out, part{f.Key, f.Label, f.LabelEn, string(f.Type) + " " + strconv.FormatBool(f.Required) + " " + string(f.If)})
		}
	}
	return out
}

func questionParts(v Version) []part {
	var out []part
	for _, q := range v.Questions {
		out = append(out, part{q.Key, q.Text, q.TextEn, string(q.If)})
	}
	return out
}

func refusalParts(v Version) []part {
	var out []part
	for _, r := range v.Refusals {
		out = append(out, part{key: r.Key, name: r.Text, nameEn: r.TextEn})
	}
	return out
}

func modeParts(v Version) []part {
	var out []part
	for _, m := range rank {
		if legs, ok := v.Plan[m]; ok {
			var chain []string
			for _, g := range legs {
				chain = append(chain, string(g.Kind)+"@"+string(g.Place))
			}
			out = append(out, part{string(m), string(m), string(m), strings.Join(chain, " ")})
		}
	}
	return out
}

func (d *differ) limits(old, now Version) {
	had := map[string]LimitRule{}
	for _, l := range old.Limits {
		had[l.Key] = l
	}
	for _, l := range now.Limits {
		b, was := had[l.Key]
		delete(had, l.Key)
		p := part{key: l.Key, name: now.Cite(l.Basis), nameEn: string(l.Kind)}
		if !was {
			d.add(Changed, "limit", p, "", span(l))
			continue
		}
		d.span("limit", p, effective(b), effective(l), span(b), span(l))
	}
	for _, l := range old.Limits {
		if _, gone := had[l.Key]; gone {
			d.add(Changed, "limit", part{key: l.Key, name: old.Cite(l.Basis), nameEn: string(l.Kind)}, span(l), "")
		}
	}
}

func (d *differ) waits(old, now Version) {
	had := map[string]Wait{}
	for _, w := range old.Waits {
		had[w.Key] = w
	}
	for _, w := range now.Waits {
		b, was := had[w.Key]
		delete(had, w.Key)
		p := part{key: w.Key, name: w.Text, nameEn: w.TextEn}
		if !was {
			d.add(Changed, "wait", p, "", days(w.Length))
			continue
		}
		d.span("wait", p, b.Length, w.Length, days(b.Length), days(w.Length))
	}
	for _, w := range old.Waits {
		if _, gone := had[w.Key]; gone {
			d.add(Changed, "wait", part{key: w.Key, name: w.Text, nameEn: w.TextEn}, days(w.Length), "")
		}
	}
}

// span tells whether a time became longer or shorter; in days of another kind it has only changed.
func (d *differ) span(what string, p part, old, now workday.Limit, before, after string) {
	switch {
	case before == after:
	case old.Unit != now.Unit || old.N == now.N:
		d.add(Changed, what, p, before, after)
	case now.N > old.N:
		d.add(Longer, what, p, before, after)
	default:
		d.add(Shorter, what, p, before, after)
	}
}

// effective is the time a person counts on: the promise, else the law's.
func effective(l LimitRule) workday.Limit {
	if l.Promised.N > 0 {
		return l.Promised
	}
	return l.Length
}

// span writes a limit as the definition files do: spot, law, "promised" and the promise.
func span(l LimitRule) string {
	var out []string
	if l.Spot {
		out = append(out, "spot")
	}
	if l.Length.N > 0 {
		out = append(out, days(l.Length))
	}
	if l.Promised.N > 0 {
		out = append(out, "promised "+days(l.Promised))
	}
	if l.Extend.N > 0 {
		out = append(out, "+"+days(l.Extend))
	}
	return strings.Join(out, " ")
}

// ShortLimit writes a limit as definition files do, 3wd or 30d.
func ShortLimit(l workday.Limit) string { return days(l) }

func days(l workday.Limit) string {
	if l.Unit == workday.WorkingDays {
		return strconv.Itoa(l.N) + "wd"
	}
	return strconv.Itoa(l.N) + "d"
}

func (d *differ) fee(old, now Fee) {
	move := func(p part, before, after int) {
		switch {
		case after > before:
			d.add(Dearer, "fee", p, strconv.Itoa(before), strconv.Itoa(after))
		case after < before:
			d.add(Cheaper, "fee", p, strconv.Itoa(before), strconv.Itoa(after))
		}
	}
	if len(old.Items)+len(now.Items) == 0 {
		move(part{key: "fee"}, old.Fen, now.Fen)
		return
	}
	had := map[string]int{}
	for _, f := range old.Items {
		had[f.Key] = f.Fen
	}
	for _, f := range now.Items {
		move(part{key: f.Key, name: f.Label, nameEn: f.LabelEn}, had[f.Key], f.Fen)
	}
}
