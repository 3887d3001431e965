package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/proof"
)

// licences measures issuing or verifying the licence that a real life cycle ends with: the functions, nothing stored.
func licences(ctx context.Context, o Options, r *Result, say func(string, ...any)) (err error) {
	o.DSN = "sqlite"
	p, err := newPair(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	signed, err := p.oneLicence(ctx)
	if err != nil {
		return err
	}
	trust, signer := p.there.Trust.List(), p.there.Kit.Signer
	l, err := licence.Verify(signed, trust)
	if err != nil {
		return err
	}
	do := func() error { _, err := licence.Verify(signed, trust); return err }
	raw := func() error { return proof.Check(signed, licence.Typ, signer.Public()) }
	if o.What == "licence-issue" {
		do = func() error { _, err := licence.Issue(signer, l); return err }
		raw = func() error { _, err := signer.Sign(licence.Typ, signed.Body); return err }
	}
	if r.LimitPerSecond, err = onAllCores(o.For, raw); err != nil {
		return err
	}
	var mu sync.Mutex // guards all
	var all times
	n := 0
	r.PerSecond, err = onAllCores(o.For, func() error {
		begun := time.Now()
		if err := do(); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if n++; n%16 == 0 {
			all.add(time.Since(begun))
		}
		return nil
	})
	q := all.at(0.5, 0.95, 0.99)
	r.P50, r.P95, r.P99 = ms(q[0]), ms(q[1]), ms(q[2])
	say("%s of a licence of %d bytes on all cores: %.0f/s, p50 %.3f ms, p99 %.3f ms; its signature alone %.0f/s", o.What, len(signed.Body), r.PerSecond, r.P50, r.P99, r.LimitPerSecond)
	return err
}

// oneLicence plays one life and gives its licence.
func (p *pair) oneLicence(ctx context.Context) (proof.Signed, error) {
	id, err := p.life(ctx, func(int, time.Duration) {})
	if err == nil {
		err = p.proved(ctx, id)
	}
	if err != nil {
		return proof.Signed{}, err
	}
	papers, err := p.there.Store.Papers(ctx, id)
	if err != nil {
		return proof.Signed{}, err
	}
	for _, paper := range papers {
		if paper.Kind == licence.Typ {
			return paper.Signed, nil
		}
	}
	return proof.Signed{}, errors.New("the life cycle ended without a licence")
}
