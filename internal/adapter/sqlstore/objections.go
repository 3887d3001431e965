package sqlstore

import (
	"context"
	"encoding/json"

	"tongban/internal/domain/objection"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

const (
	objectionColumns = `o.id, o.case_id, o.version, o.body, (SELECT datakey FROM cases c WHERE c.id = o.case_id)`
	selectObjection  = `SELECT ` + objectionColumns + ` FROM objections o WHERE o.id = $1`
	objectionsOfCase = `SELECT ` + objectionColumns + ` FROM objections o WHERE o.case_id = $1 ORDER BY o.at, o.id`
	objectionsToDo   = `SELECT ` + objectionColumns + ` FROM objections o WHERE o.todo = 1 ORDER BY o.due, o.id LIMIT $1`
	objectionsBy     = `SELECT ` + objectionColumns + ` FROM objections o WHERE o.office <> '' AND o.office = $1 ORDER BY o.at DESC, o.id DESC LIMIT $2`
	insertObjection  = `INSERT INTO objections (id, case_id, office, todo, due, at, version, body) VALUES ($1, $2, $3, $4, $5, $6, 1, $7)`
	updateObjection  = `UPDATE objections SET todo = $2, version = CASE WHEN version = $3 THEN version + 1 ELSE 0 END, body = $4 WHERE id = $1`
	selectAbout      = `SELECT ` + answeredColumns + `, subject FROM share_answers WHERE mac = $1 ORDER BY at DESC, asker DESC, id DESC LIMIT $2`
	selectWhom       = `SELECT subject FROM share_answers WHERE asker = $1 AND id = $2`
)

// objectionBody is an objection with what does not cross nodes.
type objectionBody struct {
	Objection objection.Objection `json:"objection"`
	Due       workday.Date        `json:"due,omitzero"`
	Office    string              `json:"office,omitempty"`
	By        string              `json:"by,omitempty"`
}

func (w *writing) objections(u unit.Unit) error {
	for _, o := range u.Objections {
		key, ok, err := w.keyOf(o.Told.Case)
		if err != nil {
			return err
		}
		plain, err := proof.Marshal(objectionBody{o, o.Due, o.Office, o.By})
		if err != nil {
			return err
		}
		body, todo, due := w.s.lock(key, ok, plain, "objections.body", o.ID), int64(0), int64(0)
		if o.Todo(office.NodeID(w.s.me)) {
			todo = 1
		}
		if !o.Due.IsZero() {
			due = dayNumber(o.Due)
		}
		if o.Row > 0 {
			w.stmts = append(w.stmts, stmt{sql: updateObjection, want: 1, args: []any{o.ID, todo, o.Row, body}})
			continue
		}
		w.stmts = append(w.stmts, stmt{sql: insertObjection, want: 1, args: []any{o.ID, o.Told.Case, o.Office, todo, due, micros(o.At), body}})
	}
	return nil
}

func (s *Store) scanObjection(r scanner) (objection.Objection, error) {
	var id, of string
	var version int64
	var body, wrapped []byte
	if err := r.Scan(&id, &of, &version, &body, &wrapped); err != nil {
		return objection.Objection{}, err
	}
	plain, err := s.unlock(wrapped, body, "objections.body", id)
	if err != nil {
		return objection.Objection{}, err
	}
	var b objectionBody
	if json.Unmarshal(plain, &b) != nil || b.Objection.ID != id || b.Objection.Told.Case != of {
		return objection.Objection{}, corrupt("objections", id)
	}
	o := b.Objection
	o.Due, o.Office, o.By, o.Row = b.Due, b.Office, b.By, version
	return o, nil
}

func (s *Store) objectionList(ctx context.Context, text string, args ...any) ([]objection.Objection, error) {
	return collect(ctx, s.e, func(r *rows) (objection.Objection, error) { return s.scanObjection(r) }, text, args...)
}

// Objection reads one; errs.Missing.
func (s *Store) Objection(ctx context.Context, id string) (objection.Objection, error) {
	o, err := s.scanObjection(s.e.queryRow(ctx, selectObjection, id))
	return o, found(err, "objection", id)
}

// Objections gives those about a case, the oldest first.
func (s *Store) Objections(ctx context.Context, caseID string) ([]objection.Objection, error) {
	return s.objectionList(ctx, objectionsOfCase, caseID)
}

// ObjectionsToDo lists what this node has to answer, the one due first at the top.
func (s *Store) ObjectionsToDo(ctx context.Context, limit int) ([]objection.Objection, error) {
	return s.objectionList(ctx, objectionsToDo, limit)
}

// ObjectionsBy lists those about cases of an office that had asked, the newest first.
func (s *Store) ObjectionsBy(ctx context.Context, office string, limit int) ([]objection.Objection, error) {
	return s.objectionList(ctx, objectionsBy, office, limit)
}

// AnsweredAbout lists the questions about a person that this node answered, the newest first.
func (s *Store) AnsweredAbout(ctx context.Context, who party.Person, limit int) ([]unit.Answered, error) {
	list, err := collect(ctx, s.e, func(r *rows) (unit.Answered, error) {
		var subject []byte
		a, err := scanAnswered(r, &subject)
		if err != nil {
			return a, err
		}
		plain, err := s.unlock(nil, subject, "share_answers.subject", a.ID)
		a.Subject.IDNo = string(plain)
		return a, err
	}, selectAbout, s.askedMac(who.IDNo), limit)
	own := list[:0]
	for _, a := range list { // several numbers may have one mac
		if a.Subject.IDNo == who.IDNo {
			own = append(own, a)
		}
	}
	return own, err
}

// AskedAbout is the number of the person whom a question was about; errs.Missing.
func (s *Store) AskedAbout(ctx context.Context, asker office.NodeID, id string) (string, error) {
	var subject []byte
	if err := s.e.queryRow(ctx, selectWhom, string(asker), id).Scan(&subject); err != nil {
		return "", found(err, "answer", id)
	}
	plain, err := s.unlock(nil, subject, "share_answers.subject", id)
	return string(plain), err
}
