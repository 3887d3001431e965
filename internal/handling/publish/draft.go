package publish

import (
	"context"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/bundle"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// By is the officer who acts, as the node's own register knows them.
type By = office.Officer

// may asks the table of authority for an act on rules.
func (p *Press) may(by By, act office.Act) error {
	return by.May(act, office.Matter{On: p.today()})
}

// Begin opens a draft. The author is who begins it. errs.RulesNotTheirs for a place of another province.
func (p *Press) Begin(ctx context.Context, by By, c bundle.Content) (bundle.Draft, error) {
	if err := p.may(by, office.DraftRules); err != nil {
		return bundle.Draft{}, err
	}
	if c.Place != "" && c.Place.Province() != string(p.Kit.Me) {
		return bundle.Draft{}, errs.New(errs.RulesNotTheirs, "%s for %s", p.Kit.Me, c.Place)
	}
	c.Author = by.ID
	d := bundle.Draft{ID: unit.NewID(), Content: c, State: bundle.Drafting, Saved: p.now()}
	return p.save(ctx, by, d, "draft")
}

// Save puts a changed content in; what was approved is approved no longer. row is the version that the officer saw.
func (p *Press) Save(ctx context.Context, by By, id string, row int64, c bundle.Content) (bundle.Draft, error) {
	return p.change(ctx, by, office.DraftRules, id, row, "save", func(d bundle.Draft) (bundle.Draft, error) {
		if c.Place != "" && c.Place.Province() != string(p.Kit.Me) {
			return d, errs.New(errs.RulesNotTheirs, "%s for %s", p.Kit.Me, c.Place)
		}
		return d.Change(c, p.now())
	})
}

// Drop gives a draft up.
func (p *Press) Drop(ctx context.Context, by By, id string, row int64) (bundle.Draft, error) {
	return p.change(ctx, by, office.DraftRules, id, row, "drop", func(d bundle.Draft) (bundle.Draft, error) {
		if d.State != bundle.Drafting {
			return d, errs.New(errs.RulesDraftClosed, "%s is %s", d.ID, d.State)
		}
		d.State, d.Saved = bundle.Dropped, p.now()
		return d, nil
	})
}

// Approve is one steward's act. It returns errs.RulesSecondPerson, and what stands against the content: see Against.
func (p *Press) Approve(ctx context.Context, by By, id string, row int64) (bundle.Draft, error) {
	return p.change(ctx, by, office.ApproveRules, id, row, "approve", func(d bundle.Draft) (bundle.Draft, error) {
		if err := p.Against(d.Content); err != nil {
			return d, err
		}
		return d.Approve(p.Kit.Signer, p.Kit.Me, by.ID, by.Office, p.now())
	})
}

// Against says why a content may not be published, nil if it may: errs.RulesBackdated, errs.RulesBreakNational,
// errs.RulesNoTrial, errs.RulesTrialsFail.
func (p *Press) Against(c bundle.Content) error {
	overlay := c.Kind == bundle.Overlay || c.Kind == bundle.Withdrawal
	if overlay && c.From.Before(p.today()) {
		return errs.New(errs.RulesBackdated, "from %s", c.From)
	}
	if err := (bundle.Bundle{Publisher: p.Kit.Me, At: p.now(), Content: c}).Judge(p.Kit.Catalogue); err != nil {
		return err
	}
	if c.Kind == bundle.Overlay && len(c.Trials) == 0 {
		return errs.New(errs.RulesNoTrial, "%s %s", c.Place, c.Item)
	}
	if failed := c.Try(p.Kit.Catalogue, p.Kit.Regions); overlay && len(failed) > 0 {
		return errs.New(errs.RulesTrialsFail, "%d of %d", len(failed), len(c.Trials))
	}
	return nil
}

// Publish signs and numbers an approved draft. It is in force here when this returns, from its day on, and travels to the
// others by itself. errs.RulesUnapproved, and what Against says.
func (p *Press) Publish(ctx context.Context, by By, id string, row int64) (bundle.Bundle, error) {
	if err := p.may(by, office.PublishRules); err != nil {
		return bundle.Bundle{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	d, err := p.load(ctx, id, row)
	if err != nil {
		return bundle.Bundle{}, err
	}
	switch {
	case d.State != bundle.Drafting:
		return bundle.Bundle{}, errs.New(errs.RulesDraftClosed, "%s is %s", d.ID, d.State)
	case !d.Ready():
		return bundle.Bundle{}, errs.New(errs.RulesUnapproved, "%d approvals", len(d.Approvals))
	}
	if err := p.Against(d.Content); err != nil {
		return bundle.Bundle{}, err
	}
	if _, err := p.reload(ctx); err != nil {
		return bundle.Bundle{}, err
	}
	now := p.now()
	s, err := bundle.Sign(p.Kit.Signer, p.Kit.Me, p.link(p.Kit.Me), d.Content, d.Approvals, now)
	if err != nil {
		return bundle.Bundle{}, err
	}
	b, err := p.judge(s, s.Hash()) // as everybody else will
	if err != nil {
		return bundle.Bundle{}, err
	}
	d.State, d.Seq, d.Saved = bundle.Issued, b.Seq, now
	return b, p.store(ctx, b, s, unit.Unit{At: now, Drafted: &unit.Drafted{Draft: d}, Log: []accesslog.Entry{
		{Kind: accesslog.Rule, At: now, Who: by.ID, What: "publish " + name(b), Reason: d.ID, Fact: s.Hash()},
	}})
}

func (p *Press) load(ctx context.Context, id string, row int64) (bundle.Draft, error) {
	d, err := p.Drafts.RuleDraft(ctx, id)
	if err == nil && row != 0 && d.Row != row {
		err = errs.New(errs.Stale, "draft %s was read at %d, is at %d", id, row, d.Row)
	}
	return d, err
}

func (p *Press) change(ctx context.Context, by By, act office.Act, id string, row int64, what string, f func(bundle.Draft) (bundle.Draft, error)) (bundle.Draft, error) {
	if err := p.may(by, act); err != nil {
		return bundle.Draft{}, err
	}
	d, err := p.load(ctx, id, row)
	if err != nil {
		return d, err
	}
	if d, err = f(d); err != nil {
		return d, err
	}
	return p.save(ctx, by, d, what)
}

func (p *Press) save(ctx context.Context, by By, d bundle.Draft, what string) (bundle.Draft, error) {
	hash, err := d.Content.Hash()
	if err != nil {
		return d, err
	}
	now := p.now()
	err = p.Store.Commit(ctx, unit.Unit{At: now, Drafted: &unit.Drafted{Draft: d}, Log: []accesslog.Entry{
		{Kind: accesslog.Rule, At: now, Who: by.ID, What: what, Reason: d.ID, Fact: hash},
	}})
	d.Row++
	return d, err
}
