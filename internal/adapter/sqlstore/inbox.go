package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
)

const (
	arrivalColumns = `sender, id, case_id, kind, status, at, hash, receipt, signed, (SELECT datakey FROM cases c WHERE c.id = inbox.case_id)`
	selectArrival  = `SELECT ` + arrivalColumns + ` FROM inbox WHERE sender = $1 AND id = $2`
	arrivalsOf     = `SELECT ` + arrivalColumns + ` FROM inbox WHERE case_id = $1 ORDER BY at, id`
	eachArrival    = `SELECT ` + arrivalColumns + ` FROM inbox WHERE (sender, id) > ($1, $2) ORDER BY sender, id LIMIT $3`
)

func (s *Store) scanArrival(r scanner) (exchange.Arrival, error) {
	var a exchange.Arrival
	var at int64
	var hash, receipt, signed, wrapped []byte
	if err := r.Scan(&a.From, &a.ID, &a.Case, &a.Kind, &a.Status, &at, &hash, &receipt, &signed, &wrapped); err != nil {
		return exchange.Arrival{}, err
	}
	a.At = fromMicros(at)
	var ok bool
	if a.Hash, ok = hashOf(hash); !ok {
		return exchange.Arrival{}, corrupt("inbox.hash", arrivalID(a))
	}
	if a.Receipt, ok = unpackSigned(receipt); !ok {
		return exchange.Arrival{}, corrupt("inbox.receipt", arrivalID(a))
	}
	var err error
	a.Signed, err = s.unlockSigned(wrapped, signed, "inbox.signed", arrivalID(a))
	return a, err
}

func (s *Store) arrivals(ctx context.Context, text string, args ...any) ([]exchange.Arrival, error) {
	return collect(ctx, s.e, func(r *rows) (exchange.Arrival, error) { return s.scanArrival(r) }, text, args...)
}

// Arrival finds what was done with an envelope; ok is false if it never came.
func (s *Store) Arrival(ctx context.Context, from office.NodeID, id string) (_ exchange.Arrival, ok bool, _ error) {
	a, err := s.scanArrival(s.e.queryRow(ctx, selectArrival, string(from), id))
	if errors.Is(err, sql.ErrNoRows) {
		return exchange.Arrival{}, false, nil
	}
	return a, err == nil, err
}

// EachArrival calls f for every envelope that came, with bounded memory.
func (s *Store) EachArrival(ctx context.Context, f func(exchange.Arrival) error) error {
	type key struct{ from, id string }
	return walk(func(after key) ([]exchange.Arrival, error) {
		return s.arrivals(ctx, eachArrival, after.from, after.id, walkRows)
	}, func(a exchange.Arrival) key { return key{string(a.From), a.ID} }, f)
}

// ArrivalsOf gives the envelopes that came about one case, the oldest first.
func (s *Store) ArrivalsOf(ctx context.Context, caseID string) ([]exchange.Arrival, error) {
	return s.arrivals(ctx, arrivalsOf, caseID)
}
