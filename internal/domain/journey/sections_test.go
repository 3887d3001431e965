package journey_test

import (
	"testing"

	"tongban/internal/domain/journey"
)

func TestQuestionsAreOneTask(t *testing.T) {
	q := func(field string, done bool) journey.Step {
		return journey.Step{Kind: journey.Question, Field: field, Done: done}
	}
	steps := []journey.Step{
		{Kind: journey.Ask, Field: "a", Done: true},
		{Kind: journey.Ask, Field: "b", Done: true},
		{Kind: journey.Found, Done: true},
		q("x", true), q("y", false), q("z", true),
		{Kind: journey.Materials},
		{Kind: journey.Check},
	}
	got := journey.Sections(steps)
	if len(got) != 5 || len(got[0]) != 2 || got[0].Done() != 2 || got[2].Done() != 2 || got[2].Open() != steps[4] || got[4].Open().Kind != journey.Check {
		t.Fatalf("%+v", got)
	}
	if journey.IsLong(steps) {
		t.Error("what was answered in the guide makes the way long")
	}
	steps[0].Done = false
	if !journey.IsLong(steps) {
		t.Error("seven steps are short")
	}
}
