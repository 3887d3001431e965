package sqlstore

import (
	"context"
	"fmt"
	"strconv"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// lookupTable holds look-ups, each a hash and what it leads to. Nothing in a row tells what the hash is made of: the thing that it leads to
// does.
type lookupTable struct {
	table, ref string
	forms      func(ctx context.Context, s *Store, ref string) ([]party.Lookup, error)
}

var lookupTables = []lookupTable{
	{"lookups", "case_id", caseForms},
	{"licence_lookups", "licence", licenceForms},
	{"mandate_lookups", "mandate", mandateForms},
}

func caseForms(ctx context.Context, s *Store, ref string) ([]party.Lookup, error) {
	c, err := s.Case(ctx, ref)
	if err != nil {
		return nil, err
	}
	return unit.CaseForms(c), nil
}

func licenceForms(ctx context.Context, s *Store, ref string) ([]party.Lookup, error) {
	p, err := s.Licence(ctx, ref)
	if err != nil {
		return nil, err
	}
	var l licence.Licence
	if err := p.Signed.Into(&l); err != nil {
		return nil, err
	}
	return unit.LicenceForms(l), nil
}

func mandateForms(ctx context.Context, s *Store, ref string) ([]party.Lookup, error) {
	m, err := s.Mandate(ctx, ref)
	return giverForms(m.Mandate), err
}

// resealLookups gives the statements for one page of look-ups, and the last hash, nil at the end of the table. A hash that none of the
// forms of its case gives any more (a telephone number of before a correction) cannot be made anew and goes.
func (s *Store) resealLookups(ctx context.Context, t lookupTable, noted []string) (stmts []stmt, last []string, err error) {
	type row struct {
		mac, gen int64
		ref      string
	}
	after := int64(-1 << 63)
	if len(noted) == 1 {
		if after, err = strconv.ParseInt(noted[0], 10, 64); err != nil {
			return nil, nil, errs.New(errs.CorruptRow, "key_gens: place")
		}
	}
	list, err := collect(ctx, s.e, func(r *rows) (x row, err error) { return x, r.Scan(&x.mac, &x.ref, &x.gen) },
		fmt.Sprintf(`SELECT mac, %s, gen FROM %s WHERE mac > $1 ORDER BY mac LIMIT %d`, t.ref, t.table, keyPage), after)
	if err != nil {
		return nil, nil, err
	}
	full := len(list) == keyPage
	if full { // rows with the hash of the last may follow: all of them on the next page
		for n := len(list) - 1; n > 0; n-- {
			if list[n-1].mac != list[n].mac {
				list = list[:n]
				break
			}
		}
		last = []string{strconv.FormatInt(list[len(list)-1].mac, 10)}
	}
	seals := s.vault.Seals()
	known := map[string]map[int64]int64{} // by what it leads to: old hash → new
	for _, x := range list {
		if proof.Generation(x.gen) == seals { //nolint:gosec // written from a Generation
			continue
		}
		if known[x.ref] == nil {
			if known[x.ref], err = s.renewed(ctx, t, x.ref); err != nil {
				return nil, nil, err
			}
		}
		if fresh, ok := known[x.ref][x.mac]; ok {
			stmts = append(stmts, stmt{
				sql:  fmt.Sprintf(`UPDATE %s SET mac = $1, gen = $2 WHERE mac = $3 AND %s = $4 AND gen = $5`, t.table, t.ref),
				args: []any{fresh, int64(seals), x.mac, x.ref, x.gen}, want: -1,
			})
			continue
		}
		stmts = append(stmts, stmt{
			sql: fmt.Sprintf(`DELETE FROM %s WHERE mac = $1 AND %s = $2 AND gen = $3`, t.table, t.ref), args: []any{x.mac, x.ref, x.gen}, want: -1,
		})
	}
	return stmts, last, nil
}

func (s *Store) renewed(ctx context.Context, t lookupTable, ref string) (map[int64]int64, error) {
	out := map[int64]int64{}
	forms, err := t.forms(ctx, s, ref)
	if errs.Is(err, errs.Missing) { // it leads nowhere
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	for _, f := range forms {
		list := s.macs(string(f.Kind), f.Value)
		for _, old := range list[1:] {
			out[old] = list[0]
		}
	}
	return out, nil
}

// KeyRows counts the rows under each generation from end to end, which takes its time on a large store. It holds no more than a page.
func (s *Store) KeyRows(ctx context.Context) (map[proof.Generation]int64, error) {
	out := map[proof.Generation]int64{}
	for _, r := range rests {
		after, full := r.first(), true
		for full {
			var list []restRow
			var err error
			if list, full, err = s.restPage(ctx, r, after); err != nil {
				return nil, err
			}
			for _, x := range list {
				if !r.datakey && len(x.head) > 0 && x.head[0] == underNode {
					x.head = x.head[1:]
				} else if !r.datakey {
					continue
				}
				if g := proof.Under(x.head); g > 0 {
					out[g]++
				}
			}
			if full {
				after = list[len(list)-1].keys
			}
		}
	}
	for _, t := range lookupTables {
		_, err := collect(ctx, s.e, func(r *rows) (x struct{}, err error) {
			var g, n int64
			err = r.Scan(&g, &n)
			out[proof.Generation(g)] += n //nolint:gosec // written from a Generation
			return x, err
		}, fmt.Sprintf(`SELECT gen, COUNT(*) FROM %s GROUP BY gen`, t.table))
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
