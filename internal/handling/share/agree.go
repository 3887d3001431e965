package share

import (
	"context"
	"slices"

	"tongban/internal/domain/office"
	"tongban/internal/domain/resource"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// By is the officer who acts, as the node's own register knows them.
type By = office.Officer

func (l *Ledger) may(by By, act office.Act) error { return by.May(act, office.Matter{On: l.today()}) }

// Describe publishes a resource of the own province, or its next version; Version and Owner are filled in. errs.ResourceIncomplete.
func (l *Ledger) Describe(ctx context.Context, by By, r resource.Resource) (sharing.Statement, error) {
	if err := l.may(by, office.DescribeData); err != nil {
		return sharing.Statement{}, err
	}
	return l.say(ctx, by, func(b *sharing.Book) (sharing.Statement, error) {
		was, _ := b.Resource(l.Kit.Me, r.Key)
		r.Owner, r.Version = l.Kit.Me, was.Version+1
		if err := r.Check(); err != nil {
			return sharing.Statement{}, err
		}
		if !r.Withdrawn {
			if err := r.Fits(l.Kit.Catalogue.Evidence()); err != nil {
				return sharing.Statement{}, err
			}
		}
		return sharing.Statement{Kind: sharing.Describe, Resource: &r, Demo: r.Demo}, nil
	})
}

// Propose puts terms on the table: a new agreement if it has no number yet, otherwise a counter-proposal to the newest terms. Every
// grant of the own data must fit its description. errs.TermsIncomplete, errs.AgreementNotNow.
func (l *Ledger) Propose(ctx context.Context, by By, t sharing.Terms, demo bool) (sharing.Statement, error) {
	if err := l.may(by, office.ProposeTerms); err != nil {
		return sharing.Statement{}, err
	}
	return l.say(ctx, by, func(b *sharing.Book) (sharing.Statement, error) {
		if t.Agreement == "" {
			t.Agreement, t.Version = unit.NewID(), 1
		} else {
			a, ok := b.Agreement(t.Agreement)
			if !ok {
				return sharing.Statement{}, errs.New(errs.AgreementUnknown, "%.40q", t.Agreement)
			}
			if standing, _ := a.Stands(l.today()); standing == sharing.Ended {
				return sharing.Statement{}, errs.New(errs.AgreementNotNow, "%s is %s", a.ID, standing)
			}
			last, ok := a.Newest(l.Kit.Me)
			if !ok {
				return sharing.Statement{}, errs.New(errs.AgreementUnknown, "%s is of others", t.Agreement)
			}
			t.Version, t.Prev = last.Terms.Version+1, last.Hash
		}
		slices.Sort(t.Parties)
		if err := t.Check(); err != nil {
			return sharing.Statement{}, err
		}
		for _, g := range t.Grants {
			r, ok := b.Resource(g.Provider, g.Resource)
			if !ok {
				return sharing.Statement{}, errs.New(errs.ResourceUnknown, "%s/%.40q", g.Provider, g.Resource)
			}
			if err := g.Fits(r, t.From); err != nil {
				return sharing.Statement{}, err
			}
		}
		return sharing.Statement{Kind: sharing.Propose, Terms: &t, Demo: demo}, nil
	})
}

// SignTerms makes the own province stand by the terms on the table. Who proposed them does not sign them
// (政务数据共享条例 第20条: the head of the own office signs off). errs.SharingSecondPerson, errs.AgreementNotNow.
func (l *Ledger) SignTerms(ctx context.Context, by By, id string) (sharing.Statement, error) {
	if err := l.may(by, office.SignTerms); err != nil {
		return sharing.Statement{}, err
	}
	return l.say(ctx, by, func(b *sharing.Book) (sharing.Statement, error) {
		a, x, err := l.table(b, id)
		if err != nil {
			return sharing.Statement{}, err
		}
		if x.By == l.Kit.Me && x.Officer == by.ID {
			return sharing.Statement{}, errs.New(errs.SharingSecondPerson, "%s proposed %s", by.ID, a.ID)
		}
		if _, done := a.Signed[x.Hash][l.Kit.Me]; done {
			return sharing.Statement{}, errs.New(errs.AgreementNotNow, "%s is signed", a.ID)
		}
		for _, g := range x.Terms.Grants {
			if r, ok := b.Resource(g.Provider, g.Resource); g.Provider != l.Kit.Me {
				continue
			} else if !ok {
				return sharing.Statement{}, errs.New(errs.ResourceUnknown, "%s", g.Resource)
			} else if err := g.Fits(r, x.Terms.From); err != nil {
				return sharing.Statement{}, err
			}
		}
		return sharing.Statement{Kind: sharing.Sign, Agreement: a.ID, On: x.Hash, Demo: a.Demo}, nil
	})
}

// table is an agreement that this node is a party of and that was not ended, with the newest terms.
func (l *Ledger) table(b *sharing.Book, id string) (sharing.Agreement, sharing.Text, error) {
	a, ok := b.Agreement(id)
	x, mine := a.Newest(l.Kit.Me)
	if !ok || !mine {
		return a, x, errs.New(errs.AgreementUnknown, "%.40q", id)
	}
	if standing, _ := a.Stands(l.today()); standing == sharing.Ended || a.Last[l.Kit.Me].Kind == sharing.End {
		return a, x, errs.New(errs.AgreementNotNow, "%s is %s", id, standing)
	}
	return a, x, nil
}

// Stop suspends (kind sharing.Suspend), resumes or ends the own side of an agreement, with a reason. It holds here at once and
// needs nobody's leave (第27条: the reason is told). errs.AgreementNotNow.
func (l *Ledger) Stop(ctx context.Context, by By, id string, kind sharing.Kind, reason string) (sharing.Statement, error) {
	if err := l.may(by, office.StopSharing); err != nil {
		return sharing.Statement{}, err
	}
	return l.say(ctx, by, func(b *sharing.Book) (sharing.Statement, error) {
		a, _, err := l.table(b, id)
		if err != nil {
			return sharing.Statement{}, err
		}
		if _, agreed := a.Agreed(); kind != sharing.End && !agreed || (kind == sharing.Resume) != (a.Last[l.Kit.Me].Kind == sharing.Suspend) && kind != sharing.End {
			return sharing.Statement{}, errs.New(errs.AgreementNotNow, "%s of %s", kind, a.ID)
		}
		if kind == sharing.Resume {
			reason = ""
		}
		return sharing.Statement{Kind: kind, Agreement: a.ID, Reason: reason, Demo: a.Demo}, nil
	})
}
