// Package count keeps the figures of a node: cases with new facts are reckoned again from their signed facts, and the
// aggregates change by the difference. What no replica has counted yet is marked in the store, in the commit of the fact.
package count

import (
	"context"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/item"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Store is what is counted and where. Uncounted claims marked cases for as long as lease; Count stores their tallies and the
// change of the aggregates in one commit, errs.Stale if another replica was first. Setting gives errs.Missing.
type Store interface {
	Uncounted(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]unit.Uncounted, error)
	Facts(ctx context.Context, caseID string) ([]casefile.Known, error)
	HeldReceipts(ctx context.Context, caseID string) ([]proof.Signed, error)
	Count(ctx context.Context, list []unit.Counted) error
	RecountFigures(ctx context.Context) error
	Setting(ctx context.Context, name string) ([]byte, error)
	SetSetting(ctx context.Context, name string, value []byte) error
}

// Counter counts. Safe for concurrent use, also by replicas.
type Counter struct {
	Kit   *unit.Kit
	Store Store
	Book  *figure.Book
}

// At once at most so many cases are counted; the lease is how long they stay with this replica.
const (
	most         = 64
	lease        = time.Minute
	basisSetting = "figures-basis"
)

// Open has everything counted again if the figures were reckoned by other definitions, or by none.
func (c *Counter) Open(ctx context.Context) error {
	have, err := c.Store.Setting(ctx, basisSetting)
	if err != nil && !errs.Is(err, errs.Missing) {
		return err
	}
	if string(have) == c.Book.Digest {
		return nil
	}
	if err := c.Store.RecountFigures(ctx); err != nil {
		return err
	}
	return c.Store.SetSetting(ctx, basisSetting, []byte(c.Book.Digest))
}

// Reckoner is what figures of this build are reckoned with: the national definitions alone say what the law's limit is.
func Reckoner(book *figure.Book, catalogue *item.Catalogue, calendar *workday.Calendar) figure.Reckoner {
	return figure.Reckoner{Book: book, Calendar: calendar, LegalLimit: func(digest string, step item.LimitKind) (workday.Limit, bool) {
		v, err := catalogue.VersionByDigest(digest)
		if err != nil {
			return workday.Limit{}, false
		}
		for _, l := range v.Limits {
			if l.Kind == step && l.Length.N > 0 {
				return l.Length, true
			}
		}
		return workday.Limit{}, false
	}}
}

// Round counts cases with new facts and gives their number. Losing the race to another replica is no error: they come again.
func (c *Counter) Round(ctx context.Context) (int, error) {
	list, err := c.Store.Uncounted(ctx, c.Kit.Now(), lease, most)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	reckoner := Reckoner(c.Book, c.Kit.Catalogue, c.Kit.Calendar)
	done := make([]unit.Counted, 0, len(list))
	for _, u := range list {
		events, err := c.events(ctx, u.Case)
		if errs.KindOf(err) == errs.Corrupt { // fsck tells; the others go on
			continue
		}
		if err != nil {
			return 0, err
		}
		done = append(done, unit.Counted{Uncounted: u, Now: reckoner.Tallies(c.Kit.Me, events)})
	}
	if err := c.Store.Count(ctx, done); err != nil && !errs.Is(err, errs.Stale) {
		return 0, err
	}
	return len(list), nil
}

// events reads what is known of a case: its facts, and the receipts of both directions. All of it was verified when it came.
func (c *Counter) events(ctx context.Context, caseID string) ([]casefile.Fact, error) {
	known, err := c.Store.Facts(ctx, caseID)
	if err != nil {
		return nil, err
	}
	signed, err := c.Store.HeldReceipts(ctx, caseID)
	if err != nil {
		return nil, err
	}
	facts := make([]casefile.Fact, len(known))
	for i, k := range known {
		facts[i] = k.Fact
	}
	receipts := make([]exchange.Receipt, len(signed))
	for i, s := range signed {
		if err := s.Into(&receipts[i]); err != nil {
			return nil, errs.Wrap(errs.CorruptRow, err, "receipt of case %s", caseID)
		}
	}
	return figure.Events(facts, receipts), nil
}
