package sqlstore

import (
	"encoding/hex"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/journey"
	"tongban/internal/handling/apply/applytest"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/unit/unittest"
)

func TestDrafts(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		applytest.Store(t, func(t *testing.T) applytest.Keeper {
			t.Helper()
			return storeAt(t, open())
		})
	})
}

// TestDraftsAreSealed reads the rows as a thief of the database would: no value, and after the submit not even a key.
func TestDraftsAreSealed(t *testing.T) {
	s := storeAt(t, sqltest.SQLite(t))
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	open, sent := applytest.DraftOf(applytest.Anna, at), applytest.DraftOf(applytest.Anna, at)
	for _, d := range []journey.Draft{open, sent} {
		if _, err := s.SaveDraft(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	c := casefile.Case{ID: sent.ID, No: "63-1", Coordinator: unittest.Me, Lodged: at, Last: at}
	if err := s.Commit(t.Context(), unit.Unit{At: at, Case: &c, Draft: &unit.Submitted{Draft: sent.ID, Row: 1, No: "63-1"}}); err != nil {
		t.Fatal(err)
	}
	type row struct {
		no           string
		private, key []byte
	}
	list, err := collect(t.Context(), s.e, func(r *rows) (x row, err error) { return x, r.Scan(&x.no, &x.private, &x.key) }, `SELECT case_no, private, datakey FROM drafts`)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d rows, %v", len(list), err)
	}
	for _, x := range list {
		if !applytest.Sealed(string(x.private)) || !applytest.Sealed(hex.EncodeToString(x.private)) {
			t.Error("a draft is readable in the database")
		}
		if (x.no != "") != (len(x.private) == 0 && len(x.key) == 0) {
			t.Errorf("case %q keeps %d bytes and a key of %d", x.no, len(x.private), len(x.key))
		}
	}
}
