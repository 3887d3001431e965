package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"tongban/internal/kernel/errs"
)

// rows is *sql.Rows whose errors carry codes.
type rows struct {
	*sql.Rows
	e *engine
}

// Scan is sql.Rows.Scan; a value that does not fit its target is CorruptRow.
func (r *rows) Scan(dest ...any) error { return scanned(r.Rows.Scan(dest...)) }

// Err is sql.Rows.Err with a code.
func (r *rows) Err() error { return r.e.mapped(r.Rows.Err()) }

// Close is sql.Rows.Close with a code.
func (r *rows) Close() error { return r.e.mapped(r.Rows.Close()) }

func scanned(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*errs.Error](err); ok {
		return err
	}
	// The driver's text quotes the value; only the column's position may be told.
	where, _, _ := strings.Cut(err.Error(), ": ")
	return errs.New(errs.CorruptRow, "a stored value does not fit its field: %s", strings.SplitN(where, ",", 2)[0])
}

// query reads from the database that is written (no replica). The caller closes the rows. A read is repeated if its
// connection was lost or its prepared plan outlived a migration.
func (e *engine) query(ctx context.Context, text string, args ...any) (*rows, error) {
	if err := e.whyDead(); err != nil {
		return nil, err
	}
	if e.before != nil && text != selectKeys {
		if err := e.before(ctx); err != nil {
			return nil, err
		}
	}
	args, err := plain(args)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		r, err := e.ask(ctx, text, args)
		if err == nil {
			return &rows{r, e}, nil
		}
		if try == 2 || ctx.Err() != nil || !e.readAgain(err) {
			return nil, e.mapped(err)
		}
	}
}

// mostPrepared bounds the statements that are kept prepared; the store's own texts are fewer.
const mostPrepared = 256

// ask runs a reading statement. SQLite parses a text anew each time unless it was prepared, which costs more than most reads;
// the driver of PostgreSQL prepares by itself.
func (e *engine) ask(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	if e.d == postgres {
		return e.read.QueryContext(ctx, text, args...)
	}
	e.prepared.mu.Lock()
	s, ok := e.prepared.by[text]
	full := len(e.prepared.by) >= mostPrepared
	e.prepared.mu.Unlock()
	if ok {
		return s.QueryContext(ctx, args...)
	}
	if full {
		return e.read.QueryContext(ctx, text, args...)
	}
	s, err := e.read.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	e.prepared.mu.Lock()
	if have, ok := e.prepared.by[text]; ok { // another reader was first
		e.prepared.mu.Unlock()
		if err := s.Close(); err != nil {
			return nil, err
		}
		return have.QueryContext(ctx, args...)
	}
	if e.prepared.by == nil {
		e.prepared.by = map[string]*sql.Stmt{}
	}
	e.prepared.by[text] = s
	e.prepared.mu.Unlock()
	return s.QueryContext(ctx, args...)
}

// prepared are reading statements by their text; they are closed with the pool.
type prepared struct {
	mu sync.Mutex // guards by
	by map[string]*sql.Stmt
}

func (e *engine) readAgain(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "0A000" {
		return true // "cached plan must not change result type"
	}
	return e.d == postgres && lost(err)
}

// one is the single row of a query.
type one struct {
	rows *rows
	err  error
}

// queryRow reads at most one row; Scan gives sql.ErrNoRows if there is none.
func (e *engine) queryRow(ctx context.Context, text string, args ...any) *one {
	r, err := e.query(ctx, text, args...)
	return &one{r, err}
}

// Scan reads the row and ends the query.
func (o *one) Scan(dest ...any) (err error) {
	if o.err != nil {
		return o.err
	}
	defer func() { err = errors.Join(err, o.rows.Close()) }()
	if !o.rows.Next() {
		if err := o.rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	return o.rows.Scan(dest...)
}

// collect reads all rows of a query into memory, so that no connection is held while they are worked on.
func collect[T any](ctx context.Context, e *engine, scan func(*rows) (T, error), text string, args ...any) (out []T, err error) {
	r, err := e.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for r.Next() {
		v, err := scan(r)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, r.Err()
}

// take runs one writing statement with RETURNING as a transaction of its own (leases of due work) and gives its rows
// after the commit. It takes its turn in the same queue as units.
func take[T any](ctx context.Context, e *engine, scan func(*rows) (T, error), text string, args ...any) ([]T, error) {
	args, err := plain(args)
	if err != nil {
		return nil, err
	}
	var out []T
	err = e.submit(ctx, &waiter{
		unit: []stmt{{sql: text, args: args, want: -1}},
		scan: func(r *sql.Rows) error {
			out = nil // a repeated transaction starts afresh
			for r.Next() {
				v, err := scan(&rows{r, e})
				if err != nil {
					return err
				}
				out = append(out, v)
			}
			return r.Err()
		},
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
