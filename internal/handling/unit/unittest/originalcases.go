package unittest

import (
	"testing"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/original"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// originals: a chain is guarded by its case's version, and stands in the list of the office at this node that has to act.
func originals(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	ctx := t.Context()
	c := caseOf(1)
	c.Private.Materials = []casefile.Material{{Key: "bill", Name: "SECRET bill", Source: "upload"}}
	_, err := k.Originals(ctx, c.ID)
	want(t, err, errs.Missing)
	commit(t, k, m.opening(c))
	c.Row = 1
	ch := must[original.Chain](t)(k.Originals(ctx, c.ID))
	same(t, original.Chain{Case: c.ID, No: c.No}, ch)
	ch = must[original.Chain](t)(ch.Ask(c, original.Call{ID: unit.NewID(), Office: thereOffice, Materials: []string{"bill"}, At: start}))
	store := func(c casefile.Case, ch original.Chain) error {
		c = c.WithOriginals(ch.Summary())
		return k.Commit(ctx, unit.Unit{At: start, Case: &c, Originals: &ch})
	}
	if err := store(c, ch); err != nil {
		t.Fatal(err)
	}
	want(t, store(c, ch), errs.Stale)
	c.Row, ch.Row = 2, 1
	same(t, ch, must[original.Chain](t)(k.Originals(ctx, c.ID)))
	same(t, []original.Chain{ch}, must[[]original.Chain](t)(k.OriginalsAt(ctx, hereOffice, 9)))
	if n := must[int](t)(k.CountOriginals(ctx, hereOffice)); n != 1 {
		t.Errorf("%d to do for the window", n)
	}
	no := must[original.No](t)(ch.Next(false))
	ch, _, err = ch.Pack(original.Bag{
		ID: unit.NewID(), No: no, From: hereOffice, Node: Me, To: thereOffice, Way: original.ByHand, Ref: "x", By: "x", At: start, Due: workday.DateOf(start),
	}, []original.Paper{{ID: unit.NewID(), Material: "bill", Name: "SECRET bill", Pages: 1, Form: original.Original}})
	if err != nil {
		t.Fatal(err)
	}
	if err := store(c, ch); err != nil {
		t.Fatal(err)
	}
	for _, office := range []string{hereOffice, thereOffice} { // the other end acts at its own node
		if n := must[int](t)(k.CountOriginals(ctx, office)); n != 0 || len(must[[]original.Chain](t)(k.OriginalsAt(ctx, office, 9))) != 0 {
			t.Errorf("%d to do for %s", n, office)
		}
	}
	want(t, k.Commit(ctx, unit.Unit{At: start, Originals: &ch}), errs.Unexpected)
}
