package sqlstore

import (
	"context"

	"tongban/internal/domain/licence"
	"tongban/internal/handling/unit"
)

const (
	paperColumns  = `p.id, p.case_id, p.kind, p.title, p.check_code, p.number, p.at, p.signed, (SELECT datakey FROM cases c WHERE c.id = p.case_id)`
	selectPapers  = `SELECT ` + paperColumns + ` FROM papers p WHERE p.case_id = $1 ORDER BY p.at, p.id`
	selectHeads   = `SELECT p.id, p.case_id, p.kind, p.title, p.check_code, p.number, p.at FROM papers p WHERE p.case_id = $1 ORDER BY p.at, p.id`
	selectPaper   = `SELECT ` + paperColumns + ` FROM papers p WHERE p.id = $1`
	selectCheck   = `SELECT ` + paperColumns + ` FROM papers p WHERE p.check_code <> '' AND p.check_code = $1`
	selectLicence = `SELECT ` + paperColumns + ` FROM papers p WHERE p.kind = '` + licence.Typ + `' AND p.number = $1`
	eachPaper     = `SELECT ` + paperColumns + ` FROM papers p WHERE p.id > $1 ORDER BY p.id LIMIT $2`
)

func (s *Store) scanPaper(r scanner) (unit.Paper, error) {
	var p unit.Paper
	var at int64
	var signed, wrapped []byte
	if err := r.Scan(&p.ID, &p.Case, &p.Kind, &p.Title, &p.Check, &p.Number, &at, &signed, &wrapped); err != nil {
		return unit.Paper{}, err
	}
	p.At = fromMicros(at)
	var err error
	p.Signed, err = s.unlockSigned(wrapped, signed, "papers.signed", p.ID)
	return p, err
}

func (s *Store) papers(ctx context.Context, text string, args ...any) ([]unit.Paper, error) {
	return collect(ctx, s.e, func(r *rows) (unit.Paper, error) { return s.scanPaper(r) }, text, args...)
}

// Papers gives a case's documents and licence, the oldest first.
func (s *Store) Papers(ctx context.Context, caseID string) ([]unit.Paper, error) {
	return s.papers(ctx, selectPapers, caseID)
}

// PaperHeads is Papers without what was signed: enough for a list, and nothing has to be opened.
func (s *Store) PaperHeads(ctx context.Context, caseID string) ([]unit.Paper, error) {
	return collect(ctx, s.e, func(r *rows) (p unit.Paper, err error) {
		var at int64
		err = r.Scan(&p.ID, &p.Case, &p.Kind, &p.Title, &p.Check, &p.Number, &at)
		p.At = fromMicros(at)
		return p, err
	}, selectHeads, caseID)
}

// Paper reads a document by its id; errs.Missing if it is not here.
func (s *Store) Paper(ctx context.Context, id string) (unit.Paper, error) {
	p, err := s.scanPaper(s.e.queryRow(ctx, selectPaper, id))
	return p, found(err, "paper", id)
}

// PaperByCheck finds a document by the code that is printed on it.
func (s *Store) PaperByCheck(ctx context.Context, code string) (unit.Paper, error) {
	p, err := s.scanPaper(s.e.queryRow(ctx, selectCheck, code))
	return p, found(err, "paper with code", code)
}

// Licence finds a licence by its 电子证照标识.
func (s *Store) Licence(ctx context.Context, number string) (unit.Paper, error) {
	p, err := s.scanPaper(s.e.queryRow(ctx, selectLicence, number))
	return p, found(err, "licence", number)
}

// EachPaper calls f for every document, with bounded memory.
func (s *Store) EachPaper(ctx context.Context, f func(unit.Paper) error) error {
	return walk(func(after string) ([]unit.Paper, error) { return s.papers(ctx, eachPaper, after, walkRows) },
		func(p unit.Paper) string { return p.ID }, f)
}
