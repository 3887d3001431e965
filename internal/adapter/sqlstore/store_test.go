package sqlstore

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/party"
	"tongban/internal/handling/sequence"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/unit/unittest"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

func testVault(t testing.TB) *proof.Vault {
	t.Helper()
	v, err := proof.NewVault(bytes.Repeat([]byte{7}, 16), bytes.Repeat([]byte{8}, 16))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func storeAt(t testing.TB, db sqltest.Database) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Config: Config{DSN: db.DSN, Schema: db.Schema}, Vault: testVault(t), Me: unittest.Me})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a test that closes looks at the error itself
	return s
}

func TestStore(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		unittest.Store(t, func(t *testing.T) func() unittest.Keeper {
			t.Helper()
			db := open()
			return func() unittest.Keeper { return storeAt(t, db) }
		})
	})
}

var update = flag.Bool("update", false, "rewrite schema.sql")

func TestSchemaIsTheSumOfTheMigrations(t *testing.T) {
	s := storeAt(t, sqltest.SQLite(t))
	list, err := collect(t.Context(), s.e, func(r *rows) (text string, err error) { return text, r.Scan(&text) },
		`SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'sqlite_%' AND tbl_name NOT LIKE 'goose%' ORDER BY tbl_name, type DESC, name`)
	if err != nil {
		t.Fatal(err)
	}
	got := "-- The schema after all migrations. Made by: go test ./internal/adapter/sqlstore -run Schema -update\n\n" + strings.Join(list, ";\n\n") + ";\n"
	if *update {
		if err := os.WriteFile("schema.sql", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile("schema.sql")
	if err != nil || string(have) != got {
		t.Errorf("schema.sql is not the sum of migrations/*.sql (%v); run this test with -update", err)
	}
}

func aCase() casefile.Case {
	at := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	return casefile.Case{
		ID: unit.NewID(), No: casefile.MakeNo(unittest.Me, workday.DateOf(at), 1), Item: "2020-030", Coordinator: unittest.Me, Lodged: at, Last: at,
		Private: casefile.Private{Applicant: party.Person{Name: "SECRETNAME", IDNo: "SECRETNUMBER"}},
	}
}

func TestNothingPersonalIsInTheClear(t *testing.T) {
	db := sqltest.SQLite(t)
	s := storeAt(t, db)
	c := aCase()
	u := unit.Unit{
		Case: &c, Lookups: []party.Lookup{{Kind: party.ByName, Value: "SECRETNAME"}},
		Facts:  []casefile.Known{{Case: c.ID, Hash: proof.Hash{1}, Signed: proof.Signed{Body: []byte("{}")}, Private: []byte("SECRETPART")}},
		Papers: []unit.Paper{{ID: "p", Case: c.ID, Signed: proof.Signed{Body: []byte("SECRETPAPER")}}},
	}
	if err := s.Commit(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(strings.TrimPrefix(db.DSN, "sqlite:") + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil || bytes.Contains(b, []byte("SECRET")) {
			t.Errorf("%s holds personal data in the clear (%v)", filepath.Base(f), err)
		}
	}
}

func TestCorruptRowsAreNamed(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		s := storeAt(t, open())
		c := aCase()
		p := unit.Paper{ID: "p", Case: c.ID, Signed: proof.Signed{Body: []byte("x")}}
		q := p
		q.ID = "q"
		if err := s.Commit(t.Context(), unit.Unit{Case: &c, Papers: []unit.Paper{p, q}}); err != nil {
			t.Fatal(err)
		}
		// A ciphertext that is moved to another row does not open there.
		swap := stmt{sql: `UPDATE papers SET signed = (SELECT x.signed FROM papers x WHERE x.id = 'q') WHERE id = 'p'`, want: 1}
		spoil := stmt{sql: `UPDATE cases SET private = $1`, args: []any{[]byte{underCase, 1, 2, 3}}, want: 1}
		if err := s.e.commit(t.Context(), []stmt{swap, spoil}); err != nil {
			t.Fatal(err)
		}
		_, err := s.Paper(t.Context(), "p")
		if !errs.Is(err, errs.CorruptRow) || !strings.Contains(err.Error(), "papers.signed p") {
			t.Errorf("a moved paper: %v", err)
		}
		_, err = s.Case(t.Context(), c.ID)
		if !errs.Is(err, errs.CorruptRow) || !strings.Contains(err.Error(), c.ID) {
			t.Errorf("a spoilt case: %v", err)
		}
	})
}

func TestStateRulesHoldInTheDatabase(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		s := storeAt(t, open())
		c := aCase()
		if err := s.Commit(t.Context(), unit.Unit{Case: &c}); err != nil {
			t.Fatal(err)
		}
		for _, set := range []string{"status = 'lost'", "status = 'done'", "closed = 1", "queue = 'somewhere'", "queue = 'intake', office = ''"} {
			err := s.e.commit(t.Context(), []stmt{{sql: "UPDATE cases SET " + set, want: 1}})
			if !errs.Is(err, errs.RuleBroken) {
				t.Errorf("%s: %v", set, err)
			}
		}
	})
}

func TestSequence(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		db := open()
		a, b := storeAt(t, db), storeAt(t, db)
		at := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
		grow := func(s *Store) error {
			ids, leaves, err := s.Unsequenced(t.Context(), 100)
			if err != nil || len(ids) == 0 {
				return err
			}
			size, err := s.TreeSize(t.Context())
			if err != nil {
				return err
			}
			g, err := accesslog.Grow(t.Context(), size, s.Hashes, leaves)
			if err != nil {
				return err
			}
			return s.AppendTree(t.Context(), sequence.Batch{
				From: size, IDs: ids, Leaves: leaves, Pos: g.Pos, Hashes: g.Hashes, At: at, Root: g.Root, SM: []byte("sm"),
			})
		}
		total := 0
		for round := range 5 {
			var u unit.Unit
			for range 3 + round {
				u.Log = append(u.Log, accesslog.Entry{Kind: accesslog.View, At: at, Case: "c", Who: "w"})
			}
			if err := a.Commit(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			total += len(u.Log)
			done := make(chan error, 2)
			for _, s := range []*Store{a, b} {
				go func() { done <- grow(s) }()
			}
			for range 2 {
				if err := <-done; err != nil && !errs.Is(err, errs.Stale) {
					t.Fatal(err)
				}
			}
		}
		size, when, root, sm, _, err := b.Head(t.Context())
		if err != nil || size != int64(total) || !when.Equal(at) || string(sm) != "sm" || root == [32]byte{} {
			t.Fatalf("head of %d at %v: %v", size, when, err)
		}
		n := int64(0)
		if err := a.LogFrom(t.Context(), 0, func(idx int64, _ []byte) error {
			if idx != n {
				t.Errorf("entry %d stands at %d", n, idx)
			}
			n++
			return nil
		}); err != nil || n != size {
			t.Fatalf("%d entries, %v", n, err)
		}
		if list, err := a.LogOf(t.Context(), "c"); err != nil || len(list) != total {
			t.Fatalf("%d entries of the case, %v", len(list), err)
		}
	})
}

func TestAnUnchangedPrivatePartIsNotWritten(t *testing.T) {
	s := storeAt(t, sqltest.SQLite(t))
	c := aCase()
	if err := s.Commit(t.Context(), unit.Unit{Case: &c}); err != nil {
		t.Fatal(err)
	}
	private := func() (b []byte) {
		t.Helper()
		if err := s.e.queryRow(t.Context(), "SELECT private FROM cases").Scan(&b); err != nil {
			t.Fatal(err)
		}
		return b
	}
	before := private()
	c.Row, c.Claimed = 1, "w1"
	if err := s.Commit(t.Context(), unit.Unit{Case: &c}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, private()) {
		t.Error("the private part was written again although it is the same")
	}
	c.Row, c.Private.Applicant.Phone = 2, "13800000000"
	if err := s.Commit(t.Context(), unit.Unit{Case: &c}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Case(t.Context(), c.ID); err != nil || got.Private.Applicant.Phone != "13800000000" || bytes.Equal(before, private()) {
		t.Errorf("a changed private part is not stored: %v", err)
	}
}

// A parcel that no longer opens waits for the operator; the others go out.
func TestADamagedParcelHoldsUpNobody(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		s := storeAt(t, open())
		c := aCase()
		var u unit.Unit
		u.Case = &c
		for _, id := range []string{"a", "b"} {
			u.Out = append(u.Out, exchange.Parcel{
				ID: id, To: "63", Case: c.ID, Leg: "decide", Kind: exchange.Notice, Signed: proof.Signed{Body: []byte("x")}, At: c.Last,
			})
		}
		if err := s.Commit(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		spoil := stmt{sql: `UPDATE outbox SET signed = $1 WHERE id = 'a'`, args: []any{[]byte{underCase, 1, 2, 3}}, want: 1}
		if err := s.e.commit(t.Context(), []stmt{spoil}); err != nil {
			t.Fatal(err)
		}
		now := c.Last.Add(time.Hour)
		list, err := s.Parcels(t.Context(), now, time.Minute, 10)
		if err != nil || len(list) != 1 || list[0].ID != "b" {
			t.Errorf("%d parcels, %v", len(list), err)
		}
		if err := s.Postpone(t.Context(), []string{"b"}, now.Add(exchange.LongestRest)); err != nil {
			t.Fatal(err)
		}
		if list, err = s.Parcels(t.Context(), now.Add(2*time.Minute), time.Minute, 10); !errs.Is(err, errs.CorruptRow) {
			t.Errorf("alone: %d parcels, %v", len(list), err)
		}
	})
}
