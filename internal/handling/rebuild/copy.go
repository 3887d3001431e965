package rebuild

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/flate"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/throttle"
	"tongban/internal/proof"
)

// typCopy is the type of a signed piece on its way to who keeps it.
const typCopy = "log-copy"

const (
	// holders is how many others keep copies: those that witness the log too.
	holders = accesslog.Quorum + 1
	// mostLeaves is the most entries of a piece.
	mostLeaves = 4096
	// mostRemembered is how many of the newest entries the process remembers, so that they need not be read again.
	mostRemembered = 4 * mostLeaves
	// patience is how long a holder may take.
	patience = 5 * time.Second
	// mostPage bounds a piece, in bytes as signed.
	mostPage = 1 << 20
	// mostPlain bounds what a piece may open to, in bytes.
	mostPlain = 64 << 20
)

// Channel puts one question to another node and brings the answer; see handover.Channel.
type Channel interface {
	Ask(ctx context.Context, to office.NodeID, body []byte) (answer []byte, err error)
}

// OwnLog is what copying needs of the own store. HeadBy is the size of the largest tree up to a size whose head is stored.
type OwnLog interface {
	Settings
	TreeSize(ctx context.Context) (int64, error)
	HeadBy(ctx context.Context, size int64) (int64, error)
	HeadAt(ctx context.Context, size int64) (head proof.Signed, es []byte, err error)
	LogFrom(ctx context.Context, from int64, f func(idx int64, leaf []byte) error) error
}

// Copier gives the own log to others to keep, piece by piece, encrypted for this node alone. Rounds are for one goroutine;
// Saw may come from any.
type Copier struct {
	Kit     *unit.Kit
	Store   OwnLog
	Channel Channel
	Vault   *proof.Vault

	have map[office.NodeID]int64 // up to where each holder has copies; asked when not known

	mu     sync.Mutex // guards what follows
	from   int64      // of the first of leaves
	leaves [][]byte
}

// delivery is the body of a signed piece. Without a page it asks how far the holder is.
type delivery struct {
	Node office.NodeID `json:"node"`
	Safe int64         `json:"safe"` // size of the log that the owner's backups hold
	Page Page          `json:"page,omitzero"`
}

// taken is a holder's answer.
type taken struct {
	Have int64 `json:"have"`
}

// Saw remembers entries that just entered the tree at from.
func (c *Copier) Saw(from int64, leaves [][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if from != c.from+int64(len(c.leaves)) {
		c.from, c.leaves = from, nil
	}
	c.leaves = append(c.leaves, leaves...)
	if over := len(c.leaves) - mostRemembered; over > 0 {
		c.from, c.leaves = c.from+int64(over), c.leaves[over:]
	}
}

// Round gives the holders what they lack, and tells up to which size of the log anybody has all of it: a head beyond should be
// shown to nobody yet, because after a loss it could not be reached again. 0 if no holder answered.
func (c *Copier) Round(ctx context.Context) (int64, error) {
	size, err := c.Store.TreeSize(ctx)
	if err != nil || size == 0 {
		return 0, err
	}
	sizes, err := Backups(ctx, c.Store)
	if err != nil {
		return 0, err
	}
	var members []office.NodeID
	for _, n := range c.Kit.Trust().Nodes {
		members = append(members, n.ID)
	}
	if c.have == nil {
		c.have = map[office.NodeID]int64{}
	}
	made := map[int64]proof.Signed{} // pieces of this round by where they begin: mostly one for all
	var best int64
	for _, id := range accesslog.Choose(c.Kit.Me, members, holders) {
		have, err := c.bring(ctx, id, size, safe(sizes), made)
		if err != nil {
			return best, err
		}
		best = max(best, have)
	}
	return best, nil
}

// bring gives one holder pieces until it has all. A holder that is away is no error.
func (c *Copier) bring(ctx context.Context, to office.NodeID, size, safe int64, made map[int64]proof.Signed) (int64, error) {
	have, known := c.have[to]
	if !known {
		s, err := proof.SignJSON(c.Kit.Signer, typCopy, delivery{Node: c.Kit.Me, Safe: safe})
		if err != nil {
			return 0, err
		}
		if have, known = c.give(ctx, to, s); !known {
			return 0, nil
		}
	}
	have = max(have, safe)
	for have < size {
		s, ok := made[have]
		if !ok {
			p, err := c.page(ctx, have)
			if err != nil {
				return 0, err
			}
			if s, err = proof.SignJSON(c.Kit.Signer, typCopy, delivery{Node: c.Kit.Me, Safe: safe, Page: p}); err != nil {
				return 0, err
			}
			made[have] = s
		}
		now, ok := c.give(ctx, to, s)
		if !ok || now <= have { // away, or it lost what it had: asked anew next time
			delete(c.have, to)
			return have, nil
		}
		have = now
		c.have[to] = have
	}
	c.have[to] = have
	return have, nil
}

func (c *Copier) give(ctx context.Context, to office.NodeID, s proof.Signed) (have int64, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	raw, err := c.Channel.Ask(ctx, to, s.AppendBinary(nil))
	if err != nil {
		return 0, false
	}
	var t taken
	if proof.Unmarshal(raw, &t) != nil || t.Have < 0 {
		return 0, false
	}
	return t.Have, true
}

// page makes the piece that begins at from and ends at a head.
func (c *Copier) page(ctx context.Context, from int64) (Page, error) {
	size, err := c.Store.HeadBy(ctx, from+mostLeaves)
	if err == nil && size <= from {
		err = errs.New(errs.LogTooShort, "no head between %d and %d", from, from+mostLeaves)
	}
	if err != nil {
		return Page{}, err
	}
	head, es, err := c.Store.HeadAt(ctx, size)
	if err != nil {
		return Page{}, err
	}
	leaves, err := c.entries(ctx, from, size)
	if err != nil {
		return Page{}, err
	}
	p := Page{From: from, Size: size}
	p.Sealed, err = sealPage(c.Vault, c.Kit.Me, p, pageBody{head, es, leaves})
	return p, err
}

// errEnough ends a walk.
var errEnough = errs.New(errs.LogTooShort, "enough")

func (c *Copier) entries(ctx context.Context, from, size int64) ([][]byte, error) {
	c.mu.Lock()
	if at := from - c.from; at >= 0 && size-c.from <= int64(len(c.leaves)) {
		defer c.mu.Unlock()
		return bytesOf(c.leaves[at : size-c.from]), nil
	}
	c.mu.Unlock()
	var out [][]byte
	err := c.Store.LogFrom(ctx, from, func(idx int64, leaf []byte) error {
		if idx >= size {
			return errEnough
		}
		out = append(out, leaf)
		return nil
	})
	if err != nil && err != errEnough { //nolint:errorlint // the very value
		return nil, err
	}
	if int64(len(out)) != size-from {
		return nil, errs.New(errs.LogTooShort, "%d entries from %d to %d", len(out), from, size)
	}
	return out, nil
}

func bytesOf(list [][]byte) [][]byte { return append([][]byte(nil), list...) }

// pageBody is what a piece holds: the head at its end with both signatures, and the entries.
type pageBody struct {
	head   proof.Signed
	es     []byte
	leaves [][]byte
}

// pageWriters are kept because a fresh one fills the better part of a megabyte before it writes a byte.
var pageWriters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

func pageAAD(node office.NodeID, p Page) []byte {
	return aad("log copy", string(node), strconv.FormatInt(p.From, 10), strconv.FormatInt(p.Size, 10))
}

// sealPage is: SM4-GCM under the node's own key of, deflated, the head, its second signature, and a line for each entry.
func sealPage(v *proof.Vault, node office.NodeID, p Page, body pageBody) ([]byte, error) {
	var b bytes.Buffer
	w := pageWriters.Get().(*flate.Writer)
	defer pageWriters.Put(w)
	w.Reset(&b)
	head := proof.Signed{Body: body.es}.AppendBinary(body.head.AppendBinary(nil))
	for _, part := range append([][]byte{head}, withBreaks(body.leaves)...) {
		if _, err := w.Write(part); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return v.Encrypt(b.Bytes(), pageAAD(node, p)), nil
}

func withBreaks(leaves [][]byte) [][]byte {
	out := make([][]byte, 0, 2*len(leaves))
	for _, l := range leaves {
		out = append(out, l, []byte("\n"))
	}
	return out
}

// openPage is the reverse of sealPage; errs.CannotDecrypt or errs.LogNotShown for anything else.
func openPage(v *proof.Vault, node office.NodeID, p Page) (pageBody, error) {
	var body pageBody
	plain, err := v.Decrypt(p.Sealed, pageAAD(node, p))
	if err != nil {
		return body, err
	}
	all, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(plain)), mostPlain+1))
	if err != nil || len(all) > mostPlain {
		return body, errs.New(errs.LogNotShown, "a piece that does not unpack")
	}
	head, rest, ok := proof.CutSigned(all)
	es, rest, too := proof.CutSigned(rest)
	if !ok || !too {
		return body, errs.New(errs.LogNotShown, "a piece without its head")
	}
	body.head, body.es = head, es.Body
	body.leaves = bytes.Split(bytes.TrimSuffix(rest, []byte("\n")), []byte("\n"))
	if int64(len(body.leaves)) != p.Size-p.From {
		return body, errs.New(errs.LogNotShown, "a piece of %d entries from %d to %d", len(body.leaves), p.From, p.Size)
	}
	return body, nil
}

// CopyStore is what keeping copies for others needs.
type CopyStore interface {
	Copied(ctx context.Context, node office.NodeID) (size int64, err error)
	KeepCopy(ctx context.Context, node office.NodeID, p Page, safe int64, at time.Time) error
	CopyAfter(ctx context.Context, node office.NodeID, size int64) (p Page, ok bool, err error)
}

// perNode is how many pieces of one log are taken in a minute: an hour's outage of a large province is made up in minutes.
const perNode = 1200

// Holder keeps copies for others.
type Holder struct {
	kit   *unit.Kit
	store CopyStore
	nodes *throttle.Throttle
}

// NewHolder makes the keeping side; now is security time.
func NewHolder(kit *unit.Kit, store CopyStore, now func() time.Time) *Holder {
	return &Holder{kit: kit, store: store, nodes: throttle.New(perNode, time.Minute, now)}
}

// Receive takes a piece, or answers how far the copies reach. A piece that does not begin where they end is left: the answer
// says so. Errors: those of office.TrustList.Check, errs.LogNotShown.
func (h *Holder) Receive(ctx context.Context, from office.NodeID, body []byte) ([]byte, error) {
	if err := h.nodes.Take(string(from)); err != nil {
		return nil, err
	}
	s, rest, ok := proof.CutSigned(body)
	if !ok || len(rest) > 0 || len(body) > mostPage {
		return nil, errs.New(errs.LogNotShown, "%d bytes", len(body))
	}
	signer, err := h.kit.Trust().Check(s, typCopy)
	if err != nil {
		return nil, err
	}
	var d delivery
	if err := s.Into(&d); err != nil {
		return nil, err
	}
	if d.Node != signer.ID || d.Node != from || !from.Member() || from == h.kit.Me || d.Safe < 0 {
		return nil, errs.New(errs.LogNotShown, "a piece of %.8q, brought by %s", d.Node, from)
	}
	have, err := h.store.Copied(ctx, from)
	if err != nil {
		return nil, err
	}
	if p := d.Page; len(p.Sealed) > 0 && p.From >= 0 && p.Size > p.From && (have == 0 || p.From == have || p.From == d.Safe && p.From > have) {
		if err := h.store.KeepCopy(ctx, from, p, d.Safe, h.kit.Now().UTC()); err != nil {
			return nil, err
		}
		have = p.Size
	}
	return proof.Marshal(taken{have})
}
