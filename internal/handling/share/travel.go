package share

import (
	"context"
	"maps"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// NewsKind is the door of the channel at which statements travel.
const NewsKind = "sharing"

// news is what two nodes tell each other: how far each knows every province's chain, and statements that the other lacks. It is
// not signed itself; what counts are the signatures inside.
type news struct {
	Have map[office.NodeID]int `json:"have"`
	Said []proof.Signed        `json:"said,omitempty"`
}

// Bounds of one message.
const (
	mostNews  = 64
	newsBytes = 1 << 20
	newsMax   = 4 << 20
	roundsMax = 64 // of one meeting with a node that never runs out of news
)

func readNews(from office.NodeID, body []byte) (news, error) {
	var in news
	if len(body) > newsMax {
		return in, errs.New(errs.SharingUnreadable, "%d bytes from %s", len(body), from)
	}
	if err := proof.Unmarshal(body, &in); err != nil {
		return in, err
	}
	if len(in.Said) > mostNews || len(in.Have) > 2*mostNews {
		return in, errs.New(errs.SharingUnreadable, "%d statements from %s", len(in.Said), from)
	}
	return in, nil
}

// ReceiveNews answers another node: it takes in what came and tells what the other lacks.
func (l *Ledger) ReceiveNews(ctx context.Context, from office.NodeID, body []byte) ([]byte, error) {
	in, err := readNews(from, body)
	if err != nil {
		return nil, err
	}
	if err := l.takeAll(ctx, from, in.Said); err != nil {
		return nil, err
	}
	return proof.Marshal(news{Have: l.have(), Said: l.lacking(in.Have)})
}

// takeAll takes in what can be; only a store that fails ends it.
func (l *Ledger) takeAll(ctx context.Context, from office.NodeID, list []proof.Signed) error {
	for _, s := range list {
		if err := l.Take(ctx, from, s); err != nil && (errs.KindOf(err) == errs.Internal || errs.Is(err, errs.TryLater)) {
			return err
		}
	}
	return nil
}

func (l *Ledger) have() map[office.NodeID]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[office.NodeID]int, len(l.chains))
	for who, chain := range l.chains {
		out[who] = len(chain)
	}
	return out
}

// lacking are statements that somebody who has so much lacks, each province's in order, no more than a message takes.
func (l *Ledger) lacking(have map[office.NodeID]int) []proof.Signed {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []proof.Signed
	size := 0
	for who, list := range l.signed {
		for _, s := range list[min(max(have[who], 0), len(list)):] {
			if size += len(s.Body); len(out) == mostNews || (size > newsBytes && len(out) > 0) {
				return out
			}
			out = append(out, s)
		}
	}
	return out
}

// Channel puts one question to another node and brings the answer; see handover.Channel.
type Channel interface {
	Ask(ctx context.Context, to office.NodeID, body []byte) (answer []byte, err error)
}

// Meet brings this node and another to the same knowledge as far as both accept it.
func (l *Ledger) Meet(ctx context.Context, with office.NodeID, ask Channel) error {
	var theirs map[office.NodeID]int
	for range roundsMax {
		out := news{Have: l.have()}
		if theirs != nil {
			out.Said = l.lacking(theirs)
		}
		body, err := proof.Marshal(out)
		if err != nil {
			return err
		}
		raw, err := ask.Ask(ctx, with, body)
		if err != nil {
			return err
		}
		in, err := readNews(with, raw)
		if err != nil {
			return err
		}
		if err := l.takeAll(ctx, with, in.Said); err != nil {
			return err
		}
		stuck := theirs != nil && len(in.Said) == 0 && maps.Equal(theirs, in.Have) // they take nothing more of ours
		theirs = in.Have
		if stuck || len(in.Said) < mostNews && len(l.lacking(theirs)) == 0 {
			return nil
		}
	}
	return nil
}
