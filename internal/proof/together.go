package proof

import (
	"encoding/binary"
	"sync"
	"time"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

// SuiteTree is SM2 with SM3 over the root of a tree whose leaves are the hashes of objects that were signed at one time.
// Each object carries the hashes that lead from it to the root, so it is proved by itself, and whoever has
// checked one object of a tree has checked the signature of all. Nodes read it since wire protocol 3.
//
//	leaf  Signed.Hash()
//	node  SM3(1 ‖ left ‖ right); what has no sibling on a level stands on the next as it is
//	sig   r ‖ s over "tongban\nSM-T\n" ‖ key id ‖ "\n" ‖ root
//	Sig   sig ‖ sides (2 bytes, bit i set: the i-th hash stands left) ‖ hashes, from the leaf up
const SuiteTree = "SM-T"

const (
	sigSize = 64
	// mostTogether is how many objects share a signature at most.
	mostTogether = 64
	// deepest bounds the hashes that are folded for one object.
	deepest = 16
)

// Gather lets SignTogether wait up to that long for others, but only where the signature before is not older: who comes
// alone is served at once. Zero, the default, signs what is there. Call it before the signer is used.
func (s *Signer) Gather(most time.Duration) { s.gather = most }

// SignTogether is Sign with one signature for all that ask at the same time. The object is proved by itself, as any other, but
// its suite is SuiteTree.
func (s *Signer) SignTogether(typ string, body []byte) (Signed, error) {
	if !typName.MatchString(typ) {
		return Signed{}, errs.New(errs.WrongType, "%q cannot name a type", typ)
	}
	out := Signed{Suite: SuiteTree, Typ: typ, Key: s.id, Body: body}
	t, leaf := s.join(out.Hash())
	if leaf == 0 {
		s.lead(t)
	}
	<-t.signed
	if t.err != nil {
		return Signed{}, t.err
	}
	out.Sig = t.proofOf(leaf)
	return out, nil
}

// tree is what is signed together. Its leaves grow until it is closed; the rest is written before signed is closed.
type tree struct {
	leaves []Hash
	full   chan struct{} // closed with the last leaf that fits
	signed chan struct{}
	levels [][]Hash
	sig    []byte
	err    error
}

// gathering is the part of a Signer that trees are made in.
type gathering struct {
	mu   sync.Mutex // guards open and last
	open *tree
	last time.Time // of the machine, when the last tree was closed
}

// join adds a leaf to the tree that is open. Who gets leaf 0 leads.
func (s *Signer) join(h Hash) (*tree, int) {
	g := &s.trees
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		g.open = &tree{full: make(chan struct{}), signed: make(chan struct{})}
	}
	t := g.open
	t.leaves = append(t.leaves, h)
	if len(t.leaves) == mostTogether {
		close(t.full)
		g.open = nil
	}
	return t, len(t.leaves) - 1
}

// lead waits for company if there was some a moment ago, closes the tree and signs it.
func (s *Signer) lead(t *tree) {
	defer close(t.signed)
	g := &s.trees
	g.mu.Lock()
	busy := s.gather > 0 && time.Since(g.last) < s.gather
	g.mu.Unlock()
	if busy {
		wait := time.NewTimer(s.gather)
		select {
		case <-wait.C:
		case <-t.full:
			wait.Stop()
		}
	}
	g.mu.Lock()
	if g.open == t {
		g.open = nil
	}
	g.last = time.Now()
	g.mu.Unlock()
	t.sig, t.err = s.key.Sign(rootBytes(s.id, t.root()))
}

// root makes the levels above the leaves.
func (t *tree) root() Hash {
	level := t.leaves
	for t.levels = append(t.levels, level); len(level) > 1; t.levels = append(t.levels, level) {
		next := make([]Hash, 0, (len(level)+1)/2)
		for i := 0; i+1 < len(level); i += 2 {
			next = append(next, above(level[i], level[i+1]))
		}
		if len(level)%2 == 1 {
			next = append(next, level[len(level)-1])
		}
		level = next
	}
	return level[0]
}

// proofOf is the Sig of a leaf.
func (t *tree) proofOf(leaf int) []byte {
	out := make([]byte, 0, sigSize+2+len(t.levels)*len(Hash{}))
	out = append(append(out, t.sig...), 0, 0)
	var sides uint16
	n := 0
	for _, level := range t.levels[:len(t.levels)-1] {
		if sibling := leaf ^ 1; sibling < len(level) {
			if sibling < leaf {
				sides |= 1 << n
			}
			out = append(out, level[sibling][:]...)
			n++
		}
		leaf /= 2
	}
	binary.BigEndian.PutUint16(out[sigSize:], sides)
	return out
}

func above(left, right Hash) Hash {
	var b [1 + 2*len(Hash{})]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+len(left):], right[:])
	return gm.SM3(b[:])
}

func rootBytes(key string, root Hash) []byte {
	out := make([]byte, 0, len("tongban\n\n\n")+len(SuiteTree)+len(key)+len(root))
	out = append(append(append(out, "tongban\n"...), SuiteTree...), '\n')
	out = append(append(out, key...), '\n')
	return append(out, root[:]...)
}

// checkTree says whether pub signed the root that s leads to. Sig has one spelling for each place in a tree.
func checkTree(s Signed, pub []byte) bool {
	rest := len(s.Sig) - sigSize - 2
	if rest < 0 || rest%len(Hash{}) != 0 || rest/len(Hash{}) > deepest {
		return false
	}
	sides, path := binary.BigEndian.Uint16(s.Sig[sigSize:]), s.Sig[sigSize+2:]
	h := s.Hash()
	for ; len(path) > 0; path, sides = path[len(h):], sides>>1 {
		if sibling := Hash(path[:len(h)]); sides&1 == 1 {
			h = above(sibling, h)
		} else {
			h = above(h, sibling)
		}
	}
	return sides == 0 && roots.good(pub, rootBytes(s.Key, h), s.Sig[:sigSize])
}

// roots remembers signatures of roots that were good: the objects of a tree come together, and each would have it checked
// again. That a key made a signature stays true; whether the key is trusted is asked elsewhere, each time.
var roots = memo{most: 4096}

type memo struct {
	most int
	mu   sync.Mutex // guards both: the newer half, and the older, which is dropped when the newer is full
	now  map[Hash]*checked
	old  map[Hash]*checked
}

type checked struct {
	once sync.Once
	good bool
}

// good checks a signature once, also if many ask at the same time. One that is bad is forgotten, so that bad ones push
// nothing out.
func (m *memo) good(pub, msg, sig []byte) bool {
	key := HashOf(pub, msg, sig)
	m.mu.Lock()
	c := m.now[key]
	if c == nil {
		if c = m.old[key]; c == nil {
			c = &checked{}
		}
		if m.now == nil || len(m.now) >= m.most {
			m.old, m.now = m.now, make(map[Hash]*checked, m.most)
		}
		m.now[key] = c
	}
	m.mu.Unlock()
	c.once.Do(func() { c.good = gm.Verify(pub, msg, sig) })
	if !c.good {
		m.mu.Lock()
		delete(m.now, key)
		delete(m.old, key)
		m.mu.Unlock()
	}
	return c.good
}
