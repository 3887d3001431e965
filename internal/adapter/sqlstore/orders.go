package sqlstore

import (
	"context"
	"encoding/json"
	"time"

	"tongban/internal/domain/watch"
	"tongban/internal/handling/unit"
	"tongban/internal/proof"
)

const (
	orderColumns   = `o.id, o.case_id, o.version, o.body, (SELECT datakey FROM cases c WHERE c.id = o.case_id)`
	selectFiled    = `SELECT ` + orderColumns + ` FROM orders o WHERE o.id = $1`
	ordersOfCase   = `SELECT ` + orderColumns + ` FROM orders o WHERE o.case_id = $1 ORDER BY o.id`
	ordersOpen     = `SELECT ` + orderColumns + ` FROM orders o WHERE o.state <> 'closed' ORDER BY o.due, o.id LIMIT $1`
	ordersOfOffice = `SELECT ` + orderColumns + ` FROM orders o WHERE o.state <> 'closed' AND o.office = $1 ORDER BY o.due, o.id LIMIT $2`
	ordersOver     = `SELECT ` + orderColumns + ` FROM orders o WHERE o.state = 'open' AND o.late = 0 AND o.due <= $1 ORDER BY o.due LIMIT $2`
	insertOrder    = `INSERT INTO orders (id, case_id, office, state, due, late, version, body) VALUES ($1, $2, $3, $4, $5, $6, 1, $7)`
	updateOrder    = `UPDATE orders SET state = $2, due = $3, late = $4, version = CASE WHEN version = $5 THEN version + 1 ELSE 0 END, body = $6
WHERE id = $1`
)

func (w *writing) orders(u unit.Unit) error {
	for _, f := range u.Orders {
		key, ok, err := w.keyOf(f.Order.Case)
		if err != nil {
			return err
		}
		plain, err := proof.Marshal(f)
		if err != nil {
			return err
		}
		body := w.s.lock(key, ok, plain, "orders.body", f.Order.ID)
		due := micros(f.Due.End())
		if f.Row > 0 {
			w.stmts = append(w.stmts, stmt{sql: updateOrder, want: 1, args: []any{f.Order.ID, string(f.State), due, bit(f.Late), f.Row, body}})
			continue
		}
		w.stmts = append(w.stmts, stmt{sql: insertOrder, want: 1, args: []any{
			f.Order.ID, f.Order.Case, f.Order.Office, string(f.State), due, bit(f.Late), body,
		}})
	}
	return nil
}

func (s *Store) scanOrder(r scanner) (watch.Filed, error) {
	var id, of string
	var version int64
	var body, wrapped []byte
	if err := r.Scan(&id, &of, &version, &body, &wrapped); err != nil {
		return watch.Filed{}, err
	}
	plain, err := s.unlock(wrapped, body, "orders.body", id)
	if err != nil {
		return watch.Filed{}, err
	}
	var f watch.Filed
	if json.Unmarshal(plain, &f) != nil || f.Order.ID != id || f.Order.Case != of {
		return watch.Filed{}, corrupt("orders", id)
	}
	f.Row = version
	return f, nil
}

func (s *Store) orderList(ctx context.Context, text string, args ...any) ([]watch.Filed, error) {
	return collect(ctx, s.e, func(r *rows) (watch.Filed, error) { return s.scanOrder(r) }, text, args...)
}

// Order reads one; errs.Missing.
func (s *Store) Order(ctx context.Context, id string) (watch.Filed, error) {
	f, err := s.scanOrder(s.e.queryRow(ctx, selectFiled, id))
	return f, found(err, "order", id)
}

// Orders gives all about a case, closed ones too.
func (s *Store) Orders(ctx context.Context, caseID string) ([]watch.Filed, error) {
	return s.orderList(ctx, ordersOfCase, caseID)
}

// OpenOrders gives what is not closed, the one that is due first at the top; office "" is all of the node's.
func (s *Store) OpenOrders(ctx context.Context, office string, limit int) ([]watch.Filed, error) {
	if office == "" {
		return s.orderList(ctx, ordersOpen, limit)
	}
	return s.orderList(ctx, ordersOfOffice, office, limit)
}

// OrdersOver gives those whose reply is late, while that is not noted yet.
func (s *Store) OrdersOver(ctx context.Context, now time.Time, limit int) ([]watch.Filed, error) {
	return s.orderList(ctx, ordersOver, micros(now), limit)
}
