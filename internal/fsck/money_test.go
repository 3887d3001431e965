package fsck_test

import (
	"strings"
	"testing"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/fee"
	"tongban/internal/fsck"
	"tongban/internal/handling/unit"
)

// Each account breaks the rule in one way.
func TestAccountsThatCannotBe(t *testing.T) {
	paid := func(order, ref, receipt string) fee.Payment {
		return fee.Payment{Order: order, Way: fee.ByBank, Fen: 100, State: fee.Paid, Ref: ref, Receipt: receipt}
	}
	for want, ch := range map[string]fee.Charge{
		"has no receipt":               {Fen: 100, Payments: []fee.Payment{paid("1", "a", "none")}},
		"100 are held, 0 are due":      {Payments: []fee.Payment{paid("1", "a", "none")}},
		"200 of 100 went back for 1":   {Fen: 100, Payments: []fee.Payment{paid("1", "a", "none"), paid("2", "b", "none")}, Back: []fee.Repayment{{Order: "1", Fen: 200}}},
		"money went back for 9":        {Fen: 100, Payments: []fee.Payment{paid("1", "a", "none")}, Back: []fee.Repayment{{Order: "9", Fen: 1}}},
		"granted while 100 were owing": {Fen: 100, Before: "decide"},
	} {
		t.Run(want, func(t *testing.T) {
			w := newWorld(t, func() sqltest.Database { return sqltest.SQLite(t) })
			ch.Case, ch.Office = w.life("decided"), "o"
			if err := w.there.store.Commit(t.Context(), unit.Unit{At: w.now, Charges: []fee.Charge{ch}}); err != nil {
				t.Fatal(err)
			}
			r, err := fsck.Check(t.Context(), w.nodes(), fsck.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range r.Violations {
				if v.Rule == "fee" && strings.Contains(v.Text, want) {
					return
				}
			}
			t.Errorf("%v", r.Violations)
		})
	}
}
