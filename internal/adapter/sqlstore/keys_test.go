package sqlstore

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/booking"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/party"
	"tongban/internal/handling/apply/applytest"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/unit/unittest"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// A column of bytes is one that a change of keys brings over, or it is said above why not.
func TestEverySealedColumnChangesItsKeys(t *testing.T) {
	known := slices.Concat(openColumns, underDataKey)
	for _, r := range rests {
		known = append(known, r.column())
	}
	for _, c := range schema(t) {
		i := slices.Index(known, c.table+"."+c.name)
		if c.kind == "BYTEA" && i < 0 {
			t.Errorf("%s.%s is forgotten when keys are changed", c.table, c.name)
		}
		if i >= 0 {
			known = slices.Delete(known, i, i+1)
		}
	}
	if len(known) > 0 {
		t.Errorf("the schema has no %v", known)
	}
}

// find looks the person up in every way there is; each look-up that finds nothing, or what does not open, is told.
func find(t *testing.T, s *Store, c casefile.Case, when string) {
	t.Helper()
	ctx := t.Context()
	told := func(what string, n int, err error) {
		if err != nil || n == 0 {
			t.Errorf("%s: %s: %d found, %v", when, what, n, err)
		}
	}
	for _, l := range unit.CaseForms(c) {
		list, err := s.Find(ctx, []party.Lookup{l}, 9)
		told("cases by "+string(l.Kind), len(list), err)
	}
	facts, err := s.Facts(ctx, c.ID)
	told("facts", len(facts), err)
	lives, err := s.FindLicences(ctx, []party.Lookup{{Kind: party.ByNumber, Value: "L1"}}, 9)
	told("licences", len(lives), err)
	drafts, err := s.DraftsOf(ctx, number(applytest.Anna), 9)
	told("drafts", len(drafts), err)
	held, err := s.Held(ctx, number(keyPerson), "use")
	told("wallet", len(held), err)
	given, err := s.MandatesBy(ctx, keyPerson, 9)
	told("mandates given", len(given), err)
	visits, err := s.VisitsOf(ctx, keyPerson, workday.Date{}, 9)
	told("visits", len(visits), err)
	_, ok, err := s.Contact(ctx, keyPerson)
	if told("contact", 1, err); !ok {
		t.Errorf("%s: no contact", when)
	}
	for what, text := range map[string]string{
		"accounts":   "SELECT 1 FROM accounts WHERE leader " + s.e.d.anyFirst(),
		"mandates":   "SELECT 1 FROM mandates WHERE agent " + s.e.d.anyFirst(),
		"answers":    "SELECT 1 FROM share_answers WHERE mac " + s.e.d.anyFirst(),
		"share rows": "SELECT 1 FROM share_rows WHERE mac " + s.e.d.anyFirst(),
	} {
		kind := map[string]string{"accounts": leaderKind, "mandates": agentKind, "answers": askedKind, "share rows": sharedKind}[what]
		n, err := collect(ctx, s.e, func(r *rows) (n int64, err error) { return n, r.Scan(&n) }, text, listOf(s.e.d, s.macs(kind, keyPerson.IDNo)))
		told(what, len(n), err)
	}
}

// everybodyKnows plays that each process has had the time to hear of the generations.
func everybodyKnows(stores ...*Store) {
	for _, s := range stores {
		s.ring.mu.Lock()
		for k, at := range s.ring.since {
			s.ring.since[k] = at.Add(-keyGrace)
		}
		s.ring.asked = time.Time{}
		s.ring.mu.Unlock()
	}
}

func reseal(t *testing.T, s *Store) Resealing {
	t.Helper()
	r, err := s.Reseal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// resealAll brings everything over, as two replicas that work at the same time.
func resealAll(t *testing.T, stores ...*Store) {
	t.Helper()
	var wg sync.WaitGroup
	for _, s := range stores {
		wg.Go(func() {
			for range 5000 {
				everybodyKnows(s)
				r, err := s.Reseal(context.WithoutCancel(t.Context()))
				if err != nil && !errs.Is(err, errs.Stale) {
					t.Error(err)
					return
				}
				if r == ResealNothing && err == nil {
					return
				}
			}
			t.Error("it does not end")
		})
	}
	wg.Wait()
}

// cells gives every value of every table that is large enough to be a hash or sealed.
func cells(t *testing.T, s *Store, cols []schemaColumn) (boxes map[string][][]byte, numbers map[int64]string) {
	t.Helper()
	boxes, numbers = map[string][][]byte{}, map[int64]string{}
	for _, c := range cols {
		at := c.table + "." + c.name
		switch c.kind {
		case "BYTEA":
			list, err := collect(t.Context(), s.e, func(r *rows) (b []byte, err error) { return b, r.Scan(&b) }, "SELECT "+c.name+" FROM "+c.table)
			if err != nil {
				t.Fatal(at, err)
			}
			boxes[at] = list
		case "BIGINT":
			list, err := collect(t.Context(), s.e, func(r *rows) (n *int64, err error) { return n, r.Scan(&n) }, "SELECT "+c.name+" FROM "+c.table)
			if err != nil {
				t.Fatal(at, err)
			}
			for _, n := range list {
				if n != nil && (*n > 1<<53 || *n < -1<<53) { // no time and no count is that large
					numbers[*n] = at
				}
			}
		}
	}
	return boxes, numbers
}

func TestChangeOfKeys(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		db, keys, cols := open(), gm.MemoryKeys(), schema(t)
		again := func() *Store {
			s, err := Open(t.Context(), Options{Config: Config{DSN: db.DSN, Schema: db.Schema}, Vault: proof.OpenVault(proof.AtRest(keys)), Me: unittest.Me})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		}
		a, b := again(), again()
		c := fill(t, a, cols)
		find(t, b, c, "before")
		want := all(t, a)
		oldBoxes, oldNumbers := cells(t, a, cols)
		if _, err := a.RetireKeys(t.Context(), true); !errs.Is(err, errs.NoOldKeys) {
			t.Errorf("retiring the only keys: %v", err)
		}

		if err := a.NewKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.NewKeys(t.Context()); !errs.Is(err, errs.KeysMoving) {
			t.Errorf("two changes at once: %v", err)
		}
		if r := reseal(t, a); r != ResealWaits || a.vault.Seals() != 1 {
			t.Errorf("it seals before others can know: %d", r)
		}
		everybodyKnows(a, b)
		if r := reseal(t, a); r != ResealWaits || a.vault.Seals() != 2 {
			t.Errorf("it does not seal: %d, %d", r, a.vault.Seals())
		}
		if r := reseal(t, a); r != ResealWaits {
			t.Errorf("it counts before others seal: %d", r)
		}
		midway(t, b, c)

		// A few pages, and a kill.
		for range 9 {
			everybodyKnows(a)
			if r := reseal(t, a); r != ResealMore {
				t.Fatalf("no page was done: %d", r)
			}
		}
		everybodyKnows(b)
		if r := reseal(t, b); r != ResealWaits {
			t.Errorf("two work on the same page: %d", r)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		find(t, b, c, "in the middle")
		if _, err := b.RetireKeys(t.Context(), false); !errs.Is(err, errs.KeysInUse) {
			t.Errorf("retiring keys in use: %v", err)
		}
		if err := b.e.commit(t.Context(), []stmt{{sql: `UPDATE key_gens SET until_at = 0`, want: -1}}); err != nil { // a minute later
			t.Fatal(err)
		}
		a = again()
		resealAll(t, a, b)

		find(t, a, c, "after")
		if got := all(t, a); !slices.Equal(got, want) {
			t.Errorf("what is sealed has changed:\n%q\n%q", got, want)
		}
		rows, err := a.KeyRows(t.Context())
		if err != nil || rows[1] != 0 || rows[2] < keyPage {
			t.Errorf("rows by generation: %v, %v", rows, err)
		}
		if _, err := a.RetireKeys(t.Context(), true); !errs.Is(err, errs.KeysInBackups) {
			t.Errorf("retiring without backups: %v", err)
		}
		for range 2 {
			if err := a.CountBackup(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if old, err := a.RetireKeys(t.Context(), true); err != nil || !slices.Equal(old, []proof.Generation{1}) {
			t.Fatalf("retired %v, %v", old, err)
		}
		find(t, a, c, "retired")
		nothingOld(t, a, keys, oldBoxes, oldNumbers, cols)
		onlyNewKeys(t, db, keys, c)
		gone(t, db, oldBoxes)
	})
}

// midway acts on a store in which everything rests under the old keys and the new ones seal.
func midway(t *testing.T, s *Store, c casefile.Case) {
	t.Helper()
	everybodyKnows(s)
	find(t, s, c, "nothing moved")
	v := visitOf("again")
	for _, x := range []booking.Visit{visitOf("other"), v} { // the first takes a matter of its own
		if x.ID == "other" {
			x.Matter = "n"
		}
		if err := s.Commit(t.Context(), unit.Unit{Visits: []booking.Visit{x}}); (err == nil) != (x.ID == "other") || x.ID == "again" && !errs.Is(err, errs.BookedAlready) {
			t.Errorf("visit %s: %v", x.ID, err)
		}
	}
	if err := s.SetContact(t.Context(), notice.Contact{Person: keyPerson}); err != nil {
		t.Error(err)
	}
	n, err := collect(t.Context(), s.e, func(r *rows) (n int64, err error) { return n, r.Scan(&n) }, `SELECT mac FROM contacts`)
	if err != nil || len(n) != 1 || n[0] != s.mac(contactKind, keyPerson.IDNo) {
		t.Errorf("contacts %v, %v", n, err)
	}
	held := unit.Held{ID: "held", Owner: number(keyPerson), Kind: "use", At: keyDay, Body: []byte("one")}
	if err := s.Commit(t.Context(), unit.Unit{Held: []unit.Held{held}}); err != nil {
		t.Error(err)
	}
	if list, err := s.Held(t.Context(), held.Owner, "use"); err != nil || len(list) != 1 || string(list[0].Body) != "one" {
		t.Errorf("the wallet holds %v, %v", list, err)
	}
	// Written before the statements that the fill is compared with: undone.
	if err := s.e.commit(t.Context(), []stmt{{sql: `DELETE FROM visits WHERE id = 'other'`, want: 1}}); err != nil {
		t.Error(err)
	}
}

// nothingOld tries the old keys on everything that is stored.
func nothingOld(t *testing.T, s *Store, keys *gm.Keys, was map[string][][]byte, numbers map[int64]string, cols []schemaColumn) {
	t.Helper()
	rest, index, err := proof.AtRest(keys)(1, false)
	if err != nil {
		t.Fatal(err)
	}
	thief, err := proof.NewVault(rest, index)
	if err != nil {
		t.Fatal(err)
	}
	opens := func(at string, box []byte) bool {
		if _, err := thief.DataKey(box); err == nil {
			return true
		}
		return len(box) > 1 && box[0] == underNode && proof.Under(box[1:]) == 1 && !slices.Contains(openColumns, at)
	}
	some := 0
	boxes, now := cells(t, s, cols)
	for at, list := range boxes {
		some += len(slices.DeleteFunc(slices.Clone(was[at]), func(b []byte) bool { return !opens(at, b) }))
		for _, box := range list {
			if opens(at, box) {
				t.Errorf("%s still rests under the old keys", at)
			}
		}
	}
	for n, at := range now {
		if numbers[n] != "" {
			t.Errorf("%s is still found under the old keys", at)
		}
	}
	if some < keyPage || len(numbers) < 12 {
		t.Errorf("only %d rows and %d indexes stood under the old keys: the test looks at nothing", some, len(numbers))
	}
}

// onlyNewKeys opens the store without the retired keys, and with others.
func onlyNewKeys(t *testing.T, db sqltest.Database, keys *gm.Keys, c casefile.Case) {
	t.Helper()
	with := func(secrets proof.Secrets) (*Store, error) {
		return Open(t.Context(), Options{Config: Config{DSN: db.DSN, Schema: db.Schema}, Vault: proof.OpenVault(secrets), Me: unittest.Me})
	}
	s, err := with(func(g proof.Generation, fresh bool) (rest, index []byte, err error) {
		if g == 1 {
			return nil, nil, errs.New(errs.KeysMissing, "retired")
		}
		return proof.AtRest(keys)(g, fresh)
	})
	if err != nil {
		t.Fatal(err)
	}
	find(t, s, c, "with the new keys only")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for name, secrets := range map[string]proof.Secrets{
		"no keys": proof.AtRest(gm.MemoryKeys()),
		"other keys": func(proof.Generation, bool) (rest, index []byte, err error) {
			return gm.NewSecret(), gm.NewSecret(), nil
		},
		"the old keys": func(proof.Generation, bool) (rest, index []byte, err error) { return proof.AtRest(keys)(1, false) },
	} {
		if _, err := with(secrets); !errs.Is(err, errs.KeysMissing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// gone looks for the old data keys in the file itself, in whose free pages they might have stayed.
func gone(t *testing.T, db sqltest.Database, was map[string][][]byte) {
	t.Helper()
	path, ok := strings.CutPrefix(db.DSN, "sqlite:")
	if !ok {
		return
	}
	for _, name := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{"cases.datakey", "drafts.datakey", "messages.body"} {
			for _, box := range was[at] {
				if bytes.Contains(b, box) {
					t.Errorf("%s of before still stands in the file", at)
				}
			}
		}
	}
}

// A store from before generations were noted takes its keys for the first, and refuses others.
func TestKeysOfAnOlderRelease(t *testing.T) {
	db := sqltest.SQLite(t)
	s := storeAt(t, db)
	c := aCase()
	if err := s.Commit(t.Context(), unit.Unit{Case: &c}); err != nil {
		t.Fatal(err)
	}
	if err := s.e.commit(t.Context(), []stmt{{sql: `DELETE FROM key_gens`, want: 1}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Config: Config{DSN: db.DSN}, Vault: otherVault(t), Me: unittest.Me}); !errs.Is(err, errs.KeysMissing) {
		t.Errorf("with other keys: %v", err)
	}
	if _, err := storeAt(t, db).Case(t.Context(), c.ID); err != nil {
		t.Error(err)
	}
}

func otherVault(t *testing.T) *proof.Vault {
	t.Helper()
	v, err := proof.NewVault(gm.NewSecret(), gm.NewSecret())
	if err != nil {
		t.Fatal(err)
	}
	return v
}
