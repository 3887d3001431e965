package node

import (
	"context"
	"io"
	"net/http"
	"time"

	"tongban/internal/adapter/workgate"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/exchange"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/dispatch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// openSystems connects the departmental systems.
func (n *Node) openSystems(ctx context.Context, cfg Config) error {
	ports, off := map[string]dispatch.Port{}, map[string]bool{}
	n.systems = map[string][]byte{}
	for _, s := range cfg.Systems {
		off[s.Key] = cfg.SystemsOff
		if s.Folder != "" {
			folder, err := workgate.NewFolder(s.Folder, s.Secret)
			if err != nil {
				return err
			}
			ports[s.Key] = folder
			continue
		}
		ports[s.Key], n.systems[s.Key] = workgate.New(s), s.Secret
	}
	n.Works = dispatch.New(dispatch.Config{
		Kit: n.Kit, Store: n.Store, Acts: systemActs{n}, Book: depart.Default(), Ports: ports, Off: off,
	})
	if len(ports) > 0 {
		n.Kit.Systems = n.Works
	}
	return n.Works.Refresh(ctx)
}

// SystemsDoor serves the departmental systems what they may ask; it answers below workgate.Prefix.
func (n *Node) SystemsDoor() http.Handler {
	return (&workgate.Door{Desk: n.Works, Secrets: n.systems, Now: time.Now, Log: n.log, Read: func(ctx context.Context, f exchange.File, w io.Writer) error {
		return n.Files.Read(ctx, f, w)
	}}).Handler()
}

// workEvery is how often the store is asked for work of systems; switchEvery how often what other replicas were told of them.
const (
	workEvery   = 250 * time.Millisecond
	switchEvery = 2 * time.Second
)

// workRound gives what waits to the departmental systems.
func (n *Node) workRound(ctx context.Context) (time.Duration, error) {
	done, err := n.Works.Round(ctx)
	if err != nil || done > 0 {
		return 0, err
	}
	return workEvery, nil
}

func (n *Node) switchRound(ctx context.Context) (time.Duration, error) {
	return switchEvery, n.Works.Refresh(ctx)
}

// systemActs does what a system's answer says through the use cases of the desk.
type systemActs struct{ n *Node }

// also commits what is added to each unit with it.
type also struct {
	decide.Store
	with func(u *unit.Unit)
}

// Commit stores the act's unit with what was added.
func (s also) Commit(ctx context.Context, u unit.Unit) error {
	s.with(&u)
	return s.Store.Commit(ctx, u)
}

// Do is one act of a system's account.
func (a systemActs) Do(ctx context.Context, by casefile.Actor, id string, row int64, d depart.Deed, with func(u *unit.Unit)) (casefile.Case, error) {
	b := decide.Bench{Kit: a.n.Bench.Kit, Store: also{a.n.Bench.Store, with}, Fees: a.n.Bench.Fees, Results: a.n.Bench.Results}
	ref := decide.Ref{Case: id, Row: row}
	switch d.Act { //nolint:exhaustive // what no mapping may name is refused
	case casefile.ActAccept:
		return b.Accept(ctx, by, ref)
	case casefile.ActCorrect:
		return b.Correct(ctx, by, ref, d.Gaps)
	case casefile.ActDecline:
		return b.Decline(ctx, by, ref, d.Decision)
	case casefile.ActAskExtend:
		return b.AskExtend(ctx, by, ref, d.Reason)
	case casefile.ActDecide:
		return b.Decide(ctx, by, ref, d.Decision)
	}
	return casefile.Case{}, errs.New(errs.NotAllowedNow, "%s by a system", d.Act)
}

// Issue sends the result on.
func (a systemActs) Issue(ctx context.Context, by casefile.Actor, id string) (casefile.Case, error) {
	return a.n.Issuer.Issue(ctx, by, id, 0)
}
