package sqlstore

import (
	"context"
	"encoding/json"

	"tongban/internal/domain/fee"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

const (
	chargeColumns = `c.case_id, c.version, c.body`
	selectCharge  = `SELECT ` + chargeColumns + ` FROM charges c WHERE c.case_id = $1`
	selectOrder   = `SELECT ` + chargeColumns + ` FROM charges c JOIN payments p ON p.case_id = c.case_id WHERE p.order_no = $1`
	selectMoney   = `SELECT DISTINCT ` + chargeColumns + ` FROM payments p JOIN charges c ON c.case_id = p.case_id
WHERE p.day = $1 AND c.office = $2 ORDER BY c.case_id LIMIT $3`
	selectOpen   = `SELECT ` + chargeColumns + ` FROM charges c WHERE c.office = $1 AND c.standing = $2 ORDER BY c.updated, c.case_id LIMIT $3`
	eachCharge   = `SELECT ` + chargeColumns + ` FROM charges c WHERE c.case_id > $1 ORDER BY c.case_id LIMIT $2`
	updateCharge = `UPDATE charges SET standing = $2, fen = $3, held = $4, updated = $5,
version = CASE WHEN version = $6 THEN version + 1 ELSE 0 END, body = $7 WHERE case_id = $1`
	insertCharge = `INSERT INTO charges (case_id, office, standing, fen, held, updated, version, body) VALUES ($1, $2, $3, $4, $5, $6, 1, $7)`
	keepPayment  = `INSERT INTO payments (order_no, case_id, way, state, fen, day, ref) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (order_no) DO UPDATE SET state = excluded.state, day = excluded.day, ref = excluded.ref WHERE payments.case_id = excluded.case_id`
)

func (w *writing) charges(u unit.Unit) error {
	for _, c := range u.Charges {
		body, err := proof.Marshal(c)
		if err != nil {
			return err
		}
		standing, fen, held, at := string(c.Standing()), int64(c.Fen), int64(max(0, c.Held())), micros(u.At)
		if c.Row == 0 {
			w.stmts = append(w.stmts, stmt{sql: insertCharge, args: []any{c.Case, c.Office, standing, fen, held, at, string(body)}, want: 1})
		} else {
			w.stmts = append(w.stmts, stmt{sql: updateCharge, args: []any{c.Case, standing, fen, held, at, c.Row, string(body)}, want: 1})
		}
		for _, p := range c.Payments {
			day := p.At
			if !p.Settled.IsZero() {
				day = p.Settled
			}
			w.stmts = append(w.stmts, stmt{sql: keepPayment, args: []any{
				p.Order, c.Case, string(p.Way), string(p.State), int64(p.Fen), workday.DateOf(day).String(), p.Ref,
			}, want: 1})
		}
	}
	return nil
}

func scanCharge(r scanner) (fee.Charge, error) {
	var id, body string
	var version int64
	if err := r.Scan(&id, &version, &body); err != nil {
		return fee.Charge{}, err
	}
	var c fee.Charge
	if json.Unmarshal([]byte(body), &c) != nil || c.Case != id {
		return fee.Charge{}, corrupt("charges", id)
	}
	c.Row = version
	return c, nil
}

func (s *Store) chargeList(ctx context.Context, text string, args ...any) ([]fee.Charge, error) {
	return collect(ctx, s.e, func(r *rows) (fee.Charge, error) { return scanCharge(r) }, text, args...)
}

// Charge reads what a case costs here; errs.Missing if nothing was asked for yet.
func (s *Store) Charge(ctx context.Context, caseID string) (fee.Charge, error) {
	c, err := scanCharge(s.e.queryRow(ctx, selectCharge, caseID))
	return c, found(err, "charge of case", caseID)
}

// ChargeOfOrder finds the charge that an order belongs to; errs.Missing.
func (s *Store) ChargeOfOrder(ctx context.Context, order string) (fee.Charge, error) {
	c, err := scanCharge(s.e.queryRow(ctx, selectOrder, order))
	return c, found(err, "order", order)
}

// ChargesOn lists an office's charges with money of a civil day, at most limit.
func (s *Store) ChargesOn(ctx context.Context, office string, day workday.Date, limit int) ([]fee.Charge, error) {
	return s.chargeList(ctx, selectMoney, day.String(), office, limit)
}

// ChargesOf lists an office's charges of one standing, the one that has waited longest first.
func (s *Store) ChargesOf(ctx context.Context, office string, standing fee.Standing, limit int) ([]fee.Charge, error) {
	return s.chargeList(ctx, selectOpen, office, string(standing), limit)
}

// EachCharge calls f for every charge, with bounded memory.
func (s *Store) EachCharge(ctx context.Context, f func(fee.Charge) error) error {
	after := ""
	for {
		list, err := s.chargeList(ctx, eachCharge, after, 256)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, c := range list {
			if err := f(c); err != nil {
				return err
			}
		}
		after = list[len(list)-1].Case
	}
}
