package sim

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"testing/cryptotest"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/node"
)

// liar is a node's store that does not do what its caller relies on.
type liar struct {
	handover.Store
	commit  func(ctx context.Context, u unit.Unit) error
	arrival func(a exchange.Arrival, ok bool) (exchange.Arrival, bool)
}

func (l liar) Commit(ctx context.Context, u unit.Unit) error {
	if l.commit != nil {
		return l.commit(ctx, u)
	}
	return l.Store.Commit(ctx, u)
}

func (l liar) Arrival(ctx context.Context, from office.NodeID, id string) (exchange.Arrival, bool, error) {
	a, ok, err := l.Store.Arrival(ctx, from, id)
	if l.arrival != nil {
		a, ok = l.arrival(a, ok)
	}
	return a, ok, err
}

// changed lets a post room commit something else than it wants to.
func changed(change func(u *unit.Unit)) func(*node.Node) {
	return func(n *node.Node) {
		real := n.Post.Store
		n.Post.Store = liar{Store: real, commit: func(ctx context.Context, u unit.Unit) error {
			change(&u)
			return real.Commit(ctx, u)
		}}
	}
}

// issuing lets the issuer of licences commit something else than it wants to.
type issuing struct {
	certifyStore
	change func(u *unit.Unit)
}

type certifyStore interface {
	unit.Cases
	Serial(ctx context.Context, name string) (int64, error)
	Facts(ctx context.Context, caseID string) ([]casefile.Known, error)
	Commit(ctx context.Context, u unit.Unit) error
}

func (i issuing) Commit(ctx context.Context, u unit.Unit) error {
	i.change(&u)
	return i.certifyStore.Commit(ctx, u)
}

// TestTheSimulationCanFail breaks one rule after the other in every node and expects to be told within a few seeds.
func TestTheSimulationCanFail(t *testing.T) {
	for _, test := range []struct {
		name, want string
		sabotage   func(*node.Node)
	}{
		{"the inbox row is dropped", "I1|I2", changed(func(u *unit.Unit) { u.In = nil })},
		{"acknowledged before the commit", "I1", func(n *node.Node) {
			real := n.Post.Store
			n.Post.Store = liar{Store: real, commit: func(ctx context.Context, u unit.Unit) error {
				if u.In != nil {
					return nil
				}
				return real.Commit(ctx, u)
			}}
		}},
		{"the envelope is not in the outbox", "I2", changed(func(u *unit.Unit) { u.Out = nil })},
		{"the receipt is stored without its effect", "I2", changed(func(u *unit.Unit) {
			if len(u.Settled) > 0 {
				u.Case = nil
			}
		})},
		{"custody goes over without the receipt", "I9", changed(func(u *unit.Unit) { u.Settled = nil })},
		{"a repeat is not recognised", "I9", func(n *node.Node) {
			n.Post.Store = liar{Store: n.Post.Store, arrival: func(exchange.Arrival, bool) (exchange.Arrival, bool) {
				return exchange.Arrival{}, false
			}}
		}},
		{"an act without a log entry", "I5", changed(func(u *unit.Unit) {
			for i := range u.Log {
				u.Log[i].Kind = accesslog.Took
			}
		})},
		{"two licences for a case", "I3", func(n *node.Node) {
			n.Issuer.Store = issuing{n.Store, func(u *unit.Unit) {
				for _, p := range u.Papers {
					if p.Kind == licence.Typ {
						p.ID, p.Number = unit.NewID(), p.Number+"-2"
						u.Papers = append(u.Papers, p)
					}
				}
			}}
		}},
		{"another rule than the one of the day", "I8", func(n *node.Node) {
			n.Bench.Store = issuing{n.Store, func(u *unit.Unit) {
				if u.Case != nil && u.Case.Limits != nil {
					u.Case.Rule.Digest = strings.Repeat("0", len(u.Case.Rule.Digest))
				}
			}}
		}},
		{"the outbox gives up", "I9", func(n *node.Node) {
			n.Post.Channel = deaf{n.Post.Channel}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for seed := uint64(1); seed <= 8; seed++ {
				cryptotest.SetGlobalRandom(t, seed)
				if o := play(t, seed, test.sabotage); o.err != nil {
					t.Log(o.err)
					if !regexp.MustCompile(test.want).MatchString(o.err.Error()) {
						t.Errorf("seed %d: wanted %s, got %v", seed, test.want, o.err)
					}
					return
				}
			}
			t.Error("nobody noticed")
		})
	}
}

// deaf is a channel that never brings an answer.
type deaf struct{ handover.Channel }

func (d deaf) Send(ctx context.Context, to office.NodeID, m handover.Message) ([]byte, error) {
	if _, err := d.Channel.Send(ctx, to, m); err != nil {
		return nil, err
	}
	return nil, errs.New(errs.TryLater, "answer of %s lost", to)
}
