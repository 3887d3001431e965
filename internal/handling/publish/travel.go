package publish

import (
	"context"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Kind is the door of the channel at which rules travel.
const Kind = "rules"

// News is what two nodes tell each other: how far each knows every publisher's chain, and bundles that the other lacks. It is not
// signed itself; what counts are the signatures inside.
type News struct {
	Have    map[office.NodeID]int `json:"have"`
	Bundles []proof.Signed        `json:"bundles,omitempty"`
}

// Bounds of one message: enough for a year's rules of a province, and little to verify in vain.
const (
	mostNews  = 64
	newsBytes = 1 << 20
	newsMax   = 4 << 20
)

// Receive answers another node: it takes in what came and tells what the other lacks. A bundle that is refused does not
// keep others from being taken in.
func (p *Press) Receive(ctx context.Context, from office.NodeID, body []byte) ([]byte, error) {
	if len(body) > newsMax {
		return nil, errs.New(errs.RulesTooLarge, "%d bytes from %s", len(body), from)
	}
	var in News
	if err := proof.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	if len(in.Bundles) > mostNews {
		return nil, errs.New(errs.RulesTooLarge, "%d bundles from %s", len(in.Bundles), from)
	}
	if err := p.takeAll(ctx, from, in.Bundles); err != nil {
		return nil, err
	}
	return proof.Marshal(News{Have: p.have(), Bundles: p.lacking(in.Have)})
}

// takeAll takes in what can be; only a store that fails ends it.
func (p *Press) takeAll(ctx context.Context, from office.NodeID, list []proof.Signed) error {
	for _, s := range list {
		if err := p.Take(ctx, from, s); err != nil && (errs.KindOf(err) == errs.Internal || errs.Is(err, errs.TryLater)) {
			return err
		}
	}
	return nil
}

func (p *Press) have() map[office.NodeID]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make(map[office.NodeID]int, len(p.chains))
	for who, chain := range p.chains {
		out[who] = len(chain)
	}
	return out
}

// lacking are bundles that somebody who has so much lacks, each publisher's in order, no more than a message takes.
func (p *Press) lacking(have map[office.NodeID]int) []proof.Signed {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []proof.Signed
	size := 0
	for who, list := range p.signed {
		for _, s := range list[min(max(have[who], 0), len(list)):] {
			if size += len(s.Body); len(out) == mostNews || (size > newsBytes && len(out) > 0) {
				return out
			}
			out = append(out, s)
		}
	}
	return out
}

// Ask gives one message to another node and gives its answer.
type Ask func(ctx context.Context, to office.NodeID, body []byte) ([]byte, error)

// roundsMax bounds one meeting with a node that never runs out of news.
const roundsMax = 64

// Meet brings this node and another to the same knowledge as far as both accept it.
func (p *Press) Meet(ctx context.Context, with office.NodeID, ask Ask) error {
	var theirs map[office.NodeID]int
	for range roundsMax {
		before := p.have()
		out := News{Have: before}
		if theirs != nil {
			out.Bundles = p.lacking(theirs)
		}
		body, err := proof.Marshal(out)
		if err != nil {
			return err
		}
		raw, err := ask(ctx, with, body)
		if err != nil {
			return err
		}
		if len(raw) > newsMax {
			return errs.New(errs.RulesTooLarge, "%d bytes from %s", len(raw), with)
		}
		var in News
		if err := proof.Unmarshal(raw, &in); err != nil {
			return err
		}
		if len(in.Bundles) > mostNews {
			return errs.New(errs.RulesTooLarge, "%d bundles from %s", len(in.Bundles), with)
		}
		if err := p.takeAll(ctx, with, in.Bundles); err != nil {
			return err
		}
		moved := !sameCounts(before, p.have()) || (theirs != nil && len(out.Bundles) > 0 && !sameCounts(theirs, in.Have))
		theirs = in.Have
		if !moved && (len(p.lacking(theirs)) == 0 || len(out.Bundles) > 0) {
			return nil
		}
	}
	return nil
}

func sameCounts(a, b map[office.NodeID]int) bool {
	if len(a) != len(b) {
		return false
	}
	for k, n := range a {
		if b[k] != n {
			return false
		}
	}
	return true
}
