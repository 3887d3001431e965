package sqlstore

import (
	"context"
	"encoding/json"

	"tongban/internal/domain/complaint"
	"tongban/internal/handling/unit"
	"tongban/internal/proof"
)

const (
	complaintColumns = `x.id, x.case_id, x.version, x.body, (SELECT datakey FROM cases c WHERE c.id = x.case_id)`
	selectComplaint  = `SELECT ` + complaintColumns + ` FROM complaints x WHERE x.id = $1`
	complaintsOfCase = `SELECT ` + complaintColumns + ` FROM complaints x WHERE x.case_id = $1 ORDER BY x.at, x.id`
	complaintsToDo   = `SELECT ` + complaintColumns + ` FROM complaints x WHERE x.todo <> '' AND x.todo = $1 ORDER BY x.due, x.id LIMIT $2`
	insertComplaint  = `INSERT INTO complaints (id, case_id, target, nth, office, state, todo, at, due, version, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10)`
	updateComplaint = `UPDATE complaints SET state = $2, todo = $3, due = $4,
version = CASE WHEN version = $5 THEN version + 1 ELSE 0 END, body = $6 WHERE id = $1`
)

// complaintBody is a complaint with what does not cross nodes.
type complaintBody struct {
	Complaint complaint.Complaint `json:"complaint"`
	Care      complaint.Care      `json:"care"`
}

func (w *writing) complaints(u unit.Unit) error {
	for _, x := range u.Complaints {
		key, ok, err := w.keyOf(x.Case)
		if err != nil {
			return err
		}
		plain, err := proof.Marshal(complaintBody{x, x.Care})
		if err != nil {
			return err
		}
		body := w.s.lock(key, ok, plain, "complaints.body", x.ID)
		state, todo, due := string(x.Care.State), string(x.Todo(w.s.me)), micros(x.Care.Due)
		if x.Row > 0 {
			w.stmts = append(w.stmts, stmt{sql: updateComplaint, want: 1, args: []any{x.ID, state, todo, due, x.Row, body}})
			continue
		}
		w.stmts = append(w.stmts, stmt{sql: insertComplaint, want: 1, args: []any{
			x.ID, x.Case, string(x.Target), int64(x.Nth), x.Office, state, todo, micros(x.At), due, body,
		}})
	}
	return nil
}

func (s *Store) scanComplaint(r scanner) (complaint.Complaint, error) {
	var id, of string
	var version int64
	var body, wrapped []byte
	if err := r.Scan(&id, &of, &version, &body, &wrapped); err != nil {
		return complaint.Complaint{}, err
	}
	plain, err := s.unlock(wrapped, body, "complaints.body", id)
	if err != nil {
		return complaint.Complaint{}, err
	}
	var b complaintBody
	if json.Unmarshal(plain, &b) != nil || b.Complaint.ID != id || b.Complaint.Case != of {
		return complaint.Complaint{}, corrupt("complaints", id)
	}
	out := b.Complaint
	out.Care, out.Row = b.Care, version
	return out, nil
}

func (s *Store) complaintList(ctx context.Context, text string, args ...any) ([]complaint.Complaint, error) {
	return collect(ctx, s.e, func(r *rows) (complaint.Complaint, error) { return s.scanComplaint(r) }, text, args...)
}

// Complaint reads one; errs.Missing.
func (s *Store) Complaint(ctx context.Context, id string) (complaint.Complaint, error) {
	x, err := s.scanComplaint(s.e.queryRow(ctx, selectComplaint, id))
	return x, found(err, "complaint", id)
}

// Complaints gives those of a case, the oldest first.
func (s *Store) Complaints(ctx context.Context, caseID string) ([]complaint.Complaint, error) {
	return s.complaintList(ctx, complaintsOfCase, caseID)
}

// ComplaintsToDo lists what oversight has to do, the one that is late first.
func (s *Store) ComplaintsToDo(ctx context.Context, todo complaint.Todo, limit int) ([]complaint.Complaint, error) {
	return s.complaintList(ctx, complaintsToDo, string(todo), limit)
}
