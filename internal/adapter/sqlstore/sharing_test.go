package sqlstore

import (
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/handling/share"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

var _ share.Statements = (*Store)(nil)

// What provinces said is kept in order, once, with its log entry or not at all.
func TestStatements(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		s := storeAt(t, open())
		at := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
		row := func(by office.NodeID, seq int, body string) unit.Said {
			x := proof.Signed{Suite: proof.Suite, Typ: "sharing", Key: "0011223344556677", Body: []byte(body), Sig: make([]byte, 64)}
			return unit.Said{By: by, Seq: seq, Hash: x.Hash(), At: at, Signed: x}
		}
		put := func(x unit.Said) error {
			return s.Commit(t.Context(), unit.Unit{At: at, Said: []unit.Said{x}, Log: []accesslog.Entry{{Kind: accesslog.Term, At: at, Who: "63"}}})
		}
		for _, x := range []unit.Said{row("63", 1, "{}"), row("63", 2, `{"a":1}`), row("23", 1, `{"b":1}`)} {
			if err := put(x); err != nil {
				t.Fatal(err)
			}
		}
		before, _, err := s.LogWaiting(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := put(row("63", 2, `{"c":1}`)); !errs.Is(err, errs.Stale) {
			t.Errorf("a number taken: %v", err)
		}
		if after, _, err := s.LogWaiting(t.Context()); err != nil || after != before {
			t.Errorf("%d entries, were %d, %v", after, before, err)
		}
		last, err := s.Speakers(t.Context())
		if err != nil || len(last) != 2 || last["63"] != 2 || last["23"] != 1 {
			t.Errorf("%v, %v", last, err)
		}
		list, err := s.Statements(t.Context(), "63", 1, 10)
		if err != nil || len(list) != 1 || list[0].Hash != row("63", 2, `{"a":1}`).Hash || !list[0].At.Equal(at) {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
