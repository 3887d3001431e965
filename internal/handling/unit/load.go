package unit

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/kernel/errs"
)

// Cases is where a use case loads from. Recent gives a case as this process knew it last, without asking the database;
// another replica may have changed it since. What builds on an old one is refused by Commit with errs.Stale if it changes
// the case; a unit that does not may be committed only on what Case gave.
type Cases interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	Recent(id string) (c casefile.Case, ok bool)
}

// Act loads a case as somebody saw it and lets do change and commit it: with a row other than the stored one it is
// errs.Stale, so that nobody acts on a page that is out of date. Row 0 takes the case as it is.
//
// It begins with what the process remembers, which spares a read. If do fails on that, it is repeated on what is stored,
// unless that is the same: no answer comes from an old memory.
func Act(ctx context.Context, store Cases, id string, row int64, do func(c casefile.Case) (casefile.Case, error)) (casefile.Case, error) {
	recent, ok := store.Recent(id)
	if ok = ok && (row == 0 || row == recent.Row); ok {
		done, err := do(recent)
		if err == nil || !undone(err) {
			return done, err
		}
		c, again := store.Case(ctx, id)
		if again != nil || c.Row == recent.Row {
			return done, err
		}
		return onRow(c, row, do)
	}
	c, err := store.Case(ctx, id)
	if err != nil {
		return casefile.Case{}, err
	}
	return onRow(c, row, do)
}

func onRow(c casefile.Case, row int64, do func(casefile.Case) (casefile.Case, error)) (casefile.Case, error) {
	if row != 0 && c.Row != row {
		return casefile.Case{}, errs.New(errs.Stale, "%s was read at %d, is at %d", c.No, row, c.Row)
	}
	return do(c)
}

// undone reports whether an error of a use case is a word on what was asked, so that nothing is stored. Any other says that
// something went wrong on the way, and that what was asked may have taken place.
func undone(err error) bool {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Unauthenticated, errs.Forbidden, errs.NotFound, errs.Conflict, errs.TooLarge:
		return true
	case errs.Internal, errs.Unavailable, errs.Exhausted, errs.Corrupt:
	}
	return false
}

// Retry runs act again while it loses a race for a case, five times at most: the work is small and the winner is done by
// then. For an officer's act a lost race is an answer, not something to repeat; this is for arrivals and receipts.
func Retry(ctx context.Context, act func() error) error {
	var err error
	for range 5 {
		if err = act(); !errs.Is(err, errs.Stale) || ctx.Err() != nil {
			return err
		}
	}
	return err
}
