package sqlstore

import (
	"context"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

const (
	lifeColumns = `id, type, case_id, state, until, list, idx, acts, head, at, version`
	selectLife  = `SELECT ` + lifeColumns + ` FROM licences WHERE id = $1`
	selectOver  = `SELECT ` + lifeColumns + ` FROM licences WHERE until <> '' AND state IN ('in-force', 'suspended') AND until < $1 ORDER BY until, id LIMIT $2`
	selectList  = `SELECT idx, state FROM licences WHERE list = $1 AND state <> 'in-force'`
	selectLists = `SELECT COALESCE(MAX(list), 0) FROM licences`
	selectActs  = `SELECT signed FROM licence_facts WHERE licence = $1 ORDER BY n`
	updateLife  = `UPDATE licences SET state = $2, until = $3, acts = $4, head = $5, at = $6,
version = CASE WHEN version = $7 THEN version + 1 ELSE 0 END WHERE id = $1`
	selectWish = `SELECT licence, act, reason, by_officer, at, row_seen FROM licence_wishes WHERE licence = $1`
	removeWish = `DELETE FROM licence_wishes WHERE licence = $1`

	presentColumns = `p.id, p.case_id, p.state, p.at, p.until, p.body, (SELECT datakey FROM cases c WHERE c.id = p.case_id)`
	selectPresent  = `SELECT ` + presentColumns + ` FROM presentations p WHERE p.id = $1`
	selectPresents = `SELECT ` + presentColumns + ` FROM presentations p WHERE p.case_id = $1 ORDER BY p.at, p.id`
	updatePresent  = `UPDATE presentations SET state = $2, body = $3 WHERE id = $1 AND state = 'open'`

	selectHeldOne = `SELECT id, kind, at, body FROM wallet WHERE id = $1 AND kind = $2`
	oneHolder     = `UPDATE wallet SET owner = $1 WHERE owner = $2`
)

var (
	insertLives        = insert{into: "licences (" + lifeColumns + ")", cols: "tttttnnnbnn"}
	insertLicenceFacts = insert{into: "licence_facts (hash, licence, n, at, signed)", cols: "btnnb"}
	insertLicenceForms = insert{into: "licence_lookups (mac, licence, gen)", cols: "ntn"}
	insertWishes       = insert{
		into: "licence_wishes (licence, act, reason, by_officer, at, row_seen)", cols: "ttttnn",
		tail: " ON CONFLICT (licence) DO UPDATE SET act = excluded.act, reason = excluded.reason, by_officer = excluded.by_officer, at = excluded.at, row_seen = excluded.row_seen",
	}
	insertPresents = insert{into: "presentations (id, case_id, state, at, until, body)", cols: "tttnnb"}
	insertHeld     = insert{
		into: "wallet (id, owner, kind, at, body)", cols: "tntnb",
		tail: " ON CONFLICT (id) DO UPDATE SET at = excluded.at, body = excluded.body WHERE wallet.owner = excluded.owner",
	}
)

func selectHeld(d dialect) string {
	return `SELECT id, kind, at, body FROM wallet WHERE owner ` + d.anyFirst() + ` AND kind = $2 ORDER BY at, id`
}

// findLicences finds by the licence's own forms, or by those of the case that it came from.
func findLicences(d dialect) string {
	return `SELECT ` + lifeColumns + ` FROM licences WHERE id IN (
SELECT licence FROM licence_lookups WHERE mac ` + d.anyFirst() + `
UNION SELECT l.id FROM licences l WHERE l.case_id IN (SELECT case_id FROM lookups WHERE mac ` + d.anyFirst() + `)
) ORDER BY at DESC, id DESC LIMIT $2`
}

func (w *writing) standings(u unit.Unit) error {
	for _, x := range u.Wished {
		if x.Drop {
			w.stmts = append(w.stmts, stmt{sql: removeWish, args: []any{x.Licence}, want: -1})
			continue
		}
		w.stmts = insertWishes.add(w.stmts, []any{x.Licence, string(x.Act), x.Reason, x.By, micros(x.At), x.Row})
	}
	for _, x := range u.Licences {
		l, hash := x.Life, x.Signed.Hash()
		if l.Row == 0 {
			w.stmts = insertLives.add(w.stmts, []any{
				l.ID, l.Type, l.Case, string(l.State), l.Until, l.List, int64(l.Idx), int64(l.Acts), hash[:], micros(l.At), int64(1),
			})
		} else {
			w.stmts = append(w.stmts, stmt{
				sql: updateLife, args: []any{l.ID, string(l.State), l.Until, int64(l.Acts), hash[:], micros(l.At), l.Row}, want: 1,
			})
		}
		for _, f := range x.Lookups {
			w.stmts = insertLicenceForms.add(w.stmts, []any{w.s.mac(string(f.Kind), f.Value), l.ID, int64(w.s.vault.Seals())})
		}
		w.stmts = insertLicenceFacts.add(w.stmts, []any{hash[:], l.ID, int64(l.Acts), micros(l.At), packSigned(x.Signed)})
	}
	return nil
}

func (w *writing) presented(u unit.Unit) error {
	for _, p := range u.Presented {
		key, ok, err := w.keyOf(p.Case)
		if err != nil {
			return err
		}
		body := w.s.lock(key, ok, p.Body, "presentations.body", p.ID)
		if p.State == unit.PresentOpen {
			w.stmts = insertPresents.add(w.stmts, []any{p.ID, p.Case, string(p.State), micros(p.At), micros(p.Until), body})
			continue
		}
		w.stmts = append(w.stmts, stmt{sql: updatePresent, args: []any{p.ID, string(p.State), body}, want: 1, miss: errs.RequestOver})
	}
	return nil
}

func (w *writing) held(u unit.Unit) {
	for _, h := range u.Held {
		macs := w.s.macs(string(h.Owner.Kind), h.Owner.Value)
		w.stmts = insertHeld.add(underOne(w.stmts, oneHolder, macs), []any{
			h.ID, macs[0], h.Kind, micros(h.At),
			w.s.lock(proof.DataKey{}, false, withOwner(h.Owner, h.Body), "wallet.body", h.ID),
		})
	}
}

func scanLife(r scanner) (licence.Life, error) {
	var l licence.Life
	var state string
	var idx, acts, at int64
	var head []byte
	if err := r.Scan(&l.ID, &l.Type, &l.Case, &state, &l.Until, &l.List, &idx, &acts, &head, &at, &l.Row); err != nil {
		return licence.Life{}, err
	}
	if len(head) != len(l.Head) {
		return licence.Life{}, corrupt("licences", l.ID)
	}
	l.State, l.Idx, l.Acts, l.At, l.Head = licence.State(state), int(idx), int(acts), fromMicros(at), proof.Hash(head)
	return l, nil
}

// Life reads how a licence of this node stands; errs.Missing if the node issued none with that identifier.
func (s *Store) Life(ctx context.Context, id string) (licence.Life, error) {
	l, err := scanLife(s.e.queryRow(ctx, selectLife, id))
	return l, found(err, "licence", id)
}

// FindLicences gives licences of this node under one of the forms, or of a case under one of them, the newest first.
func (s *Store) FindLicences(ctx context.Context, by []party.Lookup, limit int) ([]licence.Life, error) {
	macs, err := s.formMacs(ctx, by)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s.e, func(r *rows) (licence.Life, error) { return scanLife(r) }, findLicences(s.e.d), listOf(s.e.d, macs), limit)
}

// LicenceWish gives the act on a licence that waits for a second person; errs.Missing if none does.
func (s *Store) LicenceWish(ctx context.Context, id string) (unit.Wish, error) {
	var w unit.Wish
	var act string
	var at int64
	err := s.e.queryRow(ctx, selectWish, id).Scan(&w.Licence, &act, &w.Reason, &w.By, &at, &w.Row)
	w.Act, w.At = licence.Act(act), fromMicros(at)
	return w, found(err, "licence wish", id)
}

// LivesOver gives licences in force or suspended whose last day was before day (YYYY-MM-DD), at most limit.
func (s *Store) LivesOver(ctx context.Context, day string, limit int) ([]licence.Life, error) {
	return collect(ctx, s.e, func(r *rows) (licence.Life, error) { return scanLife(r) }, selectOver, day, limit)
}

// LicenceFacts gives the signed facts of a licence, the oldest first.
func (s *Store) LicenceFacts(ctx context.Context, id string) ([]proof.Signed, error) {
	return collect(ctx, s.e, func(r *rows) (proof.Signed, error) {
		var b []byte
		if err := r.Scan(&b); err != nil {
			return proof.Signed{}, err
		}
		signed, ok := unpackSigned(b)
		if !ok {
			return proof.Signed{}, corrupt("licence_facts", id)
		}
		return signed, nil
	}, selectActs, id)
}

// StatusList gives the places of a list that are not in force; errs.Missing for a list that was never begun.
func (s *Store) StatusList(ctx context.Context, list int64) (map[int]licence.State, error) {
	var last int64
	if err := s.e.queryRow(ctx, selectLists).Scan(&last); err != nil {
		return nil, err
	}
	if list < 1 || list > last {
		return nil, missing("status list", "")
	}
	out := map[int]licence.State{}
	_, err := collect(ctx, s.e, func(r *rows) (struct{}, error) {
		var state string
		var idx int64
		err := r.Scan(&idx, &state)
		out[int(idx)] = licence.State(state)
		return struct{}{}, err
	}, selectList, list)
	return out, err
}

func (s *Store) scanPresentation(r scanner) (unit.Presentation, error) {
	var p unit.Presentation
	var state string
	var at, until int64
	var body, wrapped []byte
	if err := r.Scan(&p.ID, &p.Case, &state, &at, &until, &body, &wrapped); err != nil {
		return unit.Presentation{}, err
	}
	p.State, p.At, p.Until = unit.PresentState(state), fromMicros(at), fromMicros(until)
	var err error
	p.Body, err = s.unlock(wrapped, body, "presentations.body", p.ID)
	return p, err
}

// Presentation reads a request to a wallet; errs.Missing if there is none.
func (s *Store) Presentation(ctx context.Context, id string) (unit.Presentation, error) {
	p, err := s.scanPresentation(s.e.queryRow(ctx, selectPresent, id))
	return p, found(err, "presentation", id)
}

// Presentations gives what was presented in a case, the oldest first.
func (s *Store) Presentations(ctx context.Context, caseID string) ([]unit.Presentation, error) {
	return collect(ctx, s.e, func(r *rows) (unit.Presentation, error) { return s.scanPresentation(r) }, selectPresents, caseID)
}

// Held gives what is in a person's wallet of one kind, the oldest first.
func (s *Store) Held(ctx context.Context, owner party.Lookup, kind string) ([]unit.Held, error) {
	if err := s.freshKeys(ctx); err != nil {
		return nil, err
	}
	return collect(ctx, s.e, func(r *rows) (unit.Held, error) {
		h := unit.Held{Owner: owner}
		var at int64
		var body []byte
		if err := r.Scan(&h.ID, &h.Kind, &at, &body); err != nil {
			return unit.Held{}, err
		}
		h.At = fromMicros(at)
		plain, err := s.unlock(nil, body, "wallet.body", h.ID)
		_, h.Body, _ = cutOwner(plain)
		return h, err
	}, selectHeld(s.e.d), listOf(s.e.d, s.macs(string(owner.Kind), owner.Value)), kind)
}

// HeldOne gives one thing of a kind out of anybody's wallet, without its owner; errs.Missing if there is none.
func (s *Store) HeldOne(ctx context.Context, kind, id string) (unit.Held, error) {
	var h unit.Held
	var at int64
	var body []byte
	if err := s.e.queryRow(ctx, selectHeldOne, id, kind).Scan(&h.ID, &h.Kind, &at, &body); err != nil {
		return unit.Held{}, found(err, kind, "")
	}
	h.At = fromMicros(at)
	plain, err := s.unlock(nil, body, "wallet.body", h.ID)
	_, h.Body, _ = cutOwner(plain)
	return h, err
}
