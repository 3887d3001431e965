package rebuild

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/handling/sequence"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// Store is what collecting needs of the own store.
type Store interface {
	Settings
	sequence.Store
	HeadAt(ctx context.Context, size int64) (head proof.Signed, es []byte, err error)
	LogFrom(ctx context.Context, from int64, f func(idx int64, leaf []byte) error) error
	LogOf(ctx context.Context, caseID string) ([]accesslog.Entry, error)
	Waits(ctx context.Context) ([]Waits, error)
	FactKnown(ctx context.Context, hash proof.Hash) (bool, error)
	EndRebuild(ctx context.Context, end End) error
}

// Post does again what the post room did before: without anybody hearing of it, without a new signature on what was signed.
// Known says whether an envelope is dealt with here. Resent and Retook are idempotent; logged says
// that the log has the envelope, by names the officer of an own fact that the log has.
type Post interface {
	Known(ctx context.Context, from office.NodeID, id string) (bool, error)
	Resent(ctx context.Context, envelope, receipt proof.Signed, logged bool, by func(proof.Hash) (string, bool)) error
	Retook(ctx context.Context, envelope, receipt proof.Signed, logged bool) error
	// Mend posts the offers that a case says are on their way and that no outbox has.
	Mend(ctx context.Context, caseID string) error
	// Opened gives who an envelope is from and for, its attachments' addresses, and when it was sent or taken here; it checks
	// both signatures.
	Opened(envelope, receipt proof.Signed) (Envelope, error)
}

// Envelope is what collecting looks at.
type Envelope struct {
	ID    string
	From  office.NodeID
	Case  string
	At    time.Time // sent from here or taken here, by this node's clock
	Files []proof.Hash
}

// Files is where attachments are.
type Files interface {
	Have(address proof.Hash) (have int64, complete bool)
	Take(ctx context.Context, from office.NodeID, piece []byte) (answer []byte, err error)
}

// Collector is the side of a restored node. For one goroutine.
type Collector struct {
	Kit     *unit.Kit
	Store   Store
	Post    Post
	Files   Files
	Channel Channel
	Key     gm.DecryptKey
	Vault   *proof.Vault
	Secure  func() time.Time
	// Series gives the names of the series of numbers that may have begun between two business times.
	Series func(from, to time.Time) []string
	// Reached is called once the log has reached the last head that others saw: from then on the node may sign.
	Reached func()
	// Said gets back what this node told the others beside cases.
	Said func(ctx context.Context) error

	problems []Problem
}

// Progress is what a round came to.
type Progress struct {
	Waiting []office.NodeID // who did not answer yet, or not so that it can be believed
	State   State           // Collecting is false once it is done
}

// overlap is how much older than the backup an envelope may be and still have travelled after it: it waits in its sender's outbox
// while the other side is away.
const overlap = 30 * 24 * time.Hour

// member is another province with what it said so far.
type member struct {
	id         office.NodeID
	sent, took []Passed
}

// Round goes through everything once. Nothing is done before all members have answered: one that is left out could hold the head
// that this node must not fall behind, or a case that nobody would hold. What a round did stays, so a killed one is begun again.
// Errors: errs.RebuildGap if nobody has what is missing of the log, errs.LogForked if the backup is of another history, and
// the store's.
func (c *Collector) Round(ctx context.Context) (Progress, error) {
	st, err := StateOf(ctx, c.Store)
	if err != nil || !st.Collecting {
		return Progress{State: st}, err
	}
	c.problems = nil
	p := Progress{State: st}
	var all []*member
	var head accesslog.Head
	for _, n := range c.Kit.Trust().Nodes {
		if n.ID == c.Kit.Me || !n.ID.Member() {
			continue
		}
		m := &member{id: n.ID}
		h, err := c.hear(ctx, m, st)
		if err != nil {
			p.Waiting = append(p.Waiting, n.ID)
			continue
		}
		if h.Size > head.Size {
			head = h
		}
		all = append(all, m)
	}
	if len(p.Waiting) > 0 {
		return p, nil
	}
	if err := c.reach(ctx, head, all); err != nil {
		return p, err
	}
	c.Reached()
	if err := c.Said(ctx); err != nil {
		return p, err
	}
	n, err := c.again(ctx, all)
	if err != nil {
		return p, err
	}
	p.State, err = c.end(ctx, st, n)
	return p, err
}

// hear asks a member for all that it knows of this node but the bodies.
func (c *Collector) hear(ctx context.Context, m *member, st State) (accesslog.Head, error) {
	var h accesslog.Head
	a, err := c.ask(ctx, m.id, question{What: askHead})
	if err != nil {
		return h, err
	}
	if len(a.Head.Body) > 0 {
		if h, err = accesslog.OpenHead(a.Head, c.Kit.Trust()); err != nil {
			return h, err
		}
		if h.Node != c.Kit.Me {
			return h, errs.New(errs.LogNotShown, "a head of %s", h.Node)
		}
	}
	since := idsFrom(st.Made.Add(-overlap))
	if m.sent, err = c.list(ctx, m.id, askSent, since); err != nil {
		return h, err
	}
	m.took, err = c.list(ctx, m.id, askTook, since)
	return h, err
}

// idsFrom is before every UUIDv7 that is made from then on (RFC 9562 §5.7).
func idsFrom(t time.Time) string {
	ms := max(0, t.UnixMilli())
	return fmt.Sprintf("%08x-%04x-7000-8000-000000000000", ms>>16, ms&0xffff)
}

func (c *Collector) list(ctx context.Context, from office.NodeID, what, after string) ([]Passed, error) {
	var out []Passed
	for {
		a, err := c.ask(ctx, from, question{What: what, After: after})
		if err != nil {
			return nil, err
		}
		for _, p := range a.List {
			if p.ID <= after { // it would never end
				return nil, errs.New(errs.BadPacket, "a list out of order")
			}
			after = p.ID
		}
		out = append(out, a.List...)
		if len(a.List) < listed {
			return out, nil
		}
	}
}

func (c *Collector) ask(ctx context.Context, to office.NodeID, q question) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	body, err := proof.Marshal(q)
	if err != nil {
		return answer{}, err
	}
	raw, err := c.Channel.Ask(ctx, to, body)
	if err != nil {
		return answer{}, err
	}
	return openAnswer(c.Key, to, c.Kit.Me, body, raw)
}

// reach grows the log to the head that others have seen, from the pieces that they kept. Every piece must give the root that
// its own head signs.
func (c *Collector) reach(ctx context.Context, head accesslog.Head, all []*member) error {
	size, err := c.Store.TreeSize(ctx)
	for err == nil && size < head.Size {
		size, err = c.grow(ctx, size, all)
	}
	if err != nil || head.Size == 0 {
		return err
	}
	// The own log now holds the head's tree: as its last, or on the way to it.
	root, err := tlog.TreeHash(head.Size, tlog.HashReaderFunc(func(positions []int64) ([]tlog.Hash, error) {
		had, err := c.Store.Hashes(ctx, positions)
		out := make([]tlog.Hash, len(had))
		for i, h := range had {
			out[i] = h
		}
		return out, err
	}))
	if err != nil {
		return err
	}
	if root.String() != head.Root {
		return errs.New(errs.LogForked, "others hold another head of %d entries", head.Size)
	}
	return nil
}

// grow adds one piece.
func (c *Collector) grow(ctx context.Context, size int64, all []*member) (int64, error) {
	for _, m := range all {
		a, err := c.ask(ctx, m.id, question{What: askPage, From: size})
		if err != nil {
			return 0, err
		}
		p := a.Page
		if p.Size <= size || p.From > size || p.From < 0 {
			continue
		}
		b, err := c.batch(ctx, size, p)
		if err != nil {
			c.problem(m.id, "", err)
			continue
		}
		if err := c.Store.AppendTree(ctx, b); err != nil {
			return 0, err
		}
		return p.Size, nil
	}
	return 0, errs.New(errs.RebuildGap, "nobody has the entry %d of the log", size)
}

func (c *Collector) batch(ctx context.Context, size int64, p Page) (sequence.Batch, error) {
	body, err := openPage(c.Vault, c.Kit.Me, p)
	if err != nil {
		return sequence.Batch{}, err
	}
	h, err := accesslog.OpenHead(body.head, c.Kit.Trust())
	if err != nil {
		return sequence.Batch{}, err
	}
	leaves := body.leaves[size-p.From:]
	g, err := accesslog.Grow(ctx, size, c.Store.Hashes, leaves)
	if err != nil {
		return sequence.Batch{}, err
	}
	if h.Node != c.Kit.Me || h.Size != g.Size || h.Root != tlog.Hash(g.Root).String() {
		return sequence.Batch{}, errs.New(errs.LogNotShown, "a piece that does not give the head of %d entries", h.Size)
	}
	signed, err := proof.Marshal(body.head)
	if err != nil {
		return sequence.Batch{}, err
	}
	ids, err := c.sequenced(ctx, leaves)
	return sequence.Batch{
		From: size, IDs: ids, Leaves: leaves, Pos: g.Pos, Hashes: g.Hashes, At: h.At, Root: g.Root, SM: signed, ES: body.es,
	}, err
}

// sequenced lists what waited outside the tree when the backup was made and stands in it here: it must not enter twice.
func (c *Collector) sequenced(ctx context.Context, leaves [][]byte) ([]string, error) {
	in := map[[32]byte]bool{}
	for _, l := range leaves {
		in[leafHash(l)] = true
	}
	rows, err := c.Store.Waits(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range rows {
		if slices.ContainsFunc(r.Leaves, func(leaf []byte) bool { return in[leafHash(leaf)] }) {
			out = append(out, r.ID)
		}
	}
	return out, nil
}

// way is an envelope that has to be done again, by which member has it.
type way struct {
	at   office.NodeID
	id   string
	took bool // that member took it from here
}

// again does everything once more that passed between this node and others and that is not here, case by case, each in the
// order in which this node did it. It gives the number of envelopes.
func (c *Collector) again(ctx context.Context, all []*member) (int, error) {
	var order []string
	byCase := map[string][]way{}
	add := func(p Passed, w way) error {
		from := w.at
		if w.took {
			from = c.Kit.Me
		}
		known, err := c.Post.Known(ctx, from, p.ID)
		if err != nil || known {
			return err
		}
		if byCase[p.Case] == nil {
			order = append(order, p.Case)
		}
		byCase[p.Case] = append(byCase[p.Case], w)
		return nil
	}
	for _, m := range all {
		for _, p := range m.sent {
			if err := add(p, way{m.id, p.ID, false}); err != nil {
				return 0, err
			}
		}
		for _, p := range m.took {
			if err := add(p, way{m.id, p.ID, true}); err != nil {
				return 0, err
			}
		}
	}
	n := 0
	for _, id := range order {
		done, err := c.caseAgain(ctx, id, byCase[id])
		if n += done; err != nil {
			return n, err
		}
	}
	return n, nil
}

// passage is one envelope of a case, opened.
type passage struct {
	way
	pair
	Envelope
	index int // in the log, after all for one that is not there
}

func (c *Collector) caseAgain(ctx context.Context, id string, ways []way) (int, error) {
	entries, err := c.Store.LogOf(ctx, id)
	if err != nil {
		return 0, err
	}
	slices.SortStableFunc(entries, func(a, b accesslog.Entry) int { return a.At.Compare(b.At) })
	officers, index := map[proof.Hash]string{}, map[string]int{}
	for i, e := range entries {
		switch e.Kind { //nolint:exhaustive // the others tell nothing of the order
		case accesslog.Act:
			officers[e.Fact] = e.Who
		case accesslog.Sent, accesslog.Took:
			index[e.What] = i
		}
	}
	var list []passage
	for _, w := range ways {
		a, err := c.ask(ctx, w.at, question{What: askPair, ID: w.id, Took: w.took})
		if err != nil {
			return 0, err
		}
		e, err := c.Post.Opened(a.pair.envelope, a.pair.receipt)
		if err == nil && (e.ID != w.id || e.Case != id || (e.From == c.Kit.Me) != w.took) {
			err = errs.New(errs.BadEnvelope, "another envelope than %s", w.id)
		}
		if err != nil {
			c.problem(w.at, id, err)
			continue
		}
		p := passage{way: w, pair: a.pair, Envelope: e, index: len(entries)}
		if i, ok := index[w.id]; ok {
			p.index = i
		}
		list = append(list, p)
	}
	slices.SortStableFunc(list, func(a, b passage) int {
		if a.index != b.index {
			return a.index - b.index
		}
		if n := a.At.Compare(b.At); n != 0 {
			return n
		}
		if a.took != b.took && b.took { // what came is before what it brought about
			return -1
		}
		return bytes.Compare([]byte(a.ID), []byte(b.ID))
	})
	by := func(h proof.Hash) (string, bool) {
		who, ok := officers[h]
		if !ok { // it is entered now, once
			officers[h] = string(c.Kit.Me)
		}
		return who, ok
	}
	n := 0
	for _, p := range list {
		for _, f := range p.Files {
			if err := c.fetch(ctx, p.at, f); err != nil {
				c.problem(p.at, id, err)
			}
		}
		logged := p.index < len(entries)
		if p.took {
			err = c.Post.Resent(ctx, p.envelope, p.receipt, logged, by)
		} else {
			err = c.Post.Retook(ctx, p.envelope, p.receipt, logged)
		}
		switch errs.KindOf(err) { //nolint:exhaustive // the others say that it cannot be done again: people look at the case
		case errs.Unavailable, errs.Exhausted:
			return n, err
		}
		if err != nil {
			c.problem(p.at, id, err)
			continue
		}
		n++
	}
	if err := c.Post.Mend(ctx, id); err != nil {
		c.problem(c.Kit.Me, id, err)
	}
	return n, nil
}

// fetch brings an attachment that is not here.
func (c *Collector) fetch(ctx context.Context, from office.NodeID, address proof.Hash) error {
	for {
		have, complete := c.Files.Have(address)
		if complete {
			return nil
		}
		a, err := c.ask(ctx, from, question{What: askFile, Address: address, From: have})
		if err != nil {
			return err
		}
		if _, err := c.Files.Take(ctx, from, a.Piece); err != nil {
			return err
		}
		if now, complete := c.Files.Have(address); !complete && now <= have {
			return errs.New(errs.Missing, "attachment")
		}
	}
}

func (c *Collector) problem(of office.NodeID, caseID string, err error) {
	p := Problem{Node: of, Case: caseID, What: err.Error()}
	if !slices.Contains(c.problems, p) {
		c.problems = append(c.problems, p)
	}
}
