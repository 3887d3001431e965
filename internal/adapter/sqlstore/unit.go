package sqlstore

import (
	"context"
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// All guards of a unit are constraints, not row counts: then PostgreSQL gets a whole group with its commit in one round
// trip. A version that has moved on is set to 0, which cases_version refuses.
const (
	updateCase = `UPDATE cases SET status = $2, queue = $3, office = $4, due = $5, holder = $6, claimed = $7, waits = $8, place = $9,
watch = CASE WHEN alarms > 0 THEN 1 ELSE CAST($10 AS BIGINT) END, closed = $11, updated = $12, version = CASE WHEN version = $13 THEN version + 1 ELSE 0 END,
state = $14 WHERE id = $1`
	updateCasePrivate = `UPDATE cases SET status = $2, queue = $3, office = $4, due = $5, holder = $6, claimed = $7, waits = $8, place = $9,
watch = CASE WHEN alarms > 0 THEN 1 ELSE CAST($10 AS BIGINT) END, closed = $11, updated = $12, version = CASE WHEN version = $13 THEN version + 1 ELSE 0 END,
state = $14, private = $15 WHERE id = $1`
	settleParcel = `UPDATE outbox SET status = $2, settled = $3, receipt = $4 WHERE id = $1 AND receipt IS NULL`
	removeDue    = `DELETE FROM due WHERE case_id = $1 AND kind = $2`
)

var (
	insertCases = insert{
		into: "cases (id, no, item, status, queue, office, due, holder, claimed, waits, place, watch, lodged, closed, updated, version, state, private, datakey)",
		cols: "ttttttnttttnnnnntbb",
	}
	insertArrivals = insert{into: "inbox (sender, id, case_id, kind, status, at, hash, receipt, signed)", cols: "tttttnbbb"}
	insertLookups  = insert{into: "lookups (mac, case_id, gen)", cols: "ntn"}
	insertFacts    = insert{
		into: "facts (hash, case_id, leg, step, act, at, by_node, signed, private)", cols: "bttntntbb",
		tail: " ON CONFLICT (hash) DO NOTHING",
	}
	insertPapers = insert{
		into: "papers (id, case_id, kind, title, check_code, number, at, signed)", cols: "ttttttnb",
		tail: " ON CONFLICT (id) DO NOTHING",
	}
	// A copy that arrives may be one that is here already under another id.
	insertCopies = insert{
		into: "papers (id, case_id, kind, title, check_code, number, at, signed)", cols: "ttttttnb",
		tail: " ON CONFLICT DO NOTHING",
	}
	insertParcels = insert{
		into: "outbox (id, dest, case_id, leg, kind, at, next_try, tries, status, settled, files, signed)", cols: "tttttnnntnbb",
	}
	insertDue = insert{
		into: "due (case_id, kind, at)", cols: "ttn",
		tail: " ON CONFLICT (case_id, kind) DO UPDATE SET at = excluded.at",
	}
)

// The two updates of a unit as PostgreSQL gets them for several units at once.
var (
	changeCases = insert{
		into: "cases AS c", cols: "ttttnttttnnnntb",
		set: `status = v.status, queue = v.queue, office = v.office, due = v.due, holder = v.holder, claimed = v.claimed, waits = v.waits, place = v.place,
watch = CASE WHEN c.alarms > 0 THEN 1 ELSE v.watch END, closed = v.closed, updated = v.updated, version = CASE WHEN c.version = v.version THEN c.version + 1 ELSE 0 END, state = v.state, private = COALESCE(v.private, c.private)`,
		of:   "v (id, status, queue, office, due, holder, claimed, waits, place, watch, closed, updated, version, state, private)",
		tail: " WHERE c.id = v.id",
	}
	settleParcels = insert{
		into: "outbox AS o", cols: "ttnb", set: "status = v.status, settled = v.settled, receipt = v.receipt",
		of:   "v (id, status, settled, receipt)",
		tail: " WHERE o.id = v.id AND o.receipt IS NULL",
	}
)

// noDue stands in cases.due when no limit runs: after every day.
const noDue = 99999999

// writing is a unit on its way to statements.
type writing struct {
	s     *Store
	ctx   context.Context
	stmts []stmt
	fresh string // id of a case that this unit opens
	key   proof.DataKey
	after opened        // what is remembered of the unit's case once it is committed
	lease time.Duration // of the unit's parcels; 0 if they are due at once
}

// Commit stores a unit as unit.Unit says: as a whole, durably, or not at all. Beside its errors it gives errs.Duplicate
// for a licence number or a check code that is taken, and those of the engine.
func (s *Store) Commit(ctx context.Context, u unit.Unit) error {
	if err := s.freshKeys(ctx); err != nil {
		return err
	}
	if u.Case != nil {
		done, err := s.turn(ctx, u.Case.ID, u.Case.Row)
		if err != nil {
			return err
		}
		defer done()
	}
	w := writing{s: s, ctx: ctx, stmts: make([]stmt, 0, 9)}
	steps := []func(unit.Unit) error{w.arrival, w.caseRow, w.facts, w.papers, w.parcels, w.log, w.standings, w.presented, w.charges, w.visits, w.notices, w.messages, w.rules, w.said, w.shared}
	steps = append(steps, w.ratings, w.complaints, w.mandates, w.inquiries, w.originals, w.challenges, w.alarms, w.orders, w.works, w.objected)
	if u.Case != nil && u.Case.Row == 0 { // its key is needed by all others
		steps[0], steps[1] = w.caseRow, w.arrival
	}
	for _, step := range steps {
		if err := step(u); err != nil {
			return err
		}
	}
	w.lookups(u)
	w.erased(u)
	w.due(u)
	if err := w.marks(u); err != nil {
		return err
	}
	w.draft(u)
	w.held(u)
	for _, x := range u.Settled {
		w.stmts = append(w.stmts, stmt{
			sql: settleParcel, args: []any{x.Parcel, string(x.Status), micros(x.At), packSigned(x.Receipt)}, want: -1,
			rows: &settleParcels,
		})
	}
	if err := s.e.commit(ctx, w.stmts); err != nil {
		if u.Case != nil {
			s.forget(u.Case.ID, u.Case.Row)
		}
		return err
	}
	if u.Case != nil {
		s.remember(u.Case.ID, w.after)
	}
	if w.lease > 0 {
		s.fresh.add(u.Out)
	}
	return nil
}

func (w *writing) keyOf(id string) (proof.DataKey, bool, error) {
	if id == w.fresh && id != "" {
		return w.key, true, nil
	}
	return w.s.keyOf(w.ctx, id)
}

func (w *writing) caseRow(u unit.Unit) error {
	if u.Case == nil {
		return nil
	}
	c := *u.Case
	state, err := proof.Marshal(c)
	if err != nil {
		return err
	}
	at := u.At
	if at.IsZero() {
		at = c.Last
	}
	queue, office := c.At(w.s.me)
	holder, _ := c.Holder()
	claimed, waits, place := w.s.listed(c)
	moving := []any{string(c.Status()), string(queue), office, dueDay(c), string(holder.Node), claimed, waits, place, w.s.watchAt(c)}
	if c.Row == 0 {
		private, err := proof.Marshal(c.Private)
		if err != nil {
			return err
		}
		key, wrapped, err := w.s.vault.NewDataKey()
		if err != nil {
			return err
		}
		w.fresh, w.key, w.after = c.ID, key, w.s.afterwards(u, key, opened{})
		args := append([]any{c.ID, string(c.No), c.Item}, moving...)
		args = append(args, micros(c.Lodged), micros(c.Closed), micros(at), int64(1), string(state),
			w.s.lock(key, true, private, "cases.private", c.ID), wrapped)
		w.stmts = insertCases.add(w.stmts, args)
		return nil
	}
	key, ok, err := w.s.keyOf(w.ctx, c.ID)
	if err != nil {
		return err
	}
	if !ok {
		return errs.New(errs.Stale, "case %s is not here", c.ID)
	}
	was, _ := w.s.remembered(c.ID)
	w.after = w.s.afterwards(u, key, was)
	args := append([]any{c.ID}, moving...)
	args = append(args, micros(c.Closed), micros(at), c.Row, string(state))
	if was.samePrivate(c) {
		w.stmts = append(w.stmts, stmt{
			sql: updateCase, args: args, want: -1, rows: &changeCases, alike: append(slices.Clip(args), []byte(nil)),
		})
		return nil
	}
	private, err := proof.Marshal(c.Private)
	if err != nil {
		return err
	}
	args = append(args, w.s.lock(key, true, private, "cases.private", c.ID))
	w.stmts = append(w.stmts, stmt{sql: updateCasePrivate, args: args, want: -1, rows: &changeCases})
	return nil
}

// dueDay is the day by which something must be done, as yyyymmdd.
func dueDay(c casefile.Case) int64 {
	d, ok := c.Due()
	if !ok {
		return noDue
	}
	return dayNumber(d.On)
}

func dayNumber(d workday.Date) int64 {
	return int64(d.Year())*10000 + int64(d.Month())*100 + int64(d.Day())
}

func (w *writing) arrival(u unit.Unit) error {
	if u.In == nil {
		return nil
	}
	a := *u.In
	var signed []byte
	if packed := packSigned(a.Signed); packed != nil {
		key, ok, err := w.keyOf(a.Case)
		if err != nil {
			return err
		}
		signed = w.s.lock(key, ok, packed, "inbox.signed", arrivalID(a))
	}
	w.stmts = insertArrivals.add(w.stmts, []any{
		string(a.From), a.ID, a.Case, string(a.Kind), string(a.Status), micros(a.At), a.Hash[:], notNull(packSigned(a.Receipt)), signed,
	})
	return nil
}

func arrivalID(a exchange.Arrival) string { return string(a.From) + "/" + a.ID }

func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (w *writing) facts(u unit.Unit) error {
	args := make([]any, 0, len(insertFacts.cols)*len(u.Facts))
	for _, k := range u.Facts {
		var private []byte
		if len(k.Private) > 0 {
			key, ok, err := w.keyOf(k.Case)
			if err != nil {
				return err
			}
			private = w.s.lock(key, ok, k.Private, "facts.private", k.Hash.String())
		}
		args = append(args, k.Hash[:], k.Case, k.Fact.Leg, int64(k.Fact.Step), string(k.Fact.Act), micros(k.Fact.At),
			string(k.Fact.By), packSigned(k.Signed), private)
	}
	w.stmts = insertFacts.add(w.stmts, args)
	return nil
}

func (w *writing) papers(u unit.Unit) error {
	args := make([]any, 0, len(insertPapers.cols)*len(u.Papers))
	for _, p := range u.Papers {
		key, ok, err := w.keyOf(p.Case)
		if err != nil {
			return err
		}
		args = append(args, p.ID, p.Case, p.Kind, p.Title, p.Check, p.Number, micros(p.At),
			w.s.lock(key, ok, packSigned(p.Signed), "papers.signed", p.ID))
	}
	if u.In != nil {
		w.stmts = insertCopies.add(w.stmts, args)
	} else {
		w.stmts = insertPapers.add(w.stmts, args)
	}
	return nil
}

func (w *writing) parcels(u unit.Unit) error {
	if len(u.Out) == 0 {
		return nil
	}
	w.lease = w.s.fresh.lease(len(u.Out))
	args := make([]any, 0, len(insertParcels.cols)*len(u.Out))
	for _, p := range u.Out {
		key, ok, err := w.keyOf(p.Case)
		if err != nil {
			return err
		}
		var files []byte
		if len(p.Files) > 0 {
			plain, err := proof.Marshal(p.Files)
			if err != nil {
				return err
			}
			files = w.s.lock(key, ok, plain, "outbox.files", p.ID)
		}
		args = append(args, p.ID, string(p.To), p.Case, p.Leg, string(p.Kind), micros(p.At), micros(p.At.Add(w.lease)), int64(p.Tries), "", int64(0),
			files, w.s.lock(key, ok, packSigned(p.Signed), "outbox.signed", p.ID))
	}
	w.stmts = insertParcels.add(w.stmts, args)
	return nil
}

func (w *writing) lookups(u unit.Unit) {
	if u.Case == nil {
		return
	}
	args := make([]any, 0, len(insertLookups.cols)*len(u.Lookups))
	for _, l := range u.Lookups {
		args = append(args, w.s.mac(string(l.Kind), l.Value), u.Case.ID, int64(w.s.vault.Seals()))
	}
	w.stmts = insertLookups.add(w.stmts, args)
}

func (w *writing) due(u unit.Unit) {
	var args []any
	for _, d := range u.Due {
		if d.At.IsZero() {
			w.stmts = append(w.stmts, stmt{sql: removeDue, args: []any{d.Case, d.Kind}, want: -1})
			continue
		}
		args = append(args, d.Case, d.Kind, micros(d.At))
	}
	w.stmts = insertDue.add(w.stmts, args)
}
