package nation

import (
	"testing"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/resource"
	"tongban/internal/domain/sharing"
	"tongban/internal/kernel/workday"
)

// What provinces say that they can tell is what the catalogue of sources says of it.
func TestTheSharesFitTheCatalogue(t *testing.T) {
	for _, r := range demoShares().Resource {
		if err := (resource.Resource{Key: r.Source, Source: r.Source, Fields: r.Fields}).Fits(item.Default().Evidence()); err != nil || len(r.At) == 0 {
			t.Errorf("%s at %v: %v", r.Source, r.At, err)
		}
	}
}

// Both provinces soon know the agreement that their stewards signed: at the asker, one who proposed and another.
func TestTwoProvincesAgree(t *testing.T) {
	n := start(t, Config{Only: []office.NodeID{"23", "63"}})
	for id, one := range n.Nodes {
		var a sharing.Agreement
		standing := func() (s sharing.Standing, x sharing.Text) {
			one.Shares.Look(func(b *sharing.Book) {
				if list := b.Of(id); len(list) == 1 {
					a = list[0]
					s, x = a.Stands(workday.DateOf(n.Clock.Now()))
				}
			})
			return s, x
		}
		deadline := time.Now().Add(time.Minute)
		s, x := standing()
		for ; s != sharing.InForce && time.Now().Before(deadline); s, x = standing() {
			time.Sleep(20 * time.Millisecond)
		}
		if s != sharing.InForce || !a.Demo || x.By != "63" || a.Signed[x.Hash]["63"].Officer == x.Officer {
			t.Errorf("%s: %q, %+v", id, s, a)
		}
	}
}
