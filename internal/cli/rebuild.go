package cli

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/handling/rebuild"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// rebuildPause is how long those who did not answer are left before they are asked again.
const rebuildPause = 2 * time.Second

// rebuildReport is what the command tells: the state, who is waited for, and what people have to look at again.
type rebuildReport struct {
	State   rebuild.State   `json:"state"`
	Waiting []office.NodeID `json:"waiting,omitempty"`
	Lost    []rebuild.Lost  `json:"lost,omitempty"`
}

// runRebuild lets a restored province collect what came since its backup, without serving yet, and tells what is lost. Run
// again, it tells that once more.
func runRebuild(ctx context.Context, e *env) int {
	f := e.flags("rebuild")
	e.withJSON(f)
	path := f.String("config", configFile, "configuration, or the folder that holds it")
	wait := f.Duration("wait", 10*time.Minute, "how long to wait for provinces that do not answer")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	c, err := readConfig(*path)
	if err == nil && c.ID == office.Hub {
		err = errs.New(errs.BadRequest, "the hub holds no cases")
	}
	if err != nil {
		return e.fail(err)
	}
	r, err := e.rebuild(ctx, c, *wait)
	if err != nil {
		return e.fail(err)
	}
	if e.json {
		e.print(r)
	} else {
		e.tellRebuild(r)
	}
	if r.State.Collecting {
		return exitNo
	}
	return exitYes
}

func (e *env) rebuild(ctx context.Context, c config, wait time.Duration) (r rebuildReport, err error) {
	n, _, _, err := openNode(ctx, c, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, n.Stop()) }()
	for end := time.Now().Add(wait); ; {
		p, err := n.Rebuild(ctx)
		if err != nil {
			return r, err
		}
		r.State, r.Waiting = p.State, p.Waiting
		if !p.State.Collecting || time.Now().After(end) {
			break
		}
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-time.After(rebuildPause):
		}
	}
	r.Lost, err = n.Store.LostActs(ctx)
	return r, err
}

func (e *env) tellRebuild(r rebuildReport) {
	for _, id := range r.Waiting {
		e.line("rebuild-waits", id)
	}
	for _, p := range r.State.Problems {
		e.line("rebuild-problem", p.Node, p.Case, p.What)
	}
	for _, l := range r.Lost {
		e.line("rebuild-lost", l.At.In(workday.Zone).Format("2006-01-02 15:04"), l.Office, l.Who, l.Act, l.Case)
	}
	switch {
	case r.State.Collecting:
		e.line("rebuild-collecting")
	case r.State.Made.IsZero():
		e.line("rebuild-never")
	default:
		e.line("rebuild-done", r.State.Entries, r.State.Envelopes, len(r.Lost), len(r.State.Problems))
	}
}
