package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"tongban/internal/kernel/errs"
)

// liteWriter is the one write connection to an SQLite file, with its prepared statements.
type liteWriter struct {
	e     *engine
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func (l *liteWriter) exec(ctx context.Context, text string, args ...any) (int64, error) {
	s, err := l.prepared(ctx, text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (l *liteWriter) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	if s := l.stmts[text]; s != nil {
		return s, nil
	}
	if len(l.stmts) >= 500 {
		for k, s := range l.stmts {
			_ = s.Close() // only frees memory
			delete(l.stmts, k)
		}
	}
	s, err := l.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	l.stmts[text] = s
	return s, nil
}

// begin opens the connection if needed and starts a transaction that holds the write lock.
func (l *liteWriter) begin(ctx context.Context) error {
	if l.conn == nil {
		conn, err := l.e.write.Conn(ctx)
		if err != nil {
			return err
		}
		l.conn, l.stmts = conn, map[string]*sql.Stmt{}
	}
	_, err := l.exec(ctx, "BEGIN IMMEDIATE")
	return err
}

// drop throws the connection away and takes back what it had begun, as a kill would. The statements go first: while
// one is left SQLite keeps a closed connection, and its locks, alive.
func (l *liteWriter) drop() {
	if l.conn == nil {
		return
	}
	for _, s := range l.stmts {
		_ = s.Close()
	}
	_, _ = l.conn.ExecContext(context.Background(), "ROLLBACK")  // an error: there was nothing to take back
	_ = l.conn.Raw(func(any) error { return driver.ErrBadConn }) // makes the pool close it
	_ = l.conn.Close()
	l.conn, l.stmts = nil, nil
}

func (l *liteWriter) close() { l.drop() }

func (l *liteWriter) rollback(ctx context.Context) {
	if _, err := l.exec(ctx, "ROLLBACK"); err != nil && !rolledBack(err) {
		l.drop()
	}
}

// rolledBack: "cannot rollback - no transaction is active", because SQLite has done so itself.
func rolledBack(err error) bool {
	lt, ok := errors.AsType[*sqlite.Error](err)
	return ok && lt.Code() == sqlite3.SQLITE_ERROR
}

// fatal reports whether SQLite may have ended the whole transaction and not only the statement.
func fatal(err error) bool {
	lt, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch lt.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CORRUPT:
		return true
	}
	return false
}

func (l *liteWriter) run(ctx context.Context, units [][]stmt) verdict {
	if err := l.begin(ctx); err != nil {
		return l.notBegun(err)
	}
	bad := map[int]error{}
	n := 0
	for u, unit := range units {
		kill, err := l.unit(ctx, unit, len(units) > 1, &n)
		switch {
		case kill != nil:
			l.drop()
			return *kill
		case err == nil:
		case fatal(err):
			l.rollback(ctx)
			return verdict{how: split, bad: map[int]error{u: l.e.mapped(err)}}
		default:
			bad[u] = l.e.mapped(err)
		}
	}
	if len(bad) == len(units) {
		l.rollback(ctx)
		return verdict{how: split, bad: bad}
	}
	v := l.finish(ctx, n)
	if v.how == committed {
		v.bad = bad
	}
	return v
}

// unit runs one unit; in a group it stands in a savepoint, so that it can be taken back alone.
func (l *liteWriter) unit(ctx context.Context, unit []stmt, inGroup bool, n *int) (*verdict, error) {
	if inGroup {
		if _, err := l.exec(ctx, "SAVEPOINT unit"); err != nil {
			return nil, err
		}
	}
	kill, err := l.statements(ctx, unit, n)
	if kill != nil || !inGroup {
		return kill, err
	}
	if err != nil && !fatal(err) {
		if _, rerr := l.exec(ctx, "ROLLBACK TO unit"); rerr != nil {
			return nil, fmt.Errorf("taking a unit back: %w", rerr)
		}
	}
	if err == nil || !fatal(err) {
		if _, rerr := l.exec(ctx, "RELEASE unit"); rerr != nil {
			return nil, rerr
		}
	}
	return nil, err
}

func (l *liteWriter) statements(ctx context.Context, unit []stmt, n *int) (*verdict, error) {
	for _, s := range unit {
		if v, hit := l.e.fault(*n, PhaseStatement); hit {
			return &v, nil
		}
		*n++
		got, err := l.exec(ctx, s.sql, s.args...)
		if err != nil {
			return nil, err
		}
		if s.want >= 0 && got != s.want {
			return nil, s.missed(got)
		}
	}
	return nil, nil
}

func (l *liteWriter) notBegun(err error) verdict {
	if transient(err) {
		return verdict{how: again, err: err}
	}
	l.drop()
	return verdict{how: failed, err: l.e.mapped(err)}
}

// finish commits what has been done.
func (l *liteWriter) finish(ctx context.Context, n int) verdict {
	if v, hit := l.e.fault(n, PhaseBeforeCommit); hit {
		l.drop()
		return v
	}
	if _, err := l.exec(ctx, "COMMIT"); err != nil {
		l.rollback(ctx)
		if transient(err) {
			return verdict{how: again, err: err}
		}
		if lt, ok := errors.AsType[*sqlite.Error](err); ok && lt.Code()&0xff == sqlite3.SQLITE_IOERR {
			// The commit may stand in the log file although its sync failed.
			return verdict{how: failed, err: errs.Wrap(errs.InDoubt, l.e.mapped(err), "commit")}
		}
		return verdict{how: failed, err: l.e.mapped(err)}
	}
	if v, hit := l.e.fault(n, PhaseAfterCommit); hit {
		l.drop()
		return v
	}
	return verdict{how: committed}
}

func (l *liteWriter) rows(ctx context.Context, s stmt, scan func(*sql.Rows) error) verdict {
	if err := l.begin(ctx); err != nil {
		return l.notBegun(err)
	}
	if v, hit := l.e.fault(0, PhaseStatement); hit {
		l.drop()
		return v
	}
	p, err := l.prepared(ctx, s.sql)
	if err == nil {
		var r *sql.Rows
		if r, err = p.QueryContext(ctx, s.args...); err == nil {
			err = errors.Join(scan(r), r.Err(), r.Close())
		}
	}
	if err != nil {
		l.rollback(ctx)
		return verdict{how: failed, err: l.e.mapped(err)}
	}
	return l.finish(ctx, 1)
}
