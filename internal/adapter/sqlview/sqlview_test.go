package sqlview_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/adapter/sqlview"
	"tongban/internal/domain/party"
	"tongban/internal/handling/share"
	"tongban/internal/handling/share/sharetest"
	"tongban/internal/kernel/errs"
)

// registry is an office's database with a table and the view that it made for us.
type registry struct {
	*sql.DB
	sqltest.Database
}

func newRegistry(t *testing.T) registry {
	t.Helper()
	d := sqltest.Postgres(t)
	db, err := sql.Open("pgx", d.DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	r := registry{db, d}
	r.exec(t, `CREATE SCHEMA $s`, `CREATE TABLE $s.people (id_no VARCHAR(64), "权利人" TEXT, yt VARCHAR(4000), salary TEXT, changed TIMESTAMPTZ)`)
	for _, p := range sharetest.People() {
		if _, err := db.ExecContext(t.Context(), r.in(`INSERT INTO $s.people VALUES ($1, $2, $3, '1000', now())`), p[sharetest.Number], p["owner"], p["use"]); err != nil {
			t.Fatal(err)
		}
	}
	r.exec(t, `CREATE VIEW $s.estate AS SELECT id_no, "权利人", yt, salary, changed FROM $s.people`) // salary is none of the columns that may be read
	return r
}

func (r registry) in(s string) string { return strings.ReplaceAll(s, "$s", r.Schema) }

func (r registry) exec(t *testing.T, list ...string) {
	t.Helper()
	for _, s := range list {
		if _, err := r.ExecContext(t.Context(), r.in(s)); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func (r registry) config() sqlview.Config {
	return sqlview.Config{
		DSN: r.DSN, View: r.Schema + ".estate", Number: sqlview.Column{Name: "id_no", Type: "character varying(64)"},
		AsOf: sqlview.Column{Name: "changed", Type: "timestamp with time zone"}, Now: time.Now, Timeout: 20 * time.Second,
		Fields: map[string]sqlview.Column{"owner": {Name: "权利人", Type: "text"}, "use": {Name: "yt", Type: "character varying(4000)"}},
	}
}

func open(t *testing.T, cfg sqlview.Config) *sqlview.View {
	t.Helper()
	v, err := sqlview.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

func TestConformance(t *testing.T) {
	sharetest.Source(t, func(t *testing.T) share.Source {
		t.Helper()
		return open(t, newRegistry(t).config())
	})
}

var fan = party.Person{IDType: party.ResidentID, IDNo: sharetest.People()[0][sharetest.Number]}

// What an office may do to its view while we read it: each line is refused with its code, and nothing is told.
func TestTheViewChanges(t *testing.T) {
	r := newRegistry(t)
	view := `DROP VIEW $s.estate; CREATE VIEW $s.estate AS SELECT `
	for name, tt := range map[string]struct {
		do   string
		cfg  func(c *sqlview.Config)
		want errs.Code
	}{
		"as it was set up":         {do: view + `* FROM $s.people`},
		"a column more":            {do: view + `*, 1 AS more FROM $s.people`},
		"live, without a time":     {do: view + `id_no, "权利人", yt FROM $s.people`, cfg: func(c *sqlview.Config) { c.AsOf = sqlview.Column{} }},
		"a column gone":            {do: view + `id_no, "权利人", changed FROM $s.people`, want: errs.SourceDrifted},
		"a column renamed":         {do: view + `id_no, "权利人" AS qlr, yt, changed FROM $s.people`, want: errs.SourceDrifted},
		"another type":             {do: view + `id_no, length("权利人") AS "权利人", yt, changed FROM $s.people`, want: errs.SourceDrifted},
		"the number is another":    {do: view + `md5(id_no) AS id_no, "权利人", yt, changed FROM $s.people`, want: errs.SourceDrifted},
		"the view is gone":         {do: `SELECT 1`, want: errs.SourceDrifted},
		"a row without time":       {do: `CREATE VIEW $s.estate AS SELECT id_no, "权利人", yt, NULL::timestamptz AS changed FROM $s.people`, want: errs.SourceUnfit},
		"two rows of one number":   {do: view + `id_no, "权利人", yt, changed FROM $s.people UNION ALL SELECT id_no, "权利人", yt, changed FROM $s.people`, want: errs.SourceUnfit},
		"ten megabytes":            {do: view + `id_no, repeat('x', 10000000) AS "权利人", yt, changed FROM $s.people`, want: errs.SourceUnfit},
		"it never ends":            {do: view + `id_no, (SELECT 'x'::text FROM pg_sleep(3600)) AS "权利人", yt, changed FROM $s.people`, cfg: func(c *sqlview.Config) { c.Timeout = 300 * time.Millisecond }, want: errs.SourceDown},
		"it divides by zero":       {do: view + `id_no, (1 / (length(id_no) - 18))::text AS "权利人", yt, changed FROM $s.people`, want: errs.SourceDown},
		"nobody is at the address": {do: view + `* FROM $s.people`, cfg: func(c *sqlview.Config) { c.DSN = "postgres://x@127.0.0.1:1/x" }, want: errs.SourceDown},
	} {
		t.Run(name, func(t *testing.T) {
			r.exec(t, `DROP VIEW IF EXISTS $s.estate`, strings.TrimPrefix(tt.do, `DROP VIEW $s.estate; `))
			cfg := r.config()
			if tt.cfg != nil {
				tt.cfg(&cfg)
			}
			v := open(t, cfg)
			got, _, err := v.Record(t.Context(), "estate", fan)
			if tt.want == 0 && (err != nil || got["owner"] != "樊晓梅") || tt.want != 0 && (!errs.Is(err, tt.want) || got != nil) {
				t.Errorf("%v, %v", got, err)
			}
			if err != nil && strings.Contains(err.Error(), fan.IDNo) {
				t.Errorf("the error holds the number: %v", err)
			}
			if err := v.Check(t.Context()); (tt.want == errs.SourceDrifted) != errs.Is(err, errs.SourceDrifted) {
				t.Errorf("checked: %v", err)
			}
		})
	}
}

// A view that writes, by a function of its owner, is stopped by the transaction; nobody can be found by a second statement.
func TestItOnlyReads(t *testing.T) {
	r := newRegistry(t)
	r.exec(t,
		`CREATE TABLE $s.looks (n INT)`,
		`CREATE FUNCTION $s.look() RETURNS TEXT LANGUAGE plpgsql AS 'BEGIN INSERT INTO `+r.Schema+`.looks VALUES (1); RETURN ''x''; END'`,
		`DROP VIEW $s.estate`, `CREATE VIEW $s.estate AS SELECT id_no, $s.look() AS "权利人", yt, changed FROM $s.people`,
	)
	v := open(t, r.config())
	if got, _, err := v.Record(t.Context(), "estate", fan); !errs.Is(err, errs.SourceDown) || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	var n int
	if err := r.QueryRowContext(context.Background(), r.in(`SELECT count(*) FROM $s.looks`)).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d looks were written, %v", n, err)
	}
}

func TestConfig(t *testing.T) {
	good := sqlview.Config{
		DSN: "postgres://x@127.0.0.1/x", View: "share.estate", Number: sqlview.Column{Name: "id", Type: "text"}, Now: time.Now,
		Fields: map[string]sqlview.Column{"owner": {Name: "o", Type: "text"}},
	}
	for name, spoil := range map[string]func(c *sqlview.Config){
		"":                      func(*sqlview.Config) {},
		"a statement as view":   func(c *sqlview.Config) { c.View = "share.estate; DROP TABLE x" },
		"no schema":             func(c *sqlview.Config) { c.View = "estate" },
		"a number as number":    func(c *sqlview.Config) { c.Number.Type = "bigint" },
		"no type":               func(c *sqlview.Config) { c.Fields = map[string]sqlview.Column{"owner": {Name: "o"}} },
		"no fields":             func(c *sqlview.Config) { c.Fields = nil },
		"as_of of another type": func(c *sqlview.Config) { c.AsOf = sqlview.Column{Name: "at", Type: "text"} },
		"another database":      func(c *sqlview.Config) { c.DSN = "mysql://x:secret@y/z?pool=%zz" },
	} {
		c := good
		spoil(&c)
		_, err := sqlview.Open(c)
		if (name == "") != (err == nil) || name != "" && !errs.Is(err, errs.BadConfig) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error holds the password: %v", err)
		}
	}
}
