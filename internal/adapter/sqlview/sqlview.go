// Package sqlview asks an office's own PostgreSQL database about one person, through a view that the office made for it (数据资源 behind a
// connector, 政务数据共享条例 第13条). It only reads: the connection and each transaction are read-only, the number is a parameter, names are
// quoted, two rows at most are looked at. The form of the view is compared with what was set up before each answer; what has changed is
// refused, because a column that means something else now would be told as the truth.
package sqlview

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"tongban/internal/domain/party"
	"tongban/internal/handling/share"
	"tongban/internal/kernel/errs"
)

// Column is a column of the view with its type, as PostgreSQL's format_type writes it: "text", "character varying(40)", "date".
type Column struct {
	Name string `toml:"column"`
	Type string `toml:"type"`
}

// Config says which view is read and how.
type Config struct {
	DSN     string            // postgres://…; its role should be able to read this view and nothing else
	View    string            // schema.view
	Number  Column            // by which people are found; text or character varying
	AsOf    Column            // when the row was so; a zero value: the view is live, now
	Fields  map[string]Column // by the resource's names of fields
	Timeout time.Duration     // of one question, also at the database; 0 is 1 s
	Now     func() time.Time  // business time, of a live view
}

// The bounds of one question.
const (
	patience = time.Second
	mostRows = 2    // one is told, the second shows that the number is not a key
	mostCell = 2000 // characters
	conns    = 4
)

// View is one view. Safe for concurrent use.
type View struct {
	cfg    Config
	db     *sql.DB
	fields []string // sorted
	query  string
}

var _ share.Source = (*View)(nil)

var (
	viewName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_]*\.[\p{L}_][\p{L}\p{N}_]*$`)
	textType = regexp.MustCompile(`^(text|character varying(\(\d+\))?)$`)
	timeType = regexp.MustCompile(`^(date|timestamp.* time zone)$`)
)

const columnsOf = `SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
 WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum LIMIT 1000`

// Open prepares a view; it connects with the first question. errs.BadConfig.
func Open(cfg Config) (*View, error) {
	bad := func(what string) (*View, error) {
		return nil, errs.New(errs.BadConfig, "view %.80q: %s", cfg.View, what)
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = patience
	}
	switch {
	case !viewName.MatchString(cfg.View):
		return bad("a name such as share.estate is wanted")
	case !textType.MatchString(cfg.Number.Type):
		return bad("the number's column has to be text or character varying")
	case cfg.AsOf != Column{} && !timeType.MatchString(cfg.AsOf.Type):
		return bad("as_of has to be a date or a timestamp")
	case len(cfg.Fields) == 0:
		return bad("no fields")
	}
	v := &View{cfg: cfg, fields: slices.Sorted(maps.Keys(cfg.Fields))}
	for _, c := range v.columns() {
		if c.Name == "" || c.Type == "" || strings.ContainsRune(c.Name, 0) {
			return bad("a column without name or type")
		}
	}
	pg, err := pgx.ParseConfig(cfg.DSN)
	if err != nil || !strings.HasPrefix(cfg.DSN, "postgres://") { // the error may repeat the password
		return bad("the address of its database cannot be read")
	}
	pg.RuntimeParams["default_transaction_read_only"] = "on"
	pg.RuntimeParams["statement_timeout"] = strconv.FormatInt(max(1, cfg.Timeout.Milliseconds()), 10)
	pg.RuntimeParams["application_name"] = "tongban"
	v.db = stdlib.OpenDB(*pg)
	v.db.SetMaxOpenConns(conns)
	v.db.SetConnMaxIdleTime(time.Minute)
	v.query = v.text()
	return v, nil
}

// columns are all that the view must have.
func (v *View) columns() []Column {
	out := append([]Column{v.cfg.Number}, slices.Collect(maps.Values(v.cfg.Fields))...)
	if v.cfg.AsOf != (Column{}) {
		out = append(out, v.cfg.AsOf)
	}
	return out
}

// text is the statement: names quoted, everything else fixed, the person's number $1. A cell comes with one character more than may be
// told, so that what is too long is noticed and not carried.
func (v *View) text() string {
	quoted := func(c Column) string { return pgx.Identifier{c.Name}.Sanitize() }
	asOf := "now()"
	if v.cfg.AsOf != (Column{}) {
		asOf = quoted(v.cfg.AsOf) + "::timestamptz"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT %s", asOf)
	for _, name := range v.fields {
		fmt.Fprintf(&b, ", left(%s::text, %d)", quoted(v.cfg.Fields[name]), mostCell+1)
	}
	fmt.Fprintf(&b, " FROM %s WHERE %s = $1 LIMIT %d", pgx.Identifier(strings.Split(v.cfg.View, ".")).Sanitize(), quoted(v.cfg.Number), mostRows)
	return b.String()
}

// Close ends the connections.
func (v *View) Close() error { return v.db.Close() }

// Check compares the view with what was set up: errs.SourceDown, errs.SourceDrifted.
func (v *View) Check(ctx context.Context) error {
	return v.reading(ctx, func(context.Context, *sql.Tx) error { return nil })
}

// Record reads the row of a person. Errors: errs.NoRecord, errs.SourceDown, errs.SourceDrifted, errs.SourceUnfit. None of them holds
// anything of the person.
func (v *View) Record(ctx context.Context, resource string, who party.Person) (record map[string]string, asOf time.Time, err error) {
	if !plain(who.IDNo) {
		return nil, asOf, errs.New(errs.NoRecord, "%s", resource)
	}
	err = v.reading(ctx, func(ctx context.Context, tx *sql.Tx) error {
		record, asOf, err = v.row(ctx, tx, who.IDNo)
		return err
	})
	if err == nil && record == nil {
		err = errs.New(errs.NoRecord, "%s", resource)
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	return record, asOf.UTC(), nil
}

// plain reports whether a number can be one: PostgreSQL takes no zero byte and nothing that is not UTF-8.
func plain(number string) bool {
	return number != "" && len(number) <= 64 && utf8.ValidString(number) && !strings.ContainsRune(number, 0)
}

// reading runs f in a transaction that can only read, on a view that has the form that was set up.
func (v *View) reading(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, v.cfg.Timeout)
	defer cancel()
	tx, err := v.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return v.down(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	if err := v.unchanged(ctx, tx); err != nil {
		return err
	}
	return f(ctx, tx)
}

// down keeps the driver's words out: they may hold values.
func (v *View) down(err error) error {
	return errs.New(errs.SourceDown, "view %s: %s", v.cfg.View, reason(err))
}

func (v *View) unchanged(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, columnsOf, pgx.Identifier(strings.Split(v.cfg.View, ".")).Sanitize())
	if err != nil {
		return v.down(err)
	}
	defer rows.Close() //nolint:errcheck // Err says it
	have := map[string]string{}
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			return v.down(err)
		}
		have[name] = typ
	}
	if err := rows.Err(); err != nil {
		return v.down(err)
	}
	for _, c := range v.columns() {
		if typ, ok := have[c.Name]; !ok || typ != c.Type {
			return errs.New(errs.SourceDrifted, "view %s: column %.80q is %.80q, was %q", v.cfg.View, c.Name, typ, c.Type)
		}
	}
	return nil
}

// row reads one row; nil if there is none.
func (v *View) row(ctx context.Context, tx *sql.Tx, number string) (record map[string]string, asOf time.Time, err error) {
	rows, err := tx.QueryContext(ctx, v.query, number)
	if err != nil {
		return nil, asOf, v.down(err)
	}
	defer rows.Close() //nolint:errcheck // Err says it
	var at sql.NullTime
	cells := make([]sql.NullString, len(v.fields))
	into := []any{&at}
	for i := range cells {
		into = append(into, &cells[i])
	}
	n := 0
	for rows.Next() {
		if n++; n > 1 {
			return nil, asOf, errs.New(errs.SourceUnfit, "view %s: several rows of one number", v.cfg.View)
		}
		if err := rows.Scan(into...); err != nil {
			return nil, asOf, v.down(err)
		}
	}
	switch err := rows.Err(); {
	case err != nil:
		return nil, asOf, v.down(err)
	case n == 0:
		return nil, asOf, nil
	case !at.Valid:
		return nil, asOf, errs.New(errs.SourceUnfit, "view %s: a row without its time", v.cfg.View)
	}
	record = make(map[string]string, len(cells))
	for i, c := range cells {
		if utf8.RuneCountInString(c.String) > mostCell {
			return nil, asOf, errs.New(errs.SourceUnfit, "view %s: field %s is too long", v.cfg.View, v.fields[i])
		}
		record[v.fields[i]] = strings.TrimSpace(c.String)
	}
	if v.cfg.AsOf == (Column{}) {
		at.Time = v.cfg.Now()
	}
	return record, at.Time, nil
}
