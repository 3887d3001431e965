// Package applytest is the contract of apply.Store, run against every database that keeps drafts.
package applytest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/handling/apply"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Keeper is a store under test: drafts, the cases that they become, and what the clock takes away.
type Keeper interface {
	apply.Store
	apply.Cases
	StaleDrafts(ctx context.Context, now time.Time, limit int) ([]journey.Draft, error)
}

// Anna and Bao are two people who never see each other's drafts.
var (
	Anna = party.Person{Name: "安娜", IDType: party.ResidentID, IDNo: "230183199001010025"}
	Bao  = party.Person{Name: "包某", IDType: party.ResidentID, IDNo: "350102199502020044"}
	when = time.Date(2026, 11, 23, 1, 2, 3, 4000, time.UTC)
)

func lookup(p party.Person) party.Lookup { return party.Lookup{Kind: party.ByNumber, Value: p.IDNo} }

// DraftOf is a draft of somebody with something of everything in it.
func DraftOf(p party.Person, at time.Time) journey.Draft {
	return journey.Draft{
		ID: unit.NewID(), Item: "2020-030", Mode: item.Online, Here: "230183000000", There: "630100000000", Version: "v", Digest: "d",
		Opened: at, Saved: at, Applicant: p, Answers: map[string]string{"trade_name": "雪莲", "spare": ""},
		Records: map[string]journey.Record{"idcard": {Values: map[string]string{"name": p.Name}, Name: "公安", At: at}},
		Seen:    map[string]bool{"found": true},
	}
}

// Store runs the contract.
func Store(t *testing.T, open func(t *testing.T) Keeper) {
	t.Helper()
	t.Run("what was saved is read back, also by another device", func(t *testing.T) {
		k, d := open(t), DraftOf(Anna, when)
		save(t, k, &d)
		d.Answers["capital"] = "100000"
		d.Saved = when.Add(time.Hour)
		save(t, k, &d)
		got, err := k.Draft(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, got); diff != "" {
			t.Fatal(diff)
		}
		_, err = k.Draft(t.Context(), unit.NewID())
		want(t, err, errs.Missing)
	})
	t.Run("an id is taken once", func(t *testing.T) {
		k, d := open(t), DraftOf(Anna, when)
		save(t, k, &d)
		again := DraftOf(Bao, when)
		again.ID = d.ID
		_, err := k.SaveDraft(t.Context(), again)
		want(t, err, errs.CaseExists)
	})
	t.Run("an old version saves nothing", func(t *testing.T) {
		k, d := open(t), DraftOf(Anna, when)
		save(t, k, &d)
		old := d.Clone()
		d.Answers["a"] = "1"
		save(t, k, &d)
		old.Answers["a"] = "2"
		_, err := k.SaveDraft(t.Context(), old)
		want(t, err, errs.Stale)
		want(t, k.DropDraft(t.Context(), d.ID, old.Row), errs.Stale)
		got, _ := k.Draft(t.Context(), d.ID)
		if got.Answers["a"] != "1" {
			t.Fatalf("the loser wrote %q", got.Answers["a"])
		}
	})
	t.Run("of many that save the same version one wins", func(t *testing.T) {
		k, d := open(t), DraftOf(Anna, when)
		save(t, k, &d)
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for range 8 {
			mine := d.Clone()
			wg.Go(func() {
				if _, err := k.SaveDraft(t.Context(), mine); err == nil {
					mu.Lock()
					won++
					mu.Unlock()
				} else if !errs.Is(err, errs.Stale) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Fatalf("%d writers won", won)
		}
	})
	t.Run("people see their own, the last saved first", func(t *testing.T) {
		k := open(t)
		a1, a2, b := DraftOf(Anna, when), DraftOf(Anna, when.Add(time.Minute)), DraftOf(Bao, when)
		for _, d := range []*journey.Draft{&a1, &a2, &b} {
			save(t, k, d)
		}
		got, err := k.DraftsOf(t.Context(), lookup(Anna), 10)
		if err != nil || len(got) != 2 || got[0].ID != a2.ID || got[1].ID != a1.ID {
			t.Fatalf("%d drafts, %v", len(got), err)
		}
		if err := k.DropDraft(t.Context(), a2.ID, a2.Row); err != nil {
			t.Fatal(err)
		}
		if err := k.DropDraft(t.Context(), a2.ID, a2.Row); err != nil {
			t.Fatalf("dropping twice: %v", err)
		}
		if got, _ = k.DraftsOf(t.Context(), lookup(Anna), 10); len(got) != 1 {
			t.Fatalf("%d drafts after a drop", len(got))
		}
	})
	t.Run("a submitted draft keeps its number and nothing else", func(t *testing.T) { submitted(t, open(t)) })
	t.Run("what nobody touched for its life is listed for removal", func(t *testing.T) {
		k, d := open(t), DraftOf(Anna, when)
		save(t, k, &d)
		if got, err := k.StaleDrafts(t.Context(), when.Add(journey.Life-time.Second), 10); err != nil || len(got) != 0 {
			t.Fatalf("%d stale too early, %v", len(got), err)
		}
		got, err := k.StaleDrafts(t.Context(), when.Add(journey.Life), 10)
		if err != nil || len(got) != 1 || got[0].ID != d.ID {
			t.Fatalf("%d stale, %v", len(got), err)
		}
	})
}

func submitted(t *testing.T, k Keeper) {
	t.Helper()
	d := DraftOf(Anna, when)
	save(t, k, &d)
	c := casefile.Case{
		ID: d.ID, No: casefile.MakeNo("63", workday.DateOf(when), 7), Item: d.Item, Coordinator: "63", Lodged: when, Last: when,
		Private: casefile.Private{Applicant: Anna},
	}
	stale := unit.Unit{At: when, Case: &c, Draft: &unit.Submitted{Draft: d.ID, Row: d.Row + 1, No: string(c.No)}}
	want(t, k.Commit(t.Context(), stale), errs.Stale)
	_, err := k.Case(t.Context(), c.ID)
	want(t, err, errs.Missing) // as a whole or not at all
	u := unit.Unit{At: when, Case: &c, Draft: &unit.Submitted{Draft: d.ID, Row: d.Row, No: string(c.No)}}
	if err := k.Commit(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if err := k.Commit(t.Context(), u); !errs.Is(err, errs.CaseExists) && !errs.Is(err, errs.Stale) {
		t.Fatalf("a second submit: %v", err)
	}
	got, err := k.Draft(t.Context(), d.ID)
	if err != nil || got.Case != string(c.No) || len(got.Answers) > 0 || got.Applicant.IDNo != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	_, err = k.SaveDraft(t.Context(), d)
	want(t, err, errs.Stale)
	want(t, k.DropDraft(t.Context(), d.ID, got.Row), errs.Stale)
	if list, _ := k.DraftsOf(t.Context(), lookup(Anna), 10); len(list) != 0 {
		t.Fatal("a submitted draft is still listed")
	}
	if list, _ := k.StaleDrafts(t.Context(), when.Add(2*journey.Life), 10); len(list) != 0 {
		t.Fatal("a submitted draft expires")
	}
}

func save(t *testing.T, k Keeper, d *journey.Draft) {
	t.Helper()
	row, err := k.SaveDraft(t.Context(), *d)
	if err != nil {
		t.Fatal(err)
	}
	d.Row = row
}

func want(t *testing.T, err error, code errs.Code) {
	t.Helper()
	if !errs.Is(err, code) {
		t.Fatalf("got %v, want %s", err, code.Name())
	}
}

// Sealed reports whether none of the personal values of the suite stand in raw bytes of a database.
func Sealed(raw string) bool {
	for _, s := range []string{Anna.IDNo, Anna.Name, "雪莲"} {
		if strings.Contains(raw, s) {
			return false
		}
	}
	return true
}
