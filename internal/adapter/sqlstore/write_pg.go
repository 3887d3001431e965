package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"tongban/internal/kernel/errs"
)

// pgWriter is the right to use one connection of the write pool at a time.
type pgWriter struct{ e *engine }

func (*pgWriter) close() {}

// run sends the whole group in one round trip and commits in a second one, or in the same if nothing has to be
// looked at before the commit.
func (p *pgWriter) run(ctx context.Context, units [][]stmt) (v verdict) {
	conn, err := p.e.write.Conn(ctx)
	if err != nil {
		return p.unconnected(err)
	}
	_ = conn.Raw(func(raw any) error {
		c := raw.(*stdlib.Conn).Conn()
		v = p.transact(ctx, c, units, true)
		if v.how == split && v.bad == nil && len(units) > 1 && p.rollback(ctx, c) {
			v = p.transact(ctx, c, units, false) // a shared statement failed: whose fault was it?
		}
		if v.how == killed || c.IsClosed() {
			return driver.ErrBadConn // the pool throws it away
		}
		if !p.rollback(ctx, c) {
			return driver.ErrBadConn
		}
		return nil
	})
	_ = conn.Close() // gives it back to the pool; what became of the transaction is known
	return v
}

// rollback ends a transaction that is open; false if the connection is of no more use.
func (*pgWriter) rollback(ctx context.Context, c *pgx.Conn) bool {
	if c.IsClosed() || c.PgConn().TxStatus() == 'I' {
		return !c.IsClosed()
	}
	_, err := c.Exec(ctx, "rollback")
	return err == nil
}

func (p *pgWriter) unconnected(err error) verdict {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && !lost(pg) {
		return verdict{how: failed, err: p.e.mapped(err)}
	}
	return verdict{how: again, err: err}
}

// transact runs the units in one transaction. shared lets rows of several units share a statement, which spares the
// server more than half of its work; an error of such a statement is nobody's.
func (p *pgWriter) transact(ctx context.Context, c *pgx.Conn, units [][]stmt, shared bool) verdict {
	list, unit := inTurn(units)
	if shared {
		list, unit = merge(units)
	}
	b := &pgx.Batch{}
	b.Queue("begin")
	n, blind := len(list), true
	for i, s := range list {
		if v, hit := p.e.fault(i, PhaseStatement); hit {
			return abandon(ctx, c, b, v)
		}
		b.Queue(s.sql, s.args...)
		blind = blind && s.want < 0
	}
	if blind {
		if v, hit := p.e.fault(n, PhaseBeforeCommit); hit {
			return abandon(ctx, c, b, v)
		}
		b.Queue("commit")
	}
	br := c.SendBatch(ctx, b)
	bad, at, err := results(br, list, unit)
	if err == nil && blind {
		var tag pgconn.CommandTag
		if tag, err = br.Exec(); err == nil && tag.String() != "COMMIT" {
			err = fmt.Errorf("commit answered %q", tag)
		}
	}
	if cerr := br.Close(); err == nil {
		err = cerr
	}
	switch {
	case err != nil:
		return p.notDone(c, err, at, len(units), blind)
	case len(bad) > 0:
		return verdict{how: split, bad: bad}
	case !blind:
		if v := p.finish(ctx, c, n); v.how != committed {
			return v
		}
	}
	if v, hit := p.e.fault(n, PhaseAfterCommit); hit {
		return v
	}
	return verdict{how: committed}
}

// abandon plays a kill after the first statements have reached the server: its answer is not the caller's business.
func abandon(ctx context.Context, c *pgx.Conn, b *pgx.Batch, v verdict) verdict {
	_ = c.SendBatch(ctx, b).Close()
	_ = c.Close(ctx)
	return v
}

// inTurn gives the statements of all units one after the other, and whose each is.
func inTurn(units [][]stmt) (list []stmt, unit []int) {
	for u, stmts := range units {
		for _, s := range stmts {
			list, unit = append(list, s), append(unit, u)
		}
	}
	return list, unit
}

// results reads the answers to all statements. at is the unit whose statement failed, or -1.
func results(br pgx.BatchResults, list []stmt, unit []int) (bad map[int]error, at int, err error) {
	if _, err := br.Exec(); err != nil { // begin
		return nil, -1, err
	}
	bad = map[int]error{}
	for i, s := range list {
		tag, err := br.Exec()
		if err != nil {
			return bad, unit[i], err
		}
		if got, u := tag.RowsAffected(), unit[i]; s.want >= 0 && got != s.want && bad[u] == nil {
			bad[u] = s.missed(got)
		}
	}
	return bad, -1, nil
}

// notDone judges an error of the first round trip; inCommit if the commit went with it.
func (p *pgWriter) notDone(c *pgx.Conn, err error, at, units int, inCommit bool) verdict {
	gone := c.IsClosed() || p.isLost(err)
	switch {
	case gone && inCommit && !pgconn.SafeToRetry(err):
		return verdict{how: failed, err: errs.Wrap(errs.InDoubt, p.e.mapped(err), "connection lost while committing")}
	case gone, transient(err):
		return verdict{how: again, err: err}
	case at >= 0:
		return verdict{how: split, bad: map[int]error{at: p.e.mapped(err)}}
	case units == 1:
		return verdict{how: split, bad: map[int]error{0: p.e.mapped(err)}}
	}
	return verdict{how: split}
}

func (*pgWriter) isLost(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && lost(pg)
}

// finish commits in a round trip of its own.
func (p *pgWriter) finish(ctx context.Context, c *pgx.Conn, n int) verdict {
	if v, hit := p.e.fault(n, PhaseBeforeCommit); hit {
		_ = c.Close(ctx)
		return v
	}
	tag, err := c.Exec(ctx, "commit")
	switch {
	case err == nil && tag.String() == "COMMIT":
		return verdict{how: committed}
	case err == nil:
		return verdict{how: split} // the server has taken it back
	case pgconn.SafeToRetry(err):
		return verdict{how: again, err: err}
	case c.IsClosed() || p.isLost(err):
		return verdict{how: failed, err: errs.Wrap(errs.InDoubt, p.e.mapped(err), "connection lost while committing")}
	case transient(err):
		return verdict{how: again, err: err}
	}
	// A deferred constraint, or the disk: the server said no. Which unit it was it does not say.
	return verdict{how: split, bad: p.single(err)}
}

func (p *pgWriter) single(err error) map[int]error { return map[int]error{0: p.e.mapped(err)} }

// rows runs one statement that is its own transaction.
func (p *pgWriter) rows(ctx context.Context, s stmt, scan func(*sql.Rows) error) verdict {
	for _, phase := range []string{PhaseStatement, PhaseBeforeCommit} {
		if v, hit := p.e.fault(0, phase); hit {
			return v
		}
	}
	conn, err := p.e.write.Conn(ctx)
	if err != nil {
		return p.unconnected(err)
	}
	r, err := conn.QueryContext(ctx, s.sql, s.args...)
	if err == nil {
		err = errors.Join(scan(r), r.Err(), r.Close())
	}
	_ = conn.Close() // gives it back to the pool
	switch pg, ok := errors.AsType[*pgconn.PgError](err); {
	case err == nil:
	case ok && !lost(pg) && transient(pg):
		return verdict{how: again, err: err}
	case ok && !lost(pg):
		return verdict{how: failed, err: p.e.mapped(err)}
	case pgconn.SafeToRetry(err), errors.Is(err, driver.ErrBadConn):
		return verdict{how: again, err: err}
	default:
		if _, coded := errors.AsType[*errs.Error](err); coded {
			return verdict{how: failed, err: err} // the scan's
		}
		return verdict{how: failed, err: errs.Wrap(errs.InDoubt, p.e.mapped(err), "connection lost")}
	}
	if v, hit := p.e.fault(1, PhaseAfterCommit); hit {
		return v
	}
	return verdict{how: committed}
}
