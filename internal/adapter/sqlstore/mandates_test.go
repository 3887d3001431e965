package sqlstore

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// A unit's account and what it gave come back as they went in, found by who leads and who acts; nothing is stored twice, and of
// two who change the same one the second is told. The rows name nobody.
func TestAccountsAndMandates(t *testing.T) {
	fan := party.Person{Name: "樊晓梅", IDType: party.ResidentID, IDNo: "230183199001010025"}
	lin := party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
	firm := party.Org{Name: "西宁雪莲商贸有限公司", USCC: "91350100M000100Y43"}
	at := time.Date(2026, 11, 27, 1, 0, 0, 0, time.UTC)
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		s := storeAt(t, open())
		commit := func(want errs.Code, u unit.Unit) {
			t.Helper()
			u.At = at
			if err := s.Commit(t.Context(), u); want == 0 && err != nil || want != 0 && !errs.Is(err, want) {
				t.Fatalf("%v, want %d", err, want)
			}
		}
		days := cmp.Comparer(func(a, b workday.Date) bool { return a == b })
		same := func(got, want any, err error) {
			t.Helper()
			if d := cmp.Diff(want, got, days); err != nil || d != "" {
				t.Fatalf("%v\n%s", err, d)
			}
		}
		a := mandate.Account{Org: firm, Representative: fan, Licence: "L1", Face: map[string]string{"name": firm.Name}, Opened: at}
		m := mandate.Record{Mandate: mandate.Mandate{
			ID: unit.NewID(), At: "63", Unit: firm, Representative: fan, Agent: lin, Items: []string{"practice-013"},
			From: workday.NewDate(2026, 11, 27), Until: workday.NewDate(2027, 11, 26),
		}, State: mandate.Drawn, Drawn: at}
		commit(0, unit.Unit{Accounts: []mandate.Account{a}, Mandates: []mandate.Record{m}})
		commit(errs.UnitTaken, unit.Unit{Accounts: []mandate.Account{a}})
		commit(errs.Stale, unit.Unit{Mandates: []mandate.Record{m}})

		a.Row, m.Row = 1, 1
		got, err := s.Account(t.Context(), firm.USCC)
		same(got, a, err)
		list, err := s.AccountsOf(t.Context(), fan, 9)
		same(list, []mandate.Account{a}, err)
		if none, err := s.MandatesFor(t.Context(), lin, 9); err != nil || len(none) != 0 {
			t.Errorf("a paper that nobody signed is its agent's: %v %v", none, err)
		}
		m.State, m.Proof = mandate.Offered, &proof.Signed{Suite: "SM"}
		commit(0, unit.Unit{Mandates: []mandate.Record{m}})
		m.Row = 2
		for name, look := range map[string]func() ([]mandate.Record, error){
			"unit":  func() ([]mandate.Record, error) { return s.MandatesOf(t.Context(), firm.USCC, 9) },
			"agent": func() ([]mandate.Record, error) { return s.MandatesFor(t.Context(), lin, 9) },
		} {
			found, err := look()
			same(found, []mandate.Record{m}, err)
			if len(found) != 1 {
				t.Errorf("by %s: %d", name, len(found))
			}
		}
		if none, err := s.MandatesFor(t.Context(), fan, 9); err != nil || len(none) != 0 {
			t.Errorf("the representative is no agent: %v %v", none, err)
		}
		if _, err := s.Account(t.Context(), "91630100MA7DEM01XC"); !errs.Is(err, errs.Missing) {
			t.Errorf("a unit that is not here: %v", err)
		}

		m.State, a.Representative, a.Licence = mandate.Revoked, lin, "L2"
		commit(0, unit.Unit{Accounts: []mandate.Account{a}, Mandates: []mandate.Record{m}})
		commit(errs.Stale, unit.Unit{Accounts: []mandate.Account{a}})
		commit(errs.Stale, unit.Unit{Mandates: []mandate.Record{m}})
		a.Row, m.Row = 2, 3
		one, err := s.Mandate(t.Context(), m.ID)
		same(one, m, err)
		if old, err := s.AccountsOf(t.Context(), fan, 9); err != nil || len(old) != 0 {
			t.Errorf("still led by who led it before: %v %v", old, err)
		}

		asked := mandate.Record{Mandate: mandate.Mandate{
			ID: unit.NewID(), At: "63", Agent: lin, Items: []string{"2020-065"}, From: m.From, Until: m.Until,
		}, State: mandate.Asked, Wanted: true, Drawn: at}
		commit(0, unit.Unit{Mandates: []mandate.Record{asked}})
		for _, who := range []party.Person{fan, {}} {
			if none, err := s.MandatesBy(t.Context(), who, 9); err != nil || len(none) != 0 {
				t.Errorf("given by %q before anybody took it up: %v %v", who.Name, none, err)
			}
		}
		asked.Row, asked.State, asked.Representative = 1, mandate.Drawn, fan
		commit(0, unit.Unit{Mandates: []mandate.Record{asked}})
		asked.Row = 2
		list2, err := s.MandatesBy(t.Context(), fan, 9)
		same(list2, []mandate.Record{asked}, err)

		for _, table := range []string{"accounts", "mandates"} {
			var box []byte
			if err := s.e.queryRow(t.Context(), `SELECT body FROM `+table).Scan(&box); err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{fan.IDNo, lin.IDNo, lin.Name} {
				if bytes.Contains(box, []byte(secret)) {
					t.Errorf("%s holds %s in the clear", table, secret)
				}
			}
		}
	})
}
