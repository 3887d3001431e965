package sqlstore

import (
	"context"
	"encoding/json"

	"tongban/internal/domain/bundle"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/proof"
)

const (
	selectBundles    = `SELECT publisher, seq, hash, at, signed FROM rule_bundles WHERE publisher = $1 AND seq > $2 ORDER BY seq LIMIT $3`
	selectPublishers = `SELECT publisher, max(seq) FROM rule_bundles GROUP BY publisher ORDER BY publisher`
	selectRuleDraft  = `SELECT body, version FROM rule_drafts WHERE id = $1`
	selectRuleDrafts = `SELECT body, version FROM rule_drafts WHERE state = $1 ORDER BY saved DESC, id LIMIT $2`
	insertRuleDraft  = `INSERT INTO rule_drafts (id, state, saved, version, body) VALUES ($1, $2, $3, 1, $4)`
	updateRuleDraft  = `UPDATE rule_drafts SET state = $2, saved = $3, version = CASE WHEN version = $4 THEN version + 1 ELSE 0 END, body = $5 WHERE id = $1`
)

var insertBundles = insert{into: "rule_bundles (publisher, seq, hash, at, signed)", cols: "tnbnb"}

// rules adds bundles and a draft to the unit.
func (w *writing) rules(u unit.Unit) error {
	args := make([]any, 0, len(insertBundles.cols)*len(u.Rules))
	for _, b := range u.Rules {
		signed, err := proof.Marshal(b.Signed)
		if err != nil {
			return err
		}
		args = append(args, string(b.Publisher), int64(b.Seq), b.Hash[:], micros(b.At), signed)
	}
	w.stmts = insertBundles.add(w.stmts, args)
	if u.Drafted == nil {
		return nil
	}
	d := u.Drafted.Draft
	body, err := proof.Marshal(d)
	if err != nil {
		return err
	}
	if d.Row == 0 {
		w.stmts = append(w.stmts, stmt{sql: insertRuleDraft, want: 1, args: []any{d.ID, string(d.State), micros(d.Saved), string(body)}})
		return nil
	}
	w.stmts = append(w.stmts, stmt{sql: updateRuleDraft, want: 1, args: []any{d.ID, string(d.State), micros(d.Saved), d.Row, string(body)}})
	return nil
}

// Bundles gives a publisher's bundles after a number, oldest first.
func (s *Store) Bundles(ctx context.Context, publisher office.NodeID, after, limit int) ([]unit.RuleBundle, error) {
	return collect(ctx, s.e, func(r *rows) (b unit.RuleBundle, err error) {
		var who string
		var seq, at int64
		var hash, signed []byte
		if err = r.Scan(&who, &seq, &hash, &at, &signed); err != nil {
			return b, err
		}
		b.Publisher, b.Seq, b.At = office.NodeID(who), int(seq), fromMicros(at)
		if copy(b.Hash[:], hash) != len(b.Hash) || json.Unmarshal(signed, &b.Signed) != nil || b.Signed.Hash() != b.Hash {
			return b, corrupt("rule_bundles", who)
		}
		return b, nil
	}, selectBundles, string(publisher), after, limit)
}

// Publishers gives the last number that is here of each publisher.
func (s *Store) Publishers(ctx context.Context) (map[office.NodeID]int, error) {
	type last struct {
		who string
		seq int64
	}
	list, err := collect(ctx, s.e, func(r *rows) (l last, err error) { return l, r.Scan(&l.who, &l.seq) }, selectPublishers)
	out := make(map[office.NodeID]int, len(list))
	for _, l := range list {
		out[office.NodeID(l.who)] = int(l.seq)
	}
	return out, err
}

func scanRuleDraft(r interface{ Scan(...any) error }) (bundle.Draft, error) {
	var body string
	var version int64
	if err := r.Scan(&body, &version); err != nil {
		return bundle.Draft{}, err
	}
	var d bundle.Draft
	if json.Unmarshal([]byte(body), &d) != nil || d.ID == "" {
		return d, corrupt("rule_drafts", d.ID)
	}
	d.Row = version
	return d, nil
}

// RuleDraft reads a draft of rules; errs.Missing if it is not here.
func (s *Store) RuleDraft(ctx context.Context, id string) (bundle.Draft, error) {
	d, err := scanRuleDraft(s.e.queryRow(ctx, selectRuleDraft, id))
	return d, found(err, "draft of rules", id)
}

// RuleDrafts lists those in a state, the last saved first.
func (s *Store) RuleDrafts(ctx context.Context, state bundle.DraftState, limit int) ([]bundle.Draft, error) {
	return collect(ctx, s.e, func(r *rows) (bundle.Draft, error) { return scanRuleDraft(r) }, selectRuleDrafts, string(state), limit)
}
