package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"tongban/internal/kernel/errs"
)

// constraint says which code the breaking of one UNIQUE, PRIMARY KEY or CHECK gives. PostgreSQL reports name for all
// of them; SQLite reports name for a CHECK and for an index over an expression, but columns ("cases.no" or
// "legs.case_id, legs.n") for other unique ones.
type constraint struct {
	name, columns string
	code          errs.Code
}

// codeFor looks a broken constraint up by what the database said of it.
func (e *engine) codeFor(said string, other errs.Code) errs.Code {
	for _, c := range e.cfg.constraints {
		if said != "" && (said == c.name || said == c.columns) {
			return c.code
		}
	}
	return other
}

// mapped gives a database error its code. Errors of contexts, sql.ErrNoRows and errors that have a code pass through.
// Nothing that a row holds gets into the text: PostgreSQL quotes values in the detail of an error and in the
// messages of class 22, and these are left out.
func (e *engine) mapped(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, ok := errors.AsType[*errs.Error](err); ok {
		return err
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.mappedPG(pg)
	}
	if lt, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.mappedLite(lt)
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, sql.ErrConnDone):
		return errs.New(errs.StoreClosed, "connection is closed")
	case e.d == postgres && lost(err):
		return errs.Wrap(errs.TryLater, err, "PostgreSQL")
	}
	return errs.Wrap(errs.Unexpected, err, "store")
}

func (e *engine) mappedPG(pg *pgconn.PgError) error {
	where := strings.Join(strings.Fields(strings.Join([]string{pg.Code, pg.TableName, pg.ColumnName, pg.ConstraintName}, " ")), " ")
	switch pg.Code {
	case "23505", "23P01":
		return errs.New(e.codeFor(pg.ConstraintName, errs.Duplicate), "%s", where)
	case "23514":
		return errs.New(e.codeFor(pg.ConstraintName, errs.RuleBroken), "%s", where)
	case "23503":
		return errs.New(e.codeFor(pg.ConstraintName, errs.ReferenceMissing), "%s", where)
	case "53100":
		return errs.New(errs.DiskFull, "%s", where)
	case "XX001", "XX002":
		return errs.New(errs.CorruptRow, "%s %s", where, pg.Message)
	case "40001", "40P01", "55P03":
		return errs.New(errs.TryLater, "%s", where)
	}
	switch pg.Code[:min(2, len(pg.Code))] {
	case "08", "53", "57":
		return errs.New(errs.TryLater, "%s %s", where, pg.Message)
	case "22":
		return errs.New(errs.Unexpected, "%s", where)
	}
	return errs.New(errs.Unexpected, "%s %s", where, pg.Message)
}

func (e *engine) mappedLite(lt *sqlite.Error) error {
	said := lt.Error()
	if _, after, ok := strings.Cut(said, "constraint failed: "); ok {
		// "constraint failed: UNIQUE constraint failed: cases.no (2067)"
		if _, inner, ok := strings.Cut(after, "constraint failed: "); ok {
			after = inner
		}
		after, _, _ = strings.Cut(after, " (")
		said = strings.Trim(strings.TrimPrefix(after, "index "), "'")
	}
	switch lt.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return errs.New(e.codeFor(said, errs.Duplicate), "%s", said)
	case sqlite3.SQLITE_CONSTRAINT_CHECK:
		return errs.New(e.codeFor(said, errs.RuleBroken), "%s", said)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return errs.New(errs.ReferenceMissing, "%s", said)
	}
	switch lt.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return errs.New(errs.DiskFull, "%s", said)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return errs.New(errs.CorruptRow, "%s", said)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return errs.New(errs.TryLater, "%s", said)
	}
	return errs.New(errs.Unexpected, "%s", said)
}

// lost reports whether err means that the connection is of no more use, as opposed to an answer of the server.
func lost(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "57P01" || pg.Code == "57P02" || pg.Code == "57P03" || strings.HasPrefix(pg.Code, "08") || pg.Severity == "FATAL"
	}
	return !errors.Is(err, pgx.ErrNoRows) && !errors.Is(err, sql.ErrNoRows)
}

// transient reports whether the transaction may simply be run again.
func transient(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "40001" || pg.Code == "40P01" || lost(err)
	}
	if lt, ok := errors.AsType[*sqlite.Error](err); ok {
		return lt.Code()&0xff == sqlite3.SQLITE_BUSY
	}
	return false
}
