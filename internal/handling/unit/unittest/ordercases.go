package unittest

import (
	"testing"
	"time"

	"tongban/internal/domain/watch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

func orders(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	ctx := t.Context()
	c := caseOf(1)
	commit(t, k, m.opening(c))
	order := func(at string, days int) watch.Filed {
		o := watch.Order{ID: unit.NewID(), Case: c.ID, No: c.No, From: Me, To: Me, Office: at, Text: "SECRET words", Due: workday.DateOf(start).AddDays(days), At: start}
		return o.File(m.sign(watch.TypOrder, o), "o1")
	}
	late, far := order(hereOffice, 1), order("", 9)
	commit(t, k, unit.Unit{At: start, Orders: []watch.Filed{late, far}})
	late.Row, far.Row = 1, 1
	same(t, []watch.Filed{late, far}, must[[]watch.Filed](t)(k.Orders(ctx, c.ID)))
	same(t, []watch.Filed{late, far}, must[[]watch.Filed](t)(k.OpenOrders(ctx, "", 9)))
	same(t, []watch.Filed{late}, must[[]watch.Filed](t)(k.OpenOrders(ctx, hereOffice, 9)))
	over := late.Due.End()
	if list := must[[]watch.Filed](t)(k.OrdersOver(ctx, over.Add(-time.Second), 9)); len(list) != 0 {
		t.Errorf("late before its day is over: %+v", list)
	}
	same(t, []watch.Filed{late}, must[[]watch.Filed](t)(k.OrdersOver(ctx, over, 9)))
	late, ok := late.Overdue(over)
	if !ok {
		t.Fatal("not overdue")
	}
	commit(t, k, unit.Unit{At: start, Orders: []watch.Filed{late}})
	want(t, k.Commit(ctx, unit.Unit{Orders: []watch.Filed{late}}), errs.Stale)
	if list := must[[]watch.Filed](t)(k.OrdersOver(ctx, over, 9)); len(list) != 0 {
		t.Errorf("noted, and late again: %+v", list)
	}
	far.State = watch.OrderClosed
	commit(t, k, unit.Unit{At: start, Orders: []watch.Filed{far}})
	late.Row, far.Row = 2, 2
	same(t, []watch.Filed{late}, must[[]watch.Filed](t)(k.OpenOrders(ctx, "", 9)))
	same(t, far, must[watch.Filed](t)(k.Order(ctx, far.Order.ID)))
	_, err := k.Order(ctx, "nobody")
	want(t, err, errs.Missing)
}
