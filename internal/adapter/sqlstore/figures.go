package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/figure"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// countAfter is how long the acts on a case are gathered before it is counted again, in business time.
const countAfter = 10 * time.Second

// insertMarks says with each fact that its case is to be counted: nothing that is stored can be left out of the figures.
var insertMarks = insert{
	into: "figure_marks (case_id, seq, at)", cols: "tnn",
	tail: " ON CONFLICT (case_id) DO UPDATE SET seq = figure_marks.seq + 1, at = excluded.at",
	fold: oncePerCase,
}

var addFigures = insert{
	into: "figures (cut, figure, month, name, class, n)", cols: "ttntnn",
	tail: " ON CONFLICT (cut, figure, month, name, class) DO UPDATE SET n = figures.n + excluded.n",
}

const (
	insertTallies = `INSERT INTO figure_cases (case_id, version, tallies) VALUES ($1, 1, $2)`
	updateTallies = `UPDATE figure_cases SET version = CASE WHEN version = $2 THEN version + 1 ELSE 0 END, tallies = $3 WHERE case_id = $1`
	removeMark    = `DELETE FROM figure_marks WHERE case_id = $1 AND seq = $2`
	selectTallies = `SELECT version, tallies FROM figure_cases WHERE case_id = $1`
	selectMark    = `SELECT seq FROM figure_marks WHERE case_id = $1`
	markAll       = `INSERT INTO figure_marks (case_id, seq, at) SELECT id, 1, 0 FROM cases WHERE true
ON CONFLICT (case_id) DO UPDATE SET seq = figure_marks.seq + 1`
	selectHeldIn   = `SELECT receipt FROM inbox WHERE case_id = $1 AND kind = 'offer' AND status = 'held'`
	selectHeldOut  = `SELECT receipt FROM outbox WHERE case_id = $1 AND kind = 'offer' AND status = 'held'`
	figureColumns  = `cut, figure, month, name, class, n`
	eachFigure     = `SELECT ` + figureColumns + ` FROM figures WHERE n <> 0 ORDER BY cut, figure, month, name, class`
	selectOfMonth  = `SELECT ` + figureColumns + ` FROM figures WHERE cut = $1 AND month = $2 AND n <> 0 ORDER BY figure, name, class`
	selectMonths   = `SELECT DISTINCT month FROM figures WHERE cut = 'place' AND n <> 0 ORDER BY month`
	selectOfFigure = `SELECT cut, figure, 0, name, class, CAST(sum(n) AS BIGINT) FROM figures
WHERE cut = $1 AND figure = $2 AND month BETWEEN $3 AND $4 AND n <> 0 GROUP BY cut, figure, name, class`
	selectOfName = `SELECT cut, figure, month, name, class, n FROM figures
WHERE cut = $1 AND figure = $2 AND month BETWEEN $3 AND $4 AND name = $5 AND n <> 0`
)

func claimMarks(d dialect) string {
	return `UPDATE figure_marks SET at = $2 WHERE case_id IN (SELECT case_id FROM figure_marks WHERE at <= $1
ORDER BY at LIMIT $3` + d.skipLocked() + `) RETURNING case_id, seq`
}

// marksWidth is the number of columns of a mark.
const marksWidth = 3

// oncePerCase keeps one of several marks of a case, the latest: one statement may not touch a row twice.
func oncePerCase(rows []any) []any {
	at := map[any]int{}
	var out []any
	for row := range slices.Chunk(rows, marksWidth) {
		if j, ok := at[row[0]]; ok {
			out[j+2] = max(out[j+2].(int64), row[2].(int64))
			continue
		}
		at[row[0]] = len(out)
		out = append(out, row...)
	}
	return out
}

// marks says that the cases of the unit's facts and receipts are to be counted.
func (w *writing) marks(u unit.Unit) error {
	var args []any
	mark := func(caseID string) { args = append(args, caseID, int64(1), micros(u.At.Add(countAfter))) }
	for _, k := range u.Facts {
		mark(k.Case)
	}
	if u.In != nil && u.In.Status == exchange.Held {
		mark(u.In.Case)
	}
	for _, x := range u.Settled {
		if x.Status != exchange.Held {
			continue
		}
		var r exchange.Receipt
		if err := x.Receipt.Into(&r); err != nil {
			return err
		}
		mark(r.Case)
	}
	w.stmts = insertMarks.add(w.stmts, oncePerCase(args))
	return nil
}

// HeldReceipts gives the signed receipts of a case that say a leg was taken: those of this node and those of others.
func (s *Store) HeldReceipts(ctx context.Context, caseID string) ([]proof.Signed, error) {
	in, err := collect(ctx, s.e, scanSigned("inbox"), selectHeldIn, caseID)
	if err != nil {
		return nil, err
	}
	out, err := collect(ctx, s.e, scanSigned("outbox"), selectHeldOut, caseID)
	return append(in, out...), err
}

// Uncounted claims up to limit cases whose facts have not been counted: until lease is over nobody else gets them.
func (s *Store) Uncounted(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]unit.Uncounted, error) {
	list, err := take(ctx, s.e, func(r *rows) (u unit.Uncounted, err error) {
		err = r.Scan(&u.Case, &u.Seq)
		return u, err
	}, claimMarks(s.e.d), micros(now), micros(now.Add(lease)), limit)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b unit.Uncounted) int { return cmp.Compare(a.Case, b.Case) })
	for i := range list {
		if list[i].Row, list[i].Was, err = s.tallies(ctx, list[i].Case); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Store) tallies(ctx context.Context, caseID string) (row int64, list []figure.Tally, err error) {
	var body string
	err = s.e.queryRow(ctx, selectTallies, caseID).Scan(&row, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, nil
	}
	if err == nil && json.Unmarshal([]byte(body), &list) != nil {
		err = corrupt("figure_cases", caseID)
	}
	return row, list, err
}

// Tallies reads what a case has added to the figures; marked says that it has facts that are not counted yet.
func (s *Store) Tallies(ctx context.Context, caseID string) (list []figure.Tally, marked bool, err error) {
	var seq int64
	switch err := s.e.queryRow(ctx, selectMark, caseID).Scan(&seq); {
	case err == nil:
		marked = true
	case !errors.Is(err, sql.ErrNoRows):
		return nil, false, err
	}
	_, list, err = s.tallies(ctx, caseID)
	return list, marked, err
}

// Count stores what cases add now, and changes the figures by the difference, in one commit: errs.Stale if another replica
// counted one of them meanwhile. A mark that was renewed since it was claimed stays.
func (s *Store) Count(ctx context.Context, list []unit.Counted) error {
	delta := figure.Sum{}
	var stmts []stmt
	for _, c := range list {
		body, err := proof.Marshal(c.Now)
		if err != nil {
			return err
		}
		switch {
		case c.Row == 0:
			stmts = append(stmts, stmt{sql: insertTallies, args: []any{c.Case, string(body)}, want: 1})
		case !slices.Equal(c.Was, c.Now):
			stmts = append(stmts, stmt{sql: updateTallies, args: []any{c.Case, c.Row, string(body)}, want: 1})
		}
		delta.Add(c.Was, -1)
		delta.Add(c.Now, 1)
		stmts = append(stmts, stmt{sql: removeMark, args: []any{c.Case, c.Seq}, want: -1})
	}
	return s.e.commit(ctx, append(stmts, s.cellStmts(delta.Cells())...))
}

// cellStmts add cells in one order, so that two replicas never wait for each other in a circle. They do not share a
// statement with another unit, which might add to the same cell.
func (s *Store) cellStmts(cells []figure.Cell) []stmt {
	args := make([]any, 0, len(cells)*len(addFigures.cols))
	for _, c := range cells {
		args = append(args, string(c.Cut), c.Figure, int64(c.Month), c.Key.Key, int64(c.Class), c.N)
	}
	if s.e.d == postgres && len(cells) > 0 {
		return []stmt{addFigures.spread(args)}
	}
	list := addFigures.add(nil, args)
	for i := range list {
		list[i].rows = nil
	}
	return list
}

// AddFigures adds aggregates that were reckoned elsewhere, for measurements with a generated year.
func (s *Store) AddFigures(ctx context.Context, cells []figure.Cell) error {
	const once = 4096
	for chunk := range slices.Chunk(cells, once) {
		if err := s.e.commit(ctx, s.cellStmts(chunk)); err != nil {
			return err
		}
	}
	return nil
}

// RecountFigures has every case counted again.
func (s *Store) RecountFigures(ctx context.Context) error {
	return s.e.commit(ctx, []stmt{{sql: markAll, want: -1}})
}

func scanCell(r *rows) (c figure.Cell, err error) {
	var cut string
	if err = r.Scan(&cut, &c.Figure, &c.Month, &c.Key.Key, &c.Class, &c.N); err != nil {
		return c, err
	}
	c.Cut = figure.Cut(cut)
	if !slices.Contains(figure.Cuts(), c.Cut) {
		return c, errs.New(errs.CorruptRow, "figures %s", c.Figure)
	}
	return c, nil
}

// Figures reads all aggregates, in the order of keys.
func (s *Store) Figures(ctx context.Context) ([]figure.Cell, error) {
	return collect(ctx, s.e, scanCell, eachFigure)
}

// FiguresOfMonth reads one month of a cut.
func (s *Store) FiguresOfMonth(ctx context.Context, cut figure.Cut, month int) ([]figure.Cell, error) {
	return collect(ctx, s.e, scanCell, selectOfMonth, string(cut), int64(month))
}

// FigureMonths lists the months that have figures, the first first.
func (s *Store) FigureMonths(ctx context.Context) ([]int, error) {
	return collect(ctx, s.e, func(r *rows) (m int, err error) { err = r.Scan(&m); return m, err }, selectMonths)
}

// FigureBy reads one figure over months (both included), broken down by a cut; Month of the cells is 0.
func (s *Store) FigureBy(ctx context.Context, cut figure.Cut, key string, from, to int) ([]figure.Cell, error) {
	return collect(ctx, s.e, scanCell, selectOfFigure, string(cut), key, int64(from), int64(to))
}

// FigureOf reads one figure of one place, matter or office, month by month.
func (s *Store) FigureOf(ctx context.Context, cut figure.Cut, key, name string, from, to int) ([]figure.Cell, error) {
	return collect(ctx, s.e, scanCell, selectOfName, string(cut), key, int64(from), int64(to), name)
}
