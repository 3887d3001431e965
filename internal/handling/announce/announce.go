// Package announce issues the monthly bulletins (通报): what is due is drawn up, signed and kept, once. Nobody chooses whether a month is
// published: the clock does, good or bad.
package announce

import (
	"context"
	"slices"
	"time"

	"tongban/internal/domain/bulletin"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Store keeps what was issued, durably. KeepBulletin is errs.Stale if the month has one; Bulletin gives errs.Missing.
type Store interface {
	BulletinMonths(ctx context.Context) ([]int, error)
	Bulletin(ctx context.Context, month int) (bulletin.Issued, error)
	KeepBulletin(ctx context.Context, month int, at time.Time, x bulletin.Issued) error
}

// Press issues one site's bulletins. Not safe for concurrent use; replicas may each have one.
type Press struct {
	Me      office.NodeID
	Signer  *proof.Signer
	Now     func() time.Time // business time
	Book    *figure.Book
	Store   Store
	Members func() []office.NodeID // whose figures a bulletin should hold
	// Months are those that figures were stated of; Said the newest signed statement of each place.
	Months func(ctx context.Context) ([]int, error)
	Said   func(ctx context.Context, month int) (map[office.NodeID]proof.Signed, error)
	// Contested are the signed words of objections to figures of a month that stand.
	Contested func(ctx context.Context, month int) ([]proof.Signed, error)

	looked workday.Date // the day on which nothing was left to do
}

// mostMonths is how far back a site that was down issues what it missed.
const mostMonths = 24

// Round issues what is due and gives the number of bulletins. On a day on which it has found nothing left it reads nothing.
func (p *Press) Round(ctx context.Context) (int, error) {
	today := workday.DateOf(p.Now())
	if today == p.looked {
		return 0, nil
	}
	due, err := p.due(ctx, bulletin.Due(today))
	if err != nil {
		return 0, err
	}
	for n, month := range due {
		if err := p.issue(ctx, month); err != nil && !errs.Is(err, errs.Stale) { // a replica was first: its issue stands
			return n, err
		}
	}
	p.looked = today
	return len(due), nil
}

// due are the months up to one that have figures and no bulletin, the first first.
func (p *Press) due(ctx context.Context, last int) ([]int, error) {
	with, err := p.Months(ctx)
	if err != nil {
		return nil, err
	}
	have, err := p.Store.BulletinMonths(ctx)
	if err != nil {
		return nil, err
	}
	var out []int
	for _, m := range slices.Compact(slices.Sorted(slices.Values(with))) {
		if m <= last && !slices.Contains(have, m) {
			out = append(out, m)
		}
	}
	return out[max(0, len(out)-mostMonths):], nil
}

func (p *Press) issue(ctx context.Context, month int) error {
	said, err := p.Said(ctx, month)
	if err != nil {
		return err
	}
	now := p.Now()
	b, err := bulletin.Make(p.Me, month, p.Book, p.Members(), said, now)
	if err != nil {
		return err
	}
	if b.Contested, err = p.Contested(ctx, month); err != nil {
		return err
	}
	x := bulletin.Issued{}
	for _, part := range b.Parts {
		x.Statements = append(x.Statements, said[part.Node])
	}
	if x.Bulletin, err = proof.SignJSON(p.Signer, bulletin.Typ, b); err != nil {
		return err
	}
	return p.Store.KeepBulletin(ctx, month, now, x)
}
