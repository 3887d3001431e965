package announce

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"tongban/internal/domain/bulletin"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// shelf is a store in memory that may be away.
type shelf struct {
	kept map[int]bulletin.Issued
	away error
}

func (s *shelf) BulletinMonths(context.Context) (out []int, err error) {
	for m := range s.kept {
		out = append(out, m)
	}
	return out, s.away
}

func (s *shelf) Bulletin(_ context.Context, month int) (bulletin.Issued, error) {
	return s.kept[month], s.away
}

func (s *shelf) KeepBulletin(_ context.Context, month int, _ time.Time, x bulletin.Issued) error {
	if _, ok := s.kept[month]; ok {
		return errs.New(errs.Stale, "%d", month)
	}
	if s.away == nil {
		s.kept[month] = x
	}
	return s.away
}

// Each month with figures is issued once, not before its day; what was missed while the site was down is issued later, and what stands
// is never issued again, whatever the figures say now.
func TestEachMonthIsIssuedOnce(t *testing.T) {
	key, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	now, n := time.Date(2026, 11, 4, 1, 0, 0, 0, time.UTC), int64(3)
	store := &shelf{kept: map[int]bulletin.Issued{}}
	signer := proof.NewSigner(key)
	open := func() *Press {
		return &Press{
			Me: "23", Signer: signer, Now: func() time.Time { return now }, Book: figure.Default(), Store: store,
			Members:   func() []office.NodeID { return []office.NodeID{"23"} },
			Contested: func(context.Context, int) ([]proof.Signed, error) { return nil, nil },
			Months:    func(context.Context) ([]int, error) { return []int{202608, 202610, 202611}, nil },
			Said: func(_ context.Context, month int) (map[office.NodeID]proof.Signed, error) {
				sum := figure.Sum{}
				sum.Add([]figure.Tally{{Figure: "lodged", Month: month, Item: "2020-030", With: "63"}}, n)
				s, err := proof.SignJSON(signer, figure.TypStatement, figure.Statement{
					Node: "23", Month: month, Digest: figure.Default().Digest, At: now, Lines: figure.LinesOf(sum.Cells()),
				})
				return map[office.NodeID]proof.Signed{"23": s}, err
			},
		}
	}
	p := open()
	round := func(p *Press, want ...int) {
		t.Helper()
		before, _ := store.BulletinMonths(t.Context())
		if _, err := p.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		after, _ := store.BulletinMonths(t.Context())
		after = slices.DeleteFunc(after, func(m int) bool { return slices.Contains(before, m) })
		slices.Sort(after)
		if !slices.Equal(after, want) {
			t.Errorf("on %s: %v, want %v", now.Format(time.DateOnly), after, want)
		}
	}
	round(p, 202608)
	now = now.AddDate(0, 0, 1)
	store.away = errors.New("database away")
	if _, err := p.Round(t.Context()); err == nil {
		t.Error("a store that is away is no day without work")
	}
	store.away = nil
	round(p, 202610)
	n = 9 // a late fact: the issue stands
	round(open())
	x := store.kept[202610]
	if b, err := x.Check(&office.TrustList{Nodes: []office.Node{{ID: "23", Sign: key.Public()}}}); err != nil || b.Parts[0].Of("lodged").N() != 3 {
		t.Errorf("%v: %+v", err, b.Parts)
	}
	now = now.AddDate(0, 2, 0)
	round(open(), 202611)
}
