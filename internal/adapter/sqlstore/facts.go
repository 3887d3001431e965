package sqlstore

import (
	"context"
	"slices"

	"tongban/internal/domain/casefile"
	"tongban/internal/proof"
)

const (
	factColumns = `f.hash, f.case_id, f.signed, f.private, (SELECT datakey FROM cases c WHERE c.id = f.case_id)`
	selectFacts = `SELECT ` + factColumns + ` FROM facts f WHERE f.case_id = $1 ORDER BY f.at, f.leg, f.step, f.hash`
	selectFact  = `SELECT ` + factColumns + ` FROM facts f WHERE f.hash = $1`
	eachFact    = `SELECT ` + factColumns + ` FROM facts f WHERE f.hash > $1 ORDER BY f.hash LIMIT $2`
)

func (s *Store) scanFact(r scanner) (casefile.Known, error) {
	var hash, signed, private, wrapped []byte
	var k casefile.Known
	if err := r.Scan(&hash, &k.Case, &signed, &private, &wrapped); err != nil {
		return casefile.Known{}, err
	}
	id, ok := hashOf(hash)
	if !ok {
		return casefile.Known{}, corrupt("facts of case", k.Case)
	}
	k.Hash = id
	if k.Signed, ok = unpackSigned(signed); !ok || k.Signed.Into(&k.Fact) != nil {
		return casefile.Known{}, corrupt("facts.signed", id.String())
	}
	var err error
	k.Private, err = s.unlock(wrapped, private, "facts.private", id.String())
	return k, err
}

func hashOf(b []byte) (proof.Hash, bool) {
	if len(b) != len(proof.Hash{}) {
		return proof.Hash{}, false
	}
	return proof.Hash(b), true
}

// Facts gives what is known of a case, the oldest first.
func (s *Store) Facts(ctx context.Context, caseID string) ([]casefile.Known, error) {
	return collect(ctx, s.e, func(r *rows) (casefile.Known, error) { return s.scanFact(r) }, selectFacts, caseID)
}

// Fact reads one fact by its hash; errs.Missing if it is not known here.
func (s *Store) Fact(ctx context.Context, hash proof.Hash) (casefile.Known, error) {
	k, err := s.scanFact(s.e.queryRow(ctx, selectFact, hash[:]))
	return k, found(err, "fact", hash.String())
}

// FactAct gives the latest fact of an act on a case; errs.Missing if there is none.
func (s *Store) FactAct(ctx context.Context, caseID string, act casefile.Act) (casefile.Known, error) {
	list, err := s.Facts(ctx, caseID)
	if err != nil {
		return casefile.Known{}, err
	}
	for _, k := range slices.Backward(list) {
		if k.Fact.Act == act {
			return k, nil
		}
	}
	return casefile.Known{}, missing("fact", caseID+" "+string(act))
}

// EachFact calls f for every fact, with bounded memory, in no order that means anything.
func (s *Store) EachFact(ctx context.Context, f func(casefile.Known) error) error {
	return walk(func(after []byte) ([]casefile.Known, error) {
		return collect(ctx, s.e, func(r *rows) (casefile.Known, error) { return s.scanFact(r) }, eachFact, notNull(after), walkRows)
	}, func(k casefile.Known) []byte { return k.Hash[:] }, f)
}
