package casefile

import (
	"maps"
	"slices"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/workday"
)

// pin is the rule that a version makes of itself.
func (l Law) pin(on workday.Date) Rule {
	return Rule{Version: l.Version.ID, Digest: l.Version.Digest, On: on, Pins: l.Version.Pins}
}

// News lists what the rules of now ask of this case that those of old did not, and that is not in yet: a paper that must be
// there, an answer, a yes-no question on which either turns. What became less, later or dearer asks nothing new: the rule of
// the day of acceptance decides it anyway (I8).
func (c Case) News(old, now item.Version) []item.Change {
	now = now.Narrow(c.Private.Said)
	var out []item.Change
	for _, ch := range item.Diff(old.Narrow(c.Private.Said), now) {
		if c.owes(ch, now) {
			out = append(out, ch)
		}
	}
	return out
}

func (c Case) owes(ch item.Change, now item.Version) bool {
	switch ch.Part {
	case "material":
		i := slices.IndexFunc(now.Materials, func(m item.Material) bool { return m.Key == ch.Key })
		return i >= 0 && now.Materials[i].Required && !slices.ContainsFunc(c.Private.Materials, func(m Material) bool { return m.Key == ch.Key })
	case "field":
		f, ok := now.Field(ch.Key)
		return ok && f.Required && c.Private.Answers[ch.Key] == ""
	case "question":
		_, said := c.Private.Said[ch.Key]
		i := slices.IndexFunc(now.Questions, func(q item.Question) bool { return q.Key == ch.Key })
		return !said && i >= 0 && now.Questions[i].If.Holds(c.Private.Said) == item.Yes && turns(now, ch.Key)
	}
	return false
}

// turns reports whether a material or field depends on a question.
func turns(v item.Version, question string) bool {
	on := func(c item.Condition) bool {
		keys, err := c.Keys()
		return err == nil && slices.Contains(keys, question)
	}
	return slices.ContainsFunc(v.Materials, func(m item.Material) bool { return on(m.If) }) ||
		slices.ContainsFunc(v.Form.Fields, func(f item.Field) bool { return on(f.If) })
}

// Hear adds answers to yes-no questions.
func (c Case) Hear(said map[string]bool) Case {
	all := maps.Clone(c.Private.Said)
	if all == nil {
		all = map[string]bool{}
	}
	maps.Copy(all, said)
	c.Private.Said = all
	return c
}

// Under gives the case under the rules of a day, before it is accepted: whoever holds it has looked at them.
func (c Case) Under(law Law, on workday.Date) Case {
	c.Rule = law.pin(on)
	return c
}
