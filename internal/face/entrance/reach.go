package entrance

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

const (
	askAgain = 20 * time.Second // how old an answer about a province's entrance may be
	askFor   = 2 * time.Second  // how long a province has to answer
	askTwice = 2                // failures in a row before a page says so: one may be chance
)

// Reach knows which provinces' entrances do not answer, so that a page can say it before somebody starts. Pages never wait for
// it: asking goes on beside them and they show what was known last. Safe for concurrent use.
type Reach struct {
	ask func(ctx context.Context, site string) error // nil: nobody is asked, everybody counts as there
	now func() time.Time                             // security time

	mu   sync.Mutex // guards seen
	seen map[office.NodeID]*contact
}

// NewReach asks over HTTP. With nil nobody is asked and everybody counts as there.
func NewReach(client *http.Client) *Reach {
	r := &Reach{now: time.Now, seen: map[office.NodeID]*contact{}}
	if client != nil {
		r.ask = headOf(client)
	}
	return r
}

// Down reports since when (security time) the entrance of node at site does not answer, as far as is known.
func (r *Reach) Down(node office.NodeID, site string) (since time.Time, down bool) {
	o, down := r.down(node, site)
	return o.Since, down
}

// contact is what is known of one entrance.
type contact struct {
	asked  time.Time
	asking bool
	failed int
	since  time.Time // first failure of the row
}

// outage is a province whose entrance cannot be reached.
type outage struct {
	Node  office.NodeID
	Since time.Time
}

// down reports since when the entrance at site does not answer, as far as is known, and has it asked if that is old.
func (r *Reach) down(node office.NodeID, site string) (outage, bool) {
	if r == nil || r.ask == nil || site == "" {
		return outage{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.seen[node]
	if c == nil {
		c = &contact{}
		r.seen[node] = c
	}
	if now := r.now(); !c.asking && now.Sub(c.asked) > askAgain {
		c.asking = true
		go r.look(node, site)
	}
	return outage{node, c.since}, c.failed >= askTwice
}

// look asks one entrance; it ends within askFor.
func (r *Reach) look(node office.NodeID, site string) {
	ctx, cancel := context.WithTimeout(context.Background(), askFor)
	defer cancel()
	err := r.ask(ctx, site)
	r.mu.Lock()
	defer r.mu.Unlock()
	c, now := r.seen[node], r.now()
	c.asked, c.asking = now, false
	if err == nil {
		c.failed = 0
		return
	}
	if c.failed == 0 {
		c.since = now
	}
	if c.failed++; c.failed < askTwice {
		c.asked = now.Add(time.Second - askAgain) // soon again
	}
}

// outages are the provinces of sites that cannot be reached, by code.
func (r *Reach) outages(sites map[office.NodeID]string) []outage {
	var out []outage
	for node, site := range sites {
		if o, down := r.down(node, site); down {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b outage) int { return strings.Compare(string(a.Node), string(b.Node)) })
	return out
}

// stamp names the state for pages that are kept.
func (r *Reach) stamp(sites map[office.NodeID]string) string {
	var b strings.Builder
	for _, o := range r.outages(sites) {
		b.WriteString("|" + string(o.Node))
	}
	return b.String()
}

// headOf asks an entrance for a page that costs it nothing.
func headOf(client *http.Client) func(ctx context.Context, site string) error {
	return func(ctx context.Context, site string) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodHead, site+"/privacy", nil)
		if err != nil {
			return err
		}
		req.Close = true // no connection stays open for a question every 20 seconds
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		if err := res.Body.Close(); err != nil {
			return err
		}
		if res.StatusCode >= http.StatusInternalServerError {
			return errs.New(errs.ProviderDown, "%s answers %d", site, res.StatusCode)
		}
		return nil
	}
}
