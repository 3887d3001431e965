package sqlstore

import (
	"slices"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/bulletin"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// What was issued stands: a second issue of a month is refused and changes nothing.
func TestABulletinIsWrittenOnce(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		s, ctx := storeAt(t, open()), t.Context()
		issue := func(body string) bulletin.Issued {
			return bulletin.Issued{Bulletin: proof.Signed{Typ: bulletin.Typ, Key: "k", Body: []byte(body)}, Statements: []proof.Signed{{Typ: "figures", Body: []byte("{}")}}}
		}
		at := time.Date(2026, 11, 5, 1, 0, 0, 0, time.UTC)
		for month, body := range map[int]string{202609: "a", 202610: "b"} {
			if err := s.KeepBulletin(ctx, month, at, issue(body)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.KeepBulletin(ctx, 202610, at.AddDate(0, 1, 0), issue("c")); !errs.Is(err, errs.Stale) {
			t.Errorf("a second issue: %v", err)
		}
		x, err := s.Bulletin(ctx, 202610)
		if err != nil || string(x.Bulletin.Body) != "b" || len(x.Statements) != 1 {
			t.Errorf("%v: %+v", err, x)
		}
		if _, err := s.Bulletin(ctx, 202611); !errs.Is(err, errs.Missing) {
			t.Errorf("one that is not there: %v", err)
		}
		if months, err := s.BulletinMonths(ctx); err != nil || !slices.Equal(months, []int{202610, 202609}) {
			t.Errorf("%v %v", months, err)
		}
	})
}
