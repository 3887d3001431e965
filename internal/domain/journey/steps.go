package journey

import (
	"slices"
	"strings"

	"tongban/internal/domain/item"
)

// Kind is what a step shows.
type Kind string

// The kinds of steps, in the order in which they come.
const (
	Ask       Kind = "ask"       // a yes-no question that narrows what follows
	Found     Kind = "found"     // what was found out, to be confirmed
	Question  Kind = "q"         // one question
	Invite    Kind = "invite"    // the other party
	Materials Kind = "materials" // papers that remain
	Check     Kind = "check"     // the last look
)

// Step is one screen of the way.
type Step struct {
	Kind  Kind
	Field string // of a question, or its key
	Done  bool
}

// Path is where the step stands below the draft's address.
func (s Step) Path() string {
	if s.Kind == Question || s.Kind == Ask {
		return string(s.Kind) + "/" + s.Field
	}
	return string(s.Kind)
}

// Long is the number of steps from which the way begins with a task list.
const Long = 6

// IsLong reports whether a way begins with a task list: what was answered before, in the guide, makes nothing longer.
func IsLong(steps []Step) bool {
	n := 0
	for _, s := range steps {
		if s.Kind != Ask || !s.Done {
			n++
		}
	}
	return n > Long
}

// Section is a task of a long way: the questions of one kind that follow each other, or one step.
type Section []Step

// Done is how many steps of it are.
func (s Section) Done() int {
	n := 0
	for _, one := range s {
		if one.Done {
			n++
		}
	}
	return n
}

// Open is the first step of it that is not done, or its first.
func (s Section) Open() Step { return Next(s) }

// Sections are the tasks of a way, in order.
func Sections(steps []Step) []Section {
	var out []Section
	for _, s := range steps {
		if n := len(out); n > 0 && (s.Kind == Ask || s.Kind == Question) && out[n-1][0].Kind == s.Kind {
			out[n-1] = append(out[n-1], s)
			continue
		}
		out = append(out, Section{s})
	}
	return out
}

// Steps is the whole way of a draft under a version of the rules, narrowed to what the person said. What needs nobody's word has no step. The check is done
// only by submitting, so it never counts as done here.
func Steps(d Draft, v item.Version) []Step {
	var out []Step
	for _, q := range v.Questions {
		if q.If.Holds(d.Said) == item.Yes {
			_, said := d.Said[q.Key]
			out = append(out, Step{Kind: Ask, Field: q.Key, Done: said})
		}
	}
	if len(FoundFields(d, v)) > 0 {
		out = append(out, Step{Kind: Found, Done: d.Seen[string(Found)]})
	}
	for _, q := range Questions(d, v) {
		out = append(out, Step{Kind: Question, Field: q.Field.Key, Done: answered(d, v, q.Field)})
	}
	if field, ok := Inviting(v); ok {
		joined := d.Guest != nil && d.Guest.State == Joined
		out = append(out, Step{Kind: Invite, Done: joined || !field.Required && d.Seen[string(Invite)]})
	}
	if rows := Papers(d, v); slices.ContainsFunc(rows, func(p Paper) bool { return len(p.Ways) > 0 }) {
		done := d.Seen[string(Materials)] && !slices.ContainsFunc(rows, func(p Paper) bool { return !p.Done })
		out = append(out, Step{Kind: Materials, Done: done})
	}
	return append(out, Step{Kind: Check})
}

// Next is the first step that is not done.
func Next(steps []Step) Step {
	i := slices.IndexFunc(steps, func(s Step) bool { return !s.Done })
	return steps[max(i, 0)]
}

// After is the step that follows one that was just done: the next open one after it, else the first open one. So somebody
// who goes back to change one answer comes straight to what is open.
func After(steps []Step, done Step) Step {
	at := slices.IndexFunc(steps, func(s Step) bool { return s.Path() == done.Path() })
	for _, s := range steps[at+1:] {
		if !s.Done {
			return openedBy(steps, s)
		}
	}
	return Next(steps)
}

// openedBy is s, or an earlier step if s is the check and something before it is open.
func openedBy(steps []Step, s Step) Step {
	if s.Kind == Check {
		return Next(steps)
	}
	return s
}

// Reachable reports whether a step may be shown: the check only when all before it is done, any other at any time.
func Reachable(steps []Step, path string) bool {
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Path() == path })
	if i < 0 {
		return false
	}
	return steps[i].Kind != Check || Next(steps).Kind == Check
}

// Before is the step before a path, for the way back; false at the first.
func Before(steps []Step, path string) (Step, bool) {
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Path() == path })
	if i <= 0 {
		return Step{}, false
	}
	return steps[i-1], true //nolint:gosec // i is at least 1 and an index of steps
}

// Inviting is the field that the other party fills, if the form has one.
func Inviting(v item.Version) (item.Field, bool) {
	i := slices.IndexFunc(v.Form.Fields, func(f item.Field) bool { return f.Source == item.FromEvidence && f.From == "invited.name" })
	if i < 0 {
		return item.Field{}, false
	}
	return v.Form.Fields[i], true
}

// Sources are the registered sources that a form and its materials draw on, in the form's order and without repetition.
func Sources(v item.Version) []string {
	var out []string
	add := func(key string) {
		if key != "" && key != "invited" && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	for _, f := range v.Form.Fields {
		if f.Source == item.FromEvidence {
			key, _, _ := strings.Cut(f.From, ".")
			add(key)
		}
	}
	for _, m := range v.Materials {
		if slices.Contains(m.Sources, "shared") || slices.Contains(m.Sources, "elicence") {
			add(m.Resource)
		}
	}
	return out
}
