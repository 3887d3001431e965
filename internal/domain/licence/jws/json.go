package jws

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"tongban/internal/kernel/errs"
)

// maxDepth bounds nesting; no licence needs more than four.
const maxDepth = 16

// Object reads one JSON object. Members named twice are refused, because two readers could take different ones; names are
// compared exactly. Errors: errs.TokenUnreadable.
func Object(b []byte) (map[string]json.RawMessage, error) {
	if err := strict(b); err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil || m == nil {
		return nil, errs.New(errs.TokenUnreadable, "no JSON object")
	}
	return m, nil
}

// Value reads one JSON value as the standard library does, numbers kept as written, under the rules of Object.
func Value(b []byte) (any, error) {
	if err := strict(b); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, errs.New(errs.TokenUnreadable, "no JSON value")
	}
	return v, nil
}

// strict walks the text: UTF-8, exactly one value, no member twice, not too deep.
func strict(b []byte) error {
	if !utf8.Valid(b) {
		return errs.New(errs.TokenUnreadable, "not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := walk(dec, 0); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errs.New(errs.TokenUnreadable, "more than one value")
	}
	return nil
}

func walk(dec *json.Decoder, depth int) error {
	t, err := dec.Token()
	if err != nil || depth > maxDepth {
		return errs.New(errs.TokenUnreadable, "JSON at depth %d", depth)
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for dec.More() {
		if open == '{' {
			name, err := dec.Token()
			s, ok := name.(string)
			if err != nil || !ok || seen[s] {
				return errs.New(errs.TokenUnreadable, "a member without or with a repeated name")
			}
			seen[s] = true
		}
		if err := walk(dec, depth+1); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return errs.New(errs.TokenUnreadable, "JSON does not end")
	}
	return nil
}
