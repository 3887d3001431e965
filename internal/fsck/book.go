package fsck

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/proof"
)

// logged is I5: every own act has its entry.
func (c *check) logged(n Node, f casefile.Case, facts []casefile.Known) error {
	entries, err := n.Reader.LogOf(c.ctx, f.ID)
	if err != nil {
		return c.spoilt(n, f.ID, err)
	}
	have := map[proof.Hash]bool{}
	for _, e := range entries {
		have[e.Fact] = have[e.Fact] || e.Kind == accesslog.Act
	}
	for _, k := range facts {
		if k.Fact.By == n.ID && !have[k.Hash] {
			c.say("I5", n, f.ID, "no log entry for", string(k.Fact.Act), k.Hash.String())
		}
	}
	return nil
}

// tree is an RFC 6962 tree that grows leaf by leaf and keeps only the roots of its full parts.
type tree struct {
	size  int64
	parts []tlog.Hash // from the left
}

func (t *tree) add(leaf []byte) {
	h := tlog.RecordHash(leaf)
	for n := t.size; n&1 == 1; n >>= 1 {
		h = tlog.NodeHash(t.parts[len(t.parts)-1], h)
		t.parts = t.parts[:len(t.parts)-1]
	}
	t.parts = append(t.parts, h)
	t.size++
}

func (t *tree) root() tlog.Hash {
	h := t.parts[len(t.parts)-1]
	for i := len(t.parts) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.parts[i], h)
	}
	return h
}

// book is I5 for the whole log: the entries give the root that the last head signs, and none waits too long.
func (c *check) book(n Node) error {
	size, _, root, sm, _, err := n.Reader.Head(c.ctx)
	if err != nil {
		return c.spoilt(n, "", err)
	}
	var t tree
	gap := false
	err = n.Reader.LogFrom(c.ctx, 0, func(idx int64, leaf []byte) error {
		if gap = gap || idx != t.size && t.size < size; !gap && t.size < size { // a head may be newer by now
			t.add(leaf)
		}
		return nil
	})
	if err != nil {
		return c.spoilt(n, "", err)
	}
	c.report.Checked["entries"] += int(t.size)
	switch {
	case t.size != size:
		c.say("I5", n, "", fmt.Sprintf("the head says %d entries, %d follow each other", size, t.size))
	case size > 0 && t.root() != tlog.Hash(root):
		c.say("I5", n, "", fmt.Sprintf("the %d entries do not give the root of the head", size))
	}
	if size > 0 {
		c.head(n, size, root, sm)
	}
	waiting, oldest, err := n.Reader.LogWaiting(c.ctx)
	if err != nil {
		return err
	}
	if waiting > 0 && c.opt.MaxUnhashed > 0 && c.opt.Now.Sub(oldest) > c.opt.MaxUnhashed {
		c.say("I5", n, "", fmt.Sprintf("%d entries are not in the tree, the oldest since %s", waiting, oldest))
	}
	return nil
}

func (c *check) head(n Node, size int64, root [32]byte, sm []byte) {
	var s proof.Signed
	if err := proof.Unmarshal(sm, &s); err != nil {
		c.say("I5", n, "", "the head is not readable")
		return
	}
	if wrong := signedBy(n, s, accesslog.TypHead, n.ID); wrong != "" {
		c.say("I5", n, "", "head", wrong)
		return
	}
	var h accesslog.Head
	if err := s.Into(&h); err != nil || h.Node != n.ID || h.Size != size || h.Root != tlog.Hash(root).String() {
		c.say("I5", n, "", fmt.Sprintf("the signed head speaks of %d entries and another tree", h.Size))
	}
}
