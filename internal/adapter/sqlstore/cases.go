package sqlstore

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/party"
	"tongban/internal/proof"
)

// caseColumns are what a case is read from, in the order of scanCase.
const caseColumns = `cases.id, cases.version, cases.state, cases.private, cases.datakey`

const (
	selectCase   = `SELECT ` + caseColumns + ` FROM cases WHERE id = $1`
	selectCaseNo = `SELECT ` + caseColumns + ` FROM cases WHERE no = $1`
	selectQueue  = `SELECT ` + caseColumns + ` FROM cases WHERE queue <> '' AND office = $1 AND queue = $2 ORDER BY due, id LIMIT $3`
	selectAfter  = `SELECT ` + caseColumns + ` FROM cases WHERE queue <> '' AND office = $1 AND queue = $2
AND (due, id) > (SELECT x.due, x.id FROM cases x WHERE x.id = $4) ORDER BY due, id LIMIT $3`
	selectCases = `SELECT ` + caseColumns + ` FROM cases WHERE id > $1 ORDER BY id LIMIT $2`
)

func findCases(d dialect) string {
	return `SELECT ` + caseColumns + ` FROM cases WHERE id IN (SELECT case_id FROM lookups WHERE mac ` + d.anyFirst() + `) ORDER BY lodged DESC, id DESC LIMIT $2`
}

type scanner interface{ Scan(dest ...any) error }

func (s *Store) scanCase(r scanner) (casefile.Case, error) {
	var id, state string
	var version int64
	var private, wrapped []byte
	if err := r.Scan(&id, &version, &state, &private, &wrapped); err != nil {
		return casefile.Case{}, err
	}
	var c casefile.Case
	if proof.Unmarshal([]byte(state), &c) != nil || c.ID != id {
		return casefile.Case{}, corrupt("cases.state", id)
	}
	if err := s.unlockJSON(wrapped, private, "cases.private", id, &c.Private); err != nil {
		return casefile.Case{}, err
	}
	key, err := s.vault.DataKey(wrapped)
	if err != nil {
		return casefile.Case{}, corrupt("cases.datakey", id)
	}
	c.Row = version
	last := c
	s.remember(id, opened{key: key, version: version, last: &last})
	return c, nil
}

func (s *Store) cases(ctx context.Context, text string, args ...any) ([]casefile.Case, error) {
	return collect(ctx, s.e, func(r *rows) (casefile.Case, error) { return s.scanCase(r) }, text, args...)
}

// Case reads a case by its id: errs.Missing, or errs.CorruptRow if it does not open.
func (s *Store) Case(ctx context.Context, id string) (casefile.Case, error) {
	c, err := s.scanCase(s.e.queryRow(ctx, selectCase, id))
	return c, found(err, "case", id)
}

// Cases reads many at once, by their ids; those that are not here are left out.
func (s *Store) Cases(ctx context.Context, ids []string) (map[string]casefile.Case, error) {
	list, err := s.cases(ctx, `SELECT `+caseColumns+` FROM cases WHERE id `+s.e.d.anyFirst(), listOf(s.e.d, ids))
	if err != nil {
		return nil, err
	}
	out := make(map[string]casefile.Case, len(list))
	for _, c := range list {
		out[c.ID] = c
	}
	return out, nil
}

// CaseByNo reads a case by its public number.
func (s *Store) CaseByNo(ctx context.Context, no casefile.No) (casefile.Case, error) {
	c, err := s.scanCase(s.e.queryRow(ctx, selectCaseNo, string(no)))
	return c, found(err, "case", string(no))
}

// Find gives the cases of applicants that have any of these forms, the newest first.
func (s *Store) Find(ctx context.Context, by []party.Lookup, limit int) ([]casefile.Case, error) {
	macs, err := s.formMacs(ctx, by)
	if err != nil {
		return nil, err
	}
	return s.cases(ctx, findCases(s.e.d), listOf(s.e.d, macs), limit)
}

// formMacs are the hashes of all forms under all generations.
func (s *Store) formMacs(ctx context.Context, by []party.Lookup) ([]int64, error) {
	if err := s.freshKeys(ctx); err != nil {
		return nil, err
	}
	out := make([]int64, 0, len(by))
	for _, l := range by {
		out = append(out, s.macs(string(l.Kind), l.Value)...)
	}
	return out, nil
}

// Queue gives the cases of a queue of an office, the most urgent first. after is the id of the last case already seen,
// "" to begin.
func (s *Store) Queue(ctx context.Context, office string, q casefile.Queue, after string, limit int) ([]casefile.Case, error) {
	if after == "" {
		return s.cases(ctx, selectQueue, office, string(q), limit)
	}
	return s.cases(ctx, selectAfter, office, string(q), limit, after)
}

// walkRows is how many rows a walk holds at a time; between them no connection is held.
const walkRows = 64

// walk calls f for every row in the order of a key, page by page. page reads the rows after a key.
func walk[T any, K any](page func(after K) ([]T, error), key func(T) K, f func(T) error) error {
	var after K
	for {
		list, err := page(after)
		if err != nil {
			return err
		}
		for _, v := range list {
			if err := f(v); err != nil {
				return err
			}
		}
		if len(list) < walkRows {
			return nil
		}
		after = key(list[len(list)-1])
	}
}

// EachCase calls f for every case, with bounded memory. A case that is opened meanwhile may be left out.
func (s *Store) EachCase(ctx context.Context, f func(casefile.Case) error) error {
	return walk(func(after string) ([]casefile.Case, error) { return s.cases(ctx, selectCases, after, walkRows) },
		func(c casefile.Case) string { return c.ID }, f)
}

// columns are what a case's row repeats of its state, for lists and guards.
type columns struct {
	No, Item, Status, Queue, Office string
	Due                             int64 // yyyymmdd
	Holder, Claimed, Waits, Place   string
	Lodged, Closed                  int64 // microseconds
}

const selectColumns = `SELECT no, item, status, queue, office, due, holder, claimed, waits, place, lodged, closed FROM cases WHERE id = $1`

// CaseColumns compares the columns of a case's row with what its state says, and names those that differ.
func (s *Store) CaseColumns(ctx context.Context, c casefile.Case) ([]string, error) {
	var have columns
	err := s.e.queryRow(ctx, selectColumns, c.ID).Scan(&have.No, &have.Item, &have.Status, &have.Queue, &have.Office, &have.Due,
		&have.Holder, &have.Claimed, &have.Waits, &have.Place, &have.Lodged, &have.Closed)
	if err != nil {
		return nil, found(err, "case", c.ID)
	}
	queue, office := c.At(s.me)
	holder, _ := c.Holder()
	claimed, waits, place := s.listed(c)
	want := columns{
		string(c.No), c.Item, string(c.Status()), string(queue), office, dueDay(c), string(holder.Node), claimed, waits, place, micros(c.Lodged), micros(c.Closed),
	}
	var out []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"no", have.No == want.No},
		{"item", have.Item == want.Item},
		{"status", have.Status == want.Status},
		{"queue", have.Queue == want.Queue},
		{"office", have.Office == want.Office},
		{"due", have.Due == want.Due},
		{"holder", have.Holder == want.Holder},
		{"claimed", have.Claimed == want.Claimed},
		{"waits", have.Waits == want.Waits},
		{"place", have.Place == want.Place},
		{"lodged", have.Lodged == want.Lodged},
		{"closed", have.Closed == want.Closed},
	} {
		if !f.same {
			out = append(out, f.name)
		}
	}
	return out, nil
}

const selectCaseIDs = `SELECT id FROM cases WHERE id > $1 ORDER BY id LIMIT $2`

// EachCaseID calls f with the id of every case, in order, with bounded memory.
func (s *Store) EachCaseID(ctx context.Context, f func(id string) error) error {
	return walk(func(after string) ([]string, error) {
		return collect(ctx, s.e, func(r *rows) (id string, err error) { return id, r.Scan(&id) }, selectCaseIDs, after, walkRows)
	}, func(id string) string { return id }, f)
}
