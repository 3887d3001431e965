package share

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/resource"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// NumberColumn is the column of a hosted table by which people are found; the others bear the names of the resource's fields.
const NumberColumn = "person"

// Bounds of a hosted table.
const (
	mostRows = 200_000
	mostCell = 2000 // bytes
)

// Tables keeps hosted tables. KeepTable stores the next version as a whole and gives its number; Row gives errs.SourceDown if there is no
// table and errs.NoRecord if nobody of that number stands in it. Safe for concurrent use.
type Tables interface {
	KeepTable(ctx context.Context, resource string, at time.Time, number string, records []map[string]string) (version int64, err error)
	Row(ctx context.Context, resource, column, number string) (record map[string]string, at time.Time, err error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Hosted is the connector for offices without a system of their own: a table that they give to their node.
type Hosted struct {
	Ledger *Ledger
	Tables Tables
	// Else is asked where there is no table; nil: nothing is.
	Else Source
}

var _ Source = (*Hosted)(nil)

// Record finds somebody's line in the last version.
func (h *Hosted) Record(ctx context.Context, key string, who party.Person) (map[string]string, time.Time, error) {
	record, at, err := h.Tables.Row(ctx, key, NumberColumn, who.IDNo)
	if errs.Is(err, errs.SourceDown) && h.Else != nil {
		return h.Else.Record(ctx, key, who)
	}
	return record, at, err
}

// Import takes a CSV file in as the next version of an own resource's table: UTF-8, a first line that names NumberColumn and all
// fields of the resource in any order, one line for each person. errs.TableRefused names the first line that is wrong; the version
// before then stays.
func (h *Hosted) Import(ctx context.Context, by By, key string, file io.Reader) (version int64, rows int, err error) {
	if err := h.Ledger.may(by, office.DescribeData); err != nil {
		return 0, 0, err
	}
	var r resource.Resource
	ok := false
	h.Ledger.Look(func(b *sharing.Book) { r, ok = b.Resource(h.Ledger.Kit.Me, key) })
	if !ok || r.Withdrawn {
		return 0, 0, errs.New(errs.ResourceUnknown, "%.40q", key)
	}
	records, err := readTable(file, r.Fields)
	if err != nil {
		return 0, 0, err
	}
	at := h.Ledger.now()
	if version, err = h.Tables.KeepTable(ctx, key, at, NumberColumn, records); err != nil {
		return 0, 0, err
	}
	return version, len(records), h.Tables.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{
		{Kind: accesslog.Term, At: at, Who: by.ID, Office: by.Office, What: "import " + key},
	}})
}

// readTable reads and judges a whole file.
func readTable(file io.Reader, fields []string) ([]map[string]string, error) {
	in := csv.NewReader(file)
	names, err := in.Read()
	if err != nil {
		return nil, errs.Wrap(errs.TableRefused, err, "line 1")
	}
	names = slices.Clone(names)
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	want := append([]string{NumberColumn}, fields...)
	if got := slices.Sorted(slices.Values(names)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		return nil, errs.New(errs.TableRefused, "line 1 names %.200q, wanted %q", names, want)
	}
	in.FieldsPerRecord, in.ReuseRecord = len(names), true
	var out []map[string]string
	seen := map[string]bool{}
	for line := 2; ; line++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errs.Wrap(errs.TableRefused, err, "line %d", line)
		}
		if len(out) == mostRows {
			return nil, errs.New(errs.TableRefused, "more than %d lines", mostRows)
		}
		rec := make(map[string]string, len(row))
		for i, cell := range row {
			if !utf8.ValidString(cell) || len(cell) > mostCell {
				return nil, errs.New(errs.TableRefused, "line %d, column %s", line, names[i])
			}
			rec[names[i]] = strings.TrimSpace(cell)
		}
		number := strings.ToUpper(rec[NumberColumn])
		if len(number) < 5 || len(number) > 32 || seen[number] {
			return nil, errs.New(errs.TableRefused, "line %d: no number, or one that came before", line)
		}
		seen[number], rec[NumberColumn] = true, number
		out = append(out, rec)
	}
	if len(out) == 0 {
		return nil, errs.New(errs.TableRefused, "no line of data")
	}
	return out, nil
}
