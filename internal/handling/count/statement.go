package count

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Kind is that of the channel's messages with statements.
const Kind = "figures"

// Months is what a statement is made from. FigureMonths are the months with figures, the first first.
type Months interface {
	FigureMonths(ctx context.Context) ([]int, error)
	FiguresOfMonth(ctx context.Context, cut figure.Cut, month int) ([]figure.Cell, error)
}

// Speaker states a node's figures to the hub: a month when it has changed, and the newest one once an hour, so that silence
// can be told from rest. Not safe for concurrent use; replicas may each have one.
type Speaker struct {
	Kit   *unit.Kit
	Store Months
	Book  *figure.Book
	Ask   func(ctx context.Context, to office.NodeID, body []byte) ([]byte, error)

	said map[int]spoken
}

type spoken struct {
	lines proof.Hash
	at    time.Time
}

// restate is how often the newest month is stated though nothing has changed; spoken months are the last mostMonths.
const (
	restate    = time.Hour
	mostMonths = 24
)

// State makes the signed statement of a month.
func State(ctx context.Context, kit *unit.Kit, store Months, book *figure.Book, month int) (proof.Signed, figure.Statement, error) {
	var cells []figure.Cell
	for _, cut := range figure.Cuts() {
		some, err := store.FiguresOfMonth(ctx, cut, month)
		if err != nil {
			return proof.Signed{}, figure.Statement{}, err
		}
		cells = append(cells, some...)
	}
	s := figure.Statement{
		Node: kit.Me, Month: month, Definitions: book.Version, Digest: book.Digest, At: kit.Now().UTC().Truncate(time.Microsecond), Lines: figure.LinesOf(cells),
	}
	signed, err := proof.SignJSON(kit.Signer, figure.TypStatement, s)
	return signed, s, err
}

// Round states what has changed and gives the number of statements. What the hub did not take is stated again next time.
func (p *Speaker) Round(ctx context.Context) (int, error) {
	months, err := p.Store.FigureMonths(ctx)
	if err != nil {
		return 0, err
	}
	months = months[max(0, len(months)-mostMonths):]
	if p.said == nil {
		p.said = map[int]spoken{}
	}
	n := 0
	for i, m := range slices.Backward(months) {
		signed, s, err := State(ctx, p.Kit, p.Store, p.Book, m)
		if err != nil {
			return n, err
		}
		lines, err := proof.Marshal(s.Lines)
		if err != nil {
			return n, err
		}
		hash, last := proof.HashOf(lines), p.said[m]
		if hash == last.lines && (i < len(months)-1 || s.At.Sub(last.at) < restate) {
			continue
		}
		body, err := proof.Marshal(signed)
		if err != nil {
			return n, err
		}
		if _, err := p.Ask(ctx, office.Hub, body); err != nil && !errs.Is(err, errs.OldStatement) {
			return n, err
		}
		p.said[m] = spoken{hash, s.At}
		n++
	}
	return n, nil
}

// Shelf keeps the newest statement of each node and month, durably. All gives them as they were signed.
type Shelf interface {
	Keep(node office.NodeID, month int, s proof.Signed) error
	All() ([]proof.Signed, error)
}

// Collector gathers the statements of all nodes: verified, and no older than what is there. Safe for concurrent use.
type Collector struct {
	Trust func() *office.TrustList
	Now   func() time.Time
	Book  *figure.Book
	Shelf Shelf

	mu      sync.RWMutex // guards what follows
	said    map[office.NodeID]map[int]figure.Statement
	version int
}

// Open reads what the shelf holds. A statement that no longer verifies is left out.
func (c *Collector) Open() error {
	list, err := c.Shelf.All()
	if err != nil {
		return err
	}
	for _, s := range list {
		if st, err := c.verified(s); err == nil {
			c.take(st)
		}
	}
	return nil
}

// Receive takes a statement that came over the channel: errs.BadStatement, errs.OldStatement, and the errors of signatures.
func (c *Collector) Receive(_ context.Context, from office.NodeID, body []byte) ([]byte, error) {
	var s proof.Signed
	if err := proof.Unmarshal(body, &s); err != nil {
		return nil, err
	}
	st, err := c.verified(s)
	if err != nil {
		return nil, err
	}
	if st.Node != from {
		return nil, errs.New(errs.BadStatement, "of %s, brought by %s", st.Node, from)
	}
	c.mu.RLock()
	have, ok := c.said[st.Node][st.Month]
	c.mu.RUnlock()
	if ok && !st.At.After(have.At) {
		return nil, errs.New(errs.OldStatement, "%s %d", st.Node, st.Month)
	}
	if err := c.Shelf.Keep(st.Node, st.Month, s); err != nil {
		return nil, err
	}
	c.take(st)
	return nil, nil
}

func (c *Collector) verified(s proof.Signed) (figure.Statement, error) {
	signer, err := c.Trust().Check(s, figure.TypStatement)
	if err != nil {
		return figure.Statement{}, err
	}
	var st figure.Statement
	if err := s.Into(&st); err != nil {
		return st, err
	}
	return st, st.Check(signer.ID, c.Book, c.Now())
}

func (c *Collector) take(st figure.Statement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.said == nil {
		c.said = map[office.NodeID]map[int]figure.Statement{}
	}
	if c.said[st.Node] == nil {
		c.said[st.Node] = map[int]figure.Statement{}
	}
	c.said[st.Node][st.Month] = st
	c.version++
}

// Months are those of which something was stated, the first first.
func (c *Collector) Months() []int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	seen := map[int]bool{}
	for _, months := range c.said {
		for m := range months {
			seen[m] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// Said gives the newest statement of each node about a month, as it was signed.
func (c *Collector) Said(month int) (map[office.NodeID]proof.Signed, error) {
	list, err := c.Shelf.All()
	if err != nil {
		return nil, err
	}
	out := map[office.NodeID]proof.Signed{}
	for _, s := range list {
		if st, err := c.verified(s); err == nil && st.Month == month {
			out[st.Node] = s
		}
	}
	return out, nil
}

// Version changes with each statement that is taken.
func (c *Collector) Version() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.version
}

// Spoke is when each node spoke last.
func (c *Collector) Spoke() map[office.NodeID]time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := map[office.NodeID]time.Time{}
	for id, months := range c.said {
		for _, s := range months {
			if s.At.After(out[id]) {
				out[id] = s.At
			}
		}
	}
	return out
}

// FigureBy adds up one figure of a node over months (both included), by the keys of a cut.
func (c *Collector) FigureBy(_ context.Context, of office.NodeID, cut figure.Cut, key string, from, to int) (map[string]figure.Hist, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := map[string]figure.Hist{}
	for month, s := range c.said[of] {
		if month < from || month > to {
			continue
		}
		for _, l := range s.Of(cut, key) {
			if out[l.Key] == nil {
				out[l.Key] = figure.Hist{}
			}
			out[l.Key].Add(l.Hist())
		}
	}
	return out, nil
}

// Against lists where statements of the months contradict each other.
func (c *Collector) Against(from, to int) []figure.Contradiction {
	c.mu.RLock()
	defer c.mu.RUnlock()
	byMonth := map[int][]figure.Statement{}
	for _, months := range c.said {
		for m, s := range months {
			if m >= from && m <= to {
				byMonth[m] = append(byMonth[m], s)
			}
		}
	}
	var out []figure.Contradiction
	for _, m := range slices.Sorted(maps.Keys(byMonth)) {
		out = append(out, figure.Against(byMonth[m])...)
	}
	return out
}
