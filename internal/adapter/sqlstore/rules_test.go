package sqlstore

import (
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/bundle"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/publish"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

var (
	_ publish.Store  = (*Store)(nil)
	_ publish.Drafts = (*Store)(nil)
)

// Bundles keep their order and their bytes; a number is taken once, whatever replica tries; with the number goes the log entry.
func TestRuleBundles(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		db := open()
		one, two := storeAt(t, db), storeAt(t, db)
		at := time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC)
		row := func(who office.NodeID, seq int, body string) unit.RuleBundle {
			s := proof.Signed{Suite: proof.Suite, Typ: bundle.Typ, Key: "k", Body: []byte(body), Sig: []byte("s")}
			return unit.RuleBundle{Publisher: who, Seq: seq, Hash: s.Hash(), At: at, Signed: s}
		}
		put := func(s *Store, b unit.RuleBundle) error {
			return s.Commit(t.Context(), unit.Unit{At: at, Rules: []unit.RuleBundle{b}, Log: []accesslog.Entry{{Kind: accesslog.Rule, At: at, Who: "63"}}})
		}
		for i, b := range []unit.RuleBundle{row("63", 1, "a"), row("63", 2, "b"), row("23", 1, "c")} {
			if err := put([]*Store{one, two, one}[i], b); err != nil {
				t.Fatal(err)
			}
		}
		if err := put(two, row("63", 2, "other")); !errs.Is(err, errs.Stale) {
			t.Errorf("a number twice: %v", err)
		}
		if n, _, err := one.LogWaiting(t.Context()); err != nil || n != 3 {
			t.Errorf("%d log entries: %v", n, err)
		}
		last, err := two.Publishers(t.Context())
		if err != nil || len(last) != 2 || last["63"] != 2 || last["23"] != 1 {
			t.Errorf("%v %v", last, err)
		}
		got, err := one.Bundles(t.Context(), "63", 1, 10)
		if err != nil || len(got) != 1 || string(got[0].Signed.Body) != "b" || !got[0].At.Equal(at) {
			t.Errorf("%+v %v", got, err)
		}
	})
}

func TestRuleDrafts(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		s := storeAt(t, open())
		at := time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC)
		save := func(d bundle.Draft) error {
			return s.Commit(t.Context(), unit.Unit{At: at, Drafted: &unit.Drafted{Draft: d}})
		}
		d := bundle.Draft{ID: "d1", State: bundle.Drafting, Saved: at, Content: bundle.Content{
			Kind: bundle.Overlay, Item: "2020-030", Text: "x", Trials: []item.Trial{{Name: "n", Answers: map[string]bool{"q": true}}},
		}}
		if err := save(d); err != nil {
			t.Fatal(err)
		}
		if err := save(d); !errs.Is(err, errs.Stale) {
			t.Errorf("the same id again: %v", err)
		}
		got, err := s.RuleDraft(t.Context(), "d1")
		if err != nil || got.Row != 1 || !got.Content.Trials[0].Answers["q"] {
			t.Fatalf("%+v %v", got, err)
		}
		got.State = bundle.Issued
		if err := save(got); err != nil {
			t.Fatal(err)
		}
		if err := save(got); !errs.Is(err, errs.Stale) {
			t.Errorf("an old version: %v", err)
		}
		left, err := s.RuleDrafts(t.Context(), bundle.Drafting, 10)
		if err != nil || len(left) != 0 {
			t.Errorf("%v %v", left, err)
		}
		if _, err := s.RuleDraft(t.Context(), "none"); !errs.Is(err, errs.Missing) {
			t.Error(err)
		}
	})
}
