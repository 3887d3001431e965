package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"tongban/internal/domain/booking"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

const (
	visitColumns = `id, office, day, start, seat, state, matter, made, until, version, body`
	selectVisit  = `SELECT ` + visitColumns + ` FROM visits WHERE id = $1`
	selectDay    = `SELECT ` + visitColumns + ` FROM visits WHERE office = $1 AND day = $2 ORDER BY start, made, id`
	oneVisitor   = `UPDATE visits SET person = $1 WHERE person = $2`
	selectLapse  = `SELECT ` + visitColumns + ` FROM visits WHERE until <> 0 AND until <= $1 ORDER BY until, id LIMIT $2`
	insertVisit  = `INSERT INTO visits (id, office, day, start, seat, state, person, matter, once, made, until, version, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12)`
	updateVisit = `UPDATE visits SET day = $2, start = $3, seat = $4, state = $5, once = $6, made = $7, until = $8,
version = CASE WHEN version = $9 THEN version + 1 ELSE 0 END WHERE id = $1`
)

func selectMine(d dialect) string {
	return `SELECT ` + visitColumns + ` FROM visits WHERE person ` + d.anyFirst() + ` AND day >= $2 ORDER BY day, start, id LIMIT $3`
}

// visitKind keeps visits apart from cases in what an index tells.
const visitKind = "visit-" + string(party.ByNumber)

func (w *writing) visits(u unit.Unit) error {
	for _, v := range u.Visits {
		seat, once := sql.NullInt64{Int64: int64(v.Seat), Valid: v.Seat >= 0}, sql.NullInt64{Int64: 1, Valid: v.Live() && v.State != booking.WalkIn}
		if v.Row > 0 {
			w.stmts = append(w.stmts, stmt{sql: updateVisit, want: 1, args: []any{
				v.ID, v.Day.String(), int64(v.Start), seat, string(v.State), once, micros(v.Made), micros(v.Until), v.Row,
			}})
			continue
		}
		person := int64(0)
		if v.Person.IDNo != "" {
			macs := w.s.macs(visitKind, v.Person.IDNo)
			person, w.stmts = macs[0], underOne(w.stmts, oneVisitor, macs)
		}
		body, err := proof.Marshal(v.Person)
		if err != nil {
			return err
		}
		w.stmts = append(w.stmts, stmt{sql: insertVisit, want: 1, args: []any{
			v.ID, v.Office, v.Day.String(), int64(v.Start), seat, string(v.State), person, v.Matter, once, micros(v.Made), micros(v.Until),
			w.s.lock(proof.DataKey{}, false, body, "visits.body", v.ID),
		}})
	}
	return nil
}

func (s *Store) scanVisit(r scanner) (booking.Visit, error) {
	var v booking.Visit
	var day, state string
	var start, made, until int64
	var seat sql.NullInt64
	var body []byte
	if err := r.Scan(&v.ID, &v.Office, &day, &start, &seat, &state, &v.Matter, &made, &until, &v.Row, &body); err != nil {
		return v, err
	}
	plain, err := s.unlock(nil, body, "visits.body", v.ID)
	if err != nil {
		return v, err
	}
	date, err := workday.ParseDate(day)
	if err != nil || json.Unmarshal(plain, &v.Person) != nil {
		return v, corrupt("visits", v.ID)
	}
	v.Day, v.Start, v.State, v.Made, v.Until, v.Seat = date, int(start), booking.State(state), fromMicros(made), fromMicros(until), booking.NoSeat
	if seat.Valid {
		v.Seat = int(seat.Int64)
	}
	return v, nil
}

func (s *Store) visitList(ctx context.Context, text string, args ...any) ([]booking.Visit, error) {
	return collect(ctx, s.e, func(r *rows) (booking.Visit, error) { return s.scanVisit(r) }, text, args...)
}

// Visit reads one by its id; errs.Missing.
func (s *Store) Visit(ctx context.Context, id string) (booking.Visit, error) {
	v, err := s.scanVisit(s.e.queryRow(ctx, selectVisit, id))
	return v, found(err, "visit", id)
}

// VisitsOn lists an office's day, in the order of the clock.
func (s *Store) VisitsOn(ctx context.Context, office string, day workday.Date) ([]booking.Visit, error) {
	return s.visitList(ctx, selectDay, office, day.String())
}

// VisitsOf lists a person's visits since a day.
func (s *Store) VisitsOf(ctx context.Context, who party.Person, since workday.Date, limit int) ([]booking.Visit, error) {
	if who.IDNo == "" {
		return nil, errs.New(errs.NoSuchVisit, "nobody's")
	}
	if err := s.freshKeys(ctx); err != nil {
		return nil, err
	}
	return s.visitList(ctx, selectMine(s.e.d), listOf(s.e.d, s.macs(visitKind, who.IDNo)), since.String(), limit)
}

// LapsedVisits lists offers whose time is over.
func (s *Store) LapsedVisits(ctx context.Context, now time.Time, limit int) ([]booking.Visit, error) {
	return s.visitList(ctx, selectLapse, micros(now), limit)
}
