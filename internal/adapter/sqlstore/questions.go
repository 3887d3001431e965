package sqlstore

import (
	"context"
	"errors"
	"strings"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/usage"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

const (
	selectConsents = `SELECT a.id, a.body, (SELECT datakey FROM cases c WHERE c.id = a.case_id) FROM share_consents a WHERE a.case_id = $1 ORDER BY a.at, a.id LIMIT $2`
	selectFound    = `SELECT f.id, f.case_id, f.at, f.body, (SELECT datakey FROM cases c WHERE c.id = f.case_id) FROM share_found f WHERE f.case_id = $1 ORDER BY f.at DESC, f.id LIMIT $2`
	selectFirst    = `SELECT idx, leaf FROM log WHERE case_id = $1 ORDER BY idx LIMIT $2`
	selectTable    = `SELECT COALESCE(max(version), 0) FROM share_tables WHERE resource = $1`
	insertTable    = `INSERT INTO share_tables (resource, version, at, n) VALUES ($1, $2, $3, $4)`
	dropShared     = `DELETE FROM share_rows WHERE resource = $1 AND version < $2`
)

func selectAsked(d dialect) string {
	return `SELECT case_id, no, item, subject, asker, id FROM share_answers WHERE mac ` + d.anyFirst() + ` ORDER BY at DESC LIMIT $2`
}

// selectShared may give several rows: several numbers may have one mac.
func selectShared(d dialect) string {
	return `SELECT t.at, r.body FROM share_tables t LEFT JOIN share_rows r ON r.resource = t.resource AND r.version = t.version AND r.mac ` + d.anyFirst() + `
 WHERE t.resource = $2 AND t.version = (SELECT max(version) FROM share_tables WHERE resource = $2)`
}

// The kinds keep what was asked and what tables hold apart from cases in what an index tells.
const (
	askedKind  = "asked-" + string(party.ByNumber)
	sharedKind = "shared-" + string(party.ByNumber)
)

// mostShared bounds what is read about one case or person.
const mostShared = 200

var (
	insertAnswered = insert{into: "share_answers (asker, id, at, case_id, no, item, mac, subject, question, resource, fields)", cols: "ttntttnbttt"}
	insertAgreed   = insert{into: "share_consents (case_id, id, at, body)", cols: "ttnb", tail: " ON CONFLICT (case_id, id) DO NOTHING"}
	insertFound    = insert{into: "share_found (id, case_id, at, body)", cols: "ttnb", tail: " ON CONFLICT (id) DO NOTHING"}
	insertShared   = insert{into: "share_rows (resource, version, mac, body)", cols: "tnnb"}
)

// shared adds what a unit says about questions.
func (w *writing) shared(u unit.Unit) error {
	if a := u.Answered; a != nil {
		question := ""
		if !a.Question.IsZero() {
			question = a.Question.String()
		}
		subject := w.s.lock(proof.DataKey{}, false, []byte(a.Subject.IDNo), "share_answers.subject", a.ID)
		w.stmts = insertAnswered.add(w.stmts, []any{
			string(a.Asker), a.ID, micros(u.At), a.Case, string(a.No), a.Item, w.s.mac(askedKind, a.Subject.IDNo), subject,
			question, a.Resource, strings.Join(a.Fields, ","),
		})
	}
	if a := u.Agreed; a != nil {
		if err := w.sealed(&insertAgreed, a.Case, proof.HashOf(a.Request).String(), "share_consents.body", u.At, true, a); err != nil {
			return err
		}
	}
	if f := u.Found; f != nil {
		return w.sealed(&insertFound, f.Case, f.ID, "share_found.body", u.At, false, f)
	}
	return nil
}

// sealed adds a row that is sealed under its case's key.
func (w *writing) sealed(into *insert, caseID, id, column string, at time.Time, caseFirst bool, v any) error {
	key, ok, err := w.keyOf(caseID)
	if err != nil {
		return err
	}
	plain, err := proof.Marshal(v)
	if err != nil {
		return err
	}
	first, second := id, caseID
	if caseFirst {
		first, second = caseID, id
	}
	w.stmts = into.add(w.stmts, []any{first, second, micros(at), w.s.lock(key, ok, plain, column, id)})
	return nil
}

// Asked gives what else was asked here about a person: by the cases of other provinces, and by the mandates with which they let somebody
// act, under which the log names what agents looked at.
func (s *Store) Asked(ctx context.Context, who party.Person, limit int) (map[string]usage.Ref, error) {
	if err := s.freshKeys(ctx); err != nil {
		return nil, err
	}
	type row struct {
		id  string
		ref usage.Ref
		own bool
	}
	list, err := collect(ctx, s.e, func(r *rows) (x row, err error) {
		var no, asker, query string
		var subject []byte
		if err := r.Scan(&x.id, &no, &x.ref.Item, &subject, &asker, &query); err != nil {
			return x, err
		}
		plain, err := s.unlock(nil, subject, "share_answers.subject", query)
		x.ref.No, x.own = casefile.No(no), string(plain) == who.IDNo
		return x, err
	}, selectAsked(s.e.d), listOf(s.e.d, s.macs(askedKind, who.IDNo)), limit)
	out := make(map[string]usage.Ref, len(list))
	for _, x := range list {
		if x.own {
			out[x.id] = x.ref
		}
	}
	given, err2 := s.MandatesBy(ctx, who, limit)
	for _, m := range given {
		if len(m.Items) > 0 {
			out[m.ID] = usage.Ref{Item: m.Items[0]}
		}
	}
	return out, errors.Join(err, err2)
}

// ShareConsents gives what the applicant of a case agreed to, the oldest first.
func (s *Store) ShareConsents(ctx context.Context, caseID string) ([]unit.ShareConsent, error) {
	return collect(ctx, s.e, func(r *rows) (a unit.ShareConsent, err error) {
		var id string
		var body, wrapped []byte
		if err := r.Scan(&id, &body, &wrapped); err != nil {
			return a, err
		}
		return a, s.unlockJSON(wrapped, body, "share_consents.body", id, &a)
	}, selectConsents, caseID, mostShared)
}

// FoundOf gives what other provinces answered for a case, the newest first.
func (s *Store) FoundOf(ctx context.Context, caseID string) ([]unit.Found, error) {
	return collect(ctx, s.e, func(r *rows) (f unit.Found, err error) {
		var id, of string
		var at int64
		var body, wrapped []byte
		if err := r.Scan(&id, &of, &at, &body, &wrapped); err != nil {
			return f, err
		}
		return f, s.unlockJSON(wrapped, body, "share_found.body", id, &f)
	}, selectFound, caseID, mostShared)
}

// FirstLines gives the entries about a case that entered the tree first.
func (s *Store) FirstLines(ctx context.Context, caseID string, limit int) ([]accesslog.Line, error) {
	return collect(ctx, s.e, func(r *rows) (accesslog.Line, error) {
		l, err := scanLogged(r)
		return accesslog.Line{Index: l.idx, Leaf: string(l.leaf)}, err
	}, selectFirst, caseID, limit)
}

// KeepTable stores the next version of a hosted table as a whole; number names the column by which people are found. Versions
// before it go. errs.Stale if somebody else was first.
func (s *Store) KeepTable(ctx context.Context, resource string, at time.Time, number string, records []map[string]string) (version int64, err error) {
	if err := s.freshKeys(ctx); err != nil {
		return 0, err
	}
	var last int64
	if err := s.e.queryRow(ctx, selectTable, resource).Scan(&last); err != nil {
		return 0, err
	}
	version = last + 1
	stmts := []stmt{{sql: insertTable, args: []any{resource, version, micros(at), int64(len(records))}, want: 1}}
	args := make([]any, 0, 4*len(records))
	for _, rec := range records {
		plain, err := proof.Marshal(rec)
		if err != nil {
			return 0, err
		}
		args = append(args, resource, version, s.mac(sharedKind, rec[number]), s.lock(proof.DataKey{}, false, plain, "share_rows.body", resource))
	}
	stmts = insertShared.add(stmts, args)
	stmts = append(stmts, stmt{sql: dropShared, args: []any{resource, version}, want: -1})
	return version, s.e.commit(ctx, stmts)
}

// Row finds a person's record in the last version of a hosted table, by the number in the column named; errs.SourceDown if there is no
// table, errs.NoRecord if nobody of that number stands in it.
func (s *Store) Row(ctx context.Context, resource, column, number string) (record map[string]string, at time.Time, err error) {
	if err := s.freshKeys(ctx); err != nil {
		return nil, at, err
	}
	type row struct {
		at  int64
		rec map[string]string
	}
	list, err := collect(ctx, s.e, func(r *rows) (x row, err error) {
		var body []byte
		if err := r.Scan(&x.at, &body); err != nil || len(body) == 0 {
			return x, err
		}
		return x, s.unlockJSON(nil, body, "share_rows.body", resource, &x.rec)
	}, selectShared(s.e.d), listOf(s.e.d, s.macs(sharedKind, number)), resource)
	switch {
	case err != nil:
		return nil, at, err
	case len(list) == 0:
		return nil, at, errs.New(errs.SourceDown, "no table for %s", resource)
	}
	at = fromMicros(list[0].at)
	for _, x := range list {
		if x.rec != nil && x.rec[column] == number {
			return x.rec, fromMicros(x.at), nil
		}
	}
	return nil, at, errs.New(errs.NoRecord, "%s", resource)
}
