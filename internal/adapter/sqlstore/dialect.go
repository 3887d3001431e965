package sqlstore

import (
	"database/sql/driver"
	"encoding/json"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"tongban/internal/kernel/errs"
)

// dialect is the little in which the two databases differ; everything else is one SQL text with $N placeholders.
type dialect uint8

const (
	lite dialect = iota
	postgres
)

// skipLocked is the suffix of a sub-select that leases rows: on PostgreSQL two replicas then take different rows
// without waiting; SQLite has one writer and needs nothing.
func (d dialect) skipLocked() string {
	if d == postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// anyFirst is the condition "is one of the list that is bound to $1", to be written after a column name. The text does
// not depend on the length of the list, so it stays one prepared statement. Bind the list with listOf.
func (d dialect) anyFirst() string {
	if d == postgres {
		return "= ANY($1)"
	}
	return "IN (SELECT value FROM json_each($1))"
}

// listOf makes the argument for anyFirst. An empty list matches nothing.
func listOf[T ~string | ~int64](d dialect, list []T) any {
	if d == postgres {
		if reflect.TypeFor[T]().Kind() == reflect.String {
			out := make([]string, len(list))
			for i, v := range list {
				out[i] = reflect.ValueOf(v).String()
			}
			return out
		}
		out := make([]int64, len(list))
		for i, v := range list {
			out[i] = reflect.ValueOf(v).Int()
		}
		return out
	}
	if list == nil {
		return "[]"
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings and integers always marshal
	}
	return string(b)
}

// micros is how a time is stored: BIGINT microseconds since 1970 UTC; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// fromMicros is the reverse of micros; the result is in UTC.
func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// plain brings arguments to the few types that both drivers bind alike, and refuses text that PostgreSQL cannot
// store (NUL, not UTF-8), so that SQLite refuses it too.
func plain(args []any) ([]any, error) {
	if args == nil {
		return nil, nil
	}
	out := make([]any, len(args))
	for i, a := range args {
		switch a.(type) {
		case []string, []int64:
			out[i] = a
			continue
		case time.Time:
			return nil, errs.New(errs.Unexpected, "argument %d is a time; store micros(t)", i+1)
		}
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, errs.Wrap(errs.Unexpected, err, "argument %d", i+1)
		}
		if s, ok := v.(string); ok && (strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s)) {
			return nil, errs.New(errs.NotStorable, "argument %d is not clean UTF-8 text", i+1)
		}
		out[i] = v
	}
	return out, nil
}
