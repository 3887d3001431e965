package sqlstore

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"

	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// pageText reads the rows after the keys $1 … and of each the first bytes of the column, which tell its generation.
func (r resting) pageText() string {
	names, after := strings.Join(r.keys, ", "), make([]string, len(r.keys))
	for i := range after {
		after[i] = fmt.Sprintf("$%d", i+1)
	}
	return fmt.Sprintf(`SELECT %s, substr(%s, 1, %d) FROM %s WHERE (%s) > (%s) ORDER BY %s LIMIT %d`,
		names, r.col, 1+proof.HeadSize, r.table, names, strings.Join(after, ", "), names, keyPage)
}

// rowText reads what a row is resealed from; several if rows have the same keys.
func (r resting) rowText() string {
	mac, also := "0", r.col
	if r.mac != "" {
		mac = r.mac
	}
	if r.also != "" {
		also = r.also
	}
	return fmt.Sprintf(`SELECT %s, %s, %s FROM %s WHERE %s`, r.col, mac, also, r.table, r.where(1))
}

func (r resting) where(from int) string {
	parts := make([]string, len(r.keys))
	for i, k := range r.keys {
		parts[i] = fmt.Sprintf("%s = $%d", k, from+i)
	}
	return strings.Join(parts, " AND ")
}

// updateText stores the column anew if it is still what was read.
func (r resting) updateText() string {
	set := r.col + " = $1"
	if r.mac != "" {
		set += ", " + r.mac + " = $3"
		return fmt.Sprintf(`UPDATE %s SET %s WHERE %s = $2 AND %s`, r.table, set, r.col, r.where(4))
	}
	return fmt.Sprintf(`UPDATE %s SET %s WHERE %s = $2 AND %s`, r.table, set, r.col, r.where(3))
}

// first are keys before all others.
func (r resting) first() []any {
	out := make([]any, len(r.kinds))
	for i, k := range r.kinds {
		switch k {
		case 't':
			out[i] = ""
		case 'n':
			out[i] = int64(math.MinInt64)
		default:
			out[i] = []byte{}
		}
	}
	return out
}

// noted and keysOf bring keys to text and back.
func (r resting) noted(keys []any) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		switch k := k.(type) {
		case int64:
			out[i] = strconv.FormatInt(k, 10)
		case []byte:
			out[i] = hex.EncodeToString(k)
		case string:
			out[i] = k
		}
	}
	return out
}

func (r resting) keysOf(noted []string) ([]any, error) {
	if noted == nil {
		return r.first(), nil
	}
	if len(noted) != len(r.kinds) {
		return nil, errs.New(errs.CorruptRow, "key_gens: place")
	}
	out := make([]any, len(noted))
	for i, k := range r.kinds {
		var err error
		switch k {
		case 'n':
			out[i], err = strconv.ParseInt(noted[i], 10, 64)
		case 'b':
			out[i], err = hex.DecodeString(noted[i])
		default:
			out[i] = noted[i]
		}
		if err != nil {
			return nil, errs.New(errs.CorruptRow, "key_gens: place")
		}
	}
	return out, nil
}

// scan reads the keys of a row and the columns after them.
func (r resting) scan(from *rows, more ...any) ([]any, error) {
	into := make([]any, 0, len(r.kinds)+len(more))
	texts, numbers, bytes := make([]string, len(r.kinds)), make([]int64, len(r.kinds)), make([][]byte, len(r.kinds))
	for i, k := range r.kinds {
		switch k {
		case 't':
			into = append(into, &texts[i])
		case 'n':
			into = append(into, &numbers[i])
		default:
			into = append(into, &bytes[i])
		}
	}
	if err := from.Scan(append(into, more...)...); err != nil {
		return nil, err
	}
	keys := make([]any, len(r.kinds))
	for i, k := range r.kinds {
		switch k {
		case 't':
			keys[i] = texts[i]
		case 'n':
			keys[i] = numbers[i]
		default:
			keys[i] = bytes[i]
		}
	}
	return keys, nil
}
