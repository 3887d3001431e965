package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tongban/internal/domain/exchange"
	"tongban/internal/kernel/errs"
)

const (
	parcelColumns = `id, dest, case_id, leg, kind, at, tries, status, settled, receipt, files, signed,
(SELECT datakey FROM cases c WHERE c.id = outbox.case_id)`
	selectParcel   = `SELECT ` + parcelColumns + ` FROM outbox WHERE id = $1`
	parcelsOf      = `SELECT ` + parcelColumns + ` FROM outbox WHERE case_id = $1 ORDER BY at, id`
	eachParcel     = `SELECT ` + parcelColumns + ` FROM outbox WHERE id > $1 ORDER BY id LIMIT $2`
	selectWaiting  = `SELECT count(*), COALESCE(min(at), 0) FROM outbox WHERE receipt IS NULL`
	selectNextTry  = `SELECT COALESCE(min(next_try), 0), count(*) FROM (SELECT next_try FROM outbox WHERE receipt IS NULL ORDER BY next_try LIMIT 1) AS first`
	postponeParcel = `UPDATE outbox SET next_try = $2, tries = tries + 1 WHERE receipt IS NULL AND id `
)

func claimParcels(d dialect) string {
	return `UPDATE outbox SET next_try = $2 WHERE id IN (SELECT id FROM outbox WHERE receipt IS NULL AND (next_try <= $1 OR next_try > $4)
ORDER BY next_try LIMIT $3` + d.skipLocked() + `) RETURNING ` + parcelColumns
}

// sent is a parcel with what became of it: settled is nil while it waits.
type sent struct {
	exchange.Parcel
	settled *exchange.Settlement
}

func (s *Store) scanParcel(r scanner) (sent, error) {
	var p sent
	var at, tries, settled int64
	var status string
	var receipt, files, signed, wrapped []byte
	err := r.Scan(&p.ID, &p.To, &p.Case, &p.Leg, &p.Kind, &at, &tries, &status, &settled, &receipt, &files, &signed, &wrapped)
	if err != nil {
		return sent{}, err
	}
	p.At, p.Tries = fromMicros(at), int(tries)
	if p.Signed, err = s.unlockSigned(wrapped, signed, "outbox.signed", p.ID); err != nil {
		return sent{}, err
	}
	if err = s.unlockJSON(wrapped, files, "outbox.files", p.ID, &p.Files); err != nil {
		return sent{}, err
	}
	if receipt != nil {
		word, ok := unpackSigned(receipt)
		if !ok {
			return sent{}, corrupt("outbox.receipt", p.ID)
		}
		p.settled = &exchange.Settlement{Parcel: p.ID, Receipt: word, Status: exchange.Status(status), At: fromMicros(settled)}
	}
	return p, nil
}

// Parcels claims up to limit parcels whose time has come, the longest waiting first: until lease is over nobody else gets
// them, whatever becomes of the caller. One that rests longer than any parcel may is due too. A damaged row is left out; it is the error if there is nothing else.
func (s *Store) Parcels(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]exchange.Parcel, error) {
	out, ask := s.fresh.take(now, lease, limit)
	if !ask {
		return inOrder(out), nil
	}
	claimed, err := s.claim(ctx, now, lease, limit-len(out))
	if err != nil && len(out) == 0 {
		return nil, err
	}
	return inOrder(append(out, claimed...)), nil // an error comes again with the next call
}

func inOrder(list []exchange.Parcel) []exchange.Parcel {
	slices.SortFunc(list, func(a, b exchange.Parcel) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return list
}

func (s *Store) claim(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]exchange.Parcel, error) {
	var bad error
	list, err := take(ctx, s.e, func(r *rows) (sent, error) {
		p, err := s.scanParcel(r)
		if errs.KindOf(err) == errs.Corrupt { // one damaged row may not hold up the others
			bad, p, err = err, sent{}, nil
		}
		return p, err
	}, claimParcels(s.e.d), micros(now), micros(now.Add(lease)), limit, micros(now.Add(2*exchange.LongestRest)))
	if err != nil {
		return nil, err
	}
	out := make([]exchange.Parcel, 0, len(list))
	for _, p := range list {
		if p.ID != "" {
			out = append(out, p.Parcel)
		}
	}
	if len(out) == 0 {
		return nil, bad
	}
	return out, nil
}

// Postpone counts a try that brought no receipt, and lets the parcels rest until then.
func (s *Store) Postpone(ctx context.Context, ids []string, until time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	return s.e.commit(ctx, []stmt{{
		sql: postponeParcel + s.e.d.anyFirst(), args: []any{listOf(s.e.d, ids), micros(until)}, want: -1,
	}})
}

// Parcel reads a parcel, waiting or settled; errs.Missing if there is none.
func (s *Store) Parcel(ctx context.Context, id string) (exchange.Parcel, error) {
	p, err := s.scanParcel(s.e.queryRow(ctx, selectParcel, id))
	return p.Parcel, found(err, "parcel", id)
}

// Waiting counts the parcels without receipt and tells when the oldest was posted, the zero time if there is none.
func (s *Store) Waiting(ctx context.Context) (count int, oldest time.Time, err error) {
	var at int64
	err = s.e.queryRow(ctx, selectWaiting).Scan(&count, &at)
	return count, fromMicros(at), err
}

// NextTry is when the next parcel wants to be sent; ok is false if none waits.
func (s *Store) NextTry(ctx context.Context) (at time.Time, ok bool, err error) {
	var micro, n int64
	err = s.e.queryRow(ctx, selectNextTry).Scan(&micro, &n)
	at, ok = fromMicros(micro), n > 0
	if first, mine := s.fresh.next(); mine && (!ok || first.Before(at)) {
		at, ok = first, true
	}
	return at, ok, err
}

// EachParcel calls f for every parcel ever posted, with its settlement or nil, with bounded memory.
func (s *Store) EachParcel(ctx context.Context, f func(exchange.Parcel, *exchange.Settlement) error) error {
	return walk(func(after string) ([]sent, error) { return s.parcels(ctx, eachParcel, after, walkRows) },
		func(p sent) string { return p.ID }, func(p sent) error { return f(p.Parcel, p.settled) })
}

// ParcelsOf is EachParcel for the parcels of one case, the oldest first.
func (s *Store) ParcelsOf(ctx context.Context, caseID string, f func(exchange.Parcel, *exchange.Settlement) error) error {
	list, err := s.parcels(ctx, parcelsOf, caseID)
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := f(p.Parcel, p.settled); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) parcels(ctx context.Context, text string, args ...any) ([]sent, error) {
	return collect(ctx, s.e, func(r *rows) (sent, error) { return s.scanParcel(r) }, text, args...)
}

// Sent reads a parcel with its settlement, nil while it waits; errs.Missing if there is none.
func (s *Store) Sent(ctx context.Context, id string) (exchange.Parcel, *exchange.Settlement, error) {
	p, err := s.scanParcel(s.e.queryRow(ctx, selectParcel, id))
	return p.Parcel, p.settled, found(err, "parcel", id)
}
