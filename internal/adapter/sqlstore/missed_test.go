package sqlstore

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/search"
	"tongban/internal/kernel/workday"
)

// Questions that found nothing add up over replicas and days, and are forgotten in the end.
func TestMissed(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		db := open()
		one, two := storeAt(t, db), storeAt(t, db)
		monday, tuesday := workday.NewDate(2026, 3, 2), workday.NewDate(2026, 3, 3)
		for _, step := range []struct {
			at   *Store
			list []search.Missed
		}{
			{one, nil},
			{one, []search.Missed{{Day: monday, Query: "dog", N: 2}, {Day: monday, Query: "cat", N: 1}}},
			{two, []search.Missed{{Day: monday, Query: "dog", N: 3}}},
			{two, []search.Missed{{Day: tuesday, Query: "cat", N: 1}}},
		} {
			if err := step.at.KeepMissed(t.Context(), step.list); err != nil {
				t.Fatal(err)
			}
		}
		look := func(since workday.Date, limit int, want ...search.Missed) {
			t.Helper()
			got, err := one.Missed(t.Context(), since, limit)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got, cmp.Comparer(func(a, b workday.Date) bool { return a == b })); d != "" {
				t.Error(d)
			}
		}
		dog, cat := search.Missed{Day: monday, Query: "dog", N: 5}, search.Missed{Day: tuesday, Query: "cat", N: 2}
		look(monday, 10, dog, cat)
		look(monday, 1, dog)
		if err := two.ForgetMissed(t.Context(), tuesday); err != nil {
			t.Fatal(err)
		}
		cat.N = 1
		look(monday, 10, cat)
	})
}
