package sqlstore

import (
	"strconv"
	"strings"
	"sync"
)

// insert is an INSERT of a fixed shape: the same number of rows gives the same text, so it stays prepared.
type insert struct {
	into string // "facts (hash, …)"
	cols string // the type of each column: t text, n bigint, b bytea
	tail string

	// set makes it an UPDATE of PostgreSQL: SET … FROM the rows AS of. The first column names the row to change, which may
	// not stand twice: only one of the two would be applied.
	set, of string

	// fold, if set, makes fewer rows of those of several units.
	fold func(rows []any) []any

	texts sync.Map // rows → text; 0 → the text of spread
}

// insertRows is the most rows of one statement with a parameter for each value.
const insertRows = 32

// add appends the statements that store args, which holds rows of values.
func (i *insert) add(to []stmt, args []any) []stmt {
	for len(args) > 0 {
		n := min(len(args), insertRows*len(i.cols))
		to = append(to, stmt{sql: i.text(n / len(i.cols)), args: args[:n:n], want: -1, rows: i})
		args = args[n:]
	}
	return to
}

func (i *insert) text(rows int) string {
	if t, ok := i.texts.Load(rows); ok {
		return t.(string)
	}
	var b strings.Builder
	b.WriteString("INSERT INTO " + i.into + " VALUES ")
	for n := range rows * len(i.cols) {
		switch {
		case n == 0:
			b.WriteString("(")
		case n%len(i.cols) == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(n+1))
	}
	b.WriteString(")" + i.tail)
	i.texts.Store(rows, b.String())
	return b.String()
}

// spread is any number of rows as one statement of PostgreSQL with an array for each column: one text for all numbers, which
// is planned once, and a parameter for each column instead of each value.
func (i *insert) spread(args []any) stmt {
	arrays, rows := make([]any, len(i.cols)), len(args)/len(i.cols)
	for c, kind := range i.cols {
		switch kind {
		case 't':
			arrays[c] = column[string](args, c, len(i.cols), rows)
		case 'n':
			arrays[c] = column[int64](args, c, len(i.cols), rows)
		default:
			arrays[c] = column[[]byte](args, c, len(i.cols), rows)
		}
	}
	return stmt{sql: i.spreadText(), args: arrays, want: -1}
}

func (i *insert) spreadText() string {
	if t, ok := i.texts.Load(0); ok {
		return t.(string)
	}
	arrays := make([]string, len(i.cols))
	for c, kind := range i.cols {
		arrays[c] = "$" + strconv.Itoa(c+1) + map[rune]string{'t': "::text[]", 'n': "::bigint[]", 'b': "::bytea[]"}[kind]
	}
	from := " FROM unnest(" + strings.Join(arrays, ", ") + ")"
	text := "INSERT INTO " + i.into + " SELECT *" + from + i.tail
	if i.set != "" {
		text = "UPDATE " + i.into + " SET " + i.set + from + " AS " + i.of + i.tail
	}
	i.texts.Store(0, text)
	return text
}

// column takes one column out of rows; NULL is the zero value, which only bytea columns hold.
func column[T any](args []any, at, width, rows int) []T {
	out := make([]T, rows)
	for r := range out {
		out[r], _ = args[r*width+at].(T)
	}
	return out
}

// merge gives the statements of all units, with the rows for one insert or update in one statement of PostgreSQL; unit
// says whose a statement is, -1 if several units share it. Shared statements come last: no unit of a group has seen what
// another of the same group writes. A row that two units change is changed by statements of their own.
func merge(units [][]stmt) (list []stmt, unit []int) {
	var order []*insert
	rows := map[*insert][]any{}
	changed := map[any]bool{}
	for u, stmts := range units {
		for _, s := range stmts {
			args := s.args
			if s.alike != nil {
				args = s.alike
			}
			if s.rows == nil || s.rows.set != "" && changed[args[0]] {
				list, unit = append(list, s), append(unit, u)
				continue
			}
			if s.rows.set != "" {
				changed[args[0]] = true
			}
			if rows[s.rows] == nil {
				order = append(order, s.rows)
			}
			rows[s.rows] = append(rows[s.rows], args...)
		}
	}
	for _, i := range order {
		if i.fold != nil {
			rows[i] = i.fold(rows[i])
		}
		list = append(list, i.spread(rows[i]))
	}
	for len(unit) < len(list) {
		unit = append(unit, -1)
	}
	return list, unit
}
