// Package errs is the one error type that crosses layers and nodes. A Kind says how an edge must answer, a Code says
// what happened; codes are data (codes/*.toml), so that texts, documentation and `tongban errors N` share one source.
package errs

import (
	"errors"
	"fmt"
)

//go:generate go run ./gen

// Kind is how an edge answers. Numbers cross nodes: append only, never reuse.
type Kind uint8

// The ten kinds.
const (
	Internal        Kind = iota // ours to mend; the detail is logged and not shown
	Invalid                     // the request itself is wrong; repeating it changes nothing
	Unauthenticated             // who asks is not known
	Forbidden                   // known, but may not
	NotFound                    // no such thing, or none the asker may know of
	Conflict                    // somebody else was first; look again
	TooLarge                    // over a stated size
	Unavailable                 // a counterpart or a source cannot be reached; repeat later
	Exhausted                   // disk, quota or rate is used up
	Corrupt                     // stored or received bytes are not what was signed
)

// Code names one thing that can go wrong; see codes/*.toml.
type Code uint32

// Error carries a code, a detail for the log, and the cause. The zero Code is "internal".
type Error struct {
	Code   Code
	Detail string
	Err    error
}

// New makes an error of a code; detail is for operators and may not hold personal data.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Wrap is New with a cause.
func Wrap(code Code, err error, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...), Err: err}
}

// Error gives number, name and detail.
func (e *Error) Error() string {
	s := fmt.Sprintf("%d %s", e.Code, e.Code.Name())
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf gives the outermost code in err's chain, or Unexpected if there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Unexpected
}

// KindOf gives the kind of CodeOf(err).
func KindOf(err error) Kind { return CodeOf(err).Kind() }

// Is reports whether err carries code anywhere in its chain.
func Is(err error, code Code) bool {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return false
		}
		if e.Code == code {
			return true
		}
		err = e.Err
	}
	return false
}

// Text is what a person is told: what happened, and what to do next.
type Text struct{ What, Next string }

type entry struct {
	name   string
	kind   Kind
	zh, en Text
}

// Name is the code's constant name.
func (c Code) Name() string { return table[c].name }

// Kind is how an edge answers c; a code that this binary does not know (a newer node's) is Internal.
func (c Code) Kind() Kind { return table[c].kind }

// Known reports whether this binary has texts for c.
func (c Code) Known() bool { _, ok := table[c]; return ok }

// Text gives the Chinese ("zh") or English text for c.
func (c Code) Text(lang string) Text {
	e, ok := table[c]
	if !ok {
		e = table[Unexpected]
	}
	if lang == "en" {
		return e.en
	}
	return e.zh
}

// Codes lists all known codes in ascending order.
func Codes() []Code { return order }
