package sqlstore

import (
	"context"
	"encoding/json"

	"tongban/internal/domain/inquiry"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

const (
	inquiryColumns = `q.id, q.case_id, q.version, q.body, (SELECT datakey FROM cases c WHERE c.id = q.case_id)`
	selectInquiry  = `SELECT ` + inquiryColumns + ` FROM inquiries q WHERE q.id = $1`
	inquiriesOf    = `SELECT ` + inquiryColumns + ` FROM inquiries q WHERE q.case_id = $1 ORDER BY q.at, q.id LIMIT $2`
	inquiriesToDo  = `SELECT ` + inquiryColumns + ` FROM inquiries q WHERE q.todo <> '' AND q.todo = $1 ORDER BY q.due, q.id LIMIT $2`
	inquiriesWait  = `SELECT ` + inquiryColumns + ` FROM inquiries q WHERE q.waits <> '' AND q.waits = $1 ORDER BY q.due, q.id LIMIT $2`
	inquiriesLate  = `SELECT ` + inquiryColumns + ` FROM inquiries q WHERE q.state = 'open' AND q.due < $1 ORDER BY q.due, q.id LIMIT $2`
	countInquiries = `SELECT count(*) FROM inquiries WHERE todo <> '' AND todo = $1`
	eachInquiry    = `SELECT ` + inquiryColumns + ` FROM inquiries q WHERE q.id > $1 ORDER BY q.id LIMIT $2`
	insertInquiry  = `INSERT INTO inquiries (id, case_id, state, todo, waits, due, at, version, body) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)`
	updateInquiry  = `UPDATE inquiries SET state = $2, todo = $3, waits = $4, version = CASE WHEN version = $5 THEN version + 1 ELSE 0 END, body = $6 WHERE id = $1`
)

func (w *writing) inquiries(u unit.Unit) error {
	for _, q := range u.Inquiries {
		key, ok, err := w.keyOf(q.Of.ID)
		if err != nil {
			return err
		}
		plain, err := proof.Marshal(q)
		if err != nil {
			return err
		}
		body, todo, waits := w.s.lock(key, ok, plain, "inquiries.body", q.ID), q.Todo(w.s.me), q.Waits(w.s.me)
		if q.Row > 0 {
			w.stmts = append(w.stmts, stmt{sql: updateInquiry, want: 1, args: []any{q.ID, string(q.State), todo, waits, q.Row, body}})
			continue
		}
		w.stmts = append(w.stmts, stmt{sql: insertInquiry, want: 1, args: []any{
			q.ID, q.Of.ID, string(q.State), todo, waits, dayNumber(q.Due), micros(q.At), body,
		}})
	}
	return nil
}

func (s *Store) scanInquiry(r scanner) (inquiry.Inquiry, error) {
	var id, of string
	var version int64
	var body, wrapped []byte
	if err := r.Scan(&id, &of, &version, &body, &wrapped); err != nil {
		return inquiry.Inquiry{}, err
	}
	plain, err := s.unlock(wrapped, body, "inquiries.body", id)
	if err != nil {
		return inquiry.Inquiry{}, err
	}
	var q inquiry.Inquiry
	if json.Unmarshal(plain, &q) != nil || q.ID != id || q.Of.ID != of {
		return inquiry.Inquiry{}, corrupt("inquiries", id)
	}
	q.Row = version
	return q, nil
}

func (s *Store) inquiryList(ctx context.Context, text string, args ...any) ([]inquiry.Inquiry, error) {
	return collect(ctx, s.e, func(r *rows) (inquiry.Inquiry, error) { return s.scanInquiry(r) }, text, args...)
}

// Inquiry reads one; errs.Missing.
func (s *Store) Inquiry(ctx context.Context, id string) (inquiry.Inquiry, error) {
	q, err := s.scanInquiry(s.e.queryRow(ctx, selectInquiry, id))
	return q, found(err, "inquiry", id)
}

// Inquiries gives what was asked about a case, the oldest first.
func (s *Store) Inquiries(ctx context.Context, caseID string) ([]inquiry.Inquiry, error) {
	return s.inquiryList(ctx, inquiriesOf, caseID, 2*inquiry.Most)
}

// InquiriesTo lists what an office has to answer, the one due first at the top.
func (s *Store) InquiriesTo(ctx context.Context, office string, limit int) ([]inquiry.Inquiry, error) {
	return s.inquiryList(ctx, inquiriesToDo, office, limit)
}

// InquiriesBy lists what an office waits for, the one due first at the top.
func (s *Store) InquiriesBy(ctx context.Context, office string, limit int) ([]inquiry.Inquiry, error) {
	return s.inquiryList(ctx, inquiriesWait, office, limit)
}

// InquiriesLate lists the node's inquiries that are open and were due before a day, the oldest deadline first.
func (s *Store) InquiriesLate(ctx context.Context, today workday.Date, limit int) ([]inquiry.Inquiry, error) {
	return s.inquiryList(ctx, inquiriesLate, dayNumber(today), limit)
}

// CountInquiriesTo is how many an office has to answer.
func (s *Store) CountInquiriesTo(ctx context.Context, office string) (n int, err error) {
	return n, s.e.queryRow(ctx, countInquiries, office).Scan(&n)
}

// EachInquiry calls f for every inquiry, with bounded memory.
func (s *Store) EachInquiry(ctx context.Context, f func(inquiry.Inquiry) error) error {
	return walk(func(after string) ([]inquiry.Inquiry, error) { return s.inquiryList(ctx, eachInquiry, after, walkRows) },
		func(q inquiry.Inquiry) string { return q.ID }, f)
}
