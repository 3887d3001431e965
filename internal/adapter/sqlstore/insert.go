package sqlstore

import (
	"strconv"
	"strings"
	"sync"
)

// insert is an INSERT of a fixed shape: the same number of rows gives the same text, so it stays prepared.
type insert struct {
	into string // "facts (hash, …)"
	cols int
	tail string

	// set makes it an UPDATE of PostgreSQL: SET … FROM (VALUES …). The first column names the row to change, which may
	// not stand twice: only one of the two would be applied. casts are the types of the columns.
	set   string
	casts []string

	texts sync.Map // rows → text
}

// insertRows is the most rows of one statement.
const insertRows = 32

// add appends the statements that store args, which holds rows of cols values.
func (i *insert) add(to []stmt, args []any) []stmt {
	for len(args) > 0 {
		n := min(len(args), insertRows*i.cols)
		to = append(to, stmt{sql: i.text(n / i.cols), args: args[:n:n], want: -1, rows: i})
		args = args[n:]
	}
	return to
}

func (i *insert) text(rows int) string {
	if t, ok := i.texts.Load(rows); ok {
		return t.(string)
	}
	var b strings.Builder
	if i.set == "" {
		b.WriteString("INSERT INTO " + i.into + " VALUES ")
	} else {
		b.WriteString("UPDATE " + i.into + " SET " + i.set + " FROM (VALUES ")
	}
	for n := range rows * i.cols {
		switch {
		case n == 0:
			b.WriteString("(")
		case n%i.cols == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(n+1))
		if n < len(i.casts) {
			b.WriteString("::" + i.casts[n])
		}
	}
	b.WriteString(")" + i.tail)
	i.texts.Store(rows, b.String())
	return b.String()
}

// merge gives the statements of all units, with the rows for one insert or update in as few statements as possible; unit
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
		list = i.add(list, rows[i])
	}
	for len(unit) < len(list) {
		unit = append(unit, -1)
	}
	return list, unit
}
