package item

import (
	"strings"

	"tongban/internal/kernel/errs"
)

// Condition is a test over the keys of yes-no questions, in the words and, or, not and brackets: "minor and not (soldier
// or abroad)". It reads as a sentence to a steward; not binds closest, then and, then or. The empty condition always holds.
type Condition string

// Truth is what a condition comes to: Perhaps while a question it turns on is unanswered.
type Truth int8

// The truths.
const (
	No Truth = iota - 1
	Perhaps
	Yes
)

// Holds evaluates the condition over the answers given so far. A condition that does not parse comes to Perhaps, so that
// nothing needed is hidden; Lint refuses it.
func (c Condition) Holds(answers map[string]bool) Truth {
	if c == "" {
		return Yes
	}
	p := parser{words: scan(string(c)), value: func(key string) Truth {
		switch yes, known := answers[key]; {
		case !known:
			return Perhaps
		case yes:
			return Yes
		default:
			return No
		}
	}}
	t := p.or()
	if p.bad || len(p.words) > 0 {
		return Perhaps
	}
	return t
}

// Keys lists the question keys in order of appearance; errs.CatalogueBroken if the condition does not parse.
func (c Condition) Keys() ([]string, error) {
	if c == "" {
		return nil, nil
	}
	var keys []string
	p := parser{words: scan(string(c)), value: func(key string) Truth {
		keys = append(keys, key)
		return Perhaps
	}}
	p.or()
	if p.bad || len(p.words) > 0 {
		return nil, errs.New(errs.CatalogueBroken, "%q is not keys joined by and, or, not", string(c))
	}
	return keys, nil
}

func scan(s string) []string {
	return strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s))
}

// parser walks the words once. Every branch is read even if the outcome is known, so that Keys sees all.
type parser struct {
	words []string
	value func(key string) Truth
	bad   bool
	depth int
}

func (p *parser) next(word string) bool {
	if len(p.words) == 0 || p.words[0] != word {
		return false
	}
	p.words = p.words[1:]
	return true
}

func (p *parser) or() Truth {
	t := p.and()
	for p.next("or") {
		t = max(t, p.and())
	}
	return t
}

func (p *parser) and() Truth {
	t := p.not()
	for p.next("and") {
		t = min(t, p.not())
	}
	return t
}

func (p *parser) not() Truth {
	// A definition comes from a steward, but a bundle crosses nodes: the depth is bounded so that no text can exhaust the stack.
	if p.depth++; p.depth > 100 {
		p.bad = true
		return Perhaps
	}
	defer func() { p.depth-- }()
	switch {
	case p.next("not"):
		return -p.not()
	case p.next("("):
		t := p.or()
		p.bad = p.bad || !p.next(")")
		return t
	case len(p.words) == 0 || !keyForm.MatchString(p.words[0]) || p.words[0] == "and" || p.words[0] == "or":
		p.bad = true
		return Perhaps
	}
	key := p.words[0]
	p.words = p.words[1:]
	return p.value(key)
}
