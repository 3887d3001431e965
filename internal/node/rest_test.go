package node_test

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/unit"
)

// personal is what a thief of a database looks for. What somebody typed into the form is as telling as a name.
var personal = map[string]string{
	"name": "樊晓梅", "identity number": "230183199001010025", "telephone": "13800000001", "an answer": "五四大街 1 号 101 室",
}

// traces finds personal data in bytes, as they are and as base64 at each alignment, the form in which JSON carries bytes.
func traces(b []byte) []string {
	var out []string
	for what, s := range personal {
		forms := [][]byte{[]byte(s)}
		for shift := range 3 {
			enc := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), s...))
			forms = append(forms, []byte(enc[4:len(enc)-4])) // the ends depend on what stands beside
		}
		for _, f := range forms {
			if bytes.Contains(b, f) {
				out = append(out, what)
				break
			}
		}
	}
	return out
}

// dump gives every row of every table.
func dump(t *testing.T, db *sql.DB, tables string, do func(table string, row []byte)) {
	t.Helper()
	names, err := db.QueryContext(t.Context(), tables)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = names.Close() }()
	var list []string
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			t.Fatal(err)
		}
		list = append(list, name)
	}
	if err := names.Err(); err != nil {
		t.Fatal(err)
	}
	for _, table := range list {
		dumpTable(t, db, table, do)
	}
}

func dumpTable(t *testing.T, db *sql.DB, table string, do func(table string, row []byte)) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT * FROM "`+table+`"`) //nolint:unqueryvet // a thief takes every column
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	cols, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells, at := make([]any, len(cols)), make([]any, len(cols))
		for i := range cells {
			at[i] = &cells[i]
		}
		if err := rows.Scan(at...); err != nil {
			t.Fatal(err)
		}
		var row []byte
		for _, c := range cells {
			if b, ok := c.([]byte); ok {
				row = append(row, b...)
			} else {
				row = fmt.Append(row, c)
			}
			row = append(row, '\n')
		}
		do(table, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// A whole life of a case is played, and then both databases are read as a thief would read them: nobody is found.
func TestADumpShowsNobody(t *testing.T) {
	if got := traces([]byte("x" + base64.StdEncoding.EncodeToString([]byte(`{"n":"230183199001010025"}`)))); len(got) != 1 {
		t.Fatalf("the search itself is blind: %v", got)
	}
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		var where []sqltest.Database
		here, there := pairOn(t, func(string) sqlstore.Config {
			d := open()
			where = append(where, d)
			return sqlstore.Config{DSN: d.DSN, Schema: d.Schema}
		})
		ctx := t.Context()
		clerk := actor(t, here, "230183", office.Window)
		officer := actor(t, there, "630100", office.Reviewer, office.Decider)
		c, err := here.Lodge.TakeIn(ctx, clerk, application(t, here))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := here.Post.HandOver(ctx, clerk, c.ID, 0); err != nil {
			t.Fatal(err)
		}
		settle(t, here, there)
		if c, err = here.Store.Case(ctx, c.ID); err != nil {
			t.Fatal(err)
		}
		if err := here.Words.Ask(ctx, c, unit.NewID(), "樊晓梅 13800000001"); err != nil {
			t.Fatal(err)
		}
		settle(t, here, there)
		if err := there.Words.Answer(ctx, officer, c.ID, unit.NewID(), "樊晓梅 230183199001010025"); err != nil {
			t.Fatal(err)
		}
		wish := notice.Contact{Channel: notice.Letter, Lang: "zh", Address: "樊晓梅 13800000001", Person: fan(t)}
		if err := here.Room.Wish(ctx, wish); err != nil {
			t.Fatal(err)
		}
		if _, err := there.Bench.Accept(ctx, officer, decide.Ref{Case: c.ID}); err != nil {
			t.Fatal(err)
		}
		if _, err := there.Bench.Decide(ctx, officer, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Granted}); err != nil {
			t.Fatal(err)
		}
		if _, err := there.Issuer.Issue(ctx, officer, c.ID, 0); err != nil {
			t.Fatal(err)
		}
		settle(t, here, there)
		for _, d := range where {
			driver, tables := "pgx", `SELECT tablename FROM pg_tables WHERE schemaname = '`+d.Schema+`'`
			dsn := d.DSN
			if path, lite := strings.CutPrefix(d.DSN, "sqlite:"); lite {
				driver, tables, dsn = "sqlite", `SELECT name FROM sqlite_master WHERE type = 'table'`, path
				files, err := filepath.Glob(path + "*") // with the log beside it
				if err != nil || len(files) == 0 {
					t.Fatalf("no file: %v", err)
				}
				for _, f := range files {
					b, err := os.ReadFile(f)
					if err != nil {
						t.Fatal(err)
					}
					if got := traces(b); len(got) > 0 {
						t.Errorf("the file %s shows %v", filepath.Base(f), got)
					}
				}
			} else if strings.Contains(dsn, "://") {
				sep := "?"
				if strings.Contains(dsn, "?") {
					sep = "&"
				}
				dsn += sep + "search_path=" + d.Schema
			}
			db, err := sql.Open(driver, dsn)
			if err != nil {
				t.Fatal(err)
			}
			rows := 0
			dump(t, db, tables, func(table string, row []byte) {
				rows++
				if got := traces(row); len(got) > 0 {
					t.Errorf("table %s shows %v", table, got)
				}
			})
			if rows < 20 {
				t.Errorf("only %d rows were looked at", rows)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
