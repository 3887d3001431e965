package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

const (
	draftColumns = `id, saved, version, case_no, private, datakey, mac`
	selectDraft  = `SELECT ` + draftColumns + ` FROM drafts WHERE id = $1`
	selectStale  = `SELECT ` + draftColumns + ` FROM drafts WHERE expires <> 0 AND expires <= $1 ORDER BY expires, id LIMIT $2`
	insertDraft  = `INSERT INTO drafts (id, mac, saved, expires, version, case_no, private, datakey) VALUES ($1, $2, $3, $4, 1, '', $5, $6)`
	updateDraft  = `UPDATE drafts SET saved = $2, expires = $3, private = $5, version = version + 1 WHERE id = $1 AND version = $4 AND case_no = ''`
	deleteDraft  = `DELETE FROM drafts WHERE id = $1 AND version = $2 AND case_no = ''`
	submitDraft  = `UPDATE drafts SET case_no = $2, saved = $3, expires = 0, private = $4, datakey = $5, version = version + 1
WHERE id = $1 AND version = $6 AND case_no = ''`
)

func selectDrafts(d dialect) string {
	return `SELECT ` + draftColumns + ` FROM drafts WHERE mac ` + d.anyFirst() + ` AND case_no = '' ORDER BY saved DESC, id DESC LIMIT $2`
}

func (s *Store) scanDraft(r interface{ Scan(...any) error }) (journey.Draft, error) {
	var id, no string
	var saved, version, mac int64
	var private, wrapped []byte
	if err := r.Scan(&id, &saved, &version, &no, &private, &wrapped, &mac); err != nil {
		return journey.Draft{}, err
	}
	if no != "" { // only that it was submitted is left of it
		return journey.Draft{ID: id, Case: no, Saved: fromMicros(saved), Row: version}, nil
	}
	var d journey.Draft
	key, err := s.vault.DataKey(wrapped)
	if err != nil {
		return d, corrupt("drafts.datakey", id)
	}
	plain, err := key.Decrypt(private, aad("drafts.private", id))
	if err != nil || json.Unmarshal(plain, &d) != nil || d.ID != id {
		return journey.Draft{}, corrupt("drafts.private", id)
	}
	d.Row = version
	return d, nil
}

// Draft reads one by its id. Of one that was submitted only ID, Case and Saved are left.
func (s *Store) Draft(ctx context.Context, id string) (journey.Draft, error) {
	d, err := s.scanDraft(s.e.queryRow(ctx, selectDraft, id))
	return d, found(err, "draft", id)
}

// DraftsOf lists a person's drafts that are not submitted, the last saved first.
func (s *Store) DraftsOf(ctx context.Context, by party.Lookup, limit int) ([]journey.Draft, error) {
	if err := s.freshKeys(ctx); err != nil {
		return nil, err
	}
	return collect(ctx, s.e, func(r *rows) (journey.Draft, error) { return s.scanDraft(r) },
		selectDrafts(s.e.d), listOf(s.e.d, s.macs(draftKind(by.Kind), by.Value)), limit)
}

// StaleDrafts lists drafts that expired by now, so that their files can be removed before DropDraft.
func (s *Store) StaleDrafts(ctx context.Context, now time.Time, limit int) ([]journey.Draft, error) {
	return collect(ctx, s.e, func(r *rows) (journey.Draft, error) { return s.scanDraft(r) }, selectStale, micros(now), limit)
}

// draftKind keeps drafts apart from cases in what an index tells.
func draftKind(k party.LookupKind) string { return "draft-" + string(k) }

// SaveDraft stores a draft as apply.Store says.
func (s *Store) SaveDraft(ctx context.Context, d journey.Draft) (int64, error) {
	if err := s.freshKeys(ctx); err != nil {
		return 0, err
	}
	plain, err := proof.Marshal(d)
	if err != nil {
		return 0, err
	}
	if d.Row == 0 {
		key, wrapped, err := s.vault.NewDataKey()
		if err != nil {
			return 0, err
		}
		mac := s.mac(draftKind(party.ByNumber), d.Applicant.IDNo)
		return 1, s.e.commit(ctx, []stmt{{sql: insertDraft, want: 1, args: []any{
			d.ID, mac, micros(d.Saved), micros(d.Expires()), key.Encrypt(plain, aad("drafts.private", d.ID)), wrapped,
		}}})
	}
	var wrapped []byte
	err = s.e.queryRow(ctx, `SELECT datakey FROM drafts WHERE id = $1 AND case_no = ''`, d.ID).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, errs.New(errs.Stale, "draft %s is gone", d.ID)
	}
	if err != nil {
		return 0, err
	}
	key, err := s.vault.DataKey(wrapped)
	if err != nil {
		return 0, corrupt("drafts.datakey", d.ID)
	}
	return d.Row + 1, s.e.commit(ctx, []stmt{{sql: updateDraft, want: 1, args: []any{
		d.ID, micros(d.Saved), micros(d.Expires()), d.Row, key.Encrypt(plain, aad("drafts.private", d.ID)),
	}}})
}

// DropDraft forgets a draft, and with its key whatever a copy of the row still holds.
func (s *Store) DropDraft(ctx context.Context, id string, row int64) error {
	err := s.e.commit(ctx, []stmt{{sql: deleteDraft, want: 1, args: []any{id, row}}})
	if !errs.Is(err, errs.Stale) {
		return err
	}
	if _, read := s.Draft(ctx, id); errs.Is(read, errs.Missing) {
		return nil
	}
	return err
}

func (w *writing) draft(u unit.Unit) {
	if u.Draft == nil {
		return
	}
	w.stmts = append(w.stmts, stmt{sql: submitDraft, want: 1, args: []any{
		u.Draft.Draft, u.Draft.No, micros(u.At), []byte{}, []byte{}, u.Draft.Row,
	}})
}
