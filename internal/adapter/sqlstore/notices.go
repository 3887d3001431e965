package sqlstore

import (
	"context"
	"encoding/json"
	"time"

	"tongban/internal/domain/notice"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

const (
	noticeColumns = `id, case_id, kind, template, office, at, channel, state, state_at, tries, next_try, why, by_officer, body,
(SELECT datakey FROM cases c WHERE c.id = notices.case_id)`
	selectNotice  = `SELECT ` + noticeColumns + ` FROM notices WHERE id = $1`
	selectNotices = `SELECT ` + noticeColumns + ` FROM notices WHERE case_id = $1 ORDER BY at, id`
	selectStuck   = `SELECT ` + noticeColumns + ` FROM notices WHERE state = 'stuck' AND office = $1 ORDER BY at, id LIMIT $2`
	countStuck    = `SELECT count(*) FROM notices WHERE state = 'stuck' AND office = $1`
	updateNotice  = `UPDATE notices SET channel = $2, state = $3, state_at = $4, tries = $5, next_try = $6, why = $7, by_officer = $8, body = $9,
version = CASE WHEN state = $10 THEN version + 1 ELSE 0 END WHERE id = $1`

	oneContact  = `UPDATE contacts SET mac = $1 WHERE mac = $2`
	saveContact = `INSERT INTO contacts (mac, at, body) VALUES ($1, $2, $3)
ON CONFLICT (mac) DO UPDATE SET at = excluded.at, body = excluded.body`
)

var insertNotices = insert{
	into: "notices (id, case_id, kind, template, office, at, channel, state, state_at, tries, next_try, why, by_officer, version, body)", cols: "tttttnttnnnntnb",
	tail: " ON CONFLICT (id) DO NOTHING",
}

func claimNotices(d dialect) string {
	return `UPDATE notices SET next_try = $2 WHERE id IN (SELECT id FROM notices WHERE next_try <> 0 AND next_try <= $1
ORDER BY next_try, at LIMIT $3` + d.skipLocked() + `) RETURNING ` + noticeColumns
}

// noticeBody is the personal part of a notice.
type noticeBody struct {
	Values map[string]string `json:"values"`
	Lang   string            `json:"lang,omitempty"`
	To     string            `json:"to,omitempty"`
}

func (w *writing) noticeBody(n notice.Notice) ([]byte, error) {
	plain, err := proof.Marshal(noticeBody{n.Values, n.Lang, n.To})
	if err != nil {
		return nil, err
	}
	key, ok, err := w.keyOf(n.Case)
	if err != nil {
		return nil, err
	}
	return w.s.lock(key, ok, plain, "notices.body", n.ID), nil
}

func (w *writing) notices(u unit.Unit) error {
	for _, n := range u.Notices {
		body, err := w.noticeBody(n)
		if err != nil {
			return err
		}
		w.stmts = insertNotices.add(w.stmts, []any{
			n.ID, n.Case, string(n.Kind), n.Template, n.Office, micros(n.At), string(n.Channel), string(n.State), micros(n.StateAt),
			int64(n.Tries), micros(n.Next), int64(n.Why), n.By, int64(1), body,
		})
	}
	for _, a := range u.Advanced {
		n := a.Notice
		body, err := w.noticeBody(n)
		if err != nil {
			return err
		}
		w.stmts = append(w.stmts, stmt{sql: updateNotice, want: 1, args: []any{
			n.ID, string(n.Channel), string(n.State), micros(n.StateAt), int64(n.Tries), micros(n.Next), int64(n.Why), n.By, body, string(a.From),
		}})
	}
	return nil
}

func (s *Store) scanNotice(r scanner) (notice.Notice, error) {
	var n notice.Notice
	var at, stateAt, tries, next, why int64
	var body, wrapped []byte
	err := r.Scan(&n.ID, &n.Case, &n.Kind, &n.Template, &n.Office, &at, &n.Channel, &n.State, &stateAt, &tries, &next, &why, &n.By, &body, &wrapped)
	if err != nil {
		return notice.Notice{}, err
	}
	n.At, n.StateAt, n.Tries, n.Next = fromMicros(at), fromMicros(stateAt), int(tries), fromMicros(next)
	n.Why = errs.Code(why) //nolint:gosec // codes are five digits
	var b noticeBody
	if err := s.unlockJSON(wrapped, body, "notices.body", n.ID, &b); err != nil {
		return notice.Notice{}, err
	}
	n.Values, n.Lang, n.To = b.Values, b.Lang, b.To
	return n, nil
}

// Notice reads one by its id; errs.Missing if it is not here.
func (s *Store) Notice(ctx context.Context, id string) (notice.Notice, error) {
	n, err := s.scanNotice(s.e.queryRow(ctx, selectNotice, id))
	return n, found(err, "notice", id)
}

// Notices gives what was told of a case, the oldest first.
func (s *Store) Notices(ctx context.Context, caseID string) ([]notice.Notice, error) {
	return collect(ctx, s.e, func(r *rows) (notice.Notice, error) { return s.scanNotice(r) }, selectNotices, caseID)
}

// StuckNotices gives those that an office has to look after, the oldest first, at most limit.
func (s *Store) StuckNotices(ctx context.Context, office string, limit int) ([]notice.Notice, error) {
	return collect(ctx, s.e, func(r *rows) (notice.Notice, error) { return s.scanNotice(r) }, selectStuck, office, limit)
}

// CountStuck is how many notices an office has to look after.
func (s *Store) CountStuck(ctx context.Context, office string) (n int, err error) {
	return n, s.e.queryRow(ctx, countStuck, office).Scan(&n)
}

// ClaimNotices claims up to limit notices whose time has come, the longest waiting first: until lease is over no other replica
// gets them. A damaged row is left out; it is the error if there is nothing else.
func (s *Store) ClaimNotices(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]notice.Notice, error) {
	var bad error
	list, err := take(ctx, s.e, func(r *rows) (notice.Notice, error) {
		n, err := s.scanNotice(r)
		if errs.KindOf(err) == errs.Corrupt {
			bad, err = err, nil
		}
		return n, err
	}, claimNotices(s.e.d), micros(now), micros(now.Add(lease)), limit)
	if err != nil {
		return nil, err
	}
	out := make([]notice.Notice, 0, len(list))
	for _, n := range list {
		if n.ID != "" {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return nil, bad
	}
	return out, nil
}

// Contact is how a person wants to be told; false if nothing was said.
func (s *Store) Contact(ctx context.Context, of party.Person) (notice.Contact, bool, error) {
	if err := s.freshKeys(ctx); err != nil {
		return notice.Contact{}, false, err
	}
	list, err := collect(ctx, s.e, func(r *rows) (b []byte, err error) { return b, r.Scan(&b) },
		selectContact(s.e.d), listOf(s.e.d, s.macs(contactKind, of.IDNo)))
	if err != nil || len(list) == 0 {
		return notice.Contact{}, false, err
	}
	plain, err := s.unlock(nil, list[0], "contacts.body", "")
	var c notice.Contact
	if err == nil && json.Unmarshal(plain, &c) != nil {
		err = corrupt("contacts.body", "")
	}
	if err != nil {
		return notice.Contact{}, false, err
	}
	return c, c.Person.IDNo == of.IDNo, nil // the hash is short: somebody else's is nobody's
}

// SetContact stores how a person wants to be told, in place of what was said before.
func (s *Store) SetContact(ctx context.Context, c notice.Contact) error {
	if err := s.freshKeys(ctx); err != nil {
		return err
	}
	plain, err := proof.Marshal(c)
	if err != nil {
		return err
	}
	macs := s.macs(contactKind, c.Person.IDNo)
	return s.e.commit(ctx, append(underOne(nil, oneContact, macs), stmt{sql: saveContact, want: 1, args: []any{
		macs[0], micros(c.At), s.lock(proof.DataKey{}, false, plain, "contacts.body", ""),
	}}))
}

func selectContact(d dialect) string { return `SELECT body FROM contacts WHERE mac ` + d.anyFirst() }

// contactKind keeps contacts apart from cases in what an index tells.
const contactKind = "contact-" + string(party.ByNumber)
