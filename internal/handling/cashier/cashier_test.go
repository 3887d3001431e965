package cashier_test

import (
	"sync"
	"testing"
	"time"

	"tongban/internal/adapter/paygate"
	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// What each behaviour of the bank comes to, on both databases.
func TestTheBanksWays(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		for _, tt := range []struct {
			trick    string
			deaf     bool
			want     fee.Standing
			held     int
			receipts int
		}{
			{"pay", false, fee.Settled, 8000, 1},
			{"repeat", false, fee.Settled, 8000, 1},
			{"fail", false, fee.NotPaid, 0, 0},
			{"wait", false, fee.Waiting, 0, 0},
			{"forged", false, fee.Waiting, 0, 0},
			{"short", false, fee.Waiting, 0, 0},
			{"late", false, fee.Waiting, 0, 0},
			{"twice", false, fee.Settled, 8000, 2}, // the second went back at once
			{"pay", true, fee.Waiting, 0, 0},
		} {
			name := tt.trick
			if tt.deaf {
				name += ", and nobody hears it"
			}
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, open())
				w.deaf = tt.deaf
				w.want(fee.Due, 0, 0)
				w.pay(tt.trick)
				w.want(tt.want, tt.held, tt.receipts)
				switch {
				case tt.trick == "late" || tt.deaf: // asked again, it tells
					w.now = w.now.Add(2 * time.Hour)
					w.clock()
					w.want(fee.Settled, 8000, 1)
				case tt.trick == "forged":
					if len(w.heard) != 1 || w.heard[0] != int(errs.NotTheBank) {
						t.Errorf("a forged notice was answered %v", w.heard)
					}
				case tt.trick == "fail": // and once more
					w.pay("pay")
					w.want(fee.Settled, 8000, 1)
				case tt.trick == "short":
					s, err := w.till.Sheet(t.Context(), w.clerk.Office, workday.DateOf(w.now))
					if err != nil || s.Odd != 1 || s.Lines[0].Fault != "amount" {
						t.Errorf("%+v %v", s, err)
					}
				case tt.trick == "twice":
					s, err := w.till.Sheet(t.Context(), w.clerk.Office, workday.DateOf(w.now))
					if err != nil || s.Odd != 0 || s.Bank != 8000 || len(s.Lines) != 2 {
						t.Errorf("%+v %v", s, err)
					}
				}
			})
		}
	})
}

func TestItWaitsForTheMoney(t *testing.T) {
	w := newWorld(t, sqltest.SQLite(t))
	if err := w.till.Cleared(t.Context(), w.c, casefile.ActAccept); err != nil {
		t.Errorf("acceptance waits: %v", err)
	}
	w.accept()
	if err := w.till.Cleared(t.Context(), w.c, casefile.ActDecide); !errs.Is(err, errs.PayFirst) {
		t.Errorf("decided without the fee: %v", err)
	}
	w.pay("pay")
	if err := w.till.Cleared(t.Context(), w.c, casefile.ActDecide); err != nil {
		t.Errorf("paid, and still waiting: %v", err)
	}
	w.lodge(nil) // nobody said whether it is a home
	w.accept()
	if err := w.till.Cleared(t.Context(), w.c, casefile.ActDecide); !errs.Is(err, errs.PayFirst) {
		t.Errorf("decided before the amount is clear: %v", err)
	}
	if _, err := w.till.Pay(t.Context(), w.c); !errs.Is(err, errs.FeeOpen) {
		t.Errorf("paid before the amount is clear: %v", err)
	}
}

func TestMoneyOfAWithdrawnCaseGoesBack(t *testing.T) {
	t.Run("paid before", func(t *testing.T) {
		w := newWorld(t, sqltest.SQLite(t))
		w.pay("pay")
		w.withdraw()
		w.away = true
		w.clock()
		w.want(fee.GoingBack, 0, 1)
		w.away = false
		w.now = w.now.Add(time.Hour)
		w.clock()
		w.want(fee.Back, 0, 1)
	})
	t.Run("arrives after", func(t *testing.T) {
		w := newWorld(t, sqltest.SQLite(t))
		w.pay("late")
		w.withdraw()
		w.clock()
		w.want(fee.Over, 0, 0)
		w.now = w.now.Add(2 * time.Hour)
		w.clock()
		w.want(fee.Back, 0, 1)
	})
	t.Run("withdrawn after acceptance it is the office's to decide", func(t *testing.T) {
		w := newWorld(t, sqltest.SQLite(t))
		w.pay("pay")
		w.accept()
		w.withdraw()
		w.clock()
		w.want(fee.Settled, 8000, 1)
		ch := w.charge()
		if _, err := w.till.GiveBack(t.Context(), w.clerk, w.c.ID, ch.Row, 8000, ""); !errs.Is(err, errs.ReasonNeeded) {
			t.Errorf("without a reason: %v", err)
		}
		if _, err := w.till.GiveBack(t.Context(), w.clerk, w.c.ID, ch.Row, 8000, "撤回"); err != nil {
			t.Fatal(err)
		}
		if ch := w.charge(); ch.Held() != 0 || ch.Back[0].State != fee.Returned {
			t.Errorf("%+v", ch)
		}
	})
}

func TestCashAtTheWindow(t *testing.T) {
	w := newWorld(t, sqltest.SQLite(t))
	foreign := w.clerk
	foreign.Office = "11110000MB99000803"
	if _, err := w.till.Cash(t.Context(), foreign, w.c.ID, 0); !errs.Is(err, errs.CaseElsewhere) {
		t.Errorf("another office: %v", err)
	}
	reviewer := w.clerk
	reviewer.Roles = []office.Role{office.Reviewer}
	if _, err := w.till.Cash(t.Context(), reviewer, w.c.ID, 0); !errs.Is(err, errs.NotYours) {
		t.Errorf("another role: %v", err)
	}
	if _, err := w.till.Cash(t.Context(), w.clerk, w.c.ID, 0); err != nil {
		t.Fatal(err)
	}
	w.want(fee.Settled, 8000, 1)
	if _, err := w.till.Cash(t.Context(), w.clerk, w.c.ID, 0); !errs.Is(err, errs.Stale) {
		t.Errorf("the same press again: %v", err)
	}
	w.withdraw()
	w.clock()
	w.want(fee.GoingBack, 0, 1)
	ch := w.charge()
	if _, err := w.till.HandBack(t.Context(), w.clerk, w.c.ID, ch.Row, ch.Back[0].No); err != nil {
		t.Fatal(err)
	}
	w.want(fee.Back, 0, 1)
	s, err := w.till.Sheet(t.Context(), w.clerk.Office, workday.DateOf(w.now))
	if err != nil || s.Cash != 0 || s.Odd != 0 {
		t.Errorf("%+v %v", s, err)
	}
}

// A wrong class corrected at the counter sends the difference back.
func TestOverCharged(t *testing.T) {
	w := newWorld(t, sqltest.SQLite(t))
	w.lodge(map[string]bool{"home": false})
	if ch := w.charge(); ch.Fen != 55000 {
		t.Fatalf("%+v", ch)
	}
	if _, err := w.till.Cash(t.Context(), w.clerk, w.c.ID, 0); err != nil {
		t.Fatal(err)
	}
	ch := w.charge()
	if _, err := w.till.Assess(t.Context(), w.clerk, w.c.ID, ch.Row, map[string]bool{"home": true}); err != nil {
		t.Fatal(err)
	}
	if ch = w.charge(); ch.Fen != 8000 || ch.Held() != 8000 || len(ch.Back) != 1 || ch.Back[0].Fen != 47000 {
		t.Errorf("%+v", ch)
	}
}

// Ten devices press at once: one order.
func TestManyPresses(t *testing.T) {
	w := newWorld(t, sqltest.SQLite(t))
	var wg sync.WaitGroup
	var mu sync.Mutex
	pages := map[string]bool{}
	for range 10 {
		wg.Go(func() {
			to, err := w.till.Pay(t.Context(), w.c)
			if err != nil && !errs.Is(err, errs.Stale) {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				pages[to] = true
			}
		})
	}
	wg.Wait()
	if len(pages) != 1 || len(w.charge().Payments) != 1 {
		t.Errorf("%d orders: %v", len(w.charge().Payments), pages)
	}
}

// What is not the bank's word, or is meant for somebody else, changes nothing.
func TestNotTheBank(t *testing.T) {
	w := newWorld(t, sqltest.SQLite(t))
	if _, err := w.till.Pay(t.Context(), w.c); err != nil {
		t.Fatal(err)
	}
	order := w.charge().Payments[0].Order
	key, err := gm.MemoryKeys().SignKey("x")
	if err != nil {
		t.Fatal(err)
	}
	ours, err := proof.SignJSON(w.kit.Signer, paygate.TypNotice, paygate.Notice{To: "63", Report: fee.Report{Order: order, Word: fee.SaysPaid, Fen: 8000, Ref: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	forged, err := proof.SignJSON(proof.NewSigner(key), paygate.TypNotice, paygate.Notice{To: "63", Report: fee.Report{Order: order, Word: fee.SaysPaid, Fen: 8000, Ref: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]any{"nothing": nil, "our own key": ours, "a stranger's key": forged, "no signature": paygate.Notice{To: "63"}} {
		body, err := proof.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.till.Told(t.Context(), body); !errs.Is(err, errs.NotTheBank) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.want(fee.Waiting, 0, 0)
}
