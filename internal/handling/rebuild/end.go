package rebuild

import (
	"context"
	"encoding/json"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/kernel/errs"
)

// leftOut is how many numbers of every series are left out beyond those that can be accounted for: what a process had taken
// in advance, and what was given out in the seconds that nobody saw.
const leftOut = 1000

// mostProblems bounds what is kept of what went wrong.
const mostProblems = 500

// end lists what is lost, moves every series of numbers on so that none is given out twice, and opens the node.
func (c *Collector) end(ctx context.Context, st State, envelopes int) (State, error) {
	now := c.Kit.Now().UTC().Truncate(time.Microsecond)
	out := End{Floors: map[string]int64{}}
	acts, first := int64(0), now
	err := c.Store.LogFrom(ctx, st.Log, func(_ int64, leaf []byte) error {
		var e accesslog.Entry
		if err := json.Unmarshal(leaf, &e); err != nil {
			return errs.Wrap(errs.CorruptRow, err, "log")
		}
		if e.At.Before(first) {
			first = e.At
		}
		if e.Kind != accesslog.Act || e.Fact.IsZero() {
			return nil
		}
		acts++
		known, err := c.Store.FactKnown(ctx, e.Fact)
		if err == nil && !known {
			out.Lost = append(out.Lost, Lost{Fact: e.Fact, Case: e.Case, Act: e.What, Who: e.Who, Office: e.Office, At: e.At})
		}
		return err
	})
	if err != nil {
		return st, err
	}
	for _, name := range c.Series(first, now) {
		out.Floors[name] = 1
	}
	out.Skip = leftOut + acts + int64(envelopes) // every number given out stands in one of them
	st.Problems = c.problems[:min(len(c.problems), mostProblems)]
	st.Collecting, st.Done = false, c.Secure().UTC()
	size, err := c.Store.TreeSize(ctx)
	if err != nil {
		return st, err
	}
	st.Entries, st.Envelopes, st.Lost = size-st.Log, envelopes, len(out.Lost)
	if out.State, err = json.Marshal(st); err != nil {
		return st, err
	}
	out.Log = []accesslog.Entry{{Kind: accesslog.Rebuilt, At: now, Who: string(c.Kit.Me), What: "rebuilt"}}
	return st, c.Store.EndRebuild(ctx, out)
}
