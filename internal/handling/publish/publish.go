// Package publish brings rules into force: stewards draft and approve them, the node signs and numbers them, they travel to
// every node, and each takes in only what it has verified by itself. What was taken in holds at once in the catalogue
// that everything else asks, and after a restart again.
package publish

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/bundle"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Store is where bundles are kept. Commit stores them durably with their log entries or fails with errs.Stale if another
// replica took the number. Safe for concurrent use.
type Store interface {
	Bundles(ctx context.Context, publisher office.NodeID, after, limit int) ([]unit.RuleBundle, error)
	Publishers(ctx context.Context) (map[office.NodeID]int, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Drafts is where a province's stewards keep what they work on. RuleDraft gives errs.Missing for one that is not here.
type Drafts interface {
	RuleDraft(ctx context.Context, id string) (bundle.Draft, error)
	RuleDrafts(ctx context.Context, state bundle.DraftState, limit int) ([]bundle.Draft, error)
}

// Press is a node's book of rules. Safe for concurrent use.
type Press struct {
	Kit      *unit.Kit // its Catalogue must be a fork
	Store    Store
	Drafts   Drafts // nil at the hub
	Operator []byte // public key that signs the national layer
	Log      *slog.Logger
	// Woken is called after something was taken in, so that it can travel on; it must not block. May be nil.
	Woken func()

	mu      sync.Mutex // guards what follows; one bundle is taken in at a time
	chains  map[office.NodeID][]proof.Hash
	list    []bundle.Bundle
	signed  map[office.NodeID][]proof.Signed
	refused map[proof.Hash]bool // that were logged, so that a repeat fills no log
}

// page is how many bundles are read at once, refusedMax how many refusals are remembered.
const (
	page       = 256
	refusedMax = 1024
)

// farAhead is how far a publisher's clock may be ahead of ours.
const farAhead = 48 * time.Hour

// Reload takes in what the store holds and this process does not: at the start, and what another replica took in. It
// reports whether there was anything.
func (p *Press) Reload(ctx context.Context) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reload(ctx)
}

func (p *Press) reload(ctx context.Context) (bool, error) {
	last, err := p.Store.Publishers(ctx)
	if err != nil {
		return false, err
	}
	changed := false
	for who, seq := range last {
		for len(p.chains[who]) < seq {
			list, err := p.Store.Bundles(ctx, who, len(p.chains[who]), page)
			if err != nil {
				return changed, err
			}
			if len(list) == 0 {
				return changed, errs.New(errs.CorruptRow, "rules of %s end at %d, not %d", who, len(p.chains[who]), seq)
			}
			for _, row := range list {
				var b bundle.Bundle
				if err := row.Signed.Into(&b); err != nil || row.Seq != len(p.chains[who])+1 {
					return changed, errs.New(errs.CorruptRow, "rules of %s, number %d", who, row.Seq)
				}
				p.absorb(b, row.Signed)
				changed = true
			}
		}
	}
	if changed {
		p.inForce()
	}
	return changed, nil
}

func (p *Press) absorb(b bundle.Bundle, s proof.Signed) {
	if p.chains == nil {
		p.chains, p.signed = map[office.NodeID][]proof.Hash{}, map[office.NodeID][]proof.Signed{}
	}
	p.chains[b.Publisher] = append(p.chains[b.Publisher], s.Hash())
	p.signed[b.Publisher] = append(p.signed[b.Publisher], s)
	p.list = append(p.list, b)
}

// inForce gives the catalogue what is here now. Publishers do not depend on each other, so only each one's order counts.
func (p *Press) inForce() {
	p.Kit.Catalogue.Install(bundle.Published(p.list))
}

// Taken lists the bundles that are here, each publisher's in order, the last taken in last.
func (p *Press) Taken() []bundle.Bundle {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.list)
}

// Signed is one bundle as it was signed; errs.Missing if it is not here.
func (p *Press) Signed(who office.NodeID, seq int) (proof.Signed, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if seq < 1 || seq > len(p.signed[who]) {
		return proof.Signed{}, errs.New(errs.Missing, "rules of %s, number %d", who, seq)
	}
	return p.signed[who][seq-1], nil
}

func (p *Press) link(who office.NodeID) bundle.Link {
	chain := p.chains[who]
	if len(chain) == 0 {
		return bundle.Link{}
	}
	return bundle.Link{Seq: len(chain), Hash: chain[len(chain)-1]}
}

// Take verifies a bundle that came from another node and puts it in force: who signed and approved it, its place in the
// publisher's chain, its day, and that its rules keep within the national ones. A refusal is logged with its code. A bundle
// that is here already is errs.RulesOld and nothing to log.
func (p *Press) Take(ctx context.Context, from office.NodeID, s proof.Signed) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	hash := s.Hash()
	b, err := p.judge(s, hash)
	if errs.Is(err, errs.RulesGap) || errs.Is(err, errs.RulesOld) {
		return err
	}
	if err == nil {
		now := p.now()
		err = p.store(ctx, b, s, unit.Unit{At: now, Log: []accesslog.Entry{
			{Kind: accesslog.Rule, At: now, Who: string(from), What: "take " + name(b), Fact: hash},
		}})
	}
	if code := errs.CodeOf(err); err != nil && code.Kind() != errs.Unavailable && !p.refused[hash] {
		if logged := p.refuse(ctx, from, hash, b, err); logged != nil {
			return logged
		}
	}
	return err
}

// refuse leaves a record of a bundle that was not taken.
func (p *Press) refuse(ctx context.Context, from office.NodeID, hash proof.Hash, b bundle.Bundle, why error) error {
	if p.refused == nil || len(p.refused) >= refusedMax {
		p.refused = map[proof.Hash]bool{}
	}
	p.refused[hash] = true
	if p.Log != nil {
		p.Log.LogAttrs(ctx, slog.LevelWarn, "rules refused", slog.String("from", string(from)), slog.String("hash", hash.String()), slog.String("error", why.Error()))
	}
	now := p.now()
	return p.Store.Commit(ctx, unit.Unit{At: now, Log: []accesslog.Entry{{
		Kind: accesslog.Rule, At: now, Who: string(from), What: "refuse " + name(b), Reason: strconv.Itoa(int(errs.CodeOf(why))), Fact: hash,
	}}})
}

// name is how a log and people call a bundle: 63/4.
func name(b bundle.Bundle) string { return string(b.Publisher) + "/" + strconv.Itoa(b.Seq) }

func (p *Press) judge(s proof.Signed, hash proof.Hash) (bundle.Bundle, error) {
	b, err := bundle.Open(s, p.Kit.Trust(), p.Operator)
	if err != nil {
		return b, err
	}
	var known proof.Hash
	if chain := p.chains[b.Publisher]; b.Seq <= len(chain) {
		known = chain[b.Seq-1]
	}
	if err := p.link(b.Publisher).Next(b, hash, known); err != nil {
		return b, err
	}
	if now := p.Kit.Now(); b.At.After(now.Add(farAhead)) {
		return b, errs.New(errs.ClockAhead, "rules of %s from %s", b.Publisher, b.At.UTC().Format(time.RFC3339))
	}
	return b, b.Judge(p.Kit.Catalogue)
}

// store commits a bundle and puts it in force. If another replica was faster the caller is told what is here now.
func (p *Press) store(ctx context.Context, b bundle.Bundle, s proof.Signed, u unit.Unit) error {
	hash := s.Hash()
	u.Rules = []unit.RuleBundle{{Publisher: b.Publisher, Seq: b.Seq, Hash: hash, At: u.At, Signed: s}}
	err := p.Store.Commit(ctx, u)
	if errs.Is(err, errs.Stale) {
		if _, err := p.reload(ctx); err != nil {
			return err
		}
		if chain := p.chains[b.Publisher]; b.Seq <= len(chain) {
			return p.link(b.Publisher).Next(b, hash, chain[b.Seq-1])
		}
		return err
	}
	if err != nil {
		return err
	}
	p.absorb(b, s)
	p.inForce()
	if p.Woken != nil {
		p.Woken()
	}
	return nil
}

func (p *Press) now() time.Time { return p.Kit.Now().UTC().Truncate(time.Microsecond) }

func (p *Press) today() workday.Date { return workday.DateOf(p.Kit.Now()) }

// Sign publishes the operator's national layer: that the built-in catalogue with this digest is the one. What is signed
// already is not signed again.
func (p *Press) Sign(ctx context.Context, digest string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last, ok := p.national(); ok && last.Content.Name == digest {
		return nil
	}
	now := p.now()
	c := bundle.Content{Kind: bundle.National, Name: digest, From: workday.DateOf(now)}
	s, err := bundle.Sign(p.Kit.Signer, office.Hub, p.link(office.Hub), c, nil, now)
	if err != nil {
		return err
	}
	var b bundle.Bundle
	if err := s.Into(&b); err != nil {
		return err
	}
	return p.store(ctx, b, s, unit.Unit{At: now})
}

// National is the operator's last word on the national layer; false if none came yet.
func (p *Press) National() (bundle.Bundle, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.national()
}

func (p *Press) national() (bundle.Bundle, bool) {
	i := -1
	for n, b := range p.list {
		if b.Content.Kind == bundle.National {
			i = n
		}
	}
	if i < 0 {
		return bundle.Bundle{}, false
	}
	return p.list[i], true
}
