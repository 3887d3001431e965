package item

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCondition(t *testing.T) {
	tests := []struct {
		cond    Condition
		answers map[string]bool
		want    Truth
	}{
		{"", nil, Yes},
		{"minor", nil, Perhaps},
		{"minor", map[string]bool{"minor": true}, Yes},
		{"minor", map[string]bool{"minor": false}, No},
		{"not minor", map[string]bool{"minor": false}, Yes},
		{"not minor", nil, Perhaps},
		{"a and b", map[string]bool{"a": true}, Perhaps},
		{"a and b", map[string]bool{"a": false}, No}, // b no longer matters
		{"a or b", map[string]bool{"a": true}, Yes},
		{"a or b", map[string]bool{"b": false}, Perhaps},
		{"a or b and c", map[string]bool{"a": false, "b": true, "c": false}, No},
		{"(a or b) and not c", map[string]bool{"b": true, "c": false}, Yes},
		{"not (a or b)", map[string]bool{"a": false, "b": false}, Yes},
		{"not not a", map[string]bool{"a": true}, Yes},
		{"a and", nil, Perhaps}, // does not parse: nothing is hidden
	}
	for _, tt := range tests {
		if got := tt.cond.Holds(tt.answers); got != tt.want {
			t.Errorf("%q with %v is %d, want %d", tt.cond, tt.answers, got, tt.want)
		}
	}
}

func TestConditionKeys(t *testing.T) {
	keys, err := Condition("a and (b or not a)").Keys()
	if diff := cmp.Diff([]string{"a", "b", "a"}, keys); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range []Condition{"and", "a b", "a and", "(a", "a)", "not", "A", "a || b", "()", Condition(strings.Repeat("not ", 5000) + "a"), Condition(strings.Repeat("(", 5000))} {
		if _, err := bad.Keys(); err == nil {
			t.Errorf("%.20q was accepted", bad)
		}
	}
}
